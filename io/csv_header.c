/* Columns by name: where each wanted one stands in a header. */
#include "csv_source.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    NAME_MAX_LEN = 64,  /* longer names are near to nothing */
    LISTED_BYTES = 600, /* of an error's text, for the header's names */
};

/* How many letters must be put in, taken out or changed to make `a` of `b` (Levenshtein). */
static uint32_t distance(struct rr_text a, struct rr_text b)
{
    uint32_t row[NAME_MAX_LEN + 1];
    if (a.len > NAME_MAX_LEN || b.len > NAME_MAX_LEN)
        return UINT32_MAX;
    for (uint32_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (uint32_t i = 0; i < a.len; i++) {
        uint32_t diagonal = row[0];
        row[0] = i + 1;
        for (uint32_t j = 0; j < b.len; j++) {
            uint32_t change = diagonal + (a.ptr[i] != b.ptr[j]);
            uint32_t less = row[j] < row[j + 1] ? row[j] + 1 : row[j + 1] + 1;
            diagonal = row[j + 1];
            row[j + 1] = change < less ? change : less;
        }
    }
    return row[b.len];
}

static uint32_t nearest(struct rr_text column, const struct rr_text *names, uint32_t n_names)
{
    uint32_t best = 0, best_distance = UINT32_MAX;
    for (uint32_t i = 0; i < n_names; i++) {
        uint32_t d = distance(column, names[i]);
        if (d < best_distance) {
            best = i;
            best_distance = d;
        }
    }
    return best;
}

static bool put_name(char *list, size_t *at, struct rr_text name)
{
    if (*at + name.len + 6 > LISTED_BYTES)
        return false;
    int n = sprintf(list + *at, "%s%.*s", *at ? ", " : "", (int)name.len, name.ptr);
    *at += (size_t)n;
    return true;
}

static int no_column(const char *path, const struct rr_text *names, uint32_t n_names,
                     struct rr_text column, struct rr_error *err)
{
    char list[LISTED_BYTES + 8] = "";
    size_t at = 0;
    uint32_t near = nearest(column, names, n_names);
    bool all = put_name(list, &at, names[near]);
    for (uint32_t i = 0; i < n_names && all; i++)
        if (i != near)
            all = put_name(list, &at, names[i]);
    return rr_fail(err, RR_EXIT_DATA, "%s: the header has no column '%.*s'; it has: %s%s", path,
                   (int)column.len, column.ptr, list, all ? "" : ", ...");
}

int rr_csv_find_columns(const char *path, const struct rr_text *names, uint32_t n_names,
                        const struct rr_text *columns, int n_columns, uint32_t *field,
                        struct rr_error *err)
{
    for (int c = 0; c < n_columns; c++) {
        uint32_t found = 0;
        for (uint32_t i = 0; i < n_names; i++) {
            if (!rr_text_equal(columns[c], names[i]))
                continue;
            if (found++ > 0)
                return rr_fail(err, RR_EXIT_DATA, "%s: the header has the column '%.*s' twice",
                               path, (int)columns[c].len, columns[c].ptr);
            field[c] = i;
        }
        if (found == 0)
            return no_column(path, names, n_names, columns[c], err);
    }
    return 0;
}
