/* Chains of runs of cells. */
#include "cell_chain.h"

#include "../io/memory.h"

enum { PATH = 4096 };

struct rr_cell_chain {
    const struct rr_state *state;
    const struct rr_job *job;
    struct rr_dictionary *keys;
    const uint32_t *place_of_file;
    uint32_t first, end;
    uint32_t *run; /* indices in the manifest, in order of their shards */
    uint32_t n, next;
    uint32_t covered; /* the shard at which its last run ends */
    struct rr_cell_reader *reader;
};

static int compare_first(const void *a, const void *b, void *manifest)
{
    const struct rr_manifest *m = manifest;
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    uint32_t x = m->runs[i].first, y = m->runs[j].first;
    return x != y ? (x > y) - (x < y) : (i > j) - (i < j);
}

static uint32_t *list_runs(const struct rr_manifest *m, const bool *chosen, uint32_t first,
                           uint32_t end, uint32_t *n)
{
    uint32_t *runs = rr_malloc(m->n_runs * sizeof *runs);
    *n = 0;
    for (uint32_t i = 0; i < m->n_runs; i++) {
        const struct rr_run_entry *run = &m->runs[i];
        if (run->kind == RR_RUN_CELLS && run->items > 0 && run->first < end && run->end > first &&
            !(chosen && !chosen[i]))
            runs[(*n)++] = i;
    }
    qsort_r(runs, *n, sizeof *runs, compare_first, (void *)(uintptr_t)m);
    return runs;
}

/* The chain that a run which begins at this shard can follow; a new one when there is none. */
static struct rr_cell_chain *chain_for(struct rr_cell_chains *chains, uint32_t shard,
                                       const struct rr_cell_chain *empty, uint32_t most)
{
    for (uint32_t i = 0; i < chains->n; i++)
        if (chains->chain[i].covered <= shard)
            return &chains->chain[i];
    struct rr_cell_chain *chain = &chains->chain[chains->n++];
    *chain = *empty;
    chain->run = rr_malloc(most * sizeof *chain->run);
    return chain;
}

/* Where runs are opened later than the others, their keys are wanted before. */
static int learn_keys(const struct rr_cell_chain *chain, struct rr_error *err)
{
    for (uint32_t i = 0; i < chain->n && chain->n > 1; i++) {
        char path[PATH];
        rr_state_run_path(chain->state, chain->state->manifest->runs[chain->run[i]].name, path);
        if (rr_cell_run_learn(path, chain->keys, err) != 0)
            return -1;
    }
    return 0;
}

static int open_next(struct rr_cell_chain *c, struct rr_error *err)
{
    const struct rr_run_entry *run = &c->state->manifest->runs[c->run[c->next++]];
    char path[PATH];
    rr_cell_reader_close(c->reader);
    rr_state_run_path(c->state, run->name, path);
    c->reader = rr_cell_reader_open(
        path, c->job, c->state->manifest->n_shards, run->first > c->first ? run->first : c->first,
        run->end < c->end ? run->end : c->end, c->keys, c->place_of_file, err);
    return c->reader ? 0 : -1;
}

int rr_cell_chains_open(struct rr_cell_chains *chains, const struct rr_state *state,
                        const struct rr_job *job, const bool *chosen, uint32_t first, uint32_t end,
                        struct rr_dictionary *keys, const uint32_t *place_of_file,
                        struct rr_error *err)
{
    const struct rr_manifest *m = state->manifest;
    struct rr_cell_chain empty = {.state = state,
                                  .job = job,
                                  .keys = keys,
                                  .place_of_file = place_of_file,
                                  .first = first,
                                  .end = end};
    uint32_t n;
    uint32_t *runs = list_runs(m, chosen, first, end, &n);
    *chains = (struct rr_cell_chains){.chain = rr_calloc(n, sizeof *chains->chain)};
    for (uint32_t i = 0; i < n; i++) {
        struct rr_cell_chain *chain = chain_for(chains, m->runs[runs[i]].first, &empty, n);
        chain->run[chain->n++] = runs[i];
        chain->covered = m->runs[runs[i]].end;
    }
    free(runs);
    int result = 0;
    for (uint32_t i = 0; i < chains->n && result == 0; i++)
        result = learn_keys(&chains->chain[i], err) == 0 ? open_next(&chains->chain[i], err) : -1;
    if (result != 0)
        rr_cell_chains_close(chains);
    return result;
}

void rr_cell_chains_close(struct rr_cell_chains *chains)
{
    for (uint32_t i = 0; i < chains->n; i++) {
        rr_cell_reader_close(chains->chain[i].reader);
        free(chains->chain[i].run);
    }
    free(chains->chain);
    *chains = (struct rr_cell_chains){0};
}

struct rr_cell_chain *rr_cell_chains_at(const struct rr_cell_chains *chains, uint32_t i)
{
    return &chains->chain[i];
}

int rr_cell_chain_next(void *self, struct rr_account_head *head, struct rr_error *err)
{
    struct rr_cell_chain *c = self;
    for (;;) {
        int got = rr_cell_reader_next(c->reader, head, err);
        if (got != 0 || c->next == c->n)
            return got;
        if (open_next(c, err) != 0)
            return -1;
    }
}

int rr_cell_chain_cell(struct rr_cell_chain *c, uint32_t *key, struct rr_cell *cell, void *state,
                       struct rr_error *err)
{
    return rr_cell_reader_cell(c->reader, key, cell, state, err);
}

int rr_cell_chain_skip(struct rr_cell_chain *c, uint32_t n, struct rr_error *err)
{
    return rr_cell_reader_skip(c->reader, n, err);
}
