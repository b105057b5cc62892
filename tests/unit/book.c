/* The book: a rich one field by field; every book of tests/golden/books, where NAME.txt holds
 * what its messages must say; and what must not change the state's text. */
#include "../../jobs/book.h"

#include "../../jobs/currency.h"

#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#define BOOKS "../golden/books/"

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
    const char *const columns[] = {"tenant", "at",   "id",  "kind",  "region",
                                   "model",  "tier", "cpu", "amount"};
    ck_assert_int_eq(usage->n_columns, 9);
    for (int i = 0; i < 9; i++)
        ck_assert_msg(is(usage->columns[i], columns[i]), "%d: %s", i, usage->columns[i].ptr);
    ck_assert_int_eq(usage->account.column, 0);
    ck_assert_int_eq(usage->timestamp.column, 1);
    ck_assert(usage->has_event_id && usage->event_id.column == 2);
    ck_assert(usage->has_meter && usage->meter.column == 3);
    ck_assert_int_eq(usage->n_dimensions, 3);
    ck_assert(is(usage->dimensions[2], "tier") && usage->dimension_fields[2].column == 6);
    ck_assert_int_eq(usage->n_no_value, 3);
    ck_assert(is(usage->no_value[2], "\\N"));
    ck_assert(usage->skip_unknown_meters);
    ck_assert_int_eq(usage->duplicates, RR_LAST);
    ck_assert_int_eq(usage->n_values, 2);
    ck_assert_int_eq(usage->values[0].field.column, 7);
    ck_assert_int_eq(usage->values[1].field.column, 8);
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
    ck_assert_int_eq(tokens->place.line, 21);
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
    ck_assert_int_ge(n_broken, 60);
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

static char *state_of(const char *text)
{
    struct rr_error err = {0};
    struct rr_book *book = book_of_text(text, NULL, &err);
    ck_assert_msg(book != NULL, "%s", err.text);
    char *state = rr_book_state_text(book);
    ck_assert_ptr_nonnull(state);
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
        SAME_STATE "  \"c\\nmeter.by=r\": {aggregate: count}\n",
        "rerate: 1\ncurrency: USD\nusage: {account: a, timestamp: t, event_id: e}\n"
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
    TCase *others = tcase_create("others");
    tcase_add_test(others, fills_in_what_is_left_out);
    tcase_add_test(others, fields_may_be_constant);
    tcase_add_test(others, golden_books);
    tcase_add_test(others, missing_files_are_input_errors);
    tcase_add_test(others, a_subscriptions_file_must_come_with_the_book);
    tcase_add_test(others, messages_are_clean);
    tcase_add_test(others, the_state_does_not_depend_on_prices_and_layout);
    tcase_add_test(others, the_state_depends_on_what_is_metered);
    tcase_add_test(others, knows_currencies);
    suite_add_tcase(suite, fields);
    suite_add_tcase(suite, others);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
