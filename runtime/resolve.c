/* Resolving runs of records into runs of cells. */
#include "resolve.h"

#include "../io/memory.h"
#include "account_merge.h"
#include "cell_run.h"
#include "events.h"
#include "order.h"
#include "record_run.h"

#include <stdio.h>

enum {
    PATH = 4096,
    BATCH_ROWS = 8192,               /* rows folded together: they stay in the cache */
    ROUND_RECORDS = 8 * 1024 * 1024, /* records for each rank between two looks at the clock */
};

/* A stretch of shards on its way from records to cells. */
struct resolver {
    struct rr_state *state;
    const struct rr_job *job;
    uint32_t *place_of, *file_of;
    struct rr_dictionary *keys;
    struct rr_plans *plans;
    struct rr_fold *fold;
    struct rr_dictionary *accounts; /* of the rows gathered */
    struct rr_events events;
    struct rr_changes *changes;
};

static int read_account(struct resolver *r, struct rr_account_merge *merge, struct rr_error *err)
{
    const struct rr_account_head *head = &merge->head[merge->here[0]];
    struct rr_events *c = &r->events;
    uint32_t account = rr_dictionary_enter(r->accounts, head->name, head->hash);
    uint64_t total = 0;
    for (uint32_t i = 0; i < merge->n_here; i++)
        total += merge->head[merge->here[i]].items;
    rr_events_reserve(c, total);
    c->n_rows = 0;
    for (uint32_t i = 0; i < merge->n_here; i++) {
        uint32_t kept;
        if (rr_record_reader_rows(merge->source[merge->here[i]], merge->head[merge->here[i]].items,
                                  account, c->rows + (size_t)c->n_rows * c->row_size, &kept,
                                  err) != 0)
            return -1;
        c->n_rows += kept;
    }
    return 0;
}

/* Folds what was kept and puts the cells. */
static int finish_batch(struct resolver *r, struct rr_cell_writer *cells, struct rr_error *err)
{
    rr_fold_rows(r->fold, r->events.kept, r->events.n_kept, &r->changes->resolved);
    int result = rr_cell_writer_put(cells, r->fold, r->accounts, err);
    rr_fold_clear(r->fold);
    rr_dictionary_clear(r->accounts);
    r->events.n_kept = 0;
    return result;
}

static int resolve_accounts(struct resolver *r, struct rr_account_merge *merge,
                            struct rr_cell_writer *cells, struct rr_error *err)
{
    int got;
    while ((got = rr_account_merge_next(merge, err)) > 0) {
        if (read_account(r, merge, err) != 0)
            return -1;
        rr_events_resolve(&r->events);
        if (r->events.n_kept >= BATCH_ROWS && finish_batch(r, cells, err) != 0)
            return -1;
    }
    return got < 0 ? -1 : finish_batch(r, cells, err);
}

static int next_record_account(void *reader, struct rr_account_head *head, struct rr_error *err)
{
    return rr_record_reader_next(reader, head, err);
}

static int open_readers(struct resolver *r, uint32_t first, uint32_t end,
                        struct rr_record_reader **readers, uint32_t *n_readers,
                        struct rr_account_merge *merge, struct rr_error *err)
{
    const struct rr_manifest *m = r->state->manifest;
    for (uint32_t i = 0; i < m->n_runs; i++) {
        const struct rr_run_entry *run = &m->runs[i];
        char path[PATH];
        if (run->kind != RR_RUN_RECORDS || run->first >= end || run->end <= first)
            continue;
        rr_state_run_path(r->state, run->name, path);
        struct rr_record_reader *reader =
            rr_record_reader_open(path, r->job, m->n_shards, first, end, r->keys, r->place_of, err);
        if (reader == NULL)
            return -1;
        readers[(*n_readers)++] = reader;
        if (rr_account_merge_add(merge, next_record_account, reader, err) != 0)
            return -1;
    }
    return 0;
}

static int finish_run(struct resolver *r, struct rr_cell_writer *cells, struct rr_run_entry *entry,
                      struct rr_error *err)
{
    entry->items = rr_cell_writer_size(cells);
    rr_cell_writer_buckets(cells, &entry->first_bucket, &entry->last_bucket);
    if (rr_cell_writer_finish(cells, &entry->bytes, &entry->digest, err) != 0)
        return -1;
    rr_changes_add_run(r->changes, entry);
    return 0;
}

/* Makes one run of cells of the shards [first, end). */
static int resolve_shards(struct resolver *r, uint32_t first, uint32_t end, struct rr_error *err)
{
    struct rr_account_merge merge;
    uint32_t n_readers = 0;
    struct rr_record_reader **readers = rr_calloc(r->state->manifest->n_runs, sizeof *readers);
    rr_account_merge_init(&merge, r->state->manifest->n_runs, r->state->manifest->n_shards);
    struct rr_run_entry entry;
    char path[PATH];
    rr_state_new_run(r->state, RR_RUN_CELLS, &entry, path);
    entry.first = first;
    entry.end = end;
    struct rr_cell_writer *cells = NULL;
    int result = open_readers(r, first, end, readers, &n_readers, &merge, err);
    if (result == 0) {
        rr_plans_update(r->plans);
        cells = rr_cell_writer_create(path, r->job, r->state->manifest->n_shards, r->plans,
                                      r->file_of, err);
        result = cells ? resolve_accounts(r, &merge, cells, err) : -1;
    }
    if (result == 0)
        result = finish_run(r, cells, &entry, err);
    else
        rr_cell_writer_abandon(cells);
    for (uint32_t i = 0; i < n_readers; i++)
        rr_record_reader_close(readers[i]);
    free(readers);
    rr_account_merge_fini(&merge);
    return result;
}

static void init_resolver(struct resolver *r, struct rr_state *state, const struct rr_job *job,
                          struct rr_changes *changes)
{
    *r = (struct resolver){.state = state, .job = job, .changes = changes};
    rr_state_file_order(state->manifest, &r->place_of, &r->file_of);
    r->keys = rr_dictionary_create();
    r->plans = rr_plans_create(job, r->keys);
    r->fold = rr_fold_create(job, r->plans);
    r->accounts = rr_dictionary_create();
    rr_events_init(&r->events, state, job, r->file_of, r->accounts, r->plans, r->keys,
                   &changes->resolved);
}

static void fini_resolver(struct resolver *r)
{
    rr_fold_destroy(r->fold);
    rr_plans_destroy(r->plans);
    rr_dictionary_destroy(r->keys);
    rr_dictionary_destroy(r->accounts);
    rr_events_fini(&r->events);
    free(r->place_of);
    free(r->file_of);
}

/* This rank's shards that no cells cover yet. */
static uint32_t *open_shards(const struct rr_state *state, uint32_t *n)
{
    uint32_t n_shards = state->manifest->n_shards;
    uint32_t first = rr_shard_first(n_shards, state->comm->rank, state->comm->size);
    uint32_t end = rr_shard_first(n_shards, state->comm->rank + 1, state->comm->size);
    bool *covered = rr_calloc(n_shards, sizeof *covered);
    uint32_t *open = rr_malloc((end - first + 1) * sizeof *open);
    rr_manifest_covered(state->manifest, covered);
    *n = 0;
    for (uint32_t s = first; s < end; s++)
        if (!covered[s])
            open[(*n)++] = s;
    free(covered);
    return open;
}

/* Resolves some of the open shards, each unbroken stretch as one run. */
static int resolve_part(struct resolver *r, const uint32_t *open, uint32_t n, struct rr_error *err)
{
    for (uint32_t i = 0; i < n;) {
        uint32_t end = i + 1;
        while (end < n && open[end] == open[end - 1] + 1)
            end++;
        if (resolve_shards(r, open[i], open[end - 1] + 1, err) != 0)
            return -1;
        i = end;
    }
    return 0;
}

/* Collective. The first copy that the book refuses, over all ranks, if there is one. */
static int refuse_copies(struct resolver *r, struct rr_error *err)
{
    const struct rr_comm *comm = r->state->comm;
    uint64_t best = UINT64_MAX - rr_comm_max(comm, UINT64_MAX - r->events.first_copy);
    if (best == UINT64_MAX)
        return 0;
    if (r->events.first_copy == best)
        *err = r->events.copy_error;
    return rr_agree(comm, r->events.first_copy == best ? -1 : 0, err);
}

static uint32_t count_rounds(const struct rr_state *state)
{
    uint64_t records = 0;
    for (uint32_t i = 0; i < state->manifest->n_runs; i++)
        if (state->manifest->runs[i].kind == RR_RUN_RECORDS)
            records += state->manifest->runs[i].items;
    return (uint32_t)(1 + records / ((uint64_t)state->comm->size * ROUND_RECORDS));
}

/* Collective. Goes through the open shards in rounds; between two of them all ranks may commit or
 * stop. */
static int resolve_rounds(struct resolver *r, const struct rr_pace *pace, struct rr_error *err)
{
    const struct rr_comm *comm = r->state->comm;
    uint32_t n, rounds = count_rounds(r->state);
    uint32_t *open = open_shards(r->state, &n);
    int64_t committed = rr_now_ns();
    int result = 0;
    if (rr_comm_sum(comm, n) == 0)
        rounds = 0;
    for (uint32_t i = 0; i < rounds && result == 0; i++) {
        uint32_t from = (uint32_t)((uint64_t)n * i / rounds);
        uint32_t to = (uint32_t)((uint64_t)n * (i + 1) / rounds);
        result = resolve_part(r, open + from, to - from, err);
        if (result == 0)
            result = rr_events_write_texts(&r->events, r->state, r->changes, err);
        result = rr_agree(comm, result, err);
        if (result == 0)
            result = refuse_copies(r, err);
        bool due = rr_now_ns() - committed > pace->checkpoint_every_s * 1000000000;
        bool stop = rr_comm_max(comm, *pace->stop != 0) != 0;
        if (result == 0 && (stop || i + 1 == rounds || rr_comm_max(comm, due) != 0)) {
            result = rr_state_commit(r->state, r->changes, err);
            committed = rr_now_ns();
        }
        if (result == 0 && stop)
            result = rr_fail(err, RR_EXIT_STOPPED,
                             "stopped with a checkpoint; give the same "
                             "command again to go on");
    }
    free(open);
    return result;
}

int rr_resolve(struct rr_state *state, const struct rr_job *job, const struct rr_pace *pace,
               struct rr_error *err)
{
    struct resolver r;
    struct rr_changes changes;
    rr_changes_init(&changes, job->n_meters);
    init_resolver(&r, state, job, &changes);
    int result = resolve_rounds(&r, pace, err);
    fini_resolver(&r);
    rr_changes_fini(&changes);
    return result;
}
