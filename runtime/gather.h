/* Gathering: cells of accounts of different shards that are reduced together, at one rank.
 *
 * Each rank puts the cells of the accounts that it reduces; they go to their rank through the file system,
 * as pairs (runtime/pairs.h), and are read there group by group and account by account. One cell is in
 * memory, and a bounded number on their way.
 */
#ifndef RUNTIME_GATHER_H
#define RUNTIME_GATHER_H

#include "comm.h"

#include <rerate/job.h>

struct rr_gather;

/* The job is borrowed; `path` and `memory` are those of the pairs. */
struct rr_gather *rr_gather_create(const struct rr_comm *comm, const struct rr_job *job,
                                   const char *path, size_t memory);

/* No rank takes any more. */
void rr_gather_destroy(struct rr_gather *gather);

/* Copies the cells of an account on their way to `rank`. An account is put once. */
int rr_gather_put(struct rr_gather *gather, int rank, uint32_t group, struct rr_text account,
                  struct rr_cells *cells, struct rr_error *err);

/* Collective. Nothing is put after it. */
int rr_gather_exchange(struct rr_gather *gather, struct rr_error *err);

/* Begins an account of a group, which may have no cells. They are asked for in the order of (group,
 * account), and those of all accounts that were put for this rank are. */
void rr_gather_begin(struct rr_gather *gather, uint32_t group, struct rr_text account);

/* Its next cell, as struct rr_cells has it. */
int rr_gather_next(void *gather, struct rr_cell *cell, struct rr_error *err);

#endif
