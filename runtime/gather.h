/* Gathering: cells of accounts of different shards that are reduced together, at one rank.
 *
 * Each rank puts the cells of the accounts that it reduces; one exchange brings all cells of a group to
 * its rank, where they are taken group by group. They are in memory meanwhile, encoded.
 */
#ifndef RUNTIME_GATHER_H
#define RUNTIME_GATHER_H

#include "comm.h"

#include <rerate/job.h>

struct rr_gather;

/* Both borrowed. */
struct rr_gather *rr_gather_create(const struct rr_comm *comm, const struct rr_job *job);
void rr_gather_destroy(struct rr_gather *gather);

/* Copies the cells of an account on their way to `rank`. An account is put once. */
void rr_gather_put(struct rr_gather *gather, int rank, uint32_t group, struct rr_text account,
                   const struct rr_cell *cells, uint32_t n);

/* Collective. Nothing is put after it. */
void rr_gather_exchange(struct rr_gather *gather);

/* The cells of an account of a group at this rank, in the order in which they were put; *n is 0 where
 * it has none. They live until rr_gather_release. */
struct rr_cell *rr_gather_take(struct rr_gather *gather, uint32_t group, struct rr_text account,
                               uint32_t *n);

/* Frees the cells taken. */
void rr_gather_release(struct rr_gather *gather);

#endif
