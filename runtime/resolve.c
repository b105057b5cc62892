/* Resolving runs of records into runs of cells. */
#include "resolve.h"

#include "../io/memory.h"
#include "cell_run.h"
#include "events.h"
#include "queue.h"
#include "record_merge.h"
#include "record_sources.h"

#include <stdio.h>

enum {
    PATH = 4096,
    BATCH_ROWS = 8192, /* rows resolved and folded together: they stay in the cache */
    CELL_BYTES = 192,  /* of a cell in a fold and while it is put */
    TEXT_BYTES = 4 * 1024 * 1024,
};

struct resolver {
    struct rr_state *state;
    const struct rr_job *job;
    const struct rr_pace *pace;
    struct rr_slice_budget budget;
    struct rr_record_sources sources;
    uint64_t *records; /* of each shard */
    struct rr_slice *slices;
    uint32_t n_slices;
    struct rr_queue queue;
    struct rr_plans *plans;
    struct rr_fold *fold;
    uint64_t fold_owned;            /* bytes that its states may own */
    struct rr_dictionary *accounts; /* of the rows in hand */
    struct rr_events events;
    struct rr_changes changes;
    const struct rr_slice *slice; /* in hand */
    uint32_t n_runs;              /* written of its cells */
    struct rr_cell_writer *cells; /* where they go, or NULL */
    struct rr_run_entry entry;
};

static int begin_run(struct resolver *r, struct rr_error *err)
{
    char path[PATH];
    if (r->cells)
        return 0;
    rr_state_new_run(r->state, RR_RUN_CELLS, &r->entry, path);
    r->entry.first = r->slice->first;
    r->entry.end = r->slice->end;
    r->entry.low = r->slice->low;
    r->entry.high = r->slice->high;
    r->cells = rr_cell_writer_create(path, r->job, r->state->manifest->n_shards, r->plans,
                                     r->sources.file_of, err);
    return r->cells ? 0 : -1;
}

static int end_run(struct resolver *r, struct rr_error *err)
{
    struct rr_cell_writer *cells = r->cells;
    r->cells = NULL;
    r->entry.items = rr_cell_writer_size(cells);
    rr_cell_writer_buckets(cells, &r->entry.first_bucket, &r->entry.last_bucket);
    if (rr_cell_writer_finish(cells, &r->entry.bytes, &r->entry.digest, err) != 0)
        return -1;
    rr_changes_add_run(&r->changes, &r->entry);
    r->n_runs++;
    return 0;
}

/* Puts what is folded. An account may go on after a cut, so the run ends there. */
static int put_cells(struct resolver *r, bool cut, struct rr_error *err)
{
    if (begin_run(r, err) != 0 || rr_cell_writer_put(r->cells, r->fold, r->accounts, err) != 0)
        return -1;
    rr_fold_clear(r->fold);
    r->fold_owned = 0;
    bool full = rr_cell_writer_bytes(r->cells) >= r->budget.image_bytes;
    return cut || full ? end_run(r, err) : 0;
}

static uint64_t most_grown(const struct rr_job *job)
{
    uint64_t most = 0;
    for (int m = 0; m < job->n_meters; m++)
        most += job->meters[m].kernel->grows;
    return most;
}

static bool fold_is_full(const struct resolver *r)
{
    return (uint64_t)rr_fold_size(r->fold) * CELL_BYTES + r->fold_owned > r->budget.cell_bytes;
}

/* Folds the rows that count. */
static int fold_kept(struct resolver *r, struct rr_error *err)
{
    struct rr_events *e = &r->events;
    uint64_t grown = most_grown(r->job);
    for (uint32_t at = 0; at < e->n_kept; at += BATCH_ROWS) {
        uint32_t n = e->n_kept - at < BATCH_ROWS ? e->n_kept - at : BATCH_ROWS;
        if (fold_is_full(r) && put_cells(r, true, err) != 0)
            return -1;
        rr_fold_rows(r->fold, e->kept + (size_t)at * e->row_size, n, &r->changes.resolved);
        r->fold_owned += n * grown;
    }
    e->n_kept = 0;
    return 0;
}

static uint8_t *room_for_rows(void *self, uint32_t n)
{
    struct rr_events *e = self;
    rr_events_reserve(e, (uint64_t)e->n_rows + n);
    return e->rows + (size_t)e->n_rows * e->row_size;
}

/* Resolves the records of a part of the slice: all copies of their events are among them. */
static int resolve_part(struct resolver *r, const struct rr_slice *part, struct rr_error *err)
{
    struct rr_record_sink sink = {&r->events, room_for_rows, &r->events.n_rows};
    rr_dictionary_clear(r->accounts);
    r->events.n_rows = 0;
    if (rr_record_sources_read(&r->sources, part, r->accounts, sink, err) != 0)
        return -1;
    rr_events_resolve(&r->events);
    return fold_kept(r, err) == 0 ? put_cells(r, false, err) : -1;
}

/* The next part of a slice of whole shards, from `first`: as many as fit a batch, at least one. Where
 * more runs meet the slice than can stay open, each is opened once for all of it. */
static struct rr_slice next_part(const struct resolver *r, uint32_t first, bool at_once)
{
    struct rr_slice part = *r->slice;
    part.first = first;
    part.records = r->records[first];
    if (at_once)
        return part;
    for (part.end = first + 1; part.end < r->slice->end; part.end++) {
        if (part.records + r->records[part.end] > BATCH_ROWS)
            break;
        part.records += r->records[part.end];
    }
    return part;
}

static int resolve_slice(struct resolver *r, const struct rr_slice *slice, struct rr_error *err)
{
    bool at_once = rr_record_sources_meeting(&r->sources, slice) > r->budget.readers;
    r->slice = slice;
    r->n_runs = 0;
    if (rr_record_sources_learn(&r->sources, slice, err) != 0)
        return -1;
    rr_plans_update(r->plans);
    int result = 0;
    for (uint32_t s = slice->first; s < slice->end && result == 0;) {
        struct rr_slice part = next_part(r, s, at_once);
        result = resolve_part(r, &part, err);
        rr_comm_poke(r->state->comm);
        s = part.end;
    }
    if (result == 0 && r->n_runs == 0)
        result = begin_run(r, err); /* the slice is covered, even by no cells */
    if (result == 0)
        return r->cells ? end_run(r, err) : 0;
    rr_cell_writer_abandon(r->cells);
    r->cells = NULL;
    return -1;
}

static void init_resolver(struct resolver *r)
{
    r->plans = rr_plans_create(r->job, r->sources.keys);
    r->fold = rr_fold_create(r->job, r->plans);
    r->accounts = rr_dictionary_create();
    rr_events_init(&r->events, r->state, r->job, r->sources.file_of, r->accounts, r->plans,
                   r->sources.keys, &r->changes.resolved);
}

static void fini_resolver(struct resolver *r)
{
    rr_fold_destroy(r->fold);
    rr_plans_destroy(r->plans);
    rr_dictionary_destroy(r->accounts);
    rr_events_fini(&r->events);
}

/* Takes slices until none is left, a checkpoint is due or a rank is asked to stop. At least one, so that
 * every stretch brings the state on. */
static int resolve_some(struct resolver *r, int64_t deadline_ns, bool *none_left,
                        struct rr_error *err)
{
    uint64_t item;
    int result = 0;
    do {
        *none_left = !rr_queue_take(&r->queue, &item);
        if (*none_left)
            break;
        result = resolve_slice(r, &r->slices[item], err);
        if (result == 0 && r->events.conflicts.used + r->events.repaired.used > TEXT_BYTES)
            result = rr_events_write_texts(&r->events, r->state, &r->changes, err);
    } while (result == 0 && rr_now_ns() < deadline_ns && !*r->pace->stop);
    if (result == 0)
        result = rr_events_write_texts(&r->events, r->state, &r->changes, err);
    if (result != 0 || *r->pace->stop)
        rr_queue_close(&r->queue); /* the others need not go on */
    return result;
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

/* Collective. Between two stretches of slices all ranks commit or stop. Once a copy was found that the
 * book refuses nothing is committed, and the other slices are looked through: the first copy of all
 * is the one that is named. */
static int resolve_slices(struct resolver *r, struct rr_error *err)
{
    const struct rr_comm *comm = r->state->comm;
    bool none_left = false, more = true;
    while (more) {
        int64_t deadline = rr_now_ns() + r->pace->checkpoint_every_s * 1000000000;
        int result = resolve_some(r, deadline, &none_left, err);
        if (rr_agree(comm, result, err) != 0)
            return -1;
        bool stop = rr_comm_max(comm, *r->pace->stop != 0) != 0;
        bool refused = rr_comm_max(comm, r->events.first_copy != UINT64_MAX) != 0;
        more = rr_comm_max(comm, !none_left) != 0;
        if (!refused && rr_state_commit(r->state, &r->changes, err) != 0)
            return -1;
        if (stop)
            return rr_fail(err, RR_EXIT_STOPPED,
                           "stopped with a checkpoint; give the same command again to go on");
    }
    return refuse_copies(r, err);
}

/* Collective. What is to be done, the same on every rank. */
static int plan_slices(struct resolver *r, struct rr_error *err)
{
    const struct rr_manifest *m = r->state->manifest;
    uint32_t n_gaps;
    uint64_t total = 0;
    r->records = rr_calloc(m->n_shards, sizeof *r->records);
    if (rr_record_sources_count(&r->sources, r->records, err) != 0)
        return -1;
    for (uint32_t s = 0; s < m->n_shards; s++)
        total += r->records[s];
    struct rr_gap *gaps = rr_coverage_gaps(m, &n_gaps);
    r->slices =
        rr_slices_plan(gaps, n_gaps, r->records,
                       rr_slice_size(&r->budget, total, r->state->comm->size), &r->n_slices);
    free(gaps);
    return 0;
}

static int resolve(struct resolver *r, struct rr_error *err)
{
    rr_record_sources_init(&r->sources, r->state, r->job, NULL, r->budget.readers);
    int result = plan_slices(r, err);
    if (result == 0) {
        init_resolver(r);
        rr_queue_init(&r->queue, r->state->comm, r->n_slices);
        result = resolve_slices(r, err);
        rr_queue_fini(&r->queue);
        fini_resolver(r);
    }
    rr_record_sources_fini(&r->sources);
    free(r->records);
    free(r->slices);
    return result;
}

int rr_resolve(struct rr_state *state, const struct rr_job *job, const struct rr_pace *pace,
               uint64_t memory, struct rr_error *err)
{
    if (rr_manifest_all_resolved(state->manifest))
        return 0;
    struct resolver r = {.state = state,
                         .job = job,
                         .pace = pace,
                         .budget = rr_slice_budget(memory, rr_row_size(job))};
    if (rr_merge_records(state, job, pace, &r.budget, err) != 0)
        return -1;
    rr_changes_init(&r.changes, job->n_meters);
    int result = resolve(&r, err);
    rr_changes_fini(&r.changes);
    return result;
}
