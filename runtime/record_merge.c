/* Merging runs of records into fewer. */
#include "record_merge.h"

#include "../io/memory.h"
#include "queue.h"
#include "record_sources.h"

enum { PATH = 4096 };

struct merging {
    struct rr_state *state;
    const struct rr_job *job;
    const struct rr_pace *pace;
    struct rr_record_sources sources;
    struct rr_dictionary *accounts;
    uint32_t row_size;
    uint8_t *rows; /* of one slice */
    uint32_t n_rows, rows_size;
    struct rr_changes changes;
};

static int compare_sizes(const void *a, const void *b, void *manifest)
{
    const struct rr_manifest *m = manifest;
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    uint64_t x = m->runs[i].items, y = m->runs[j].items;
    return x != y ? (x > y) - (x < y) : (i > j) - (i < j);
}

/* The runs of records, the smallest first. */
static uint32_t *list_runs(const struct rr_manifest *m, uint32_t *n)
{
    uint32_t *runs = rr_malloc(m->n_runs * sizeof *runs);
    *n = 0;
    for (uint32_t i = 0; i < m->n_runs; i++)
        if (m->runs[i].kind == RR_RUN_RECORDS)
            runs[(*n)++] = i;
    qsort_r(runs, *n, sizeof *runs, compare_sizes, (void *)(uintptr_t)m);
    return runs;
}

static uint32_t depth_without(const struct rr_manifest *m, const uint32_t *runs, uint32_t n,
                              bool *marks)
{
    for (uint32_t i = 0; i < m->n_runs; i++)
        marks[i] = false;
    for (uint32_t i = 0; i < n; i++)
        marks[runs[i]] = true;
    return rr_coverage_depth(m, RR_RUN_RECORDS, marks);
}

uint32_t rr_choose_records(const struct rr_manifest *m, uint32_t most, bool **chosen)
{
    uint32_t n, few = 0;
    *chosen = rr_calloc(m->n_runs, sizeof **chosen);
    if (rr_coverage_depth(m, RR_RUN_RECORDS, NULL) <= most)
        return 0;
    uint32_t *runs = list_runs(m, &n), many = n;
    while (few < many) { /* how many must go so that there is room for what is made of them */
        uint32_t middle = few + (many - few) / 2;
        if (depth_without(m, runs, middle, *chosen) < most * 3 / 4)
            many = middle;
        else
            few = middle + 1;
    }
    depth_without(m, runs, many, *chosen);
    free(runs);
    return many;
}

static uint8_t *room_for_rows(void *self, uint32_t n)
{
    struct merging *m = self;
    if ((uint64_t)m->n_rows + n > m->rows_size) {
        m->rows_size = m->n_rows + n + m->rows_size / 2;
        m->rows = rr_realloc(m->rows, (size_t)m->rows_size * m->row_size);
    }
    return m->rows + (size_t)m->n_rows * m->row_size;
}

static int merge_slice(struct merging *m, const struct rr_slice *slice, struct rr_error *err)
{
    struct rr_record_sink sink = {m, room_for_rows, &m->n_rows};
    struct rr_run_entry entry;
    char path[PATH];
    rr_dictionary_clear(m->accounts);
    m->n_rows = 0;
    if (rr_record_sources_read(&m->sources, slice, m->accounts, sink, err) != 0)
        return -1;
    if (m->n_rows == 0)
        return 0;
    rr_state_new_run(m->state, RR_RUN_RECORDS, &entry, path);
    entry.items = m->n_rows;
    entry.first = slice->first;
    entry.end = slice->end;
    entry.low = slice->low;
    entry.high = slice->high;
    rr_record_sources_increments(&m->sources, slice, &entry);
    if (rr_record_run_write(path, m->job, m->state->manifest->n_shards, m->accounts,
                            m->sources.keys, m->sources.file_of, m->rows, m->n_rows, &entry.bytes,
                            &entry.digest, err) != 0)
        return -1;
    rr_changes_add_run(&m->changes, &entry);
    return 0;
}

static int merge_slices(struct merging *m, struct rr_queue *queue, const struct rr_slice *slices,
                        struct rr_error *err)
{
    uint64_t item;
    int result = 0;
    while (result == 0 && !*m->pace->stop && rr_queue_take(queue, &item)) {
        result = merge_slice(m, &slices[item], err);
        rr_comm_poke(m->state->comm);
    }
    if (result != 0 || *m->pace->stop)
        rr_queue_close(queue);
    return result;
}

static struct rr_slice *plan_merge(struct merging *m, uint64_t most, uint32_t *n,
                                   struct rr_error *err)
{
    uint32_t n_shards = m->state->manifest->n_shards;
    uint64_t *records = rr_calloc(n_shards, sizeof *records);
    struct rr_gap *all = rr_malloc(n_shards * sizeof *all);
    struct rr_slice *slices = NULL;
    for (uint32_t s = 0; s < n_shards; s++)
        all[s] = (struct rr_gap){s, 0, UINT64_MAX};
    if (rr_record_sources_count(&m->sources, records, err) == 0)
        slices = rr_slices_plan(all, n_shards, records, most, n);
    free(records);
    free(all);
    return slices;
}

/* Collective. Puts the new runs in the place of the chosen ones, unless a rank was asked to stop. */
static int commit_merge(struct merging *m, const bool *chosen, struct rr_error *err)
{
    if (rr_comm_max(m->state->comm, *m->pace->stop != 0) != 0)
        return rr_fail(err, RR_EXIT_STOPPED,
                       "stopped with a checkpoint; give the same command again to go on");
    return rr_state_replace(m->state, chosen, &m->changes, err);
}

static int merge_chosen(struct merging *m, const bool *chosen, const struct rr_slice_budget *budget,
                        struct rr_error *err)
{
    uint32_t n;
    struct rr_slice *slices = plan_merge(m, budget->written, &n, err);
    if (slices == NULL)
        return -1;
    struct rr_queue queue;
    rr_queue_init(&queue, m->state->comm, n);
    int result = rr_agree(m->state->comm, merge_slices(m, &queue, slices, err), err);
    rr_queue_fini(&queue);
    free(slices);
    return result == 0 ? commit_merge(m, chosen, err) : -1;
}

int rr_merge_records(struct rr_state *state, const struct rr_job *job, const struct rr_pace *pace,
                     const struct rr_slice_budget *budget, struct rr_error *err)
{
    bool *chosen;
    int result = 0;
    if (rr_choose_records(state->manifest, budget->most_runs, &chosen) > 0) {
        struct merging m = {.state = state, .job = job, .pace = pace};
        m.row_size = rr_row_size(job);
        m.accounts = rr_dictionary_create();
        rr_changes_init(&m.changes, job->n_meters);
        rr_record_sources_init(&m.sources, state, job, chosen, budget->readers);
        result = merge_chosen(&m, chosen, budget, err);
        rr_record_sources_fini(&m.sources);
        rr_changes_fini(&m.changes);
        rr_dictionary_destroy(m.accounts);
        free(m.rows);
    }
    free(chosen);
    return result;
}
