/* Gathering cells at one rank. */
#include "gather.h"

#include "../io/memory.h"
#include "parcels.h"

#include <stdlib.h>
#include <string.h>

enum { STATE_WORDS = RR_STATE_MAX / 8 };

/* Before an account's cells: then its name, then each cell with its key and state behind it. */
struct account_head {
    uint32_t group, name_len, n_cells;
    uint64_t cells_len;
};

struct cell_head {
    uint64_t records;
    uint32_t key_len, state_len;
    int32_t bucket, meter;
};

/* An account that has come. */
struct arrival {
    uint32_t group, n_cells;
    struct rr_text account;
    const char *cells;
};

/* Cells in hand: states can't move while something points to them, so they come in blocks. */
struct block {
    struct rr_cell *cells;
    uint64_t *states;
    uint32_t n;
};

struct rr_gather {
    const struct rr_job *job;
    struct rr_parcels *parcels;
    struct arrival *arrivals; /* by group, then account */
    uint32_t n_arrivals;
    struct block *blocks;
    uint32_t n_blocks, blocks_size;
};

struct rr_gather *rr_gather_create(const struct rr_comm *comm, const struct rr_job *job)
{
    struct rr_gather *g = rr_calloc(1, sizeof *g);
    g->job = job;
    g->parcels = rr_parcels_create(comm);
    return g;
}

void rr_gather_destroy(struct rr_gather *g)
{
    if (g == NULL)
        return;
    rr_gather_release(g);
    rr_parcels_destroy(g->parcels);
    free(g->arrivals);
    free(g->blocks);
    free(g);
}

static void put_cell(struct rr_gather *g, int rank, const struct rr_cell *cell)
{
    const struct rr_kernel *kernel = g->job->meters[cell->meter].kernel;
    struct cell_head head = {cell->records, cell->key.len, 0, cell->bucket, cell->meter};
    size_t at = rr_parcels_size(g->parcels, rank);
    rr_parcels_put(g->parcels, rank, &head, sizeof head);
    rr_parcels_put(g->parcels, rank, cell->key.ptr, cell->key.len);
    char *state = rr_parcels_room(g->parcels, rank, rr_kernel_encoded_max(kernel, cell->state));
    size_t len = kernel->encode(cell->state, (uint8_t *)state);
    rr_check(len <= UINT32_MAX, "a state of 4 GB");
    head.state_len = (uint32_t)len;
    rr_parcels_add(g->parcels, rank, len);
    memcpy(rr_parcels_at(g->parcels, rank, at), &head, sizeof head);
}

void rr_gather_put(struct rr_gather *g, int rank, uint32_t group, struct rr_text account,
                   const struct rr_cell *cells, uint32_t n)
{
    struct account_head head = {.group = group, .name_len = account.len, .n_cells = n};
    size_t at = rr_parcels_size(g->parcels, rank);
    rr_parcels_put(g->parcels, rank, &head, sizeof head);
    rr_parcels_put(g->parcels, rank, account.ptr, account.len);
    size_t start = rr_parcels_size(g->parcels, rank);
    for (uint32_t i = 0; i < n; i++)
        put_cell(g, rank, &cells[i]);
    head.cells_len = rr_parcels_size(g->parcels, rank) - start;
    memcpy(rr_parcels_at(g->parcels, rank, at), &head, sizeof head);
}

static int compare_arrivals(const void *a, const void *b)
{
    const struct arrival *x = a, *y = b;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    return rr_text_compare(x->account, y->account);
}

static void list_arrivals(struct rr_gather *g, const char *bytes, size_t len)
{
    uint32_t size = 0;
    for (size_t at = 0; at < len;) {
        struct account_head head;
        const char *name = bytes + at + sizeof head;
        memcpy(&head, bytes + at, sizeof head);
        if (g->n_arrivals == size) {
            size = size ? 2 * size : 64;
            g->arrivals = rr_realloc(g->arrivals, size * sizeof *g->arrivals);
        }
        g->arrivals[g->n_arrivals++] = (struct arrival){
            head.group, head.n_cells, {name, head.name_len}, name + head.name_len};
        at += sizeof head + head.name_len + head.cells_len;
    }
    if (g->n_arrivals > 1)
        qsort(g->arrivals, g->n_arrivals, sizeof *g->arrivals, compare_arrivals);
}

void rr_gather_exchange(struct rr_gather *g)
{
    size_t len;
    const char *bytes = rr_parcels_exchange(g->parcels, &len);
    list_arrivals(g, bytes, len);
}

static const struct arrival *find(const struct rr_gather *g, uint32_t group, struct rr_text account)
{
    struct arrival wanted = {.group = group, .account = account};
    if (g->n_arrivals == 0)
        return NULL;
    return bsearch(&wanted, g->arrivals, g->n_arrivals, sizeof wanted, compare_arrivals);
}

static const char *take_cell(struct rr_gather *g, const char *at, struct rr_cell *cell,
                             uint64_t *state)
{
    struct cell_head head;
    memcpy(&head, at, sizeof head);
    at += sizeof head;
    *cell = (struct rr_cell){{at, head.key_len}, head.meter, head.bucket, head.records, state};
    const struct rr_kernel *kernel = g->job->meters[head.meter].kernel;
    at += head.key_len;
    rr_check(kernel->decode(state, (const uint8_t *)at, head.state_len, kernel->version),
             "a state changed on its way between ranks");
    return at + head.state_len;
}

struct rr_cell *rr_gather_take(struct rr_gather *g, uint32_t group, struct rr_text account,
                               uint32_t *n)
{
    const struct arrival *arrival = find(g, group, account);
    *n = arrival ? arrival->n_cells : 0;
    if (*n == 0)
        return NULL;
    if (g->n_blocks == g->blocks_size) {
        g->blocks_size = g->blocks_size ? 2 * g->blocks_size : 16;
        g->blocks = rr_realloc(g->blocks, g->blocks_size * sizeof *g->blocks);
    }
    struct block *block = &g->blocks[g->n_blocks++];
    *block = (struct block){rr_malloc(*n * sizeof *block->cells),
                            rr_malloc((size_t)*n * STATE_WORDS * sizeof *block->states), *n};
    const char *at = arrival->cells;
    for (uint32_t i = 0; i < *n; i++)
        at = take_cell(g, at, &block->cells[i], block->states + (size_t)i * STATE_WORDS);
    return block->cells;
}

void rr_gather_release(struct rr_gather *g)
{
    for (uint32_t b = 0; b < g->n_blocks; b++) {
        struct block *block = &g->blocks[b];
        for (uint32_t i = 0; i < block->n; i++)
            rr_kernel_fini(g->job->meters[block->cells[i].meter].kernel,
                           block->states + (size_t)i * STATE_WORDS);
        free(block->cells);
        free(block->states);
    }
    g->n_blocks = 0;
}
