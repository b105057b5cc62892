/* Merging the cells of one account that several runs hold: in the order of (key, bucket), cells of one key
 * and bucket as one. One cell of each run is in memory. */
#ifndef RUNTIME_ACCOUNT_CELLS_H
#define RUNTIME_ACCOUNT_CELLS_H

#include "cell_chain.h"

#include <rerate/job.h>

struct rr_account_cells;

/* Both borrowed: the dictionary that readers enter keys into, which lives as long as the merge. */
struct rr_account_cells *rr_account_cells_create(const struct rr_job *job,
                                                 const struct rr_dictionary *keys);
void rr_account_cells_destroy(struct rr_account_cells *merge);

/* The order of keys is taken from the dictionary as it is now; nothing is entered after it. */
void rr_account_cells_rank_keys(struct rr_account_cells *merge);

/* Begins an account; what was left of the one before is dropped. */
void rr_account_cells_begin(struct rr_account_cells *merge);

/* Adds a chain that stands before its `items` cells of the account. */
int rr_account_cells_add(struct rr_account_cells *merge, struct rr_cell_chain *chain,
                         uint32_t items, struct rr_error *err);

/* Whether the account's last cell was taken. */
bool rr_account_cells_is_done(const struct rr_account_cells *merge);

/* The code of the key of the cell that was handed out. */
uint32_t rr_account_cells_key(const struct rr_account_cells *cells);

/* As struct rr_cells has it. */
int rr_account_cells_next(void *merge, struct rr_cell *cell, struct rr_error *err);

#endif
