/* The laws of rows of records. */
#include "item_laws.h"

#include "../io/memory.h"

#include <stdio.h>

struct row {
    uint64_t fingerprint[2];
    int64_t time_ns;
    uint64_t place; /* its position, with the file's place in the order of paths */
};

struct value_columns {
    struct rr_run_stream *low, *high; /* high: NULL where 64 bits hold all */
    rr_decimal most;                  /* mantissas beyond it are no decimals */
};

struct row_laws {
    struct rr_item_laws base;
    const struct rr_run_laws *laws;
    const struct rr_run_entry *entry;
    struct rr_run_stream *fingerprint[2], *time, *position, *key;
    struct value_columns value[RR_JOB_VALUES];
    uint32_t n_keys;
    uint64_t *end;  /* of each file: no record that was read has this number or a higher one */
    uint64_t items; /* read so far */
};

/* The number behind the last record that was read of each file. */
static uint64_t *ends_of_files(const struct rr_manifest *m)
{
    uint64_t *end = rr_calloc(m->n_files, sizeof *end);
    for (uint32_t s = 0; s < m->n_splits; s++) {
        uint64_t *file = &end[m->splits[s].split.file];
        if (m->splits[s].next_record > *file)
            *file = m->splits[s].next_record;
    }
    return end;
}

static int check_position(const struct row_laws *r, uint64_t position, struct rr_error *err)
{
    uint32_t file = rr_position_file(position);
    uint64_t record = rr_position_record(position);
    const struct rr_manifest *m = r->laws->manifest;
    if (file >= m->n_files || m->files[file].path[0] == '\0')
        return rr_fail(err, RR_EXIT_DATA,
                       "a record is said to be of input %u, which is not in the manifest", file);
    uint32_t increment = m->files[file].increment;
    if (increment < r->entry->first_increment || increment > r->entry->last_increment)
        return rr_fail(err, RR_EXIT_DATA,
                       "a record is of %s, which came with increment %u, and the run is said to "
                       "hold %u to %u",
                       m->files[file].path, increment, r->entry->first_increment,
                       r->entry->last_increment);
    if (record == 0 || record >= r->end[file])
        return rr_fail(err, RR_EXIT_DATA,
                       "a record is said to be %s: record %llu, where %llu were read",
                       m->files[file].path, (unsigned long long)record,
                       (unsigned long long)(r->end[file] ? r->end[file] - 1 : 0));
    return 0;
}

static int check_value(struct value_columns *value, struct rr_error *err)
{
    uint64_t low, high;
    if (rr_run_stream_read(value->low, &low, 1, err) != 0)
        return -1;
    rr_decimal mantissa = (int64_t)low;
    if (value->high) {
        if (rr_run_stream_read(value->high, &high, 1, err) != 0)
            return -1;
        mantissa = (rr_decimal)((rr_u128)high << 64 | low);
    }
    if (mantissa > value->most || mantissa < -value->most)
        return rr_fail(err, RR_EXIT_DATA, "a record has a quantity of more than 20 digits");
    return 0;
}

static int read_row(struct row_laws *r, struct row *row, struct rr_error *err)
{
    uint64_t position;
    uint32_t key;
    if (rr_run_stream_read(r->fingerprint[0], &row->fingerprint[0], 1, err) != 0 ||
        rr_run_stream_read(r->fingerprint[1], &row->fingerprint[1], 1, err) != 0 ||
        rr_run_stream_read(r->time, &row->time_ns, 1, err) != 0 ||
        rr_run_stream_read(r->position, &position, 1, err) != 0 ||
        rr_run_stream_read(r->key, &key, 1, err) != 0)
        return -1;
    if (key >= r->n_keys)
        return rr_fail(err, RR_EXIT_DATA, "a record has key %u of %u", key, r->n_keys);
    if (check_position(r, position, err) != 0)
        return -1;
    row->place =
        rr_position(r->laws->place_of[rr_position_file(position)], rr_position_record(position));
    for (int v = 0; v < r->laws->job->n_values; v++)
        if (check_value(&r->value[v], err) != 0)
            return -1;
    return 0;
}

/* Whether a must not stand before b. */
static bool out_of_order(const struct row *a, const struct row *b)
{
    for (int i = 0; i < 2; i++)
        if (a->fingerprint[i] != b->fingerprint[i])
            return a->fingerprint[i] > b->fingerprint[i];
    if (a->time_ns != b->time_ns)
        return a->time_ns > b->time_ns;
    return a->place >= b->place;
}

static int check_rows(struct rr_item_laws *base, uint32_t n, struct rr_error *err)
{
    struct row_laws *r = (struct row_laws *)base;
    struct row before, row;
    for (uint32_t i = 0; i < n; i++) {
        if (read_row(r, &row, err) != 0)
            return -1;
        if (i > 0 && out_of_order(&before, &row))
            return rr_fail(err, RR_EXIT_DATA, "its record %u of %u is out of order or doubled",
                           i + 1, n);
        before = row;
    }
    r->items += n;
    return 0;
}

static int check_end(struct rr_item_laws *base, struct rr_error *err)
{
    struct row_laws *r = (struct row_laws *)base;
    bool left = rr_run_stream_length(r->fingerprint[0]) != r->items ||
                rr_run_stream_length(r->fingerprint[1]) != r->items ||
                rr_run_stream_length(r->time) != r->items ||
                rr_run_stream_length(r->position) != r->items ||
                rr_run_stream_length(r->key) != r->items;
    for (int v = 0; v < r->laws->job->n_values; v++)
        left |= rr_run_stream_length(r->value[v].low) != r->items ||
                (r->value[v].high && rr_run_stream_length(r->value[v].high) != r->items);
    return left ? rr_fail(err, RR_EXIT_DATA, "records are left that belong to no account") : 0;
}

static void close_rows(struct rr_item_laws *base)
{
    struct row_laws *r = (struct row_laws *)base;
    rr_run_stream_close(r->fingerprint[0]);
    rr_run_stream_close(r->fingerprint[1]);
    rr_run_stream_close(r->time);
    rr_run_stream_close(r->position);
    rr_run_stream_close(r->key);
    for (int v = 0; v < RR_JOB_VALUES; v++) {
        rr_run_stream_close(r->value[v].low);
        rr_run_stream_close(r->value[v].high);
    }
    free(r->end);
    free(r);
}

static int open_value(struct rr_run_reader *run, int v, struct value_columns *value,
                      struct rr_error *err)
{
    uint64_t scale, wide;
    char name[32];
    snprintf(name, sizeof name, "value%d_scale", v);
    if (rr_run_get(run, name, &scale, err) != 0)
        return -1;
    snprintf(name, sizeof name, "value%d_wide", v);
    if (rr_run_get(run, name, &wide, err) != 0)
        return -1;
    if (scale > RR_DECIMAL_PLACES)
        return rr_fail(err, RR_EXIT_DATA, "value %d has scale %llu", v, (unsigned long long)scale);
    value->most = (RR_DECIMAL_LIMIT - 1) / (rr_decimal)rr_pow10((unsigned)scale);
    snprintf(name, sizeof name, "value%d", v);
    value->low = rr_run_stream_open(run, name, 8, err);
    if (value->low == NULL || !wide)
        return value->low ? 0 : -1;
    snprintf(name, sizeof name, "value%d_high", v);
    value->high = rr_run_stream_open(run, name, 8, err);
    return value->high ? 0 : -1;
}

static int open_columns(struct row_laws *r, struct rr_run_reader *run, struct rr_error *err)
{
    r->fingerprint[0] = rr_run_stream_open(run, "fingerprint_high", 8, err);
    r->fingerprint[1] = rr_run_stream_open(run, "fingerprint_low", 8, err);
    r->time = rr_run_stream_open(run, "time_ns", 8, err);
    r->position = rr_run_stream_open(run, "position", 8, err);
    r->key = rr_run_stream_open(run, "row_key", 4, err);
    if (!r->fingerprint[0] || !r->fingerprint[1] || !r->time || !r->position || !r->key)
        return -1;
    for (int v = 0; v < r->laws->job->n_values; v++)
        if (open_value(run, v, &r->value[v], err) != 0)
            return -1;
    return 0;
}

struct rr_item_laws *rr_row_laws_open(const struct rr_run_laws *laws,
                                      const struct rr_run_entry *entry, struct rr_run_reader *run,
                                      uint32_t n_keys, struct rr_error *err)
{
    struct row_laws *r = rr_calloc(1, sizeof *r);
    r->base = (struct rr_item_laws){check_rows, check_end, close_rows, 0};
    r->laws = laws;
    r->entry = entry;
    r->n_keys = n_keys;
    r->end = ends_of_files(laws->manifest);
    if (open_columns(r, run, err) == 0)
        return &r->base;
    close_rows(&r->base);
    return NULL;
}
