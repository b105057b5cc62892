/* Old and new side by side. */
#include "explain_sides.h"

#include "../io/memory.h"
#include "explain_rows.h"
#include "money.h"
#include "shown_name.h"
#include "text_columns.h"

#include <stdlib.h>

enum { INDENT = 2 };

/* The columns of a waterfall. */
enum { LABEL, OLD_ARITHMETIC, OLD_AMOUNT, NEW_ARITHMETIC, NEW_AMOUNT, DIFFERENCE, COLUMNS };

static void put_string(struct rr_line *out, const char *text)
{
    rr_line_put(out, text, strlen(text));
}

/* With a sign. */
static void put_change(struct rr_line *out, const struct rr_sum *sum, const struct rr_plan *plan)
{
    char text[RR_SUM_TEXT];
    size_t len =
        plan ? rr_money_format(sum, rr_text_of(plan->currency), text) : rr_sum_format(sum, text);
    if (sum->high >= 0 && !rr_sum_is_zero(sum))
        put_string(out, "+");
    rr_line_put(out, text, len);
}

/* ---- invoices ---- */

struct invoice {
    struct rr_text payer, period, currency;
    rr_decimal total[2];
};

struct invoices {
    struct rr_arena *arena;
    struct invoice *invoice;
    uint32_t n, size;
};

static struct invoice *invoice_of(struct invoices *all, const struct rr_explain_invoice *row)
{
    for (uint32_t i = 0; i < all->n; i++)
        if (rr_text_equal(all->invoice[i].payer, row->payer) &&
            rr_text_equal(all->invoice[i].period, row->period) &&
            rr_text_equal(all->invoice[i].currency, row->currency))
            return &all->invoice[i];
    if (all->n == all->size) {
        all->size = all->size ? 2 * all->size : 16;
        all->invoice = rr_realloc(all->invoice, all->size * sizeof *all->invoice);
    }
    all->invoice[all->n] =
        (struct invoice){rr_arena_text(all->arena, row->payer.ptr, row->payer.len),
                         rr_arena_text(all->arena, row->period.ptr, row->period.len),
                         rr_arena_text(all->arena, row->currency.ptr, row->currency.len),
                         {0}};
    return &all->invoice[all->n++];
}

static int compare_invoices(const void *a, const void *b)
{
    const struct invoice *x = a, *y = b;
    int order = rr_text_compare(x->period, y->period);
    if (order == 0)
        order = rr_text_compare(x->payer, y->payer);
    return order ? order : rr_text_compare(x->currency, y->currency);
}

static void collect(const struct rr_explain_view *view, struct invoices *all)
{
    for (int s = 0; s < 2; s++) {
        struct rr_explain_invoices invoices = {.view = view, .side = &view->side[s]};
        struct rr_explain_invoice row;
        while (rr_explain_invoice_next(&invoices, &row))
            rr_check(rr_decimal_parse(row.total.ptr, row.total.len, false,
                                      &invoice_of(all, &row)->total[s]) == RR_DECIMAL_OK,
                     "an invoice without a total");
    }
    if (all->n > 1)
        qsort(all->invoice, all->n, sizeof *all->invoice, compare_invoices);
}

static void put_money(struct rr_text_columns *columns, int column, rr_decimal money,
                      struct rr_text currency)
{
    struct rr_sum sum = {0};
    char text[RR_SUM_TEXT];
    rr_sum_add(&sum, money);
    size_t len = rr_money_format(&sum, currency, text);
    rr_text_columns_put(columns, column, (struct rr_text){text, (uint32_t)len});
}

static void put_invoices(const struct rr_explain_view *view, struct rr_line *out)
{
    enum { PERIOD, OLD, NEW, CHANGE, CURRENCY, PAYER, PARTS };
    struct rr_text_columns columns = {.n = PARTS, .right = 1u << OLD | 1u << NEW | 1u << CHANGE};
    struct invoices all = {.arena = rr_arena_create()};
    struct rr_line payer = {0};
    collect(view, &all);
    rr_text_columns_row(&columns);
    rr_text_columns_put(&columns, PERIOD, rr_text_of("invoice"));
    rr_text_columns_put(&columns, OLD, rr_text_of("old"));
    rr_text_columns_put(&columns, NEW, rr_text_of("new"));
    rr_text_columns_put(&columns, CHANGE, rr_text_of("difference"));
    for (uint32_t i = 0; i < all.n; i++) {
        const struct invoice *invoice = &all.invoice[i];
        rr_text_columns_row(&columns);
        rr_text_columns_put(&columns, PERIOD, invoice->period);
        put_money(&columns, OLD, invoice->total[0], invoice->currency);
        put_money(&columns, NEW, invoice->total[1], invoice->currency);
        put_money(&columns, CHANGE, invoice->total[1] - invoice->total[0], invoice->currency);
        rr_text_columns_put(&columns, CURRENCY, invoice->currency);
        rr_line_clear(&payer);
        put_string(&payer, "of ");
        rr_shown_name_put(&payer, invoice->payer);
        if (!rr_text_equal(invoice->payer, view->account))
            rr_text_columns_put(&columns, PAYER, rr_line_text(&payer));
    }
    rr_text_columns_write(&columns, 0, out);
    rr_text_columns_fini(&columns);
    rr_line_fini(&payer);
    rr_arena_destroy(all.arena);
    free(all.invoice);
}

/* ---- a waterfall ---- */

static void put_side(struct rr_text_columns *columns, int column, const struct rr_explain_row *row)
{
    if (row == NULL)
        return;
    rr_text_columns_put(columns, LABEL, row->label);
    rr_text_columns_put(columns, column, row->arithmetic);
    rr_text_columns_put(columns, column + 1, row->amount);
}

static void put_row(struct rr_text_columns *columns, const struct rr_explain_row *old,
                    const struct rr_explain_row *new, const struct rr_plan *plan)
{
    struct rr_sum change = {0};
    struct rr_line text = {0};
    rr_text_columns_row(columns);
    put_side(columns, NEW_ARITHMETIC, new);
    put_side(columns, OLD_ARITHMETIC, old);
    if (old && new && old->has_value &&new->has_value) {
        rr_sum_add(&change, new->value);
        rr_sum_add(&change, -old->value);
        put_change(&text, &change, old->is_money && new->is_money ? plan : NULL);
        rr_text_columns_put(columns, DIFFERENCE, rr_line_text(&text));
    }
    rr_line_fini(&text);
}

/* The row with this label from `from` on; n where there is none. */
static uint32_t find(const struct rr_explain_rows *rows, uint32_t from, struct rr_text label)
{
    while (from < rows->n && !rr_text_equal(rows->row[from].label, label))
        from++;
    return from;
}

/* Rows of one label stand side by side; what is on one side alone stands where it is there. */
static void merge_rows(const struct rr_explain_rows *old, const struct rr_explain_rows *new,
                       const struct rr_plan *plan, struct rr_text_columns *columns)
{
    uint32_t j = 0;
    for (uint32_t i = 0; i < old->n; i++) {
        uint32_t same = find(new, j, old->row[i].label);
        bool both = same < new->n;
        for (; both && j < same; j++)
            put_row(columns, NULL, &new->row[j], plan);
        put_row(columns, &old->row[i], both ? &new->row[j] : NULL, plan);
        j += both;
    }
    for (; j < new->n; j++)
        put_row(columns, NULL, &new->row[j], plan);
}

static void put_terms(const struct rr_explain_view *view, const char *of,
                      const struct rr_told_line *line, struct rr_line *out)
{
    put_string(out, "  ");
    put_string(out, of);
    rr_explain_put_terms(view, line, out);
    put_string(out, "\n");
}

static bool same_terms(const struct rr_explain_view *view, const struct rr_told_line *a,
                       const struct rr_told_line *b)
{
    struct rr_line x = {0}, y = {0};
    rr_explain_put_terms(view, a, &x);
    rr_explain_put_terms(view, b, &y);
    bool same = rr_text_equal(rr_line_text(&x), rr_line_text(&y));
    rr_line_fini(&x);
    rr_line_fini(&y);
    return same;
}

/* One line of each side, or of one alone. */
static void put_lines(const struct rr_explain_view *view, const struct rr_told_line *old,
                      const struct rr_told_line *new, struct rr_line *out)
{
    struct rr_explain_rows rows[2] = {rr_explain_rows_create(), rr_explain_rows_create()};
    struct rr_text_columns columns = {
        .n = COLUMNS, .right = 1u << OLD_AMOUNT | 1u << NEW_AMOUNT | 1u << DIFFERENCE};
    if (old && new &&same_terms(view, old, new)) {
        put_terms(view, "", new, out);
    } else {
        if (old)
            put_terms(view, "old: ", old, out);
        if (new)
            put_terms(view, "new: ", new, out);
    }
    if (old)
        rr_explain_rows_of_line(&rows[0], old, view->side[0].explained->open.dealt, view->account);
    if (new)
        rr_explain_rows_of_line(&rows[1], new, view->side[1].explained->open.dealt, view->account);
    rr_text_columns_row(&columns);
    rr_text_columns_put(&columns, OLD_ARITHMETIC, rr_text_of("old"));
    rr_text_columns_put(&columns, NEW_ARITHMETIC, rr_text_of("new"));
    rr_text_columns_put(&columns, DIFFERENCE, rr_text_of(old && new ? "difference" : ""));
    merge_rows(&rows[0], &rows[1], (old ? old : new)->line.plan, &columns);
    rr_text_columns_write(&columns, INDENT, out);
    rr_text_columns_fini(&columns);
    rr_explain_rows_fini(&rows[0]);
    rr_explain_rows_fini(&rows[1]);
}

/* Lines of segments that begin on one day stand side by side. */
static void put_segments(const struct rr_explain_view *view, const struct rr_explain_pair *pair,
                         struct rr_line *out)
{
    uint32_t i = 0, j = 0;
    while (i < pair->n_lines[0] || j < pair->n_lines[1]) {
        const struct rr_told_line *old = i < pair->n_lines[0] ? pair->line[0][i] : NULL;
        const struct rr_told_line *new = j < pair->n_lines[1] ? pair->line[1][j] : NULL;
        if (old && new && old->line.from != new->line.from) {
            if (old->line.from < new->line.from)
                new = NULL;
            else
                old = NULL;
        }
        put_lines(view, old, new, out);
        i += old != NULL;
        j += new != NULL;
    }
}

/* ---- pairs ---- */

static void put_effects(const struct rr_explain_view *view, const struct rr_explain_pair *pair,
                        const struct rr_effects *effects, struct rr_line *out)
{
    if (pair->is_share || view->no_effects)
        return;
    put_string(out, "  of which prices ");
    put_change(out, &effects->price, NULL);
    put_string(out, ", usage ");
    put_change(out, &effects->usage, NULL);
    put_string(out, ", rounding ");
    put_change(out, &effects->rounding, NULL);
    put_string(out, "\n");
}

static void put_heading(const struct rr_explain_view *view, const struct rr_explain_pair *pair,
                        struct rr_line *out)
{
    char money[RR_SUM_TEXT];
    rr_money_format(&pair->amount[RR_SIDE_OLD], rr_text_of(pair->plan->currency), money);
    rr_explain_put_line_name(view, pair->period, pair->charge, pair->detail, out);
    put_string(out, pair->is_share ? "  a share: " : "  ");
    put_string(out, money);
}

static void put_changed(const struct rr_explain_view *view, const struct rr_explain_pair *pair,
                        const struct rr_effects *effects, struct rr_line *out)
{
    char money[RR_SUM_TEXT];
    put_heading(view, pair, out);
    rr_money_format(&pair->amount[RR_SIDE_NEW], rr_text_of(pair->plan->currency), money);
    put_string(out, " → ");
    put_string(out, money);
    put_string(out, " ");
    put_string(out, pair->plan->currency);
    put_string(out, ": ");
    put_change(out, &effects->delta, pair->plan);
    put_string(out, "\n");
    put_effects(view, pair, effects, out);
    put_segments(view, pair, out);
}

/* Returns whether it was shown whole. */
static bool put_pair(const struct rr_explain_view *view, const struct rr_explain_pair *pair,
                     bool after_whole, struct rr_line *out)
{
    const struct rr_effects effects = rr_explain_effects(pair);
    bool changed = !rr_sum_is_zero(&effects.delta) || !rr_sum_is_zero(&effects.price) ||
                   !rr_sum_is_zero(&effects.usage);
    bool whole = changed || view->filter.charge || view->filter.detail;
    put_string(out, whole || after_whole ? "\n" : "");
    if (whole) {
        put_changed(view, pair, &effects, out);
        return true;
    }
    put_heading(view, pair, out);
    put_string(out, " ");
    put_string(out, pair->plan->currency);
    put_string(out, ", as before\n");
    return false;
}

void rr_explain_put_sides(const struct rr_explain_view *view, struct rr_line *out)
{
    put_invoices(view, out);
    if (view->no_effects) {
        put_string(out, "effects   ");
        put_string(out, view->no_effects);
        put_string(out, "\n");
    }
    bool whole = true;
    for (uint32_t i = 0; i < view->pairs.n; i++) {
        const struct rr_explain_pair *pair = &view->pairs.pair[i];
        if (rr_explain_shows_pair(view, pair))
            whole = put_pair(view, pair, whole, out);
    }
}
