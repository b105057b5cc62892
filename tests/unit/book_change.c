/* What an edit of a book can touch: charges, periods, or whole accounts. */
#include "../../jobs/book_change.h"
#include "../../jobs/book_equal.h"
#include "unit.h"

#include <stdio.h>

static const char base[] =
    "rerate: 1\n"
    "currency: USD\n"
    "period: month\n"
    "usage: {account: a, timestamp: t, meter: m, quantity: q, dimensions: [d]}\n"
    "meters: {x: {aggregate: sum, by: [d]}, y: {aggregate: sum}}\n"
    "plans:\n"
    "  p:\n"
    "    versions:\n"
    "      - from: 2025-01-01\n"
    "        charges:\n"
    "          - {id: f, flat: \"5\"}\n"
    "          - {meter: x, graduated: [{up_to: 10, unit: \"2\"}, {unit: \"1\"}]}\n"
    "          - {meter: y, per_unit: \"3\"}\n"
    "      - from: 2025-04-01\n"
    "        charges:\n"
    "          - {id: f, flat: \"6\"}\n"
    "          - {meter: x, per_unit: \"0.5\"}\n"
    "          - {meter: y, per_unit: \"4\"}\n"
    "  q:\n"
    "    minimum: \"50\"\n"
    "    versions:\n"
    "      - from: 2025-01-01\n"
    "        charges:\n"
    "          - {meter: x, per_unit: \"7\"}\n"
    "          - {meter: y, per_unit: \"8\"}\n"
    "default_plan: q\n"
    "contracts:\n"
    "  deal: {plan: p, accounts: [one], start: 2025-01-01, end: 2026-01-01, discount: {percent: "
    "5},\n"
    "         commit: {amount: \"100\", every: year, billed: arrears},\n"
    "         credits: [{id: c, amount: \"9\", from: 2025-01-01}]}\n";

static struct rr_book *read_book(const char *text)
{
    struct rr_error err = {0};
    struct rr_book_files files = {
        .path = (char *)"book.yaml", .book = (char *)(uintptr_t)text, .book_len = strlen(text)};
    struct rr_book *book = rr_book_parse(&files, NULL, &err);
    ck_assert_msg(book != NULL, "%s", err.text);
    return book;
}

static struct rr_book *edited(const char *from, const char *to)
{
    char text[sizeof base + 1024];
    const char *at = strstr(base, from);
    ck_assert_msg(at != NULL, "%s", from);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - base), base, to, at + strlen(from));
    return read_book(text);
}

/* January to June: A where accounts are touched, else what is of the charges f, x, y and of `minimum`. */
static void show(const struct rr_book_change *change, const char *plan, int32_t first, char out[64])
{
    static const char *const charge[] = {"f", "x", "y", "minimum"};
    size_t n = 0;
    for (int32_t period = first; period < first + 6; period++) {
        size_t before = n;
        struct rr_text name = rr_text_of(plan);
        enum rr_touch touch = rr_book_change_of_plan(change, name, period, period);
        bool any = false;
        for (int c = 0; c < 4; c++) {
            bool has = rr_book_change_has(change, name, period, rr_text_of(charge[c]));
            any |= has;
            if (has && touch == RR_TOUCHES_CHARGES)
                out[n++] = charge[c][0];
        }
        ck_assert_int_eq(any, touch != RR_UNTOUCHED);
        if (touch == RR_TOUCHES_ACCOUNT)
            out[n++] = 'A';
        if (n == before)
            out[n++] = '.';
        out[n++] = ' ';
    }
    out[n - 1] = '\0';
}

#define NONE     ". . . . . ."
#define ALL      "fxym fxym fxym fxym fxym fxym"
#define ACCOUNTS "A A A A A A"

static const struct {
    const char *from, *to, *p, *q;
} edits[] = {
    {"currency: USD", "currency: USD # the same", NONE, NONE},
    {"unit: \"2\"", "unit: \"3\"", "x x x . . .", NONE},
    {"up_to: 10", "up_to: 11", "x x x . . .", NONE},
    {"{unit: \"1\"}", "{unit: \"1\", flat: \"1\"}", "x x x . . .", NONE},
    {"per_unit: \"4\"", "per_unit: \"4\", free: 3", ". . . y y y", NONE},
    {"per_unit: \"4\"", "per_unit: \"4\", discount: {percent: 3}", ". . . y y y", NONE},
    {"per_unit: \"4\"", "per_unit: \"4\", minimum: \"1\"", ". . . y y y", NONE},
    {"per_unit: \"4\"", "per_unit: \"4\", units: {divide_by: 10}", ". . . y y y", NONE},
    {"per_unit: \"4\"", "package: {size: 10, amount: \"4\"}", ". . . A A A", NONE},
    {"unit: \"1\"}]", "unit: \"1\"}], units: {divide_by: 10}", "A A A . . .", NONE},
    {"{meter: y, per_unit: \"4\"}", "{id: z, meter: y, per_unit: \"4\"}", ". . . A A A", NONE},
    {"{meter: x, per_unit: \"0.5\"}", "{meter: x, where: {d: v}, per_unit: \"0.5\"}", ". . . A A A",
     NONE},
    {"{meter: x, per_unit: \"0.5\"}", "{meter: x, split: [d], per_unit: \"0.5\"}", ". . . A A A",
     NONE},
    {"          - {meter: y, per_unit: \"3\"}\n", "", "A A A . . .", NONE},
    {"          - {id: f, flat: \"5\"}\n", "", "f f f . . .", NONE},
    {"{id: f, flat: \"6\"}", "{id: f, flat: \"6\", prorate: true}", ". . . f f f", NONE},
    {"from: 2025-04-01", "from: 2025-03-01", ". . A . . .", NONE},
    {"from: 2025-04-01", "from: 2025-04-02", ". . . A . .", NONE},
    {"from: 2025-04-01", "from: 2025-05-01", ". . . A . .", NONE},
    {"  q:\n",
     "      - from: 2025-06-01\n        charges: [{meter: x, per_unit: \"0.5\"}, "
     "{meter: y, per_unit: \"4.5\"}]\n  q:\n",
     ". . . . . fy", NONE},
    {"per_unit: \"7\"", "per_unit: \"7.1\"", NONE, ALL},
    {"minimum: \"50\"", "minimum: \"51\"", NONE, ALL},
    {"    minimum: \"50\"\n", "", NONE, ALL},
    {"    minimum: \"50\"\n", "    minimum: \"50\"\n    currency: EUR\n", NONE, ACCOUNTS},
};

START_TEST(edits_touch_what_they_can)
{
    int32_t first;
    ck_assert(rr_period_parse(RR_MONTH, "2025-01", &first));
    struct rr_span span = {.first = first, .last = first + 5};
    struct rr_book *was = read_book(base);
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        char p[64], q[64];
        struct rr_book *is = edited(edits[i].from, edits[i].to);
        /* There and back again the same is touched. */
        for (int back = 0; back < 2; back++) {
            struct rr_book_change *change =
                rr_book_change_create(back ? is : was, back ? was : is, &span);
            show(change, "p", first, p);
            show(change, "q", first, q);
            ck_assert_msg(strcmp(p, edits[i].p) == 0, "%s: p %s", edits[i].to, p);
            ck_assert_msg(strcmp(q, edits[i].q) == 0, "%s: q %s", edits[i].to, q);
            ck_assert_int_eq(rr_book_change_of_plans(change),
                             strcmp(p, NONE) != 0 || strcmp(q, NONE) != 0);
            ck_assert(!rr_book_change_is_general(change));
            ck_assert(!rr_book_change_of_default(change));
            rr_book_change_destroy(change);
        }
        rr_book_close(is);
    }
    rr_book_close(was);
}
END_TEST

/* Touches of plan p from January to June. */
static void check_p(struct rr_book *was, struct rr_book *is, const char *expected)
{
    char p[64];
    int32_t first;
    ck_assert(rr_period_parse(RR_MONTH, "2025-01", &first));
    struct rr_span span = {.first = first, .last = first + 5};
    struct rr_book_change *change = rr_book_change_create(was, is, &span);
    show(change, "p", first, p);
    ck_assert_str_eq(p, expected);
    rr_book_change_destroy(change);
    rr_book_close(was);
    rr_book_close(is);
}

START_TEST(cuts_inside_of_periods_count)
{
    check_p(edited("from: 2025-04-01", "from: 2025-04-10"),
            edited("from: 2025-04-01", "from: 2025-04-12"), ". . . A . .");
    check_p(edited("from: 2025-04-01", "from: 2025-04-10"),
            edited("from: 2025-04-01", "from: 2025-04-10 # the same"), NONE);
}
END_TEST

START_TEST(periods_between_two_that_differ_are_untouched)
{
    static const char more[] = "      - from: 2025-05-01\n"
                               "        charges: [{meter: x, per_unit: \"0.5\"}]\n"
                               "      - from: 2025-06-01\n"
                               "        charges: [{meter: x, per_unit: \"%s\"}]\n"
                               "  q:\n";
    static const char from[] = "          - {meter: x, per_unit: \"0.5\"}\n"
                               "          - {meter: y, per_unit: \"4\"}\n"
                               "  q:\n";
    char was[1024], is[1024];
    int n = snprintf(was, sizeof was, "          - {meter: x, per_unit: \"0.5\"}\n");
    snprintf(was + n, sizeof was - (size_t)n, more, "0.5");
    n = snprintf(is, sizeof is, "          - {meter: x, per_unit: \"0.6\"}\n");
    snprintf(is + n, sizeof is - (size_t)n, more, "0.6");
    check_p(edited(from, was), edited(from, is), ". . . x . x");
}
END_TEST

START_TEST(what_no_plan_tells_is_told)
{
    static const struct {
        const char *from, *to;
        bool general, of_default;
    } edit[] = {
        {"currency: USD", "currency: EUR", true, false},
        {"period: month", "period: month\nrounding: down", true, false},
        {"default_plan: q", "default_plan: p", false, true},
        {"default_plan: q\n", "", false, true},
    };
    struct rr_span span = {.first = 0, .last = -1};
    struct rr_book *was = read_book(base);
    for (size_t i = 0; i < sizeof edit / sizeof *edit; i++) {
        struct rr_book *is = edited(edit[i].from, edit[i].to);
        struct rr_book_change *change = rr_book_change_create(was, is, &span);
        ck_assert_int_eq(rr_book_change_is_general(change), edit[i].general);
        ck_assert_int_eq(rr_book_change_of_default(change), edit[i].of_default);
        rr_book_change_destroy(change);
        rr_book_close(is);
    }
    rr_book_close(was);
}
END_TEST

START_TEST(plans_that_come_and_go_touch_their_accounts)
{
    struct rr_span span = {.first = 600, .last = 605};
    struct rr_book *was = read_book(base);
    struct rr_book *is = edited("  q:\n", "  pp: {versions: [{from: 2025-01-01, charges: []}]}\n"
                                          "  q:\n");
    for (int back = 0; back < 2; back++) {
        struct rr_book_change *change =
            rr_book_change_create(back ? is : was, back ? was : is, &span);
        ck_assert_int_eq(rr_book_change_of_plan(change, rr_text_of("pp"), 600, 600),
                         RR_TOUCHES_ACCOUNT);
        ck_assert_int_eq(rr_book_change_of_plan(change, rr_text_of("p"), 600, 605), RR_UNTOUCHED);
        ck_assert_int_eq(rr_book_change_of_plan(change, rr_text_of("pp"), 606, 700), RR_UNTOUCHED);
        rr_book_change_destroy(change);
    }
    rr_book_close(is);
    rr_book_close(was);
}
END_TEST

START_TEST(contracts_are_the_same_deal_or_not)
{
    static const struct {
        const char *from, *to;
        bool same;
    } edit[] = {
        {"currency: USD", "currency: USD # the same", true},
        {"per_unit: \"7\"", "per_unit: \"8\"", true}, /* another plan's */
        {"per_unit: \"3\"", "per_unit: \"3.5\"", false},
        {"flat: \"6\"", "flat: \"6.5\"", false},
        {"percent: 5", "percent: 6", false},
        {"end: 2026-01-01", "end: 2026-02-01", false},
        {"amount: \"100\"", "amount: \"101\"", false},
        {"every: year", "every: quarter", false},
        {"billed: arrears", "billed: upfront", false},
        {"amount: \"9\"", "amount: \"9.5\"", false},
        {"amount: \"9\"", "amount: \"9\", charges: [x]", false},
        {"accounts: [one]", "accounts: [one], bill_to: two", false},
        {"accounts: [one]", "accounts: [one], pool: true", false},
    };
    struct rr_book *was = read_book(base);
    for (size_t i = 0; i < sizeof edit / sizeof *edit; i++) {
        struct rr_book *is = edited(edit[i].from, edit[i].to);
        ck_assert_msg(rr_contract_equal(&was->contracts[0], &is->contracts[0]) == edit[i].same,
                      "%s", edit[i].to);
        rr_book_close(is);
    }
    rr_book_close(was);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {edits_touch_what_they_can,
                                  cuts_inside_of_periods_count,
                                  periods_between_two_that_differ_are_untouched,
                                  what_no_plan_tells_is_told,
                                  plans_that_come_and_go_touch_their_accounts,
                                  contracts_are_the_same_deal_or_not,
                                  NULL};
    return unit_main("book_change", tests);
}
