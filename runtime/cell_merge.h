/* Merging runs of cells into fewer, where more of them overlap than can be open at once. Each rank merges
 * its shards of a group of runs, account by account and cell by cell; one commit puts the new runs in
 * the place of the old ones.
 */
#ifndef RUNTIME_CELL_MERGE_H
#define RUNTIME_CELL_MERGE_H

#include "resolve.h"

/* Marks the runs of cells to be merged next, no more than `most` of which overlap: those of one increment
 * where one has several, so that increments can be told apart as long as may be; then the oldest. Returns
 * how many; 0 when no more than `most` of all runs overlap. The caller frees the marks. Nothing else decides
 * what goes together. */
uint32_t rr_choose_cells(const struct rr_manifest *manifest, uint32_t most, bool **chosen);

/* Collective. Of a state that is resolved. -1 with RR_EXIT_STOPPED when asked to stop. */
int rr_merge_cells(struct rr_state *state, const struct rr_job *job, const struct rr_pace *pace,
                   uint64_t memory, struct rr_error *err);

#endif
