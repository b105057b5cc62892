/* Work handed out on demand, through a counter that rank 0 holds in an MPI window. */
#include "queue.h"

void rr_queue_init(struct rr_queue *queue, const struct rr_comm *comm, uint64_t n)
{
    queue->comm = comm;
    queue->n = n;
    MPI_Aint size = comm->rank == 0 ? sizeof *queue->counter : 0;
    MPI_Win_allocate(size, sizeof *queue->counter, MPI_INFO_NULL, comm->comm, &queue->counter,
                     &queue->window);
    MPI_Win_lock_all(MPI_MODE_NOCHECK, queue->window);
    if (comm->rank == 0) {
        *queue->counter = 0;
        MPI_Win_sync(queue->window);
    }
    rr_comm_barrier(comm);
}

void rr_queue_fini(struct rr_queue *queue)
{
    MPI_Win_unlock_all(queue->window);
    rr_comm_barrier(queue->comm);
    MPI_Win_free(&queue->window);
}

static uint64_t add(struct rr_queue *queue, uint64_t n)
{
    uint64_t before;
    MPI_Fetch_and_op(&n, &before, MPI_UINT64_T, 0, 0, MPI_SUM, queue->window);
    MPI_Win_flush(0, queue->window);
    return before;
}

bool rr_queue_take(struct rr_queue *queue, uint64_t *item)
{
    *item = add(queue, 1);
    return *item < queue->n;
}

void rr_queue_close(struct rr_queue *queue)
{
    add(queue, queue->n);
}

uint64_t rr_queue_taken(const struct rr_queue *queue)
{
    if (queue->comm->rank != 0)
        return 0;
    uint64_t taken = *(volatile uint64_t *)queue->counter;
    return taken < queue->n ? taken : queue->n;
}
