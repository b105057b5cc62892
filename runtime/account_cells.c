/* Merging an account's cells by a heap of runs. */
#include "account_cells.h"

#include "../io/memory.h"

enum { STATE_WORDS = RR_STATE_MAX / 8 };

/* A run, and the next of its cells. */
struct source {
    struct rr_cell_chain *chain;
    uint32_t left; /* cells behind this one */
    uint32_t key;  /* its code */
    uint64_t order;
    struct rr_cell cell; /* without its state */
    uint64_t state[STATE_WORDS];
};

struct rr_account_cells {
    const struct rr_job *job;
    const struct rr_dictionary *keys;
    uint32_t *key_rank; /* keys in bytewise order */
    struct source *sources;
    uint32_t n, size;
    uint32_t *heap; /* sources that hold a cell; the first is the least */
    uint32_t n_heap;
    uint64_t state[STATE_WORDS]; /* of the cell that was handed out */
    uint32_t key;                /* its code */
};

struct rr_account_cells *rr_account_cells_create(const struct rr_job *job,
                                                 const struct rr_dictionary *keys)
{
    struct rr_account_cells *m = rr_calloc(1, sizeof *m);
    m->job = job;
    m->keys = keys;
    return m;
}

void rr_account_cells_destroy(struct rr_account_cells *m)
{
    if (m == NULL)
        return;
    rr_account_cells_begin(m);
    free(m->key_rank);
    free(m->sources);
    free(m->heap);
    free(m);
}

static int compare_keys(const void *a, const void *b, void *keys)
{
    return rr_text_compare(rr_dictionary_text(keys, *(const uint32_t *)a),
                           rr_dictionary_text(keys, *(const uint32_t *)b));
}

void rr_account_cells_rank_keys(struct rr_account_cells *m)
{
    uint32_t n = rr_dictionary_size(m->keys);
    uint32_t *order = rr_malloc((size_t)n * sizeof *order);
    free(m->key_rank);
    m->key_rank = rr_malloc((size_t)n * sizeof *m->key_rank);
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    qsort_r(order, n, sizeof *order, compare_keys, (void *)m->keys);
    for (uint32_t i = 0; i < n; i++)
        m->key_rank[order[i]] = i;
    free(order);
}

static void drop_state(struct rr_account_cells *m, struct source *source)
{
    rr_kernel_fini(m->job->meters[source->cell.meter].kernel, source->state);
}

void rr_account_cells_begin(struct rr_account_cells *m)
{
    for (uint32_t i = 0; i < m->n_heap; i++)
        drop_state(m, &m->sources[m->heap[i]]);
    m->n_heap = 0;
    m->n = 0;
}

static bool is_before(const struct rr_account_cells *m, uint32_t a, uint32_t b)
{
    uint64_t x = m->sources[a].order, y = m->sources[b].order;
    return x != y ? x < y : a < b;
}

static void sift_down(struct rr_account_cells *m, uint32_t at)
{
    uint32_t source = m->heap[at];
    for (uint32_t child; (child = 2 * at + 1) < m->n_heap; at = child) {
        if (child + 1 < m->n_heap && is_before(m, m->heap[child + 1], m->heap[child]))
            child++;
        if (is_before(m, source, m->heap[child]))
            break;
        m->heap[at] = m->heap[child];
    }
    m->heap[at] = source;
}

static void sift_up(struct rr_account_cells *m, uint32_t at)
{
    uint32_t source = m->heap[at];
    for (; at > 0 && is_before(m, source, m->heap[(at - 1) / 2]); at = (at - 1) / 2)
        m->heap[at] = m->heap[(at - 1) / 2];
    m->heap[at] = source;
}

static int read_cell(struct rr_account_cells *m, struct source *source, struct rr_error *err)
{
    source->left--;
    if (rr_cell_chain_cell(source->chain, &source->key, &source->cell, source->state, err) != 0)
        return -1;
    uint32_t bucket = (uint32_t)source->cell.bucket ^ 0x80000000u; /* signed order */
    source->order = (uint64_t)m->key_rank[source->key] << 32 | bucket;
    source->cell.key = rr_dictionary_text(m->keys, source->key);
    return 0;
}

int rr_account_cells_add(struct rr_account_cells *m, struct rr_cell_chain *chain, uint32_t items,
                         struct rr_error *err)
{
    if (items == 0)
        return 0;
    if (m->n == m->size) {
        m->size = m->size ? 2 * m->size : 8;
        m->sources = rr_realloc(m->sources, m->size * sizeof *m->sources);
        m->heap = rr_realloc(m->heap, m->size * sizeof *m->heap);
    }
    uint32_t i = m->n++;
    m->sources[i].chain = chain;
    m->sources[i].left = items;
    if (read_cell(m, &m->sources[i], err) != 0)
        return -1;
    m->heap[m->n_heap] = i;
    sift_up(m, m->n_heap++);
    return 0;
}

/* The first of the heap, whose state was taken, gives way to the next of its run. */
static int advance_first(struct rr_account_cells *m, struct rr_error *err)
{
    struct source *source = &m->sources[m->heap[0]];
    int result = 0;
    bool more = source->left > 0;
    if (more)
        result = read_cell(m, source, err);
    if (!more || result != 0)
        m->heap[0] = m->heap[--m->n_heap];
    if (m->n_heap > 1)
        sift_down(m, 0);
    return result;
}

bool rr_account_cells_is_done(const struct rr_account_cells *m)
{
    return m->n_heap == 0;
}

uint32_t rr_account_cells_key(const struct rr_account_cells *m)
{
    return m->key;
}

int rr_account_cells_next(void *self, struct rr_cell *cell, struct rr_error *err)
{
    struct rr_account_cells *m = self;
    if (m->n_heap == 0)
        return 0;
    struct source *source = &m->sources[m->heap[0]];
    const struct rr_kernel *kernel = m->job->meters[source->cell.meter].kernel;
    uint64_t order = source->order;
    *cell = source->cell;
    cell->state = m->state;
    m->key = source->key;
    memcpy(m->state, source->state, kernel->state_size);
    int result = advance_first(m, err);
    while (result == 0 && m->n_heap > 0 && m->sources[m->heap[0]].order == order) {
        source = &m->sources[m->heap[0]];
        kernel->merge(m->state, source->state);
        cell->records += source->cell.records;
        drop_state(m, source);
        result = advance_first(m, err);
    }
    if (result != 0)
        rr_kernel_fini(kernel, m->state);
    return result == 0 ? 1 : -1;
}
