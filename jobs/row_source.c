/* Kept records as one stream. */
#include "row_source.h"

#include "../io/memory.h"
#include "../runtime/account_merge.h"
#include "../runtime/record_run.h"

#include <string.h>

enum { ROWS = 64 }; /* of one run, read at once */

struct run_rows {
    struct rr_record_reader *reader;
    uint32_t row_size;
    uint32_t left;     /* of the account, not yet read */
    uint32_t at, n;    /* those read */
    struct rr_row row; /* the one at the front */
    uint8_t *rows;
};

struct rr_row_source {
    uint32_t row_size, n;
    struct run_rows *runs;
    struct rr_account_merge merge;
    uint32_t *heap, n_heap; /* runs that have a row of the account, the least row first */
    bool taken;             /* the row at the front of the heap was handed out */
};

static int next_account(void *rows, struct rr_account_head *head, struct rr_error *err)
{
    struct run_rows *r = rows;
    int got = rr_record_reader_next(r->reader, head, err);
    r->left = got > 0 ? head->items : 0;
    r->at = r->n = 0;
    return got;
}

/* Reads some more rows of the account; r->n is 0 at its end. */
static int read_rows(struct run_rows *r, struct rr_error *err)
{
    r->at = r->n = 0;
    while (r->n == 0 && r->left > 0) {
        uint32_t take = r->left < ROWS ? r->left : ROWS;
        r->left -= take;
        if (rr_record_reader_rows(r->reader, take, 0, r->rows, &r->n, err) != 0)
            return -1;
    }
    return 0;
}

/* Puts the run's next row at its front: 1, 0 when the account has no more of them, -1 on error. */
static int advance(struct run_rows *r, struct rr_error *err)
{
    if (++r->at >= r->n && read_rows(r, err) != 0)
        return -1;
    if (r->n == 0)
        return 0;
    memcpy(&r->row, r->rows + (size_t)r->at * r->row_size, sizeof r->row);
    return 1;
}

static bool before(const struct rr_row *a, const struct rr_row *b)
{
    for (int i = 0; i < 2; i++)
        if (a->fingerprint[i] != b->fingerprint[i])
            return a->fingerprint[i] < b->fingerprint[i];
    return a->time_ns != b->time_ns ? a->time_ns < b->time_ns : a->position < b->position;
}

static bool less(const struct rr_row_source *s, uint32_t i, uint32_t j)
{
    return before(&s->runs[s->heap[i]].row, &s->runs[s->heap[j]].row);
}

static void swap(struct rr_row_source *s, uint32_t i, uint32_t j)
{
    uint32_t run = s->heap[i];
    s->heap[i] = s->heap[j];
    s->heap[j] = run;
}

static void sink(struct rr_row_source *s)
{
    for (uint32_t at = 0, child; (child = 2 * at + 1) < s->n_heap; at = child) {
        if (child + 1 < s->n_heap && less(s, child + 1, child))
            child++;
        if (!less(s, child, at))
            return;
        swap(s, at, child);
    }
}

static void push(struct rr_row_source *s, uint32_t run)
{
    uint32_t at = s->n_heap++;
    s->heap[at] = run;
    for (; at > 0 && less(s, at, (at - 1) / 2); at = (at - 1) / 2)
        swap(s, at, (at - 1) / 2);
}

static int open_run(struct rr_row_source *s, const char *path, const struct rr_job *job,
                    const struct rr_manifest *m, const uint32_t *place_of,
                    struct rr_dictionary *keys, struct rr_error *err)
{
    struct run_rows *r = &s->runs[s->n];
    const struct rr_slice all = {.end = m->n_shards, .high = UINT64_MAX};
    r->reader = rr_record_reader_open(path, job, m->n_shards, keys, place_of, err);
    if (r->reader == NULL)
        return -1;
    s->n++;
    if (rr_record_reader_select(r->reader, &all, err) != 0)
        return -1;
    r->row_size = s->row_size;
    r->rows = rr_malloc((size_t)ROWS * s->row_size);
    return rr_account_merge_add(&s->merge, next_account, r, err);
}

struct rr_row_source *rr_row_source_open(const char *dir, const struct rr_manifest *m,
                                         const struct rr_job *job, const uint32_t *place_of,
                                         struct rr_dictionary *keys, struct rr_error *err)
{
    struct rr_row_source *s = rr_calloc(1, sizeof *s);
    struct rr_state state = {0};
    strncpy(state.dir, dir, sizeof state.dir - 1);
    s->row_size = rr_row_size(job);
    s->runs = rr_calloc((size_t)m->n_runs + 1, sizeof *s->runs);
    s->heap = rr_calloc((size_t)m->n_runs + 1, sizeof *s->heap);
    rr_account_merge_init(&s->merge, m->n_runs + 1, m->n_shards);
    for (uint32_t i = 0; i < m->n_runs; i++) {
        char path[4096];
        if (m->runs[i].kind != RR_RUN_RECORDS)
            continue;
        rr_state_run_path(&state, m->runs[i].name, path);
        if (open_run(s, path, job, m, place_of, keys, err) != 0) {
            rr_row_source_close(s);
            return NULL;
        }
    }
    return s;
}

void rr_row_source_close(struct rr_row_source *s)
{
    if (s == NULL)
        return;
    for (uint32_t i = 0; i < s->n; i++) {
        rr_record_reader_close(s->runs[i].reader);
        free(s->runs[i].rows);
    }
    rr_account_merge_fini(&s->merge);
    free(s->runs);
    free(s->heap);
    free(s);
}

int rr_row_source_account(struct rr_row_source *s, struct rr_text *name, uint32_t *shard,
                          struct rr_error *err)
{
    int got = rr_account_merge_next(&s->merge, err);
    if (got <= 0)
        return got;
    s->n_heap = 0;
    s->taken = false;
    for (uint32_t i = 0; i < s->merge.n_here; i++) {
        uint32_t run = s->merge.here[i]; /* sources were added in the order of runs */
        int more = advance(&s->runs[run], err);
        if (more < 0)
            return -1;
        if (more > 0)
            push(s, run);
    }
    *name = s->merge.head[s->merge.here[0]].name;
    *shard = s->merge.head[s->merge.here[0]].shard;
    return 1;
}

int rr_row_source_row(struct rr_row_source *s, const uint8_t **row, struct rr_error *err)
{
    if (s->taken) {
        int more = advance(&s->runs[s->heap[0]], err);
        if (more < 0)
            return -1;
        if (more == 0)
            swap(s, 0, --s->n_heap);
        sink(s);
    }
    s->taken = s->n_heap > 0;
    if (!s->taken)
        return 0;
    const struct run_rows *r = &s->runs[s->heap[0]];
    *row = r->rows + (size_t)r->at * s->row_size;
    return 1;
}
