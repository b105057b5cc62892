/* Gathering cells at one rank. */
#include "gather.h"

#include "../io/memory.h"

#include <stdlib.h>
#include <string.h>

enum { TAG = 2, PIECE = 256 * 1024 * 1024, STATE_WORDS = RR_STATE_MAX / 8 };

/* Bytes that grow. */
struct parcel {
    char *bytes;
    size_t used, size;
};

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
    const struct rr_comm *comm;
    const struct rr_job *job;
    struct parcel *to; /* for each rank; that for this one is what stays */
    struct parcel come;
    struct arrival *arrivals; /* by group, then account */
    uint32_t n_arrivals;
    struct block *blocks;
    uint32_t n_blocks, blocks_size;
};

struct rr_gather *rr_gather_create(const struct rr_comm *comm, const struct rr_job *job)
{
    struct rr_gather *g = rr_calloc(1, sizeof *g);
    g->comm = comm;
    g->job = job;
    g->to = rr_calloc((size_t)comm->size, sizeof *g->to);
    return g;
}

void rr_gather_destroy(struct rr_gather *g)
{
    if (g == NULL)
        return;
    rr_gather_release(g);
    for (int r = 0; r < g->comm->size; r++)
        free(g->to[r].bytes);
    free(g->to);
    free(g->come.bytes);
    free(g->arrivals);
    free(g->blocks);
    free(g);
}

static char *room(struct parcel *parcel, size_t len)
{
    if (parcel->used + len > parcel->size) {
        parcel->size = (parcel->used + len) * 2;
        parcel->bytes = rr_realloc(parcel->bytes, parcel->size);
    }
    return parcel->bytes + parcel->used;
}

static void put(struct parcel *parcel, const void *bytes, size_t len)
{
    char *to = room(parcel, len);
    if (len > 0)
        memcpy(to, bytes, len);
    parcel->used += len;
}

static void put_cell(struct rr_gather *g, struct parcel *parcel, const struct rr_cell *cell)
{
    const struct rr_kernel *kernel = g->job->meters[cell->meter].kernel;
    struct cell_head head = {cell->records, cell->key.len, 0, cell->bucket, cell->meter};
    size_t at = parcel->used;
    put(parcel, &head, sizeof head);
    put(parcel, cell->key.ptr, cell->key.len);
    char *state = room(parcel, rr_kernel_encoded_max(kernel, cell->state));
    size_t len = kernel->encode(cell->state, (uint8_t *)state);
    rr_check(len <= UINT32_MAX, "a state of 4 GB");
    head.state_len = (uint32_t)len;
    parcel->used += len;
    memcpy(parcel->bytes + at, &head, sizeof head);
}

void rr_gather_put(struct rr_gather *g, int rank, uint32_t group, struct rr_text account,
                   const struct rr_cell *cells, uint32_t n)
{
    struct parcel *parcel = &g->to[rank];
    struct account_head head = {.group = group, .name_len = account.len, .n_cells = n};
    size_t at = parcel->used;
    put(parcel, &head, sizeof head);
    put(parcel, account.ptr, account.len);
    size_t start = parcel->used;
    for (uint32_t i = 0; i < n; i++)
        put_cell(g, parcel, &cells[i]);
    head.cells_len = parcel->used - start;
    memcpy(parcel->bytes + at, &head, sizeof head);
}

/* Sends to one rank and receives from another at once; what came is added to `come`. */
static void swap(struct rr_gather *g, int to, int from)
{
    uint64_t send = g->to[to].used, receive = 0;
    MPI_Request out, in;
    MPI_Irecv(&receive, 1, MPI_UINT64_T, from, TAG, g->comm->comm, &in);
    MPI_Isend(&send, 1, MPI_UINT64_T, to, TAG, g->comm->comm, &out);
    rr_comm_wait(g->comm, &in, "cells of contracts");
    rr_comm_wait(g->comm, &out, "cells of contracts");
    char *into = room(&g->come, receive);
    for (uint64_t at = 0; at < send || at < receive; at += PIECE) {
        uint64_t left_in = at < receive ? receive - at : 0, left_out = at < send ? send - at : 0;
        int n_in = (int)(left_in < PIECE ? left_in : PIECE);
        int n_out = (int)(left_out < PIECE ? left_out : PIECE);
        MPI_Irecv(into + at, n_in, MPI_BYTE, n_in ? from : MPI_PROC_NULL, TAG, g->comm->comm, &in);
        MPI_Isend(g->to[to].bytes + at, n_out, MPI_BYTE, n_out ? to : MPI_PROC_NULL, TAG,
                  g->comm->comm, &out);
        rr_comm_wait(g->comm, &in, "cells of contracts");
        rr_comm_wait(g->comm, &out, "cells of contracts");
    }
    g->come.used += receive;
    free(g->to[to].bytes);
    g->to[to] = (struct parcel){0};
}

static int compare_arrivals(const void *a, const void *b)
{
    const struct arrival *x = a, *y = b;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    return rr_text_compare(x->account, y->account);
}

static void list_arrivals(struct rr_gather *g)
{
    uint32_t size = 0;
    for (size_t at = 0; at < g->come.used;) {
        struct account_head head;
        const char *name = g->come.bytes + at + sizeof head;
        memcpy(&head, g->come.bytes + at, sizeof head);
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
    int rank = g->comm->rank, size = g->comm->size;
    g->come = g->to[rank];
    g->to[rank] = (struct parcel){0};
    for (int step = 1; step < size; step++)
        swap(g, (rank + step) % size, (rank - step + size) % size);
    list_arrivals(g);
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
