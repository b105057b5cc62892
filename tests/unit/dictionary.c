/* Dictionaries: each text has one number, in order of arrival. */
#include "unit.h"

#include <rerate/dictionary.h>
#include <stdio.h>

static uint32_t enter(struct rr_dictionary *d, struct rr_text text)
{
    return rr_dictionary_enter(d, text, rr_dictionary_hash(text));
}

static struct rr_text number_text(uint64_t i, char out[32])
{
    return (struct rr_text){out, (uint32_t)snprintf(out, 32, "text %llu", (unsigned long long)i)};
}

START_TEST(numbers_in_order_of_arrival)
{
    enum { N = 200000 };
    struct rr_dictionary *d = rr_dictionary_create();
    char name[32];
    for (int twice = 0; twice < 2; twice++) {
        for (uint32_t i = 0; i < N; i++)
            ck_assert_uint_eq(enter(d, number_text(i, name)), i);
        for (uint32_t i = 0; i < N; i += 7) { /* again: nothing new */
            struct rr_text text = number_text(i, name);
            ck_assert_uint_eq(enter(d, text), i);
            ck_assert(rr_text_equal(rr_dictionary_text(d, i), text));
            ck_assert_uint_eq(rr_dictionary_hash_of(d, i), rr_dictionary_hash(text));
        }
        ck_assert_uint_eq(rr_dictionary_size(d), N);
        ck_assert_uint_gt(rr_dictionary_bytes(d), N);
        rr_dictionary_clear(d);
        ck_assert_uint_eq(rr_dictionary_size(d), 0);
    }
    rr_dictionary_destroy(d);
    rr_dictionary_destroy(NULL);
}
END_TEST

START_TEST(what_is_forgotten_takes_no_memory)
{
    enum { N = 50000 };
    struct rr_dictionary *d = rr_dictionary_create();
    size_t empty = rr_dictionary_bytes(d);
    char name[32];
    for (int turn = 0; turn < 3; turn++) {
        for (uint32_t i = 0; i < N; i++) /* other texts each time, from number 0 again */
            ck_assert_uint_eq(enter(d, number_text((uint64_t)turn * N + i, name)), i);
        ck_assert_uint_gt(rr_dictionary_bytes(d), 30 * N);
        rr_dictionary_forget(d);
        ck_assert_uint_eq(rr_dictionary_size(d), 0);
        ck_assert_uint_eq(rr_dictionary_bytes(d), empty);
    }
    rr_dictionary_destroy(d);
}
END_TEST

START_TEST(bytes_are_what_counts)
{
    struct rr_dictionary *d = rr_dictionary_create();
    static const struct rr_text texts[] = {{NULL, 0}, {"\0", 1},  {"\0\0", 2},
                                           {"a", 1},  {"a\0", 2}, {"A", 1}};
    enum { N = sizeof texts / sizeof texts[0] };
    for (uint32_t i = 0; i < N; i++)
        ck_assert_uint_eq(enter(d, texts[i]), i);
    for (uint32_t i = 0; i < N; i++)
        ck_assert(rr_text_equal(rr_dictionary_text(d, i), texts[i]));
    ck_assert_uint_eq(enter(d, (struct rr_text){"", 0}), 0);
    rr_dictionary_destroy(d);
}
END_TEST

/* Texts with one hash are told apart by their bytes. */
START_TEST(equal_hashes_do_not_mix_texts)
{
    enum { N = 3000 };
    struct rr_dictionary *d = rr_dictionary_create();
    char name[32];
    for (int round = 0; round < 2; round++)
        for (uint32_t i = 0; i < N; i++)
            ck_assert_uint_eq(rr_dictionary_enter(d, number_text(i, name), 42), i);
    rr_dictionary_destroy(d);
}
END_TEST

START_TEST(many_at_once_are_the_same_as_one_by_one)
{
    enum { BATCH = 1024 };
    struct rr_dictionary *one = rr_dictionary_create(), *many = rr_dictionary_create();
    uint64_t seed = 1, hash[BATCH];
    static char names[BATCH][32];
    struct rr_text text[BATCH];
    uint32_t code[BATCH];
    for (int round = 0; round < 100; round++) {
        uint32_t n = (uint32_t)(unit_random(&seed) % (BATCH + 1));
        for (uint32_t i = 0; i < n; i++) /* new ones, old ones, and twice in one batch */
            text[i] = number_text(unit_random(&seed) % 20000, names[i]);
        rr_dictionary_enter_many(many, n, text, hash, code);
        for (uint32_t i = 0; i < n; i++) {
            ck_assert_uint_eq(code[i], enter(one, text[i]));
            ck_assert_uint_eq(hash[i], rr_dictionary_hash(text[i]));
        }
    }
    ck_assert_uint_eq(rr_dictionary_size(one), rr_dictionary_size(many));
    rr_dictionary_destroy(one);
    rr_dictionary_destroy(many);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {numbers_in_order_of_arrival,
                            what_is_forgotten_takes_no_memory,
                            bytes_are_what_counts,
                            equal_hashes_do_not_mix_texts,
                            many_at_once_are_the_same_as_one_by_one,
                            NULL};
    return unit_main("dictionary", tests);
}
