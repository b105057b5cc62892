/* Resolving runs of records into runs of cells. */
#include "resolve.h"

#include "../io/line.h"
#include "../io/memory.h"
#include "account_merge.h"
#include "cell_run.h"
#include "order.h"
#include "record_run.h"
#include "text_run.h"

#include <stdio.h>

enum {
    PATH = 4096,
    BATCH_ROWS = 8192,               /* rows folded together: they stay in the cache */
    ROUND_RECORDS = 8 * 1024 * 1024, /* records for each rank between two looks at the clock */
};

const char rr_conflicts_header[] = "account,kept_file,kept_record,file,record,differs\n";

/* A stretch of shards on its way from records to cells. */
struct resolver {
    struct rr_state *state;
    const struct rr_job *job;
    uint32_t row_size;
    uint32_t *place_of, *file_of;
    struct rr_dictionary *keys;
    struct rr_plans *plans;
    struct rr_fold *fold;
    struct rr_dictionary *accounts; /* of the rows gathered */
    uint8_t *rows;                  /* of the current account, then the ones that count */
    uint32_t n_rows, rows_size;
    struct rr_sort_item *items, *spare;
    uint32_t *counts;
    uint8_t *kept; /* rows that count, of all accounts gathered */
    uint32_t n_kept, kept_size;
    struct rr_changes *changes;
    struct rr_texts conflicts;
    struct rr_line line, key;
    uint64_t first_copy; /* position of the first copy that may not be; UINT64_MAX for none */
    struct rr_error copy_error;
};

static struct rr_row row_at(const struct resolver *r, const uint8_t *rows, uint32_t i)
{
    struct rr_row row;
    memcpy(&row, rows + (size_t)i * r->row_size, sizeof row);
    return row;
}

static const uint8_t *bytes_at(const struct resolver *r, uint32_t i)
{
    return r->rows + (size_t)i * r->row_size;
}

static const char *path_of(const struct resolver *r, uint64_t position)
{
    return r->state->manifest->files[r->file_of[rr_position_file(position)]].path;
}

/* Whether a comes before b among the copies of one event. */
static bool before(const struct rr_row *a, const struct rr_row *b)
{
    return a->time_ns != b->time_ns ? a->time_ns < b->time_ns : a->position < b->position;
}

static void put_key_position(struct rr_line *key, const char *path, uint64_t record)
{
    uint64_t big_endian = __builtin_bswap64(record);
    rr_line_put(key, path, strlen(path) + 1);
    rr_line_put(key, (const char *)&big_endian, sizeof big_endian);
}

static void add_conflict(struct resolver *r, const struct rr_row *kept, const struct rr_row *copy,
                         const char *differs)
{
    struct rr_text account = rr_dictionary_text(r->accounts, kept->account);
    const char *kept_path = path_of(r, kept->position), *path = path_of(r, copy->position);
    rr_line_clear(&r->key);
    rr_line_put(&r->key, account.ptr, account.len);
    rr_line_put(&r->key, "", 1);
    put_key_position(&r->key, kept_path, rr_position_record(kept->position));
    put_key_position(&r->key, path, rr_position_record(copy->position));
    rr_line_clear(&r->line);
    rr_line_field(&r->line, account);
    rr_line_field(&r->line, rr_text_of(kept_path));
    rr_line_number(&r->line, rr_position_record(kept->position));
    rr_line_field(&r->line, rr_text_of(path));
    rr_line_number(&r->line, rr_position_record(copy->position));
    rr_line_field(&r->line, rr_text_of(differs));
    rr_line_end(&r->line);
    rr_texts_add(&r->conflicts, rr_line_text(&r->key), rr_line_text(&r->line));
}

static void compare_copy(struct resolver *r, const uint8_t *kept_bytes, const uint8_t *copy_bytes)
{
    struct rr_row kept, copy;
    memcpy(&kept, kept_bytes, sizeof kept);
    memcpy(&copy, copy_bytes, sizeof copy);
    size_t values_len = r->row_size - sizeof kept;
    if (kept.time_ns == copy.time_ns && kept.key == copy.key &&
        memcmp(kept_bytes + sizeof kept, copy_bytes + sizeof copy, values_len) == 0)
        return;
    rr_decimal a[RR_JOB_VALUES], b[RR_JOB_VALUES];
    char differs[1024] = "";
    memcpy(a, kept_bytes + sizeof kept, values_len);
    memcpy(b, copy_bytes + sizeof copy, values_len);
    r->job->differ(r->job->self, rr_dictionary_text(r->keys, kept.key),
                   rr_dictionary_text(r->keys, copy.key), a, b, kept.time_ns != copy.time_ns,
                   differs, sizeof differs);
    if (differs[0] == '\0')
        return;
    r->changes->resolved.conflicts++;
    add_conflict(r, &kept, &copy, differs);
}

static void count_copy(struct resolver *r, const uint8_t *bytes)
{
    struct rr_row row;
    memcpy(&row, bytes, sizeof row);
    r->changes->resolved.duplicate++;
    struct rr_plan_targets plan = rr_plans_of(r->plans, row.key);
    for (uint32_t t = 0; t < plan.n; t++)
        rr_sum_add(&r->changes->resolved.meters[plan.target[t].meter].duplicate,
                   rr_row_quantity(r->job, bytes, plan.target[t].meter));
}

static void note_refused(struct resolver *r, const uint8_t *kept_bytes, const uint8_t *copy_bytes)
{
    struct rr_row kept, copy;
    memcpy(&kept, kept_bytes, sizeof kept);
    memcpy(&copy, copy_bytes, sizeof copy);
    if (copy.position >= r->first_copy)
        return;
    r->first_copy = copy.position;
    struct rr_text account = rr_dictionary_text(r->accounts, copy.account);
    rr_fail(&r->copy_error, RR_EXIT_DATA,
            "%s: record %llu of account '%.*s' has the event id of %s: record %llu, and the book "
            "says duplicates: error; take one of them out and read everything again with --fresh, "
            "or choose first or last",
            path_of(r, copy.position), (unsigned long long)rr_position_record(copy.position),
            RR_SHOW(account), path_of(r, kept.position),
            (unsigned long long)rr_position_record(kept.position));
}

static void keep(struct resolver *r, const uint8_t *bytes)
{
    if (r->n_kept == r->kept_size) {
        r->kept_size = r->kept_size ? r->kept_size * 2 : 2 * BATCH_ROWS;
        r->kept = rr_realloc(r->kept, (size_t)r->kept_size * r->row_size);
    }
    memcpy(r->kept + (size_t)r->n_kept++ * r->row_size, bytes, r->row_size);
}

/* The copies of one event are items first .. end - 1 whose fingerprints are equal. */
static void resolve_event(struct resolver *r, const uint32_t *index, uint32_t n)
{
    uint32_t winner = index[0];
    for (uint32_t i = 1; i < n; i++) {
        struct rr_row best = row_at(r, r->rows, winner), other = row_at(r, r->rows, index[i]);
        if (r->job->copies == RR_COPIES_LAST ? before(&best, &other) : before(&other, &best))
            winner = index[i];
    }
    keep(r, bytes_at(r, winner));
    for (uint32_t i = 0; i < n; i++) {
        if (index[i] == winner)
            continue;
        count_copy(r, bytes_at(r, index[i]));
        compare_copy(r, bytes_at(r, winner), bytes_at(r, index[i]));
        if (r->job->copies == RR_COPIES_REFUSED)
            note_refused(r, bytes_at(r, winner), bytes_at(r, index[i]));
    }
}

/* Items that agree in the upper half of the fingerprint, told apart by the lower half. */
static void resolve_alike(struct resolver *r, const struct rr_sort_item *items, uint32_t n)
{
    uint32_t *index = rr_malloc(n * sizeof *index);
    bool *taken = rr_calloc(n, sizeof *taken);
    for (uint32_t i = 0; i < n; i++) {
        if (taken[i])
            continue;
        uint64_t low = row_at(r, r->rows, items[i].index).fingerprint[1];
        uint32_t copies = 0;
        for (uint32_t j = i; j < n; j++)
            if (!taken[j] && row_at(r, r->rows, items[j].index).fingerprint[1] == low) {
                taken[j] = true;
                index[copies++] = items[j].index;
            }
        resolve_event(r, index, copies);
    }
    free(index);
    free(taken);
}

/* All records of one account are in r->rows. */
static void resolve_account(struct resolver *r)
{
    for (uint32_t i = 0; i < r->n_rows; i++)
        r->items[i] = (struct rr_sort_item){row_at(r, r->rows, i).fingerprint[0], i};
    rr_sort_hashes(r->items, r->spare, r->counts, r->n_rows);
    for (uint32_t i = 0; i < r->n_rows;) {
        uint32_t end = i + 1;
        while (end < r->n_rows && r->items[end].key == r->items[i].key)
            end++;
        if (end == i + 1)
            keep(r, bytes_at(r, r->items[i].index));
        else
            resolve_alike(r, r->items + i, end - i);
        i = end;
    }
}

static void reserve_rows(struct resolver *r, uint64_t n)
{
    if (n <= r->rows_size)
        return;
    rr_check(n < UINT32_MAX / 2, "an account has more records than can be resolved at once");
    r->rows_size = (uint32_t)n * 2;
    r->rows = rr_realloc(r->rows, (size_t)r->rows_size * r->row_size);
    r->items = rr_realloc(r->items, r->rows_size * sizeof *r->items);
    r->spare = rr_realloc(r->spare, r->rows_size * sizeof *r->spare);
    r->counts = rr_realloc(r->counts, ((size_t)r->rows_size + 1) * sizeof *r->counts);
}

static int read_account(struct resolver *r, struct rr_account_merge *merge, struct rr_error *err)
{
    const struct rr_account_head *head = &merge->head[merge->here[0]];
    uint32_t account = rr_dictionary_enter(r->accounts, head->name, head->hash);
    uint64_t total = 0;
    for (uint32_t i = 0; i < merge->n_here; i++)
        total += merge->head[merge->here[i]].items;
    reserve_rows(r, total);
    r->n_rows = 0;
    for (uint32_t i = 0; i < merge->n_here; i++) {
        uint32_t n = merge->head[merge->here[i]].items;
        if (rr_record_reader_rows(merge->source[merge->here[i]], n, account,
                                  r->rows + (size_t)r->n_rows * r->row_size, err) != 0)
            return -1;
        r->n_rows += n;
    }
    return 0;
}

/* Folds what was kept and puts the cells. */
static int finish_batch(struct resolver *r, struct rr_cell_writer *cells, struct rr_error *err)
{
    rr_fold_rows(r->fold, r->kept, r->n_kept, &r->changes->resolved);
    int result = rr_cell_writer_put(cells, r->fold, r->accounts, err);
    rr_fold_clear(r->fold);
    rr_dictionary_clear(r->accounts);
    r->n_kept = 0;
    return result;
}

static int resolve_accounts(struct resolver *r, struct rr_account_merge *merge,
                            struct rr_cell_writer *cells, struct rr_error *err)
{
    int got;
    while ((got = rr_account_merge_next(merge, err)) > 0) {
        if (read_account(r, merge, err) != 0)
            return -1;
        resolve_account(r);
        if (r->n_kept >= BATCH_ROWS && finish_batch(r, cells, err) != 0)
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
    *r = (struct resolver){.state = state,
                           .job = job,
                           .row_size = rr_row_size(job),
                           .changes = changes,
                           .first_copy = UINT64_MAX};
    rr_state_file_order(state->manifest, &r->place_of, &r->file_of);
    r->keys = rr_dictionary_create();
    r->plans = rr_plans_create(job, r->keys);
    r->fold = rr_fold_create(job, r->plans);
    r->accounts = rr_dictionary_create();
}

static void fini_resolver(struct resolver *r)
{
    rr_fold_destroy(r->fold);
    rr_plans_destroy(r->plans);
    rr_dictionary_destroy(r->keys);
    rr_dictionary_destroy(r->accounts);
    rr_texts_fini(&r->conflicts);
    rr_line_fini(&r->line);
    rr_line_fini(&r->key);
    free(r->place_of);
    free(r->file_of);
    free(r->rows);
    free(r->items);
    free(r->spare);
    free(r->counts);
    free(r->kept);
}

static int write_conflicts(struct resolver *r, struct rr_error *err)
{
    struct rr_run_entry entry;
    char path[PATH];
    if (r->conflicts.n == 0)
        return 0;
    rr_state_new_run(r->state, RR_RUN_CONFLICTS, &entry, path);
    entry.items = r->conflicts.n;
    if (rr_text_run_write(path, &r->conflicts, &entry.bytes, &entry.digest, err) != 0)
        return -1;
    rr_texts_clear(&r->conflicts);
    rr_changes_add_run(r->changes, &entry);
    return 0;
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
    uint64_t best = UINT64_MAX - rr_comm_max(comm, UINT64_MAX - r->first_copy);
    if (best == UINT64_MAX)
        return 0;
    if (r->first_copy == best)
        *err = r->copy_error;
    return rr_agree(comm, r->first_copy == best ? -1 : 0, err);
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
            result = write_conflicts(r, err);
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
