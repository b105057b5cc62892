/* Steps as rows. */
#include "explain_rows.h"

#include "../io/memory.h"
#include "shown_name.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* What rows are made from. */
struct maker {
    struct rr_explain_rows *rows;
    const struct rr_told_line *line;
    const struct rr_book *book;
    const struct rr_step *step; /* in hand */
    rr_decimal before;          /* the amount before it */
    bool has_before;
};

struct rr_explain_rows rr_explain_rows_create(void)
{
    return (struct rr_explain_rows){.arena = rr_arena_create()};
}

void rr_explain_rows_fini(struct rr_explain_rows *rows)
{
    rr_arena_destroy(rows->arena);
    free(rows->row);
    rr_line_fini(&rows->label);
    rr_line_fini(&rows->arithmetic);
    *rows = (struct rr_explain_rows){0};
}

/* ---- texts ---- */

__attribute__((format(printf, 2, 3))) static void put(struct rr_line *out, const char *format, ...)
{
    va_list arguments;
    char text[256];
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    rr_line_put(out, text, strlen(text));
}

/* A decimal as text; lives until it is called so many times again. */
static const char *decimal(rr_decimal value)
{
    enum { TEXTS = 8 };
    static char texts[TEXTS][RR_DECIMAL_TEXT];
    static int next;
    char *text = texts[next++ % TEXTS];
    rr_decimal_format(value, text);
    return text;
}

static const char *date(int32_t day)
{
    static char texts[2][RR_PERIOD_TEXT];
    static int next;
    char *text = texts[next++ % 2];
    rr_day_format(day, text);
    return text;
}

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

/* ---- rows ---- */

static struct rr_text keep(struct rr_explain_rows *rows, struct rr_line *text)
{
    struct rr_text kept = rr_arena_text(rows->arena, text->bytes ? text->bytes : "", text->used);
    rr_line_clear(text);
    return kept;
}

/* The row in hand. */
static struct rr_explain_row *add(struct rr_explain_rows *rows)
{
    if (rows->n == rows->size) {
        rows->size = rows->size ? 2 * rows->size : 16;
        rows->row = rr_realloc(rows->row, rows->size * sizeof *rows->row);
    }
    struct rr_explain_row *row = &rows->row[rows->n++];
    *row = (struct rr_explain_row){.label = keep(rows, &rows->label),
                                   .arithmetic = keep(rows, &rows->arithmetic)};
    return row;
}

static void set_value(struct rr_explain_rows *rows, struct rr_explain_row *row, rr_decimal value,
                      const char *more)
{
    put(&rows->label, "%s%s", decimal(value), more);
    row->amount = keep(rows, &rows->label);
    row->value = value;
    row->has_value = true;
}

static void set_money(struct rr_explain_rows *rows, struct rr_explain_row *row, rr_decimal money,
                      int minor_digits)
{
    char text[RR_DECIMAL_TEXT];
    rr_decimal_format_fixed(money, (unsigned)minor_digits, text);
    put(&rows->label, "%s", text);
    row->amount = keep(rows, &rows->label);
    row->value = money;
    row->has_value = true;
}

/* The row of the step in hand, with the amount after it: one that has more than 18 places is cut, and says so. */
static void add_step(struct maker *m)
{
    struct rr_explain_row *row = add(m->rows);
    rr_decimal value;
    bool has_more;
    if (m->step->amount == NULL || !rr_amount_value(m->step->amount, &value, &has_more))
        return;
    set_value(m->rows, row, value, has_more ? "…" : "");
    m->before = value;
    m->has_before = true;
}

/* ---- usage ---- */

static void put_withheld(struct rr_line *out, const struct rr_record_counts *counts)
{
    static const char *const words[] = {[RR_DUPLICATE] = "duplicate%s dropped",
                                        [RR_SUPERSEDED] = "superseded",
                                        [RR_VOIDED] = "withdrawn",
                                        [RR_VOID] = "withdrawing"};
    for (int w = 0; w < RR_WITHHELD; w++) {
        uint64_t n = counts->withheld[w];
        if (n == 0)
            continue;
        put(out, ", %llu ", (unsigned long long)n);
        if (w == RR_DUPLICATE)
            put(out, "duplicate%s dropped", plural(n));
        else
            put(out, "%s", words[w]);
    }
}

static void put_records(struct rr_line *out, const struct rr_record_counts *counts)
{
    put(out, "%llu record%s", (unsigned long long)counts->counted, plural(counts->counted));
    put_withheld(out, counts);
}

/* Where the records came from: the first files by path. */
static void add_usage(struct rr_explain_rows *rows, const struct rr_told_usage *usage)
{
    enum { FILES = 8 };
    uint32_t shown = usage->n_files > FILES + 1 ? FILES : usage->n_files;
    put(&rows->label, "  of");
    put_records(&rows->arithmetic, &usage->counts);
    add(rows);
    for (uint32_t f = 0; f < shown; f++) {
        put(&rows->label, "    ");
        rr_shown_name_put(&rows->label, rr_text_of(usage->file[f].path));
        put_records(&rows->arithmetic, &usage->file[f].counts);
        add(rows);
    }
    if (shown == usage->n_files)
        return;
    put(&rows->label, "    and %u more files", usage->n_files - shown);
    put(&rows->arithmetic, "--json lists them");
    add(rows);
}

static void metered(struct maker *m)
{
    const struct rr_charge *charge = m->line->step[0].charge;
    put(&m->rows->label, "metered");
    put(&m->rows->arithmetic, "%s ", decimal(m->step->quantity));
    rr_shown_name_put(&m->rows->arithmetic, m->book->meters[charge->meter].name);
    add(m->rows);
    add_usage(m->rows, &m->line->usage);
}

static void units(struct maker *m)
{
    static const char *const rounds[] = {"", ", up", ", down", ", half up"};
    const struct rr_units *u = &m->line->step[0].charge->units;
    put(&m->rows->label, "in units");
    put(&m->rows->arithmetic, "%s", decimal(m->step->quantity));
    if (u->divide_by != RR_DECIMAL_ONE)
        put(&m->rows->arithmetic, " ÷ %s", decimal(u->divide_by));
    put(&m->rows->arithmetic, "%s", rounds[u->round]);
    if (u->round != RR_UNITS_NONE && u->places > 0)
        put(&m->rows->arithmetic, " to %d place%s", u->places, plural((uint64_t)u->places));
    put(&m->rows->arithmetic, " = %s", decimal(m->step->result));
    add(m->rows);
}

static void negative(struct maker *m)
{
    put(&m->rows->label, "below zero");
    put(&m->rows->arithmetic, "%s counts as 0", decimal(m->step->quantity));
    add(m->rows);
}

static void free_units(struct maker *m)
{
    put(&m->rows->label, "free");
    rr_decimal all = m->step->quantity, most = m->step->price;
    put(&m->rows->arithmetic, "%s − %s", decimal(all), decimal(all < most ? all : most));
    if (all < most)
        put(&m->rows->arithmetic, " of %s", decimal(most));
    put(&m->rows->arithmetic, " = %s", decimal(m->step->result));
    add(m->rows);
}

/* ---- prices ---- */

static void put_days(struct maker *m, rr_decimal price)
{
    put(&m->rows->arithmetic, "%s", decimal(price));
    if (m->step->of_days > 0 && m->step->days != m->step->of_days)
        put(&m->rows->arithmetic, " × %d of %d days", m->step->days, m->step->of_days);
}

static void fee(struct maker *m)
{
    put(&m->rows->label, "fee");
    put_days(m, m->step->price);
    add_step(m);
}

static void per_unit(struct maker *m)
{
    put(&m->rows->label, "per unit");
    put(&m->rows->arithmetic, "%s × %s", decimal(m->step->quantity), decimal(m->step->price));
    add_step(m);
}

/* Tiers: "tier 2, to 1000". */
static void tier(struct maker *m)
{
    const struct rr_tier *t = m->step->tier;
    const char *percent = m->line->step[0].which->price.key == RR_GRADUATED_PERCENT ? " %" : "";
    put(&m->rows->label, m->step->kind == RR_STEP_VOLUME ? "all in tier %d" : "tier %d",
        m->step->number);
    if (t->bounded)
        put(&m->rows->label, ", to %s", decimal(t->up_to));
    put(&m->rows->arithmetic, "%s × %s%s", decimal(m->step->quantity), decimal(t->unit), percent);
    if (t->flat != 0)
        put(&m->rows->arithmetic, " + %s", decimal(t->flat));
    add_step(m);
}

static void package(struct maker *m)
{
    rr_decimal n = m->step->result;
    put(&m->rows->label, "in packages of %s", decimal(m->line->step[0].which->price.package_size));
    if (n < RR_DECIMAL_LIMIT / RR_DECIMAL_ONE)
        put(&m->rows->arithmetic, "%s in %s × %s", decimal(m->step->quantity),
            decimal(n * RR_DECIMAL_ONE), decimal(m->step->price));
    else
        put(&m->rows->arithmetic, "%s × %s", decimal(m->step->quantity), decimal(m->step->price));
    add_step(m);
}

static void percent(struct maker *m)
{
    put(&m->rows->label, "percent");
    put(&m->rows->arithmetic, "%s × %s %%", decimal(m->step->quantity), decimal(m->step->price));
    add_step(m);
}

static void fixed(struct maker *m)
{
    put(&m->rows->label, "each record");
    put(&m->rows->arithmetic, "%llu × %s", (unsigned long long)m->step->count,
        decimal(m->step->price));
    add_step(m);
}

static void event(struct maker *m)
{
    const struct rr_bounds *bounds = &m->line->step[0].which->price.bounds;
    struct rr_line *out = &m->rows->arithmetic;
    put(&m->rows->label, "each record");
    put(out, "%llu × ", (unsigned long long)m->step->count);
    if (m->step->number > 1)
        put(out, "(%d other values × %s %%", m->step->number, decimal(m->step->price));
    else
        put(out, "(%s × %s %%", decimal(m->step->quantity), decimal(m->step->price));
    if (m->step->result != 0)
        put(out, " + %s", decimal(m->step->result));
    put(out, ")");
    if (bounds->has_least)
        put(out, ", at least %s", decimal(bounds->least));
    if (bounds->has_most)
        put(out, ", at most %s", decimal(bounds->most));
    add_step(m);
}

/* ---- what changes the amount ---- */

static void discount(struct maker *m)
{
    put(&m->rows->label,
        m->step->kind == RR_STEP_DISCOUNT ? "discount" : "discount of the contract");
    put(&m->rows->arithmetic, "%s %%", decimal(m->step->price));
    add_step(m);
}

static void bound(struct maker *m)
{
    rr_decimal value;
    bool more, same = m->has_before && m->step->amount &&
                      rr_amount_value(m->step->amount, &value, &more) && value == m->before;
    put(&m->rows->label, m->step->kind == RR_STEP_MOST ? "at most" : "at least");
    put_days(m, m->step->price);
    if (same)
        put(&m->rows->arithmetic,
            m->step->kind == RR_STEP_MOST ? " (it is not more)" : " (it is not less)");
    add_step(m);
}

static void rounded(struct maker *m)
{
    static const char *const rules[] = {"half up", "half even", "up", "down"};
    rr_decimal unit =
        (rr_decimal)rr_pow10((unsigned)(RR_DECIMAL_PLACES - m->line->line.plan->minor_digits));
    put(&m->rows->label, "rounded");
    put(&m->rows->arithmetic, "%s to %s", rules[m->book->rounding], decimal(unit));
    set_money(m->rows, add(m->rows), m->step->result, m->line->line.plan->minor_digits);
}

/* ---- plans and contracts ---- */

static void minimum(struct maker *m)
{
    put(&m->rows->label, "minimum of the plan");
    put_days(m, m->step->price);
    set_money(m->rows, add(m->rows), m->step->result, m->line->line.plan->minor_digits);
    put(&m->rows->label, "less metered lines");
    put(&m->rows->arithmetic, "− %s", decimal(m->step->quantity));
    set_money(m->rows, add(m->rows), m->step->result - m->step->quantity,
              m->line->line.plan->minor_digits);
}

static void term(struct maker *m)
{
    put(&m->rows->label, "promised");
    put_days(m, m->step->price);
    put(&m->rows->arithmetic, ", %s through %s", date(m->step->from), date(m->step->to - 1));
    set_money(m->rows, add(m->rows), m->step->result, m->line->line.plan->minor_digits);
}

static void put_counted(struct maker *m)
{
    char period[RR_PERIOD_TEXT];
    rr_period_format(m->book->period, m->step->line->period, period);
    put(&m->rows->arithmetic, "%s in %s, ", decimal(m->step->result), period);
    rr_shown_name_put(&m->rows->arithmetic, m->step->line->charge);
    put(&m->rows->arithmetic, " of ");
    rr_shown_name_put(&m->rows->arithmetic, m->step->line->account);
    if (m->step->count > 1)
        put(&m->rows->arithmetic, " (%llu lines)", (unsigned long long)m->step->count);
}

static void counted(struct maker *m)
{
    put(&m->rows->label, "counts");
    put_counted(m);
    add(m->rows);
}

static void taken(struct maker *m)
{
    put(&m->rows->label, "taken off");
    put_counted(m);
    put(&m->rows->arithmetic, ", %s left", decimal(m->step->quantity));
    add(m->rows);
}

static void beyond(struct maker *m)
{
    rr_decimal more = m->step->price - RR_DECIMAL_ONE;
    put(&m->rows->label, "beyond the promise");
    put(&m->rows->arithmetic, "(%s − %s before) × %s", decimal(m->step->result),
        decimal(m->step->quantity), decimal(more));
    add_step(m);
}

static void credit(struct maker *m)
{
    put(&m->rows->label, "balance of credit ");
    rr_shown_name_put(&m->rows->label, m->step->credit->id);
    set_money(m->rows, add(m->rows), m->step->quantity, m->line->line.plan->minor_digits);
}

static void (*const makers[])(struct maker *m) = {
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

/* ---- a line ---- */

/* What a line comes to that a plan or a contract makes, and is not rounded of itself. */
static const char *end_of(enum rr_step_kind first, enum rr_step_kind last)
{
    if (last == RR_STEP_COUNTED)
        return "what is missing";
    if (last == RR_STEP_TAKEN)
        return "what is taken off";
    return first == RR_STEP_TERM ? "billed upfront" : "what is missing";
}

static void add_end(struct rr_explain_rows *rows, const struct rr_told_line *told)
{
    enum rr_step_kind last = told->step[told->n_steps - 1].kind;
    if (last == RR_STEP_ROUND)
        return;
    put(&rows->label, "line");
    put(&rows->arithmetic, "%s", end_of(told->step[0].kind, last));
    set_money(rows, add(rows), told->line.money, told->line.plan->minor_digits);
}

static void add_offset(struct rr_explain_rows *rows, const struct rr_rated_line *line)
{
    if (line->offset == 0)
        return;
    put(&rows->label, "  of this");
    put(&rows->arithmetic, "%s is taken off by a commitment or credits", decimal(line->offset));
    add(rows);
}

static void add_share(struct rr_explain_rows *rows, const struct rr_told_line *told,
                      struct rr_text account)
{
    uint32_t others = told->n_shares;
    for (uint32_t i = 0; i < told->n_shares; i++) {
        const struct rr_share *share = &told->share[i];
        if (!rr_text_equal(share->account, account))
            continue;
        others--;
        put(&rows->label, "share of ");
        rr_shown_name_put(&rows->label, account);
        if (share->quantity != 0)
            put(&rows->arithmetic, "for %s", decimal(share->quantity));
        set_money(rows, add(rows), share->money, told->line.plan->minor_digits);
    }
    if (others == 0)
        return;
    put(&rows->label, "shares of %u other%s", others, plural(others));
    put(&rows->arithmetic, "see shares.csv");
    add(rows);
}

void rr_explain_rows_of_line(struct rr_explain_rows *rows, const struct rr_told_line *told,
                             const struct rr_book *book, struct rr_text account)
{
    struct maker m = {.rows = rows, .line = told, .book = book};
    rows->n = 0;
    rr_arena_reset(rows->arena);
    for (uint32_t i = 0; i < told->n_steps; i++) {
        m.step = &told->step[i];
        if (m.step->kind != RR_STEP_CHARGE)
            makers[m.step->kind](&m);
    }
    add_end(rows, told);
    add_offset(rows, &told->line);
    add_share(rows, told, account);
}

void rr_explain_rows_of_unrated(struct rr_explain_rows *rows, const struct rr_told_unrated *unrated)
{
    static const struct {
        const char *reason, *why;
    } whys[] = {
        {"no_subscription", "no plan was in force for the account at that time"},
        {"no_charge", "no charge of the plan takes this part of the meter at that time"},
        {"negative_quantity", "a quantity below zero that its charge counts as 0"},
    };
    rows->n = 0;
    rr_arena_reset(rows->arena);
    put(&rows->label, "metered");
    put(&rows->arithmetic, "%s ", decimal(unrated->row.quantity));
    rr_shown_name_put(&rows->arithmetic, unrated->row.meter);
    add(rows);
    add_usage(rows, &unrated->usage);
    put(&rows->label, "not billed");
    put(&rows->arithmetic, "%s", unrated->row.reason);
    for (size_t i = 0; i < sizeof whys / sizeof whys[0]; i++)
        if (strcmp(whys[i].reason, unrated->row.reason) == 0)
            put(&rows->arithmetic, ": %s", whys[i].why);
    add(rows);
}
