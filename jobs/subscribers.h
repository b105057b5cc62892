/* Subscriptions by the million: a file that all ranks read in parts.
 *
 * Each rank reads a range of the file's bytes. Rows of one account come together on one rank, where the
 * book is proved with them; rows that make members of contracts come to every rank. Before pricing, rows
 * go to the ranks that bill their accounts (jobs/subscriptions.h).
 */
#ifndef JOBS_SUBSCRIBERS_H
#define JOBS_SUBSCRIBERS_H

#include "book.h"

#include "../runtime/comm.h"

/* Collective. `files` are of rr_book_read_apart, and name a subscriptions file. Leaves in it the header and
 * this rank's rows. Errors: RR_EXIT_INPUT, RR_EXIT_IO. Rows that can't be told apart are left to
 * rr_book_parse, which says what is wrong. */
int rr_subscribers_read(const struct rr_comm *comm, struct rr_book_files *files,
                        struct rr_error *err);

#endif
