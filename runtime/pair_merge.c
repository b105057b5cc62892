/* Merging segments by a heap. */
#include "pair_merge.h"

#include "../io/memory.h"

void rr_pair_merge_init(struct rr_pair_merge *m, uint32_t max_segments)
{
    *m = (struct rr_pair_merge){0};
    m->cursors = rr_calloc(max_segments, sizeof *m->cursors);
    m->heap = rr_calloc(max_segments, sizeof *m->heap);
}

void rr_pair_merge_close(struct rr_pair_merge *m)
{
    for (uint32_t i = 0; i < m->n; i++)
        rr_cursor_close(&m->cursors[i]);
    free(m->cursors);
    free(m->heap);
    *m = (struct rr_pair_merge){0};
}

static bool is_before(const struct rr_pair_merge *m, uint32_t a, uint32_t b)
{
    const struct rr_cursor *x = &m->cursors[a], *y = &m->cursors[b];
    int order = rr_text_compare(x->key, y->key);
    if (order == 0)
        order = (x->rows.len > 0) - (y->rows.len > 0);
    return order ? order < 0 : a < b;
}

static void sift_down(struct rr_pair_merge *m, uint32_t at)
{
    uint32_t cursor = m->heap[at];
    for (uint32_t child; (child = 2 * at + 1) < m->n_heap; at = child) {
        if (child + 1 < m->n_heap && is_before(m, m->heap[child + 1], m->heap[child]))
            child++;
        if (is_before(m, cursor, m->heap[child]))
            break;
        m->heap[at] = m->heap[child];
    }
    m->heap[at] = cursor;
}

static void sift_up(struct rr_pair_merge *m, uint32_t at)
{
    uint32_t cursor = m->heap[at];
    for (; at > 0 && is_before(m, cursor, m->heap[(at - 1) / 2]); at = (at - 1) / 2)
        m->heap[at] = m->heap[(at - 1) / 2];
    m->heap[at] = cursor;
}

int rr_pair_merge_add(struct rr_pair_merge *m, const char *path, uint64_t from, uint64_t to,
                      size_t buffer, struct rr_error *err)
{
    uint32_t i = m->n++;
    int got = rr_cursor_open(&m->cursors[i], path, from, to, buffer, err);
    if (got == 0)
        got = rr_cursor_advance(&m->cursors[i], err);
    if (got > 0) {
        m->heap[m->n_heap] = i;
        sift_up(m, m->n_heap++);
    }
    return got < 0 ? -1 : 0;
}

/* The pair that was handed out gives way to the next of its segment. */
static int advance_first(struct rr_pair_merge *m, struct rr_error *err)
{
    int got = rr_cursor_advance(&m->cursors[m->heap[0]], err);
    if (got < 0)
        return -1;
    if (got == 0)
        m->heap[0] = m->heap[--m->n_heap];
    if (m->n_heap > 1)
        sift_down(m, 0);
    return 0;
}

int rr_pair_merge_next(struct rr_pair_merge *m, struct rr_text *key, struct rr_text *rows,
                       struct rr_error *err)
{
    if (m->started && m->n_heap > 0 && advance_first(m, err) != 0)
        return -1;
    m->started = true;
    if (m->n_heap == 0)
        return 0;
    *key = m->cursors[m->heap[0]].key;
    *rows = m->cursors[m->heap[0]].rows;
    return 1;
}
