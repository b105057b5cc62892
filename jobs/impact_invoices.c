/* Invoices of an impact. */
#include "impact_invoices.h"

#include "../io/memory.h"
#include "corrections_out.h"
#include "impact_tables.h"
#include "money.h"
#include "rated.h"
#include "row_fields.h"

#include <stdio.h>

const char rr_adjustments_header[] = "account,period,currency,old,new,delta,kind\n";

/* The columns of invoices.csv. */
enum { ACCOUNT, PERIOD, CURRENCY, LINES, TOTAL, COLUMNS };

enum { KEY_ACCOUNT, KEY_PERIOD, KEY_CURRENCY, KEY_PARTS };

struct value {
    rr_decimal amount;
    unsigned sides;
};

/* What a payer pays in a currency, over all periods. */
struct currency_sums {
    char currency[4];
    struct rr_sum old, new;
};

struct invoices {
    const struct rr_impact_invoices *in;
    struct rr_matching *matching;
    struct rr_line unquoted, key, row;
    struct rr_sum sum[RR_AMOUNTS];  /* of the key in hand */
    struct currency_sums *currency; /* of the payer in hand */
    int n_currencies, currencies_size;
};

/* ---- payers ---- */

static struct currency_sums *sums_of(struct invoices *v, struct rr_text currency)
{
    for (int i = 0; i < v->n_currencies; i++)
        if (rr_text_equal(rr_text_of(v->currency[i].currency), currency))
            return &v->currency[i];
    if (v->n_currencies == v->currencies_size) {
        v->currencies_size++;
        v->currency = rr_realloc(v->currency, (size_t)v->currencies_size * sizeof *v->currency);
    }
    struct currency_sums *sums = &v->currency[v->n_currencies++];
    *sums = (struct currency_sums){0};
    snprintf(sums->currency, sizeof sums->currency, "%.*s", (int)currency.len, currency.ptr);
    return sums;
}

/* Sorts as the change does: the greatest credit first. */
static struct rr_text bucket_name(const struct rr_sum *delta, char out[16])
{
    bool less = delta->high < 0;
    struct rr_sum left = less ? rr_sum_negated(delta) : *delta;
    char text[RR_SUM_TEXT];
    size_t len = rr_sum_format(&left, text);
    const char *point = memchr(text, '.', len);
    size_t whole = point ? (size_t)(point - text) : len;
    int exponent = (int)whole - 1;
    if (text[0] == '0')
        exponent = -1 - (int)strspn(text + 2, "0");
    return (struct rr_text){
        out, (uint32_t)snprintf(out, 16, "%03d", less ? 100 - exponent : 300 + exponent)};
}

void rr_impact_bucket_read(struct rr_text name, struct rr_impact_bucket *bucket)
{
    int number = atoi(name.ptr);
    bucket->less = number < 200;
    bucket->exponent = bucket->less ? 100 - number : number - 300;
}

static void count_change(struct invoices *v, struct rr_text account,
                         const struct currency_sums *sums, const struct rr_sum *delta)
{
    char name[16];
    const struct rr_text key[] = {rr_text_of(sums->currency), bucket_name(delta, name)};
    struct rr_keyed_sum *bucket = rr_keyed_sums_at(&v->in->totals->buckets, key, 2);
    struct rr_top_account item = {
        .account = account, .old = sums->old, .new = sums->new, .delta = *delta};
    bucket->count++;
    rr_sum_merge(&bucket->sum[0], delta);
    memcpy(item.currency, sums->currency, sizeof item.currency);
    rr_impact_top_add(v->in->top, v->in->top_n, &item);
}

static void count_payer(struct invoices *v, struct rr_text account,
                        const struct currency_sums *sums)
{
    struct rr_sum delta = rr_sum_minus(&sums->new, &sums->old);
    bool changed = !rr_sum_is_zero(&delta);
    const char *how = !changed ? "unchanged" : delta.high < 0 ? "less" : "more";
    const struct rr_text key[] = {rr_text_of(sums->currency), rr_text_of(how)};
    rr_keyed_sums_at(&v->in->totals->payers, key, 2)->count++;
    if (changed)
        count_change(v, account, sums, &delta);
}

static int end_account(void *self, struct rr_text account, struct rr_error *err)
{
    struct invoices *v = self;
    (void)err;
    for (int i = 0; i < v->n_currencies; i++)
        count_payer(v, account, &v->currency[i]);
    v->n_currencies = 0;
    return 0;
}

/* ---- rows ---- */

static int take_row(struct invoices *v, struct rr_text *rows, struct rr_text field[COLUMNS],
                    rr_decimal *total, struct rr_error *err)
{
    if (rr_row_take(rows, field, COLUMNS, &v->unquoted) && field[CURRENCY].len == 3 &&
        rr_decimal_parse(field[TOTAL].ptr, field[TOTAL].len, false, total) == RR_DECIMAL_OK)
        return 0;
    return rr_fail(err, RR_EXIT_DATA, "invoices.csv: account '%.*s': has a row that is no invoice",
                   RR_SHOW(field[ACCOUNT]));
}

static int take_same(void *self, struct rr_text rows, struct rr_error *err)
{
    struct invoices *v = self;
    struct rr_text field[COLUMNS] = {0};
    rr_decimal total;
    while (rows.len > 0) {
        if (take_row(v, &rows, field, &total, err) != 0)
            return -1;
        rr_impact_totals_read(v->in->totals, RR_IMPACT_INVOICES, RR_FROM_ALL, field[CURRENCY],
                              field[PERIOD], total, 0);
        sums_of(v, field[CURRENCY]);
    }
    return end_account(v, field[ACCOUNT], err);
}

static int put(struct invoices *v, const struct rr_text key[KEY_PARTS], unsigned sides,
               rr_decimal amount, struct rr_error *err)
{
    const struct value value = {amount, sides};
    rr_line_clear(&v->key);
    for (int i = 0; i < KEY_PARTS; i++) {
        rr_line_put(&v->key, key[i].ptr, key[i].len);
        rr_line_put(&v->key, "", 1);
    }
    return rr_matching_put(v->matching, rr_line_text(&v->key),
                           (struct rr_text){(const char *)&value, sizeof value}, err);
}

static int take_rows(void *self, int source, struct rr_text rows, struct rr_error *err)
{
    struct invoices *v = self;
    struct rr_text field[COLUMNS] = {0};
    rr_decimal total;
    while (rows.len > 0) {
        if (take_row(v, &rows, field, &total, err) != 0)
            return -1;
        unsigned sides =
            rr_impact_sides_of(v->in->sides, source, field[PERIOD]) & (RR_BASE | RR_NEW);
        rr_impact_totals_read(v->in->totals, RR_IMPACT_INVOICES, source, field[CURRENCY],
                              field[PERIOD], total, 0);
        if (sides != 0 && put(v, field, sides, total, err) != 0)
            return -1;
    }
    return 0;
}

static int take_issued(void *self, struct rr_text rows, struct rr_error *err)
{
    struct invoices *v = self;
    struct rr_issued_row row;
    rr_issued_row_decode(rows, &row);
    const struct rr_text key[] = {row.payer, row.corrects, row.currency};
    rr_impact_totals_read(v->in->totals, RR_IMPACT_INVOICES, RR_FROM_CORRECTIONS, row.currency,
                          row.corrects, row.amount, 0);
    return put(v, key, RR_BASE, row.amount, err);
}

static int take_value(void *self, struct rr_text bytes, struct rr_error *err)
{
    struct invoices *v = self;
    struct value value;
    (void)err;
    memcpy(&value, bytes.ptr, sizeof value);
    rr_amounts_add(v->sum, value.sides, value.amount, 0);
    return 0;
}

static void put_money(struct rr_line *row, const struct rr_sum *amount, struct rr_text currency)
{
    char text[RR_SUM_TEXT];
    rr_line_plain(row, text, rr_money_format(amount, currency, text));
}

static int write_row(struct invoices *v, struct rr_text key, const struct rr_text part[KEY_PARTS],
                     const struct rr_effects *effects, struct rr_error *err)
{
    struct rr_line *row = &v->row;
    rr_line_clear(row);
    for (int i = 0; i < KEY_PARTS; i++)
        rr_line_field(row, part[i]);
    put_money(row, &v->sum[RR_BASE_AMOUNT], part[KEY_CURRENCY]);
    put_money(row, &v->sum[RR_NEW_AMOUNT], part[KEY_CURRENCY]);
    put_money(row, &effects->delta, part[KEY_CURRENCY]);
    rr_line_field(row, rr_text_of(rr_correction_kind(&effects->delta)));
    rr_line_end(row);
    rr_impact_totals_write(v->in->totals, RR_IMPACT_INVOICES, part[KEY_CURRENCY], part[KEY_PERIOD],
                           effects);
    return rr_output_add(v->in->output, key, rr_line_text(row), err);
}

static int end_key(void *self, struct rr_text key, struct rr_error *err)
{
    struct invoices *v = self;
    struct rr_text part[KEY_PARTS];
    const char *at = key.ptr;
    for (int i = 0; i < KEY_PARTS; i++) {
        part[i] = rr_text_of(at);
        at += part[i].len + 1;
    }
    struct currency_sums *sums = sums_of(v, part[KEY_CURRENCY]);
    rr_sum_merge(&sums->old, &v->sum[RR_BASE_AMOUNT]);
    rr_sum_merge(&sums->new, &v->sum[RR_NEW_AMOUNT]);
    const struct rr_effects effects = rr_effects_of(v->sum);
    int result = 0;
    if (!rr_sum_is_zero(&effects.delta))
        result = write_row(v, key, part, &effects, err);
    memset(v->sum, 0, sizeof v->sum);
    return result;
}

int rr_impact_invoices_match(const struct rr_impact_invoices *in, struct rr_error *err)
{
    struct invoices v = {.in = in};
    const struct rr_matcher matcher = {&v,         take_same, take_rows,  take_issued,
                                       take_value, end_key,   end_account};
    const struct rr_impact_match match = {in->comm,           in->sides,   "invoices.csv",
                                          rr_invoices_header, RR_BY_PAYER, in->beside,
                                          in->memory};
    v.matching = rr_matching_create(in->comm, in->beside, in->memory, &matcher);
    int result = rr_impact_match(&match, v.matching, err);
    rr_matching_destroy(v.matching);
    rr_line_fini(&v.unquoted);
    rr_line_fini(&v.key);
    rr_line_fini(&v.row);
    free(v.currency);
    return result;
}
