/* From an index of positions to views.
 *
 * Columns are filled one at a time and first for all rows, as if all were well-formed and
 * unquoted; the few rows and fields that are not are put right after that. A batch without quotes
 * and of plain ASCII is done in the first pass.
 */
#include "csv_rows.h"

#include "csv_text.h"

#include <stdlib.h>

static const struct rr_text nothing = {"", 0};

/* The column before `c` that is the same field; `c` itself if there is none. */
static uint32_t first_of_field(const struct rr_csv_rows *rows, uint32_t c)
{
    uint32_t first = 0;
    while (rows->field[first] != rows->field[c])
        first++;
    return first;
}

int rr_csv_rows_init(struct rr_csv_rows *rows, uint32_t n_columns, struct rr_error *err)
{
    struct rr_batch *batch = &rows->batch;
    batch->offset = calloc(RR_BATCH_RECORDS, sizeof *batch->offset);
    batch->raw = calloc(RR_BATCH_RECORDS, sizeof *batch->raw);
    batch->reject = calloc(RR_BATCH_RECORDS, sizeof *batch->reject);
    batch->n_columns = n_columns;
    bool failed = !batch->offset || !batch->raw || !batch->reject;
    for (uint32_t c = 0; c < n_columns; c++) {
        uint32_t first = first_of_field(rows, c);
        rows->again[c] = first < c;
        batch->column[c] = rows->again[c] ? batch->column[first]
                                          : calloc(RR_BATCH_RECORDS, sizeof *batch->column[c]);
        failed |= batch->column[c] == NULL;
    }
    return failed ? rr_fail(err, RR_EXIT_IO, "no memory for a batch of records") : 0;
}

void rr_csv_rows_fini(struct rr_csv_rows *rows)
{
    free(rows->batch.offset);
    free(rows->batch.raw);
    free(rows->batch.reject);
    for (uint32_t c = 0; c < rows->batch.n_columns; c++)
        if (!rows->again[c])
            free(rows->batch.column[c]);
    free(rows->scratch);
}

/* Fills raw, offset and reject; returns how many rows are bad. */
static uint32_t fill_rows(struct rr_csv_rows *rows, const struct rr_csv_index *index,
                          const char *window, uint64_t offset)
{
    struct rr_batch *batch = &rows->batch;
    uint32_t n_bad = 0;
    for (uint32_t i = 0; i < index->n; i++) {
        uint32_t start = index->end[(int64_t)index->first[i] - 1] + 1;
        uint32_t len = index->stop[i] - start;
        enum rr_reject reject = len > rows->record_max                 ? RR_TOO_LONG
                                : index->n_fields[i] != rows->n_fields ? RR_BAD_ROW
                                                                       : RR_ACCEPT;
        batch->raw[i] = (struct rr_text){window + start, len};
        batch->offset[i] = offset + start;
        batch->reject[i] = (uint8_t)reject;
        n_bad += reject != RR_ACCEPT;
    }
    return n_bad;
}

static uint32_t reject_row(struct rr_batch *batch, uint32_t i, enum rr_reject reject)
{
    if (batch->reject[i] != RR_ACCEPT)
        return 0;
    batch->reject[i] = (uint8_t)reject;
    return 1;
}

static uint32_t reject_misquoted(struct rr_batch *batch, const struct rr_csv_index *index)
{
    uint32_t n_bad = 0;
    for (uint32_t i = 0; i < batch->n && index->stray != 0; i++)
        if (rr_csv_misquoted(batch->raw[i]))
            n_bad += reject_row(batch, i, RR_BAD_ROW);
    if (index->unclosed)
        n_bad += reject_row(batch, batch->n - 1, RR_BAD_ROW);
    return n_bad;
}

static void fill_column(const struct rr_csv_index *index, const char *window, uint32_t field,
                        bool last, struct rr_text *column)
{
    for (uint32_t i = 0; i < index->n; i++) {
        const uint32_t *end = index->end + index->first[i] + field;
        uint32_t start = end[-1] + 1;
        uint32_t stop = last ? index->stop[i] : *end;
        column[i] = (struct rr_text){window + start, stop - start};
    }
}

static void empty_row(struct rr_batch *batch, uint32_t i)
{
    for (uint32_t c = 0; c < batch->n_columns; c++)
        batch->column[c][i] = nothing;
}

static void empty_bad_rows(struct rr_csv_rows *rows)
{
    struct rr_batch *batch = &rows->batch;
    for (uint32_t i = 0; i < batch->n; i++) {
        if (batch->reject[i] == RR_ACCEPT)
            continue;
        empty_row(batch, i);
        if (batch->raw[i].len > rows->record_max)
            batch->raw[i].len = (uint32_t)rows->record_max;
    }
}

static void unquote_column(const struct rr_batch *batch, struct rr_text *column, bool doubled,
                           char **scratch)
{
    for (uint32_t i = 0; i < batch->n; i++) {
        struct rr_text *field = &column[i];
        if (field->len < 2 || field->ptr[0] != '"')
            continue;
        if (doubled)
            *field = rr_csv_unquote(*field, scratch);
        else
            *field = (struct rr_text){field->ptr + 1, field->len - 2};
    }
}

/* Contents are shorter than their fields, so that a window's worth of scratch is enough. */
static int unquote(struct rr_csv_rows *rows, size_t size, bool doubled, struct rr_error *err)
{
    if (doubled && rows->scratch_size < size) {
        free(rows->scratch);
        rows->scratch = malloc(size);
        rows->scratch_size = rows->scratch ? size : 0;
        if (rows->scratch == NULL)
            return rr_fail(err, RR_EXIT_IO, "no memory for quoted fields");
    }
    char *scratch = rows->scratch;
    for (uint32_t c = 0; c < rows->batch.n_columns; c++)
        if (!rows->again[c])
            unquote_column(&rows->batch, rows->batch.column[c], doubled, &scratch);
    return 0;
}

static bool row_is_utf8(const struct rr_batch *batch, uint32_t i)
{
    for (uint32_t c = 0; c < batch->n_columns; c++)
        if (!rr_csv_utf8(batch->column[c][i]))
            return false;
    return true;
}

static void check_encoding(struct rr_batch *batch)
{
    for (uint32_t i = 0; i < batch->n; i++) {
        if (batch->reject[i] || rr_csv_plain(batch->raw[i]) || row_is_utf8(batch, i))
            continue;
        batch->reject[i] = RR_BAD_ENCODING;
        empty_row(batch, i);
    }
}

int rr_csv_rows_fill(struct rr_csv_rows *rows, const struct rr_csv_index *index, const char *window,
                     size_t size, uint64_t offset, struct rr_error *err)
{
    struct rr_batch *batch = &rows->batch;
    batch->n = index->n;
    uint32_t n_bad = fill_rows(rows, index, window, offset);
    n_bad += reject_misquoted(batch, index);
    for (uint32_t c = 0; c < batch->n_columns; c++) {
        bool last = rows->field[c] + 1 == rows->n_fields;
        if (!rows->again[c])
            fill_column(index, window, rows->field[c], last, batch->column[c]);
    }
    if (n_bad > 0)
        empty_bad_rows(rows);
    if (index->quotes != 0 && unquote(rows, size, index->doubled != 0, err) < 0)
        return -1;
    if (index->odd != 0)
        check_encoding(batch);
    return 0;
}

void rr_csv_rows_too_long(struct rr_csv_rows *rows, const char *window, uint64_t offset)
{
    struct rr_batch *batch = &rows->batch;
    batch->n = 1;
    batch->raw[0] = (struct rr_text){window, (uint32_t)rows->record_max};
    batch->offset[0] = offset;
    batch->reject[0] = RR_TOO_LONG;
    empty_row(batch, 0);
}
