/* Comparing the invoices of two results. */
#include "invoice_delta.h"

#include "../io/memory.h"
#include "../io/table.h"
#include "../io/wide.h"
#include "currency.h"
#include "rated.h"

#include <stdlib.h>
#include <string.h>

enum { ACCOUNT, PERIOD, CURRENCY, LINES, TOTAL };

/* One of the two tables, and the row that comes next in it. */
struct side {
    struct rr_table *table;    /* NULL: none */
    const struct rr_text *row; /* NULL at the end */
};

static int next_row(struct side *s, struct rr_error *err)
{
    int got = s->table ? rr_table_next(s->table, &s->row, err) : 0;
    if (got <= 0)
        s->row = NULL;
    return got < 0 ? -1 : 0;
}

static int open_side(struct side *s, const struct rr_result_facts *facts, struct rr_error *err)
{
    char path[RR_RESULT_PATH + 64];
    if (facts == NULL)
        return 0;
    if (!rr_result_table(facts, "invoices.csv", path))
        return rr_fail(err, RR_EXIT_DATA, "%s/run.json: names no invoices.csv", facts->dir);
    s->table = rr_table_open(path, rr_invoices_header, err);
    return s->table ? next_row(s, err) : -1;
}

/* Rows are sorted by account, period and currency. A side that has ended comes after all. */
static int compare(const struct side *a, const struct side *b)
{
    int order = 0;
    if (a->row == NULL || b->row == NULL)
        return (a->row == NULL) - (b->row == NULL);
    for (int c = ACCOUNT; c <= CURRENCY && order == 0; c++)
        order = rr_text_compare(a->row[c], b->row[c]);
    return order;
}

static struct rr_currency_delta *find_currency(struct rr_invoice_delta *d, struct rr_text code)
{
    int at = 0;
    while (at < d->n && rr_text_compare(rr_text_of(d->currency[at].currency), code) < 0)
        at++;
    if (at < d->n && rr_text_equal(rr_text_of(d->currency[at].currency), code))
        return &d->currency[at];
    d->currency = rr_realloc(d->currency, (size_t)(d->n + 1) * sizeof *d->currency);
    memmove(&d->currency[at + 1], &d->currency[at], (size_t)(d->n - at) * sizeof *d->currency);
    d->n++;
    d->currency[at] = (struct rr_currency_delta){0};
    memcpy(d->currency[at].currency, code.ptr, code.len);
    return &d->currency[at];
}

static int read_total(const struct side *s, bool there, rr_decimal *total, struct rr_error *err)
{
    *total = 0;
    if (!there)
        return 0;
    struct rr_text text = s->row[TOTAL], code = s->row[CURRENCY];
    if (code.len == 3 && rr_decimal_parse(text.ptr, text.len, false, total) == RR_DECIMAL_OK)
        return 0;
    return rr_fail(err, RR_EXIT_DATA, "invoices.csv: row %llu: is no invoice",
                   (unsigned long long)rr_table_row(s->table));
}

static rr_decimal magnitude(rr_decimal value)
{
    return value < 0 ? -value : value;
}

static void note_greatest(struct rr_currency_delta *c, const struct rr_text *row, rr_decimal delta)
{
    free(c->account);
    free(c->period);
    c->greatest = delta;
    c->account = strndup(row[ACCOUNT].ptr, row[ACCOUNT].len);
    c->period = strndup(row[PERIOD].ptr, row[PERIOD].len);
}

static int add_invoice(struct rr_currency_delta *c, const struct rr_text *row, rr_decimal before,
                       rr_decimal after, struct rr_error *err)
{
    rr_decimal delta;
    if (rr_decimal_add_overflows(after, -before, &delta))
        return rr_fail(err, RR_EXIT_DATA, "an invoice of '%.*s' changes by more than 20 digits",
                       RR_SHOW(row[ACCOUNT]));
    rr_sum_add(&c->before, before);
    rr_sum_add(&c->after, after);
    rr_sum_add(&c->magnitude, magnitude(before));
    rr_sum_add(&c->moved, magnitude(delta));
    c->invoices++;
    c->changed += delta != 0;
    if (magnitude(delta) > magnitude(c->greatest))
        note_greatest(c, row, delta);
    return 0;
}

static int compare_all(struct rr_invoice_delta *d, struct side *old, struct side *new,
                       struct rr_error *err)
{
    while (old->row || new->row) {
        int order = compare(old, new);
        const struct rr_text *row = order <= 0 ? old->row : new->row;
        rr_decimal before, after;
        if (read_total(old, order <= 0, &before, err) != 0 ||
            read_total(new, order >= 0, &after, err) != 0 ||
            add_invoice(find_currency(d, row[CURRENCY]), row, before, after, err) != 0)
            return -1;
        if ((order <= 0 && next_row(old, err) != 0) || (order >= 0 && next_row(new, err) != 0))
            return -1;
    }
    return 0;
}

int rr_invoice_delta_read(const struct rr_result_facts *before, const struct rr_result_facts *after,
                          struct rr_invoice_delta *delta, struct rr_error *err)
{
    struct side old = {0}, new = {0};
    *delta = (struct rr_invoice_delta){0};
    int result = open_side(&old, before, err);
    if (result == 0)
        result = open_side(&new, after, err);
    if (result == 0)
        result = compare_all(delta, &old, &new, err);
    rr_table_close(old.table);
    rr_table_close(new.table);
    if (result != 0)
        rr_invoice_delta_fini(delta);
    return result;
}

void rr_invoice_delta_fini(struct rr_invoice_delta *d)
{
    for (int i = 0; i < d->n; i++) {
        free(d->currency[i].account);
        free(d->currency[i].period);
    }
    free(d->currency);
    *d = (struct rr_invoice_delta){0};
}

struct rr_sum rr_currency_net(const struct rr_currency_delta *c)
{
    struct rr_sum net = rr_sum_negated(&c->before);
    rr_sum_merge(&net, &c->after);
    return net;
}

void rr_currency_delta_format(const struct rr_currency_delta *c, const struct rr_sum *amount,
                              char out[RR_SUM_TEXT])
{
    rr_currency_format(amount, rr_currency_digits(rr_text_of(c->currency)), out);
}

static json_t *amount_json(const struct rr_currency_delta *c, const struct rr_sum *amount)
{
    char text[RR_SUM_TEXT];
    rr_currency_delta_format(c, amount, text);
    return json_string(text);
}

static json_t *greatest_json(const struct rr_currency_delta *c)
{
    struct rr_sum delta = {0};
    if (c->account == NULL)
        return json_null();
    rr_sum_add(&delta, c->greatest);
    return json_pack("{s:s, s:s, s:o}", "account", c->account, "period", c->period, "delta",
                     amount_json(c, &delta));
}

static json_t *currency_json(const struct rr_currency_delta *c)
{
    struct rr_sum net = rr_currency_net(c);
    return json_pack("{s:o, s:o, s:o, s:o, s:I, s:I, s:o}", "before", amount_json(c, &c->before),
                     "after", amount_json(c, &c->after), "net", amount_json(c, &net), "moved",
                     amount_json(c, &c->moved), "invoices", (json_int_t)c->invoices, "changed",
                     (json_int_t)c->changed, "greatest", greatest_json(c));
}

json_t *rr_invoice_delta_json(const struct rr_invoice_delta *d)
{
    json_t *out = json_object();
    for (int i = 0; i < d->n; i++)
        json_object_set_new(out, d->currency[i].currency, currency_json(&d->currency[i]));
    return out;
}

/* ---- bounds ---- */

bool rr_delta_bound_parse(const char *text, struct rr_delta_bound *bound)
{
    size_t len = strlen(text);
    bound->is_percent = len > 0 && text[len - 1] == '%';
    return *text >= '0' && *text <= '9' &&
           rr_decimal_parse(text, len - bound->is_percent, false, &bound->limit) == RR_DECIMAL_OK;
}

/* moved / magnitude > limit / 100, multiplied out. What is no decimal any more is more than any amount. */
static bool breaks(const struct rr_delta_bound *bound, const struct rr_currency_delta *c)
{
    rr_decimal moved, before;
    if (!rr_sum_decimal(&c->moved, &moved) || !rr_sum_decimal(&c->magnitude, &before))
        return true;
    if (!bound->is_percent)
        return moved > bound->limit;
    struct rr_wide left = rr_wide_product(moved, 100 * RR_DECIMAL_ONE);
    struct rr_wide right = rr_wide_product(before, bound->limit);
    return rr_wide_compare(&left, &right) > 0;
}

const struct rr_currency_delta *rr_delta_bound_broken(const struct rr_delta_bound *bound,
                                                      const struct rr_invoice_delta *delta)
{
    for (int i = 0; i < delta->n; i++)
        if (breaks(bound, &delta->currency[i]))
            return &delta->currency[i];
    return NULL;
}
