/* Control totals, read. */
#include "control.h"

#include "../io/commit.h"
#include "../io/memory.h"
#include "book_csv.h"

#include <stdio.h>

enum { FILE_NAME, RECORDS, QUANTITY, COLUMNS };

static const char *const names[COLUMNS] = {"file", "records", "quantity"};

struct reading {
    struct rr_book_csv csv;
    int column[COLUMNS]; /* where each stands in a record */
    int n_header;
    struct rr_control *control;
    uint32_t size;
};

static bool read_header(struct reading *r)
{
    struct rr_book_csv *csv = &r->csv;
    if (!rr_book_csv_record(csv) && csv->mistakes->n_found > 0)
        return false;
    for (int c = 0; c < COLUMNS; c++) {
        r->column[c] = RR_NO_COLUMN;
        for (int i = 0; i < csv->n_fields; i++) {
            if (!rr_text_equal(csv->field[i], rr_text_of(names[c])))
                continue;
            if (r->column[c] != RR_NO_COLUMN)
                rr_book_csv_wrong(csv, csv->place[i], "this column stands twice; keep one of them");
            r->column[c] = i;
        }
        if (r->column[c] == RR_NO_COLUMN)
            rr_mistake_add(csv->mistakes, csv->path, (struct rr_place){1, 1},
                           "no column `%s` in the header; it names file,records,quantity",
                           names[c]);
    }
    r->n_header = csv->n_fields;
    return csv->mistakes->n_found == 0;
}

static bool read_records(struct rr_text text, uint64_t *out)
{
    *out = 0;
    for (uint32_t i = 0; i < text.len; i++)
        if (text.ptr[i] < '0' || text.ptr[i] > '9' || __builtin_mul_overflow(*out, 10u, out) ||
            __builtin_add_overflow(*out, (uint64_t)(text.ptr[i] - '0'), out))
            return false;
    return text.len > 0;
}

static void wrong_field(struct reading *r, int column, const char *what)
{
    struct rr_text text = r->csv.field[r->column[column]];
    rr_mistake_add(r->csv.mistakes, r->csv.path, r->csv.place[r->column[column]],
                   "`%s` %.*s: wants %s", names[column], text.len > 100 ? 100 : (int)text.len,
                   text.ptr, what);
}

static void add_row(struct reading *r)
{
    struct rr_control *c = r->control;
    const struct rr_text *field = r->csv.field;
    struct rr_control_row row = {.file = field[r->column[FILE_NAME]], .line = r->csv.place[0].line};
    struct rr_text quantity = field[r->column[QUANTITY]];
    if (row.file.len == 0 || row.file.len > RR_NAME_MAX || !rr_is_utf8(row.file) ||
        memchr(row.file.ptr, '\0', row.file.len))
        wrong_field(r, FILE_NAME, "the path or the name of an input");
    if (!read_records(field[r->column[RECORDS]], &row.records))
        wrong_field(r, RECORDS, "a whole number");
    row.has_quantity = quantity.len > 0;
    if (row.has_quantity && !rr_sum_parse(quantity.ptr, quantity.len, &row.quantity))
        wrong_field(r, QUANTITY, "a decimal number with at most 18 places, or nothing");
    if (c->n_rows == r->size) {
        r->size = r->size ? 2 * r->size : 64;
        c->rows = rr_realloc(c->rows, r->size * sizeof *c->rows);
    }
    c->rows[c->n_rows++] = row;
}

static void read_rows(struct reading *r)
{
    struct rr_mistakes *mistakes = r->csv.mistakes;
    while (mistakes->n_found < RR_MISTAKES_MAX) {
        int found_before = mistakes->n_found;
        if (!rr_book_csv_record(&r->csv)) {
            if (mistakes->n_found == found_before)
                return;
        } else if (r->csv.n_fields != r->n_header) {
            rr_mistake_add(mistakes, r->csv.path, r->csv.place[0],
                           "%d fields where the header has %d", r->csv.n_fields, r->n_header);
        } else {
            add_row(r);
        }
    }
}

static int compare_rows(const void *a, const void *b)
{
    const struct rr_control_row *left = *(const struct rr_control_row *const *)a,
                                *right = *(const struct rr_control_row *const *)b;
    int order = rr_text_compare(left->file, right->file);
    return order ? order : (left->line > right->line) - (left->line < right->line);
}

static void check_twice(struct reading *r)
{
    const struct rr_control *c = r->control;
    const struct rr_control_row **sorted = rr_malloc(c->n_rows * sizeof *sorted);
    for (uint32_t i = 0; i < c->n_rows; i++)
        sorted[i] = &c->rows[i];
    if (c->n_rows > 0)
        qsort(sorted, c->n_rows, sizeof *sorted, compare_rows);
    for (uint32_t i = 1; i < c->n_rows; i++)
        if (rr_text_equal(sorted[i - 1]->file, sorted[i]->file))
            rr_mistake_add(r->csv.mistakes, c->path, (struct rr_place){sorted[i]->line, 1},
                           "`%.*s` stands twice, first in line %d; keep one of them",
                           sorted[i]->file.len > 200 ? 200 : (int)sorted[i]->file.len,
                           sorted[i]->file.ptr, sorted[i - 1]->line);
    free(sorted);
}

/* The first mistake, and how many more there are. */
static int tell(struct rr_mistakes *mistakes, struct rr_error *err)
{
    if (mistakes->n_found == 0)
        return 0;
    rr_mistakes_sort(mistakes);
    const struct rr_mistake *first = &mistakes->item[0];
    char more[64] = "";
    if (mistakes->n_found > 1)
        snprintf(more, sizeof more, " (and %d more mistakes)", mistakes->n_found - 1);
    return rr_fail(err, RR_EXIT_DATA, "%s:%d:%d: %s%s", first->file, first->place.line,
                   first->place.column, first->text, more);
}

struct rr_control *rr_control_parse(const char *path, const char *bytes, size_t len,
                                    struct rr_error *err)
{
    static const char mark[] = "\xef\xbb\xbf";
    struct rr_mistakes mistakes = {0};
    struct rr_control *c = rr_calloc(1, sizeof *c);
    c->path = path;
    c->arena = rr_arena_create();
    c->digest = rr_digest_bytes(bytes, len);
    struct reading r = {.csv = {.mistakes = &mistakes, .arena = c->arena, .path = path},
                        .control = c};
    size_t skip = len >= 3 && memcmp(bytes, mark, 3) == 0 ? 3 : 0;
    int result = 0;
    if (len >= UINT32_MAX)
        result = rr_fail(err, RR_EXIT_DATA, "%s: more than 4 GB; control totals are small", path);
    if (result == 0) {
        rr_book_csv_start(&r.csv, (struct rr_text){bytes + skip, (uint32_t)(len - skip)}, 1);
        if (read_header(&r)) {
            read_rows(&r);
            check_twice(&r);
        }
        result = tell(&mistakes, err);
    }
    rr_mistakes_fini(&mistakes);
    if (result == 0)
        return c;
    rr_control_destroy(c);
    return NULL;
}

static int check_quantities(const struct rr_control *c, const struct rr_book *book,
                            struct rr_error *err)
{
    for (uint32_t i = 0; i < c->n_rows && book->usage.quantity == RR_NO_COLUMN; i++)
        if (c->rows[i].has_quantity)
            return rr_fail(err, RR_EXIT_DATA,
                           "%s:%d: gives a quantity, and the book's `usage` names no column for "
                           "`quantity`; name it, or leave it empty here",
                           c->path, c->rows[i].line);
    return 0;
}

struct rr_control *rr_control_read(const char *path, const struct rr_book *book,
                                   struct rr_error *err)
{
    char *bytes;
    size_t len;
    if (rr_read_file(path, &bytes, &len, err) != 0)
        return NULL;
    struct rr_control *c = rr_control_parse(path, bytes, len, err);
    if (c == NULL) {
        free(bytes);
        return NULL;
    }
    c->bytes = bytes;
    if (check_quantities(c, book, err) == 0)
        return c;
    rr_control_destroy(c);
    return NULL;
}

void rr_control_destroy(struct rr_control *c)
{
    if (c == NULL)
        return;
    rr_arena_destroy(c->arena);
    free(c->rows);
    free(c->bytes);
    free(c);
}
