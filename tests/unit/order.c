/* The one order: shards cover everything once, and sorting is the plain order of accounts. */
#include "unit.h"

#include "../../runtime/order.h"

#include <stdio.h>

static int compare_items(const void *a, const void *b)
{
    const struct rr_sort_item *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

START_TEST(sorting_is_stable_and_right)
{
    static const size_t sizes[] = {0, 1, 2, 31, 32, 33, 100, 2047, 2048, 2049, 100000};
    static const uint64_t masks[] = {0, 3, 0xffff, 0xff00000000000000, UINT64_MAX};
    uint64_t seed = 1;
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
        for (size_t m = 0; m < sizeof masks / sizeof masks[0]; m++) {
            size_t n = sizes[s];
            struct rr_sort_item *items = calloc(n + 1, sizeof *items);
            struct rr_sort_item *spare = calloc(n + 1, sizeof *items);
            struct rr_sort_item *want = calloc(n + 1, sizeof *items);
            for (size_t i = 0; i < n; i++)
                want[i] = items[i] =
                    (struct rr_sort_item){unit_random(&seed) & masks[m], (uint32_t)i};
            qsort(want, n, sizeof *want, compare_items);
            rr_sort_items(items, spare, n);
            for (size_t i = 0; i < n; i++)
                ck_assert(items[i].key == want[i].key && items[i].index == want[i].index);
            free(items);
            free(spare);
            free(want);
        }
}
END_TEST

START_TEST(every_shard_has_one_owner)
{
    static const uint32_t shards[] = {1, 2, 7, 64, 4096, 1000003};
    for (size_t s = 0; s < sizeof shards / sizeof shards[0]; s++)
        for (int size = 1; size <= 70; size++) {
            ck_assert_uint_eq(rr_shard_first(shards[s], 0, size), 0);
            ck_assert_uint_eq(rr_shard_first(shards[s], size, size), shards[s]);
            for (int rank = 0; rank < size; rank++) {
                uint32_t first = rr_shard_first(shards[s], rank, size);
                uint32_t end = rr_shard_first(shards[s], rank + 1, size);
                ck_assert_uint_le(first, end);
                for (uint32_t i = first; i < end; i += 1 + (end - first) / 50)
                    ck_assert_int_eq(rr_shard_owner(i, shards[s], size), rank);
                if (end > first)
                    ck_assert_int_eq(rr_shard_owner(end - 1, shards[s], size), rank);
            }
        }
}
END_TEST

static struct rr_dictionary *make_accounts(uint32_t n)
{
    struct rr_dictionary *accounts = rr_dictionary_create();
    for (uint32_t i = 0; i < n; i++) {
        char name[32];
        snprintf(name, sizeof name, "account-%u", i * 7919);
        struct rr_text text = rr_text_of(name);
        rr_dictionary_enter(accounts, text, rr_dictionary_hash(text));
    }
    return accounts;
}

static int compare_codes(const struct rr_dictionary *d, uint32_t shards, uint32_t a, uint32_t b)
{
    return rr_account_compare(rr_dictionary_hash_of(d, a), rr_dictionary_text(d, a),
                              rr_dictionary_hash_of(d, b), rr_dictionary_text(d, b), shards);
}

START_TEST(accounts_stand_by_shard_hash_and_name)
{
    enum { N = 5000 };
    struct rr_dictionary *accounts = make_accounts(N);
    static const uint32_t shards[] = {1, 7, 4096};
    for (int s = 0; s < 3; s++) {
        uint32_t codes[N];
        for (uint32_t i = 0; i < N; i++)
            codes[i] = i * 3 % N;
        rr_order_accounts(accounts, shards[s], codes, N);
        for (uint32_t i = 1; i < N; i++) {
            uint32_t before = rr_shard_of(rr_dictionary_hash_of(accounts, codes[i - 1]), shards[s]);
            uint32_t here = rr_shard_of(rr_dictionary_hash_of(accounts, codes[i]), shards[s]);
            ck_assert_uint_le(before, here);
            ck_assert_int_eq(compare_codes(accounts, shards[s], codes[i - 1], codes[i]), -1);
            ck_assert_int_eq(compare_codes(accounts, shards[s], codes[i], codes[i - 1]), 1);
            ck_assert_int_eq(compare_codes(accounts, shards[s], codes[i], codes[i]), 0);
        }
    }
    rr_dictionary_destroy(accounts);
    /* One hash, two names: the name decides. */
    ck_assert_int_eq(rr_account_compare(5, rr_text_of("a"), 5, rr_text_of("ab"), 3), -1);
    ck_assert_int_eq(rr_account_compare(5, rr_text_of("b"), 5, rr_text_of("ab"), 3), 1);
    ck_assert_int_eq(rr_account_compare(5, rr_text_of("z"), 6, rr_text_of("a"), 3), 1);  /* shard */
    ck_assert_int_eq(rr_account_compare(3, rr_text_of("z"), 6, rr_text_of("a"), 3), -1); /* hash */
}
END_TEST

START_TEST(items_are_grouped_by_account_in_order)
{
    enum { ACCOUNTS = 700, SHARDS = 16 };
    static const uint32_t sizes[] = {0, 1, 50, 5000, 60000};
    struct rr_dictionary *accounts = make_accounts(ACCOUNTS);
    uint64_t seed = 4;
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        uint32_t n = sizes[s], *account = calloc(n + 1, sizeof *account);
        struct rr_sort_item *items = calloc(n + 1, sizeof *items);
        bool *seen = calloc(n + 1, sizeof *seen);
        for (uint32_t i = 0; i < n; i++) {
            /* Every second item belongs to one account. */
            account[i] = (uint32_t)(i % 2 ? unit_random(&seed) % ACCOUNTS : 11);
            items[i] = (struct rr_sort_item){unit_random(&seed) % 1000 * 0x9e3779b97f4a7c15u, i};
        }
        bool hashes = s % 2; /* then items with one key come in any order */
        struct rr_groups groups = rr_order_items(accounts, SHARDS, account, items, n, hashes);
        ck_assert_uint_eq(groups.start[0], 0);
        ck_assert_uint_eq(groups.start[groups.n], n);
        for (uint32_t g = 0; g < groups.n; g++) {
            ck_assert_uint_lt(groups.start[g], groups.start[g + 1]);
            if (g > 0)
                ck_assert_int_eq(
                    compare_codes(accounts, SHARDS, groups.account[g - 1], groups.account[g]), -1);
            for (uint32_t i = groups.start[g]; i < groups.start[g + 1]; i++) {
                ck_assert_uint_eq(account[items[i].index], groups.account[g]);
                ck_assert(!seen[items[i].index]);
                seen[items[i].index] = true;
                if (i == groups.start[g])
                    continue;
                ck_assert_uint_le(items[i - 1].key, items[i].key);
                ck_assert(hashes || compare_items(&items[i - 1], &items[i]) < 0);
            }
        }
        rr_groups_fini(&groups);
        free(account);
        free(items);
        free(seen);
    }
    rr_dictionary_destroy(accounts);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {sorting_is_stable_and_right, every_shard_has_one_owner,
                            accounts_stand_by_shard_hash_and_name,
                            items_are_grouped_by_account_in_order, NULL};
    return unit_main("order", tests);
}
