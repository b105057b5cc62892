/* Accounts, shards and keys in runs. */
#include "accounts_run.h"

#include "../io/memory.h"
#include "order.h"

#include <rerate/batch.h>

enum index_column { INDEX_ACCOUNT, INDEX_NAME, INDEX_ITEM, INDEX_EXTRA, INDEX_COLUMNS };

static const char *const index_name[INDEX_COLUMNS] = {"shard_account", "shard_name", "shard_item",
                                                      "shard_extra"};

struct rr_accounts_writer {
    struct rr_run_writer *run;
    uint32_t n_shards;
    int hash, items, name_len, name; /* columns */
    int index[INDEX_COLUMNS];
    uint32_t shard;             /* shards below this one have their start written */
    uint64_t at[INDEX_COLUMNS]; /* where the next account will stand */
};

struct rr_accounts_writer *rr_accounts_writer_create(struct rr_run_writer *run, uint32_t n_shards,
                                                     struct rr_error *err)
{
    struct rr_accounts_writer *w = rr_calloc(1, sizeof *w);
    w->run = run;
    w->n_shards = n_shards;
    w->hash = rr_run_add_column(run, "account_hash", 8, true, err);
    w->items = w->hash < 0 ? -1 : rr_run_add_column(run, "account_items", 4, false, err);
    w->name_len = w->items < 0 ? -1 : rr_run_add_column(run, "account_name_len", 4, false, err);
    w->name = w->name_len < 0 ? -1 : rr_run_add_column(run, "account_name", 1, false, err);
    bool ok = w->name >= 0;
    for (int i = 0; i < INDEX_COLUMNS && ok; i++) {
        w->index[i] = rr_run_add_column(run, index_name[i], 8, false, err);
        ok = w->index[i] >= 0;
    }
    if (!ok || rr_run_set(run, "shards", n_shards, err) != 0) {
        free(w);
        return NULL;
    }
    return w;
}

void rr_accounts_writer_destroy(struct rr_accounts_writer *w)
{
    free(w);
}

/* Writes the start of every shard up to and including `shard`. */
static int start_shards(struct rr_accounts_writer *w, uint32_t shard, struct rr_error *err)
{
    for (; w->shard <= shard; w->shard++)
        for (int i = 0; i < INDEX_COLUMNS; i++)
            if (rr_run_put(w->run, w->index[i], &w->at[i], 1, err) != 0)
                return -1;
    return 0;
}

int rr_accounts_writer_add(struct rr_accounts_writer *w, uint64_t hash, struct rr_text name,
                           uint32_t items, uint64_t extra, struct rr_error *err)
{
    w->at[INDEX_EXTRA] = extra;
    if (start_shards(w, rr_shard_of(hash, w->n_shards), err) != 0 ||
        rr_run_put(w->run, w->hash, &hash, 1, err) != 0 ||
        rr_run_put(w->run, w->items, &items, 1, err) != 0 ||
        rr_run_put(w->run, w->name_len, &name.len, 1, err) != 0 ||
        rr_run_put(w->run, w->name, name.ptr, name.len, err) != 0)
        return -1;
    w->at[INDEX_ACCOUNT]++;
    w->at[INDEX_NAME] += name.len;
    w->at[INDEX_ITEM] += items;
    return 0;
}

int rr_accounts_writer_finish(struct rr_accounts_writer *w, uint64_t extra, struct rr_error *err)
{
    w->at[INDEX_EXTRA] = extra;
    return start_shards(w, w->n_shards, err);
}

static int compare_texts(const void *a, const void *b, void *keys)
{
    return rr_text_compare(rr_dictionary_text(keys, *(const uint32_t *)a),
                           rr_dictionary_text(keys, *(const uint32_t *)b));
}

int rr_run_put_keys(struct rr_run_writer *run, const struct rr_dictionary *keys, uint32_t **rank,
                    struct rr_error *err)
{
    uint32_t n = rr_dictionary_size(keys);
    int len_column = rr_run_add_column(run, "key_len", 4, false, err);
    int key_column = len_column < 0 ? -1 : rr_run_add_column(run, "key", 1, false, err);
    if (key_column < 0)
        return -1;
    uint32_t *order = rr_malloc(n * sizeof *order);
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    qsort_r(order, n, sizeof *order, compare_texts, (void *)(uintptr_t)keys);
    *rank = rr_malloc(n * sizeof **rank);
    int result = 0;
    for (uint32_t i = 0; i < n && result == 0; i++) {
        struct rr_text key = rr_dictionary_text(keys, order[i]);
        (*rank)[order[i]] = i;
        if (rr_run_put(run, len_column, &key.len, 1, err) != 0 ||
            rr_run_put(run, key_column, key.ptr, key.len, err) != 0)
            result = -1;
    }
    free(order);
    return result;
}

struct rr_accounts_reader {
    struct rr_run_reader *run;
    struct rr_run_stream *hash, *items, *name_len, *name;
    uint32_t n_shards, end;
    uint64_t left; /* accounts in the run that were not read */
    char *text;
    uint32_t text_size;
    struct rr_account_head held; /* read, and beyond the end */
    bool holds;
};

/* Where a shard begins in one of the index columns. */
static int read_index(struct rr_run_reader *run, enum index_column column, uint32_t shard,
                      uint64_t *from, struct rr_error *err)
{
    struct rr_run_stream *stream = rr_run_stream_at(run, index_name[column], 8, shard, err);
    if (stream == NULL)
        return -1;
    int result = rr_run_stream_read(stream, from, 1, err);
    rr_run_stream_close(stream);
    return result;
}

int rr_run_count_items(struct rr_run_reader *run, uint32_t first, uint32_t end, uint64_t *items,
                       struct rr_error *err)
{
    struct rr_run_stream *stream = rr_run_stream_at(run, index_name[INDEX_ITEM], 8, first, err);
    uint64_t at = 0, next = 0;
    int result = stream ? rr_run_stream_read(stream, &at, 1, err) : -1;
    for (uint32_t s = first; s < end && result == 0; s++, at = next) {
        result = rr_run_stream_read(stream, &next, 1, err);
        items[s] += next - at;
    }
    rr_run_stream_close(stream);
    return result;
}

static int open_streams(struct rr_accounts_reader *r, struct rr_error *err)
{
    r->hash = rr_run_stream_open(r->run, "account_hash", 8, err);
    r->items = r->hash ? rr_run_stream_open(r->run, "account_items", 4, err) : NULL;
    r->name_len = r->items ? rr_run_stream_open(r->run, "account_name_len", 4, err) : NULL;
    r->name = r->name_len ? rr_run_stream_open(r->run, "account_name", 1, err) : NULL;
    return r->name ? 0 : -1;
}

int rr_accounts_reader_move(struct rr_accounts_reader *r, uint32_t first, uint32_t end,
                            uint64_t *item, uint64_t *extra, struct rr_error *err)
{
    uint64_t at[INDEX_COLUMNS];
    for (int i = 0; i < INDEX_COLUMNS; i++)
        if (read_index(r->run, (enum index_column)i, first, &at[i], err) != 0)
            return -1;
    if (at[INDEX_ACCOUNT] > rr_run_stream_length(r->hash))
        return rr_fail(err, RR_EXIT_IO, "a run's index of shards can't be");
    r->left = rr_run_stream_length(r->hash) - at[INDEX_ACCOUNT];
    r->end = end;
    r->holds = false;
    rr_run_stream_seek(r->hash, at[INDEX_ACCOUNT]);
    rr_run_stream_seek(r->items, at[INDEX_ACCOUNT]);
    rr_run_stream_seek(r->name_len, at[INDEX_ACCOUNT]);
    rr_run_stream_seek(r->name, at[INDEX_NAME]);
    *item = at[INDEX_ITEM];
    *extra = at[INDEX_EXTRA];
    return 0;
}

void rr_accounts_reader_extend(struct rr_accounts_reader *r, uint32_t end)
{
    r->end = end;
}

struct rr_accounts_reader *rr_accounts_reader_open(struct rr_run_reader *run, uint32_t n_shards,
                                                   uint32_t first, uint32_t end, uint64_t *item,
                                                   uint64_t *extra, struct rr_error *err)
{
    uint64_t shards;
    if (rr_run_get(run, "shards", &shards, err) != 0)
        return NULL;
    if (shards != n_shards) {
        rr_fail(err, RR_EXIT_IO, "a run has %llu shards where the manifest says %u",
                (unsigned long long)shards, n_shards);
        return NULL;
    }
    struct rr_accounts_reader *r = rr_calloc(1, sizeof *r);
    r->run = run;
    r->n_shards = n_shards;
    if (open_streams(r, err) != 0 ||
        rr_accounts_reader_move(r, first, end, item, extra, err) != 0) {
        rr_accounts_reader_close(r);
        return NULL;
    }
    return r;
}

void rr_accounts_reader_close(struct rr_accounts_reader *r)
{
    if (r == NULL)
        return;
    rr_run_stream_close(r->hash);
    rr_run_stream_close(r->items);
    rr_run_stream_close(r->name_len);
    rr_run_stream_close(r->name);
    free(r->text);
    free(r);
}

static int read_head(struct rr_accounts_reader *r, struct rr_account_head *head,
                     struct rr_error *err)
{
    if (rr_run_stream_read(r->hash, &head->hash, 1, err) != 0 ||
        rr_run_stream_read(r->items, &head->items, 1, err) != 0 ||
        rr_run_stream_read(r->name_len, &head->name.len, 1, err) != 0)
        return -1;
    if (head->name.len > RR_NAME_MAX)
        return rr_fail(err, RR_EXIT_IO, "a run holds an account that can't be");
    if (head->name.len > r->text_size) {
        r->text_size = head->name.len * 2;
        r->text = rr_realloc(r->text, r->text_size);
    }
    if (rr_run_stream_read(r->name, r->text, head->name.len, err) != 0)
        return -1;
    head->name.ptr = r->text;
    head->shard = rr_shard_of(head->hash, r->n_shards);
    r->left--;
    return 0;
}

int rr_accounts_reader_next(struct rr_accounts_reader *r, struct rr_account_head *head,
                            struct rr_error *err)
{
    if (!r->holds) {
        if (r->left == 0)
            return 0;
        if (read_head(r, &r->held, err) != 0)
            return -1;
    }
    r->holds = r->held.shard >= r->end;
    if (r->holds)
        return 0;
    *head = r->held;
    return 1;
}

static int enter_keys(struct rr_run_stream *len, struct rr_run_stream *key,
                      struct rr_dictionary *keys, uint32_t *code, uint32_t n, struct rr_error *err)
{
    char *text = NULL;
    int result = 0;
    for (uint32_t i = 0; i < n && result == 0; i++) {
        uint32_t bytes = 0;
        result = rr_run_stream_read(len, &bytes, 1, err);
        if (result == 0 && bytes > rr_run_stream_length(key))
            result = rr_fail(err, RR_EXIT_IO, "a run holds a key that can't be");
        if (result != 0)
            break;
        text = rr_realloc(text, bytes);
        result = rr_run_stream_read(key, text, bytes, err);
        if (result == 0) {
            struct rr_text view = {text, bytes};
            code[i] = rr_dictionary_enter(keys, view, rr_dictionary_hash(view));
        }
    }
    free(text);
    return result;
}

int rr_run_get_keys(struct rr_run_reader *run, struct rr_dictionary *keys, uint32_t **code,
                    uint32_t *n_keys, struct rr_error *err)
{
    int result = -1;
    *code = NULL;
    struct rr_run_stream *key = NULL;
    struct rr_run_stream *len = rr_run_stream_open(run, "key_len", 4, err);
    if (len == NULL)
        return -1;
    key = rr_run_stream_open(run, "key", 1, err);
    if (key != NULL) {
        *n_keys = (uint32_t)rr_run_stream_length(len);
        *code = rr_malloc(*n_keys * sizeof **code);
        result = enter_keys(len, key, keys, *code, *n_keys, err);
    }
    rr_run_stream_close(len);
    rr_run_stream_close(key);
    return result;
}
