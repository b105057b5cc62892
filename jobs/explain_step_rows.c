/* Steps as rows. */
#include "explain_step_rows.h"

#include "meters.h"
#include "shown_name.h"

static const char *date(int32_t day)
{
    static char texts[2][RR_PERIOD_TEXT];
    static int next;
    char *text = texts[next++ % 2];
    rr_day_format(day, text);
    return text;
}

/* The row of the step in hand, with the amount after it: one that has more than 18 places is cut, and says so. */
static void add_step(struct rr_row_maker *m)
{
    struct rr_explain_row *row = rr_row_add(m->rows);
    rr_decimal value;
    bool has_more;
    if (m->step->amount == NULL || !rr_amount_value(m->step->amount, &value, &has_more))
        return;
    rr_row_set_value(m->rows, row, value, has_more ? "…" : "");
    m->before = value;
    m->has_before = true;
}

/* ---- usage ---- */

static void metered(struct rr_row_maker *m)
{
    const struct rr_charge *charge = m->line->step[0].charge;
    rr_row_put(&m->rows->label, "metered");
    const struct rr_meter *meter = &m->book->meters[charge->meter];
    rr_row_put(&m->rows->arithmetic, "%s ", rr_row_decimal(m->step->quantity));
    rr_shown_name_put(&m->rows->arithmetic, meter->name);
    if (rr_meter_is_level(meter))
        rr_row_put(&m->rows->arithmetic,
                   m->step->count > 0 ? " on average" : " on average, carried on");
    rr_row_add(m->rows);
    rr_row_add_usage(m->rows, &m->line->usage);
}

static void units(struct rr_row_maker *m)
{
    static const char *const rounds[] = {"", ", up", ", down", ", half up"};
    const struct rr_units *u = &m->line->step[0].charge->units;
    rr_row_put(&m->rows->label, "in units");
    rr_row_put(&m->rows->arithmetic, "%s", rr_row_decimal(m->step->quantity));
    if (u->divide_by != RR_DECIMAL_ONE)
        rr_row_put(&m->rows->arithmetic, " ÷ %s", rr_row_decimal(u->divide_by));
    rr_row_put(&m->rows->arithmetic, "%s", rounds[u->round]);
    if (u->round != RR_UNITS_NONE && u->places > 0)
        rr_row_put(&m->rows->arithmetic, " to %d place%s", u->places,
                   rr_row_plural((uint64_t)u->places));
    rr_row_put(&m->rows->arithmetic, " = %s", rr_row_decimal(m->step->result));
    rr_row_add(m->rows);
}

static void negative(struct rr_row_maker *m)
{
    rr_row_put(&m->rows->label, "below zero");
    rr_row_put(&m->rows->arithmetic, "%s counts as 0", rr_row_decimal(m->step->quantity));
    rr_row_add(m->rows);
}

static void free_units(struct rr_row_maker *m)
{
    rr_row_put(&m->rows->label, "free");
    rr_decimal all = m->step->quantity, most = m->step->price;
    rr_row_put(&m->rows->arithmetic, "%s − %s", rr_row_decimal(all),
               rr_row_decimal(all < most ? all : most));
    if (all < most)
        rr_row_put(&m->rows->arithmetic, " of %s", rr_row_decimal(most));
    rr_row_put(&m->rows->arithmetic, " = %s", rr_row_decimal(m->step->result));
    rr_row_add(m->rows);
}

/* ---- prices ---- */

static void put_days(struct rr_row_maker *m, rr_decimal price)
{
    rr_row_put(&m->rows->arithmetic, "%s", rr_row_decimal(price));
    if (m->step->of_days > 0 && m->step->days != m->step->of_days)
        rr_row_put(&m->rows->arithmetic, " × %d of %d days", m->step->days, m->step->of_days);
}

static void fee(struct rr_row_maker *m)
{
    rr_row_put(&m->rows->label, "fee");
    put_days(m, m->step->price);
    add_step(m);
}

static void per_unit(struct rr_row_maker *m)
{
    rr_row_put(&m->rows->label, "per unit");
    rr_row_put(&m->rows->arithmetic, "%s × %s", rr_row_decimal(m->step->quantity),
               rr_row_decimal(m->step->price));
    add_step(m);
}

/* Tiers: "tier 2, to 1000". */
static void tier(struct rr_row_maker *m)
{
    const struct rr_tier *t = m->step->tier;
    const char *percent = m->line->step[0].which->price.key == RR_GRADUATED_PERCENT ? " %" : "";
    rr_row_put(&m->rows->label, m->step->kind == RR_STEP_VOLUME ? "all in tier %d" : "tier %d",
               m->step->number);
    if (t->bounded)
        rr_row_put(&m->rows->label, ", to %s", rr_row_decimal(t->up_to));
    rr_row_put(&m->rows->arithmetic, "%s × %s%s", rr_row_decimal(m->step->quantity),
               rr_row_decimal(t->unit), percent);
    if (t->flat != 0)
        rr_row_put(&m->rows->arithmetic, " + %s", rr_row_decimal(t->flat));
    add_step(m);
}

static void package(struct rr_row_maker *m)
{
    rr_decimal n = m->step->result;
    rr_row_put(&m->rows->label, "in packages of %s",
               rr_row_decimal(m->line->step[0].which->price.package_size));
    if (n < RR_DECIMAL_LIMIT / RR_DECIMAL_ONE)
        rr_row_put(&m->rows->arithmetic, "%s in %s × %s", rr_row_decimal(m->step->quantity),
                   rr_row_decimal(n * RR_DECIMAL_ONE), rr_row_decimal(m->step->price));
    else
        rr_row_put(&m->rows->arithmetic, "%s × %s", rr_row_decimal(m->step->quantity),
                   rr_row_decimal(m->step->price));
    add_step(m);
}

static void percent(struct rr_row_maker *m)
{
    rr_row_put(&m->rows->label, "percent");
    rr_row_put(&m->rows->arithmetic, "%s × %s %%", rr_row_decimal(m->step->quantity),
               rr_row_decimal(m->step->price));
    add_step(m);
}

static void fixed(struct rr_row_maker *m)
{
    rr_row_put(&m->rows->label, "each record");
    rr_row_put(&m->rows->arithmetic, "%llu × %s", (unsigned long long)m->step->count,
               rr_row_decimal(m->step->price));
    add_step(m);
}

static void event(struct rr_row_maker *m)
{
    const struct rr_bounds *bounds = &m->line->step[0].which->price.bounds;
    struct rr_line *out = &m->rows->arithmetic;
    rr_row_put(&m->rows->label, "each record");
    rr_row_put(out, "%llu × ", (unsigned long long)m->step->count);
    if (m->step->number > 1)
        rr_row_put(out, "(%d other values × %s %%", m->step->number,
                   rr_row_decimal(m->step->price));
    else
        rr_row_put(out, "(%s × %s %%", rr_row_decimal(m->step->quantity),
                   rr_row_decimal(m->step->price));
    if (m->step->result != 0)
        rr_row_put(out, " + %s", rr_row_decimal(m->step->result));
    rr_row_put(out, ")");
    if (bounds->has_least)
        rr_row_put(out, ", at least %s", rr_row_decimal(bounds->least));
    if (bounds->has_most)
        rr_row_put(out, ", at most %s", rr_row_decimal(bounds->most));
    add_step(m);
}

/* ---- what changes the amount ---- */

static void discount(struct rr_row_maker *m)
{
    rr_row_put(&m->rows->label,
               m->step->kind == RR_STEP_DISCOUNT ? "discount" : "discount of the contract");
    rr_row_put(&m->rows->arithmetic, "%s %%", rr_row_decimal(m->step->price));
    add_step(m);
}

static void bound(struct rr_row_maker *m)
{
    rr_decimal value;
    bool more, same = m->has_before && m->step->amount &&
                      rr_amount_value(m->step->amount, &value, &more) && value == m->before;
    rr_row_put(&m->rows->label, m->step->kind == RR_STEP_MOST ? "at most" : "at least");
    put_days(m, m->step->price);
    if (same)
        rr_row_put(&m->rows->arithmetic,
                   m->step->kind == RR_STEP_MOST ? " (it is not more)" : " (it is not less)");
    add_step(m);
}

static void rounded(struct rr_row_maker *m)
{
    static const char *const rules[] = {"half up", "half even", "up", "down"};
    rr_decimal unit =
        (rr_decimal)rr_pow10((unsigned)(RR_DECIMAL_PLACES - m->line->line.plan->minor_digits));
    rr_row_put(&m->rows->label, "rounded");
    rr_row_put(&m->rows->arithmetic, "%s to %s", rules[m->book->rounding], rr_row_decimal(unit));
    rr_row_set_money(m->rows, rr_row_add(m->rows), m->step->result,
                     m->line->line.plan->minor_digits);
}

/* ---- plans and contracts ---- */

static void minimum(struct rr_row_maker *m)
{
    rr_row_put(&m->rows->label, "minimum of the plan");
    put_days(m, m->step->price);
    rr_row_set_money(m->rows, rr_row_add(m->rows), m->step->result,
                     m->line->line.plan->minor_digits);
    rr_row_put(&m->rows->label, "less metered lines");
    rr_row_put(&m->rows->arithmetic, "− %s", rr_row_decimal(m->step->quantity));
    rr_row_set_money(m->rows, rr_row_add(m->rows), m->step->result - m->step->quantity,
                     m->line->line.plan->minor_digits);
}

static void term(struct rr_row_maker *m)
{
    rr_row_put(&m->rows->label, "promised");
    put_days(m, m->step->price);
    rr_row_put(&m->rows->arithmetic, ", %s through %s", date(m->step->from), date(m->step->to - 1));
    rr_row_set_money(m->rows, rr_row_add(m->rows), m->step->result,
                     m->line->line.plan->minor_digits);
}

static void put_counted(struct rr_row_maker *m)
{
    char period[RR_PERIOD_TEXT];
    rr_period_format(m->book->period, m->step->line->period, period);
    rr_row_put(&m->rows->arithmetic, "%s in %s, ", rr_row_decimal(m->step->result), period);
    rr_shown_name_put(&m->rows->arithmetic, m->step->line->charge);
    rr_row_put(&m->rows->arithmetic, " of ");
    rr_shown_name_put(&m->rows->arithmetic, m->step->line->account);
    if (m->step->count > 1)
        rr_row_put(&m->rows->arithmetic, " (%llu lines)", (unsigned long long)m->step->count);
}

static void counted(struct rr_row_maker *m)
{
    rr_row_put(&m->rows->label, "counts");
    put_counted(m);
    rr_row_add(m->rows);
}

static void taken(struct rr_row_maker *m)
{
    rr_row_put(&m->rows->label, "taken off");
    put_counted(m);
    rr_row_put(&m->rows->arithmetic, ", %s left", rr_row_decimal(m->step->quantity));
    rr_row_add(m->rows);
}

static void beyond(struct rr_row_maker *m)
{
    rr_decimal more = m->step->price - RR_DECIMAL_ONE;
    rr_row_put(&m->rows->label, "beyond the promise");
    rr_row_put(&m->rows->arithmetic, "(%s − %s before) × %s", rr_row_decimal(m->step->result),
               rr_row_decimal(m->step->quantity), rr_row_decimal(more));
    add_step(m);
}

static void credit(struct rr_row_maker *m)
{
    rr_row_put(&m->rows->label, "balance of credit ");
    rr_shown_name_put(&m->rows->label, m->step->credit->id);
    rr_row_set_money(m->rows, rr_row_add(m->rows), m->step->quantity,
                     m->line->line.plan->minor_digits);
}

static void (*const makers[])(struct rr_row_maker *m) = {
    [RR_STEP_MINIMUM] = minimum,
    [RR_STEP_TERM] = term,
    [RR_STEP_CREDIT] = credit,
    [RR_STEP_METERED] = metered,
    [RR_STEP_UNITS] = units,
    [RR_STEP_NEGATIVE] = negative,
    [RR_STEP_FREE] = free_units,
    [RR_STEP_FEE] = fee,
    [RR_STEP_PER_UNIT] = per_unit,
    [RR_STEP_TIER] = tier,
    [RR_STEP_VOLUME] = tier,
    [RR_STEP_PACKAGE] = package,
    [RR_STEP_PERCENT] = percent,
    [RR_STEP_FIXED] = fixed,
    [RR_STEP_EVENT] = event,
    [RR_STEP_DISCOUNT] = discount,
    [RR_STEP_MOST] = bound,
    [RR_STEP_LEAST] = bound,
    [RR_STEP_CONTRACT_DISCOUNT] = discount,
    [RR_STEP_ROUND] = rounded,
    [RR_STEP_COUNTED] = counted,
    [RR_STEP_TAKEN] = taken,
    [RR_STEP_BEYOND] = beyond,
};

void rr_row_of_step(struct rr_row_maker *m)
{
    makers[m->step->kind](m);
}
