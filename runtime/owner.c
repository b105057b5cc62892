/* The owner's side of the exchange. */
#include "owner.h"

#include "../io/memory.h"
#include "cell_run.h"
#include "fold.h"
#include "order.h"
#include "record_run.h"

enum { PATH = 4096, GUEST_BIT = 1u << 31 };

/* Whose shards rows belong to. */
enum part { OWN, GUESTS, PARTS };

/* A sender's codes in terms of ours; those of guests with GUEST_BIT. */
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
    uint64_t cells_memory;
    struct rr_dictionary *accounts, *keys;
    struct code_map *maps[2]; /* by enum rr_name_kind, one for each sender */
    size_t maps_bytes;
    uint8_t *rows; /* records waiting for their run, or for the fold */
    uint32_t n_rows, rows_size;
    bool guests_came; /* rows may have accounts with GUEST_BIT */
    struct rr_plans *plans;
    struct rr_fold *fold[PARTS]; /* of jobs without event ids; that of guests once there are some */
    struct rr_error error;
};

struct rr_owner *rr_owner_create(struct rr_state *state, const struct rr_job *job,
                                 const uint32_t *file_of, const struct rr_budget *budget,
                                 struct rr_changes *changes)
{
    struct rr_owner *o = rr_calloc(1, sizeof *o);
    size_t size = (size_t)state->comm->size;
    o->state = state;
    o->job = job;
    o->file_of = file_of;
    o->changes = changes;
    o->row_size = rr_row_size(job);
    o->cells_memory = budget->cells;
    o->accounts = rr_dictionary_create();
    o->keys = rr_dictionary_create();
    o->maps[RR_NAME_ACCOUNT] = rr_calloc(size, sizeof(struct code_map));
    o->maps[RR_NAME_KEY] = rr_calloc(size, sizeof(struct code_map));
    o->rows_size = (uint32_t)(budget->rows / o->row_size);
    o->rows = rr_malloc_huge((size_t)o->rows_size * o->row_size);
    if (!job->has_event_ids) {
        o->plans = rr_plans_create(job, o->keys);
        o->fold[OWN] = rr_fold_create(job, o->plans);
    }
    return o;
}

static void drop_maps(struct rr_owner *o)
{
    for (int kind = 0; kind < 2; kind++)
        for (int r = 0; r < o->state->comm->size; r++) {
            free(o->maps[kind][r].local);
            o->maps[kind][r] = (struct code_map){0};
        }
    o->maps_bytes = 0;
}

void rr_owner_destroy(struct rr_owner *o)
{
    if (o == NULL)
        return;
    drop_maps(o);
    free(o->maps[RR_NAME_ACCOUNT]);
    free(o->maps[RR_NAME_KEY]);
    for (int part = 0; part < PARTS; part++)
        rr_fold_destroy(o->fold[part]);
    rr_plans_destroy(o->plans);
    rr_dictionary_destroy(o->accounts);
    rr_dictionary_destroy(o->keys);
    free(o->rows);
    free(o);
}

size_t rr_owner_name_bytes(const struct rr_owner *o)
{
    size_t bytes = o->maps_bytes + rr_dictionary_bytes(o->accounts) + rr_dictionary_bytes(o->keys);
    return o->plans ? bytes + rr_plans_bytes(o->plans) : bytes;
}

void rr_owner_forget(struct rr_owner *o)
{
    rr_check(o->n_rows == 0, "names of rows that are still here are forgotten");
    drop_maps(o);
    rr_dictionary_forget(o->accounts);
    rr_dictionary_forget(o->keys);
    if (o->plans)
        rr_plans_forget(o->plans);
}

static uint32_t shard_of(const struct rr_owner *o, uint32_t account)
{
    return rr_shard_of(rr_dictionary_hash_of(o->accounts, account), o->state->manifest->n_shards);
}

/* The shards of this rank. */
static void own_shards(const struct rr_owner *o, uint32_t *first, uint32_t *end)
{
    const struct rr_comm *comm = o->state->comm;
    uint32_t n_shards = o->state->manifest->n_shards;
    *first = rr_shard_first(n_shards, comm->rank, comm->size);
    *end = rr_shard_first(n_shards, comm->rank + 1, comm->size);
}

static void take_in(uint32_t shard, uint32_t *first, uint32_t *end)
{
    *first = shard < *first ? shard : *first;
    *end = shard >= *end ? shard + 1 : *end;
}

static struct rr_row row_at(const struct rr_owner *o, uint32_t i)
{
    struct rr_row row;
    memcpy(&row, o->rows + (size_t)i * o->row_size, sizeof row);
    return row;
}

static void set_account(struct rr_owner *o, uint32_t i, uint32_t account)
{
    memcpy(o->rows + (size_t)i * o->row_size + offsetof(struct rr_row, account), &account,
           sizeof account);
}

static void swap_rows(struct rr_owner *o, uint32_t a, uint32_t b)
{
    uint8_t spare[sizeof(struct rr_row) + RR_JOB_VALUES * sizeof(rr_decimal)];
    uint8_t *row_a = o->rows + (size_t)a * o->row_size, *row_b = o->rows + (size_t)b * o->row_size;
    memcpy(spare, row_a, o->row_size);
    memcpy(row_a, row_b, o->row_size);
    memcpy(row_b, spare, o->row_size);
}

/* Puts guests behind our own rows and makes their accounts plain codes; returns how many are ours. */
static uint32_t part_rows(struct rr_owner *o)
{
    uint32_t n_own = 0;
    if (!o->guests_came)
        return o->n_rows;
    for (uint32_t i = 0; i < o->n_rows; i++) {
        uint32_t account = row_at(o, i).account;
        if (account & GUEST_BIT)
            set_account(o, i, account & ~GUEST_BIT);
        else
            swap_rows(o, i, n_own++);
    }
    o->guests_came = false;
    return n_own;
}

static void shards_of_rows(const struct rr_owner *o, uint32_t from, uint32_t n, uint32_t *first,
                           uint32_t *end)
{
    *first = UINT32_MAX;
    *end = 0;
    for (uint32_t i = from; i < from + n; i++)
        take_in(shard_of(o, row_at(o, i).account), first, end);
}

static int write_records(struct rr_owner *o, enum part part, uint32_t from, uint32_t n,
                         struct rr_error *err)
{
    struct rr_run_entry entry;
    char path[PATH];
    if (n == 0)
        return 0;
    rr_state_new_run(o->state, RR_RUN_RECORDS, &entry, path);
    entry.items = n;
    if (part == OWN)
        own_shards(o, &entry.first, &entry.end);
    else
        shards_of_rows(o, from, n, &entry.first, &entry.end);
    if (rr_record_run_write(path, o->job, o->state->manifest->n_shards, o->accounts, o->keys,
                            o->file_of, o->rows + (size_t)from * o->row_size, n, &entry.bytes,
                            &entry.digest, err) != 0)
        return -1;
    rr_changes_add_run(o->changes, &entry);
    return 0;
}

static int flush_records(struct rr_owner *o, struct rr_error *err)
{
    uint32_t n_own = part_rows(o);
    if (write_records(o, OWN, 0, n_own, err) != 0 ||
        write_records(o, GUESTS, n_own, o->n_rows - n_own, err) != 0)
        return -1;
    o->n_rows = 0;
    return 0;
}

static void shards_of_cells(const struct rr_owner *o, const struct rr_fold *fold, uint32_t *first,
                            uint32_t *end)
{
    *first = UINT32_MAX;
    *end = 0;
    for (uint32_t i = 0; i < rr_fold_size(fold); i++)
        take_in(shard_of(o, rr_fold_at(fold, i)->account), first, end);
}

static int write_cells(struct rr_owner *o, enum part part, struct rr_error *err)
{
    struct rr_run_entry entry;
    char path[PATH];
    rr_state_new_run(o->state, RR_RUN_CELLS, &entry, path);
    if (part == OWN)
        own_shards(o, &entry.first, &entry.end);
    else
        shards_of_cells(o, o->fold[part], &entry.first, &entry.end);
    struct rr_cell_writer *writer = rr_cell_writer_create(
        path, o->job, o->state->manifest->n_shards, o->plans, o->file_of, err);
    if (writer == NULL)
        return -1;
    if (rr_cell_writer_put(writer, o->fold[part], o->accounts, err) != 0) {
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
    uint32_t n_own = part_rows(o), n_guests = o->n_rows - n_own;
    rr_fold_rows(o->fold[OWN], o->rows, n_own, &o->changes->resolved);
    if (n_guests > 0 && o->fold[GUESTS] == NULL)
        o->fold[GUESTS] = rr_fold_create(o->job, o->plans);
    if (n_guests > 0)
        rr_fold_rows(o->fold[GUESTS], o->rows + (size_t)n_own * o->row_size, n_guests,
                     &o->changes->resolved);
    o->n_rows = 0;
}

static int flush_cells(struct rr_owner *o, struct rr_error *err)
{
    fold_buffer(o);
    for (int part = 0; part < PARTS; part++) {
        if (o->fold[part] == NULL || rr_fold_size(o->fold[part]) == 0)
            continue;
        if (write_cells(o, (enum part)part, err) != 0)
            return -1;
        rr_fold_clear(o->fold[part]);
    }
    return 0;
}

int rr_owner_flush(struct rr_owner *o, struct rr_error *err)
{
    return o->fold[OWN] ? flush_cells(o, err) : flush_records(o, err);
}

const struct rr_error *rr_owner_error(const struct rr_owner *o)
{
    return o->error.code ? &o->error : NULL;
}

static uint32_t enter_account(struct rr_owner *o, struct rr_text name)
{
    uint64_t hash = rr_dictionary_hash(name);
    uint32_t first, end, code = rr_dictionary_enter(o->accounts, name, hash);
    uint32_t shard = rr_shard_of(hash, o->state->manifest->n_shards);
    own_shards(o, &first, &end);
    rr_check(code < GUEST_BIT, "a rank knows more than 2^31 accounts");
    return shard >= first && shard < end ? code : code | GUEST_BIT;
}

static void take_name(void *self, int source, enum rr_name_kind kind, uint32_t code,
                      struct rr_text text)
{
    struct rr_owner *o = self;
    struct code_map *map = &o->maps[kind][source];
    if (code >= map->size) {
        uint32_t size = (code + 1) * 2;
        o->maps_bytes += (size - map->size) * sizeof *map->local;
        map->size = size;
        map->local = rr_realloc(map->local, size * sizeof *map->local);
    }
    map->local[code] = kind == RR_NAME_ACCOUNT
                           ? enter_account(o, text)
                           : rr_dictionary_enter(o->keys, text, rr_dictionary_hash(text));
}

static bool cells_are_many(const struct rr_owner *o)
{
    uint64_t bytes = 0;
    for (int part = 0; part < PARTS; part++)
        bytes += o->fold[part] ? rr_fold_bytes(o->fold[part]) : 0;
    return bytes > o->cells_memory;
}

/* The buffer is full: its rows go to their run, or are folded. */
static void make_room(struct rr_owner *o)
{
    int result = 0;
    if (o->fold[OWN] == NULL)
        result = flush_records(o, &o->error);
    else {
        fold_buffer(o);
        if (cells_are_many(o))
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
        uint32_t room = o->rows_size - o->n_rows, take = n < room ? n : room, seen = 0;
        uint8_t *to = o->rows + (size_t)o->n_rows * o->row_size;
        memcpy(to, rows, (size_t)take * o->row_size);
        for (uint32_t i = 0; i < take; i++, to += o->row_size) {
            struct rr_row row;
            memcpy(&row, to, sizeof row);
            row.account = account[row.account];
            row.key = key[row.key];
            seen |= row.account;
            memcpy(to, &row, sizeof row);
        }
        o->guests_came |= (seen & GUEST_BIT) != 0;
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
