/* Subscriptions in the order in which accounts are billed.
 *
 * Any rank adds the rows that it knows; each reads back those of the accounts that it bills, as pairs
 * (runtime/pairs.h): first accounts that stand alone, in the order of accounts, then the members of parties,
 * party by party. The rows of one account are in memory.
 */
#ifndef JOBS_SUBSCRIPTIONS_H
#define JOBS_SUBSCRIPTIONS_H

#include "parties.h"

#include "../runtime/account_merge.h"
#include "../runtime/comm.h"

struct rr_subscriptions;

/* The parties are borrowed; `path` and `memory` are those of the pairs. */
struct rr_subscriptions *rr_subscriptions_create(const struct rr_comm *comm, uint32_t n_shards,
                                                 const struct rr_parties *parties, const char *path,
                                                 size_t memory);

/* No rank reads any more. */
void rr_subscriptions_destroy(struct rr_subscriptions *subscriptions);

int rr_subscriptions_add(struct rr_subscriptions *subscriptions,
                         const struct rr_subscription *subscription, struct rr_error *err);

/* Adds one of an earlier book, to be held against those of the account; its plan is one of this book's, or
 * RR_NO_COLUMN. Members of parties have none. */
int rr_subscriptions_add_earlier(struct rr_subscriptions *subscriptions,
                                 const struct rr_subscription *subscription, struct rr_error *err);

/* Collective. Nothing is added after it. */
int rr_subscriptions_exchange(struct rr_subscriptions *subscriptions, struct rr_error *err);

/* The accounts that stand alone, as a source of a merge (rr_account_source). */
int rr_subscriptions_next(void *subscriptions, struct rr_account_head *head, struct rr_error *err);

/* The n rows of an account that stands alone, sorted by start; the merge is at that account. */
const struct rr_subscription *rr_subscriptions_of(const struct rr_subscriptions *subscriptions,
                                                  struct rr_text account, int *n);

/* The same for those of the earlier book, as far as they were added. */
const struct rr_subscription *rr_subscriptions_earlier(const struct rr_subscriptions *subscriptions,
                                                       struct rr_text account, int *n);

/* The rows of a member, which are asked for in the order of (party, account) when all accounts that stand
 * alone were read; those of members between are passed over. They live until the next call. */
int rr_subscriptions_of_member(struct rr_subscriptions *subscriptions, uint32_t party,
                               struct rr_text account, const struct rr_subscription **rows, int *n,
                               struct rr_error *err);

/* The rank that bills an account. */
int rr_billing_rank(const struct rr_comm *comm, uint32_t n_shards, const struct rr_parties *parties,
                    struct rr_text account);

#endif
