/* Two sides of one owner's rows. */
#include "carried_rows.h"

#include "row_fields.h"

enum { MOST_FIELDS = 16 };

void rr_carried_rows_fini(struct rr_carried_rows *r)
{
    rr_line_fini(&r->earlier.unquoted);
    rr_line_fini(&r->added.unquoted);
}

int rr_carried_unreadable(const char *table, struct rr_error *err)
{
    return rr_fail(
        err, RR_EXIT_DATA,
        "a row of the earlier %s can't be read; `rerate verify` tells more, `--all` goes "
        "without it",
        table);
}

typedef int (*side)(struct rr_carried_walk *walk, struct rr_text *rows, struct rr_error *err);

/* The next row of a side. */
static int next_row(const struct rr_carried_rows *r, struct rr_carried_walk *walk, side more,
                    struct rr_carried_row *row, struct rr_error *err)
{
    row->here = false;
    if (row->rest.len == 0) {
        int got = more(walk, &row->rest, err);
        if (got <= 0)
            return got;
    }
    const char *start = row->rest.ptr;
    if (!rr_row_take(&row->rest, row->field, r->n_fields, &row->unquoted))
        return rr_carried_unreadable(r->name, err);
    row->row = (struct rr_text){start, (uint32_t)(row->rest.ptr - start)};
    row->here = true;
    return 0;
}

/* The next earlier row that stays. */
static int next_that_stays(struct rr_carried_rows *r, struct rr_carried_walk *walk,
                           struct rr_error *err)
{
    int going;
    do {
        if (next_row(r, walk, rr_carried_earlier, &r->earlier, err) != 0)
            return -1;
        if (!r->earlier.here)
            return 0;
        going = r->goes(r->self, r->earlier.field, err);
        if (going > 0 && r->gone && rr_carried_counts(walk) &&
            r->gone(r->self, r->earlier.field, err) != 0)
            return -1;
    } while (going > 0);
    return going;
}

static bool is_before(const struct rr_carried_rows *r, const struct rr_text *a,
                      const struct rr_text *b)
{
    for (int f = 1; f <= r->n_compared; f++) {
        int order = rr_text_compare(a[f], b[f]);
        if (order != 0)
            return order < 0;
    }
    return false;
}

static int put_row(struct rr_carried_rows *r, struct rr_carried_walk *walk,
                   const struct rr_carried_row *row, struct rr_error *err)
{
    if (r->kept && rr_carried_counts(walk) && r->kept(r->self, row->field, err) != 0)
        return -1;
    return rr_carried_put(walk, row->row, err);
}

static int put_rows(struct rr_carried_rows *r, struct rr_carried_walk *walk, struct rr_error *err)
{
    int result = next_that_stays(r, walk, err);
    if (result == 0)
        result = next_row(r, walk, rr_carried_added, &r->added, err);
    while (result == 0 && (r->earlier.here || r->added.here)) {
        bool earlier =
            !r->added.here || (r->earlier.here && is_before(r, r->earlier.field, r->added.field));
        result = put_row(r, walk, earlier ? &r->earlier : &r->added, err);
        if (result == 0)
            result = earlier ? next_that_stays(r, walk, err)
                             : next_row(r, walk, rr_carried_added, &r->added, err);
    }
    return result;
}

int rr_carried_rows_put(struct rr_carried_rows *r, struct rr_carried_walk *walk,
                        struct rr_error *err)
{
    struct rr_text earlier[MOST_FIELDS], added[MOST_FIELDS];
    r->earlier.field = earlier;
    r->added.field = added;
    r->earlier.rest = r->added.rest = (struct rr_text){0};
    return put_rows(r, walk, err);
}
