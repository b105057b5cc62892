/* Subscriptions by the million: a file that all ranks read in parts, as often as it is needed, and that is
 * never in memory.
 *
 * Rows that make members of contracts are kept by all ranks, and are part of the book. All others are proved
 * against it, and before pricing they go to the ranks that bill their accounts (jobs/subscriptions.h).
 */
#ifndef JOBS_SUBSCRIBERS_H
#define JOBS_SUBSCRIBERS_H

#include "book.h"

#include "../runtime/comm.h"

struct rr_subscribers;

/* Collective. `files` are of rr_book_read_apart, and name a subscriptions file; they live as long. Leaves in
 * them the header, and the rows that make members of contracts. Errors: RR_EXIT_INPUT, RR_EXIT_IO. Rows that
 * can't be told apart are left to rr_subscribers_prove. */
int rr_subscribers_open(const struct rr_comm *comm, struct rr_book_files *files,
                        struct rr_subscribers **subscribers, struct rr_error *err);
void rr_subscribers_close(struct rr_subscribers *subscribers);

/* Collective. Whether all rows are right, and no account has two plans at a time: *wrong is the same on all
 * ranks, and true in rare cases without a mistake too (two accounts with one hash). Which row it is, is told
 * by reading the file whole. Holds about `memory` bytes; the less, the more often the file is read. */
int rr_subscribers_prove(struct rr_subscribers *subscribers, struct rr_book *book, uint64_t memory,
                         bool *wrong, struct rr_error *err);

/* The first day of any subscription of this rank's part, when they were proved; INT32_MAX for none. */
int32_t rr_subscribers_first_start(const struct rr_subscribers *subscribers);

/* Hands on the rows of this rank's part. Not collective. */
int rr_subscribers_spread(struct rr_subscribers *subscribers, struct rr_book *book,
                          rr_subscription_taker take, void *self, struct rr_error *err);

/* Hands the rows of a few accounts, sorted by name, to `take`: the others are not read further than their names.
 * What a subscription names lives until it returns. Not collective. */
int rr_subscribers_of(struct rr_subscribers *subscribers, struct rr_book *book,
                      const struct rr_text *account, uint32_t n, rr_subscription_taker take,
                      void *self, struct rr_error *err);

#endif
