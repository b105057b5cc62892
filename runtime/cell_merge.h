/* Merging the cells of one account that several runs hold: in the order of (key, bucket), cells of one key
 * and bucket as one. One cell of each run is in memory. */
#ifndef RUNTIME_CELL_MERGE_H
#define RUNTIME_CELL_MERGE_H

#include "cell_run.h"

#include <rerate/job.h>

struct rr_cell_merge;

/* Both borrowed: the dictionary that readers enter keys into, which lives as long as the merge. */
struct rr_cell_merge *rr_cell_merge_create(const struct rr_job *job,
                                           const struct rr_dictionary *keys);
void rr_cell_merge_destroy(struct rr_cell_merge *merge);

/* The order of keys is taken from the dictionary as it is now; nothing is entered after it. */
void rr_cell_merge_rank_keys(struct rr_cell_merge *merge);

/* Begins an account; what was left of the one before is dropped. */
void rr_cell_merge_begin(struct rr_cell_merge *merge);

/* Adds a run that stands before its `items` cells of the account. */
int rr_cell_merge_add(struct rr_cell_merge *merge, struct rr_cell_reader *reader, uint32_t items,
                      struct rr_error *err);

/* Whether the account's last cell was taken. */
bool rr_cell_merge_is_done(const struct rr_cell_merge *merge);

/* As struct rr_cells has it. */
int rr_cell_merge_next(void *merge, struct rr_cell *cell, struct rr_error *err);

#endif
