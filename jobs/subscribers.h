/* Subscriptions by the million: a file that all ranks read in parts.
 *
 * Each rank reads a range of the file's bytes. Rows of one account come together on one rank, where the
 * book is proved with them; rows that make members of contracts come to every rank. Before pricing, rows
 * go to the ranks that bill their accounts.
 */
#ifndef JOBS_SUBSCRIBERS_H
#define JOBS_SUBSCRIBERS_H

#include "parties.h"

#include "../runtime/comm.h"

/* Collective. `files` are of rr_book_read_apart, and name a subscriptions file. Leaves in it the header and
 * this rank's rows. Errors: RR_EXIT_INPUT, RR_EXIT_IO. Rows that can't be told apart are left to
 * rr_book_parse, which says what is wrong. */
int rr_subscribers_read(const struct rr_comm *comm, struct rr_book_files *files,
                        struct rr_error *err);

/* The rank that bills an account. */
int rr_billing_rank(const struct rr_comm *comm, uint32_t n_shards, const struct rr_parties *parties,
                    struct rr_text account);

/* Collective. Hands the rows of a book that was read in parts to the ranks that bill their accounts. */
void rr_subscribers_spread(const struct rr_comm *comm, uint32_t n_shards,
                           const struct rr_parties *parties, struct rr_book *book);

#endif
