/* Searching a sorted table. */
#include "kept_rows.h"

#include "../io/memory.h"
#include "account_table.h"
#include "file_parts.h"
#include "row_fields.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 64 * 1024 };

/* ---- reading from the front ---- */

static int take_all(const struct rr_account_table *table, struct rr_text key, struct rr_line *rows,
                    struct rr_error *err)
{
    struct rr_line behind = {0}; /* the least text that is more */
    struct rr_text account;
    rr_line_put(&behind, key.ptr, key.len);
    rr_line_put(&behind, "", 1);
    struct rr_account_blocks *blocks =
        rr_account_blocks_open(table, key, rr_line_text(&behind), err);
    int got = blocks ? rr_account_blocks_peek(blocks, &account, err) : -1;
    if (got > 0)
        got = rr_account_blocks_take(blocks, rows, SIZE_MAX, err);
    rr_account_blocks_close(blocks);
    rr_line_fini(&behind);
    return got < 0 ? -1 : 0;
}

static int read_through(const char *path, const char *header, struct rr_text key,
                        struct rr_line *rows, struct rr_error *err)
{
    struct rr_comm alone;
    struct rr_account_table table = {0};
    rr_comm_alone(&alone);
    int result = rr_account_table_open(&alone, path, header, &table, err);
    if (result == 0)
        result = take_all(&table, key, rows, err);
    rr_account_table_close(&table);
    rr_comm_fini(&alone);
    return result;
}

/* ---- searching by halves ---- */

struct search {
    const char *path;
    int file;
    uint64_t end;
    struct rr_text prefix; /* the key as it stands in a row, with the comma */
    struct rr_text key;
    char *piece;
    struct rr_line name;
};

static int read_at(struct search *s, uint64_t at, size_t *got, struct rr_error *err)
{
    ssize_t n = pread(s->file, s->piece, PIECE, (off_t)at);
    if (n < 0)
        return rr_fail_errno(err, RR_EXIT_IO, s->path, "read");
    *got = (size_t)n;
    return 0;
}

static struct rr_text unquoted(struct search *s, struct rr_text field)
{
    bool quoted = field.len >= 2 && field.ptr[0] == '"';
    rr_line_clear(&s->name);
    for (uint32_t i = quoted; i < field.len - quoted; i++) {
        rr_line_put(&s->name, &field.ptr[i], 1);
        i += quoted && field.ptr[i] == '"';
    }
    return rr_line_text(&s->name);
}

/* Whether the first row that begins behind `at` has a key below the one that is sought; *row is where that row
 * begins. Where none can be told, it counts as not below. */
static int is_below(struct search *s, uint64_t at, bool *below, uint64_t *row, struct rr_error *err)
{
    size_t got;
    *below = false;
    *row = s->end;
    if (read_at(s, at, &got, err) != 0)
        return -1;
    const char *end = s->piece + got, *line_end = memchr(s->piece, '\n', got);
    if (line_end == NULL || line_end + 1 == end)
        return 0;
    struct rr_text first = rr_row_first(line_end + 1, end);
    *row = at + (uint64_t)(line_end + 1 - s->piece);
    *below = first.ptr != NULL && rr_text_compare(unquoted(s, first), s->key) < 0;
    return 0;
}

/* What was read and not yet looked at. */
struct taking {
    struct rr_line text;
    bool done; /* a row stands behind all of the key */
};

/* Appends the rows of the key, and leaves what is no whole row. */
static void take_rows(struct search *s, struct taking *t, struct rr_line *rows)
{
    const char *row = t->text.bytes, *end = row + t->text.used, *next;
    for (; !t->done && (next = rr_row_end(row, end)) != NULL; row = next) {
        struct rr_text first = rr_row_first(row, next);
        if ((size_t)(next - row) >= s->prefix.len && memcmp(row, s->prefix.ptr, s->prefix.len) == 0)
            rr_line_put(rows, row, (size_t)(next - row));
        else
            t->done = first.ptr && rr_text_compare(unquoted(s, first), s->key) > 0;
    }
    t->text.used = (size_t)(end - row);
    memmove(t->text.bytes, row, t->text.used);
}

/* Appends rows from `at` on for as long as they have the key, once they do. */
static int take_from(struct search *s, uint64_t at, struct rr_line *rows, struct rr_error *err)
{
    struct taking taking = {0};
    size_t got = PIECE;
    int result = 0;
    for (; result == 0 && !taking.done && got == PIECE; at += got) {
        result = read_at(s, at, &got, err);
        if (result == 0 && got > 0) {
            rr_line_put(&taking.text, s->piece, got);
            take_rows(s, &taking, rows);
        }
    }
    rr_line_fini(&taking.text);
    return result;
}

/* `low` is where a row begins that is below the key, or the first; rows of the key begin behind it. */
static int search(struct search *s, uint64_t low, struct rr_line *rows, struct rr_error *err)
{
    uint64_t high = s->end, row;
    while (high - low > PIECE) {
        uint64_t middle = low + (high - low) / 2;
        bool below;
        if (is_below(s, middle, &below, &row, err) != 0)
            return -1;
        if (below)
            low = row;
        else
            high = middle;
    }
    return take_from(s, low, rows, err);
}

static int search_file(const char *path, const char *header, struct rr_text key,
                       struct rr_line *rows, struct rr_error *err)
{
    struct stat st;
    struct rr_line prefix = {0};
    struct search s = {.path = path, .key = key, .file = open(path, O_RDONLY | O_CLOEXEC)};
    if (s.file < 0 || fstat(s.file, &st) != 0)
        return rr_fail_errno(err, RR_EXIT_INPUT, path, "open");
    rr_line_field(&prefix, key);
    rr_line_put(&prefix, ",", 1);
    s.prefix = rr_line_text(&prefix);
    s.end = (uint64_t)st.st_size;
    s.piece = rr_malloc(PIECE);
    int result = search(&s, strlen(header), rows, err);
    free(s.piece);
    rr_line_fini(&prefix);
    rr_line_fini(&s.name);
    close(s.file);
    return result;
}

int rr_kept_rows_read(const struct rr_result_facts *facts, const char *table, const char *header,
                      struct rr_text key, bool thorough, struct rr_line *rows, struct rr_error *err)
{
    char path[RR_RESULT_PATH + 64];
    if (!rr_result_table(facts, table, path))
        return rr_fail(err, RR_EXIT_DATA, "%s/run.json: names no %s", facts->dir, table);
    if (thorough || rr_file_is_packed(path))
        return read_through(path, header, key, rows, err);
    return search_file(path, header, key, rows, err);
}
