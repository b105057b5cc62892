/* Bringing the lines of one account together, old and new. */
#include "carried_lines.h"

#include "row_fields.h"

enum {
    ACCOUNT,
    CONTRACT,
    PERIOD,
    PLAN,
    CHARGE,
    DETAIL,
    FROM,
    TO,
    QUANTITY,
    EXACT,
    AMOUNT,
    CURRENCY,
    COLUMNS
};

void rr_carried_lines_fini(struct rr_carried_lines *l)
{
    rr_line_fini(&l->earlier.unquoted);
    rr_line_fini(&l->added.unquoted);
    rr_line_fini(&l->unquoted);
}

static int unreadable(struct rr_error *err)
{
    return rr_fail(err, RR_EXIT_DATA,
                   "a row of the earlier lines.csv can't be read; `rerate verify` tells more, "
                   "`--all` goes without it");
}

static bool parse_amount(struct rr_text text, rr_decimal *amount)
{
    return rr_decimal_parse(text.ptr, text.len, false, amount) == RR_DECIMAL_OK;
}

/* ---- those that go ---- */

static int take_off(struct rr_carried_lines *l, const struct rr_text *field, struct rr_error *err)
{
    rr_decimal amount, exact;
    struct rr_total *total =
        rr_carried_total(l->invoices->totals, l->kind, field[CURRENCY], field[PERIOD]);
    if (total == NULL || !parse_amount(field[AMOUNT], &amount) ||
        !parse_amount(field[EXACT], &exact))
        return unreadable(err);
    total->lines--;
    rr_sum_add(&total->amount, -amount);
    rr_sum_add(&total->exact, -exact);
    return 0;
}

static int gone(void *self, struct rr_text rows, struct rr_error *err)
{
    struct rr_carried_lines *l = self;
    struct rr_text field[COLUMNS];
    while (rows.len > 0) {
        if (!rr_row_take(&rows, field, COLUMNS, &l->unquoted))
            return unreadable(err);
        if (take_off(l, field, err) != 0)
            return -1;
    }
    return 0;
}

/* ---- an account of whose lines some go ---- */

typedef int (*side)(struct rr_carried_walk *walk, struct rr_text *rows, struct rr_error *err);

/* The next line of a side. */
static int next_line(struct rr_carried_walk *walk, side more, struct rr_carried_line *line,
                     struct rr_error *err)
{
    line->here = false;
    if (line->rest.len == 0) {
        int got = more(walk, &line->rest, err);
        if (got <= 0)
            return got;
    }
    const char *start = line->rest.ptr;
    if (!rr_row_take(&line->rest, line->field, COLUMNS, &line->unquoted))
        return unreadable(err);
    line->row = (struct rr_text){start, (uint32_t)(line->rest.ptr - start)};
    line->here = true;
    return 0;
}

static int goes(const struct rr_carried_lines *l, const struct rr_text *field, bool *out,
                struct rr_error *err)
{
    int32_t period;
    if (!rr_carried_period(l->kind, field[PERIOD], &period))
        return unreadable(err);
    *out = rr_book_change_has(l->change, field[PLAN], period, field[CHARGE]);
    return 0;
}

/* The next earlier line that stays. */
static int next_that_stays(struct rr_carried_lines *l, struct rr_carried_walk *walk,
                           struct rr_error *err)
{
    bool going;
    do {
        if (next_line(walk, rr_carried_earlier, &l->earlier, err) != 0)
            return -1;
        if (!l->earlier.here)
            return 0;
        if (goes(l, l->earlier.field, &going, err) != 0 ||
            (going && rr_carried_counts(walk) && take_off(l, l->earlier.field, err) != 0))
            return -1;
    } while (going);
    return 0;
}

/* As lines stand in a table of one account. */
static int compare_lines(const struct rr_text *a, const struct rr_text *b)
{
    for (int f = CONTRACT; f <= FROM; f++) {
        int order = rr_text_compare(a[f], b[f]);
        if (order != 0)
            return order;
    }
    return 0;
}

static int put_line(struct rr_carried_lines *l, struct rr_carried_walk *walk,
                    const struct rr_carried_line *line, struct rr_error *err)
{
    rr_decimal amount;
    if (!parse_amount(line->field[AMOUNT], &amount))
        return unreadable(err);
    if (rr_carried_counts(walk) &&
        rr_carried_invoices_add(l->invoices, line->field[PERIOD], line->field[CURRENCY], amount,
                                err) != 0)
        return -1;
    return rr_carried_put(walk, line->row, err);
}

static int put_lines(struct rr_carried_lines *l, struct rr_carried_walk *walk, struct rr_error *err)
{
    if (next_that_stays(l, walk, err) != 0 ||
        next_line(walk, rr_carried_added, &l->added, err) != 0)
        return -1;
    while (l->earlier.here || l->added.here) {
        bool earlier = !l->added.here || (l->earlier.here && compare_lines(l->earlier.field,
                                                                           l->added.field) < 0);
        if (put_line(l, walk, earlier ? &l->earlier : &l->added, err) != 0)
            return -1;
        int next = earlier ? next_that_stays(l, walk, err)
                           : next_line(walk, rr_carried_added, &l->added, err);
        if (next != 0)
            return -1;
    }
    return 0;
}

static int some(void *self, struct rr_text account, struct rr_carried_walk *walk,
                struct rr_error *err)
{
    struct rr_carried_lines *l = self;
    struct rr_text earlier[COLUMNS], added[COLUMNS];
    bool counts = rr_carried_counts(walk);
    l->earlier.field = earlier;
    l->added.field = added;
    l->earlier.rest = l->added.rest = (struct rr_text){0};
    if (counts && rr_carried_invoices_begin(l->invoices, account, err) != 0)
        return -1;
    if (put_lines(l, walk, err) != 0)
        return -1;
    return counts ? rr_carried_invoices_end(l->invoices, err) : 0;
}

struct rr_carried_user rr_carried_lines_user(struct rr_carried_lines *lines)
{
    return (struct rr_carried_user){lines, gone, some};
}
