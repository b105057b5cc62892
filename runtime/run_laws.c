/* The laws inside a run: its keys, its accounts, its texts. */
#include "run_laws.h"

#include "../io/memory.h"
#include "item_laws.h"
#include "order.h"

#include <stdio.h>

enum { INDEX_COLUMNS = 4 };

static const char *const index_name[INDEX_COLUMNS] = {"shard_account", "shard_name", "shard_item",
                                                      "shard_extra"};

static int broken(struct rr_error *err, const char *what)
{
    return rr_fail(err, RR_EXIT_DATA, "%s", what);
}

/* ---- keys ---- */

struct keys {
    uint32_t n;
    int *meter;    /* of keys of cells */
    char *text[2]; /* this one and the one before */
    uint32_t len[2], size[2];
};

static int check_key(const struct rr_run_laws *laws, const struct rr_run_entry *entry,
                     struct keys *keys, uint32_t i, struct rr_error *err)
{
    bool cells = entry->kind == RR_RUN_CELLS;
    struct rr_text key = {keys->text[i % 2], keys->len[i % 2]};
    struct rr_text before = {keys->text[(i + 1) % 2], keys->len[(i + 1) % 2]};
    if (i > 0 && rr_text_compare(before, key) >= 0)
        return rr_fail(err, RR_EXIT_DATA, "key %u is not above the one before", i);
    if (!laws->is_key(laws->self, cells, key))
        return rr_fail(err, RR_EXIT_DATA, "key %u is not of the form that this state's keys have",
                       i);
    if (cells)
        keys->meter[i] = laws->job->meter_of(laws->job->self, key);
    return 0;
}

static int read_keys(const struct rr_run_laws *laws, const struct rr_run_entry *entry,
                     struct rr_run_stream *len, struct rr_run_stream *text, struct keys *keys,
                     struct rr_error *err)
{
    uint64_t used = 0;
    if (rr_run_stream_length(len) > UINT32_MAX / 2)
        return broken(err, "it has more keys than can be");
    keys->n = (uint32_t)rr_run_stream_length(len);
    keys->meter = rr_malloc(keys->n * sizeof *keys->meter);
    for (uint32_t i = 0; i < keys->n; i++) {
        uint32_t bytes;
        if (rr_run_stream_read(len, &bytes, 1, err) != 0)
            return -1;
        used += bytes;
        if (used > rr_run_stream_length(text))
            return broken(err, "its keys are longer than they can be");
        if (bytes > keys->size[i % 2]) {
            keys->size[i % 2] = bytes;
            keys->text[i % 2] = rr_realloc(keys->text[i % 2], bytes);
        }
        keys->len[i % 2] = bytes;
        if (rr_run_stream_read(text, keys->text[i % 2], bytes, err) != 0 ||
            check_key(laws, entry, keys, i, err) != 0)
            return -1;
    }
    return used == rr_run_stream_length(text) ? 0 : broken(err, "bytes are left behind its keys");
}

static int check_keys(const struct rr_run_laws *laws, const struct rr_run_entry *entry,
                      struct rr_run_reader *run, struct keys *keys, struct rr_error *err)
{
    struct rr_run_stream *len = rr_run_stream_open(run, "key_len", 4, err);
    struct rr_run_stream *text = len ? rr_run_stream_open(run, "key", 1, err) : NULL;
    int result = text ? read_keys(laws, entry, len, text, keys, err) : -1;
    rr_run_stream_close(len);
    rr_run_stream_close(text);
    free(keys->text[0]);
    free(keys->text[1]);
    return result;
}

/* ---- accounts ---- */

struct accounts {
    const struct rr_manifest *manifest;
    const struct rr_run_entry *entry;
    struct rr_item_laws *items;
    struct rr_run_stream *hash, *n_items, *name_len, *name, *index[INDEX_COLUMNS];
    uint64_t at[INDEX_COLUMNS]; /* where the next account stands */
    uint32_t shard;             /* shards below this one have their start checked */
    char *text[2];
    struct rr_text account[2]; /* this one and the one before */
    uint64_t hashes[2];
};

static int open_accounts(struct accounts *a, struct rr_run_reader *run, struct rr_error *err)
{
    uint64_t shards;
    if (rr_run_get(run, "shards", &shards, err) != 0)
        return -1;
    if (shards != a->manifest->n_shards)
        return rr_fail(err, RR_EXIT_DATA, "it has %llu shards where the manifest says %u",
                       (unsigned long long)shards, a->manifest->n_shards);
    a->hash = rr_run_stream_open(run, "account_hash", 8, err);
    a->n_items = a->hash ? rr_run_stream_open(run, "account_items", 4, err) : NULL;
    a->name_len = a->n_items ? rr_run_stream_open(run, "account_name_len", 4, err) : NULL;
    a->name = a->name_len ? rr_run_stream_open(run, "account_name", 1, err) : NULL;
    bool good = a->name != NULL;
    for (int i = 0; i < INDEX_COLUMNS && good; i++) {
        a->index[i] = rr_run_stream_open(run, index_name[i], 8, err);
        good = a->index[i] != NULL;
    }
    for (int i = 0; i < 2; i++)
        a->text[i] = rr_malloc(RR_NAME_MAX);
    return good ? 0 : -1;
}

static void close_accounts(struct accounts *a)
{
    rr_run_stream_close(a->hash);
    rr_run_stream_close(a->n_items);
    rr_run_stream_close(a->name_len);
    rr_run_stream_close(a->name);
    for (int i = 0; i < INDEX_COLUMNS; i++)
        rr_run_stream_close(a->index[i]);
    free(a->text[0]);
    free(a->text[1]);
}

/* Every shard up to and including this one must be said to begin here. */
static int check_index(struct accounts *a, uint32_t shard, struct rr_error *err)
{
    for (; a->shard <= shard; a->shard++)
        for (int i = 0; i < INDEX_COLUMNS; i++) {
            uint64_t said;
            if (rr_run_stream_read(a->index[i], &said, 1, err) != 0)
                return -1;
            if (said != a->at[i])
                return rr_fail(err, RR_EXIT_DATA,
                               "the index says that shard %u begins at %s %llu; it is %llu",
                               a->shard, index_name[i] + strlen("shard_"), (unsigned long long)said,
                               (unsigned long long)a->at[i]);
        }
    return 0;
}

static int check_place(struct accounts *a, uint64_t i, struct rr_error *err)
{
    struct rr_text name = a->account[i % 2];
    uint32_t n_shards = a->manifest->n_shards;
    uint64_t hash = a->hashes[i % 2];
    if (hash != rr_dictionary_hash(name))
        return rr_fail(err, RR_EXIT_DATA, "account '%.*s' has a hash that is not its name's",
                       RR_SHOW(name));
    uint32_t shard = rr_shard_of(hash, n_shards);
    if (shard < a->entry->first || shard >= a->entry->end)
        return rr_fail(err, RR_EXIT_DATA,
                       "account '%.*s' is of shard %u, outside of the run's %u to %u",
                       RR_SHOW(name), shard, a->entry->first, a->entry->end);
    if (i > 0 && rr_account_compare(a->hashes[(i + 1) % 2], a->account[(i + 1) % 2], hash, name,
                                    n_shards) >= 0)
        return rr_fail(err, RR_EXIT_DATA, "account '%.*s' is out of order or doubled",
                       RR_SHOW(name));
    return 0;
}

static int check_account(struct accounts *a, uint64_t i, struct rr_error *err)
{
    uint32_t items, len;
    if (rr_run_stream_read(a->hash, &a->hashes[i % 2], 1, err) != 0 ||
        rr_run_stream_read(a->n_items, &items, 1, err) != 0 ||
        rr_run_stream_read(a->name_len, &len, 1, err) != 0)
        return -1;
    if (len > RR_NAME_MAX)
        return broken(err, "an account's name is longer than names may be");
    if (rr_run_stream_read(a->name, a->text[i % 2], len, err) != 0)
        return -1;
    a->account[i % 2] = (struct rr_text){a->text[i % 2], len};
    if (check_place(a, i, err) != 0)
        return -1;
    a->at[3] = a->items->extra;
    if (check_index(a, rr_shard_of(a->hashes[i % 2], a->manifest->n_shards), err) != 0)
        return -1;
    a->at[0]++;
    a->at[1] += len;
    a->at[2] += items;
    if (items == 0)
        return rr_fail(err, RR_EXIT_DATA, "account '%.*s' has nothing", RR_SHOW(a->account[i % 2]));
    if (a->items->account(a->items, items, err) != 0)
        return rr_fail_prefix(err, "account '%.*s'", RR_SHOW(a->account[i % 2]));
    return 0;
}

static int check_accounts(struct accounts *a, struct rr_error *err)
{
    uint64_t n = rr_run_stream_length(a->hash);
    for (uint64_t i = 0; i < n; i++)
        if (check_account(a, i, err) != 0)
            return -1;
    a->at[3] = a->items->extra;
    if (check_index(a, a->manifest->n_shards, err) != 0 || a->items->end(a->items, err) != 0)
        return -1;
    if (a->at[2] != a->entry->items)
        return rr_fail(err, RR_EXIT_DATA, "it holds %llu items where the manifest says %llu",
                       (unsigned long long)a->at[2], (unsigned long long)a->entry->items);
    if (rr_run_stream_length(a->n_items) != n || rr_run_stream_length(a->name_len) != n ||
        rr_run_stream_length(a->name) != a->at[1])
        return broken(err, "the columns of its accounts differ in length");
    return 0;
}

static int check_account_run(const struct rr_run_laws *laws, const struct rr_run_entry *entry,
                             struct rr_run_reader *run, struct rr_error *err)
{
    struct keys keys = {0};
    struct accounts a = {.manifest = laws->manifest, .entry = entry};
    int result = check_keys(laws, entry, run, &keys, err);
    if (result == 0) {
        a.items = entry->kind == RR_RUN_CELLS
                      ? rr_cell_laws_open(laws, entry, run, keys.n, keys.meter, err)
                      : rr_row_laws_open(laws, entry, run, keys.n, err);
        result = a.items && open_accounts(&a, run, err) == 0 ? check_accounts(&a, err) : -1;
        close_accounts(&a);
    }
    if (a.items)
        a.items->close(a.items);
    free(keys.meter);
    return result;
}

/* ---- texts ---- */

static int sum_lengths(struct rr_run_stream *lengths, uint64_t *sum, struct rr_error *err)
{
    *sum = 0;
    for (uint64_t i = 0; i < rr_run_stream_length(lengths); i++) {
        uint32_t len;
        if (rr_run_stream_read(lengths, &len, 1, err) != 0)
            return -1;
        *sum += len;
    }
    return 0;
}

/* Lengths, one for each item, sum to what the column of bytes holds. */
static int check_texts(const struct rr_run_entry *entry, struct rr_run_reader *run,
                       const char *lengths_name, const char *bytes_name, struct rr_error *err)
{
    uint64_t sum;
    struct rr_run_stream *lengths = rr_run_stream_open(run, lengths_name, 4, err);
    struct rr_run_stream *bytes = lengths ? rr_run_stream_open(run, bytes_name, 1, err) : NULL;
    int result = bytes ? sum_lengths(lengths, &sum, err) : -1;
    if (result == 0 && rr_run_stream_length(lengths) != entry->items)
        result = rr_fail(err, RR_EXIT_DATA, "it holds %llu texts where the manifest says %llu",
                         (unsigned long long)rr_run_stream_length(lengths),
                         (unsigned long long)entry->items);
    if (result == 0 && rr_run_stream_length(bytes) != sum)
        result = broken(err, "its texts are not as long as it says");
    rr_run_stream_close(lengths);
    rr_run_stream_close(bytes);
    return result;
}

static int check_text_run(const struct rr_run_entry *entry, struct rr_run_reader *run,
                          struct rr_error *err)
{
    if (check_texts(entry, run, "key_len", "key", err) != 0)
        return -1;
    return check_texts(entry, run, "text_len", "text", err);
}

int rr_run_laws_check(const struct rr_run_laws *laws, const struct rr_run_entry *entry,
                      const char *path, struct rr_error *err)
{
    struct rr_run_reader *run = rr_run_open(path, err);
    if (run == NULL)
        return -1;
    bool accounts = entry->kind == RR_RUN_RECORDS || entry->kind == RR_RUN_CELLS;
    int result =
        accounts ? check_account_run(laws, entry, run, err) : check_text_run(entry, run, err);
    rr_run_close(run);
    return result == 0 ? 0 : rr_fail_prefix(err, "%s", path);
}
