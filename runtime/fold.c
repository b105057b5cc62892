/* Folding rows into cells. */
#include "fold.h"

#include "../io/memory.h"

#include <string.h>

enum {
    GROUP = 256, /* rows whose cells are looked up together */
    FIRST_CELLS = 1024,
    SLOTS_A_CELL = 3, /* two to four */
};

struct slot {
    uint32_t tag;
    uint32_t cell; /* plus 1; 0 is empty */
};

/* One row meeting one cell, waiting for its kernel. */
struct vector {
    uint32_t n;
    uint32_t cell[GROUP];
    rr_decimal value[GROUP];
    int64_t time_ns[GROUP];
    uint64_t position[GROUP];
};

struct rr_fold {
    const struct rr_job *job;
    uint32_t row_size;
    struct rr_plans *plans;
    uint8_t *cells;
    uint32_t n_cells, cells_size;
    size_t cell_size;
    size_t owned; /* bytes that states may own */
    struct slot *slots;
    uint64_t n_slots;       /* a power of two */
    struct vector *vectors; /* one for each meter */
};

struct rr_fold *rr_fold_create(const struct rr_job *job, struct rr_plans *plans)
{
    struct rr_fold *fold = rr_calloc(1, sizeof *fold);
    fold->job = job;
    fold->row_size = rr_row_size(job);
    fold->plans = plans;
    size_t state = 0;
    for (int m = 0; m < job->n_meters; m++)
        if (job->meters[m].kernel->state_size > state)
            state = job->meters[m].kernel->state_size;
    rr_check(state <= RR_STATE_MAX, "a kernel's state is too large");
    fold->cell_size = sizeof(struct rr_fold_cell) + state;
    fold->n_slots = 2 * FIRST_CELLS;
    fold->slots = rr_calloc(fold->n_slots, sizeof *fold->slots);
    fold->vectors = rr_calloc((size_t)job->n_meters, sizeof *fold->vectors);
    return fold;
}

void rr_fold_destroy(struct rr_fold *fold)
{
    if (fold == NULL)
        return;
    rr_fold_clear(fold);
    free(fold->cells);
    free(fold->slots);
    free(fold->vectors);
    free(fold);
}

uint32_t rr_fold_size(const struct rr_fold *fold)
{
    return fold->n_cells;
}

size_t rr_fold_bytes(const struct rr_fold *fold)
{
    return fold->n_cells * (fold->cell_size + SLOTS_A_CELL * sizeof *fold->slots) + fold->owned;
}

struct rr_fold_cell *rr_fold_at(const struct rr_fold *fold, uint32_t i)
{
    return (struct rr_fold_cell *)(void *)(fold->cells + i * fold->cell_size);
}

void rr_fold_clear(struct rr_fold *fold)
{
    for (uint32_t i = 0; i < fold->n_cells && fold->owned > 0; i++) {
        struct rr_fold_cell *cell = rr_fold_at(fold, i);
        rr_kernel_fini(fold->job->meters[cell->meter].kernel, cell->state);
    }
    fold->owned = 0;
    /* A table that once held far more is not swept in full each time. */
    while (fold->n_slots > 2 * FIRST_CELLS && fold->n_cells < fold->n_slots / 64)
        fold->n_slots /= 2;
    memset(fold->slots, 0, fold->n_slots * sizeof *fold->slots);
    fold->n_cells = 0;
}

static uint64_t mix(uint64_t x)
{
    x ^= x >> 32; /* the finalizer of MurmurHash3's kind: Stafford's variant 13 */
    x *= 0xbf58476d1ce4e5b9u;
    x ^= x >> 29;
    x *= 0x94d049bb133111ebu;
    return x ^ x >> 32;
}

static uint64_t hash_cell(uint32_t account, uint32_t key, int32_t bucket)
{
    return mix(((uint64_t)account << 32 | key) ^ mix((uint32_t)bucket + 0x9e3779b97f4a7c15u));
}

static void grow_slots(struct rr_fold *fold)
{
    free(fold->slots);
    fold->n_slots *= 2;
    fold->slots = rr_malloc_huge(fold->n_slots * sizeof *fold->slots);
    memset(fold->slots, 0, fold->n_slots * sizeof *fold->slots);
    for (uint32_t i = 0; i < fold->n_cells; i++) {
        const struct rr_fold_cell *cell = rr_fold_at(fold, i);
        uint64_t hash = hash_cell(cell->account, cell->key, cell->bucket);
        uint64_t at = hash & (fold->n_slots - 1);
        while (fold->slots[at].cell != 0)
            at = (at + 1) & (fold->n_slots - 1);
        fold->slots[at] = (struct slot){(uint32_t)(hash >> 32), i + 1};
    }
}

static void grow_cells(struct rr_fold *fold)
{
    fold->cells_size = fold->cells_size ? fold->cells_size * 2 : FIRST_CELLS;
    fold->cells = rr_realloc(fold->cells, fold->cells_size * fold->cell_size);
}

static uint32_t add_cell(struct rr_fold *fold, uint32_t account,
                         const struct rr_plan_target *target, int32_t bucket)
{
    if (fold->n_cells == fold->cells_size)
        grow_cells(fold);
    struct rr_fold_cell *cell = rr_fold_at(fold, fold->n_cells);
    *cell = (struct rr_fold_cell){account, target->cell_key, bucket, target->meter, 0};
    fold->job->meters[target->meter].kernel->init(cell->state);
    return fold->n_cells++;
}

static uint32_t find_or_add(struct rr_fold *fold, uint64_t hash, uint32_t account,
                            const struct rr_plan_target *target, int32_t bucket)
{
    uint32_t tag = (uint32_t)(hash >> 32);
    uint64_t at = hash & (fold->n_slots - 1);
    for (; fold->slots[at].cell != 0; at = (at + 1) & (fold->n_slots - 1)) {
        if (fold->slots[at].tag != tag)
            continue;
        const struct rr_fold_cell *cell = rr_fold_at(fold, fold->slots[at].cell - 1);
        if (cell->account == account && cell->key == target->cell_key && cell->bucket == bucket)
            return fold->slots[at].cell - 1;
    }
    uint32_t i = add_cell(fold, account, target, bucket);
    fold->slots[at] = (struct slot){tag, i + 1};
    if ((uint64_t)fold->n_cells * 2 > fold->n_slots)
        grow_slots(fold);
    return i;
}

static void flush_vector(struct rr_fold *fold, uint32_t meter)
{
    struct vector *v = &fold->vectors[meter];
    void *states[GROUP];
    for (uint32_t i = 0; i < v->n; i++) {
        struct rr_fold_cell *cell = rr_fold_at(fold, v->cell[i]);
        cell->records++;
        states[i] = cell->state;
    }
    struct rr_rows rows = {v->n, v->value, v->time_ns, v->position};
    const struct rr_kernel *kernel = fold->job->meters[meter].kernel;
    kernel->update(states, &rows);
    fold->owned += (size_t)v->n * kernel->grows;
    v->n = 0;
}

static void queue_row(struct rr_fold *fold, const uint8_t *bytes,
                      const struct rr_plan_target *target, int32_t bucket, uint64_t hash,
                      struct rr_tally *tally)
{
    struct rr_row row;
    memcpy(&row, bytes, sizeof row);
    struct vector *v = &fold->vectors[target->meter];
    uint32_t i = v->n++;
    v->cell[i] = find_or_add(fold, hash, row.account, target, bucket);
    v->value[i] = rr_row_value(fold->job, bytes, target->meter);
    v->time_ns[i] = row.time_ns;
    v->position[i] = row.position;
    rr_sum_add(&tally->meters[target->meter].aggregated,
               rr_row_quantity(fold->job, bytes, target->meter));
    if (v->n == GROUP)
        flush_vector(fold, target->meter);
}

static void fold_group(struct rr_fold *fold, const uint8_t *rows, uint32_t n,
                       struct rr_tally *tally)
{
    int64_t time_ns[GROUP];
    int32_t bucket[GROUP];
    uint64_t first_hash[GROUP];
    for (uint32_t i = 0; i < n; i++)
        memcpy(&time_ns[i], rows + (size_t)i * fold->row_size + offsetof(struct rr_row, time_ns),
               sizeof time_ns[i]);
    fold->job->bucket(fold->job->self, n, time_ns, bucket);
    for (uint32_t i = 0; i < n; i++) {
        struct rr_row row;
        memcpy(&row, rows + (size_t)i * fold->row_size, sizeof row);
        struct rr_plan_targets plan = rr_plans_of(fold->plans, row.key);
        first_hash[i] = 0;
        if (plan.n == 0)
            continue;
        first_hash[i] = hash_cell(row.account, plan.target[0].cell_key, bucket[i]);
        __builtin_prefetch(&fold->slots[first_hash[i] & (fold->n_slots - 1)]);
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t cell = fold->slots[first_hash[i] & (fold->n_slots - 1)].cell;
        if (cell != 0)
            __builtin_prefetch(rr_fold_at(fold, cell - 1));
    }
    for (uint32_t i = 0; i < n; i++) {
        const uint8_t *bytes = rows + (size_t)i * fold->row_size;
        struct rr_row row;
        memcpy(&row, bytes, sizeof row);
        struct rr_plan_targets plan = rr_plans_of(fold->plans, row.key);
        tally->aggregated += plan.n > 0;
        tally->not_metered += plan.n == 0;
        for (uint32_t t = 0; t < plan.n; t++) {
            const struct rr_plan_target *target = &plan.target[t];
            uint64_t hash =
                t == 0 ? first_hash[i] : hash_cell(row.account, target->cell_key, bucket[i]);
            queue_row(fold, bytes, target, bucket[i], hash, tally);
        }
    }
}

void rr_fold_rows(struct rr_fold *fold, const uint8_t *rows, uint32_t n, struct rr_tally *tally)
{
    rr_plans_update(fold->plans);
    for (uint32_t at = 0; at < n; at += GROUP) {
        uint32_t take = n - at < GROUP ? n - at : GROUP;
        fold_group(fold, rows + (size_t)at * fold->row_size, take, tally);
    }
    for (int m = 0; m < fold->job->n_meters; m++)
        if (fold->vectors[m].n > 0)
            flush_vector(fold, (uint32_t)m);
}
