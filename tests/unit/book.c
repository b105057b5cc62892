/* The book: rich ones field by field; every book of tests/golden/books and tests/golden/warnings,
 * where NAME.txt holds what its messages must say; and what must not change the state's text. */
#include "../../jobs/book.h"

#include "../../jobs/currency.h"

#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BOOKS    "../golden/books/"
#define WARNINGS "../golden/warnings/"

static bool is(struct rr_text text, const char *expected)
{
    return rr_text_equal(text, rr_text_of(expected));
}

static struct rr_book *open_book(const char *path)
{
    struct rr_error err = {0};
    struct rr_book *book = rr_book_open(path, &err);
    ck_assert_msg(book != NULL, "%s", err.text);
    return book;
}

static struct rr_book *book_of_text(const char *text, struct rr_mistakes *mistakes,
                                    struct rr_error *err)
{
    struct rr_book_files files = {
        .path = (char *)"b.yaml", .book = (char *)text, .book_len = strlen(text)};
    return rr_book_parse(&files, mistakes, err);
}

static rr_decimal decimal(const char *text)
{
    rr_decimal value;
    ck_assert_int_eq(rr_decimal_parse(text, strlen(text), false, &value), RR_DECIMAL_OK);
    return value;
}

static int32_t day(const char *text)
{
    int32_t value;
    ck_assert(rr_day_parse(rr_text_of(text), &value));
    return value;
}

/* ---- the rich book ---- */

static struct rr_book *rich;

static void open_rich(void)
{
    rich = open_book(BOOKS "rich.yaml");
}

static void close_rich(void)
{
    rr_book_close(rich);
}

START_TEST(reads_the_top)
{
    ck_assert_str_eq(rich->currency, "KWD");
    ck_assert_int_eq(rich->minor_digits, 3);
    ck_assert(is(rich->timezone, "Europe/Berlin"));
    ck_assert_int_eq(rr_zone_offset(rich->zone, 1751328000), 7200);
    ck_assert_int_eq(rich->period, RR_QUARTER);
    ck_assert_int_eq(rich->rounding, RR_HALF_EVEN);
    ck_assert_int_eq(rich->bucket, RR_BUCKET_HOUR);
    ck_assert_str_eq(rich->path, BOOKS "rich.yaml");
    ck_assert_int_eq(strncmp(rich->source.ptr, "# Every key", 11), 0);
    ck_assert(is(rich->subscriptions_path, BOOKS "rich_subscriptions.csv"));
    ck_assert_uint_gt(rich->subscriptions_source.len, 100);
}
END_TEST

START_TEST(reads_usage)
{
    const struct rr_usage *usage = &rich->usage;
    const char *const columns[] = {"tenant", "at",     "id",    "revision", "withdrawn", "kind",
                                   "amount", "region", "model", "tier",     "cpu"};
    ck_assert_int_eq(usage->n_columns, 11);
    for (int i = 0; i < 11; i++)
        ck_assert_msg(is(usage->columns[i], columns[i]), "%d: %s", i, usage->columns[i].ptr);
    ck_assert_int_eq(usage->account.column, 0);
    ck_assert_int_eq(usage->timestamp.column, 1);
    ck_assert(usage->has_event_id && usage->event_id.column == 2);
    ck_assert(usage->has_version && usage->version.column == 3);
    ck_assert(usage->has_void && usage->voids.column == 4);
    ck_assert(usage->has_meter && usage->meter.column == 5);
    ck_assert_int_eq(usage->n_dimensions, 3);
    ck_assert(is(usage->dimensions[2], "tier") && usage->dimension_fields[2].column == 9);
    ck_assert_int_eq(usage->n_no_value, 3);
    ck_assert(is(usage->no_value[2], "\\N"));
    ck_assert(usage->skip_unknown_meters);
    ck_assert_int_eq(usage->duplicates, RR_LAST);
    ck_assert_int_eq(usage->n_values, 2);
    ck_assert_int_eq(usage->quantity, 6);
    ck_assert_int_eq(usage->values[0].field.column, 10);
    ck_assert_int_eq(usage->values[1].field.column, 6);
}
END_TEST

START_TEST(reads_meters_by_name)
{
    const char *const names[] = {"api_calls", "peak", "tokens", "ünïcode"};
    ck_assert_int_eq(rich->n_meters, 4);
    for (int i = 0; i < 4; i++)
        ck_assert(is(rich->meters[i].name, names[i]));
    ck_assert(is(rich->meters[0].aggregate, "count") && is(rich->meters[0].match, "call"));
    ck_assert_int_eq(rich->meters[0].value, RR_NO_COLUMN);
    ck_assert_int_eq(rich->meters[1].value, 0);
    ck_assert_int_eq(rich->meters[3].value, 1);
    const struct rr_meter *tokens = &rich->meters[2];
    ck_assert(is(tokens->match, "tokens"));
    ck_assert_int_eq(tokens->n_by, 2);
    ck_assert(tokens->by[0] == 1 && tokens->by[1] == 0);
    ck_assert_int_eq(tokens->n_where, 2);
    ck_assert(tokens->where[0].dimension == 0 && tokens->where[0].n_any == 2);
    ck_assert(is(tokens->where[0].any[1], "us") && is(tokens->where[1].any[0], "3"));
    ck_assert_int_eq(tokens->place.line, 23);
}
END_TEST

START_TEST(reads_charges)
{
    ck_assert_int_eq(rich->n_plans, 2);
    const struct rr_plan *payg = &rich->plans[1];
    ck_assert(is(payg->name, "payg") && payg->n_versions == 2);
    ck_assert_str_eq(payg->currency, "KWD");
    ck_assert_int_eq(payg->versions[0].from, day("2024-01-01"));
    const struct rr_charge *c = payg->versions[0].charges;
    ck_assert_int_eq(payg->versions[0].n_charges, 3);
    ck_assert(is(c[0].id, "platform") && c[0].cases[0].price.key == RR_FLAT &&
              c[0].cases[0].price.prorate);
    ck_assert(c[0].meter == RR_NO_COLUMN && c[0].cases[0].price.amount == decimal("20"));
    ck_assert(is(c[1].id, "api_calls") && c[1].cases[0].price.key == RR_PER_UNIT &&
              c[1].meter == 0);
    ck_assert(c[1].free == decimal("1000") && c[1].cases[0].price.amount == decimal("0.0004"));
    ck_assert(!c[1].cases[0].price.prorate);
    ck_assert(c[2].cases[0].price.key == RR_GRADUATED && c[2].cases[0].price.n_tiers == 3 &&
              c[2].meter == 2);
    const struct rr_tier *t = c[2].cases[0].price.tiers;
    ck_assert(t[0].bounded && t[0].up_to == decimal("10") && t[0].unit == decimal("5"));
    ck_assert(t[0].flat == decimal("2") && t[1].unit == 0 && t[1].up_to == decimal("20.5"));
    ck_assert(!t[2].bounded && t[2].unit == decimal("4") && t[2].flat == 0);
    ck_assert(c[2].n_where == 1 && c[2].where[0].dimension == 0 && c[2].where[0].n_any == 2);
    ck_assert(c[2].n_split == 2 && c[2].split[0] == 1 && c[2].split[1] == 0);
}
END_TEST

START_TEST(reads_the_other_prices)
{
    const struct rr_version *version = &rich->plans[1].versions[1];
    const struct rr_charge *c = version->charges;
    ck_assert_int_eq(version->n_charges, 4);
    ck_assert(is(c[0].id, "tokens") && c[0].cases[0].price.n_tiers == 3); /* the alias */
    ck_assert(is(c[1].id, "tokens-again") && c[1].cases[0].price.key == RR_VOLUME &&
              c[1].cases[0].price.n_tiers == 2);
    ck_assert(c[1].cases[0].price.tiers[1].unit == decimal("-1") &&
              c[1].cases[0].price.tiers[0].flat == decimal("3"));
    ck_assert(c[2].cases[0].price.key == RR_PACKAGE &&
              c[2].cases[0].price.package_size == decimal("0.5"));
    ck_assert(c[2].cases[0].price.amount == decimal("2") && c[2].cases[0].price.package_down);
    ck_assert(is(c[3].id, "api_calls") && c[3].cases[0].price.key == RR_FLAT &&
              c[3].meter == RR_NO_COLUMN);
    const struct rr_plan *enterprise = &rich->plans[0];
    ck_assert_str_eq(enterprise->currency, "JPY");
    ck_assert_int_eq(enterprise->minor_digits, 0);
    ck_assert(enterprise->versions[0].n_charges == 0);
    ck_assert_int_eq(rich->default_plan, 1);
}
END_TEST

START_TEST(reads_subscriptions_from_csv)
{
    const struct rr_subscription *s = rich->subscriptions;
    ck_assert_int_eq(rich->n_subscriptions, 3);
    ck_assert(is(s[0].account, "say \"hi\"") && s[0].plan == 0);
    ck_assert(s[0].start == day("2025-01-01") && s[0].end == day("2025-03-01"));
    ck_assert(is(s[1].account, "zoe") && s[1].plan == 0 && s[1].end == day("2025-01-01"));
    ck_assert_int_eq(s[1].line, 5);
    ck_assert(is(s[2].account, "zoe") && s[2].plan == 1 && s[2].end == RR_OPEN_END);
    ck_assert_int_eq(s[2].line, 2);
    ck_assert_str_eq(s[2].source, BOOKS "rich_subscriptions.csv");
}
END_TEST

START_TEST(fills_in_what_is_left_out)
{
    struct rr_book *book = open_book(BOOKS "smallest.yaml");
    ck_assert(is(book->timezone, "UTC") && rr_zone_offset(book->zone, 0) == 0);
    ck_assert_int_eq(book->period, RR_MONTH);
    ck_assert_int_eq(book->rounding, RR_HALF_UP);
    ck_assert_int_eq(book->bucket, RR_BUCKET_DAY);
    ck_assert(!book->usage.has_event_id && !book->usage.has_meter);
    ck_assert(book->usage.n_no_value == 1 && is(book->usage.no_value[0], ""));
    ck_assert(!book->usage.skip_unknown_meters && book->usage.duplicates == RR_FIRST);
    ck_assert_int_eq(book->default_plan, RR_NO_COLUMN);
    ck_assert_int_eq(book->usage.n_columns, 2);
    ck_assert(book->n_plans == 0 && book->n_subscriptions == 0);
    ck_assert(book->subscriptions_path.len == 0);
    rr_book_close(book);
}
END_TEST

/* ---- the book of contracts ---- */

static struct rr_book *deals;

static void open_deals(void)
{
    deals = open_book(BOOKS "deals.yaml");
}

static void close_deals(void)
{
    rr_book_close(deals);
}

START_TEST(reads_every_aggregate)
{
    const struct rr_meter *m = deals->meters;
    ck_assert_int_eq(deals->n_meters, 6);
    ck_assert(is(m[0].aggregate, "average") && is(m[0].kernel, "average") && m[0].p == 0);
    ck_assert(is(m[1].name, "p95") && is(m[1].kernel, "percentile") && m[1].p == decimal("99.9"));
    ck_assert(is(m[2].name, "paid") && m[2].per_event);
    ck_assert(is(m[3].aggregate, "time_weighted") && is(m[3].kernel, "time_weighted"));
    ck_assert(is(m[4].aggregate, "time_weighted") && is(m[4].kernel, "level"));
    ck_assert(is(m[5].kernel, "unique") && !m[5].per_event && !m[4].per_event);
    const struct rr_value *values = deals->usage.values; /* of one column a number, and a text */
    ck_assert_int_eq(deals->usage.n_values, 3);
    ck_assert(m[0].value == 0 && m[1].value == 1 && m[2].value == 0 && m[5].value == 2);
    ck_assert(!values[0].is_text && !values[1].is_text && values[2].is_text);
    ck_assert_int_eq(values[0].field.column, values[2].field.column);
}
END_TEST

START_TEST(reads_percentages)
{
    const struct rr_plan *plan = &deals->plans[0];
    const struct rr_charge *c = plan->versions[0].charges;
    ck_assert(plan->has_minimum && plan->minimum == decimal("50.25"));
    ck_assert(!deals->plans[1].has_minimum);
    ck_assert(c[0].cases[0].price.key == RR_FLAT && !c[0].only_used && c[0].n_cases == 1);
    const struct rr_price *price = &c[1].cases[0].price;
    ck_assert(price->key == RR_PERCENT && price->amount == decimal("2.9"));
    ck_assert(price->fixed == decimal("0.3") && !price->bounds.has_least);
    ck_assert(c[1].bounds.has_least && c[1].bounds.least == decimal("5"));
    ck_assert(c[1].bounds.has_most && c[1].bounds.most == decimal("7.5"));
    ck_assert(c[1].discount == 0 && !c[1].only_used && !c[0].bounds.has_least);
    ck_assert(c[1].units.divide_by == RR_DECIMAL_ONE && c[1].units.round == RR_UNITS_NONE);
    price = &c[2].cases[0].price;
    ck_assert(price->key == RR_GRADUATED_PERCENT && price->n_tiers == 2);
    ck_assert(price->tiers[0].unit == decimal("3") && price->tiers[0].flat == decimal("1"));
    ck_assert(!price->tiers[1].bounded && price->tiers[1].unit == decimal("2"));
    ck_assert(c[2].only_used && c[2].discount == decimal("12.5"));
    ck_assert(c[2].units.divide_by == decimal("1000") && c[2].units.places == 3);
    ck_assert(c[2].units.round == RR_UNITS_HALF_UP);
}
END_TEST

START_TEST(reads_cases)
{
    const struct rr_charge *charge = &deals->plans[0].versions[1].charges[1];
    const struct rr_case *c = charge->cases;
    ck_assert(charge->n_cases == 3 && charge->only_used && charge->n_split == 0);
    ck_assert(c[0].n_where == 2 && c[0].where[0].dimension == 1 && c[0].where[1].dimension == 0);
    ck_assert(is(c[0].detail, "region=eu|us;model="));
    ck_assert(c[0].price.key == RR_PER_EVENT && c[0].price.amount == RR_DECIMAL_ONE);
    ck_assert(c[0].price.bounds.has_least && c[0].price.bounds.least == decimal("0.5"));
    ck_assert(!c[0].price.bounds.has_most);
    ck_assert(is(c[1].detail, "model=a|b") && c[1].price.key == RR_PACKAGE);
    ck_assert(c[2].n_where == 0 && c[2].detail.len == 0 && c[2].price.key == RR_PER_UNIT);
}
END_TEST

enum { ALONE, EACH, POOLED, SEVERAL };

START_TEST(reads_contracts_by_name)
{
    const struct rr_contract *c = deals->contracts;
    ck_assert_int_eq(deals->n_contracts, 4);
    ck_assert(is(deals->contracts_path, BOOKS "beside/contracts.yaml"));
    ck_assert_uint_gt(deals->contracts_source.len, 100);
    ck_assert(is(c[POOLED].name, "pooled") && c[POOLED].pool && !c[ALONE].pool);
    ck_assert(c[POOLED].start == day("2025-01-01") && c[POOLED].end == day("2026-01-01"));
    ck_assert(c[ALONE].start == day("2024-06-15") && c[ALONE].end == RR_OPEN_END);
    ck_assert(c[POOLED].discount == decimal("10") && c[ALONE].discount == 0);
    const struct rr_commit *commit = &c[POOLED].commit;
    ck_assert(commit->given && commit->amount == decimal("120000") && commit->upfront);
    ck_assert(commit->every == RR_TERM_CONTRACT && commit->has_overage);
    ck_assert(commit->overage == decimal("1.25"));
    commit = &c[ALONE].commit;
    ck_assert(commit->given && commit->every == RR_TERM_QUARTER && !commit->upfront);
    ck_assert(!commit->has_overage && !c[EACH].commit.given);
    ck_assert_str_eq(c[POOLED].file, BOOKS "beside/contracts.yaml");
    ck_assert_int_eq(c[POOLED].place.line, 2);
}
END_TEST

START_TEST(orders_credits_as_they_apply)
{
    const struct rr_contract *pooled = &deals->contracts[POOLED];
    const struct rr_credit *c = pooled->credits;
    ck_assert_int_eq(pooled->n_credits, 4);
    ck_assert(is(c[0].id, "z") && c[0].priority == 1 && c[0].amount == decimal("500"));
    ck_assert(c[0].from == day("2025-01-01") && c[0].until == RR_OPEN_END);
    ck_assert(c[0].n_charges == 2 && is(c[0].charges[1], "overage"));
    ck_assert(is(c[1].id, "y") && c[1].priority == 100 && c[1].until == day("2030-01-01"));
    ck_assert(is(c[2].id, "a") && is(c[3].id, "b") && c[3].until == RR_OPEN_END);
    ck_assert(c[3].priority == 100 && c[3].n_charges == 0);
}
END_TEST

/* Charges of the same id are replaced in every version, others are added to each. */
START_TEST(a_contract_changes_its_plan)
{
    const struct rr_plan *plan = &deals->contracts[POOLED].plan, *base = &deals->plans[0];
    ck_assert(is(plan->name, "enterprise") && plan->has_minimum && plan->minimum == decimal("60"));
    ck_assert_str_eq(plan->currency, "EUR");
    ck_assert(base->minimum == decimal("50.25") && base->versions[0].n_charges == 3);
    ck_assert_int_eq(plan->n_versions, 2);
    const struct rr_version *first = &plan->versions[0], *second = &plan->versions[1];
    ck_assert(first->from == base->versions[0].from && second->from == base->versions[1].from);
    ck_assert(first->n_charges == 4 && second->n_charges == 3);
    ck_assert(is(first->charges[0].id, "paid") && is(first->charges[1].id, "split"));
    ck_assert(is(second->charges[0].id, "by-case"));
    for (int v = 0; v < 2; v++) {
        const struct rr_charge *own = plan->versions[v].charges + plan->versions[v].n_charges - 2;
        ck_assert(is(own[0].id, "base") && own[0].cases[0].price.amount == decimal("77"));
        ck_assert(is(own[1].id, "seats") && own[1].meter == 3);
    }
    plan = &deals->contracts[SEVERAL].plan;
    ck_assert(is(plan->name, "other") && plan->versions[0].n_charges == 3 && !plan->has_minimum);
}
END_TEST

START_TEST(a_contract_needs_no_plan)
{
    const struct rr_plan *plan = &deals->contracts[ALONE].plan;
    ck_assert(plan->name.len == 0 && plan->n_versions == 1 && !plan->has_minimum);
    ck_assert_str_eq(plan->currency, "USD");
    ck_assert_int_eq(plan->minor_digits, 2);
    ck_assert_int_eq(plan->versions[0].from, day("2024-06-15"));
    ck_assert(plan->versions[0].n_charges == 1 && is(plan->versions[0].charges[0].id, "fee"));
}
END_TEST

START_TEST(knows_who_pays)
{
    ck_assert(is(deals->contracts[ALONE].bill_to, "solo"));      /* the only account */
    ck_assert(is(deals->contracts[POOLED].bill_to, "acme, eu")); /* the first by name */
    ck_assert(is(deals->contracts[SEVERAL].bill_to, "head"));
    ck_assert_uint_eq(deals->contracts[EACH].bill_to.len, 0);
}
END_TEST

START_TEST(knows_who_stays_where)
{
    static const struct {
        const char *account;
        int contract;
        const char *start, *end; /* "": open */
        int line;
    } stays[] = {
        {"acme, eu", POOLED, "2025-01-01", "2026-01-01", 4},
        {"b1", SEVERAL, "2025-03-01", "", 26},
        {"b2", SEVERAL, "2025-03-01", "", 26},
        {"c1", EACH, "2025-03-01", "", 27},
        {"c2", EACH, "2025-03-01", "", 27},
        {"early", POOLED, "2025-01-01", "2025-01-01", 6},
        {"mid", POOLED, "2025-03-01", "2025-04-01", 4},
        {"mid", POOLED, "2025-06-01", "2026-01-01", 5},
        {"solo", ALONE, "2024-06-15", "", 2},
        {"zeta", POOLED, "2025-01-01", "2026-01-01", 4},
    };
    ck_assert_int_eq(deals->n_stays, sizeof stays / sizeof *stays);
    for (int i = 0; i < deals->n_stays; i++) {
        const struct rr_stay *stay = &deals->stays[i];
        ck_assert_msg(is(stay->account, stays[i].account), "%d: %.*s", i, RR_SHOW(stay->account));
        ck_assert_int_eq(stay->contract, stays[i].contract);
        ck_assert_int_eq(stay->start, day(stays[i].start));
        ck_assert_int_eq(stay->end, *stays[i].end ? day(stays[i].end) : RR_OPEN_END);
        ck_assert_int_eq(stay->line, stays[i].line);
    }
    ck_assert_str_eq(deals->stays[0].source, BOOKS "beside/contracts.yaml");
    ck_assert_str_eq(deals->stays[8].source, BOOKS "deals_members.csv");
    ck_assert_int_eq(deals->n_subscriptions, 2); /* zeta's goes on beside its contract */
}
END_TEST

/* ---- constants ---- */

START_TEST(fields_may_be_constant)
{
    struct rr_error err = {0};
    struct rr_book *book = book_of_text("rerate: 1\n"
                                        "currency: USD\n"
                                        "usage:\n"
                                        "  account: {const: acme}\n"
                                        "  timestamp: {const: \"2025-01-01\"}\n"
                                        "  meter: {const: calls}\n"
                                        "  quantity: {const: \"1\"}\n"
                                        "meters:\n"
                                        "  calls: {aggregate: sum}\n"
                                        "  more: {aggregate: max}\n",
                                        NULL, &err);
    ck_assert_msg(book != NULL, "%s", err.text);
    ck_assert(book->usage.account.column == RR_NO_COLUMN);
    ck_assert(is(book->usage.account.constant, "acme"));
    ck_assert(is(book->usage.meter.constant, "calls"));
    ck_assert(book->usage.n_values == 1 && is(book->usage.values[0].field.constant, "1"));
    ck_assert_int_eq(book->usage.n_columns, 0);
    rr_book_close(book);
}
END_TEST

/* ---- the golden books ---- */

static char *read_words(const char *book)
{
    char path[256], *words = calloc(1, 65536);
    snprintf(path, sizeof path, "%.*s.txt", (int)(strlen(book) - 5), book);
    FILE *in = fopen(path, "r");
    if (in == NULL) {
        free(words);
        return NULL;
    }
    size_t len = fread(words, 1, 65535, in);
    fclose(in);
    ck_assert_msg(len > 1, "%s is empty", path);
    return words;
}

/* Every line of `words` stands in the messages, */
static void check_words_said(const char *book, const char *words, const char *messages)
{
    char *copy = strdup(words), *at = copy;
    for (char *word; (word = strsep(&at, "\n")) != NULL;)
        ck_assert_msg(*word == '\0' || strstr(messages, word) != NULL, "%s: no `%s` in\n%s", book,
                      word, messages);
    free(copy);
}

/* and every message has one of them: no mistake calls forth others. */
static void check_nothing_else_said(const char *book, const char *words, const char *messages)
{
    char *lines = strdup(messages), *at = lines;
    for (char *line; (line = strsep(&at, "\n")) != NULL;) {
        char *copy = strdup(words), *rest = copy;
        bool expected = *line == '\0';
        for (char *word; (word = strsep(&rest, "\n")) != NULL;)
            expected = expected || (*word != '\0' && strstr(line, word) != NULL);
        free(copy);
        ck_assert_msg(expected, "%s: not expected: %s", book, line);
    }
    free(lines);
}

static void check_broken(const char *path, const char *words)
{
    struct rr_book_files files;
    struct rr_error err = {0};
    struct rr_mistakes mistakes = {0};
    ck_assert_msg(rr_book_read(path, &files, &err) == 0, "%s", err.text);
    ck_assert_msg(rr_book_parse(&files, &mistakes, &err) == NULL, "%s: no mistake", path);
    char *messages = rr_mistakes_text(&mistakes);
    ck_assert_int_eq(err.code, RR_EXIT_BOOK);
    ck_assert_msg(strncmp(messages, err.text, strcspn(messages, "\n")) == 0, "%s: %s", path,
                  err.text);
    ck_assert_int_eq(mistakes.n_found > 1, strstr(err.text, "more: run `rerate check`") != NULL);
    check_words_said(path, words, messages);
    check_nothing_else_said(path, words, messages);
    free(messages);
    rr_mistakes_fini(&mistakes);
    rr_book_files_fini(&files);
}

START_TEST(golden_books)
{
    glob_t found;
    int n_broken = 0;
    ck_assert_int_eq(glob(BOOKS "*.yaml", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        char *words = read_words(found.gl_pathv[i]);
        if (words == NULL) {
            rr_book_close(open_book(found.gl_pathv[i]));
        } else {
            check_broken(found.gl_pathv[i], words);
            n_broken++;
        }
        free(words);
    }
    globfree(&found);
    ck_assert_int_ge(n_broken, 120);
}
END_TEST

static void check_warned(const char *path, const char *words)
{
    struct rr_mistakes warnings = {0};
    struct rr_book *book = open_book(path);
    rr_book_warn(book, &warnings);
    char *messages = rr_mistakes_text(&warnings);
    check_words_said(path, words, messages);
    check_nothing_else_said(path, words, messages);
    free(messages);
    rr_mistakes_fini(&warnings);
    rr_book_close(book);
}

START_TEST(golden_warnings)
{
    glob_t found;
    int n_warned = 0;
    ck_assert_int_eq(glob(WARNINGS "*.yaml", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        char *words = read_words(found.gl_pathv[i]);
        check_warned(found.gl_pathv[i], words != NULL ? words : "");
        n_warned += words != NULL;
        free(words);
    }
    globfree(&found);
    ck_assert_int_ge(n_warned, 12);
}
END_TEST

/* One mistake behind two aliases is one. */
START_TEST(a_mistake_is_told_once)
{
    struct rr_mistakes mistakes = {0};
    struct rr_error err = {0};
    ck_assert_ptr_null(book_of_text("rerate: 1\ncurrency: USD\n"
                                    "usage: {account: a, timestamp: t}\n"
                                    "meters: {m: &m {aggregate: x}, n: *m, o: *m}\n",
                                    &mistakes, &err));
    ck_assert_int_eq(mistakes.n_found, 1);
    ck_assert_int_eq(mistakes.n, 1);
    ck_assert_ptr_null(strstr(err.text, "more"));
    rr_mistakes_fini(&mistakes);
}
END_TEST

/* ---- files ---- */

START_TEST(missing_files_are_input_errors)
{
    struct rr_error err = {0};
    ck_assert_ptr_null(rr_book_open(BOOKS "no_such_book.yaml", &err));
    ck_assert_int_eq(err.code, RR_EXIT_INPUT);
    ck_assert_ptr_nonnull(strstr(err.text, "no_such_book.yaml"));
    ck_assert_ptr_null(rr_book_open(BOOKS, &err));
    ck_assert_int_eq(err.code, RR_EXIT_INPUT);
    char path[] = "/tmp/rr_book_XXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_eq(dprintf(fd, "rerate: 1\nsubscriptions: no_such.csv\n") > 0, 1);
    ck_assert_ptr_null(rr_book_open(path, &err));
    ck_assert_int_eq(err.code, RR_EXIT_INPUT);
    ck_assert_msg(strstr(err.text, ":2:16:") && strstr(err.text, "/tmp/no_such.csv"), "%s",
                  err.text);
    remove(path);
}
END_TEST

START_TEST(subscriptions_may_be_compressed)
{
    static const unsigned char frame[] = {
        /* zstd of "account,plan,start,end\nacme,p,2025-01-01,\n" */
        0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x58, 0x51, 0x01, 0x00, 0x61, 0x63, 0x63, 0x6f, 0x75,
        0x6e, 0x74, 0x2c, 0x70, 0x6c, 0x61, 0x6e, 0x2c, 0x73, 0x74, 0x61, 0x72, 0x74, 0x2c,
        0x65, 0x6e, 0x64, 0x0a, 0x61, 0x63, 0x6d, 0x65, 0x2c, 0x70, 0x2c, 0x32, 0x30, 0x32,
        0x35, 0x2d, 0x30, 0x31, 0x2d, 0x30, 0x31, 0x2c, 0x0a, 0x6e, 0xcc, 0x90, 0x7b};
    char folder[] = "/tmp/rr_book_XXXXXX", path[64], rows[64];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/book.yaml", folder);
    snprintf(rows, sizeof rows, "%s/s.csv.zst", folder);
    FILE *out = fopen(path, "w");
    fputs("rerate: 1\ncurrency: USD\nusage: {account: a, timestamp: t}\n"
          "meters: {m: {aggregate: count}}\n"
          "plans: {p: {versions: [{from: 2025-01-01, charges: []}]}}\n"
          "subscriptions: s.csv.zst\n",
          out);
    fclose(out);
    out = fopen(rows, "w");
    fwrite(frame, 1, sizeof frame, out);
    fclose(out);
    struct rr_book *book = open_book(path);
    ck_assert(book->n_subscriptions == 1 && is(book->subscriptions[0].account, "acme"));
    rr_book_close(book);
    ck_assert_int_eq(truncate(rows, sizeof frame - 5), 0);
    struct rr_error err = {0};
    ck_assert_ptr_null(rr_book_open(path, &err));
    ck_assert_int_eq(err.code, RR_EXIT_INPUT);
    ck_assert_msg(strstr(err.text, ":6:16: `subscriptions`") != NULL, "%s", err.text);
    remove(rows);
    remove(path);
    remove(folder);
}
END_TEST

START_TEST(a_subscriptions_file_must_come_with_the_book)
{
    struct rr_error err = {0};
    ck_assert_ptr_null(book_of_text("rerate: 1\ncurrency: USD\n"
                                    "usage: {account: a, timestamp: t}\n"
                                    "meters: {m: {aggregate: count}}\n"
                                    "subscriptions: s.csv\n",
                                    NULL, &err));
    ck_assert_msg(strstr(err.text, "b.yaml:5:16:") != NULL, "%s", err.text);
}
END_TEST

/* A message is one line of UTF-8 whatever the book holds, and never outgrows the error. */
START_TEST(messages_are_clean)
{
    char text[8192], name[2001];
    struct rr_mistakes mistakes = {0};
    struct rr_error err = {0};
    for (int i = 0; i < 2000; i++)
        name[i] = (char)(i % 2 == 0 ? '\xc3' : '\xa4');
    name[2000] = '\0';
    snprintf(text, sizeof text, "\"a\\n\\e[31m%s\": 1\nrerate: \"%s\"", name, name);
    ck_assert_ptr_null(book_of_text(text, &mistakes, &err));
    ck_assert_int_ge(mistakes.n_found, 2);
    for (int i = 0; i < mistakes.n; i++) {
        for (const char *p = mistakes.item[i].text; *p != '\0'; p++)
            ck_assert_msg((unsigned char)*p >= 0x20, "%s", mistakes.item[i].text);
        ck_assert_uint_lt(strlen(mistakes.item[i].text), 400);
    }
    rr_mistakes_fini(&mistakes);
}
END_TEST

/* ---- the state's text ---- */

#define SAME_STATE                                                                                 \
    "rerate: 1\ncurrency: USD\nusage: {account: a, timestamp: t, dimensions: [r, m]}\n"            \
    "meters:\n  x: {aggregate: count, where: {r: [b, a], m: c}}\n  b: {aggregate: count}\n"

/* Of meter c. */
#define PRICED_BY_EVENT                                                                            \
    "plans: {p: {versions: [{from: 2025-01-01, charges: [{meter: c, percent: {rate: 1, "           \
    "per_event: {min: 1}}}]}]}}\n"

static char *state_of(const char *text)
{
    struct rr_error err = {0};
    struct rr_book *book = book_of_text(text, NULL, &err);
    ck_assert_msg(book != NULL, "%s", err.text);
    char *state = rr_book_state_text(book);
    ck_assert_ptr_nonnull(state);
    rr_book_close(book);
    book = rr_book_of_state_text(state, &err); /* a book that says the same */
    ck_assert_msg(book != NULL, "%s", err.text);
    rr_book_close(book);
    return state;
}

START_TEST(the_state_does_not_depend_on_prices_and_layout)
{
    const char *const same[] = {
        SAME_STATE "timezone: UTC\nperiod: month\nbucket: day\n",
        SAME_STATE "plans: {p: {versions: [{from: 2025-01-01, charges: []}]}}\nrounding: up\n",
        "rerate: 1\n"
        "meters:\n  b: {aggregate: count}\n  x: {where: {m: [c], r: [a, b]}, aggregate: count}\n"
        "usage: {dimensions: [r, m], timestamp: t, account: a, duplicates: first}\n"
        "currency: JPY # another\n",
    };
    char *first = state_of(SAME_STATE);
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        char *state = state_of(same[i]);
        ck_assert_str_eq(state, first);
        free(state);
    }
    free(first);
}
END_TEST

START_TEST(the_state_depends_on_what_is_metered)
{
    const char *const other[] = {
        SAME_STATE "timezone: Europe/Berlin\n",
        SAME_STATE "period: week\n",
        SAME_STATE "bucket: hour\n",
        SAME_STATE "  c: {aggregate: count}\n",
        SAME_STATE "  c: {aggregate: count, by: [r]}\n",
        SAME_STATE "  c: {aggregate: count, by: [r, m]}\n",
        SAME_STATE "  c: {aggregate: count, by: [m, r]}\n",
        SAME_STATE "  c: {aggregate: max, of: t}\n",
        SAME_STATE "  c: {aggregate: min, of: t}\n",
        SAME_STATE "  c: {aggregate: min, of: {const: 1}}\n",
        SAME_STATE "  c: {aggregate: percentile, p: 95, of: t}\n",
        SAME_STATE "  c: {aggregate: time_weighted, of: t}\n",
        SAME_STATE "  c: {aggregate: time_weighted, of: t, values: level}\n",
        SAME_STATE "  c: {aggregate: unique, of: t}\n",
        SAME_STATE "  c: {aggregate: sum, of: t}\n",
        SAME_STATE "  c: {aggregate: sum, of: t}\n" PRICED_BY_EVENT,
        SAME_STATE "  \"c\\nmeter.by=r\": {aggregate: count}\n",
        "rerate: 1\ncurrency: USD\nusage: {account: a, timestamp: t, event_id: e}\n"
        "meters: {m: {aggregate: count}}\n",
        "rerate: 1\ncurrency: USD\nusage: {account: a, timestamp: t, quantity: e}\n"
        "meters: {m: {aggregate: count}}\n",
        "rerate: 1\ncurrency: USD\nusage: {account: a, timestamp: t, event_id: e, version: v}\n"
        "meters: {m: {aggregate: count}}\n",
        "rerate: 1\ncurrency: USD\nusage: {account: a, timestamp: t, event_id: e, void: v}\n"
        "meters: {m: {aggregate: count}}\n",
        "rerate: 1\ncurrency: USD\nusage: {account: a, timestamp: t, meter: e}\n"
        "meters: {m: {aggregate: count}}\n",
        "rerate: 1\ncurrency: USD\nusage: {account: a, timestamp: t, meter: e}\n"
        "meters: {m: {aggregate: count, match: n}}\n",
        "rerate: 1\ncurrency: USD\nusage: {account: a, timestamp: t, no_value: [x]}\n"
        "meters: {m: {aggregate: count}}\n",
        "rerate: 1\ncurrency: USD\nusage: {account: a, timestamp: t, unknown_meters: skip}\n"
        "meters: {m: {aggregate: count}}\n",
        "rerate: 1\ncurrency: USD\nusage: {account: a, timestamp: t, duplicates: last}\n"
        "meters: {m: {aggregate: count}}\n",
        "rerate: 1\ncurrency: USD\nusage: {account: {const: a}, timestamp: t}\n"
        "meters: {m: {aggregate: count}}\n",
        SAME_STATE,
    };
    enum { N = sizeof other / sizeof *other };
    char *states[N];
    for (size_t i = 0; i < N; i++) {
        states[i] = state_of(other[i]);
        for (size_t j = 0; j < i; j++)
            ck_assert_msg(strcmp(states[i], states[j]) != 0, "%zu and %zu", i, j);
    }
    for (size_t i = 0; i < N; i++)
        free(states[i]);
}
END_TEST

/* A percentile's state serves every `p`, and `change` is what holds without `values`. */
START_TEST(the_state_serves_every_percentile)
{
    const char *const same[][2] = {
        {SAME_STATE "  c: {aggregate: percentile, p: 95, of: t}\n",
         SAME_STATE "  c: {aggregate: percentile, p: 50, of: t}\n"},
        {SAME_STATE "  c: {aggregate: time_weighted, of: t}\n",
         SAME_STATE "  c: {aggregate: time_weighted, of: t, values: change}\n"},
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        char *a = state_of(same[i][0]), *b = state_of(same[i][1]);
        ck_assert_str_eq(a, b);
        free(a);
        free(b);
    }
}
END_TEST

/* ---- currencies ---- */

START_TEST(knows_currencies)
{
    ck_assert_int_eq(rr_currency_digits(rr_text_of("USD")), 2);
    ck_assert_int_eq(rr_currency_digits(rr_text_of("JPY")), 0);
    ck_assert_int_eq(rr_currency_digits(rr_text_of("KWD")), 3);
    ck_assert_int_eq(rr_currency_digits(rr_text_of("CLF")), 4);
    ck_assert_int_eq(rr_currency_digits(rr_text_of("AED")), 2);
    ck_assert_int_eq(rr_currency_digits(rr_text_of("ZWG")), 2);
    ck_assert_int_eq(rr_currency_digits(rr_text_of("usd")), -1);
    ck_assert_int_eq(rr_currency_digits(rr_text_of("USDT")), -1);
    ck_assert_int_eq(rr_currency_digits(rr_text_of("XXX")), -1);
    ck_assert_int_eq(rr_currency_digits(rr_text_of("")), -1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("book");
    TCase *fields = tcase_create("rich");
    tcase_add_checked_fixture(fields, open_rich, close_rich);
    tcase_add_test(fields, reads_the_top);
    tcase_add_test(fields, reads_usage);
    tcase_add_test(fields, reads_meters_by_name);
    tcase_add_test(fields, reads_charges);
    tcase_add_test(fields, reads_the_other_prices);
    tcase_add_test(fields, reads_subscriptions_from_csv);
    TCase *contracts = tcase_create("deals");
    tcase_add_checked_fixture(contracts, open_deals, close_deals);
    tcase_add_test(contracts, reads_every_aggregate);
    tcase_add_test(contracts, reads_percentages);
    tcase_add_test(contracts, reads_cases);
    tcase_add_test(contracts, reads_contracts_by_name);
    tcase_add_test(contracts, orders_credits_as_they_apply);
    tcase_add_test(contracts, a_contract_changes_its_plan);
    tcase_add_test(contracts, a_contract_needs_no_plan);
    tcase_add_test(contracts, knows_who_pays);
    tcase_add_test(contracts, knows_who_stays_where);
    TCase *others = tcase_create("others");
    tcase_add_test(others, fills_in_what_is_left_out);
    tcase_add_test(others, fields_may_be_constant);
    tcase_add_test(others, golden_books);
    tcase_add_test(others, golden_warnings);
    tcase_add_test(others, a_mistake_is_told_once);
    tcase_add_test(others, missing_files_are_input_errors);
    tcase_add_test(others, subscriptions_may_be_compressed);
    tcase_add_test(others, a_subscriptions_file_must_come_with_the_book);
    tcase_add_test(others, messages_are_clean);
    tcase_add_test(others, the_state_does_not_depend_on_prices_and_layout);
    tcase_add_test(others, the_state_depends_on_what_is_metered);
    tcase_add_test(others, the_state_serves_every_percentile);
    tcase_add_test(others, knows_currencies);
    suite_add_tcase(suite, fields);
    suite_add_tcase(suite, contracts);
    suite_add_tcase(suite, others);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
