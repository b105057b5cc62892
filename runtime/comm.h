/* The ranks that work together, and how they agree.
 *
 * Every wait goes through rr_comm_wait, which keeps MPI progressing and has a watchdog: a rank that
 * hears nothing for `patience_s` says so and ends the job, since a stopped or cut-off peer is
 * otherwise noticed only after minutes.
 */
#ifndef RUNTIME_COMM_H
#define RUNTIME_COMM_H

#include <mpi.h>
#include <rerate/error.h>
#include <stdbool.h>
#include <stdint.h>

struct rr_comm {
    MPI_Comm comm;
    int rank, size;
    int64_t patience_s;
};

/* Collective. A communicator of its own over `parent`. Patience is $RERATE_WATCHDOG seconds, 600
 * if that is not set. */
void rr_comm_init(struct rr_comm *comm, MPI_Comm parent);
void rr_comm_fini(struct rr_comm *comm);

/* Not collective. This rank alone: what is collective over it is a call like any other. */
void rr_comm_alone(struct rr_comm *comm);

/* Collective. What a rank may hold where nothing else is said: half of the node's memory, shared by its ranks. */
uint64_t rr_comm_memory(const struct rr_comm *comm);

/* Not collective. Waits for one request; `what` is for the watchdog's message. */
void rr_comm_wait(const struct rr_comm *comm, MPI_Request *request, const char *what);

/* Not collective. Lets MPI serve others: for a rank that computes long while they may wait for what it
 * holds. */
void rr_comm_poke(const struct rr_comm *comm);

/* Nanoseconds on a clock that only goes forward. */
int64_t rr_now_ns(void);

/* Collective. 0 when every rank brings 0. Otherwise -1 on every rank, and `err` holds the error of
 * the lowest rank that failed: all branch the same way, and one of them prints. */
int rr_agree(const struct rr_comm *comm, int result, struct rr_error *err);

/* Collective. */
void rr_comm_barrier(const struct rr_comm *comm);
void rr_comm_bcast(const struct rr_comm *comm, void *bytes, size_t len, int root);
uint64_t rr_comm_sum(const struct rr_comm *comm, uint64_t value);
uint64_t rr_comm_max(const struct rr_comm *comm, uint64_t value);
/* Leaves the sum over all ranks of each of n values in its place. */
void rr_comm_sum_all(const struct rr_comm *comm, uint64_t *values, uint32_t n);
void rr_comm_allgather(const struct rr_comm *comm, const void *mine, void *all, size_t len_each);

/* Collective. Gives every rank the root's bytes: there `*bytes` and `*len` are read, elsewhere
 * they are set, and the memory is the caller's to free. */
void rr_comm_share(const struct rr_comm *comm, char **bytes, size_t *len, int root);

/* Collective. Joins the bytes of all ranks in order of rank, on every rank. `*all` is the caller's
 * to free; `starts` (may be NULL) has room for size + 1 offsets. */
void rr_comm_concat(const struct rr_comm *comm, const void *mine, size_t len, char **all,
                    size_t *total, size_t *starts);

#endif
