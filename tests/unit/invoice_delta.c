/* Bounds on what a publication may move: how they are written, and that they hold to the last digit. */
#include "unit.h"

#include "../../jobs/invoice_delta.h"

static bool passes(const char *text, const char *moved, const char *before)
{
    struct rr_currency_delta usd = {.currency = "USD"};
    struct rr_invoice_delta delta = {&usd, 1};
    struct rr_delta_bound bound;
    ck_assert(rr_delta_bound_parse(text, &bound));
    ck_assert(rr_sum_parse(moved, strlen(moved), &usd.moved));
    ck_assert(rr_sum_parse(before, strlen(before), &usd.magnitude));
    return rr_delta_bound_broken(&bound, &delta) == NULL;
}

START_TEST(bounds_are_amounts_or_percentages)
{
    struct rr_delta_bound bound;
    static const char *const none[] = {"",
                                       "%",
                                       "-1",
                                       "+1",
                                       ".5",
                                       "1e3",
                                       "1 %",
                                       "5%%",
                                       "%5",
                                       "5 USD",
                                       "100000000000000000000",
                                       "0.1234567890123456789%"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        ck_assert_msg(!rr_delta_bound_parse(none[i], &bound), "'%s'", none[i]);
    ck_assert(rr_delta_bound_parse("2.5%", &bound) && bound.is_percent);
    ck_assert(bound.limit == 5 * RR_DECIMAL_ONE / 2);
    ck_assert(rr_delta_bound_parse("0", &bound) && !bound.is_percent && bound.limit == 0);
}
END_TEST

START_TEST(amounts_hold_to_the_last_digit)
{
    ck_assert(passes("0", "0", "0"));
    ck_assert(passes("99.95", "99.95", "0"));
    ck_assert(!passes("99.95", "99.950000000000000001", "1000000"));
    ck_assert(passes("99999999999999999999.99", "99999999999999999999.99", "1"));
}
END_TEST

START_TEST(percentages_hold_to_the_last_digit)
{
    ck_assert(passes("0%", "0", "100"));
    ck_assert(passes("0.1%", "0.1", "100"));
    ck_assert(!passes("0.1%", "0.100000000000000001", "100"));
    ck_assert(passes("33.333333333333333333%", "33.33", "100"));
    ck_assert(!passes("33.333333333333333333%", "33.34", "100"));
    ck_assert(!passes("33.333333333333333333%", "1", "3"));
    ck_assert(passes("100%", "99999999999999999999", "99999999999999999999"));
    ck_assert(!passes("99.999999999999999999%", "99999999999999999999", "99999999999999999999"));
}
END_TEST

START_TEST(of_nothing_any_percentage_is_too_little)
{
    ck_assert(!passes("99999999999999999999%", "0.01", "0"));
    ck_assert(passes("0%", "0", "0"));
}
END_TEST

START_TEST(what_is_no_decimal_any_more_is_too_much)
{
    ck_assert(!passes("99999999999999999999", "100000000000000000000", "1"));
    ck_assert(!passes("100%", "1", "100000000000000000000"));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        bounds_are_amounts_or_percentages,       amounts_hold_to_the_last_digit,
        percentages_hold_to_the_last_digit,      of_nothing_any_percentage_is_too_little,
        what_is_no_decimal_any_more_is_too_much, NULL};
    return unit_main("invoice_delta", tests);
}
