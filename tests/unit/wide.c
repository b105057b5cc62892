/* Wide integers: products and quotients as on paper. */
#include "unit.h"

#include "../../io/wide.h"

static rr_decimal random_decimal(uint64_t *seed)
{
    rr_u128 size = (rr_u128)unit_random(seed) << 64 | unit_random(seed);
    size %= rr_pow10((unsigned)(unit_random(seed) % 39));
    return unit_random(seed) % 2 ? -(rr_decimal)size : (rr_decimal)size;
}

START_TEST(rounding_table)
{
    static const struct {
        int value, divisor;
        int half_up, half_even, up, down;
    } cases[] = {
        {0, 2, 0, 0, 0, 0},       {1, 2, 1, 0, 1, 0},       {-1, 2, -1, 0, -1, 0},
        {3, 2, 2, 2, 2, 1},       {-3, 2, -2, -2, -2, -1},  {5, 2, 3, 2, 3, 2},
        {-5, 2, -3, -2, -3, -2},  {4, 2, 2, 2, 2, 2},       {7, 5, 1, 1, 2, 1},
        {8, 5, 2, 2, 2, 1},       {-7, 5, -1, -1, -2, -1},  {-8, 5, -2, -2, -2, -1},
        {1, 3, 0, 0, 1, 0},       {2, 3, 1, 1, 1, 0},       {1, 1000, 0, 0, 1, 0},
        {499, 1000, 0, 0, 1, 0},  {500, 1000, 1, 0, 1, 0},  {501, 1000, 1, 1, 1, 0},
        {1500, 1000, 2, 2, 2, 1}, {2500, 1000, 3, 2, 3, 2}, {-2501, 1000, -3, -3, -3, -2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rr_wide value = rr_wide_of(cases[i].value), by = rr_wide_of(cases[i].divisor);
        const int want[] = {[RR_ROUND_HALF_UP] = cases[i].half_up,
                            [RR_ROUND_HALF_EVEN] = cases[i].half_even,
                            [RR_ROUND_UP] = cases[i].up,
                            [RR_ROUND_DOWN] = cases[i].down};
        for (int round = RR_ROUND_HALF_UP; round <= RR_ROUND_DOWN; round++) {
            rr_decimal got = 99;
            ck_assert(rr_wide_divide(&value, &by, (enum rr_round)round, &got));
            ck_assert_msg(got == want[round], "%d / %d, rule %d: %d", cases[i].value,
                          cases[i].divisor, round, (int)got);
        }
    }
}
END_TEST

/* (q * d + r) / d for 0 <= r < d, of any size: each rule finds q again, or its neighbour. */
START_TEST(division_undoes_multiplication)
{
    uint64_t seed = 1;
    for (int i = 0; i < 50000; i++) {
        rr_decimal q = random_decimal(&seed), d = random_decimal(&seed), got;
        d = d < 0 ? -d : d + 1;
        if (d == 0 || q == RR_DECIMAL_LIMIT - 1 || -q == RR_DECIMAL_LIMIT - 1)
            continue;
        rr_decimal r = (rr_decimal)((rr_u128)unit_random(&seed) << 60) % d;
        rr_decimal away = q < 0 ? -1 : 1;
        struct rr_wide value = rr_wide_product(q, d), by = rr_wide_of(d);
        struct rr_wide rest = rr_wide_of(q < 0 ? -r : r);
        ck_assert(rr_wide_add(&value, &rest));
        ck_assert(rr_wide_divide(&value, &by, RR_ROUND_DOWN, &got) && got == q);
        ck_assert(rr_wide_divide(&value, &by, RR_ROUND_UP, &got) && got == (r ? q + away : q));
        ck_assert(rr_wide_divide(&value, &by, RR_ROUND_HALF_UP, &got));
        ck_assert(got == (r >= d - r ? q + away : q));
        ck_assert(rr_wide_divide(&value, &by, RR_ROUND_HALF_EVEN, &got));
        ck_assert(got == (r > d - r || (r == d - r && q % 2 != 0) ? q + away : q));
    }
}
END_TEST

START_TEST(sums_and_signs)
{
    uint64_t seed = 2;
    const struct rr_wide one = rr_wide_of(1);
    for (int i = 0; i < 20000; i++) {
        rr_decimal a = random_decimal(&seed) / 4, b = random_decimal(&seed) / 4, got;
        struct rr_wide sum = rr_wide_of(a), term = rr_wide_of(b);
        ck_assert_int_eq(rr_wide_sign(&sum), (a > 0) - (a < 0));
        ck_assert(rr_wide_add(&sum, &term));
        ck_assert(rr_wide_divide(&sum, &one, RR_ROUND_DOWN, &got) && got == a + b);
        rr_wide_negate(&term);
        ck_assert(rr_wide_add(&sum, &term));
        ck_assert(rr_wide_divide(&sum, &one, RR_ROUND_DOWN, &got) && got == a);
        term = rr_wide_of(a);
        rr_wide_negate(&term);
        ck_assert(rr_wide_add(&sum, &term));
        ck_assert_int_eq(rr_wide_sign(&sum), 0);
        ck_assert(!sum.negative);
    }
    struct rr_wide zero = rr_wide_of(0);
    rr_wide_negate(&zero);
    ck_assert(!zero.negative);
    zero = rr_wide_product(-5, 0);
    ck_assert(!zero.negative);
}
END_TEST

START_TEST(scaling_is_multiplying)
{
    uint64_t seed = 3;
    for (int i = 0; i < 20000; i++) {
        rr_decimal a = random_decimal(&seed);
        uint64_t factor = unit_random(&seed) >> unit_random(&seed) % 64;
        struct rr_wide scaled = rr_wide_of(a), product = rr_wide_product(a, (rr_decimal)factor);
        ck_assert(rr_wide_scale(&scaled, factor));
        rr_wide_negate(&product);
        ck_assert(rr_wide_add(&scaled, &product));
        ck_assert_int_eq(rr_wide_sign(&scaled), 0);
    }
}
END_TEST

/* (a b) c = a (b c), whatever is zero or negative; and products keep the order. */
START_TEST(products_of_wides)
{
    uint64_t seed = 4;
    for (int i = 0; i < 20000; i++) {
        rr_decimal a = unit_random(&seed) % 5 ? random_decimal(&seed) : 0;
        rr_decimal b = unit_random(&seed) % 5 ? random_decimal(&seed) : 0,
                   c = random_decimal(&seed);
        struct rr_wide left = rr_wide_product(a, b), right = rr_wide_product(b, c);
        const struct rr_wide by_c = rr_wide_of(c), by_a = rr_wide_of(a);
        ck_assert(rr_wide_multiply(&left, &by_c) && rr_wide_multiply(&right, &by_a));
        ck_assert_int_eq(rr_wide_compare(&left, &right), 0);
        ck_assert(!left.negative || rr_wide_sign(&left) < 0);
        struct rr_wide x = rr_wide_of(a), y = rr_wide_of(b);
        ck_assert_int_eq(rr_wide_compare(&x, &y), (a > b) - (a < b));
    }
    struct rr_wide most = rr_wide_product(RR_DECIMAL_LIMIT - 1, RR_DECIMAL_LIMIT - 1);
    struct rr_wide square = most, before;
    ck_assert(rr_wide_multiply(&square, &most)); /* 10^152 is below 2^512 */
    before = square;
    ck_assert(!rr_wide_multiply(&square, &most));
    ck_assert_mem_eq(&square, &before, sizeof square);
}
END_TEST

START_TEST(what_does_not_fit_is_said_and_changes_nothing)
{
    struct rr_wide most = rr_wide_of(1), before;
    int steps = 0;
    do {
        before = most;
        steps++;
    } while (rr_wide_scale(&most, (uint64_t)1 << 63));
    ck_assert_int_eq(steps, 9); /* 2^504 fits in 512 bits, 2^567 does not */
    ck_assert_mem_eq(&most, &before, sizeof most);
    for (int bit = 504; bit < 511; bit++)
        ck_assert(rr_wide_scale(&most, 2));
    before = most;
    ck_assert(!rr_wide_add(&most, &before));
    ck_assert_mem_eq(&most, &before, sizeof most);

    rr_decimal got = 42;
    const struct rr_wide one = rr_wide_of(1), ten = rr_wide_of(10);
    struct rr_wide limit = rr_wide_product(RR_DECIMAL_LIMIT / 10, 10); /* 10^38: one too many */
    ck_assert(!rr_wide_divide(&limit, &one, RR_ROUND_DOWN, &got));
    ck_assert(!rr_wide_divide(&most, &one, RR_ROUND_DOWN, &got));
    ck_assert(got == 42);
    ck_assert(rr_wide_divide(&limit, &ten, RR_ROUND_DOWN, &got));
    ck_assert(got == RR_DECIMAL_LIMIT / 10);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {rounding_table,
                            division_undoes_multiplication,
                            sums_and_signs,
                            scaling_is_multiplying,
                            products_of_wides,
                            what_does_not_fit_is_said_and_changes_nothing,
                            NULL};
    return unit_main("wide", tests);
}
