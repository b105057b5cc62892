/* The owner's side of the exchange. */
#include "owner.h"

#include "../io/memory.h"
#include "cell_run.h"
#include "fold.h"
#include "order.h"
#include "record_run.h"

enum {
    PATH = 4096,
    BUFFER_MAX = 24 * 1024 * 1024, /* more rows at once only cost fresh memory */
    BUFFER_MIN = 256 * 1024,
};

/* A sender's codes in terms of ours. */
struct code_map {
    uint32_t *local;
    uint32_t size;
};

struct rr_owner {
    struct rr_state *state;
    const struct rr_job *job;
    const uint32_t *file_of;
    struct rr_changes *changes;
    uint32_t row_size;
    uint64_t fold_memory;
    struct rr_dictionary *accounts, *keys;
    struct code_map *maps[2]; /* by enum rr_name_kind, one for each sender */
    uint8_t *rows;            /* records waiting for their run, or for the fold */
    uint32_t n_rows, rows_size;
    struct rr_plans *plans;
    struct rr_fold *fold; /* of jobs without event ids */
    struct rr_error error;
};

static uint32_t buffer_rows(uint64_t memory, uint32_t row_size, bool folds)
{
    uint64_t bytes = folds ? BUFFER_MIN : memory / 4;
    bytes = bytes > BUFFER_MAX ? BUFFER_MAX : bytes < BUFFER_MIN ? BUFFER_MIN : bytes;
    return (uint32_t)(bytes / row_size);
}

struct rr_owner *rr_owner_create(struct rr_state *state, const struct rr_job *job,
                                 const uint32_t *file_of, uint64_t memory,
                                 struct rr_changes *changes)
{
    struct rr_owner *o = rr_calloc(1, sizeof *o);
    size_t size = (size_t)state->comm->size;
    o->state = state;
    o->job = job;
    o->file_of = file_of;
    o->changes = changes;
    o->row_size = rr_row_size(job);
    o->fold_memory = memory / 2;
    o->accounts = rr_dictionary_create();
    o->keys = rr_dictionary_create();
    o->maps[RR_NAME_ACCOUNT] = rr_calloc(size, sizeof(struct code_map));
    o->maps[RR_NAME_KEY] = rr_calloc(size, sizeof(struct code_map));
    o->rows_size = buffer_rows(memory, o->row_size, !job->has_event_ids);
    o->rows = rr_malloc_huge((size_t)o->rows_size * o->row_size);
    if (!job->has_event_ids) {
        o->plans = rr_plans_create(job, o->keys);
        o->fold = rr_fold_create(job, o->plans);
    }
    return o;
}

void rr_owner_destroy(struct rr_owner *o)
{
    if (o == NULL)
        return;
    for (int kind = 0; kind < 2; kind++) {
        for (int r = 0; r < o->state->comm->size; r++)
            free(o->maps[kind][r].local);
        free(o->maps[kind]);
    }
    rr_fold_destroy(o->fold);
    rr_plans_destroy(o->plans);
    rr_dictionary_destroy(o->accounts);
    rr_dictionary_destroy(o->keys);
    free(o->rows);
    free(o);
}

static void new_run(struct rr_owner *o, enum rr_run_kind kind, struct rr_run_entry *entry,
                    char path[PATH])
{
    const struct rr_comm *comm = o->state->comm;
    uint32_t n_shards = o->state->manifest->n_shards;
    rr_state_new_run(o->state, kind, entry, path);
    entry->first = rr_shard_first(n_shards, comm->rank, comm->size);
    entry->end = rr_shard_first(n_shards, comm->rank + 1, comm->size);
}

static int flush_records(struct rr_owner *o, struct rr_error *err)
{
    if (o->n_rows == 0)
        return 0;
    struct rr_run_entry entry;
    char path[PATH];
    new_run(o, RR_RUN_RECORDS, &entry, path);
    entry.items = o->n_rows;
    if (rr_record_run_write(path, o->job, o->state->manifest->n_shards, o->accounts, o->keys,
                            o->file_of, o->rows, o->n_rows, &entry.bytes, &entry.digest, err) != 0)
        return -1;
    rr_changes_add_run(o->changes, &entry);
    o->n_rows = 0;
    return 0;
}

static int write_cells(struct rr_owner *o, struct rr_error *err)
{
    struct rr_run_entry entry;
    char path[PATH];
    new_run(o, RR_RUN_CELLS, &entry, path);
    struct rr_cell_writer *writer = rr_cell_writer_create(
        path, o->job, o->state->manifest->n_shards, o->plans, o->file_of, err);
    if (writer == NULL)
        return -1;
    if (rr_cell_writer_put(writer, o->fold, o->accounts, err) != 0) {
        rr_cell_writer_abandon(writer);
        return -1;
    }
    entry.items = rr_cell_writer_size(writer);
    rr_cell_writer_buckets(writer, &entry.first_bucket, &entry.last_bucket);
    if (rr_cell_writer_finish(writer, &entry.bytes, &entry.digest, err) != 0)
        return -1;
    rr_changes_add_run(o->changes, &entry);
    return 0;
}

static void fold_buffer(struct rr_owner *o)
{
    rr_fold_rows(o->fold, o->rows, o->n_rows, &o->changes->resolved);
    o->n_rows = 0;
}

static int flush_cells(struct rr_owner *o, struct rr_error *err)
{
    fold_buffer(o);
    if (rr_fold_size(o->fold) == 0)
        return 0;
    if (write_cells(o, err) != 0)
        return -1;
    rr_fold_clear(o->fold);
    return 0;
}

int rr_owner_flush(struct rr_owner *o, struct rr_error *err)
{
    return o->fold ? flush_cells(o, err) : flush_records(o, err);
}

const struct rr_error *rr_owner_error(const struct rr_owner *o)
{
    return o->error.code ? &o->error : NULL;
}

static void take_name(void *self, int source, enum rr_name_kind kind, uint32_t code,
                      struct rr_text text)
{
    struct rr_owner *o = self;
    struct code_map *map = &o->maps[kind][source];
    if (code >= map->size) {
        map->size = (code + 1) * 2;
        map->local = rr_realloc(map->local, map->size * sizeof *map->local);
    }
    struct rr_dictionary *names = kind == RR_NAME_ACCOUNT ? o->accounts : o->keys;
    map->local[code] = rr_dictionary_enter(names, text, rr_dictionary_hash(text));
}

/* The buffer is full: its rows go to their run, or are folded. */
static void make_room(struct rr_owner *o)
{
    int result = 0;
    if (o->fold == NULL)
        result = flush_records(o, &o->error);
    else {
        fold_buffer(o);
        if (rr_fold_bytes(o->fold) > o->fold_memory)
            result = flush_cells(o, &o->error);
    }
    if (result != 0)
        o->n_rows = 0;
}

static void take_rows(void *self, int source, const uint8_t *rows, uint32_t n)
{
    struct rr_owner *o = self;
    const uint32_t *account = o->maps[RR_NAME_ACCOUNT][source].local;
    const uint32_t *key = o->maps[RR_NAME_KEY][source].local;
    while (n > 0 && o->error.code == 0) {
        uint32_t room = o->rows_size - o->n_rows, take = n < room ? n : room;
        uint8_t *to = o->rows + (size_t)o->n_rows * o->row_size;
        memcpy(to, rows, (size_t)take * o->row_size);
        for (uint32_t i = 0; i < take; i++, to += o->row_size) {
            struct rr_row row;
            memcpy(&row, to, sizeof row);
            row.account = account[row.account];
            row.key = key[row.key];
            memcpy(to, &row, sizeof row);
        }
        o->n_rows += take;
        rows += (size_t)take * o->row_size;
        n -= take;
        if (o->n_rows == o->rows_size)
            make_room(o);
    }
}

struct rr_receiver rr_owner_receiver(struct rr_owner *o)
{
    return (struct rr_receiver){o, take_name, take_rows};
}
