/* Invoices of which some stay. */
#include "carried_invoices.h"

#include "../io/memory.h"
#include "carried_rows.h"
#include "currency.h"
#include "row_fields.h"

#include <stdlib.h>
#include <string.h>

enum { ACCOUNT, PERIOD, CURRENCY, LINES, TOTAL, COLUMNS };
enum { MANY_BYTES = 64 * 1024 };

void rr_carried_invoices_fini(struct rr_carried_invoices *v)
{
    rr_line_fini(&v->account);
    rr_line_fini(&v->rows);
    rr_line_fini(&v->unquoted);
    free(v->sum);
}

bool rr_carried_period(enum rr_period kind, struct rr_text text, int32_t *number)
{
    char copy[RR_PERIOD_TEXT];
    if (text.len >= sizeof copy)
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    return rr_period_parse(kind, copy, number);
}

struct rr_total *rr_carried_total(struct rr_totals *totals, enum rr_period kind,
                                  struct rr_text currency, struct rr_text period)
{
    char code[4] = {0};
    int32_t number;
    int digits = rr_currency_digits(currency);
    if (digits < 0 || currency.len != 3 || !rr_carried_period(kind, period, &number))
        return NULL;
    memcpy(code, currency.ptr, 3);
    return rr_totals_at(totals, code, number, digits);
}

/* ---- those that go ---- */

static bool parse_count(struct rr_text text, uint64_t *count)
{
    *count = 0;
    for (uint32_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9' || *count > UINT64_MAX / 10 - 1)
            return false;
        *count = *count * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    return text.len > 0;
}

static bool take_off(struct rr_carried_invoices *v, const struct rr_text *field)
{
    uint64_t lines;
    rr_decimal amount;
    struct rr_total *total = rr_carried_total(v->totals, v->kind, field[CURRENCY], field[PERIOD]);
    if (total == NULL || !parse_count(field[LINES], &lines) ||
        rr_decimal_parse(field[TOTAL].ptr, field[TOTAL].len, false, &amount) != RR_DECIMAL_OK)
        return false;
    total->invoiced_lines -= lines;
    rr_sum_add(&total->invoiced, -amount);
    return true;
}

int rr_carried_invoices_gone(void *self, struct rr_text rows, struct rr_error *err)
{
    struct rr_carried_invoices *v = self;
    struct rr_text field[COLUMNS];
    while (rows.len > 0)
        if (!rr_row_take(&rows, field, COLUMNS, &v->unquoted) || !take_off(v, field))
            return rr_carried_unreadable("invoices.csv", err);
    return 0;
}

/* ---- those that are summed again ---- */

static int hand_on(struct rr_carried_invoices *v, struct rr_error *err)
{
    int result = 0;
    if (v->rows.used > 0)
        result = rr_output_add(v->output, rr_line_text(&v->account), rr_line_text(&v->rows), err);
    rr_line_clear(&v->rows);
    return result;
}

static int put_invoice(struct rr_carried_invoices *v, const struct rr_carried_sum *sum,
                       struct rr_error *err)
{
    char text[RR_DECIMAL_TEXT];
    rr_decimal amount;
    if (!rr_sum_decimal(&sum->amount, &amount))
        return rr_fail(err, RR_EXIT_DATA,
                       "account '%.*s': the total of an invoice has more than 20 digits",
                       RR_SHOW(rr_line_text(&v->account)));
    struct rr_total *total = rr_totals_at(v->totals, sum->currency, v->number, sum->minor_digits);
    total->invoiced_lines += sum->lines;
    rr_sum_add(&total->invoiced, amount);
    rr_line_field(&v->rows, rr_line_text(&v->account));
    rr_line_plain(&v->rows, v->period, strlen(v->period));
    rr_line_plain(&v->rows, sum->currency, strlen(sum->currency));
    rr_line_number(&v->rows, sum->lines);
    rr_line_plain(&v->rows, text,
                  rr_decimal_format_fixed(amount, (unsigned)sum->minor_digits, text));
    rr_line_end(&v->rows);
    return v->rows.used >= MANY_BYTES ? hand_on(v, err) : 0;
}

static int end_period(struct rr_carried_invoices *v, struct rr_error *err)
{
    for (uint32_t i = 0; i < v->n; i++)
        if (put_invoice(v, &v->sum[i], err) != 0)
            return -1;
    v->n = 0;
    return 0;
}

/* That of a currency, in their order; NULL for what is none. */
static struct rr_carried_sum *sum_of(struct rr_carried_invoices *v, struct rr_text currency)
{
    uint32_t at = 0;
    while (at < v->n && rr_text_compare(rr_text_of(v->sum[at].currency), currency) < 0)
        at++;
    if (at < v->n && rr_text_equal(rr_text_of(v->sum[at].currency), currency))
        return &v->sum[at];
    int digits = rr_currency_digits(currency);
    if (digits < 0)
        return NULL;
    if (v->n == v->size) {
        v->size = v->size ? 2 * v->size : 4;
        v->sum = rr_realloc(v->sum, v->size * sizeof *v->sum);
    }
    memmove(&v->sum[at + 1], &v->sum[at], (v->n - at) * sizeof *v->sum);
    v->n++;
    v->sum[at] = (struct rr_carried_sum){.minor_digits = digits};
    memcpy(v->sum[at].currency, currency.ptr, 3);
    return &v->sum[at];
}

int rr_carried_invoices_begin(struct rr_carried_invoices *v, struct rr_text account,
                              struct rr_error *err)
{
    rr_line_clear(&v->account);
    rr_line_put(&v->account, account.ptr, account.len);
    v->n = 0;
    v->period[0] = '\0';
    return rr_output_add(v->output, account, (struct rr_text){0}, err);
}

int rr_carried_invoices_add(struct rr_carried_invoices *v, struct rr_text period,
                            struct rr_text currency, rr_decimal money, struct rr_error *err)
{
    if (!rr_text_equal(rr_text_of(v->period), period)) {
        if (end_period(v, err) != 0)
            return -1;
        if (!rr_carried_period(v->kind, period, &v->number))
            return rr_fail(err, RR_EXIT_DATA, "'%.*s' in the earlier lines.csv is no period",
                           RR_SHOW(period));
        memcpy(v->period, period.ptr, period.len);
        v->period[period.len] = '\0';
    }
    struct rr_carried_sum *sum = sum_of(v, currency);
    if (sum == NULL)
        return rr_fail(err, RR_EXIT_DATA, "'%.*s' in the earlier lines.csv is no currency",
                       RR_SHOW(currency));
    sum->lines++;
    rr_sum_add(&sum->amount, money);
    return 0;
}

int rr_carried_invoices_end(struct rr_carried_invoices *v, struct rr_error *err)
{
    return end_period(v, err) == 0 ? hand_on(v, err) : -1;
}
