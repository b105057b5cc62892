/* Tables by account. */
#include "account_table.h"

#include "../io/memory.h"
#include "row_fields.h"
#include "row_file.h"

#include <stdio.h>

struct rr_account_blocks {
    const struct rr_account_table *table;
    struct rr_row_blocks *file; /* NULL: nothing is read */
    struct rr_text rest;        /* rows that were read and not taken */
    struct rr_text below;
    struct rr_line prefix;   /* the account in hand as it stands in its rows, with the comma */
    struct rr_line unquoted; /* its name */
    bool in_hand;
};

static int damaged(const char *path, struct rr_error *err)
{
    return rr_fail(err, RR_EXIT_DATA,
                   "%s: is no table as this program writes it; `rerate verify` tells more", path);
}

/* ---- reading ---- */

/* Reads on when all rows were taken. 1 when there are some. */
static int refill(struct rr_account_blocks *b, struct rr_error *err)
{
    int line;
    if (b->rest.len > 0)
        return 1;
    return b->file ? rr_row_blocks_next(b->file, &b->rest, &line, err) : 0;
}

static void drop(struct rr_account_blocks *b, size_t len)
{
    b->rest.ptr += len;
    b->rest.len -= (uint32_t)len;
}

static int skip_header(struct rr_account_blocks *b, struct rr_error *err)
{
    size_t len = strlen(b->table->header);
    int got = refill(b, err);
    if (got < 0)
        return -1;
    if (got == 0 || b->rest.len < len || memcmp(b->rest.ptr, b->table->header, len) != 0)
        return damaged(b->table->path, err);
    drop(b, len);
    return 0;
}

static void unquote(struct rr_account_blocks *b, struct rr_text field)
{
    rr_line_clear(&b->unquoted);
    bool quoted = field.len >= 2 && field.ptr[0] == '"';
    for (uint32_t i = quoted; i < field.len - quoted; i++) {
        rr_line_put(&b->unquoted, &field.ptr[i], 1);
        i += quoted && field.ptr[i] == '"'; /* the second of a pair */
    }
}

/* The account of the next row becomes the one in hand. */
static int look(struct rr_account_blocks *b, struct rr_error *err)
{
    int got = refill(b, err);
    b->in_hand = got > 0;
    if (got <= 0)
        return got;
    struct rr_text first = rr_row_first(b->rest.ptr, b->rest.ptr + b->rest.len);
    if (first.ptr == NULL)
        return damaged(b->table->path, err);
    rr_line_clear(&b->prefix);
    rr_line_put(&b->prefix, first.ptr, first.len + 1);
    unquote(b, first);
    return 1;
}

int rr_account_blocks_peek(struct rr_account_blocks *b, struct rr_text *account,
                           struct rr_error *err)
{
    int got = b->in_hand ? 1 : look(b, err);
    *account = rr_line_text(&b->unquoted);
    if (got > 0 && rr_text_compare(*account, b->below) >= 0)
        return 0;
    return got;
}

/* How many bytes at the front are rows of the account in hand, until they are `limit`. */
static int measure(const struct rr_account_blocks *b, size_t limit, size_t *len,
                   struct rr_error *err)
{
    const char *at = b->rest.ptr, *end = at + b->rest.len;
    while (at < end && (size_t)(at - b->rest.ptr) < limit && (size_t)(end - at) >= b->prefix.used &&
           memcmp(at, b->prefix.bytes, b->prefix.used) == 0) {
        at = rr_row_end(at, end);
        if (at == NULL)
            return damaged(b->table->path, err);
    }
    *len = (size_t)(at - b->rest.ptr);
    return 0;
}

/* Rows come in blocks: those of an account may stand in several. */
int rr_account_blocks_take(struct rr_account_blocks *b, struct rr_line *into, size_t limit,
                           struct rr_error *err)
{
    size_t taken = 0, len;
    for (;;) {
        int got = refill(b, err);
        if (got <= 0) {
            b->in_hand = false;
            return got;
        }
        if (measure(b, limit - taken, &len, err) != 0)
            return -1;
        if (into)
            rr_line_put(into, b->rest.ptr, len);
        drop(b, len);
        taken += len;
        if (taken >= limit)
            return 1;
        if (b->rest.len > 0) {
            b->in_hand = false;
            return 0;
        }
    }
}

/* Passes over the accounts of lower ranks. */
static int pass_over(struct rr_account_blocks *b, struct rr_text from, struct rr_error *err)
{
    int got;
    while ((got = look(b, err)) > 0 && rr_text_compare(rr_line_text(&b->unquoted), from) < 0)
        if (rr_account_blocks_take(b, NULL, SIZE_MAX, err) < 0)
            return -1;
    return got < 0 ? -1 : 0;
}

/* The last part that begins before the range: rows of its first account may stand in the one before. */
static uint64_t begin_of(const struct rr_account_table *t, struct rr_text from)
{
    uint64_t begin = 0;
    for (int i = 1; i < t->n_parts; i++)
        if (rr_text_compare(t->part[i].account, from) < 0)
            begin = t->part[i].begin;
    return begin;
}

static int start(struct rr_account_blocks *b, uint64_t begin, struct rr_text from,
                 struct rr_error *err)
{
    const struct rr_row_file file = {.path = b->table->path,
                                     .packed = b->table->packed,
                                     .begin = begin,
                                     .end = b->table->end,
                                     .line = 1};
    b->file = rr_row_blocks_open(&file, err);
    if (b->file == NULL || (begin == 0 && skip_header(b, err) != 0))
        return -1;
    return pass_over(b, from, err);
}

struct rr_account_blocks *rr_account_blocks_open(const struct rr_account_table *table,
                                                 struct rr_text from, struct rr_text below,
                                                 struct rr_error *err)
{
    struct rr_account_blocks *b = rr_calloc(1, sizeof *b);
    b->table = table;
    b->below = below;
    if (rr_text_compare(from, below) >= 0 || start(b, begin_of(table, from), from, err) == 0)
        return b;
    rr_account_blocks_close(b);
    return NULL;
}

void rr_account_blocks_close(struct rr_account_blocks *b)
{
    if (b == NULL)
        return;
    rr_row_blocks_close(b->file);
    rr_line_fini(&b->prefix);
    rr_line_fini(&b->unquoted);
    free(b);
}

/* ---- parts ---- */

/* The account of the first record of this rank's part, if one begins in it. */
static int first_account(const struct rr_account_table *t, const struct rr_row_file *part,
                         struct rr_line *name, struct rr_error *err)
{
    struct rr_account_blocks b = {.table = t, .below = RR_BEHIND_ALL};
    rr_line_put(name, RR_BEHIND_ALL.ptr, RR_BEHIND_ALL.len);
    if (part->begin == part->end)
        return 0;
    b.file = rr_row_blocks_open(part, err);
    int got = b.file ? look(&b, err) : -1;
    if (got > 0) {
        rr_line_clear(name);
        rr_line_put(name, b.unquoted.bytes, b.unquoted.used);
    }
    rr_row_blocks_close(b.file);
    rr_line_fini(&b.prefix);
    rr_line_fini(&b.unquoted);
    return got < 0 ? -1 : 0;
}

/* Collective. Every rank learns where the parts of all begin. */
static void share_parts(const struct rr_comm *comm, const struct rr_row_file *part,
                        const struct rr_line *name, struct rr_account_table *t)
{
    size_t n = (size_t)comm->size, total;
    size_t *starts = rr_malloc((n + 1) * sizeof *starts);
    uint64_t *begins = rr_malloc(n * sizeof *begins);
    rr_comm_allgather(comm, &part->begin, begins, sizeof *begins);
    rr_comm_concat(comm, name->bytes, name->used, &t->names, &total, starts);
    t->part = rr_calloc(n, sizeof *t->part);
    t->n_parts = comm->size;
    for (size_t i = 0; i < n; i++)
        t->part[i] = (struct rr_account_part){
            begins[i], {t->names + starts[i], (uint32_t)(starts[i + 1] - starts[i])}};
    for (size_t i = n - 1; i-- > 0;)
        if (rr_text_equal(t->part[i].account, RR_BEHIND_ALL))
            t->part[i].account = t->part[i + 1].account; /* that is where it begins */
    free(starts);
    free(begins);
}

/* Collective. */
static int cut(const struct rr_comm *comm, struct rr_account_table *t, struct rr_error *err)
{
    struct rr_row_file part;
    struct rr_line name = {0};
    uint64_t end = 0;
    if (rr_row_file_cut(comm, t->path, &part, err) != 0)
        return -1;
    t->packed = part.packed;
    int result = 0;
    if (comm->rank > 0)
        result = first_account(t, &part, &name, err);
    result = rr_agree(comm, result, err);
    if (result == 0)
        share_parts(comm, &part, &name, t);
    rr_line_fini(&name);
    end = rr_comm_max(comm, part.end);
    t->end = end;
    return result;
}

int rr_account_table_open(const struct rr_comm *comm, const char *path, const char *header,
                          struct rr_account_table *t, struct rr_error *err)
{
    *t = (struct rr_account_table){.header = header};
    snprintf(t->path, sizeof t->path, "%s", path);
    return cut(comm, t, err);
}

void rr_account_table_close(struct rr_account_table *t)
{
    free(t->part);
    free(t->names);
    *t = (struct rr_account_table){0};
}

void rr_account_table_split(const struct rr_account_table *t, struct rr_text *splitter)
{
    for (int i = 1; i < t->n_parts; i++)
        splitter[i - 1] = t->part[i].account;
}
