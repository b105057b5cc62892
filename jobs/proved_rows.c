/* Holding rows against a result. */
#include "proved_rows.h"

#include "../io/memory.h"
#include "kept_rows.h"
#include "row_fields.h"

#include <stdlib.h>

static const struct {
    const char *name, *header;
} tables[] = {
    [RR_PROVED_LINES] = {"lines.csv", rr_lines_header},
    [RR_PROVED_INVOICES] = {"invoices.csv", rr_invoices_header},
    [RR_PROVED_SHARES] = {"shares.csv", rr_shares_header},
    [RR_PROVED_UNRATED] = {"unrated.csv", rr_unrated_header},
};

static struct rr_proved_key *find(const struct rr_proved_rows *rows, enum rr_proved_table table,
                                  struct rr_text name)
{
    for (uint32_t i = 0; i < rows->n; i++)
        if (rows->key[i].table == table && rr_text_equal(rows->key[i].name, name))
            return &rows->key[i];
    return NULL;
}

void rr_proved_rows_want(struct rr_proved_rows *rows, enum rr_proved_table table,
                         struct rr_text name)
{
    if (find(rows, table, name))
        return;
    if (rows->n == rows->size) {
        rows->size = rows->size ? 2 * rows->size : 8;
        rows->key = rr_realloc(rows->key, rows->size * sizeof *rows->key);
    }
    rows->key[rows->n++] = (struct rr_proved_key){.table = table, .name = name};
}

void rr_proved_rows_fini(struct rr_proved_rows *rows)
{
    for (uint32_t i = 0; i < rows->n; i++)
        rr_line_fini(&rows->key[i].rows);
    free(rows->key);
    *rows = (struct rr_proved_rows){0};
}

static int take(void *self, enum rr_proved_table table, struct rr_text name,
                const struct rr_line *rows)
{
    struct rr_proved_key *key = find(self, table, name);
    if (key)
        rr_line_put(&key->rows, rows->bytes, rows->used);
    return 0;
}

static int take_lines(void *self, struct rr_text name, const struct rr_line *rows,
                      struct rr_error *err)
{
    (void)err;
    return take(self, RR_PROVED_LINES, name, rows);
}

static int take_invoices(void *self, struct rr_text name, const struct rr_line *rows,
                         struct rr_error *err)
{
    (void)err;
    return take(self, RR_PROVED_INVOICES, name, rows);
}

static int take_shares(void *self, struct rr_text name, const struct rr_line *rows,
                       struct rr_error *err)
{
    (void)err;
    return take(self, RR_PROVED_SHARES, name, rows);
}

static int take_unrated(void *self, struct rr_text name, const struct rr_line *rows,
                        struct rr_error *err)
{
    (void)err;
    return take(self, RR_PROVED_UNRATED, name, rows);
}

struct rr_rated_sink rr_proved_rows_sink(struct rr_proved_rows *rows)
{
    return (struct rr_rated_sink){rows, take_lines, take_invoices, take_shares, take_unrated};
}

/* ---- proof ---- */

/* The row in which two texts differ first: from its begin, without its line end; "nothing" at an end. */
static struct rr_text first_row(struct rr_text rows, uint32_t at)
{
    const char *end = rows.ptr + rows.len;
    const char *row_end = at < rows.len ? rr_row_end(rows.ptr + at, end) : NULL;
    if (row_end == NULL)
        return rr_text_of("nothing");
    return (struct rr_text){rows.ptr + at, (uint32_t)(row_end - 1 - (rows.ptr + at))};
}

static int refuse(const struct rr_proved_key *key, const struct rr_result_facts *facts,
                  struct rr_text kept, struct rr_error *err)
{
    enum { SHOWN = 300 };
    struct rr_text made = rr_line_text(&key->rows);
    uint32_t at = 0, row = 1;
    for (const char *next; at < made.len && at < kept.len; row++) {
        struct rr_text a = first_row(made, at), b = first_row(kept, at);
        if (!rr_text_equal(a, b) || (next = rr_row_end(made.ptr + at, made.ptr + made.len)) == NULL)
            break;
        at = (uint32_t)(next - made.ptr);
    }
    struct rr_text a = first_row(made, at), b = first_row(kept, at);
    return rr_fail(
        err, RR_EXIT_DATA,
        "%s/%s: row %u of '%.*s' is not what its book makes of the usage: it says '%.*s', "
        "and should say '%.*s'. Nothing is explained; `rerate verify` tells more",
        facts->dir, tables[key->table].name, row, RR_SHOW(key->name),
        (int)(b.len < SHOWN ? b.len : SHOWN), b.ptr, (int)(a.len < SHOWN ? a.len : SHOWN), a.ptr);
}

/* A search that was led astray is made again from the front, before anything is refused. */
static int prove(const struct rr_proved_key *key, const struct rr_result_facts *facts,
                 struct rr_error *err)
{
    struct rr_line kept = {0};
    bool same = false;
    int result = 0;
    for (int thorough = 0; thorough < 2 && result == 0 && !same; thorough++) {
        rr_line_clear(&kept);
        result = rr_kept_rows_read(facts, tables[key->table].name, tables[key->table].header,
                                   key->name, thorough, &kept, err);
        same = rr_text_equal(rr_line_text(&kept), rr_line_text(&key->rows));
    }
    if (result == 0 && !same)
        result = refuse(key, facts, rr_line_text(&kept), err);
    rr_line_fini(&kept);
    return result;
}

int rr_proved_rows_prove(const struct rr_proved_rows *rows, const struct rr_result_facts *facts,
                         struct rr_error *err)
{
    for (uint32_t i = 0; i < rows->n; i++)
        if (prove(&rows->key[i], facts, err) != 0)
            return -1;
    return 0;
}
