/* Resolving: runs of records into runs of cells.
 *
 * Slice by slice, whichever rank is free, the copies of each event are brought together, one of them
 * counts, and what counts is folded. A slice is resolved when a committed run of cells covers it, so a run
 * that stops here goes on with what is left, in other slices if need be.
 */
#ifndef RUNTIME_RESOLVE_H
#define RUNTIME_RESOLVE_H

#include "state.h"

#include <rerate/job.h>
#include <signal.h>

struct rr_pace {
    int64_t checkpoint_every_s;
    const volatile sig_atomic_t *stop; /* set when the run is asked to stop */
};

/* Collective. Returns 0 when every shard is resolved; -1 with RR_EXIT_STOPPED when asked to stop. `memory`
 * bounds what a rank holds. */
int rr_resolve(struct rr_state *state, const struct rr_job *job, const struct rr_pace *pace,
               uint64_t memory, struct rr_error *err);

#endif
