/* Merging runs of records into fewer.
 *
 * The runs of a group are gathered slice by slice, and each slice written as one run: those overlap no
 * more. One commit puts the new runs in the place of the old ones; a merge that is stopped before leaves
 * nothing but leftovers.
 */
#ifndef RUNTIME_RECORD_MERGE_H
#define RUNTIME_RECORD_MERGE_H

#include "resolve.h"
#include "slices.h"

/* Marks the runs to be merged so that nowhere more than `most` name one fingerprint: the smallest.
 * Returns how many; 0 when there are no more as it is. The caller frees the marks. */
uint32_t rr_choose_records(const struct rr_manifest *manifest, uint32_t most, bool **chosen);

/* Collective. Does nothing when no slice is met by more runs than the budget allows. -1 with
 * RR_EXIT_STOPPED when asked to stop. */
int rr_merge_records(struct rr_state *state, const struct rr_job *job, const struct rr_pace *pace,
                     const struct rr_slice_budget *budget, struct rr_error *err);

#endif
