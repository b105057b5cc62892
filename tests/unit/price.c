/* Prices: every price key, against amounts computed by hand. */
#include "unit.h"

#include "../../jobs/price.h"

#include <string.h>

static rr_decimal decimal(const char *text)
{
    rr_decimal out = 0;
    ck_assert_msg(rr_decimal_parse(text, strlen(text), false, &out) == RR_DECIMAL_OK, "%s", text);
    return out;
}

/* A charge with a single price. */
#define PRICED(...)                                                                                \
    {                                                                                              \
        .cases = &(struct rr_case){.price = {__VA_ARGS__}}, .n_cases = 1                           \
    }

static bool price(const struct rr_charge *charge, rr_decimal quantity, int days, int period_days,
                  struct rr_amount *amount)
{
    const struct rr_priced usage = {.quantity = quantity};
    return rr_charge_amount(charge, &charge->cases[0].price, &usage,
                            (struct rr_part){days, period_days}, 0, amount);
}

/* What the charge comes to in cents, half up, and exactly. */
static void expect(const struct rr_charge *charge, const char *quantity, int days, int period_days,
                   const char *money, const char *exact)
{
    struct rr_amount amount;
    rr_decimal got_money, got_exact;
    char text[RR_DECIMAL_TEXT];
    ck_assert(price(charge, decimal(quantity), days, period_days, &amount));
    ck_assert(rr_amount_round(&amount, 2, RR_HALF_UP, &got_money, &got_exact));
    rr_decimal_format(got_exact, text);
    ck_assert_str_eq(text, exact);
    rr_decimal_format_fixed(got_money, 2, text);
    ck_assert_str_eq(text, money);
}

START_TEST(flat_fees)
{
    struct rr_charge charge = PRICED(.key = RR_FLAT, .amount = decimal("20"));
    expect(&charge, "0", 15, 31, "20.00", "20");
    charge.cases[0].price.prorate = true;
    expect(&charge, "0", 31, 31, "20.00", "20");
    expect(&charge, "0", 15, 31, "9.68", "9.677419354838709677"); /* 300 / 31 = 9.67741935… */
    expect(&charge, "0", 1, 28, "0.71", "0.714285714285714286");  /* 5 / 7 */
    charge.cases[0].price.amount = decimal("-3");
    expect(&charge, "0", 1, 2, "-1.50", "-1.5");
}
END_TEST

START_TEST(per_unit)
{
    struct rr_charge charge = PRICED(.key = RR_PER_UNIT, .amount = decimal("0.05"));
    expect(&charge, "0", 1, 1, "0.00", "0");
    expect(&charge, "12.5", 1, 1, "0.63", "0.625");
    expect(&charge, "-12.5", 1, 1, "-0.63", "-0.625"); /* half up goes away from zero */
    charge.free = decimal("10");
    expect(&charge, "12.5", 1, 1, "0.13", "0.125");
    expect(&charge, "10", 1, 1, "0.00", "0");
    expect(&charge, "3", 1, 1, "0.00", "0");
    expect(&charge, "-3", 1, 1, "-0.15", "-0.15"); /* nothing is free of what is below zero */
    ck_assert(rr_takes_negative(&charge.cases[0].price));
    /* 3 x 0.5 = 1.5 and 5 x 0.5 = 2.5 of the last place: shown half even. */
    charge = (struct rr_charge)PRICED(.key = RR_PER_UNIT, .amount = decimal("0.5"));
    expect(&charge, "0.000000000000000003", 1, 1, "0.00", "0.000000000000000002");
    expect(&charge, "0.000000000000000005", 1, 1, "0.00", "0.000000000000000002");
}
END_TEST

/* Up to 10 at 5 with 2 on entry; up to 20 at 4; beyond at 1 with 3 on entry. */
static struct rr_tier tiers[3];

static void make_tiers(void)
{
    tiers[0] = (struct rr_tier){true, decimal("10"), decimal("5"), decimal("2")};
    tiers[1] = (struct rr_tier){true, decimal("20"), decimal("4"), 0};
    tiers[2] = (struct rr_tier){false, 0, decimal("1"), decimal("3")};
}

START_TEST(graduated)
{
    make_tiers();
    struct rr_charge charge = PRICED(.key = RR_GRADUATED, .tiers = tiers, .n_tiers = 3);
    expect(&charge, "0", 1, 1, "2.00", "2");            /* the first tier counts as entered */
    expect(&charge, "1", 1, 1, "7.00", "7");            /* 5 + 2 */
    expect(&charge, "10", 1, 1, "52.00", "52");         /* up_to is inclusive */
    expect(&charge, "10.5", 1, 1, "54.00", "54");       /* 52 + 0.5 x 4 */
    expect(&charge, "20", 1, 1, "92.00", "92");         /* 52 + 40 */
    expect(&charge, "20.001", 1, 1, "95.00", "95.001"); /* 92 + 3 + 0.001 */
    expect(&charge, "100", 1, 1, "175.00", "175");      /* 92 + 3 + 80 */
    expect(&charge, "-5", 1, 1, "2.00", "2");           /* counts as 0 */
    ck_assert(!rr_takes_negative(&charge.cases[0].price));
    charge.free = decimal("90");
    expect(&charge, "100", 1, 1, "52.00", "52");
}
END_TEST

START_TEST(volume)
{
    make_tiers();
    struct rr_charge charge = PRICED(.key = RR_VOLUME, .tiers = tiers, .n_tiers = 3);
    expect(&charge, "0", 1, 1, "2.00", "2");
    expect(&charge, "10", 1, 1, "52.00", "52");
    expect(&charge, "10.01", 1, 1, "40.04", "40.04"); /* all of it in the second tier */
    expect(&charge, "20", 1, 1, "80.00", "80");
    expect(&charge, "21", 1, 1, "24.00", "24"); /* 21 + 3 */
    expect(&charge, "-1", 1, 1, "2.00", "2");
}
END_TEST

START_TEST(packages)
{
    struct rr_charge charge =
        PRICED(.key = RR_PACKAGE, .package_size = decimal("1000"), .amount = decimal("2.005"));
    expect(&charge, "0", 1, 1, "0.00", "0");
    expect(&charge, "0.001", 1, 1, "2.01", "2.005");
    expect(&charge, "1000", 1, 1, "2.01", "2.005");
    expect(&charge, "1000.000000000000000001", 1, 1, "4.01", "4.01");
    charge.cases[0].price.package_down = true;
    expect(&charge, "999.999", 1, 1, "0.00", "0");
    expect(&charge, "3999", 1, 1, "6.02", "6.015");
    expect(&charge, "-5000", 1, 1, "0.00", "0");
    /* 10^20 packages of almost nothing: their number is no decimal, their price is one. */
    charge =
        (struct rr_charge)PRICED(.key = RR_PACKAGE, .package_size = decimal("0.000000000000000001"),
                                 .amount = decimal("0.000000000000000001"));
    expect(&charge, "12345.5", 1, 1, "12345.50", "12345.5");
}
END_TEST

/* What a charge comes to exactly for usage of so many records, in a whole period. */
static void expect_exact(const struct rr_charge *charge, const struct rr_priced *usage,
                         struct rr_part part, const char *discount, const char *exact)
{
    struct rr_amount amount;
    rr_decimal money, got;
    char text[RR_DECIMAL_TEXT];
    ck_assert(
        rr_charge_amount(charge, &charge->cases[0].price, usage, part, decimal(discount), &amount));
    ck_assert(rr_amount_round(&amount, 2, RR_HALF_UP, &money, &got));
    rr_decimal_format(got, text);
    ck_assert_str_eq(text, exact);
}

static const struct rr_part whole = {31, 31};

static struct rr_counted counted(const char *value, uint64_t records)
{
    rr_decimal v = decimal(value);
    return (struct rr_counted){{(uint64_t)v, (uint64_t)((rr_u128)v >> 64)}, records};
}

START_TEST(percents)
{
    struct rr_priced usage = {.quantity = decimal("200"), .records = 3};
    struct rr_charge charge =
        PRICED(.key = RR_PERCENT, .amount = decimal("2.9"), .fixed = decimal("0.30"));
    expect_exact(&charge, &usage, whole, "0", "6.7"); /* 5.80 + 3 x 0.30 */
    usage.quantity = decimal("-100");
    usage.records = 2;
    expect_exact(&charge, &usage, whole, "0", "-2.3"); /* -2.90 + 0.60 */
    ck_assert(rr_takes_negative(&charge.cases[0].price));
}
END_TEST

/* 10, 5, 1000 and -100: 0.59, 0.445 lifted to 0.50, 29.30 cut to 12, -2.60 lifted to 0.50. */
START_TEST(each_event_in_its_bounds)
{
    const struct rr_counted values[] = {counted("-100", 1), counted("5", 1), counted("10", 1),
                                        counted("1000", 1)};
    struct rr_priced usage = {decimal("915"), 4, values, 4, NULL};
    struct rr_charge charge =
        PRICED(.key = RR_PER_EVENT, .amount = decimal("2.9"), .fixed = decimal("0.30"),
               .bounds = {true, true, decimal("0.50"), decimal("12")});
    expect_exact(&charge, &usage, whole, "0", "13.59");
    ck_assert(rr_takes_negative(&charge.cases[0].price)); /* events are, whatever they sum to */
    const struct rr_counted many = counted("10", 1000);
    usage = (struct rr_priced){decimal("10000"), 1000, &many, 1, NULL};
    expect_exact(&charge, &usage, whole, "0", "590");
    charge.cases[0].price.bounds.has_least = charge.cases[0].price.bounds.has_most = false;
    usage = (struct rr_priced){decimal("915"), 4, values, 4, NULL};
    expect_exact(&charge, &usage, whole, "0", "27.735"); /* 915 x 2.9 % + 4 x 0.30 */
}
END_TEST

/* Up to 1000 at 3 % and 1 on entry; beyond at 2 %. */
START_TEST(graduated_percents)
{
    struct rr_tier percent_tiers[] = {{true, decimal("1000"), decimal("3"), decimal("1")},
                                      {false, 0, decimal("2"), 0}};
    struct rr_charge charge =
        PRICED(.key = RR_GRADUATED_PERCENT, .tiers = percent_tiers, .n_tiers = 2);
    expect(&charge, "0", 1, 1, "1.00", "1");
    expect(&charge, "1000", 1, 1, "31.00", "31");
    expect(&charge, "1500.5", 1, 1, "41.01", "41.01");
    expect(&charge, "-7", 1, 1, "1.00", "1");
}
END_TEST

START_TEST(discounts_and_bounds)
{
    struct rr_priced usage = {.quantity = decimal("100"), .records = 1};
    struct rr_charge charge = PRICED(.key = RR_PER_UNIT, .amount = decimal("1"));
    charge.discount = decimal("10");
    expect_exact(&charge, &usage, whole, "0", "90");
    charge.bounds = (struct rr_bounds){.has_most = true, .most = decimal("80")};
    expect_exact(&charge, &usage, whole, "0", "80");    /* after the discount */
    expect_exact(&charge, &usage, whole, "12.5", "70"); /* the contract's after the bounds */
    expect_exact(&charge, &usage, (struct rr_part){15, 31}, "0", "38.70967741935483871");
    charge.bounds = (struct rr_bounds){.has_least = true, .least = decimal("310")};
    expect_exact(&charge, &usage, (struct rr_part){15, 31}, "0", "150");
    usage.quantity = decimal("-5");
    expect_exact(&charge, &usage, whole, "0", "310"); /* a refund is lifted too */
    charge.bounds = (struct rr_bounds){0};
    charge.discount = decimal("100");
    expect_exact(&charge, &usage, whole, "50", "0");
    /* A fee has no discount of a contract. */
    charge = (struct rr_charge)PRICED(.key = RR_FLAT, .amount = decimal("20"));
    expect_exact(&charge, &usage, whole, "50", "20");
}
END_TEST

static void expect_units(const char *divide_by, enum rr_units_round round, int places,
                         const char *metered, const char *want)
{
    const struct rr_units units = {decimal(divide_by), round, places};
    rr_decimal got;
    ck_assert(rr_units_convert(&units, decimal(metered), &got));
    ck_assert_msg(got == decimal(want), "%s / %s", metered, divide_by);
}

START_TEST(units)
{
    expect_units("1", RR_UNITS_NONE, 0, "1234.5", "1234.5");
    expect_units("1000", RR_UNITS_NONE, 0, "1", "0.001");
    expect_units("3", RR_UNITS_NONE, 0, "1", "0.333333333333333333");
    expect_units("0.000000000000000002", RR_UNITS_NONE, 0, "0.000000000000000003", "1.5");
    expect_units("2", RR_UNITS_NONE, 0, "0.000000000000000001", "0"); /* half even */
    expect_units("2", RR_UNITS_NONE, 0, "0.000000000000000003", "0.000000000000000002");
    expect_units("1000", RR_UNITS_UP, 0, "1001", "2");
    expect_units("1000", RR_UNITS_UP, 0, "-1500", "-2");
    expect_units("1000", RR_UNITS_DOWN, 0, "-1500", "-1");
    expect_units("1000", RR_UNITS_HALF_UP, 0, "1500", "2");
    expect_units("1000", RR_UNITS_HALF_UP, 0, "1499", "1");
    expect_units("1000", RR_UNITS_UP, 2, "1234", "1.24");
    expect_units("1000", RR_UNITS_DOWN, 18, "1234", "1.234");
}
END_TEST

START_TEST(rounding_rules_and_minor_units)
{
    static const struct {
        const char *price;
        int digits;
        const char *half_up, *half_even, *up, *down;
    } cases[] = {
        {"0.125", 2, "0.13", "0.12", "0.13", "0.12"},
        {"0.135", 2, "0.14", "0.14", "0.14", "0.13"},
        {"-0.125", 2, "-0.13", "-0.12", "-0.13", "-0.12"},
        {"0.121", 2, "0.12", "0.12", "0.13", "0.12"},
        {"2.5", 0, "3", "2", "3", "2"},
        {"0.0005", 3, "0.001", "0", "0.001", "0"},
        {"7", 0, "7", "7", "7", "7"},
        {"0.000000000000000001", 2, "0", "0", "0.01", "0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rr_charge charge = PRICED(.key = RR_PER_UNIT, .amount = decimal(cases[i].price));
        const char *const want[] = {[RR_HALF_UP] = cases[i].half_up,
                                    [RR_HALF_EVEN] = cases[i].half_even,
                                    [RR_UP] = cases[i].up,
                                    [RR_DOWN] = cases[i].down};
        for (int rule = RR_HALF_UP; rule <= RR_DOWN; rule++) {
            struct rr_amount amount;
            rr_decimal money, exact;
            ck_assert(price(&charge, RR_DECIMAL_ONE, 1, 1, &amount));
            ck_assert(
                rr_amount_round(&amount, cases[i].digits, (enum rr_rounding)rule, &money, &exact));
            ck_assert_msg(money == decimal(want[rule]), "%s, rule %d", cases[i].price, rule);
            ck_assert(exact == decimal(cases[i].price));
        }
    }
}
END_TEST

/* Rounded once, from the true value: 1/3 + … is not rounded to 18 places and then to cents. */
START_TEST(money_is_rounded_from_the_true_value)
{
    /* 0.015 x 1/3 = 0.005 exactly; 0.014999999999999999 x 1/3 = 0.004999999999999999666…, which is
     * 0.005 to 18 places but 0.00 in cents. */
    struct rr_charge charge =
        PRICED(.key = RR_FLAT, .prorate = true, .amount = decimal("0.014999999999999999"));
    expect(&charge, "0", 1, 3, "0.00", "0.005");
    charge.cases[0].price.amount = decimal("0.015");
    expect(&charge, "0", 1, 3, "0.01", "0.005");
}
END_TEST

START_TEST(what_leaves_the_range_is_said)
{
    struct rr_charge charge = PRICED(.key = RR_PER_UNIT, .amount = RR_DECIMAL_LIMIT - 1);
    struct rr_amount amount;
    rr_decimal money, exact;
    ck_assert(price(&charge, RR_DECIMAL_LIMIT - 1, 1, 1, &amount));
    ck_assert(!rr_amount_round(&amount, 2, RR_HALF_UP, &money, &exact));
    ck_assert(price(&charge, RR_DECIMAL_ONE, 1, 1, &amount));
    ck_assert(!rr_amount_round(&amount, 2, RR_UP, &money, &exact)); /* 10^20 after rounding */
    ck_assert(rr_amount_round(&amount, 2, RR_DOWN, &money, &exact));
    ck_assert(exact == RR_DECIMAL_LIMIT - 1);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {flat_fees,
                            per_unit,
                            graduated,
                            volume,
                            packages,
                            percents,
                            each_event_in_its_bounds,
                            graduated_percents,
                            discounts_and_bounds,
                            units,
                            rounding_rules_and_minor_units,
                            money_is_rounded_from_the_true_value,
                            what_leaves_the_range_is_said,
                            NULL};
    return unit_main("price", tests);
}
