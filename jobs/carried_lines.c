/* Lines and unrated usage of accounts of which some go. */
#include "carried_lines.h"

#include "row_fields.h"

#include <string.h>

enum { UNRATED_PERIOD = 1, UNRATED_FIELDS = 7 };

void rr_carried_lines_fini(struct rr_carried_lines *l)
{
    rr_carried_rows_fini(&l->lines);
    rr_carried_rows_fini(&l->unrated);
    rr_line_fini(&l->unquoted);
}

/* ---- periods that go ---- */

void rr_carried_lines_note(enum rr_period kind, const int32_t *period, int n, struct rr_line *note)
{
    rr_line_clear(note);
    rr_line_put(note, RR_SOME_GO.ptr, RR_SOME_GO.len);
    for (int i = 0; i < n; i++) {
        char text[RR_PERIOD_TEXT];
        rr_period_format(kind, period[i], text);
        rr_line_put(note, text, strlen(text));
        rr_line_put(note, "\n", 1);
    }
}

/* Each stands between line ends. */
static bool names(struct rr_text periods, struct rr_text period)
{
    for (const char *at = periods.ptr, *end = at + periods.len; at + period.len + 2 <= end;) {
        if (at[period.len + 1] == '\n' && memcmp(at + 1, period.ptr, period.len) == 0)
            return true;
        at = memchr(at + 1, '\n', (size_t)(end - at - 1));
    }
    return false;
}

/* ---- lines ---- */

static bool parse_amount(struct rr_text text, rr_decimal *amount)
{
    return rr_decimal_parse(text.ptr, text.len, false, amount) == RR_DECIMAL_OK;
}

static bool read_period(struct rr_carried_lines *l, struct rr_text text)
{
    struct rr_stamp *stamp = &l->period;
    if (stamp->len > 0 && rr_text_equal(text, (struct rr_text){stamp->text, stamp->len}))
        return true;
    stamp->len = 0;
    if (text.len >= sizeof stamp->text || !rr_carried_period(l->kind, text, &stamp->number))
        return false;
    memcpy(stamp->text, text.ptr, text.len);
    stamp->len = text.len;
    return true;
}

static int line_goes(void *self, const struct rr_text *field, struct rr_error *err)
{
    struct rr_carried_lines *l = self;
    if (names(l->periods, field[RR_LINE_PERIOD]))
        return 1;
    if (!read_period(l, field[RR_LINE_PERIOD]))
        return rr_carried_unreadable("lines.csv", err);
    return rr_book_change_has(l->change, field[RR_LINE_PLAN], l->period.number,
                              field[RR_LINE_CHARGE]);
}

static int line_gone(void *self, const struct rr_text *field, struct rr_error *err)
{
    const struct rr_carried_lines *l = self;
    rr_decimal amount, exact;
    struct rr_total *total = rr_carried_total(l->invoices->totals, l->kind, field[RR_LINE_CURRENCY],
                                              field[RR_LINE_PERIOD]);
    if (total == NULL || !parse_amount(field[RR_LINE_AMOUNT], &amount) ||
        !parse_amount(field[RR_LINE_EXACT], &exact))
        return rr_carried_unreadable("lines.csv", err);
    total->lines--;
    rr_sum_add(&total->amount, -amount);
    rr_sum_add(&total->exact, -exact);
    return 0;
}

static int line_kept(void *self, const struct rr_text *field, struct rr_error *err)
{
    const struct rr_carried_lines *l = self;
    rr_decimal amount;
    if (!parse_amount(field[RR_LINE_AMOUNT], &amount))
        return rr_carried_unreadable("lines.csv", err);
    return rr_carried_invoices_add(l->invoices, field[RR_LINE_PERIOD], field[RR_LINE_CURRENCY],
                                   amount, err);
}

static int lines_gone(void *self, struct rr_text rows, struct rr_error *err)
{
    struct rr_carried_lines *l = self;
    struct rr_text field[RR_LINE_COLUMNS];
    while (rows.len > 0) {
        if (!rr_row_take(&rows, field, RR_LINE_COLUMNS, &l->unquoted))
            return rr_carried_unreadable("lines.csv", err);
        if (line_gone(l, field, err) != 0)
            return -1;
    }
    return 0;
}

static int some_lines(void *self, struct rr_text account, struct rr_carried_walk *walk,
                      struct rr_error *err)
{
    struct rr_carried_lines *l = self;
    bool counts = rr_carried_counts(walk);
    l->periods = rr_carried_note(walk);
    if (counts && rr_carried_invoices_begin(l->invoices, account, err) != 0)
        return -1;
    if (rr_carried_rows_put(&l->lines, walk, err) != 0)
        return -1;
    return counts ? rr_carried_invoices_end(l->invoices, err) : 0;
}

struct rr_carried_user rr_carried_lines_user(struct rr_carried_lines *l)
{
    l->lines = (struct rr_carried_rows){.name = "lines.csv",
                                        .n_fields = RR_LINE_COLUMNS,
                                        .n_compared = RR_LINE_FROM,
                                        .self = l,
                                        .goes = line_goes,
                                        .gone = line_gone,
                                        .kept = line_kept};
    return (struct rr_carried_user){l, lines_gone, some_lines};
}

/* ---- unrated usage ---- */

static int unrated_goes(void *self, const struct rr_text *field, struct rr_error *err)
{
    const struct rr_carried_lines *l = self;
    (void)err;
    return names(l->periods, field[UNRATED_PERIOD]);
}

static int some_unrated(void *self, struct rr_text account, struct rr_carried_walk *walk,
                        struct rr_error *err)
{
    struct rr_carried_lines *l = self;
    (void)account;
    l->periods = rr_carried_note(walk);
    return rr_carried_rows_put(&l->unrated, walk, err);
}

/* A period's rows go together, so that those of both sides are told apart by it. */
struct rr_carried_user rr_carried_unrated_user(struct rr_carried_lines *l)
{
    l->unrated = (struct rr_carried_rows){.name = "unrated.csv",
                                          .n_fields = UNRATED_FIELDS,
                                          .n_compared = UNRATED_PERIOD,
                                          .self = l,
                                          .goes = unrated_goes};
    return (struct rr_carried_user){l, NULL, some_unrated};
}
