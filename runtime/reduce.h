/* Reducing: an account's cells, from all runs, merged and handed on in order. */
#ifndef RUNTIME_REDUCE_H
#define RUNTIME_REDUCE_H

#include "account_merge.h"
#include "state.h"

#include <rerate/job.h>

struct rr_reducer {
    void *self;
    /* Accounts of this rank's shards that are handed on even without cells, in order; NULL for none. */
    rr_account_source also;
    void *also_self;
    /* Whether an account's cells are wanted; of others they are passed over. NULL: of all. */
    bool (*wants)(void *self, struct rr_text account);
    /* Called once for each account of this rank's shards that is wanted, in their order. */
    int (*account)(void *self, struct rr_text account, struct rr_cells *cells,
                   struct rr_error *err);
};

/* Not collective: each rank goes through its own shards. One cell of each run is in memory. */
int rr_reduce(const struct rr_state *state, const struct rr_job *job,
              const struct rr_reducer *reducer, struct rr_error *err);

#endif
