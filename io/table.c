/* Reading back tables. */
#include "table.h"

#include "memory.h"
#include "stream.h"

#include <stdio.h>

enum { PIECE = 256 * 1024 };

struct rr_table {
    char *path;
    struct rr_stored stored;
    struct rr_stream *stream;
    char *bytes; /* [at, filled) are still to be read */
    size_t at, filled, size;
    bool ended; /* the stream has no more */
    unsigned n_columns;
    struct rr_text field[RR_TABLE_COLUMNS];
    uint64_t row;
};

static bool ends_in(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

/* Brings more bytes behind those that are left, which move to the front. */
static int read_more(struct rr_table *t, struct rr_error *err)
{
    size_t got;
    if (t->filled > t->at)
        memmove(t->bytes, t->bytes + t->at, t->filled - t->at);
    t->filled -= t->at;
    t->at = 0;
    if (t->size - t->filled < PIECE) {
        t->size = 2 * t->size + PIECE;
        t->bytes = rr_realloc(t->bytes, t->size);
    }
    if (rr_stream_read(t->stream, t->bytes + t->filled, PIECE, &got, err) != 0)
        return -1;
    t->filled += got;
    t->ended = got < PIECE;
    return 0;
}

/* Finds the line end of the row at t->at: the first LF outside of quotes. 1 when there is a row, 0 when
 * there are no more bytes. */
static int find_row(struct rr_table *t, size_t *len, struct rr_error *err)
{
    size_t at = 0;
    bool quoted = false;
    for (;;) {
        for (; t->at + at < t->filled; at++) {
            char c = t->bytes[t->at + at];
            quoted ^= c == '"';
            if (c == '\n' && !quoted) {
                *len = at;
                return 1;
            }
        }
        if (t->ended)
            break;
        if (read_more(t, err) != 0)
            return -1;
    }
    if (at == 0)
        return 0;
    return rr_fail(err, RR_EXIT_DATA, "%s: row %llu does not end: the file is cut short", t->path,
                   (unsigned long long)t->row + 1);
}

static int damaged(const struct rr_table *t, const char *what, struct rr_error *err)
{
    return rr_fail(err, RR_EXIT_DATA, "%s: row %llu is damaged: %s", t->path,
                   (unsigned long long)t->row, what);
}

static bool needs_quotes(struct rr_text text)
{
    for (uint32_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '"' || text.ptr[i] == ',' || text.ptr[i] == '\n' || text.ptr[i] == '\r')
            return true;
    return false;
}

/* The quoted field that begins at *at; doubled quotes become one, in place. */
static bool take_quoted(char **at, const char *end, struct rr_text *field)
{
    char *from = *at + 1, *to = from;
    field->ptr = from;
    for (; from < end; from++) {
        if (*from == '"') {
            if (from + 1 == end || from[1] != '"')
                break;
            from++;
        }
        *to++ = *from;
    }
    field->len = (uint32_t)(to - field->ptr);
    *at = from + 1;
    return from < end && needs_quotes(*field);
}

static bool take_plain(char **at, const char *end, struct rr_text *field)
{
    char *from = *at;
    while (*at < end && **at != ',')
        (*at)++;
    *field = (struct rr_text){from, (uint32_t)(*at - from)};
    return !needs_quotes(*field);
}

static int split_row(struct rr_table *t, char *at, const char *end, struct rr_error *err)
{
    if ((size_t)(end - at) > UINT32_MAX)
        return damaged(t, "it has more than 4 GB", err);
    for (unsigned c = 0; c < t->n_columns; c++) {
        bool good = at < end && *at == '"' ? take_quoted(&at, end, &t->field[c])
                                           : take_plain(&at, end, &t->field[c]);
        if (!good)
            return damaged(t, "quotes stand where they may not, or lack", err);
        bool last = c + 1 == t->n_columns;
        if (last ? at != end : at >= end || *at != ',')
            return damaged(t, "it has another number of fields than the header", err);
        at++;
    }
    return 0;
}

static int check_header(struct rr_table *t, const char *header, struct rr_error *err)
{
    size_t len;
    int got = find_row(t, &len, err);
    if (got < 0)
        return -1;
    if (got == 0 || len + 1 != strlen(header) || memcmp(t->bytes + t->at, header, len) != 0)
        return rr_fail(err, RR_EXIT_DATA, "%s: its header is '%.*s' where it is to be '%.*s'",
                       t->path, got ? rr_show_len((struct rr_text){t->bytes, (uint32_t)len}) : 0,
                       t->bytes, (int)strlen(header) - 1, header);
    t->at += len + 1;
    for (const char *c = header; *c; c++)
        t->n_columns += *c == ',' || *c == '\n';
    rr_check(t->n_columns <= RR_TABLE_COLUMNS, "a table has too many columns");
    return 0;
}

struct rr_table *rr_table_open(const char *path, const char *header, struct rr_error *err)
{
    struct rr_table *t = rr_calloc(1, sizeof *t);
    t->path = strdup(path);
    rr_check(t->path != NULL, "out of memory");
    t->stored = (struct rr_stored){.path = t->path, .zstd = ends_in(path, ".zst")};
    t->stream = rr_stream_open(&t->stored, 0, false, err);
    if (t->stream && check_header(t, header, err) == 0)
        return t;
    rr_table_close(t);
    return NULL;
}

void rr_table_close(struct rr_table *t)
{
    if (t == NULL)
        return;
    rr_stream_close(t->stream);
    free(t->bytes);
    free(t->path);
    free(t);
}

int rr_table_next(struct rr_table *t, const struct rr_text **fields, struct rr_error *err)
{
    size_t len;
    int got = find_row(t, &len, err);
    if (got <= 0)
        return got;
    char *from = t->bytes + t->at;
    t->at += len + 1;
    t->row++;
    *fields = t->field;
    return split_row(t, from, from + len, err) == 0 ? 1 : -1;
}

uint64_t rr_table_row(const struct rr_table *t)
{
    return t->row;
}
