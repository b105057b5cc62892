/* An explanation as JSON. */
#include "explain.h"

#include "../io/memory.h"
#include "explain_steps.h"
#include "money.h"

#include <stdio.h>

static void put_text(json_t *out, const char *name, struct rr_text text)
{
    json_object_set_new(out, name, rr_json_text(text));
}

static void put_period(json_t *out, enum rr_period kind, int32_t period)
{
    char text[RR_PERIOD_TEXT];
    rr_period_format(kind, period, text);
    json_object_set_new(out, "period", json_string(text));
}

static void put_day(json_t *out, const char *name, int32_t day)
{
    char text[RR_PERIOD_TEXT];
    rr_day_format(day, text);
    json_object_set_new(out, name, json_string(text));
}

static void put_money(json_t *out, const char *name, rr_decimal money, const struct rr_plan *plan)
{
    char text[RR_DECIMAL_TEXT];
    rr_decimal_format_fixed(money, (unsigned)plan->minor_digits, text);
    json_object_set_new(out, name, json_string(text));
}

static void put_result(json_t *out, const char *name, unsigned number)
{
    char text[16];
    snprintf(text, sizeof text, "%04u", number);
    json_object_set_new(out, name, json_string(text));
}

/* ---- usage ---- */

static void put_counts(json_t *out, const struct rr_record_counts *counts)
{
    json_object_set_new(out, "records", json_integer((json_int_t)counts->counted));
    for (int w = 0; w < RR_WITHHELD; w++)
        json_object_set_new(out, rr_withheld_name((enum rr_withheld)w),
                            json_integer((json_int_t)counts->withheld[w]));
}

static json_t *usage_json(const struct rr_told_usage *usage)
{
    json_t *out = json_object(), *files = json_array();
    if (!usage->known) {
        json_object_set_new(out, "records", json_integer((json_int_t)usage->counts.counted));
        json_decref(files);
        return out;
    }
    put_counts(out, &usage->counts);
    for (uint32_t f = 0; f < usage->n_files; f++) {
        json_t *file = json_pack("{s:s}", "file", usage->file[f].path);
        put_counts(file, &usage->file[f].counts);
        json_array_append_new(files, file);
    }
    json_object_set_new(out, "files", files);
    return out;
}

/* ---- lines ---- */

static json_t *steps_json(const struct rr_told_line *told, enum rr_period kind)
{
    json_t *steps = json_array();
    for (uint32_t i = 0; i < told->n_steps; i++) {
        json_t *step = rr_step_json(told, i, kind);
        if (step)
            json_array_append_new(steps, step);
    }
    return steps;
}

static json_t *shares_json(const struct rr_told_line *told)
{
    json_t *shares = json_array();
    for (uint32_t i = 0; i < told->n_shares; i++) {
        json_t *share = json_object();
        put_text(share, "account", told->share[i].account);
        json_object_set_new(share, "quantity", rr_json_decimal(told->share[i].quantity));
        put_money(share, "amount", told->share[i].money, told->line.plan);
        json_array_append_new(shares, share);
    }
    return shares;
}

/* What the charge is, and since when its prices hold. */
static void put_charge(json_t *out, const struct rr_book *book, const struct rr_told_line *told)
{
    const struct rr_step *first = &told->step[0];
    if (first->kind != RR_STEP_CHARGE)
        return;
    if (first->charge->meter != RR_NO_COLUMN) {
        put_text(out, "meter", book->meters[first->charge->meter].name);
        json_object_set_new(out, "usage", usage_json(&told->usage));
    }
    put_day(out, "prices_from", first->segment->version->from);
}

static json_t *line_json(const struct rr_explain_view *view, const struct rr_book *book,
                         const struct rr_told_line *told)
{
    const struct rr_rated_line *line = &told->line;
    json_t *out = json_object();
    put_text(out, "account", line->account);
    put_text(out, "contract", line->contract ? line->contract->name : (struct rr_text){0});
    put_period(out, view->kind, line->period);
    put_text(out, "plan", line->plan->name);
    put_text(out, "charge", line->charge);
    put_text(out, "detail", line->detail);
    put_day(out, "from", line->from);
    put_day(out, "to", line->to);
    json_object_set_new(out, "quantity", rr_json_decimal(line->quantity));
    json_object_set_new(out, "exact", rr_json_decimal(line->exact));
    put_money(out, "amount", line->money, line->plan);
    json_object_set_new(out, "currency", json_string(line->plan->currency));
    put_text(out, "payer", rr_line_payer(line));
    put_charge(out, book, told);
    json_object_set_new(out, "steps", steps_json(told, view->kind));
    if (told->n_shares > 0)
        json_object_set_new(out, "shares", shares_json(told));
    return out;
}

static json_t *lines_json(const struct rr_explain_view *view, const struct rr_explained *e)
{
    json_t *lines = json_array();
    for (uint32_t i = 0; i < e->told->n_lines; i++)
        if (rr_explain_shows_line(view, &e->told->line[i].line))
            json_array_append_new(lines, line_json(view, e->open.dealt, &e->told->line[i]));
    return lines;
}

static json_t *invoices_json(const struct rr_explain_view *view, const struct rr_explain_side *side)
{
    struct rr_explain_invoices invoices = {.view = view, .side = side};
    struct rr_explain_invoice invoice;
    json_t *out = json_array();
    while (rr_explain_invoice_next(&invoices, &invoice)) {
        json_t *row = json_object();
        put_text(row, "account", invoice.payer);
        put_text(row, "period", invoice.period);
        put_text(row, "currency", invoice.currency);
        json_object_set_new(row, "lines", json_integer((json_int_t)invoice.lines));
        put_text(row, "total", invoice.total);
        json_array_append_new(out, row);
    }
    return out;
}

static json_t *unrated_json(const struct rr_explain_view *view, const struct rr_told *told)
{
    json_t *out = json_array();
    for (uint32_t i = 0; i < told->n_unrated; i++) {
        const struct rr_unrated *row = &told->unrated[i].row;
        if (!rr_explain_shows_unrated(view, row))
            continue;
        json_t *unrated = json_object();
        put_period(unrated, view->kind, row->period);
        put_text(unrated, "meter", row->meter);
        put_text(unrated, "detail", row->detail);
        json_object_set_new(unrated, "quantity", rr_json_decimal(row->quantity));
        json_object_set_new(unrated, "reason", json_string(row->reason));
        json_object_set_new(unrated, "usage", usage_json(&told->unrated[i].usage));
        json_array_append_new(out, unrated);
    }
    return out;
}

static json_t *withheld_json(const struct rr_explain_view *view, const struct rr_told *told)
{
    json_t *out = json_array();
    for (uint32_t i = 0; i < told->n_withheld; i++) {
        const struct rr_unrated *row = &told->withheld[i].row;
        if (!rr_explain_shows_unrated(view, row))
            continue;
        json_t *withheld = json_object();
        put_period(withheld, view->kind, row->period);
        put_text(withheld, "meter", row->meter);
        put_text(withheld, "detail", row->detail);
        json_object_set_new(withheld, "usage", usage_json(&told->withheld[i].usage));
        json_array_append_new(out, withheld);
    }
    return out;
}

static json_t *side_json(const struct rr_explain_view *view, const struct rr_explain_side *side)
{
    json_t *out = json_object();
    put_result(out, "result", side->result);
    json_object_set_new(out, "lines", lines_json(view, side->explained));
    json_object_set_new(out, "invoices", invoices_json(view, side));
    json_object_set_new(out, "unrated", unrated_json(view, side->explained->told));
    json_object_set_new(out, "withheld", withheld_json(view, side->explained->told));
    return out;
}

/* ---- changes ---- */

static void put_sum(json_t *out, const char *name, const struct rr_sum *sum,
                    const struct rr_plan *plan)
{
    char text[RR_SUM_TEXT];
    rr_money_format(sum, rr_text_of(plan->currency), text);
    json_object_set_new(out, name, json_string(text));
}

static void put_exact(json_t *out, const char *name, const struct rr_sum *sum)
{
    char text[RR_SUM_TEXT];
    rr_sum_format(sum, text);
    json_object_set_new(out, name, json_string(text));
}

static json_t *pair_json(const struct rr_explain_view *view, const struct rr_explain_pair *pair)
{
    const struct rr_effects effects = rr_explain_effects(pair);
    json_t *out = json_object();
    put_text(out, "account", pair->account);
    put_period(out, view->kind, pair->period);
    put_text(out, "charge", pair->charge);
    put_text(out, "detail", pair->detail);
    json_object_set_new(out, "currency", json_string(pair->plan->currency));
    json_object_set_new(out, "share", json_boolean(pair->is_share));
    put_sum(out, "old", &pair->amount[RR_SIDE_OLD], pair->plan);
    put_sum(out, "new", &pair->amount[RR_SIDE_NEW], pair->plan);
    put_sum(out, "delta", &effects.delta, pair->plan);
    if (pair->is_share || view->no_effects)
        return out;
    put_exact(out, "price_effect", &effects.price);
    put_exact(out, "usage_effect", &effects.usage);
    put_exact(out, "rounding", &effects.rounding);
    return out;
}

static json_t *pairs_json(const struct rr_explain_view *view)
{
    json_t *out = json_array();
    for (uint32_t i = 0; i < view->pairs.n; i++) {
        const struct rr_explain_pair *pair = &view->pairs.pair[i];
        if (rr_explain_shows_pair(view, pair))
            json_array_append_new(out, pair_json(view, pair));
    }
    return out;
}

json_t *rr_explain_json(const struct rr_explain_view *view)
{
    json_t *out = json_object();
    put_text(out, "account", view->account);
    if (view->n_sides == 1) {
        json_t *side = side_json(view, &view->side[0]);
        json_object_update(out, side);
        json_decref(side);
        return out;
    }
    json_object_set_new(out, "old", side_json(view, &view->side[0]));
    json_object_set_new(out, "new", side_json(view, &view->side[1]));
    json_object_set_new(out, "changes", pairs_json(view));
    if (view->no_effects)
        json_object_set_new(out, "no_effects", json_string(view->no_effects));
    return out;
}
