/* Parties: accounts that contracts bind together, and which are therefore rated together.
 *
 * Accounts of one contract, and who pays for it, are one party; so are those of contracts that share an
 * account. Accounts that no contract names stand alone and are in no party.
 */
#ifndef JOBS_PARTIES_H
#define JOBS_PARTIES_H

#include "book.h"

struct rr_party {
    const struct rr_text *account; /* its accounts, sorted by name */
    uint32_t n_accounts;
    const struct rr_contract *const *contract; /* rising */
    uint32_t n_contracts;
};

struct rr_parties;

/* The parties of a book, in the order of their first accounts. The book is borrowed. */
struct rr_parties *rr_parties_create(const struct rr_book *book);
void rr_parties_destroy(struct rr_parties *parties);

uint32_t rr_parties_size(const struct rr_parties *parties);
struct rr_party rr_parties_at(const struct rr_parties *parties, uint32_t party);

/* The party of an account; false when it stands alone. */
bool rr_parties_find(const struct rr_parties *parties, struct rr_text account, uint32_t *party);

#endif
