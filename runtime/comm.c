/* The ranks, and how they agree. */
#include "comm.h"

#include "../io/memory.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { DEFAULT_PATIENCE_S = 600, SPINS_BEFORE_YIELD = 1000 };

int64_t rr_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void rr_comm_init(struct rr_comm *comm, MPI_Comm parent)
{
    MPI_Comm_dup(parent, &comm->comm);
    MPI_Comm_rank(comm->comm, &comm->rank);
    MPI_Comm_size(comm->comm, &comm->size);
    const char *given = getenv("RERATE_WATCHDOG");
    comm->patience_s = given ? strtol(given, NULL, 10) : 0;
    if (comm->patience_s <= 0)
        comm->patience_s = DEFAULT_PATIENCE_S;
}

void rr_comm_alone(struct rr_comm *comm)
{
    rr_comm_init(comm, MPI_COMM_SELF);
}

void rr_comm_fini(struct rr_comm *comm)
{
    MPI_Comm_free(&comm->comm);
}

uint64_t rr_comm_memory(const struct rr_comm *comm)
{
    MPI_Comm node;
    int size = 1;
    MPI_Comm_split_type(comm->comm, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node);
    MPI_Comm_size(node, &size);
    MPI_Comm_free(&node);
    return rr_node_memory() / 2 / (uint64_t)size;
}

/* The peers can't be asked to agree on leaving when one of them does not answer; so this is the one
 * place that aborts. */
static _Noreturn void give_up(const struct rr_comm *comm, const char *what)
{
    fprintf(stderr,
            "rerate: rank %d of %d heard nothing for %lld s while waiting for %s: another rank or "
            "its host has stopped; give the same command again to go on from the last checkpoint\n",
            comm->rank, comm->size, (long long)comm->patience_s, what);
    MPI_Abort(comm->comm, RR_EXIT_IO);
    _Exit(RR_EXIT_IO);
}

void rr_comm_wait(const struct rr_comm *comm, MPI_Request *request, const char *what)
{
    int done = 0;
    int64_t deadline = 0;
    for (unsigned spins = 0; !done; spins++) {
        MPI_Test(request, &done, MPI_STATUS_IGNORE);
        if (done || spins < SPINS_BEFORE_YIELD)
            continue;
        sched_yield();
        int64_t now = rr_now_ns();
        if (deadline == 0)
            deadline = now + comm->patience_s * 1000000000;
        else if (now > deadline)
            give_up(comm, what);
    }
}

void rr_comm_barrier(const struct rr_comm *comm)
{
    MPI_Request request;
    MPI_Ibarrier(comm->comm, &request);
    rr_comm_wait(comm, &request, "a barrier");
}

void rr_comm_bcast(const struct rr_comm *comm, void *bytes, size_t len, int root)
{
    enum { PIECE = 1 << 30 };
    for (size_t at = 0; at < len; at += PIECE) {
        MPI_Request request;
        int n = (int)(len - at < PIECE ? len - at : PIECE);
        MPI_Ibcast((char *)bytes + at, n, MPI_BYTE, root, comm->comm, &request);
        rr_comm_wait(comm, &request, "a broadcast");
    }
}

static uint64_t reduce(const struct rr_comm *comm, uint64_t value, MPI_Op op)
{
    uint64_t result;
    MPI_Request request;
    MPI_Iallreduce(&value, &result, 1, MPI_UINT64_T, op, comm->comm, &request);
    rr_comm_wait(comm, &request, "an agreement");
    return result;
}

uint64_t rr_comm_sum(const struct rr_comm *comm, uint64_t value)
{
    return reduce(comm, value, MPI_SUM);
}

uint64_t rr_comm_max(const struct rr_comm *comm, uint64_t value)
{
    return reduce(comm, value, MPI_MAX);
}

void rr_comm_sum_all(const struct rr_comm *comm, uint64_t *values, uint32_t n)
{
    MPI_Request request;
    MPI_Iallreduce(MPI_IN_PLACE, values, (int)n, MPI_UINT64_T, MPI_SUM, comm->comm, &request);
    rr_comm_wait(comm, &request, "a sum");
}

void rr_comm_poke(const struct rr_comm *comm)
{
    int some;
    MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, comm->comm, &some, MPI_STATUS_IGNORE);
}

void rr_comm_allgather(const struct rr_comm *comm, const void *mine, void *all, size_t len_each)
{
    MPI_Request request;
    int n = (int)len_each;
    MPI_Iallgather(mine, n, MPI_BYTE, all, n, MPI_BYTE, comm->comm, &request);
    rr_comm_wait(comm, &request, "an exchange");
}

int rr_agree(const struct rr_comm *comm, int result, struct rr_error *err)
{
    uint64_t none = (uint64_t)comm->size;
    uint64_t mine = result == 0 ? 0 : none - (uint64_t)comm->rank; /* lowest rank is greatest */
    uint64_t worst = rr_comm_max(comm, mine);
    if (worst == 0)
        return 0;
    rr_comm_bcast(comm, err, sizeof *err, (int)(none - worst));
    return -1;
}

void rr_comm_share(const struct rr_comm *comm, char **bytes, size_t *len, int root)
{
    uint64_t n = *len;
    rr_comm_bcast(comm, &n, sizeof n, root);
    if (comm->rank != root) {
        *bytes = rr_malloc(n + 1);
        (*bytes)[n] = '\0';
        *len = n;
    }
    rr_comm_bcast(comm, *bytes, n, root);
}

void rr_comm_concat(const struct rr_comm *comm, const void *mine, size_t len, char **all,
                    size_t *total, size_t *starts)
{
    uint64_t *sizes = rr_calloc((size_t)comm->size, sizeof *sizes);
    uint64_t own = len;
    rr_comm_allgather(comm, &own, sizes, sizeof own);
    size_t sum = 0;
    for (int r = 0; r < comm->size; r++)
        sum += sizes[r];
    *all = rr_malloc(sum + 1);
    *total = sum;
    (*all)[sum] = '\0';
    size_t at = 0;
    for (int r = 0; r < comm->size; r++) {
        if (starts)
            starts[r] = at;
        if (r == comm->rank && len > 0)
            memcpy(*all + at, mine, len);
        rr_comm_bcast(comm, *all + at, sizes[r], r);
        at += sizes[r];
    }
    if (starts)
        starts[comm->size] = sum;
    free(sizes);
}
