/* The laws of rerate/kernel.h, for every kernel there is, on random records. */
#include "unit.h"

#include <rerate/kernel.h>
#include <string.h>

enum { RECORDS = 60, STATES = 8, ROUNDS = 400, FILES = 8, BYTES = 64 + 2 * RECORDS * 48 };

struct state {
    _Alignas(8) uint8_t bytes[RR_STATE_MAX];
};

struct records {
    uint32_t n;
    rr_decimal value[RECORDS];
    int64_t time_ns[RECORDS];
    uint64_t position[RECORDS];
};

struct bytes {
    size_t len;
    uint8_t at[BYTES];
};

/* Values of every size, equal values and equal times among them; positions differ. */
static void make_records(struct records *r, uint64_t *seed)
{
    r->n = (uint32_t)(unit_random(seed) % (RECORDS + 1));
    uint64_t times = 1 + unit_random(seed) % 10;
    unsigned digits = (unsigned)(unit_random(seed) % 39);
    for (uint32_t i = 0; i < r->n; i++) {
        rr_u128 size = (rr_u128)unit_random(seed) << 64 | unit_random(seed);
        size %= rr_pow10(digits);
        r->value[i] = unit_random(seed) % 2 ? -(rr_decimal)size : (rr_decimal)size;
        r->time_ns[i] = (int64_t)(unit_random(seed) % times) - 5;
        r->position[i] = rr_position((uint32_t)(unit_random(seed) % FILES), i);
    }
}

static void shuffle(struct records *r, uint64_t *seed)
{
    for (uint32_t i = r->n; i > 1; i--) {
        uint32_t j = (uint32_t)(unit_random(seed) % i), k = i - 1;
        rr_decimal value = r->value[j];
        int64_t time_ns = r->time_ns[j];
        uint64_t position = r->position[j];
        r->value[j] = r->value[k], r->value[k] = value;
        r->time_ns[j] = r->time_ns[k], r->time_ns[k] = time_ns;
        r->position[j] = r->position[k], r->position[k] = position;
    }
}

/* Record i goes to states[which[i]]. */
static void update(const struct rr_kernel *kernel, struct state *states, const uint32_t *which,
                   const struct records *r)
{
    void *of[RECORDS];
    for (uint32_t i = 0; i < r->n; i++)
        of[i] = states[which[i]].bytes;
    const struct rr_rows rows = {r->n, kernel->needs_value ? r->value : NULL, r->time_ns,
                                 r->position};
    kernel->update(of, &rows);
}

static struct bytes encode(const struct rr_kernel *kernel, struct state *state)
{
    struct bytes out = {0};
    size_t most = rr_kernel_encoded_max(kernel, state->bytes);
    ck_assert_uint_le(most, BYTES);
    out.len = kernel->encode(state->bytes, out.at);
    ck_assert_uint_le(out.len, most);
    return out;
}

static bool equal(const struct bytes *a, const struct bytes *b)
{
    return a->len == b->len && memcmp(a->at, b->at, a->len) == 0;
}

/* All records, one after another, in one state. */
static struct bytes whole(const struct rr_kernel *kernel, const struct records *r)
{
    static const uint32_t first[RECORDS];
    struct state state;
    kernel->init(state.bytes);
    update(kernel, &state, first, r);
    struct bytes out = encode(kernel, &state);
    rr_kernel_fini(kernel, state.bytes);
    return out;
}

/* In memory of just this size, so that reading further is noticed. */
static bool decode(const struct rr_kernel *kernel, struct state *state, const struct bytes *bytes,
                   unsigned version)
{
    uint8_t *copy = malloc(bytes->len ? bytes->len : 1);
    memcpy(copy, bytes->at, bytes->len);
    bool good = kernel->decode(state->bytes, copy, bytes->len, version);
    free(copy);
    return good;
}

#define FOR_EVERY_KERNEL(kernel)                                                                   \
    for (const struct rr_kernel *const *row = rr_kernels; *row; row++)                             \
        for (const struct rr_kernel *kernel = *row; kernel; kernel = NULL)

START_TEST(every_kernel_fits_its_bounds_and_is_found)
{
    FOR_EVERY_KERNEL(kernel)
    {
        ck_assert_uint_gt(kernel->state_size, 0);
        ck_assert_uint_le(kernel->state_size, RR_STATE_MAX);
        ck_assert_uint_eq(kernel->state_size % 8, 0);
        ck_assert_ptr_eq(rr_kernel_find(kernel->name, strlen(kernel->name)), kernel);
        ck_assert_ptr_null(rr_kernel_find(kernel->name, strlen(kernel->name) - 1));
    }
    ck_assert_ptr_null(rr_kernel_find("", 0));
}
END_TEST

START_TEST(a_fresh_state_is_neutral_and_zero)
{
    uint64_t seed = 1;
    FOR_EVERY_KERNEL(kernel)
    {
        for (int round = 0; round < ROUNDS; round++) {
            static const uint32_t first[RECORDS];
            struct records records;
            struct state state, fresh;
            rr_decimal value = 1;
            make_records(&records, &seed);
            struct bytes want = whole(kernel, &records);
            kernel->init(fresh.bytes);
            ck_assert(kernel->finalize(fresh.bytes, 50 * RR_DECIMAL_ONE, &value) && value == 0);
            kernel->init(state.bytes);
            update(kernel, &state, first, &records);
            kernel->merge(state.bytes, fresh.bytes); /* s + 0 */
            struct bytes right = encode(kernel, &state);
            kernel->merge(fresh.bytes, state.bytes); /* 0 + s */
            struct bytes left = encode(kernel, &fresh);
            ck_assert_msg(equal(&right, &want) && equal(&left, &want), "%s", kernel->name);
            rr_kernel_fini(kernel, state.bytes);
            rr_kernel_fini(kernel, fresh.bytes);
        }
    }
}
END_TEST

/* Associative, commutative, splits and orders of records: the records shuffled, dealt out to several
 * states, and those merged in a random tree, come to the same bytes as one state fed in order. */
START_TEST(any_split_in_any_order_merges_to_the_whole)
{
    uint64_t seed = 2;
    FOR_EVERY_KERNEL(kernel)
    {
        for (int round = 0; round < ROUNDS; round++) {
            struct records records;
            struct state states[STATES];
            uint32_t which[RECORDS], n = 1 + (uint32_t)(unit_random(&seed) % STATES);
            make_records(&records, &seed);
            struct bytes want = whole(kernel, &records);
            shuffle(&records, &seed);
            for (uint32_t s = 0; s < n; s++)
                kernel->init(states[s].bytes);
            for (uint32_t i = 0; i < records.n; i++)
                which[i] = (uint32_t)(unit_random(&seed) % n);
            update(kernel, states, which, &records);
            for (; n > 1; n--) {
                uint32_t a = (uint32_t)(unit_random(&seed) % n);
                uint32_t b = (a + 1 + (uint32_t)(unit_random(&seed) % (n - 1))) % n;
                kernel->merge(states[a].bytes, states[b].bytes);
                rr_kernel_fini(kernel, states[b].bytes);
                states[b] = states[n - 1]; /* which may be `a` itself */
            }
            struct bytes got = encode(kernel, &states[0]);
            rr_kernel_fini(kernel, states[0].bytes);
            ck_assert_msg(equal(&got, &want), "%s, round %d", kernel->name, round);
        }
    }
}
END_TEST

START_TEST(encoding_is_canonical_and_decodes_to_an_equal_state)
{
    uint64_t seed = 3;
    FOR_EVERY_KERNEL(kernel)
    {
        for (int round = 0; round < ROUNDS; round++) {
            static const uint32_t first[RECORDS];
            struct records records;
            struct state state, back, other;
            rr_decimal a = 0, b = 0;
            make_records(&records, &seed);
            kernel->init(state.bytes);
            update(kernel, &state, first, &records);
            struct bytes bytes = encode(kernel, &state);
            memset(&back, 0xa5, sizeof back);
            ck_assert_msg(decode(kernel, &back, &bytes, kernel->version), "%s", kernel->name);
            struct bytes again = encode(kernel, &back);
            ck_assert(equal(&bytes, &again));
            const rr_decimal p95 = 95 * RR_DECIMAL_ONE;
            ck_assert(kernel->finalize(state.bytes, p95, &a) ==
                      kernel->finalize(back.bytes, p95, &b));
            ck_assert(a == b);
            ck_assert(!decode(kernel, &other, &bytes, kernel->version + 1));

            /* And goes on like it. */
            make_records(&records, &seed);
            update(kernel, &state, first, &records);
            update(kernel, &back, first, &records);
            bytes = encode(kernel, &state);
            again = encode(kernel, &back);
            ck_assert(equal(&bytes, &again));
            rr_kernel_fini(kernel, state.bytes);
            rr_kernel_fini(kernel, back.bytes);
        }
    }
}
END_TEST

static void mangle(struct bytes *bytes, uint64_t *seed)
{
    uint64_t kind = unit_random(seed) % 4;
    if (kind == 0)
        bytes->len = unit_random(seed) % (RR_ENCODED_MAX + 1);
    for (size_t i = 0; kind == 1 && i < bytes->len; i++)
        bytes->at[i] = (uint8_t)unit_random(seed);
    if (kind >= 2 && bytes->len > 0)
        bytes->at[unit_random(seed) % bytes->len] ^= (uint8_t)(1u << unit_random(seed) % 8);
}

/* Mangled bytes are refused, or are another state, which then has an encoding like any other. */
START_TEST(mangled_bytes_are_refused_or_another_state)
{
    uint64_t seed = 4;
    FOR_EVERY_KERNEL(kernel)
    {
        for (int round = 0; round < 50 * ROUNDS; round++) {
            struct records records;
            struct state state;
            make_records(&records, &seed);
            struct bytes bytes = whole(kernel, &records);
            mangle(&bytes, &seed);
            if (!decode(kernel, &state, &bytes, kernel->version))
                continue;
            struct bytes again = encode(kernel, &state), last;
            ck_assert_msg(equal(&again, &bytes), "%s, round %d", kernel->name, round);
            rr_kernel_fini(kernel, state.bytes);
            ck_assert(decode(kernel, &state, &again, kernel->version));
            last = encode(kernel, &state);
            rr_kernel_fini(kernel, state.bytes);
            ck_assert_msg(equal(&last, &again), "%s, round %d", kernel->name, round);
        }
    }
}
END_TEST

/* Renaming files keeps their order here, so it may come before or after the fold. */
START_TEST(repositioning_a_state_is_repositioning_its_records)
{
    static const uint32_t map[FILES] = {3, 4, 7, 8, 20, 21, 22, 1000000};
    uint64_t seed = 5;
    FOR_EVERY_KERNEL(kernel)
    {
        for (int round = 0; round < ROUNDS; round++) {
            static const uint32_t first[RECORDS];
            struct records records;
            struct state state;
            make_records(&records, &seed);
            kernel->init(state.bytes);
            update(kernel, &state, first, &records);
            if (kernel->reposition)
                kernel->reposition(state.bytes, map);
            for (uint32_t i = 0; i < records.n && kernel->reposition; i++)
                records.position[i] = rr_position(map[rr_position_file(records.position[i])],
                                                  rr_position_record(records.position[i]));
            struct bytes want = whole(kernel, &records), got = encode(kernel, &state);
            rr_kernel_fini(kernel, state.bytes);
            ck_assert_msg(equal(&got, &want), "%s", kernel->name);
        }
    }
}
END_TEST

/* As runs do it: written with the numbers of files, which may be in another order, and read back. */
START_TEST(repositioning_there_and_back_changes_nothing)
{
    static const uint32_t there[FILES] = {5, 2, 7, 0, 1, 6, 4, 3},
                          back[FILES] = {3, 4, 1, 7, 6, 0, 5, 2};
    uint64_t seed = 7;
    FOR_EVERY_KERNEL(kernel)
    {
        for (int round = 0; round < ROUNDS && kernel->reposition; round++) {
            static const uint32_t first[RECORDS];
            struct records records;
            struct state state, read;
            make_records(&records, &seed);
            struct bytes want = whole(kernel, &records);
            kernel->init(state.bytes);
            update(kernel, &state, first, &records);
            kernel->reposition(state.bytes, there);
            struct bytes written = encode(kernel, &state);
            ck_assert(decode(kernel, &read, &written, kernel->version));
            kernel->reposition(read.bytes, back);
            struct bytes got = encode(kernel, &read);
            ck_assert_msg(equal(&got, &want), "%s", kernel->name);
            rr_kernel_fini(kernel, state.bytes);
            rr_kernel_fini(kernel, read.bytes);
        }
    }
}
END_TEST

/* The one order-sensitive aggregate, by hand: time first, then position. */
START_TEST(latest_goes_by_time_then_position)
{
    const struct rr_kernel *latest = rr_kernel_find("latest", 6);
    const struct records records = {
        4,
        {10, 20, 30, 40},
        {5, 7, 7, 6},
        {rr_position(9, 9), rr_position(1, 3), rr_position(1, 2), rr_position(9, 9)}};
    static const uint32_t first[RECORDS];
    struct state state;
    rr_decimal value;
    latest->init(state.bytes);
    update(latest, &state, first, &records);
    ck_assert(latest->finalize(state.bytes, 0, &value) && value == 20);
}
END_TEST

/* 2 x 10^38 is no decimal; taking it away again is one. */
START_TEST(a_sum_may_leave_the_range_and_come_back)
{
    const struct rr_kernel *sum = rr_kernel_find("sum", 3);
    const rr_decimal most = RR_DECIMAL_LIMIT - 1;
    const struct records up = {.n = 3, .value = {most, most, 7}};
    const struct records down = {.n = 2, .value = {-most, -most}};
    static const uint32_t first[RECORDS];
    struct state a, b;
    rr_decimal value;
    sum->init(a.bytes);
    sum->init(b.bytes);
    update(sum, &a, first, &up);
    update(sum, &b, first, &down);
    ck_assert(!sum->finalize(a.bytes, 0, &value));
    ck_assert(!sum->finalize(b.bytes, 0, &value));
    sum->merge(a.bytes, b.bytes);
    ck_assert(sum->finalize(a.bytes, 0, &value) && value == 7);
}
END_TEST

/* One state fed with values at rising times, and what it comes to. */
static rr_decimal aggregate(const char *name, const rr_decimal *value, uint32_t n,
                            rr_decimal parameter)
{
    static const uint32_t first[RECORDS];
    const struct rr_kernel *kernel = rr_kernel_find(name, strlen(name));
    struct records records = {.n = n};
    struct state state;
    rr_decimal out = 0;
    for (uint32_t i = 0; i < n; i++) {
        records.value[i] = value[i];
        records.position[i] = i;
    }
    kernel->init(state.bytes);
    update(kernel, &state, first, &records);
    ck_assert(kernel->finalize(state.bytes, parameter, &out));
    rr_kernel_fini(kernel, state.bytes);
    return out;
}

static int compare_values(const void *a, const void *b)
{
    rr_decimal x = *(const rr_decimal *)a, y = *(const rr_decimal *)b;
    return (x > y) - (x < y);
}

/* Nearest rank, and the number of different values, on few values that repeat. */
START_TEST(lists_agree_with_sorted_arrays)
{
    uint64_t seed = 6;
    for (int round = 0; round < ROUNDS; round++) {
        rr_decimal value[RECORDS];
        uint32_t n = 1 + (uint32_t)(unit_random(&seed) % RECORDS), different = 1;
        uint64_t p = 1 + unit_random(&seed) % 100, values = 1 + unit_random(&seed) % 80;
        for (uint32_t i = 0; i < n; i++)
            value[i] = ((rr_decimal)(unit_random(&seed) % values) - 20) * RR_DECIMAL_ONE;
        rr_decimal percentile = aggregate("percentile", value, n, (rr_decimal)p * RR_DECIMAL_ONE);
        rr_decimal unique = aggregate("unique", value, n, 0);
        qsort(value, n, sizeof *value, compare_values);
        for (uint32_t i = 1; i < n; i++)
            different += value[i] != value[i - 1];
        ck_assert(percentile == value[(p * n + 99) / 100 - 1]);
        ck_assert(unique == different * RR_DECIMAL_ONE);
    }
}
END_TEST

START_TEST(averages_by_hand)
{
    const rr_decimal one = RR_DECIMAL_ONE, values[] = {one, 2 * one, 2 * one};
    const rr_decimal tiny[] = {1, 2}, down[] = {0, 1};
    ck_assert(aggregate("average", values, 3, 0) == 1666666666666666667);
    ck_assert(aggregate("average", tiny, 2, 0) == 2); /* 1.5 to the even neighbour */
    ck_assert(aggregate("average", down, 2, 0) == 0);
    ck_assert(aggregate("average", values, 0, 0) == 0);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {every_kernel_fits_its_bounds_and_is_found,
                            a_fresh_state_is_neutral_and_zero,
                            any_split_in_any_order_merges_to_the_whole,
                            encoding_is_canonical_and_decodes_to_an_equal_state,
                            mangled_bytes_are_refused_or_another_state,
                            repositioning_a_state_is_repositioning_its_records,
                            repositioning_there_and_back_changes_nothing,
                            latest_goes_by_time_then_position,
                            lists_agree_with_sorted_arrays,
                            averages_by_hand,
                            a_sum_may_leave_the_range_and_come_back,
                            NULL};
    return unit_main("kernel_laws", tests);
}
