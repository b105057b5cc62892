/* Sorting by (account, something). */
#include "order.h"

#include "../io/memory.h"

#include <rerate/decimal.h>

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS, INSERTION_MAX = 32, COMPARISON_MAX = 2048 };

static void insertion_sort(struct rr_sort_item *items, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct rr_sort_item item = items[i];
        size_t at = i;
        for (; at > 0 && items[at - 1].key > item.key; at--)
            items[at] = items[at - 1];
        items[at] = item;
    }
}

static void merge_sort(struct rr_sort_item *items, struct rr_sort_item *spare, size_t n)
{
    if (n <= INSERTION_MAX) {
        insertion_sort(items, n);
        return;
    }
    size_t half = n / 2;
    merge_sort(items, spare, half);
    merge_sort(items + half, spare + half, n - half);
    memcpy(spare, items, half * sizeof *items);
    size_t left = 0, right = half, out = 0;
    while (left < half)
        items[out++] =
            right < n && items[right].key < spare[left].key ? items[right++] : spare[left++];
}

/* One stable pass; returns false, and moves nothing, when all items have the same digit. */
static bool radix_pass(const struct rr_sort_item *from, struct rr_sort_item *to, size_t n,
                       unsigned shift)
{
    size_t start[DIGITS] = {0};
    for (size_t i = 0; i < n; i++)
        start[from[i].key >> shift & (DIGITS - 1)]++;
    if (start[from[0].key >> shift & (DIGITS - 1)] == n)
        return false;
    size_t sum = 0;
    for (unsigned d = 0; d < DIGITS; d++) {
        size_t count = start[d];
        start[d] = sum;
        sum += count;
    }
    for (size_t i = 0; i < n; i++)
        to[start[from[i].key >> shift & (DIGITS - 1)]++] = from[i];
    return true;
}

void rr_sort_items(struct rr_sort_item *items, struct rr_sort_item *spare, size_t n)
{
    if (n <= COMPARISON_MAX) {
        merge_sort(items, spare, n);
        return;
    }
    struct rr_sort_item *from = items, *to = spare;
    for (unsigned shift = 0; shift < 64; shift += DIGIT_BITS) {
        if (!radix_pass(from, to, n, shift))
            continue;
        struct rr_sort_item *swap = from;
        from = to;
        to = swap;
    }
    if (from != items)
        memcpy(items, from, n * sizeof *items);
}

/* How evenly spread keys are laid over all 64 bits, or almost: less `least`, shifted. */
struct spread {
    uint64_t least;
    unsigned shift;
};

static struct spread spread_of(const struct rr_sort_item *items, uint32_t n)
{
    uint64_t least = UINT64_MAX, most = 0;
    for (uint32_t i = 0; i < n; i++) {
        least = items[i].key < least ? items[i].key : least;
        most = items[i].key > most ? items[i].key : most;
    }
    return (struct spread){least, most > least ? (unsigned)__builtin_clzll(most - least) : 0};
}

/* The place that a key would have among n evenly spread ones. */
static uint32_t expected_place(uint64_t key, struct spread spread, uint32_t n)
{
    return (uint32_t)((rr_u128)((key - spread.least) << spread.shift) * n >> 64);
}

void rr_sort_hashes(struct rr_sort_item *items, struct rr_sort_item *spare, uint32_t *counts,
                    uint32_t n)
{
    struct spread spread = spread_of(items, n);
    memset(counts, 0, ((size_t)n + 1) * sizeof *counts);
    for (uint32_t i = 0; i < n; i++)
        counts[expected_place(items[i].key, spread, n) + 1]++;
    for (uint32_t i = 0; i < n; i++)
        counts[i + 1] += counts[i];
    memcpy(spare, items, n * sizeof *items);
    for (uint32_t i = 0; i < n; i++)
        items[counts[expected_place(spare[i].key, spread, n)]++] = spare[i];
    insertion_sort(items, n);
}

int rr_account_compare(uint64_t hash_a, struct rr_text a, uint64_t hash_b, struct rr_text b,
                       uint32_t n_shards)
{
    uint32_t shard_a = rr_shard_of(hash_a, n_shards), shard_b = rr_shard_of(hash_b, n_shards);
    if (shard_a != shard_b)
        return shard_a < shard_b ? -1 : 1;
    if (hash_a != hash_b)
        return hash_a < hash_b ? -1 : 1;
    return rr_text_compare(a, b);
}

/* Different names with one hash are rare; they are put right after the sort by hash. */
static void order_by_name(const struct rr_dictionary *accounts, uint32_t *codes, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        uint32_t code = codes[i], at = i;
        uint64_t hash = rr_dictionary_hash_of(accounts, code);
        for (; at > 0 && rr_dictionary_hash_of(accounts, codes[at - 1]) == hash &&
               rr_text_compare(rr_dictionary_text(accounts, codes[at - 1]),
                               rr_dictionary_text(accounts, code)) > 0;
             at--)
            codes[at] = codes[at - 1];
        codes[at] = code;
    }
}

void rr_order_accounts(const struct rr_dictionary *accounts, uint32_t n_shards, uint32_t *codes,
                       uint32_t n)
{
    struct rr_sort_item *items = rr_malloc(2 * (size_t)n * sizeof *items);
    for (uint32_t i = 0; i < n; i++)
        items[i] = (struct rr_sort_item){rr_dictionary_hash_of(accounts, codes[i]), codes[i]};
    rr_sort_items(items, items + n, n);
    for (uint32_t i = 0; i < n; i++)
        items[i].key = rr_shard_of(items[i].key, n_shards);
    rr_sort_items(items, items + n, n);
    for (uint32_t i = 0; i < n; i++)
        codes[i] = items[i].index;
    free(items);
    order_by_name(accounts, codes, n);
}

/* The accounts that occur, in order; `rank` (one for each code) is filled for these. */
static struct rr_groups present_accounts(const struct rr_dictionary *accounts, uint32_t n_shards,
                                         const uint32_t *account, uint32_t n, uint32_t *rank)
{
    uint32_t n_codes = rr_dictionary_size(accounts);
    struct rr_groups groups = {0};
    memset(rank, 0, n_codes * sizeof *rank);
    for (uint32_t i = 0; i < n; i++)
        rank[account[i]]++;
    for (uint32_t code = 0; code < n_codes; code++)
        groups.n += rank[code] > 0;
    groups.account = rr_malloc(groups.n * sizeof *groups.account);
    groups.start = rr_malloc(((size_t)groups.n + 1) * sizeof *groups.start);
    uint32_t at = 0;
    for (uint32_t code = 0; code < n_codes; code++)
        if (rank[code] > 0)
            groups.account[at++] = code;
    rr_order_accounts(accounts, n_shards, groups.account, groups.n);
    uint32_t sum = 0;
    for (uint32_t g = 0; g < groups.n; g++) {
        uint32_t count = rank[groups.account[g]];
        rank[groups.account[g]] = g;
        groups.start[g] = sum;
        sum += count;
    }
    groups.start[groups.n] = sum;
    return groups;
}

struct rr_groups rr_order_items(const struct rr_dictionary *accounts, uint32_t n_shards,
                                const uint32_t *account, struct rr_sort_item *items, uint32_t n,
                                bool hashes)
{
    uint32_t *rank = rr_malloc((size_t)rr_dictionary_size(accounts) * sizeof *rank);
    struct rr_sort_item *placed = rr_malloc((size_t)n * sizeof *placed);
    struct rr_groups groups = present_accounts(accounts, n_shards, account, n, rank);
    uint32_t *next = rr_malloc(((size_t)groups.n + 1) * sizeof *next);
    uint32_t *counts = rr_malloc(((size_t)n + 1) * sizeof *counts);
    memcpy(next, groups.start, groups.n * sizeof *next);
    for (uint32_t i = 0; i < n; i++)
        placed[next[rank[account[i]]]++] = items[i];
    for (uint32_t g = 0; g < groups.n; g++) {
        struct rr_sort_item *group = placed + groups.start[g];
        uint32_t size = groups.start[g + 1] - groups.start[g];
        if (hashes)
            rr_sort_hashes(group, items, counts, size);
        else
            rr_sort_items(group, items, size);
    }
    memcpy(items, placed, (size_t)n * sizeof *items);
    free(counts);
    free(next);
    free(placed);
    free(rank);
    return groups;
}

void rr_groups_fini(struct rr_groups *groups)
{
    free(groups->account);
    free(groups->start);
}
