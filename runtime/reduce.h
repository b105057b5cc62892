/* Reducing: an account's cells, from all runs, merged and handed on in order. */
#ifndef RUNTIME_REDUCE_H
#define RUNTIME_REDUCE_H

#include "state.h"

#include <rerate/job.h>

struct rr_reducer {
    void *self;
    /* Accounts that are handed on even without cells; may be NULL. */
    const struct rr_dictionary *also;
    /* The cells of one account, sorted by (key, bucket). Called once for each account of this rank's
     * shards. What the states own is freed after the call. */
    int (*account)(void *self, struct rr_text account, struct rr_cell *cells, uint32_t n,
                   struct rr_error *err);
};

/* Not collective: each rank goes through its own shards. */
int rr_reduce(const struct rr_state *state, const struct rr_job *job,
              const struct rr_reducer *reducer, struct rr_error *err);

#endif
