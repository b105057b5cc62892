/* Merging runs of cells into fewer. */
#include "cell_merge.h"

#include "../io/memory.h"
#include "account_cells.h"
#include "account_merge.h"
#include "cell_chain.h"
#include "increments.h"
#include "order.h"
#include "slices.h"

enum { PATH = 4096 };

struct merging {
    struct rr_state *state;
    const struct rr_job *job;
    const struct rr_pace *pace;
    uint64_t image_bytes;
    const bool *chosen; /* runs of the manifest */
    uint32_t end;       /* of this rank's shards */
    uint32_t *place_of, *file_of;
    struct rr_dictionary *keys;
    struct rr_cell_chains chains;
    struct rr_account_merge merge;
    struct rr_account_cells *account; /* the one being merged */
    struct rr_changes changes;
    struct rr_cell_writer *cells;
    struct rr_run_entry entry;
};

/* By increment, the smaller first. */
static int compare_runs(const void *a, const void *b, void *manifest)
{
    const struct rr_manifest *m = manifest;
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    const struct rr_run_entry *x = &m->runs[i], *y = &m->runs[j];
    if (x->first_increment != y->first_increment)
        return x->first_increment < y->first_increment ? -1 : 1;
    return x->items != y->items ? (x->items > y->items) - (x->items < y->items) : (i > j) - (i < j);
}

static uint32_t *list_runs(const struct rr_manifest *m, uint32_t *n)
{
    uint32_t *runs = rr_malloc(m->n_runs * sizeof *runs);
    *n = 0;
    for (uint32_t i = 0; i < m->n_runs; i++)
        if (m->runs[i].kind == RR_RUN_CELLS)
            runs[(*n)++] = i;
    qsort_r(runs, *n, sizeof *runs, compare_runs, (void *)(uintptr_t)m);
    return runs;
}

static void mark(bool *marks, const uint32_t *runs, uint32_t n, bool value)
{
    for (uint32_t i = 0; i < n; i++)
        marks[runs[i]] = value;
}

/* How many of some runs overlap. */
static uint32_t overlap_of(const struct rr_manifest *m, const uint32_t *runs, uint32_t n)
{
    bool *others = rr_malloc(m->n_runs * sizeof *others);
    for (uint32_t i = 0; i < m->n_runs; i++)
        others[i] = true;
    mark(others, runs, n, false);
    uint32_t overlap = rr_coverage_overlap(m, RR_RUN_CELLS, others);
    free(others);
    return overlap;
}

/* How many runs from the first of these hold nothing but its increment. */
static uint32_t of_one_increment(const struct rr_manifest *m, const uint32_t *runs, uint32_t n)
{
    uint32_t increment = m->runs[runs[0]].first_increment, count = 0;
    while (count < n && m->runs[runs[count]].first_increment == increment &&
           m->runs[runs[count]].last_increment == increment)
        count++;
    return count;
}

/* Narrows the runs to those of the increment that has the most which overlap. Leaves them as they are when
 * none has two. */
static void narrow_to_increment(const struct rr_manifest *m, const uint32_t **runs, uint32_t *n)
{
    const uint32_t *all = *runs, total = *n;
    uint32_t most = 1;
    for (uint32_t at = 0; at < total;) {
        uint32_t count = of_one_increment(m, all + at, total - at);
        uint32_t overlap = count > 1 ? overlap_of(m, all + at, count) : 1;
        if (overlap > most) {
            most = overlap;
            *runs = all + at;
            *n = count;
        }
        at += count > 0 ? count : 1;
    }
}

/* The longest beginning of some runs of which no more than `most` overlap. */
static uint32_t count_mergeable(const struct rr_manifest *m, const uint32_t *runs, uint32_t n,
                                uint32_t most)
{
    uint32_t few = 0;
    for (uint32_t many = n; few < many;) {
        uint32_t middle = few + (many - few + 1) / 2;
        if (overlap_of(m, runs, middle) <= most)
            few = middle;
        else
            many = middle - 1;
    }
    return few;
}

uint32_t rr_choose_cells(const struct rr_manifest *m, uint32_t most, bool **chosen)
{
    uint32_t n = 0, few = 0;
    *chosen = rr_calloc(m->n_runs, sizeof **chosen);
    if (rr_coverage_overlap(m, RR_RUN_CELLS, NULL) <= most)
        return 0;
    uint32_t *list = list_runs(m, &n);
    const uint32_t *runs = list;
    narrow_to_increment(m, &runs, &n);
    few = count_mergeable(m, runs, n, most);
    mark(*chosen, runs, few, true);
    free(list);
    return few;
}

static int begin_run(struct merging *m, uint32_t first, struct rr_error *err)
{
    char path[PATH];
    rr_state_new_run(m->state, RR_RUN_CELLS, &m->entry, path);
    m->entry.first = first;
    m->entry.first_increment = UINT32_MAX;
    m->entry.last_increment = 0;
    for (uint32_t i = 0; i < m->state->manifest->n_runs; i++)
        if (m->chosen[i])
            rr_increments_cover(&m->entry, &m->state->manifest->runs[i]);
    m->cells = rr_cell_writer_create_for(path, m->job, m->state->manifest->n_shards, m->keys,
                                         m->file_of, err);
    return m->cells ? 0 : -1;
}

static int end_run(struct merging *m, uint32_t end, struct rr_error *err)
{
    struct rr_cell_writer *cells = m->cells;
    m->cells = NULL;
    m->entry.end = end;
    m->entry.items = rr_cell_writer_size(cells);
    rr_cell_writer_buckets(cells, &m->entry.first_bucket, &m->entry.last_bucket);
    if (rr_cell_writer_finish(cells, &m->entry.bytes, &m->entry.digest, err) != 0)
        return -1;
    rr_changes_add_run(&m->changes, &m->entry);
    return 0;
}

static int merge_account(struct merging *m, struct rr_error *err)
{
    struct rr_cell cell;
    int got;
    rr_account_cells_begin(m->account);
    for (uint32_t i = 0; i < m->merge.n_here; i++)
        if (rr_account_cells_add(m->account, m->merge.source[m->merge.here[i]],
                                 m->merge.head[m->merge.here[i]].items, err) != 0)
            return -1;
    while ((got = rr_account_cells_next(m->account, &cell, err)) > 0) {
        int result = rr_cell_writer_cell(m->cells, rr_account_cells_key(m->account), &cell, err);
        rr_kernel_fini(m->job->meters[cell.meter].kernel, cell.state);
        if (result != 0)
            return -1;
    }
    const struct rr_account_head *head = &m->merge.head[m->merge.here[0]];
    return got < 0 ? -1 : rr_cell_writer_account(m->cells, head->hash, head->name, err);
}

/* A run is cut where a shard begins, once it is large: so the new runs do not overlap. */
static int cut_before(struct merging *m, uint32_t shard, uint32_t *last, struct rr_error *err)
{
    bool cut = shard != *last && rr_cell_writer_bytes(m->cells) >= m->image_bytes;
    *last = shard;
    if (!cut)
        return 0;
    return end_run(m, shard, err) == 0 ? begin_run(m, shard, err) : -1;
}

static int merge_accounts(struct merging *m, uint32_t first, struct rr_error *err)
{
    uint32_t last = first;
    int got, result = 0;
    while (result == 0 && !*m->pace->stop && (got = rr_account_merge_next(&m->merge, err)) != 0) {
        result = got < 0 ? -1 : cut_before(m, m->merge.head[m->merge.here[0]].shard, &last, err);
        if (result == 0)
            result = merge_account(m, err);
    }
    return result;
}

static int open_group(struct merging *m, uint32_t first, struct rr_error *err)
{
    if (rr_cell_chains_open(&m->chains, m->state, m->job, m->chosen, first, m->end, m->keys,
                            m->place_of, err) != 0)
        return -1;
    rr_account_merge_init(&m->merge, m->chains.n, m->state->manifest->n_shards);
    rr_account_cells_rank_keys(m->account);
    for (uint32_t i = 0; i < m->chains.n; i++)
        if (rr_account_merge_add(&m->merge, rr_cell_chain_next, rr_cell_chains_at(&m->chains, i),
                                 err) != 0)
            return -1;
    return 0;
}

/* Makes new runs of this rank's shards of the group. */
static int merge_share(struct merging *m, struct rr_error *err)
{
    const struct rr_comm *comm = m->state->comm;
    uint32_t n_shards = m->state->manifest->n_shards;
    uint32_t first = rr_shard_first(n_shards, comm->rank, comm->size);
    m->end = rr_shard_first(n_shards, comm->rank + 1, comm->size);
    m->keys = rr_dictionary_create();
    m->account = rr_account_cells_create(m->job, m->keys);
    int result = open_group(m, first, err);
    if (result == 0)
        result = begin_run(m, first, err);
    if (result == 0)
        result = merge_accounts(m, first, err);
    if (result == 0)
        result = end_run(m, m->end, err);
    rr_cell_writer_abandon(m->cells);
    m->cells = NULL;
    rr_account_merge_fini(&m->merge);
    rr_cell_chains_close(&m->chains);
    rr_account_cells_destroy(m->account);
    rr_dictionary_destroy(m->keys);
    m->merge = (struct rr_account_merge){0};
    return result;
}

/* Collective. */
static int merge_group(struct merging *m, struct rr_error *err)
{
    const struct rr_comm *comm = m->state->comm;
    if (rr_agree(comm, merge_share(m, err), err) != 0)
        return -1;
    if (rr_comm_max(comm, *m->pace->stop != 0) != 0)
        return rr_fail(err, RR_EXIT_STOPPED,
                       "stopped with a checkpoint; give the same command again to go on");
    return rr_state_replace(m->state, m->chosen, &m->changes, err);
}

int rr_merge_cells(struct rr_state *state, const struct rr_job *job, const struct rr_pace *pace,
                   uint64_t memory, struct rr_error *err)
{
    struct rr_slice_budget budget = rr_slice_budget(memory, rr_row_size(job));
    struct merging m = {
        .state = state, .job = job, .pace = pace, .image_bytes = budget.image_bytes};
    int result = 0;
    rr_changes_init(&m.changes, job->n_meters);
    rr_state_file_order(state->manifest, &m.place_of, &m.file_of);
    for (bool more = true; more && result == 0;) {
        bool *chosen;
        more = rr_choose_cells(state->manifest, budget.readers, &chosen) > 1;
        m.chosen = chosen;
        if (more)
            result = merge_group(&m, err);
        free(chosen);
    }
    rr_changes_fini(&m.changes);
    free(m.place_of);
    free(m.file_of);
    return result;
}
