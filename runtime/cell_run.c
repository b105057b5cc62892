/* Runs of cells. */
#include "cell_run.h"

#include "../io/memory.h"
#include "order.h"

enum { PREFETCH = 12 }; /* cells ahead: they are put in another order than they lie in memory */

struct rr_cell_writer {
    const struct rr_job *job;
    uint32_t n_shards;
    const uint32_t *file_of_place;
    struct rr_run_writer *run;
    struct rr_accounts_writer *accounts;
    uint32_t *key_rank;
    int key, bucket, records, state_len, state; /* columns */
    uint8_t *bytes;                             /* of one encoded state */
    size_t bytes_size;
    uint64_t n_cells, state_bytes;
    uint64_t account_cells, account_bytes; /* where the account in hand begins */
    int32_t first_bucket, last_bucket;
};

static int add_columns(struct rr_cell_writer *w, struct rr_error *err)
{
    w->key = rr_run_add_column(w->run, "cell_key", 4, false, err);
    w->bucket = w->key < 0 ? -1 : rr_run_add_column(w->run, "bucket", 4, false, err);
    w->records = w->bucket < 0 ? -1 : rr_run_add_column(w->run, "records", 8, false, err);
    w->state_len = w->records < 0 ? -1 : rr_run_add_column(w->run, "state_len", 4, false, err);
    w->state = w->state_len < 0 ? -1 : rr_run_add_column(w->run, "state", 1, false, err);
    return w->state < 0 ? -1 : 0;
}

struct rr_cell_writer *rr_cell_writer_create(const char *path, const struct rr_job *job,
                                             uint32_t n_shards, struct rr_plans *plans,
                                             const uint32_t *file_of_place, struct rr_error *err)
{
    return rr_cell_writer_create_for(path, job, n_shards, rr_plans_cell_keys(plans), file_of_place,
                                     err);
}

struct rr_cell_writer *rr_cell_writer_create_for(const char *path, const struct rr_job *job,
                                                 uint32_t n_shards,
                                                 const struct rr_dictionary *cell_keys,
                                                 const uint32_t *file_of_place,
                                                 struct rr_error *err)
{
    struct rr_cell_writer *w = rr_calloc(1, sizeof *w);
    w->job = job;
    w->n_shards = n_shards;
    w->file_of_place = file_of_place;
    w->run = rr_run_create(path, RR_RUN_SMALL, err);
    if (w->run == NULL)
        goto fail;
    w->accounts = rr_accounts_writer_create(w->run, n_shards, err);
    if (w->accounts == NULL)
        goto fail;
    if (rr_run_put_keys(w->run, cell_keys, &w->key_rank, err) != 0 || add_columns(w, err) != 0)
        goto fail;
    return w;
fail:
    rr_cell_writer_abandon(w);
    return NULL;
}

static void free_writer(struct rr_cell_writer *w)
{
    rr_accounts_writer_destroy(w->accounts);
    free(w->key_rank);
    free(w->bytes);
    free(w);
}

void rr_cell_writer_abandon(struct rr_cell_writer *w)
{
    if (w == NULL)
        return;
    rr_run_abandon(w->run);
    free_writer(w);
}

uint64_t rr_cell_writer_size(const struct rr_cell_writer *w)
{
    return w->n_cells;
}

uint64_t rr_cell_writer_bytes(const struct rr_cell_writer *w)
{
    enum { COLUMNS = 20 }; /* of a cell, without its state */
    return w->state_bytes + w->n_cells * COLUMNS;
}

void rr_cell_writer_buckets(const struct rr_cell_writer *w, int32_t *first, int32_t *last)
{
    *first = w->first_bucket;
    *last = w->last_bucket;
}

static void note_bucket(struct rr_cell_writer *w, int32_t bucket)
{
    if (w->n_cells == 0 || bucket < w->first_bucket)
        w->first_bucket = bucket;
    if (w->n_cells == 0 || bucket > w->last_bucket)
        w->last_bucket = bucket;
}

static size_t encode_state(struct rr_cell_writer *w, const struct rr_kernel *kernel, void *state)
{
    size_t most = rr_kernel_encoded_max(kernel, state);
    if (kernel->reposition)
        kernel->reposition(state, w->file_of_place);
    if (most > w->bytes_size) {
        w->bytes_size = 2 * most;
        w->bytes = rr_realloc(w->bytes, w->bytes_size);
    }
    return kernel->encode(state, w->bytes);
}

int rr_cell_writer_cell(struct rr_cell_writer *w, uint32_t key, const struct rr_cell *cell,
                        struct rr_error *err)
{
    const struct rr_kernel *kernel = w->job->meters[cell->meter].kernel;
    size_t len = encode_state(w, kernel, cell->state);
    if (len > UINT32_MAX)
        return rr_fail(err, RR_EXIT_DATA, "a %s of one cell takes more than 4 GB", kernel->name);
    uint32_t state_len = (uint32_t)len;
    note_bucket(w, cell->bucket);
    w->n_cells++;
    w->state_bytes += len;
    if (rr_run_put(w->run, w->key, &w->key_rank[key], 1, err) != 0 ||
        rr_run_put(w->run, w->bucket, &cell->bucket, 1, err) != 0 ||
        rr_run_put(w->run, w->records, &cell->records, 1, err) != 0 ||
        rr_run_put(w->run, w->state_len, &state_len, 1, err) != 0 ||
        rr_run_put(w->run, w->state, w->bytes, len, err) != 0)
        return -1;
    return 0;
}

int rr_cell_writer_account(struct rr_cell_writer *w, uint64_t hash, struct rr_text name,
                           struct rr_error *err)
{
    uint64_t n = w->n_cells - w->account_cells;
    if (n > UINT32_MAX)
        return rr_fail(err, RR_EXIT_DATA, "account '%.*s' has too many cells", RR_SHOW(name));
    int result =
        rr_accounts_writer_add(w->accounts, hash, name, (uint32_t)n, w->account_bytes, err);
    w->account_cells = w->n_cells;
    w->account_bytes = w->state_bytes;
    return result;
}

static int put_fold_cell(struct rr_cell_writer *w, struct rr_fold_cell *from, struct rr_error *err)
{
    struct rr_cell cell = {.meter = (int)from->meter,
                           .bucket = from->bucket,
                           .records = from->records,
                           .state = from->state};
    return rr_cell_writer_cell(w, from->key, &cell, err);
}

static int put_groups(struct rr_cell_writer *w, struct rr_fold *fold,
                      const struct rr_dictionary *accounts, const struct rr_groups *groups,
                      const struct rr_sort_item *items, struct rr_error *err)
{
    for (uint32_t g = 0; g < groups->n; g++) {
        uint32_t account = groups->account[g];
        for (uint32_t i = groups->start[g]; i < groups->start[g + 1]; i++) {
            if (i + PREFETCH < groups->start[groups->n])
                __builtin_prefetch(rr_fold_at(fold, items[i + PREFETCH].index));
            if (put_fold_cell(w, rr_fold_at(fold, items[i].index), err) != 0)
                return -1;
        }
        if (rr_cell_writer_account(w, rr_dictionary_hash_of(accounts, account),
                                   rr_dictionary_text(accounts, account), err) != 0)
            return -1;
    }
    return 0;
}

int rr_cell_writer_put(struct rr_cell_writer *w, struct rr_fold *fold,
                       const struct rr_dictionary *accounts, struct rr_error *err)
{
    uint32_t n = rr_fold_size(fold);
    if (n == 0)
        return 0;
    struct rr_sort_item *items = rr_malloc((size_t)n * sizeof *items);
    uint32_t *account = rr_malloc((size_t)n * sizeof *account);
    for (uint32_t i = 0; i < n; i++) {
        const struct rr_fold_cell *cell = rr_fold_at(fold, i);
        uint32_t bucket = (uint32_t)cell->bucket ^ 0x80000000u; /* signed order */
        account[i] = cell->account;
        items[i] = (struct rr_sort_item){(uint64_t)w->key_rank[cell->key] << 32 | bucket, i};
    }
    struct rr_groups groups = rr_order_items(accounts, w->n_shards, account, items, n, false);
    int result = put_groups(w, fold, accounts, &groups, items, err);
    rr_groups_fini(&groups);
    free(account);
    free(items);
    return result;
}

int rr_cell_writer_finish(struct rr_cell_writer *w, uint64_t *bytes, struct rr_digest *digest,
                          struct rr_error *err)
{
    if (rr_accounts_writer_finish(w->accounts, w->state_bytes, err) != 0) {
        rr_cell_writer_abandon(w);
        return -1;
    }
    int result = rr_run_finish(w->run, bytes, digest, err);
    free_writer(w);
    return result;
}

int rr_cell_run_learn(const char *path, struct rr_dictionary *keys, struct rr_error *err)
{
    uint32_t *code = NULL, n;
    struct rr_run_reader *run = rr_run_open(path, err);
    int result = run ? rr_run_get_keys(run, keys, &code, &n, err) : -1;
    free(code);
    rr_run_close(run);
    return result;
}

struct rr_cell_reader {
    const struct rr_job *job;
    struct rr_run_reader *run;
    struct rr_accounts_reader *accounts;
    const struct rr_dictionary *keys;
    const uint32_t *place_of_file;
    uint32_t *key_code;
    int *key_meter; /* one for each of the run's keys */
    uint32_t n_keys;
    struct rr_run_stream *key, *bucket, *records, *state_len, *state;
    uint8_t *bytes; /* of one encoded state */
    uint32_t bytes_size;
};

static int open_cells(struct rr_cell_reader *r, uint64_t item, uint64_t extra, struct rr_error *err)
{
    r->key = rr_run_stream_at(r->run, "cell_key", 4, item, err);
    r->bucket = rr_run_stream_at(r->run, "bucket", 4, item, err);
    r->records = rr_run_stream_at(r->run, "records", 8, item, err);
    r->state_len = rr_run_stream_at(r->run, "state_len", 4, item, err);
    r->state = rr_run_stream_at(r->run, "state", 1, extra, err);
    return r->key && r->bucket && r->records && r->state_len && r->state ? 0 : -1;
}

static int open_keys(struct rr_cell_reader *r, struct rr_dictionary *keys, struct rr_error *err)
{
    if (rr_run_get_keys(r->run, keys, &r->key_code, &r->n_keys, err) != 0)
        return -1;
    r->key_meter = rr_malloc(r->n_keys * sizeof *r->key_meter);
    for (uint32_t i = 0; i < r->n_keys; i++) {
        r->key_meter[i] = r->job->meter_of(r->job->self, rr_dictionary_text(keys, r->key_code[i]));
        if (r->key_meter[i] < 0 || r->key_meter[i] >= r->job->n_meters)
            return rr_fail(err, RR_EXIT_IO, "a run has a cell key of no meter");
    }
    return 0;
}

struct rr_cell_reader *rr_cell_reader_open(const char *path, const struct rr_job *job,
                                           uint32_t n_shards, uint32_t first, uint32_t end,
                                           struct rr_dictionary *keys,
                                           const uint32_t *place_of_file, struct rr_error *err)
{
    struct rr_cell_reader *r = rr_calloc(1, sizeof *r);
    uint64_t item, extra;
    r->job = job;
    r->keys = keys;
    r->place_of_file = place_of_file;
    r->run = rr_run_open(path, err);
    if (r->run == NULL)
        goto fail;
    r->accounts = rr_accounts_reader_open(r->run, n_shards, first, end, &item, &extra, err);
    if (r->accounts == NULL || open_keys(r, keys, err) != 0 ||
        open_cells(r, item, extra, err) != 0) {
        rr_fail_prefix(err, "%s", path);
        goto fail;
    }
    return r;
fail:
    rr_cell_reader_close(r);
    return NULL;
}

void rr_cell_reader_close(struct rr_cell_reader *r)
{
    if (r == NULL)
        return;
    rr_accounts_reader_close(r->accounts);
    rr_run_stream_close(r->key);
    rr_run_stream_close(r->bucket);
    rr_run_stream_close(r->records);
    rr_run_stream_close(r->state_len);
    rr_run_stream_close(r->state);
    rr_run_close(r->run);
    free(r->key_code);
    free(r->key_meter);
    free(r->bytes);
    free(r);
}

int rr_cell_reader_next(struct rr_cell_reader *r, struct rr_account_head *head,
                        struct rr_error *err)
{
    return rr_accounts_reader_next(r->accounts, head, err);
}

static int read_state(struct rr_cell_reader *r, uint32_t len, struct rr_error *err)
{
    if (len > rr_run_stream_length(r->state))
        return rr_fail(err, RR_EXIT_IO, "a run holds a cell that can't be");
    if (len > r->bytes_size) {
        r->bytes_size = len < UINT32_MAX / 2 ? 2 * len : len;
        r->bytes = rr_realloc(r->bytes, r->bytes_size);
    }
    return rr_run_stream_read(r->state, r->bytes, len, err);
}

int rr_cell_reader_cell(struct rr_cell_reader *r, uint32_t *key, struct rr_cell *cell, void *state,
                        struct rr_error *err)
{
    uint32_t number, len;
    if (rr_run_stream_read(r->key, &number, 1, err) != 0 ||
        rr_run_stream_read(r->bucket, &cell->bucket, 1, err) != 0 ||
        rr_run_stream_read(r->records, &cell->records, 1, err) != 0 ||
        rr_run_stream_read(r->state_len, &len, 1, err) != 0 || read_state(r, len, err) != 0)
        return -1;
    if (number >= r->n_keys)
        return rr_fail(err, RR_EXIT_IO, "a run holds a cell that can't be");
    *key = r->key_code[number];
    cell->meter = r->key_meter[number];
    const struct rr_kernel *kernel = r->job->meters[cell->meter].kernel;
    if (!kernel->decode(state, r->bytes, len, kernel->version))
        return rr_fail(err, RR_EXIT_IO, "a run holds a %s state that can't be decoded",
                       kernel->name);
    if (kernel->reposition)
        kernel->reposition(state, r->place_of_file);
    return 0;
}

int rr_cell_reader_skip(struct rr_cell_reader *r, uint32_t n, struct rr_error *err)
{
    uint64_t bytes = 0;
    rr_run_stream_skip(r->key, n);
    rr_run_stream_skip(r->bucket, n);
    rr_run_stream_skip(r->records, n);
    while (n > 0) {
        size_t got;
        const uint32_t *len = rr_run_stream_view(r->state_len, n, &got, err);
        if (len == NULL)
            return -1;
        for (size_t i = 0; i < got; i++)
            bytes += len[i];
        n -= (uint32_t)got;
    }
    rr_run_stream_skip(r->state, bytes);
    return 0;
}
