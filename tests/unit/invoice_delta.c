/* How the invoices of two results differ; and bounds on that: how they are written, and that they hold to
 * the last digit. */
#include "unit.h"

#include "../../io/commit.h"
#include "../../jobs/invoice_delta.h"

#include <stdio.h>
#include <string.h>

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

/* A result that is nothing but its invoices. */
static struct rr_result_facts result_of(char *dir, const char *rows)
{
    struct rr_result_facts facts = {.json = json_pack("{s:{s:{}}}", "files", "invoices.csv")};
    char path[64];
    strcpy(dir, "/tmp/rr-unit-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(facts.dir, sizeof facts.dir, "%s", dir);
    snprintf(path, sizeof path, "%s/invoices.csv", dir);
    FILE *file = fopen(path, "w");
    fprintf(file, "account,period,currency,lines,total\n%s", rows);
    fclose(file);
    return facts;
}

static int read_delta(const char *before, const char *after, struct rr_invoice_delta *delta)
{
    char dirs[2][32];
    struct rr_error err;
    struct rr_result_facts old = result_of(dirs[0], before), new = result_of(dirs[1], after);
    int result = rr_invoice_delta_read(&old, &new, delta, &err);
    ck_assert(result == 0 || err.code == RR_EXIT_DATA);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(rr_remove_dir(dirs[i], &err), 0);
    rr_result_facts_fini(&old);
    rr_result_facts_fini(&new);
    return result;
}

static void require_sum(const struct rr_sum *sum, const char *wanted)
{
    char text[RR_SUM_TEXT];
    rr_sum_format(sum, text);
    ck_assert_str_eq(text, wanted);
}

START_TEST(invoices_are_matched_by_account_period_and_currency)
{
    static const char before[] = "a,2025-01,EUR,1,5.00\n"
                                 "a,2025-01,USD,1,10.00\n"
                                 "a,2025-02,USD,1,-20.00\n" /* a credit */
                                 "b,2025-01,USD,1,7.00\n";
    static const char after[] = "a,2025-01,EUR,2,5.00\n"
                                "a,2025-01,USD,1,12.50\n"
                                "a,2025-02,USD,1,-21.00\n"
                                "\"a,b\",2025-01,USD,1,3.00\n"
                                "c,2025-01,JPY,1,100\n";
    struct rr_invoice_delta d;
    ck_assert_int_eq(read_delta(before, after, &d), 0);
    ck_assert_int_eq(d.n, 3);
    ck_assert_str_eq(d.currency[0].currency, "EUR");
    require_sum(&d.currency[0].moved, "0");
    ck_assert_ptr_null(d.currency[0].account);
    require_sum(&d.currency[1].moved, "100");
    require_sum(&d.currency[1].magnitude, "0");
    const struct rr_currency_delta *usd = &d.currency[2];
    struct rr_sum net = rr_currency_net(usd);
    require_sum(&usd->before, "-3");
    require_sum(&usd->after, "-5.5");
    require_sum(&net, "-2.5");
    require_sum(&usd->moved, "13.5"); /* 2.5 + 1 + 3 + 7 */
    require_sum(&usd->magnitude, "37");
    ck_assert_uint_eq(usd->invoices, 4);
    ck_assert_uint_eq(usd->changed, 4);
    ck_assert_str_eq(usd->account, "b");
    ck_assert(usd->greatest == -7 * RR_DECIMAL_ONE);
    rr_invoice_delta_fini(&d);
}
END_TEST

START_TEST(what_is_no_invoice_is_refused)
{
    struct rr_invoice_delta d;
    ck_assert_int_eq(read_delta("", "a,2025-01,USD,1,many\n", &d), -1);
    ck_assert_int_eq(read_delta("a,2025-01,DOLLARS,1,5\n", "", &d), -1);
    ck_assert_int_eq(read_delta("a,2025-01,USD,1,-99999999999999999999\n",
                                "a,2025-01,USD,1,99999999999999999999\n", &d),
                     -1);
    ck_assert_int_eq(read_delta("", "", &d), 0);
    ck_assert_int_eq(d.n, 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {invoices_are_matched_by_account_period_and_currency,
                                  what_is_no_invoice_is_refused,
                                  bounds_are_amounts_or_percentages,
                                  amounts_hold_to_the_last_digit,
                                  percentages_hold_to_the_last_digit,
                                  of_nothing_any_percentage_is_too_little,
                                  what_is_no_decimal_any_more_is_too_much,
                                  NULL};
    return unit_main("invoice_delta", tests);
}
