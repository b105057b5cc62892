/* Sums: wide enough for any order of terms, and the same as text. */
#include "unit.h"

#include <rerate/sum.h>
#include <stdio.h>
#include <string.h>

static rr_decimal random_decimal(uint64_t *seed)
{
    rr_u128 size = (rr_u128)unit_random(seed) << 64 | unit_random(seed);
    size %= rr_pow10((unsigned)(unit_random(seed) % 39));
    return unit_random(seed) % 2 ? -(rr_decimal)size : (rr_decimal)size;
}

/* Terms of which the first half is far out of range alone, and the second takes it back. */
START_TEST(the_order_of_terms_has_no_meaning)
{
    enum { TERMS = 200 };
    uint64_t seed = 1;
    for (int round = 0; round < 200; round++) {
        rr_decimal term[TERMS + 1], got;
        for (int i = 0; i < TERMS / 2; i++) {
            term[i] = random_decimal(&seed);
            term[TERMS / 2 + i] = -term[i];
        }
        term[TERMS] = 12345;
        struct rr_sum in_order = {0}, parts[3] = {{{0}, 0}};
        for (int i = 0; i <= TERMS; i++)
            rr_sum_add(&in_order, term[i]);
        for (int i = TERMS; i >= 0; i--)
            rr_sum_add(&parts[unit_random(&seed) % 3], term[i]);
        rr_sum_merge(&parts[1], &parts[2]);
        rr_sum_merge(&parts[0], &parts[1]);
        ck_assert(rr_sum_equal(&in_order, &parts[0]));
        ck_assert(rr_sum_decimal(&in_order, &got) && got == 12345);
    }
}
END_TEST

START_TEST(the_range_ends_where_decimals_end)
{
    rr_decimal got = 0;
    for (int sign = -1; sign <= 1; sign += 2) {
        struct rr_sum sum = {0};
        rr_sum_add(&sum, sign * (RR_DECIMAL_LIMIT - 1));
        ck_assert(rr_sum_decimal(&sum, &got) && got == sign * (RR_DECIMAL_LIMIT - 1));
        rr_sum_add(&sum, sign);
        ck_assert(!rr_sum_decimal(&sum, &got));
        rr_sum_add(&sum, -sign);
        ck_assert(rr_sum_decimal(&sum, &got));
    }
}
END_TEST

START_TEST(texts_by_hand)
{
    static const struct {
        int times;
        const char *text;
    } cases[] = {
        {0, "0"},
        {1, "99999999999999999999.999999999999999999"},
        {3, "299999999999999999999.999999999999999997"},
        {-3, "-299999999999999999999.999999999999999997"},
        {1000, "99999999999999999999999.999999999999999"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[RR_SUM_TEXT];
        struct rr_sum sum = {0};
        for (int n = abs(cases[i].times); n > 0; n--)
            rr_sum_add(&sum, cases[i].times < 0 ? 1 - RR_DECIMAL_LIMIT : RR_DECIMAL_LIMIT - 1);
        ck_assert_uint_eq(rr_sum_format(&sum, text), strlen(text));
        ck_assert_str_eq(text, cases[i].text);
    }
}
END_TEST

START_TEST(texts_parse_back)
{
    uint64_t seed = 2;
    for (int i = 0; i < 20000; i++) {
        struct rr_sum sum = {0}, back;
        char text[RR_SUM_TEXT];
        rr_sum_add(&sum, random_decimal(&seed));
        for (uint64_t n = unit_random(&seed) % 60; n > 0; n--) /* doubles: up to 2^59 terms */
            rr_sum_merge(&sum, &sum);
        size_t len = rr_sum_format(&sum, text);
        ck_assert_msg(rr_sum_parse(text, len, &back) && rr_sum_equal(&sum, &back), "%s", text);
        /* What was cut or changed is read as another sum, or refused; it never crashes. */
        text[unit_random(&seed) % len] = (char)(unit_random(&seed) % 128);
        rr_sum_parse(text, unit_random(&seed) % (len + 1), &back);
    }
    static const char *const bad[] = {
        "", "-", ".", "x", "1x", "+1", " 1", "1.2.3", "1.0000000000000000001"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct rr_sum sum;
        if (rr_sum_parse(bad[i], strlen(bad[i]), &sum)) {
            char text[RR_SUM_TEXT];
            rr_sum_format(&sum, text);
            ck_assert_msg(false, "'%s' was read as %s", bad[i], text);
        }
    }
}
END_TEST

int main(void)
{
    const TTest *tests[] = {the_order_of_terms_has_no_meaning, the_range_ends_where_decimals_end,
                            texts_by_hand, texts_parse_back, NULL};
    return unit_main("sum", tests);
}
