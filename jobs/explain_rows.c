/* Lines as rows. */
#include "explain_rows.h"

#include "../io/memory.h"
#include "explain_step_rows.h"
#include "shown_name.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

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

void rr_row_put(struct rr_line *out, const char *format, ...)
{
    va_list arguments;
    char text[256];
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    rr_line_put(out, text, strlen(text));
}

/* A decimal as text; lives until it is called so many times again. */
const char *rr_row_decimal(rr_decimal value)
{
    enum { TEXTS = 8 };
    static char texts[TEXTS][RR_DECIMAL_TEXT];
    static int next;
    char *text = texts[next++ % TEXTS];
    rr_decimal_format(value, text);
    return text;
}

const char *rr_row_plural(uint64_t n)
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
struct rr_explain_row *rr_row_add(struct rr_explain_rows *rows)
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

void rr_row_set_value(struct rr_explain_rows *rows, struct rr_explain_row *row, rr_decimal value,
                      const char *more)
{
    rr_row_put(&rows->label, "%s%s", rr_row_decimal(value), more);
    row->amount = keep(rows, &rows->label);
    row->value = value;
    row->has_value = true;
}

void rr_row_set_money(struct rr_explain_rows *rows, struct rr_explain_row *row, rr_decimal money,
                      int minor_digits)
{
    char text[RR_DECIMAL_TEXT];
    rr_decimal_format_fixed(money, (unsigned)minor_digits, text);
    rr_row_put(&rows->label, "%s", text);
    row->amount = keep(rows, &rows->label);
    row->value = money;
    row->has_value = true;
    row->is_money = true;
}

/* ---- usage ---- */

static void put_withheld(struct rr_line *out, const struct rr_record_counts *counts)
{
    static const struct {
        const char *one, *many;
    } words[] = {[RR_DUPLICATE] = {"duplicate dropped", "duplicates dropped"},
                 [RR_SUPERSEDED] = {"superseded", "superseded"},
                 [RR_VOIDED] = {"withdrawn", "withdrawn"},
                 [RR_VOID] = {"that withdraws", "that withdraw"}};
    for (int w = 0; w < RR_WITHHELD; w++) {
        uint64_t n = counts->withheld[w];
        if (n > 0)
            rr_row_put(out, ", %llu %s", (unsigned long long)n,
                       n == 1 ? words[w].one : words[w].many);
    }
}

static void put_records(struct rr_line *out, const struct rr_record_counts *counts)
{
    rr_row_put(out, "%llu record%s", (unsigned long long)counts->counted,
               rr_row_plural(counts->counted));
    put_withheld(out, counts);
}

/* Where the records came from: the first files by path. */
void rr_row_add_usage(struct rr_explain_rows *rows, const struct rr_told_usage *usage)
{
    enum { FILES = 8 };
    uint32_t shown = usage->n_files > FILES + 1 ? FILES : usage->n_files;
    rr_row_put(&rows->label, "  of");
    put_records(&rows->arithmetic, &usage->counts);
    rr_row_add(rows);
    for (uint32_t f = 0; f < shown; f++) {
        rr_row_put(&rows->label, "    ");
        rr_shown_name_put(&rows->label, rr_text_of(usage->file[f].path));
        put_records(&rows->arithmetic, &usage->file[f].counts);
        rr_row_add(rows);
    }
    if (shown == usage->n_files)
        return;
    rr_row_put(&rows->label, "    and %u more files", usage->n_files - shown);
    rr_row_put(&rows->arithmetic, "--json lists them");
    rr_row_add(rows);
}

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
    rr_row_put(&rows->label, "line");
    rr_row_put(&rows->arithmetic, "%s", end_of(told->step[0].kind, last));
    rr_row_set_money(rows, rr_row_add(rows), told->line.money, told->line.plan->minor_digits);
}

static void add_offset(struct rr_explain_rows *rows, const struct rr_rated_line *line)
{
    if (line->offset == 0)
        return;
    rr_row_put(&rows->label, "  of this");
    rr_row_put(&rows->arithmetic, "%s is taken off by a commitment or credits",
               rr_row_decimal(line->offset));
    rr_row_add(rows);
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
        rr_row_put(&rows->label, "share of ");
        rr_shown_name_put(&rows->label, account);
        if (share->quantity != 0)
            rr_row_put(&rows->arithmetic, "for %s", rr_row_decimal(share->quantity));
        rr_row_set_money(rows, rr_row_add(rows), share->money, told->line.plan->minor_digits);
    }
    if (others == 0)
        return;
    rr_row_put(&rows->label, "shares of %u other%s", others, rr_row_plural(others));
    rr_row_put(&rows->arithmetic, "see shares.csv");
    rr_row_add(rows);
}

void rr_explain_rows_of_line(struct rr_explain_rows *rows, const struct rr_told_line *told,
                             const struct rr_book *book, struct rr_text account)
{
    struct rr_row_maker m = {.rows = rows, .line = told, .book = book};
    rows->n = 0;
    rr_arena_reset(rows->arena);
    for (uint32_t i = 0; i < told->n_steps; i++) {
        m.step = &told->step[i];
        if (m.step->kind != RR_STEP_CHARGE)
            rr_row_of_step(&m);
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
        {"withheld", "copies of records that count otherwise, or withdrawn by a correction"},
    };
    rows->n = 0;
    rr_arena_reset(rows->arena);
    bool withheld = strcmp(unrated->row.reason, "withheld") == 0;
    rr_row_put(&rows->label, "metered");
    rr_row_put(&rows->arithmetic, "%s ", withheld ? "no" : rr_row_decimal(unrated->row.quantity));
    rr_shown_name_put(&rows->arithmetic, unrated->row.meter);
    rr_row_add(rows);
    rr_row_add_usage(rows, &unrated->usage);
    rr_row_put(&rows->label, "%s", withheld ? "not counted" : "not billed");
    if (!withheld)
        rr_row_put(&rows->arithmetic, "%s: ", unrated->row.reason);
    for (size_t i = 0; i < sizeof whys / sizeof whys[0]; i++)
        if (strcmp(whys[i].reason, unrated->row.reason) == 0)
            rr_row_put(&rows->arithmetic, "%s", whys[i].why);
    rr_row_add(rows);
}
