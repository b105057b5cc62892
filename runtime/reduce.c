/* Reducing: merging runs of cells account by account. */
#include "reduce.h"

#include "../io/memory.h"
#include "account_cells.h"
#include "cell_chain.h"
#include "order.h"

struct reduction {
    const struct rr_state *state;
    const struct rr_job *job;
    const struct rr_reducer *reducer;
    struct rr_dictionary *keys;
    uint32_t *place_of, *file_of;
    struct rr_cell_chains chains; /* they are the first sources of the merge */
    struct rr_account_merge merge;
    struct rr_account_cells *cells;
};

static int open_sources(struct reduction *r, struct rr_error *err)
{
    uint32_t n_shards = r->state->manifest->n_shards;
    uint32_t first = rr_shard_first(n_shards, r->state->comm->rank, r->state->comm->size);
    uint32_t end = rr_shard_first(n_shards, r->state->comm->rank + 1, r->state->comm->size);
    if (rr_cell_chains_open(&r->chains, r->state, r->job, NULL, first, end, r->keys, r->place_of,
                            err) != 0)
        return -1;
    rr_account_merge_init(&r->merge, r->chains.n + 1, n_shards);
    for (uint32_t i = 0; i < r->chains.n; i++)
        if (rr_account_merge_add(&r->merge, rr_cell_chain_next, rr_cell_chains_at(&r->chains, i),
                                 err) != 0)
            return -1;
    if (r->reducer->also == NULL)
        return 0;
    return rr_account_merge_add(&r->merge, r->reducer->also, r->reducer->also_self, err);
}

/* The runs that hold the current account. */
static int begin_account(struct reduction *r, struct rr_error *err)
{
    rr_account_cells_begin(r->cells);
    for (uint32_t i = 0; i < r->merge.n_here; i++) {
        uint32_t source = r->merge.here[i];
        if (source < r->chains.n &&
            rr_account_cells_add(r->cells, rr_cell_chains_at(&r->chains, source),
                                 r->merge.head[source].items, err) != 0)
            return -1;
    }
    return 0;
}

static int reduce_account(struct reduction *r, struct rr_text account, struct rr_error *err)
{
    struct rr_cells cells = {r->cells, rr_account_cells_next};
    if (begin_account(r, err) != 0 ||
        r->reducer->account(r->reducer->self, account, &cells, err) != 0)
        return -1;
    rr_check(rr_account_cells_is_done(r->cells), "cells of an account were passed over");
    return 0;
}

static int skip_account(struct reduction *r, struct rr_error *err)
{
    for (uint32_t i = 0; i < r->merge.n_here; i++) {
        uint32_t source = r->merge.here[i];
        if (source < r->chains.n && rr_cell_chain_skip(rr_cell_chains_at(&r->chains, source),
                                                       r->merge.head[source].items, err) != 0)
            return -1;
    }
    return 0;
}

static int reduce_accounts(struct reduction *r, struct rr_error *err)
{
    const struct rr_reducer *reducer = r->reducer;
    int got;
    while ((got = rr_account_merge_next(&r->merge, err)) > 0) {
        struct rr_text account = r->merge.head[r->merge.here[0]].name;
        bool wanted = reducer->wants == NULL || reducer->wants(reducer->self, account);
        if ((wanted ? reduce_account(r, account, err) : skip_account(r, err)) != 0)
            return -1;
    }
    return got;
}

int rr_reduce(const struct rr_state *state, const struct rr_job *job,
              const struct rr_reducer *reducer, struct rr_error *err)
{
    struct reduction r = {.state = state, .job = job, .reducer = reducer};
    r.keys = rr_dictionary_create();
    r.cells = rr_account_cells_create(job, r.keys);
    rr_state_file_order(state->manifest, &r.place_of, &r.file_of);
    int result = open_sources(&r, err);
    if (result == 0) {
        rr_account_cells_rank_keys(r.cells);
        result = reduce_accounts(&r, err);
    }
    rr_account_cells_destroy(r.cells);
    rr_account_merge_fini(&r.merge);
    rr_cell_chains_close(&r.chains);
    rr_dictionary_destroy(r.keys);
    free(r.place_of);
    free(r.file_of);
    return result;
}
