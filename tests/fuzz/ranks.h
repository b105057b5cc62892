/* Ranks as threads of one process: ranks.c stands in for runtime/comm.c and runtime/parcels.c, so that what
 * ranks do together runs thousands of times a second, without MPI. */
#ifndef TESTS_FUZZ_RANKS_H
#define TESTS_FUZZ_RANKS_H

#include "../../runtime/comm.h"

enum { RANKS_MAX = 4 };

/* Runs body(comm, self) on every rank, and returns when all are done. Not from a rank. */
void run_ranks(int size, void (*body)(const struct rr_comm *comm, void *self), void *self);

#endif
