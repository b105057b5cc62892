/* The laws of cells. */
#include "item_laws.h"

#include "../io/memory.h"

enum { STATE_WORDS = RR_STATE_MAX / 8 };

struct cell_laws {
    struct rr_item_laws base;
    const struct rr_run_laws *laws;
    const struct rr_run_entry *entry;
    struct rr_run_stream *key, *bucket, *records, *state_len, *state;
    uint32_t n_keys;
    const int *key_meter;
    uint64_t items;
    int32_t first_bucket, last_bucket; /* of the cells read so far */
    uint8_t *bytes, *again;            /* a state as it stands, and as it is encoded anew */
    size_t bytes_size, again_size;
};

/* Decodes the state and encodes it: the same bytes must come of it. */
static int check_state(struct cell_laws *c, const struct rr_kernel *kernel, uint32_t len,
                       struct rr_error *err)
{
    uint64_t state[STATE_WORDS];
    if (!kernel->decode(state, c->bytes, len, kernel->version))
        return rr_fail(err, RR_EXIT_DATA, "a cell is no %s that can be decoded", kernel->name);
    size_t most = rr_kernel_encoded_max(kernel, state);
    if (most > c->again_size) {
        c->again_size = 2 * most;
        c->again = rr_realloc(c->again, c->again_size);
    }
    size_t n = kernel->encode(state, c->again);
    rr_kernel_fini(kernel, state);
    if (n == len && (n == 0 || memcmp(c->bytes, c->again, n) == 0))
        return 0;
    return rr_fail(err, RR_EXIT_DATA, "the state of a %s is not as its kernel writes it",
                   kernel->name);
}

static int read_state(struct cell_laws *c, uint32_t *len, struct rr_error *err)
{
    if (rr_run_stream_read(c->state_len, len, 1, err) != 0)
        return -1;
    c->base.extra += *len;
    if (c->base.extra > rr_run_stream_length(c->state))
        return rr_fail(err, RR_EXIT_DATA, "its states are longer than they can be");
    if (*len > c->bytes_size) {
        c->bytes_size = 2 * (size_t)*len;
        c->bytes = rr_realloc(c->bytes, c->bytes_size);
    }
    return rr_run_stream_read(c->state, c->bytes, *len, err);
}

static int check_bucket(struct cell_laws *c, int32_t bucket, struct rr_error *err)
{
    if (bucket < c->entry->first_bucket || bucket > c->entry->last_bucket)
        return rr_fail(err, RR_EXIT_DATA, "a cell has bucket %d, outside of the run's %d to %d",
                       bucket, c->entry->first_bucket, c->entry->last_bucket);
    bool first = c->items == 0;
    c->first_bucket = first || bucket < c->first_bucket ? bucket : c->first_bucket;
    c->last_bucket = first || bucket > c->last_bucket ? bucket : c->last_bucket;
    return 0;
}

static int check_cell(struct cell_laws *c, uint32_t *key, int32_t *bucket, struct rr_error *err)
{
    uint64_t records;
    uint32_t len;
    if (rr_run_stream_read(c->key, key, 1, err) != 0 ||
        rr_run_stream_read(c->bucket, bucket, 1, err) != 0 ||
        rr_run_stream_read(c->records, &records, 1, err) != 0 || read_state(c, &len, err) != 0)
        return -1;
    if (*key >= c->n_keys)
        return rr_fail(err, RR_EXIT_DATA, "a cell has key %u of %u", *key, c->n_keys);
    if (records == 0)
        return rr_fail(err, RR_EXIT_DATA, "a cell has no records");
    if (check_bucket(c, *bucket, err) != 0)
        return -1;
    const struct rr_job *job = c->laws->job;
    return check_state(c, job->meters[c->key_meter[*key]].kernel, len, err);
}

static int check_cells(struct rr_item_laws *base, uint32_t n, struct rr_error *err)
{
    struct cell_laws *c = (struct cell_laws *)base;
    uint32_t key_before = 0, key;
    int32_t bucket_before = 0, bucket;
    for (uint32_t i = 0; i < n; i++) {
        if (check_cell(c, &key, &bucket, err) != 0)
            return -1;
        if (i > 0 && (key < key_before || (key == key_before && bucket <= bucket_before)))
            return rr_fail(err, RR_EXIT_DATA, "its cell %u of %u is out of order or doubled", i + 1,
                           n);
        key_before = key;
        bucket_before = bucket;
        c->items++;
    }
    return 0;
}

static int check_end(struct rr_item_laws *base, struct rr_error *err)
{
    struct cell_laws *c = (struct cell_laws *)base;
    if (rr_run_stream_length(c->key) != c->items || rr_run_stream_length(c->bucket) != c->items ||
        rr_run_stream_length(c->records) != c->items ||
        rr_run_stream_length(c->state_len) != c->items ||
        rr_run_stream_length(c->state) != c->base.extra)
        return rr_fail(err, RR_EXIT_DATA, "cells are left that belong to no account");
    if (c->items > 0 &&
        (c->first_bucket != c->entry->first_bucket || c->last_bucket != c->entry->last_bucket))
        return rr_fail(err, RR_EXIT_DATA,
                       "its buckets are %d to %d where the manifest says %d to %d", c->first_bucket,
                       c->last_bucket, c->entry->first_bucket, c->entry->last_bucket);
    return 0;
}

static void close_cells(struct rr_item_laws *base)
{
    struct cell_laws *c = (struct cell_laws *)base;
    rr_run_stream_close(c->key);
    rr_run_stream_close(c->bucket);
    rr_run_stream_close(c->records);
    rr_run_stream_close(c->state_len);
    rr_run_stream_close(c->state);
    free(c->bytes);
    free(c->again);
    free(c);
}

struct rr_item_laws *rr_cell_laws_open(const struct rr_run_laws *laws,
                                       const struct rr_run_entry *entry, struct rr_run_reader *run,
                                       uint32_t n_keys, const int *key_meter, struct rr_error *err)
{
    struct cell_laws *c = rr_calloc(1, sizeof *c);
    c->base = (struct rr_item_laws){check_cells, check_end, close_cells, 0};
    c->laws = laws;
    c->entry = entry;
    c->n_keys = n_keys;
    c->key_meter = key_meter;
    c->key = rr_run_stream_open(run, "cell_key", 4, err);
    c->bucket = rr_run_stream_open(run, "bucket", 4, err);
    c->records = rr_run_stream_open(run, "records", 8, err);
    c->state_len = rr_run_stream_open(run, "state_len", 4, err);
    c->state = rr_run_stream_open(run, "state", 1, err);
    if (c->key && c->bucket && c->records && c->state_len && c->state)
        return &c->base;
    close_cells(&c->base);
    return NULL;
}
