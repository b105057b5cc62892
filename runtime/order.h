/* Sorting by (account, something): the one order of everything that is kept.
 *
 * Accounts are ordered by (shard, hash, name), so that the accounts of a shard stand together and
 * any rank can find its shards in any run.
 */
#ifndef RUNTIME_ORDER_H
#define RUNTIME_ORDER_H

#include <rerate/dictionary.h>

struct rr_sort_item {
    uint64_t key;
    uint32_t index;
};

/* Sorts by key; stable. `spare` has room for n items as well. */
void rr_sort_items(struct rr_sort_item *items, struct rr_sort_item *spare, size_t n);

/* The same where keys are hashes, evenly spread over whatever range they are of: each goes near its place at once. Not stable. `counts`
 * has room for n + 1 numbers. */
void rr_sort_hashes(struct rr_sort_item *items, struct rr_sort_item *spare, uint32_t *counts,
                    uint32_t n);

static inline uint32_t rr_shard_of(uint64_t account_hash, uint32_t n_shards)
{
    return (uint32_t)(account_hash % n_shards);
}

/* The shards of a rank: contiguous, [first, *end). */
static inline uint32_t rr_shard_first(uint32_t n_shards, int rank, int size)
{
    return (uint32_t)((uint64_t)n_shards * (uint64_t)rank / (uint64_t)size);
}

/* The rank that owns a shard. */
static inline int rr_shard_owner(uint32_t shard, uint32_t n_shards, int size)
{
    return (int)((((uint64_t)shard + 1) * (uint64_t)size - 1) / n_shards);
}

/* -1, 0, 1: the order of accounts. */
int rr_account_compare(uint64_t hash_a, struct rr_text a, uint64_t hash_b, struct rr_text b,
                       uint32_t n_shards);

/* Puts n account codes into the order of accounts. */
void rr_order_accounts(const struct rr_dictionary *accounts, uint32_t n_shards, uint32_t *codes,
                       uint32_t n);

/* Items grouped by account: group g is account[g], items start[g] .. start[g + 1] - 1. */
struct rr_groups {
    uint32_t n;
    uint32_t *account; /* codes, in the order of accounts */
    uint32_t *start;   /* n + 1 */
};

/* Sorts n items by (account, key); stable unless the keys are hashes. account[i] is the code of item i
 * before the sort, whose index must be i. The groups are the caller's to free with rr_groups_fini. */
struct rr_groups rr_order_items(const struct rr_dictionary *accounts, uint32_t n_shards,
                                const uint32_t *account, struct rr_sort_item *items, uint32_t n,
                                bool hashes);
void rr_groups_fini(struct rr_groups *groups);

#endif
