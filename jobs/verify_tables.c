/* Verifying the tables of a result: that each is what it is to be row by row, and that they say the same
 * of each other. */
#include "verify.h"

#include "../io/line.h"
#include "../io/memory.h"
#include "../io/table.h"
#include "../runtime/events.h"
#include "../runtime/ingest.h"
#include "currency.h"
#include "ledger.h"
#include "rated.h"

#include <rerate/dictionary.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long long number;

enum { ORDER_MAX = 8 };

/* What a column holds. */
enum kind { TEXT, COUNT, DECIMAL, MONEY, DAY, PERIOD, CURRENCY };

struct table_kind {
    const char *name, *header;
    enum kind column[RR_TABLE_COLUMNS];
    int order[ORDER_MAX]; /* the columns that rows are sorted by; -1 ends them */
    bool may_repeat;      /* rows may agree in all of these */
};

static const struct table_kind lines = {
    "lines.csv",
    rr_lines_header,
    {TEXT, TEXT, PERIOD, TEXT, TEXT, TEXT, DAY, DAY, DECIMAL, DECIMAL, MONEY, CURRENCY},
    {RR_LINE_ACCOUNT, RR_LINE_CONTRACT, RR_LINE_PERIOD, RR_LINE_PLAN, RR_LINE_CHARGE,
     RR_LINE_DETAIL, RR_LINE_FROM, -1},
    false};

enum { INVOICE_ACCOUNT, INVOICE_PERIOD, INVOICE_CURRENCY, INVOICE_LINES, INVOICE_TOTAL };
static const struct table_kind invoices = {"invoices.csv",
                                           rr_invoices_header,
                                           {TEXT, PERIOD, CURRENCY, COUNT, MONEY},
                                           {INVOICE_ACCOUNT, INVOICE_PERIOD, INVOICE_CURRENCY, -1},
                                           false};

enum {
    SHARE_CONTRACT,
    SHARE_PERIOD,
    SHARE_CHARGE,
    SHARE_DETAIL,
    SHARE_FROM,
    SHARE_ACCOUNT,
    SHARE_QUANTITY,
    SHARE_AMOUNT
};
static const struct table_kind shares = {
    "shares.csv",
    rr_shares_header,
    {TEXT, PERIOD, TEXT, TEXT, DAY, TEXT, DECIMAL, MONEY},
    {SHARE_CONTRACT, SHARE_PERIOD, SHARE_CHARGE, SHARE_DETAIL, SHARE_FROM, SHARE_ACCOUNT, -1},
    false};

enum {
    UNRATED_ACCOUNT,
    UNRATED_PERIOD,
    UNRATED_METER,
    UNRATED_DETAIL,
    UNRATED_QUANTITY,
    UNRATED_RECORDS,
    UNRATED_REASON
};
static const struct table_kind unrated = {
    "unrated.csv",
    rr_unrated_header,
    {TEXT, PERIOD, TEXT, TEXT, DECIMAL, COUNT, TEXT},
    {UNRATED_ACCOUNT, UNRATED_PERIOD, UNRATED_METER, UNRATED_DETAIL, UNRATED_REASON, -1},
    true};

enum { BAD_FILE, BAD_RECORD, BAD_OFFSET, BAD_CODE, BAD_RAW };
static const struct table_kind quarantine = {"quarantine.csv",
                                             rr_quarantine_header,
                                             {TEXT, COUNT, COUNT, TEXT, TEXT},
                                             {BAD_FILE, BAD_RECORD, -1},
                                             false};

enum { KEPT_ACCOUNT, KEPT_FILE, KEPT_RECORD, COPY_FILE, COPY_RECORD, COPY_DIFFERS };
static const struct table_kind conflicts = {
    "conflicts.csv",
    rr_conflicts_header,
    {TEXT, TEXT, COUNT, TEXT, COUNT, TEXT},
    {KEPT_ACCOUNT, KEPT_FILE, KEPT_RECORD, COPY_FILE, COPY_RECORD, -1},
    false};

/* ---- fields ---- */

static bool read_count(struct rr_text text, uint64_t *out)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < text.len; i++)
        if (text.ptr[i] < '0' || text.ptr[i] > '9' || __builtin_mul_overflow(n, 10u, &n) ||
            __builtin_add_overflow(n, (uint64_t)(text.ptr[i] - '0'), &n))
            return false;
    *out = n;
    return text.len > 0 && (text.len == 1 || text.ptr[0] != '0');
}

/* As many digits after the point as the text has must give the text again. */
static bool read_decimal(struct rr_text text, bool fixed, rr_decimal *out)
{
    char again[RR_DECIMAL_TEXT];
    if (rr_decimal_parse(text.ptr, text.len, false, out) != RR_DECIMAL_OK)
        return false;
    const char *point = memchr(text.ptr, '.', text.len);
    unsigned places = point ? (unsigned)(text.ptr + text.len - point - 1) : 0;
    size_t n =
        fixed ? rr_decimal_format_fixed(*out, places, again) : rr_decimal_format(*out, again);
    return n == text.len && memcmp(again, text.ptr, n) == 0;
}

static bool is_period(struct rr_text text)
{
    char copy[RR_PERIOD_TEXT];
    int32_t period;
    if (text.len >= sizeof copy)
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    for (int kind = RR_DAY; kind <= RR_YEAR; kind++)
        if (rr_period_parse((enum rr_period)kind, copy, &period))
            return true;
    return false;
}

static bool is_of_kind(enum kind kind, struct rr_text text)
{
    uint64_t count;
    rr_decimal value;
    int32_t day;
    switch (kind) {
    case COUNT:
        return read_count(text, &count);
    case DECIMAL:
    case MONEY:
        return read_decimal(text, kind == MONEY, &value);
    case DAY:
        return rr_day_parse(text, &day);
    case PERIOD:
        return is_period(text);
    case CURRENCY:
        return rr_currency_digits(text) >= 0;
    default:
        return true;
    }
}

static rr_decimal decimal_of(struct rr_text text)
{
    rr_decimal value = 0;
    rr_decimal_parse(text.ptr, text.len, false, &value);
    return value;
}

static uint64_t count_of(struct rr_text text)
{
    uint64_t n = 0;
    read_count(text, &n);
    return n;
}

/* ---- rows ---- */

struct row_reader {
    const struct table_kind *kind;
    const char *path;
    struct rr_table *table;
    struct rr_line key[2]; /* what this row and the one before are sorted by */
};

static int wrong(const struct row_reader *r, struct rr_error *err, const char *what,
                 struct rr_text text)
{
    return rr_fail(err, RR_EXIT_DATA, "%s: row %llu: %s '%.*s'", r->path,
                   (number)rr_table_row(r->table), what, RR_SHOW(text));
}

/* The name of a column, out of the header. */
static struct rr_text column_name(const struct table_kind *kind, int c)
{
    const char *at = kind->header;
    for (; c > 0; c--)
        at = strchr(at, ',') + 1;
    return (struct rr_text){at, (uint32_t)strcspn(at, ",\n")};
}

static unsigned count_columns(const struct table_kind *kind)
{
    unsigned n = 1;
    for (const char *c = kind->header; *c; c++)
        n += *c == ',';
    return n;
}

static int check_fields(const struct row_reader *r, const struct rr_text *fields,
                        struct rr_error *err)
{
    static const char *const what[] = {"",           "no whole number", "no plain decimal",
                                       "no amount",  "no date",         "no period",
                                       "no currency"};
    for (unsigned c = 0; c < count_columns(r->kind); c++)
        if (!is_of_kind(r->kind->column[c], fields[c]))
            return rr_fail(err, RR_EXIT_DATA, "%s: row %llu: %.*s is %s: '%.*s'", r->path,
                           (number)rr_table_row(r->table), RR_SHOW(column_name(r->kind, (int)c)),
                           what[r->kind->column[c]], RR_SHOW(fields[c]));
    return 0;
}

/* Rows rise by their columns: texts bytewise, numbers as numbers. */
static int check_order(struct row_reader *r, const struct rr_text *fields, struct rr_error *err)
{
    uint64_t row = rr_table_row(r->table);
    struct rr_line *key = &r->key[row % 2];
    const struct rr_line *before = &r->key[(row + 1) % 2];
    rr_line_clear(key);
    for (const int *c = r->kind->order; *c >= 0; c++) {
        uint64_t count = __builtin_bswap64(count_of(fields[*c]));
        if (r->kind->column[*c] == COUNT)
            rr_line_put(key, (const char *)&count, sizeof count);
        else
            rr_line_put(key, fields[*c].ptr, fields[*c].len);
        rr_line_put(key, "", 1);
    }
    int order = row == 1 ? -1 : rr_text_compare(rr_line_text(before), rr_line_text(key));
    if (order < 0 || (order == 0 && r->kind->may_repeat))
        return 0;
    return wrong(r, err,
                 order == 0 ? "is doubled: account or first column"
                            : "is out of order: account or first column",
                 fields[0]);
}

/* A table of the result in hand, which may be compressed. */
static void table_path(const struct rr_verify *v, const char *name, char path[RR_VERIFY_PATH])
{
    snprintf(path, RR_VERIFY_PATH, "%s/%s", v->result, name);
    if (access(path, F_OK) != 0)
        snprintf(path, RR_VERIFY_PATH, "%s/%s.zst", v->result, name);
    if (access(path, F_OK) != 0)
        snprintf(path, RR_VERIFY_PATH, "%s/%s", v->result, name);
}

typedef int (*row_taker)(void *self, const struct row_reader *reader, const struct rr_text *fields,
                         struct rr_error *err);

static int read_rows(struct row_reader *r, bool strictly, row_taker take, void *self,
                     uint64_t *rows, struct rr_error *err)
{
    const struct rr_text *fields;
    int got;
    while ((got = rr_table_next(r->table, &fields, err)) > 0) {
        if (check_fields(r, fields, err) != 0 || (strictly && check_order(r, fields, err) != 0) ||
            (take && take(self, r, fields, err) != 0))
            return -1;
        *rows = rr_table_row(r->table);
    }
    return got;
}

/* Hands on every row. `strictly`: rows must be in order too. */
static int each_row(struct rr_verify *v, const struct table_kind *kind, bool strictly,
                    row_taker take, void *self, uint64_t *rows, struct rr_error *err)
{
    char path[RR_VERIFY_PATH];
    struct row_reader r = {.kind = kind, .path = path};
    *rows = 0;
    table_path(v, kind->name, path);
    r.table = rr_table_open(path, kind->header, err);
    int result = r.table ? read_rows(&r, strictly, take, self, rows, err) : -1;
    rr_table_close(r.table);
    rr_line_fini(&r.key[0]);
    rr_line_fini(&r.key[1]);
    return result;
}

/* Fields with a NUL behind each, as a key of a ledger. */
static struct rr_text join(struct rr_line *key, const struct rr_text *const *parts, int n)
{
    rr_line_clear(key);
    for (int i = 0; i < n; i++) {
        rr_line_put(key, parts[i]->ptr, parts[i]->len);
        rr_line_put(key, "", 1);
    }
    return rr_line_text(key);
}

/* A key for people: its parts with commas between. */
static void show_key(struct rr_text key, char *out, size_t size)
{
    size_t len = key.len > 0 ? key.len - 1 : 0;
    len = len < size ? len : size - 1;
    for (size_t i = 0; i < len; i++)
        out[i] = key.ptr[i] == '\0' ? ',' : key.ptr[i];
    out[len] = '\0';
}

/* ---- lines ---- */

/* A line's amount is its exact amount, rounded by less than a unit. */
static int check_rounding(const struct row_reader *r, const struct rr_text *f, struct rr_error *err)
{
    int digits = rr_currency_digits(f[RR_LINE_CURRENCY]);
    rr_decimal unit = (rr_decimal)rr_pow10((unsigned)(RR_DECIMAL_PLACES - digits));
    rr_decimal difference = decimal_of(f[RR_LINE_AMOUNT]) - decimal_of(f[RR_LINE_EXACT]);
    if (difference >= -unit && difference <= unit)
        return 0;
    return rr_fail(err, RR_EXIT_DATA, "%s: row %llu: amount %.*s is not %.*s, rounded", r->path,
                   (number)rr_table_row(r->table), RR_SHOW(f[RR_LINE_AMOUNT]),
                   RR_SHOW(f[RR_LINE_EXACT]));
}

static int check_line(void *self, const struct row_reader *r, const struct rr_text *f,
                      struct rr_error *err)
{
    const struct rr_verify *v = self;
    json_t *periods = json_object_get(v->facts, "periods");
    const char *first = json_string_value(json_object_get(periods, "from"));
    const char *last = json_string_value(json_object_get(periods, "to"));
    if (rr_text_compare(f[RR_LINE_FROM], f[RR_LINE_TO]) >= 0)
        return wrong(r, err, "its segment ends before it begins,", f[RR_LINE_FROM]);
    if (!first || !last || rr_text_compare(f[RR_LINE_PERIOD], rr_text_of(first)) < 0 ||
        rr_text_compare(f[RR_LINE_PERIOD], rr_text_of(last)) > 0)
        return wrong(r, err, "run.json says that this period was not rated:", f[RR_LINE_PERIOD]);
    return check_rounding(r, f, err);
}

int rr_verify_lines(struct rr_verify *v, struct rr_finding *f)
{
    uint64_t rows;
    if (each_row(v, &lines, true, check_line, v, &rows, &f->err) != 0)
        return -1;
    rr_seen(f, "%llu lines, each once and in order", (number)rows);
    return 0;
}

/* ---- lines against invoices ---- */

/* Two tables whose rows are posted to a ledger. */
struct comparison {
    struct rr_verify *v;
    struct rr_ledger *ledger;
    struct rr_line key, last;
    struct rr_dictionary *contracts; /* those that have shares */
    uint32_t n_contracts;
    uint64_t rows[2];
};

static struct rr_text payer_of(const struct rr_verify *v, const struct rr_text *f)
{
    const json_t *payer = NULL;
    if (f[RR_LINE_CONTRACT].len > 0)
        payer = json_object_getn(json_object_get(v->facts, "payers"), f[RR_LINE_CONTRACT].ptr,
                                 f[RR_LINE_CONTRACT].len);
    const char *name = json_string_value(payer);
    return name ? (struct rr_text){name, (uint32_t)json_string_length(payer)} : f[RR_LINE_ACCOUNT];
}

static int post_line(void *self, const struct row_reader *r, const struct rr_text *f,
                     struct rr_error *err)
{
    (void)r;
    (void)err;
    struct comparison *c = self;
    struct rr_text payer = payer_of(c->v, f);
    const struct rr_text *parts[] = {&payer, &f[RR_LINE_PERIOD], &f[RR_LINE_CURRENCY]};
    rr_ledger_post(c->ledger, RR_LEFT, join(&c->key, parts, 3), 1, decimal_of(f[RR_LINE_AMOUNT]));
    return 0;
}

static int post_invoice(void *self, const struct row_reader *r, const struct rr_text *f,
                        struct rr_error *err)
{
    (void)r;
    (void)err;
    struct comparison *c = self;
    const struct rr_text *parts[] = {&f[INVOICE_ACCOUNT], &f[INVOICE_PERIOD], &f[INVOICE_CURRENCY]};
    rr_ledger_post(c->ledger, RR_RIGHT, join(&c->key, parts, 3), count_of(f[INVOICE_LINES]),
                   decimal_of(f[INVOICE_TOTAL]));
    return 0;
}

static int post_invoices(struct comparison *c, struct rr_error *err)
{
    if (each_row(c->v, &lines, false, post_line, c, &c->rows[0], err) != 0)
        return -1;
    return each_row(c->v, &invoices, true, post_invoice, c, &c->rows[1], err);
}

/* Posts both tables; where they differ, once more, and says where. */
static int compare(struct comparison *c, int (*post)(struct comparison *c, struct rr_error *err),
                   const char *left, const char *right, struct rr_error *err)
{
    struct rr_ledger_difference d;
    char key[256], amount[2][RR_SUM_TEXT];
    c->ledger = rr_ledger_create();
    int result = post(c, err);
    if (result == 0 && !rr_ledger_balances(c->ledger)) {
        rr_ledger_search(c->ledger);
        result = post(c, err);
        if (result == 0 && rr_ledger_first(c->ledger, &d)) {
            show_key(d.key, key, sizeof key);
            rr_sum_format(&d.amount[0], amount[0]);
            rr_sum_format(&d.amount[1], amount[1]);
            result =
                rr_fail(err, RR_EXIT_DATA, "%s: %s: %s has %llu that sum to %s, %s %llu and %s",
                        c->v->result, key, left, (number)d.count[0], amount[0], right,
                        (number)d.count[1], amount[1]);
        } else if (result == 0) {
            result =
                rr_fail(err, RR_EXIT_DATA, "%s: files change while they are read", c->v->result);
        }
    }
    rr_ledger_destroy(c->ledger);
    rr_line_fini(&c->key);
    rr_line_fini(&c->last);
    return result;
}

int rr_verify_invoices(struct rr_verify *v, struct rr_finding *f)
{
    struct comparison c = {.v = v};
    if (compare(&c, post_invoices, "lines.csv", "invoices.csv", &f->err) != 0)
        return -1;
    rr_seen(f, "%llu invoices are the sums of %llu lines", (number)c.rows[1], (number)c.rows[0]);
    return 0;
}

/* ---- lines against shares ---- */

/* Shares of one line stand together. */
static int post_share(void *self, const struct row_reader *r, const struct rr_text *f,
                      struct rr_error *err)
{
    (void)r;
    (void)err;
    struct comparison *c = self;
    const struct rr_text *parts[] = {&f[SHARE_CONTRACT], &f[SHARE_PERIOD], &f[SHARE_CHARGE],
                                     &f[SHARE_DETAIL], &f[SHARE_FROM]};
    struct rr_text key = join(&c->key, parts, 5);
    bool first = !rr_text_equal(key, rr_line_text(&c->last));
    rr_dictionary_enter(c->contracts, f[SHARE_CONTRACT], rr_dictionary_hash(f[SHARE_CONTRACT]));
    rr_ledger_post(c->ledger, RR_RIGHT, key, first, decimal_of(f[SHARE_AMOUNT]));
    rr_line_clear(&c->last);
    rr_line_put(&c->last, key.ptr, key.len);
    return 0;
}

static int post_pooled_line(void *self, const struct row_reader *r, const struct rr_text *f,
                            struct rr_error *err)
{
    (void)r;
    (void)err;
    struct comparison *c = self;
    struct rr_text contract = f[RR_LINE_CONTRACT];
    const struct rr_text *parts[] = {&f[RR_LINE_CONTRACT], &f[RR_LINE_PERIOD], &f[RR_LINE_CHARGE],
                                     &f[RR_LINE_DETAIL], &f[RR_LINE_FROM]};
    if (contract.len > 0 &&
        rr_dictionary_enter(c->contracts, contract, rr_dictionary_hash(contract)) < c->n_contracts)
        rr_ledger_post(c->ledger, RR_LEFT, join(&c->key, parts, 5), 1,
                       decimal_of(f[RR_LINE_AMOUNT]));
    return 0;
}

static int post_shares(struct comparison *c, struct rr_error *err)
{
    c->contracts = rr_dictionary_create();
    rr_line_clear(&c->last);
    int result = each_row(c->v, &shares, true, post_share, c, &c->rows[0], err);
    c->n_contracts = rr_dictionary_size(c->contracts);
    if (result == 0 && c->n_contracts > 0)
        result = each_row(c->v, &lines, false, post_pooled_line, c, &c->rows[1], err);
    rr_dictionary_destroy(c->contracts);
    return result;
}

int rr_verify_shares(struct rr_verify *v, struct rr_finding *f)
{
    struct comparison c = {.v = v};
    if (compare(&c, post_shares, "lines.csv", "shares.csv", &f->err) != 0)
        return -1;
    rr_seen(f, "%llu shares of %u contracts sum to their lines", (number)c.rows[0], c.n_contracts);
    return 0;
}

/* ---- totals ---- */

/* What reconciliation.json says of a currency and period, less what lines, or invoices, come to. */
struct total {
    json_t *said;
    uint64_t lines, invoiced_lines;
    struct rr_sum amount, exact, invoiced;
};

struct totals {
    struct rr_dictionary *keys;
    struct total *total; /* one for each key */
    size_t n;
    struct rr_line key;
};

static struct total *total_of(struct totals *t, struct rr_text currency, struct rr_text period)
{
    const struct rr_text *parts[] = {&currency, &period};
    struct rr_text key = join(&t->key, parts, 2);
    uint32_t code = rr_dictionary_enter(t->keys, key, rr_dictionary_hash(key));
    if (code >= t->n) {
        t->total = rr_realloc(t->total, (t->n + 1) * sizeof *t->total);
        t->total[t->n++] = (struct total){0};
    }
    return &t->total[code];
}

static int count_line(void *self, const struct row_reader *r, const struct rr_text *f,
                      struct rr_error *err)
{
    (void)r;
    (void)err;
    struct total *total = total_of(self, f[RR_LINE_CURRENCY], f[RR_LINE_PERIOD]);
    total->lines++;
    rr_sum_add(&total->amount, decimal_of(f[RR_LINE_AMOUNT]));
    rr_sum_add(&total->exact, decimal_of(f[RR_LINE_EXACT]));
    return 0;
}

static int count_invoice(void *self, const struct row_reader *r, const struct rr_text *f,
                         struct rr_error *err)
{
    (void)r;
    (void)err;
    struct total *total = total_of(self, f[INVOICE_CURRENCY], f[INVOICE_PERIOD]);
    total->invoiced_lines += count_of(f[INVOICE_LINES]);
    rr_sum_add(&total->invoiced, decimal_of(f[INVOICE_TOTAL]));
    return 0;
}

static int read_said(struct rr_verify *v, struct totals *t, struct rr_error *err)
{
    json_t *item;
    size_t i;
    json_array_foreach(json_object_get(v->reconciliation, "totals"), i, item)
    {
        const char *currency = json_string_value(json_object_get(item, "currency"));
        const char *period = json_string_value(json_object_get(item, "period"));
        if (currency == NULL || period == NULL)
            return rr_fail(err, RR_EXIT_DATA, "%s/reconciliation.json: total %zu lacks a field",
                           v->result, i + 1);
        struct total *total = total_of(t, rr_text_of(currency), rr_text_of(period));
        if (total->said)
            return rr_fail(err, RR_EXIT_DATA, "%s/reconciliation.json: %s %s stands there twice",
                           v->result, period, currency);
        total->said = item;
    }
    return 0;
}

static int differ(const struct rr_verify *v, const char *what, struct rr_text key,
                  const struct rr_sum *found, const struct rr_sum *said, struct rr_error *err)
{
    char shown[64], left[RR_SUM_TEXT], right[RR_SUM_TEXT];
    if (rr_sum_equal(found, said))
        return 0;
    show_key(key, shown, sizeof shown);
    rr_sum_format(found, left);
    rr_sum_format(said, right);
    return rr_fail(err, RR_EXIT_DATA, "%s: %s: %s is %s, and reconciliation.json says %s",
                   v->result, shown, what, left, right);
}

static struct rr_sum sum_of_count(uint64_t n)
{
    struct rr_sum sum = {0};
    rr_sum_add(&sum, (rr_decimal)n * RR_DECIMAL_ONE);
    return sum;
}

static int check_total(const struct rr_verify *v, const struct total *t, struct rr_text key,
                       struct rr_error *err)
{
    struct rr_sum amount, exact, found = sum_of_count(t->lines);
    struct rr_sum invoiced_lines = sum_of_count(t->invoiced_lines);
    struct rr_sum said =
        sum_of_count((uint64_t)json_integer_value(json_object_get(t->said, "lines")));
    char shown[64];
    show_key(key, shown, sizeof shown);
    if (t->said == NULL)
        return rr_fail(err, RR_EXIT_DATA, "%s: %s: has lines, and is not in reconciliation.json",
                       v->result, shown);
    if (!rr_sum_in(t->said, "amount", &amount) || !rr_sum_in(t->said, "exact", &exact))
        return rr_fail(err, RR_EXIT_DATA, "%s/reconciliation.json: %s: lacks an amount", v->result,
                       shown);
    if (differ(v, "the number of lines", key, &found, &said, err) != 0 ||
        differ(v, "the number of lines on invoices", key, &invoiced_lines, &said, err) != 0 ||
        differ(v, "the sum of lines", key, &t->amount, &amount, err) != 0 ||
        differ(v, "the sum of invoices", key, &t->invoiced, &amount, err) != 0)
        return -1;
    return differ(v, "the exact sum of lines", key, &t->exact, &exact, err);
}

static int check_totals(const struct rr_verify *v, const struct totals *t, struct rr_error *err)
{
    for (uint32_t i = 0; i < t->n; i++)
        if (check_total(v, &t->total[i], rr_dictionary_text(t->keys, i), err) != 0)
            return -1;
    return 0;
}

/* Lines and invoices, by currency and period, come to what the reconciliation says. */
int rr_verify_totals(struct rr_verify *v, struct rr_finding *f)
{
    uint64_t n_lines = 0, n_invoices = 0;
    struct totals t = {.keys = rr_dictionary_create()};
    int result = read_said(v, &t, &f->err);
    if (result == 0)
        result = each_row(v, &lines, false, count_line, &t, &n_lines, &f->err);
    if (result == 0)
        result = each_row(v, &invoices, false, count_invoice, &t, &n_invoices, &f->err);
    if (result == 0)
        result = check_totals(v, &t, &f->err);
    rr_seen(f, "%zu sums by currency and period", t.n);
    rr_dictionary_destroy(t.keys);
    rr_line_fini(&t.key);
    free(t.total);
    return result;
}

/* ---- lists ---- */

static int check_reason(void *self, const struct row_reader *r, const struct rr_text *f,
                        struct rr_error *err)
{
    (void)self;
    static const char *const reasons[] = {"no_subscription", "no_charge", "negative_quantity"};
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (rr_text_equal(f[UNRATED_REASON], rr_text_of(reasons[i])))
            return 0;
    return wrong(r, err, "no reason that there is:", f[UNRATED_REASON]);
}

int rr_verify_unrated(struct rr_verify *v, struct rr_finding *f)
{
    uint64_t rows;
    if (each_row(v, &unrated, true, check_reason, NULL, &rows, &f->err) != 0)
        return -1;
    rr_seen(f, "%llu rows in order", (number)rows);
    return 0;
}

/* The inputs of run.json, for rows that name them. */
static bool is_input(const struct rr_verify *v, struct rr_text path)
{
    json_t *item;
    size_t i;
    json_array_foreach(json_object_get(v->facts, "inputs"), i, item)
    {
        const char *name = json_string_value(json_object_get(item, "path"));
        if (name && rr_text_equal(rr_text_of(name), path))
            return true;
    }
    return false;
}

struct list {
    const struct rr_verify *v;
    uint64_t code[RR_REJECT_CODES];
    struct rr_line file; /* the one asked for last: rows of a file come together */
};

static int check_input_of(struct list *list, const struct row_reader *r, struct rr_text path,
                          struct rr_error *err)
{
    if (list->file.used > 0 && rr_text_equal(path, rr_line_text(&list->file)))
        return 0;
    if (!is_input(list->v, path))
        return wrong(r, err, "no input of run.json:", path);
    rr_line_clear(&list->file);
    rr_line_put(&list->file, path.ptr, path.len);
    return 0;
}

static int take_quarantined(void *self, const struct row_reader *r, const struct rr_text *f,
                            struct rr_error *err)
{
    struct list *list = self;
    for (int code = RR_ACCEPT + 1; code < RR_REJECT_CODES; code++)
        if (rr_text_equal(f[BAD_CODE], rr_text_of(rr_reject_name((enum rr_reject)code)))) {
            list->code[code]++;
            return check_input_of(list, r, f[BAD_FILE], err);
        }
    return wrong(r, err, "no code that there is:", f[BAD_CODE]);
}

/* As many of each code as the reconciliation says. */
int rr_verify_quarantine(struct rr_verify *v, struct rr_finding *f)
{
    uint64_t rows;
    struct list list = {.v = v};
    const json_t *said =
        json_object_get(json_object_get(v->reconciliation, "records"), "quarantined");
    int result = each_row(v, &quarantine, true, take_quarantined, &list, &rows, &f->err);
    for (int code = RR_ACCEPT + 1; code < RR_REJECT_CODES && result == 0; code++) {
        const char *name = rr_reject_name((enum rr_reject)code);
        uint64_t n = (uint64_t)json_integer_value(json_object_get(said, name));
        if (n != list.code[code])
            result = rr_fail(&f->err, RR_EXIT_DATA,
                             "%s/quarantine.csv: holds %llu records that are %s, and "
                             "reconciliation.json says %llu",
                             v->result, (number)list.code[code], name, (number)n);
    }
    rr_line_fini(&list.file);
    rr_seen(f, "%llu records, by code as many as were counted", (number)rows);
    return result;
}

static int take_conflict(void *self, const struct row_reader *r, const struct rr_text *f,
                         struct rr_error *err)
{
    if (rr_text_equal(f[KEPT_FILE], f[COPY_FILE]) && rr_text_equal(f[KEPT_RECORD], f[COPY_RECORD]))
        return wrong(r, err, "a record that conflicts with itself:", f[KEPT_ACCOUNT]);
    if (f[COPY_DIFFERS].len == 0)
        return wrong(r, err, "nothing differs:", f[KEPT_ACCOUNT]);
    return check_input_of(self, r, f[KEPT_FILE], err);
}

int rr_verify_conflicts(struct rr_verify *v, struct rr_finding *f)
{
    uint64_t rows;
    struct list list = {.v = v};
    uint64_t said = (uint64_t)json_integer_value(json_object_get(v->reconciliation, "conflicts"));
    int result = each_row(v, &conflicts, true, take_conflict, &list, &rows, &f->err);
    rr_line_fini(&list.file);
    if (result == 0 && rows != said)
        result = rr_fail(&f->err, RR_EXIT_DATA,
                         "%s/conflicts.csv: holds %llu rows, and reconciliation.json says %llu",
                         v->result, (number)rows, (number)said);
    rr_seen(f, "%llu rows, as many as were counted", (number)rows);
    return result;
}
