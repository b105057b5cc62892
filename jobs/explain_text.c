/* An explanation as text: what a person reads to a customer. */
#include "explain.h"

#include "explain_rows.h"
#include "explain_sides.h"
#include "explain_step_rows.h"
#include "money.h"
#include "shown_name.h"
#include "text_columns.h"

enum { INDENT = 2 };

/* ---- headings ---- */

void rr_explain_put_line_name(const struct rr_explain_view *view, int32_t period,
                              struct rr_text charge, struct rr_text detail, struct rr_line *out)
{
    char text[RR_PERIOD_TEXT];
    rr_period_format(view->kind, period, text);
    rr_row_put(out, "%s  ", text);
    rr_shown_name_put(out, charge);
    if (detail.len > 0) {
        rr_row_put(out, "  ");
        rr_shown_name_put(out, detail);
    }
}

static void put_days(int32_t from, int32_t to, struct rr_line *out)
{
    char first[RR_PERIOD_TEXT], last[RR_PERIOD_TEXT];
    rr_day_format(from, first);
    rr_day_format(to - 1, last);
    rr_row_put(out, "%s through %s", first, last);
}

void rr_explain_put_terms(const struct rr_explain_view *view, const struct rr_told_line *told,
                          struct rr_line *out)
{
    const struct rr_rated_line *line = &told->line;
    char from[RR_PERIOD_TEXT];
    put_days(line->from, line->to, out);
    if (line->contract) {
        rr_row_put(out, ", contract ");
        rr_shown_name_put(out, line->contract->name);
    }
    if (line->plan->name.len > 0) {
        rr_row_put(out, ", plan ");
        rr_shown_name_put(out, line->plan->name);
    }
    if (told->step[0].kind == RR_STEP_CHARGE) {
        rr_day_format(told->step[0].segment->version->from, from);
        rr_row_put(out, ", prices since %s", from);
    }
    if (!rr_text_equal(line->account, view->account)) {
        rr_row_put(out, ", on account ");
        rr_shown_name_put(out, line->account);
    }
    if (!rr_text_equal(rr_line_payer(line), line->account)) {
        rr_row_put(out, ", paid by ");
        rr_shown_name_put(out, rr_line_payer(line));
    }
}

static void put_title(const struct rr_explain_view *view, struct rr_line *out)
{
    rr_row_put(out, "account   ");
    rr_shown_name_put(out, view->account);
    rr_row_put(out, "\nresult    ");
    rr_shown_name_put(out, rr_text_of(view->workspace));
    rr_row_put(out, "/results/%04u", view->side[0].result);
    if (view->n_sides == 2)
        rr_row_put(out, " (old) and %04u (new)", view->side[1].result);
    rr_row_put(out, "\n");
}

/* ---- one result ---- */

static void put_invoices(const struct rr_explain_view *view, struct rr_line *out)
{
    struct rr_explain_invoices invoices = {.view = view, .side = &view->side[0]};
    struct rr_explain_invoice invoice;
    while (rr_explain_invoice_next(&invoices, &invoice)) {
        rr_row_put(out, "invoice   ");
        rr_line_put(out, invoice.period.ptr, invoice.period.len);
        rr_row_put(out, "  ");
        rr_line_put(out, invoice.total.ptr, invoice.total.len);
        rr_row_put(out, " ");
        rr_line_put(out, invoice.currency.ptr, invoice.currency.len);
        rr_row_put(out, " in %llu line%s", (unsigned long long)invoice.lines,
                   invoice.lines == 1 ? "" : "s");
        if (!rr_text_equal(invoice.payer, view->account)) {
            rr_row_put(out, ", of ");
            rr_shown_name_put(out, invoice.payer);
        }
        rr_row_put(out, "\n");
    }
}

static void put_rows(const struct rr_explain_rows *rows, struct rr_line *out)
{
    struct rr_text_columns columns = {.n = 3, .right = 1u << 2};
    for (uint32_t i = 0; i < rows->n; i++) {
        rr_text_columns_row(&columns);
        rr_text_columns_put(&columns, 0, rows->row[i].label);
        rr_text_columns_put(&columns, 1, rows->row[i].arithmetic);
        rr_text_columns_put(&columns, 2, rows->row[i].amount);
    }
    rr_text_columns_write(&columns, INDENT, out);
    rr_text_columns_fini(&columns);
}

static void put_line(const struct rr_explain_view *view, const struct rr_told_line *told,
                     const struct rr_book *book, struct rr_explain_rows *rows, struct rr_line *out)
{
    const struct rr_rated_line *line = &told->line;
    char money[RR_DECIMAL_TEXT];
    rr_decimal_format_fixed(line->money, (unsigned)line->plan->minor_digits, money);
    rr_row_put(out, "\n");
    rr_explain_put_line_name(view, line->period, line->charge, line->detail, out);
    rr_row_put(out, "  %s %s\n  ", money, line->plan->currency);
    rr_explain_put_terms(view, told, out);
    rr_row_put(out, "\n");
    rr_explain_rows_of_line(rows, told, book, view->account);
    put_rows(rows, out);
}

static void put_lines(const struct rr_explain_view *view, struct rr_line *out)
{
    const struct rr_explained *e = view->side[0].explained;
    struct rr_explain_rows rows = rr_explain_rows_create();
    for (uint32_t i = 0; i < e->told->n_lines; i++)
        if (rr_explain_shows_line(view, &e->told->line[i].line))
            put_line(view, &e->told->line[i], e->open.dealt, &rows, out);
    rr_explain_rows_fini(&rows);
}

/* ---- what nobody pays for ---- */

static void put_unbilled(const struct rr_explain_view *view, const struct rr_told_unrated *row,
                         uint32_t n, const char *what, struct rr_line *out)
{
    struct rr_explain_rows rows = rr_explain_rows_create();
    for (; n > 0; n--, row++) {
        if (!rr_explain_shows_unrated(view, &row->row))
            continue;
        rr_row_put(out, "\n");
        rr_explain_put_line_name(view, row->row.period, row->row.meter, row->row.detail, out);
        rr_row_put(out, "  %s\n", what);
        rr_explain_rows_of_unrated(&rows, row);
        put_rows(&rows, out);
    }
    rr_explain_rows_fini(&rows);
}

void rr_explain_text(const struct rr_explain_view *view, struct rr_line *out)
{
    static const char *const unrated[] = {"not billed (old)", "not billed (new)"};
    static const char *const withheld[] = {"not counted (old)", "not counted (new)"};
    put_title(view, out);
    if (view->n_sides == 1) {
        put_invoices(view, out);
        put_lines(view, out);
    } else {
        rr_explain_put_sides(view, out);
    }
    for (int s = 0; s < view->n_sides; s++) {
        const struct rr_told *told = view->side[s].explained->told;
        bool alone = view->n_sides == 1;
        put_unbilled(view, told->unrated, told->n_unrated, alone ? "not billed" : unrated[s], out);
        put_unbilled(view, told->withheld, told->n_withheld, alone ? "not counted" : withheld[s],
                     out);
    }
}
