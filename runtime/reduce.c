/* Reducing: merging runs of cells account by account. */
#include "reduce.h"

#include "../io/memory.h"
#include "account_merge.h"
#include "cell_chain.h"
#include "order.h"

enum { STATE_WORDS = RR_STATE_MAX / 8 };

/* Accounts from a list, as a source of the merge. */
struct listed {
    const struct rr_dictionary *accounts;
    uint32_t *codes;
    uint32_t n, next, n_shards;
};

struct reduction {
    const struct rr_state *state;
    const struct rr_job *job;
    const struct rr_reducer *reducer;
    struct rr_dictionary *keys;
    uint32_t *key_rank; /* keys in bytewise order */
    uint32_t *place_of, *file_of;
    struct rr_cell_chains chains;
    struct listed listed;
    struct rr_account_merge merge;
    struct rr_cell *cells;
    uint32_t *cell_key;
    uint64_t *states;  /* STATE_WORDS for each cell */
    uint32_t n_states; /* cells whose states were read */
    struct rr_sort_item *items, *spare;
    struct rr_cell *sorted;
    uint32_t size;
};

static int next_listed(void *source, struct rr_account_head *head, struct rr_error *err)
{
    (void)err;
    struct listed *l = source;
    if (l->next == l->n)
        return 0;
    uint32_t code = l->codes[l->next++];
    uint64_t hash = rr_dictionary_hash_of(l->accounts, code);
    *head = (struct rr_account_head){hash, rr_dictionary_text(l->accounts, code), 0,
                                     rr_shard_of(hash, l->n_shards)};
    return 1;
}

/* The listed accounts of the shards [first, end), in order. */
static void list_accounts(struct reduction *r, uint32_t first, uint32_t end)
{
    const struct rr_dictionary *also = r->reducer->also;
    struct listed *l = &r->listed;
    uint32_t n = also ? rr_dictionary_size(also) : 0;
    *l = (struct listed){.accounts = also, .n_shards = r->state->manifest->n_shards};
    l->codes = rr_malloc((size_t)n * sizeof *l->codes);
    for (uint32_t code = 0; code < n; code++) {
        uint32_t shard = rr_shard_of(rr_dictionary_hash_of(also, code), l->n_shards);
        if (shard >= first && shard < end)
            l->codes[l->n++] = code;
    }
    if (l->n > 0)
        rr_order_accounts(also, l->n_shards, l->codes, l->n);
}

static int open_sources(struct reduction *r, struct rr_error *err)
{
    const struct rr_manifest *m = r->state->manifest;
    uint32_t first = rr_shard_first(m->n_shards, r->state->comm->rank, r->state->comm->size);
    uint32_t end = rr_shard_first(m->n_shards, r->state->comm->rank + 1, r->state->comm->size);
    if (rr_cell_chains_open(&r->chains, r->state, r->job, NULL, first, end, r->keys, r->place_of,
                            err) != 0)
        return -1;
    rr_account_merge_init(&r->merge, r->chains.n + 1, m->n_shards);
    for (uint32_t i = 0; i < r->chains.n; i++)
        if (rr_account_merge_add(&r->merge, rr_cell_chain_next, rr_cell_chains_at(&r->chains, i),
                                 err) != 0)
            return -1;
    list_accounts(r, first, end);
    return rr_account_merge_add(&r->merge, next_listed, &r->listed, err);
}

static int compare_keys(const void *a, const void *b, void *keys)
{
    return rr_text_compare(rr_dictionary_text(keys, *(const uint32_t *)a),
                           rr_dictionary_text(keys, *(const uint32_t *)b));
}

static void rank_keys(struct reduction *r)
{
    uint32_t n = rr_dictionary_size(r->keys);
    uint32_t *order = rr_malloc((size_t)n * sizeof *order);
    r->key_rank = rr_malloc((size_t)n * sizeof *r->key_rank);
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    qsort_r(order, n, sizeof *order, compare_keys, r->keys);
    for (uint32_t i = 0; i < n; i++)
        r->key_rank[order[i]] = i;
    free(order);
}

static void reserve(struct reduction *r, uint64_t n)
{
    if (n <= r->size)
        return;
    rr_check(n < UINT32_MAX / 2, "an account has more cells than can be priced at once");
    r->size = (uint32_t)n * 2;
    r->cells = rr_realloc(r->cells, r->size * sizeof *r->cells);
    r->cell_key = rr_realloc(r->cell_key, r->size * sizeof *r->cell_key);
    r->states = rr_realloc(r->states, (size_t)r->size * RR_STATE_MAX);
    r->items = rr_realloc(r->items, r->size * sizeof *r->items);
    r->spare = rr_realloc(r->spare, r->size * sizeof *r->spare);
    r->sorted = rr_realloc(r->sorted, r->size * sizeof *r->sorted);
}

static void release_states(struct reduction *r)
{
    for (uint32_t i = 0; i < r->n_states; i++)
        rr_kernel_fini(r->job->meters[r->cells[i].meter].kernel,
                       &r->states[(size_t)i * STATE_WORDS]);
    r->n_states = 0;
}

/* Reads the current account's cells from all runs that hold it. */
static int read_cells(struct reduction *r, struct rr_error *err)
{
    uint64_t total = 0;
    for (uint32_t i = 0; i < r->merge.n_here; i++)
        total += r->merge.head[r->merge.here[i]].items;
    reserve(r, total);
    for (uint32_t i = 0; i < r->merge.n_here; i++) {
        uint32_t source = r->merge.here[i];
        for (uint32_t c = 0; c < r->merge.head[source].items; c++) {
            uint32_t n = r->n_states;
            struct rr_cell *cell = &r->cells[n];
            cell->state = &r->states[(size_t)n * STATE_WORDS];
            if (rr_cell_chain_cell(r->merge.source[source], &r->cell_key[n], cell, cell->state,
                                   err) != 0)
                return -1;
            cell->key = rr_dictionary_text(r->keys, r->cell_key[n]);
            r->n_states++;
        }
    }
    return 0;
}

/* Sorts by (key, bucket) and merges cells that several runs hold; returns how many remain. */
static uint32_t merge_cells(struct reduction *r, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t bucket = (uint32_t)r->cells[i].bucket ^ 0x80000000u;
        r->items[i] =
            (struct rr_sort_item){(uint64_t)r->key_rank[r->cell_key[i]] << 32 | bucket, i};
    }
    rr_sort_items(r->items, r->spare, n);
    uint32_t out = 0;
    for (uint32_t i = 0; i < n; i++) {
        const struct rr_cell *cell = &r->cells[r->items[i].index];
        if (i > 0 && r->items[i].key == r->items[i - 1].key) {
            r->job->meters[cell->meter].kernel->merge(r->sorted[out - 1].state, cell->state);
            r->sorted[out - 1].records += cell->records;
        } else {
            r->sorted[out++] = *cell;
        }
    }
    return out;
}

static int reduce_accounts(struct reduction *r, struct rr_error *err)
{
    int got;
    while ((got = rr_account_merge_next(&r->merge, err)) > 0) {
        if (read_cells(r, err) != 0)
            return -1;
        uint32_t n = r->n_states;
        struct rr_cell *cells = r->cells;
        if (r->merge.n_here > 1) {
            n = merge_cells(r, n);
            cells = r->sorted;
        }
        struct rr_text account = r->merge.head[r->merge.here[0]].name;
        if (r->reducer->account(r->reducer->self, account, cells, n, err) != 0)
            return -1;
        release_states(r);
    }
    return got;
}

int rr_reduce(const struct rr_state *state, const struct rr_job *job,
              const struct rr_reducer *reducer, struct rr_error *err)
{
    struct reduction r = {.state = state, .job = job, .reducer = reducer};
    r.keys = rr_dictionary_create();
    rr_state_file_order(state->manifest, &r.place_of, &r.file_of);
    int result = open_sources(&r, err);
    if (result == 0) {
        rank_keys(&r);
        result = reduce_accounts(&r, err);
        release_states(&r);
    }
    rr_cell_chains_close(&r.chains);
    rr_account_merge_fini(&r.merge);
    rr_dictionary_destroy(r.keys);
    free(r.listed.codes);
    free(r.key_rank);
    free(r.place_of);
    free(r.file_of);
    free(r.cells);
    free(r.cell_key);
    free(r.states);
    free(r.items);
    free(r.spare);
    free(r.sorted);
    return result;
}
