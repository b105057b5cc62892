/* Work handed out on demand: a shared counter, so that slow files or slow ranks balance out. */
#ifndef RUNTIME_QUEUE_H
#define RUNTIME_QUEUE_H

#include "comm.h"

struct rr_queue {
    const struct rr_comm *comm;
    MPI_Win window;
    uint64_t *counter; /* on rank 0 */
    uint64_t n;        /* items */
};

/* Collective. Items 0 .. n - 1. */
void rr_queue_init(struct rr_queue *queue, const struct rr_comm *comm, uint64_t n);
void rr_queue_fini(struct rr_queue *queue);

/* Not collective. False when no item is left. */
bool rr_queue_take(struct rr_queue *queue, uint64_t *item);

/* Not collective. No rank is given more items. */
void rr_queue_close(struct rr_queue *queue);

/* Not collective. How many items have been handed out; meant for progress, so on rank 0 it is a
 * plain look. */
uint64_t rr_queue_taken(const struct rr_queue *queue);

#endif
