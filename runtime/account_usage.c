/* Reading one account's cells, from records or from runs of cells. */
#include "account_usage.h"

#include "../io/memory.h"
#include "account_cells.h"
#include "cell_code.h"
#include "cell_tape.h"
#include "events.h"
#include "order.h"
#include "record_sources.h"

#include <stdio.h>

enum { PATH = 4096 };

struct rr_account_usage {
    struct rr_state state; /* looked at */
    const struct rr_job *job;
    bool *checked; /* runs whose digests were right */
    struct rr_cell_tape *tape;
    /* Of records. */
    struct rr_slice_budget budget;
    struct rr_record_sources sources;
    struct rr_dictionary *accounts; /* the one in hand */
    struct rr_plans *plans;
    struct rr_fold *fold;
    struct rr_tally tally;
    struct rr_origins *origins;
    struct rr_events events;
    /* Of runs of cells. */
    struct rr_dictionary *cell_keys;
    uint32_t *place_of, *file_of;
};

static void take_withheld(void *self, const uint8_t *row, enum rr_withheld withheld)
{
    struct rr_account_usage *u = self;
    rr_origins_withhold(u->origins, row, withheld);
}

static void open_records(struct rr_account_usage *u)
{
    rr_record_sources_init(&u->sources, &u->state, u->job, NULL, u->budget.readers);
    u->accounts = rr_dictionary_create();
    u->plans = rr_plans_create(u->job, u->sources.keys);
    u->fold = rr_fold_create(u->job, u->plans);
    u->origins = rr_origins_create(u->job, u->state.manifest, u->plans, u->sources.file_of);
    rr_events_init(&u->events, &u->state, u->job, u->sources.file_of, u->accounts, u->plans,
                   u->sources.keys, &u->tally);
    u->events.withheld = take_withheld;
    u->events.withheld_self = u;
}

static void close_records(struct rr_account_usage *u)
{
    rr_events_fini(&u->events);
    rr_origins_destroy(u->origins);
    rr_fold_destroy(u->fold);
    rr_plans_destroy(u->plans);
    rr_dictionary_destroy(u->accounts);
    rr_record_sources_fini(&u->sources);
}

static void open_cells(struct rr_account_usage *u)
{
    u->cell_keys = rr_dictionary_create();
    rr_state_file_order(u->state.manifest, &u->place_of, &u->file_of);
}

static void close_cells(struct rr_account_usage *u)
{
    rr_dictionary_destroy(u->cell_keys);
    free(u->place_of);
    free(u->file_of);
}

struct rr_account_usage *rr_account_usage_open(const char *dir, struct rr_manifest *manifest,
                                               const struct rr_job *job, uint64_t memory)
{
    struct rr_account_usage *u = rr_calloc(1, sizeof *u);
    snprintf(u->state.dir, sizeof u->state.dir, "%s", dir);
    u->state.manifest = manifest;
    u->job = job;
    u->checked = rr_calloc(manifest->n_runs, sizeof *u->checked);
    u->tape = rr_cell_tape_create(job, "", SIZE_MAX); /* it never needs its file */
    u->budget = rr_slice_budget(memory, rr_row_size(job));
    rr_tally_init(&u->tally, job->n_meters);
    if (job->has_event_ids)
        open_records(u);
    else
        open_cells(u);
    return u;
}

void rr_account_usage_close(struct rr_account_usage *u)
{
    if (u == NULL)
        return;
    if (u->job->has_event_ids)
        close_records(u);
    else
        close_cells(u);
    rr_cell_tape_destroy(u->tape);
    rr_tally_fini(&u->tally);
    free(u->checked);
    free(u);
}

/* ---- runs ---- */

static int check_run(struct rr_account_usage *u, uint32_t i, struct rr_error *err)
{
    const struct rr_run_entry *run = &u->state.manifest->runs[i];
    char path[PATH];
    rr_state_run_path(&u->state, run->name, path);
    if (rr_run_check(path, run->bytes, run->digest, err) != 0)
        return -1;
    u->checked[i] = true;
    return 0;
}

/* HDF5 is shown only what the manifest names. */
static int check_runs(struct rr_account_usage *u, const struct rr_slice *shard,
                      struct rr_error *err)
{
    const struct rr_manifest *m = u->state.manifest;
    enum rr_run_kind kind = u->job->has_event_ids ? RR_RUN_RECORDS : RR_RUN_CELLS;
    for (uint32_t i = 0; i < m->n_runs; i++)
        if (m->runs[i].kind == kind && !u->checked[i] && rr_slice_meets(shard, &m->runs[i]) &&
            check_run(u, i, err) != 0)
            return -1;
    return 0;
}

/* ---- cells from records ---- */

/* The cells of a fold, in order. */
struct folded {
    struct rr_fold *fold;
    const struct rr_dictionary *keys;
    const struct rr_job *job;
    uint32_t *order, n, at;
    uint64_t state[RR_STATE_WORDS];
};

static int compare_folded(const void *a, const void *b, void *folded)
{
    const struct folded *f = folded;
    const struct rr_fold_cell *x = rr_fold_at(f->fold, *(const uint32_t *)a);
    const struct rr_fold_cell *y = rr_fold_at(f->fold, *(const uint32_t *)b);
    int order = x->key == y->key ? 0
                                 : rr_text_compare(rr_dictionary_text(f->keys, x->key),
                                                   rr_dictionary_text(f->keys, y->key));
    return order ? order : (x->bucket > y->bucket) - (x->bucket < y->bucket);
}

/* As struct rr_cells has it: the fold is left with states that own nothing. */
static int next_folded(void *self, struct rr_cell *cell, struct rr_error *err)
{
    (void)err;
    struct folded *f = self;
    if (f->at == f->n)
        return 0;
    struct rr_fold_cell *from = rr_fold_at(f->fold, f->order[f->at++]);
    const struct rr_kernel *kernel = f->job->meters[from->meter].kernel;
    *cell = (struct rr_cell){rr_dictionary_text(f->keys, from->key), (int)from->meter, from->bucket,
                             from->records, f->state};
    memcpy(f->state, from->state, kernel->state_size);
    kernel->init(from->state);
    return 1;
}

static int record_folded(struct rr_account_usage *u, struct rr_error *err)
{
    struct folded f = {.fold = u->fold,
                       .keys = rr_plans_cell_keys(u->plans),
                       .job = u->job,
                       .n = rr_fold_size(u->fold)};
    struct rr_cells cells = {&f, next_folded};
    f.order = rr_malloc(f.n * sizeof *f.order);
    for (uint32_t i = 0; i < f.n; i++)
        f.order[i] = i;
    qsort_r(f.order, f.n, sizeof *f.order, compare_folded, &f);
    int result = rr_cell_tape_record(u->tape, &cells, err);
    free(f.order);
    return result;
}

static uint8_t *room_for_rows(void *self, uint32_t n)
{
    struct rr_events *e = self;
    rr_events_reserve(e, (uint64_t)e->n_rows + n);
    return e->rows + (size_t)e->n_rows * e->row_size;
}

/* Settles and folds those records of the account that are in a slice: all copies of their events are. 1, or 0 and
 * nothing is done where there are more than `most`. */
static int fold_slice(struct rr_account_usage *u, const struct rr_slice *slice,
                      struct rr_text account, uint64_t most, struct rr_error *err)
{
    struct rr_events *e = &u->events;
    struct rr_record_sink sink = {e, room_for_rows, &e->n_rows};
    e->n_rows = e->n_kept = 0;
    int got = rr_record_sources_read_account(&u->sources, slice, account, 0, most, sink, err);
    if (got <= 0)
        return got;
    rr_plans_update(u->plans);
    rr_events_resolve(e);
    rr_texts_clear(&e->conflicts);
    rr_texts_clear(&e->repaired);
    rr_origins_count(u->origins, e->kept, e->n_kept);
    rr_fold_rows(u->fold, e->kept, e->n_kept, &u->tally);
    return 1;
}

static void forget_account(struct rr_account_usage *u, struct rr_text account)
{
    rr_tally_clear(&u->tally);
    rr_fold_clear(u->fold);
    rr_origins_clear(u->origins);
    rr_dictionary_clear(u->accounts);
    rr_dictionary_enter(u->accounts, account, rr_dictionary_hash(account)); /* code 0 */
}

/* The same for an account of many records, in slices of their fingerprints. */
static int fold_in_slices(struct rr_account_usage *u, const struct rr_slice *shard,
                          struct rr_text account, struct rr_error *err)
{
    const struct rr_gap whole = {.high = UINT64_MAX}; /* as if the account were all of shard 0 */
    uint64_t records;
    uint32_t n;
    if (rr_record_sources_count_account(&u->sources, shard, account, &records, err) != 0)
        return -1;
    struct rr_slice *slices = rr_slices_plan(&whole, 1, &records, u->budget.records, &n);
    int got = 1;
    for (uint32_t i = 0; i < n && got > 0; i++) {
        slices[i].first = shard->first;
        slices[i].end = shard->end;
        got = fold_slice(u, &slices[i], account, UINT64_MAX, err);
    }
    free(slices);
    return got;
}

static int read_records(struct rr_account_usage *u, const struct rr_slice *shard,
                        struct rr_text account, struct rr_error *err)
{
    forget_account(u, account);
    int got = fold_slice(u, shard, account, u->budget.records, err);
    if (got == 0)
        got = fold_in_slices(u, shard, account, err);
    return got > 0 ? record_folded(u, err) : -1;
}

/* ---- cells from cells ---- */

static int pass_over(struct rr_account_usage *u, struct rr_cell_chain *chain, uint32_t items,
                     struct rr_error *err)
{
    uint64_t state[RR_STATE_WORDS];
    struct rr_cell cell;
    uint32_t key;
    for (uint32_t i = 0; i < items; i++) {
        if (rr_cell_chain_cell(chain, &key, &cell, state, err) != 0)
            return -1;
        rr_kernel_fini(u->job->meters[cell.meter].kernel, state);
    }
    return 0;
}

/* Adds the account's cells of a chain. */
static int add_chain(struct rr_account_usage *u, struct rr_account_cells *merge,
                     struct rr_cell_chain *chain, struct rr_text account, struct rr_error *err)
{
    struct rr_account_head head;
    int got;
    while ((got = rr_cell_chain_next(chain, &head, err)) > 0) {
        if (rr_text_equal(head.name, account))
            return rr_account_cells_add(merge, chain, head.items, err);
        if (pass_over(u, chain, head.items, err) != 0)
            return -1;
    }
    return got;
}

static int merge_chains(struct rr_account_usage *u, struct rr_cell_chains *chains,
                        struct rr_text account, struct rr_error *err)
{
    struct rr_account_cells *merge = rr_account_cells_create(u->job, u->cell_keys);
    struct rr_cells cells = {merge, rr_account_cells_next};
    int result = 0;
    rr_account_cells_rank_keys(merge);
    for (uint32_t i = 0; i < chains->n && result == 0; i++)
        result = add_chain(u, merge, rr_cell_chains_at(chains, i), account, err);
    if (result == 0)
        result = rr_cell_tape_record(u->tape, &cells, err);
    rr_account_cells_destroy(merge);
    return result;
}

static int read_cells(struct rr_account_usage *u, const struct rr_slice *shard,
                      struct rr_text account, struct rr_error *err)
{
    struct rr_cell_chains chains;
    if (rr_cell_chains_open(&chains, &u->state, u->job, NULL, shard->first, shard->end,
                            u->cell_keys, u->place_of, err) != 0)
        return -1;
    int result = merge_chains(u, &chains, account, err);
    rr_cell_chains_close(&chains);
    return result;
}

/* ---- what was read ---- */

int rr_account_usage_read(struct rr_account_usage *u, struct rr_text account, struct rr_error *err)
{
    uint32_t number = rr_shard_of(rr_dictionary_hash(account), u->state.manifest->n_shards);
    const struct rr_slice shard = {.first = number, .end = number + 1, .high = UINT64_MAX};
    if (check_runs(u, &shard, err) != 0)
        return -1;
    return u->job->has_event_ids ? read_records(u, &shard, account, err)
                                 : read_cells(u, &shard, account, err);
}

struct rr_cells rr_account_usage_cells(struct rr_account_usage *u)
{
    return rr_cell_tape_play(u->tape);
}

bool rr_account_usage_has_origins(const struct rr_account_usage *u)
{
    return u->job->has_event_ids;
}

const struct rr_origin *rr_account_usage_origins(struct rr_account_usage *u, uint32_t *n)
{
    *n = 0;
    return u->origins ? rr_origins_all(u->origins, n) : NULL;
}

const struct rr_origin *rr_account_usage_origin(struct rr_account_usage *u,
                                                const struct rr_cell *cell)
{
    if (u->origins == NULL)
        return NULL;
    const struct rr_origin *origin = rr_origins_find(u->origins, cell->key, cell->bucket);
    rr_check(origin && origin->counts.counted == cell->records, "a cell of other records");
    return origin;
}

const struct rr_tally *rr_account_usage_tally(const struct rr_account_usage *u)
{
    return &u->tally;
}
