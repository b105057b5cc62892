/* What of an explanation is shown. */
#include "explain.h"

#include "../io/memory.h"
#include "row_fields.h"

#include <stdlib.h>

static bool is_asked(const char *asked, struct rr_text text)
{
    return asked == NULL || rr_text_equal(rr_text_of(asked), text);
}

static bool is_period(const struct rr_explain_view *view, int32_t period)
{
    char text[RR_PERIOD_TEXT];
    if (view->filter.period == NULL)
        return true;
    rr_period_format(view->kind, period, text);
    return strcmp(text, view->filter.period) == 0;
}

static bool is_shown(const struct rr_explain_view *view, int32_t period, struct rr_text charge,
                     struct rr_text detail)
{
    return is_period(view, period) && is_asked(view->filter.charge, charge) &&
           is_asked(view->filter.detail, detail);
}

bool rr_explain_shows_line(const struct rr_explain_view *view, const struct rr_rated_line *line)
{
    return is_shown(view, line->period, line->charge, line->detail);
}

bool rr_explain_shows_pair(const struct rr_explain_view *view, const struct rr_explain_pair *pair)
{
    return is_shown(view, pair->period, pair->charge, pair->detail);
}

bool rr_explain_shows_unrated(const struct rr_explain_view *view, const struct rr_unrated *row)
{
    return view->filter.charge == NULL && is_period(view, row->period) &&
           is_asked(view->filter.detail, row->detail);
}

/* ---- invoices ---- */

/* Whether a line of the account that is shown is on the invoice. */
static bool holds_a_line(const struct rr_explain_view *view, const struct rr_told *told,
                         const struct rr_explain_invoice *invoice)
{
    char period[RR_PERIOD_TEXT];
    for (uint32_t i = 0; i < told->n_lines; i++) {
        const struct rr_rated_line *line = &told->line[i].line;
        rr_period_format(view->kind, line->period, period);
        if (rr_text_equal(rr_line_payer(line), invoice->payer) &&
            rr_text_equal(rr_text_of(period), invoice->period) &&
            rr_text_equal(rr_text_of(line->plan->currency), invoice->currency) &&
            rr_explain_shows_line(view, line))
            return true;
    }
    return false;
}

static bool shows_invoice(const struct rr_explain_view *view, const struct rr_told *told,
                          const struct rr_explain_invoice *invoice)
{
    bool all = view->filter.charge == NULL && view->filter.detail == NULL;
    if (all && rr_text_equal(invoice->payer, view->account))
        return is_asked(view->filter.period, invoice->period);
    return holds_a_line(view, told, invoice);
}

static uint64_t number_of(struct rr_text text)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < text.len; i++)
        n = 10 * n + (uint64_t)(text.ptr[i] - '0');
    return n;
}

/* The next row of invoices; false where there are no more. */
static bool next_row(struct rr_explain_invoices *in, struct rr_explain_invoice *invoice)
{
    enum { COLUMNS = 5 };
    const struct rr_proved_rows *rows = &in->side->explained->rows;
    struct rr_text field[COLUMNS];
    while (in->rows.len == 0) {
        if (in->key == rows->n)
            return false;
        const struct rr_proved_key *key = &rows->key[in->key++];
        if (key->table == RR_PROVED_INVOICES)
            in->rows = rr_line_text(&key->rows);
    }
    rr_check(rr_row_take(&in->rows, field, COLUMNS, &in->unquoted), "a row that is no invoice");
    *invoice =
        (struct rr_explain_invoice){field[0], field[1], field[2], field[4], number_of(field[3])};
    return true;
}

bool rr_explain_invoice_next(struct rr_explain_invoices *in, struct rr_explain_invoice *invoice)
{
    while (next_row(in, invoice))
        if (shows_invoice(in->view, in->side->explained->told, invoice))
            return true;
    rr_line_fini(&in->unquoted);
    return false;
}
