/* Contracts by the thousand: a file that all ranks read in parts.
 *
 * Each rank reads and proves the contracts of its part whole. Of the others it knows what binds accounts
 * together: an outline, with accounts, dates, who pays. Before pricing, each contract goes whole to the
 * rank that rates its party.
 */
#ifndef JOBS_CONTRACT_PARTS_H
#define JOBS_CONTRACT_PARTS_H

#include "parties.h"

#include "../runtime/comm.h"

struct rr_contract_parts;

/* Collective. `files` are of rr_book_read_apart, and name a file of contracts. Leaves in it this rank's
 * contracts and the outlines of the others. A file that can't be cut, as its contracts share anchors or are
 * written in one line, is read whole by all; *parts is then NULL. Errors: RR_EXIT_INPUT, RR_EXIT_IO. */
int rr_contract_parts_read(const struct rr_comm *comm, struct rr_book_files *files,
                           struct rr_contract_parts **parts, struct rr_error *err);
void rr_contract_parts_destroy(struct rr_contract_parts *parts);

/* Collective. Leaves in `files` whole the contracts of the parties that this rank rates, and the outlines
 * of the others. The book is one made of `files` as they were. */
void rr_contract_parts_gather(struct rr_contract_parts *parts, const struct rr_comm *comm,
                              uint32_t n_shards, const struct rr_parties *parties,
                              const struct rr_book *book, struct rr_book_files *files);

#endif
