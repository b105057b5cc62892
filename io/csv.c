/* Reading a split of a CSV file.
 *
 * The window holds uncompressed bytes; [pos, len) of them are not yet handed out. A batch is
 * indexed where it lies and its views point there, so that bytes are only moved when the window is
 * filled again: the incomplete record at its end comes to its start. `offset` is always the place
 * of window[pos] in the file. A window that a record does not fit into grows, up to what a record
 * may have; what is longer than that is passed over without being kept.
 */
#include "csv_rows.h"
#include "csv_source.h"
#include "csv_text.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

enum {
    WINDOW_LEAST = 64,
    LINE_END = 2, /* bytes of CR LF */
};

struct rr_csv {
    struct rr_csv_source source;
    char *path;
    struct rr_split split;
    struct rr_stream *stream;

    char *window;
    size_t size, size_max;
    size_t pos, len;
    uint64_t offset;
    bool ended; /* nothing of the split comes behind window[len] */
    bool dry;   /* window[pos, len) holds no whole record */

    uint32_t *ends; /* of the index, with the slot before the first */
    struct rr_csv_index index;
    struct rr_csv_rows rows;
    uint64_t record; /* number of the next */
};

static bool is_whole_file(const struct rr_split *split)
{
    return split->start == 0 && split->end == UINT64_MAX;
}

static int no_memory(const struct rr_csv *csv, struct rr_error *err)
{
    return rr_fail(err, RR_EXIT_IO, "%s: no memory to read", csv->path);
}

static int changed(const struct rr_csv *csv, struct rr_error *err)
{
    return rr_fail(err, RR_EXIT_INPUT,
                   "%s: has changed since it was first read: no record ends at byte %" PRIu64,
                   csv->path, csv->split.end);
}

/* Makes room for `size` bytes, and their index with rows of the header's fields. */
static int grow(struct rr_csv *csv, size_t size, struct rr_error *err)
{
    char *window = realloc(csv->window, size);
    if (window == NULL)
        return no_memory(csv, err);
    csv->window = window;
    csv->size = size;
    free(csv->ends);
    csv->ends = calloc(1 + size + RR_CSV_SLACK + csv->rows.n_fields, sizeof *csv->ends);
    if (csv->ends == NULL)
        return no_memory(csv, err);
    csv->index.end = csv->ends + 1;
    return 0;
}

/* Reads on behind window[len], up to the split's end. */
static int append(struct rr_csv *csv, struct rr_error *err)
{
    uint64_t left = csv->split.end - (csv->offset + (csv->len - csv->pos));
    size_t room = csv->size - csv->len, got;
    bool to_end = left <= room;
    if (to_end)
        room = (size_t)left;
    if (rr_stream_read(csv->stream, csv->window + csv->len, room, &got, err) < 0)
        return -1;
    csv->len += got;
    csv->dry = false;
    csv->ended = to_end || got < room;
    if (!csv->ended || csv->split.end == UINT64_MAX)
        return 0;
    bool at_line_end = csv->len == 0 || csv->window[csv->len - 1] == '\n';
    return got == room && at_line_end ? 0 : changed(csv, err);
}

/* Fills the window behind what is left in it, and grows it if that is all of it. */
static int refill(struct rr_csv *csv, struct rr_error *err)
{
    csv->len -= csv->pos;
    memmove(csv->window, csv->window + csv->pos, csv->len);
    csv->pos = 0;
    size_t larger = 2 * csv->size < csv->size_max ? 2 * csv->size : csv->size_max;
    if (csv->len == csv->size && grow(csv, larger, err) < 0)
        return -1;
    return append(csv, err);
}

/* Indexes the next batch, and at the split's end a record without a line end. */
static uint32_t index_window(struct rr_csv *csv)
{
    struct rr_csv_index *index = &csv->index;
    csv->source.kernel->index(index, csv->window, (uint32_t)csv->pos, (uint32_t)csv->len);
    if (index->n == RR_BATCH_RECORDS)
        return index->n;
    csv->dry = true;
    if (csv->ended)
        rr_csv_index_rest(index, (uint32_t)csv->len);
    return index->n;
}

static void move_to(struct rr_csv *csv, size_t pos)
{
    csv->offset += pos - csv->pos;
    csv->pos = pos;
}

/* The window is as large as it gets and a record does not end in it. */
static bool is_too_long(const struct rr_csv *csv)
{
    return csv->dry && !csv->ended && csv->len - csv->pos == csv->size_max;
}

/* Passes over a record that is too long; its start stays in the window to be shown. */
static int pass_over(struct rr_csv *csv, struct rr_error *err)
{
    struct rr_csv_count count = RR_CSV_COUNT_START;
    size_t kept = csv->source.record_max, done;
    done = csv->source.kernel->count(&count, csv->window, csv->len, true);
    assert(done == csv->len && !count.at_start);
    rr_csv_rows_too_long(&csv->rows, csv->window, csv->offset);
    move_to(csv, csv->len);
    while (!count.at_start && !csv->ended) {
        csv->pos = csv->len = kept;
        if (append(csv, err) < 0)
            return -1;
        done = csv->source.kernel->count(&count, csv->window + kept, csv->len - kept, true);
        move_to(csv, kept + done);
    }
    return 0;
}

static int hand_out(struct rr_csv *csv, const struct rr_batch **batch)
{
    csv->rows.batch.first_record = csv->record;
    csv->record += csv->rows.batch.n;
    *batch = &csv->rows.batch;
    return 1;
}

/* What is left is too little for a batch worth its while, and more can be had. */
static bool is_low(const struct rr_csv *csv)
{
    return !csv->ended && (csv->dry || csv->len - csv->pos < csv->size / 4);
}

int rr_csv_read(struct rr_csv *csv, const struct rr_batch **batch, struct rr_error *err)
{
    for (;;) {
        if (is_too_long(csv))
            return pass_over(csv, err) < 0 ? -1 : hand_out(csv, batch);
        if (is_low(csv) && refill(csv, err) < 0)
            return -1;
        uint32_t n = index_window(csv);
        uint64_t offset = csv->offset - csv->pos;
        move_to(csv, csv->index.next);
        if (n == 0 && csv->ended)
            return 0;
        if (n == 0)
            continue;
        if (rr_csv_rows_fill(&csv->rows, &csv->index, csv->window, csv->len, offset, err) < 0)
            return rr_fail_prefix(err, "%s", csv->path);
        return hand_out(csv, batch);
    }
}

/* Indexes the window until it holds the header, as record 0. */
static int find_header(struct rr_csv *csv, struct rr_error *err)
{
    if (append(csv, err) < 0)
        return -1;
    move_to(csv, rr_csv_bom(csv->window, csv->len));
    while (index_window(csv) == 0) {
        move_to(csv, csv->index.next);
        if (csv->ended)
            return rr_fail(err, RR_EXIT_DATA, "%s: is empty: a header with column names is needed",
                           csv->path);
        if (is_too_long(csv))
            return rr_fail(err, RR_EXIT_DATA, "%s: the header is longer than %zu bytes", csv->path,
                           csv->source.record_max);
        if (refill(csv, err) < 0)
            return -1;
    }
    return 0;
}

static struct rr_text header_field(const struct rr_csv *csv, uint32_t field)
{
    const struct rr_csv_index *index = &csv->index;
    const uint32_t *end = index->end + index->first[0] + field;
    uint32_t start = end[-1] + 1;
    uint32_t stop = field + 1 == index->n_fields[0] ? index->stop[0] : *end;
    return (struct rr_text){csv->window + start, stop - start};
}

/* Takes the wanted columns' places from the header. */
static int take_header(struct rr_csv *csv, const struct rr_text *columns, int n_columns,
                       struct rr_error *err)
{
    uint32_t n = csv->index.n_fields[0];
    const char *start = header_field(csv, 0).ptr;
    struct rr_text row = {start, csv->index.stop[0] - (uint32_t)(start - csv->window)};
    if (rr_csv_misquoted(row))
        return rr_fail(err, RR_EXIT_DATA, "%s: the header's quotes are wrong", csv->path);
    char *scratch = malloc(row.len), *at = scratch;
    struct rr_text *names = calloc(n, sizeof *names);
    int failed = scratch && names ? 0 : no_memory(csv, err);
    for (uint32_t i = 0; i < n && !failed; i++)
        names[i] = rr_csv_unquote(header_field(csv, i), &at);
    if (!failed)
        failed = rr_csv_find_columns(csv->path, names, n, columns, n_columns, csv->rows.field, err);
    csv->rows.n_fields = n;
    free(scratch);
    free(names);
    return failed;
}

/* Moves on to the offset `to`. */
static int advance(struct rr_csv *csv, uint64_t to, struct rr_error *err)
{
    if (to < csv->offset)
        return rr_fail(err, RR_EXIT_INPUT, "%s: has changed since it was first read", csv->path);
    size_t ready = csv->len - csv->pos;
    csv->dry = false;
    if (to - csv->offset <= ready) {
        move_to(csv, csv->pos + (size_t)(to - csv->offset));
        return 0;
    }
    if (rr_stream_skip(csv->stream, to - csv->offset - ready, err) < 0)
        return -1;
    csv->pos = csv->len = 0;
    csv->offset = to;
    return 0;
}

/* Goes from the header to where the split's bytes are stored. */
static int go_to_split(struct rr_csv *csv, struct rr_error *err)
{
    if (csv->split.start == 0)
        return 0;
    rr_stream_close(csv->stream);
    csv->stream = rr_stream_open(&csv->source.stored, csv->split.stored, false, err);
    csv->pos = csv->len = 0;
    csv->ended = csv->dry = false;
    csv->offset = csv->split.start - csv->split.skip;
    return csv->stream != NULL ? advance(csv, csv->split.start, err) : -1;
}

static int open_header(struct rr_csv *csv, const struct rr_text *columns, int n_columns,
                       struct rr_error *err)
{
    csv->stream = rr_stream_open(&csv->source.stored, 0, is_whole_file(&csv->split), err);
    if (csv->stream == NULL || grow(csv, csv->source.window, err) < 0)
        return -1;
    if (find_header(csv, err) < 0 || take_header(csv, columns, n_columns, err) < 0)
        return -1;
    size_t behind = csv->index.end[csv->rows.n_fields - 1 + csv->index.first[0]] + (size_t)1;
    move_to(csv, behind < csv->len ? behind : csv->len);
    if (grow(csv, csv->size, err) < 0)
        return -1;
    return rr_csv_rows_init(&csv->rows, (uint32_t)n_columns, err);
}

struct rr_csv *rr_csv_open_source(const struct rr_csv_source *source, const struct rr_split *split,
                                  const struct rr_text *columns, int n_columns, uint64_t resume_at,
                                  uint64_t resume_record, struct rr_error *err)
{
    assert(n_columns >= 0 && n_columns <= RR_BATCH_COLUMNS);
    struct rr_csv *csv = calloc(1, sizeof *csv);
    if (csv == NULL || (csv->path = strdup(source->stored.path)) == NULL) {
        rr_fail(err, RR_EXIT_IO, "%s: no memory to read", source->stored.path);
        goto fail;
    }
    csv->source = *source;
    csv->source.stored.path = csv->path;
    if (csv->source.window < WINDOW_LEAST)
        csv->source.window = WINDOW_LEAST;
    csv->size_max = source->record_max + LINE_END + csv->source.window;
    csv->rows.record_max = source->record_max;
    csv->split = *split;
    if (open_header(csv, columns, n_columns, err) < 0 || go_to_split(csv, err) < 0)
        goto fail;
    if (resume_at != 0 && advance(csv, resume_at, err) < 0)
        goto fail;
    csv->record = resume_at != 0 ? resume_record : split->first_record;
    return csv;
fail:
    rr_csv_close(csv);
    return NULL;
}

struct rr_csv *rr_csv_open(const char *path, const struct rr_split *split,
                           const struct rr_text *columns, int n_columns, uint64_t resume_at,
                           uint64_t resume_record, struct rr_error *err)
{
    struct rr_csv_source source;
    if (rr_csv_source_init(&source, path, err) < 0)
        return NULL;
    return rr_csv_open_source(&source, split, columns, n_columns, resume_at, resume_record, err);
}

void rr_csv_close(struct rr_csv *csv)
{
    if (csv == NULL)
        return;
    rr_stream_close(csv->stream);
    rr_csv_rows_fini(&csv->rows);
    free(csv->window);
    free(csv->ends);
    free(csv->path);
    free(csv);
}

void rr_csv_position(const struct rr_csv *csv, uint64_t *offset, uint64_t *record,
                     uint64_t *stored_bytes)
{
    *offset = csv->offset;
    *record = csv->record;
    *stored_bytes = rr_stream_stored(csv->stream) - csv->split.stored;
}

bool rr_csv_facts(const struct rr_csv *csv, struct rr_file_facts *facts)
{
    bool at_end = csv->ended && csv->pos == csv->len;
    return at_end && rr_stream_facts(csv->stream, &facts->size, facts->digest);
}
