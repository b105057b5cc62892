/* Runs of records. */
#include "record_run.h"

#include "../io/memory.h"
#include "order.h"

#include <stdio.h>

enum { PREFETCH = 12 };

/* A value column in a file: value = mantissa * 10^scale, the scale one for the whole run; the upper
 * half of the mantissa is there only where some value needs it. */
struct value_columns {
    unsigned scale;
    bool wide;
    int low, high;
};

struct row_columns {
    int fingerprint[2], time, position, key;
    struct value_columns value[RR_JOB_VALUES];
};

static struct rr_row row_at(const uint8_t *rows, uint32_t row_size, uint32_t i)
{
    struct rr_row row;
    memcpy(&row, rows + (size_t)i * row_size, sizeof row);
    return row;
}

static rr_decimal value_at(const uint8_t *rows, uint32_t row_size, uint32_t i, int column)
{
    rr_decimal value;
    memcpy(&value,
           rows + (size_t)i * row_size + sizeof(struct rr_row) + (size_t)column * sizeof value,
           sizeof value);
    return value;
}

/* The greatest power of ten that divides all values, and whether quotients need 128 bits. */
static void measure_values(const uint8_t *rows, uint32_t row_size, uint32_t n, int column,
                           struct value_columns *out)
{
    unsigned scale = RR_DECIMAL_PLACES;
    rr_decimal power = RR_DECIMAL_ONE, least = 0, most = 0;
    for (uint32_t i = 0; i < n; i++) {
        rr_decimal value = value_at(rows, row_size, i, column);
        for (; scale > 0 && value % power != 0; scale--)
            power /= 10;
        least = value < least ? value : least;
        most = value > most ? value : most;
    }
    out->scale = scale;
    out->wide = least / power < INT64_MIN || most / power > INT64_MAX;
}

/* Equal fingerprints are put in order of (time, position): only copies of a record share one. */
static void order_copies(const uint8_t *rows, uint32_t row_size, struct rr_sort_item *items,
                         uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        struct rr_sort_item item = items[i];
        if (items[i - 1].key != item.key)
            continue;
        struct rr_row row = row_at(rows, row_size, item.index);
        uint32_t at = i;
        for (; at > 0 && items[at - 1].key == item.key; at--) {
            struct rr_row other = row_at(rows, row_size, items[at - 1].index);
            if (other.fingerprint[1] != row.fingerprint[1]
                    ? other.fingerprint[1] < row.fingerprint[1]
                : other.time_ns != row.time_ns ? other.time_ns < row.time_ns
                                               : other.position <= row.position)
                break;
            items[at] = items[at - 1];
        }
        items[at] = item;
    }
}

static struct rr_groups order_rows(const struct rr_dictionary *accounts, uint32_t n_shards,
                                   const uint8_t *rows, uint32_t row_size, uint32_t n,
                                   struct rr_sort_item *items)
{
    uint32_t *account = rr_malloc((size_t)n * sizeof *account);
    for (uint32_t i = 0; i < n; i++) {
        struct rr_row row = row_at(rows, row_size, i);
        account[i] = row.account;
        items[i] = (struct rr_sort_item){row.fingerprint[0], i};
    }
    struct rr_groups groups = rr_order_items(accounts, n_shards, account, items, n, true);
    free(account);
    for (uint32_t g = 0; g < groups.n; g++)
        order_copies(rows, row_size, items + groups.start[g],
                     groups.start[g + 1] - groups.start[g]);
    return groups;
}

static int add_columns(struct rr_run_writer *run, const struct rr_job *job, const uint8_t *rows,
                       uint32_t n, struct row_columns *c, struct rr_error *err)
{
    c->fingerprint[0] = rr_run_add_column(run, "fingerprint_high", 8, true, err);
    c->fingerprint[1] = rr_run_add_column(run, "fingerprint_low", 8, true, err);
    c->time = rr_run_add_column(run, "time_ns", 8, false, err);
    c->position = rr_run_add_column(run, "position", 8, false, err);
    c->key = rr_run_add_column(run, "row_key", 4, false, err);
    if (c->key < 0)
        return -1;
    for (int v = 0; v < job->n_values; v++) {
        struct value_columns *value = &c->value[v];
        measure_values(rows, rr_row_size(job), n, v, value);
        char name[32];
        snprintf(name, sizeof name, "value%d_scale", v);
        if (rr_run_set(run, name, value->scale, err) != 0)
            return -1;
        snprintf(name, sizeof name, "value%d_wide", v);
        if (rr_run_set(run, name, value->wide, err) != 0)
            return -1;
        snprintf(name, sizeof name, "value%d", v);
        value->low = rr_run_add_column(run, name, 8, false, err);
        snprintf(name, sizeof name, "value%d_high", v);
        value->high = value->wide ? rr_run_add_column(run, name, 8, false, err) : 0;
        if (value->low < 0 || value->high < 0)
            return -1;
    }
    return 0;
}

/* Where a stretch of rows becomes columns: in the writer's own memory. */
struct stretch {
    uint64_t *fingerprint[2];
    int64_t *time_ns;
    uint64_t *position;
    uint32_t *key;
    uint64_t *low[RR_JOB_VALUES], *high[RR_JOB_VALUES];
};

static struct stretch next_stretch(struct rr_run_writer *run, const struct rr_job *job,
                                   const struct row_columns *c)
{
    struct stretch to = {
        .fingerprint = {rr_run_room(run, c->fingerprint[0]), rr_run_room(run, c->fingerprint[1])},
        .time_ns = rr_run_room(run, c->time),
        .position = rr_run_room(run, c->position),
        .key = rr_run_room(run, c->key)};
    for (int v = 0; v < job->n_values; v++) {
        to.low[v] = rr_run_room(run, c->value[v].low);
        to.high[v] = c->value[v].wide ? rr_run_room(run, c->value[v].high) : NULL;
    }
    return to;
}

static int filled(struct rr_run_writer *run, const struct rr_job *job, const struct row_columns *c,
                  uint32_t n, struct rr_error *err)
{
    if (rr_run_filled(run, c->fingerprint[0], n, err) != 0 ||
        rr_run_filled(run, c->fingerprint[1], n, err) != 0 ||
        rr_run_filled(run, c->time, n, err) != 0 || rr_run_filled(run, c->position, n, err) != 0 ||
        rr_run_filled(run, c->key, n, err) != 0)
        return -1;
    for (int v = 0; v < job->n_values; v++)
        if (rr_run_filled(run, c->value[v].low, n, err) != 0 ||
            (c->value[v].wide && rr_run_filled(run, c->value[v].high, n, err) != 0))
            return -1;
    return 0;
}

/* value / 10^scale, which leaves no remainder; most often the scale is that of whole numbers. */
static rr_decimal mantissa_of(rr_decimal value, unsigned scale)
{
    if (value == 0)
        return 0;
    return scale == RR_DECIMAL_PLACES ? value / RR_DECIMAL_ONE
                                      : value / (rr_decimal)rr_pow10(scale);
}

static void put_value(const struct stretch *to, uint32_t i, int v, const struct value_columns *c,
                      rr_decimal value)
{
    rr_decimal mantissa = mantissa_of(value, c->scale);
    to->low[v][i] = (uint64_t)mantissa;
    if (c->wide)
        to->high[v][i] = (uint64_t)((rr_u128)mantissa >> 64);
}

static void prefetch_row(const uint8_t *row, uint32_t row_size)
{
    __builtin_prefetch(row);
    __builtin_prefetch(row + row_size - 1); /* it may lie on two cache lines */
}

static int put_rows(struct rr_run_writer *run, const struct rr_job *job,
                    const struct row_columns *c, const uint32_t *key_rank,
                    const uint32_t *file_of_place, const uint8_t *rows,
                    const struct rr_sort_item *items, uint32_t n, struct rr_error *err)
{
    uint32_t row_size = rr_row_size(job);
    for (uint32_t at = 0; at < n; at += RR_RUN_STRETCH) {
        uint32_t take = n - at < RR_RUN_STRETCH ? n - at : RR_RUN_STRETCH;
        struct stretch to = next_stretch(run, job, c);
        for (uint32_t i = 0; i < take; i++) {
            if (at + i + PREFETCH < n)
                prefetch_row(rows + (size_t)items[at + i + PREFETCH].index * row_size, row_size);
            uint32_t index = items[at + i].index;
            struct rr_row row = row_at(rows, row_size, index);
            to.fingerprint[0][i] = row.fingerprint[0];
            to.fingerprint[1][i] = row.fingerprint[1];
            to.time_ns[i] = row.time_ns;
            to.position[i] = rr_position(file_of_place[rr_position_file(row.position)],
                                         rr_position_record(row.position));
            to.key[i] = key_rank[row.key];
            for (int v = 0; v < job->n_values; v++)
                put_value(&to, i, v, &c->value[v], value_at(rows, row_size, index, v));
        }
        if (filled(run, job, c, take, err) != 0)
            return -1;
    }
    return 0;
}

static int put_accounts(struct rr_run_writer *run, uint32_t n_shards,
                        const struct rr_dictionary *accounts, const struct rr_groups *groups,
                        struct rr_error *err)
{
    struct rr_accounts_writer *writer = rr_accounts_writer_create(run, n_shards, err);
    int result = writer ? 0 : -1;
    for (uint32_t g = 0; g < groups->n && result == 0; g++)
        result = rr_accounts_writer_add(writer, rr_dictionary_hash_of(accounts, groups->account[g]),
                                        rr_dictionary_text(accounts, groups->account[g]),
                                        groups->start[g + 1] - groups->start[g], 0, err);
    if (result == 0)
        result = rr_accounts_writer_finish(writer, 0, err);
    rr_accounts_writer_destroy(writer);
    return result;
}

int rr_record_run_write(const char *path, const struct rr_job *job, uint32_t n_shards,
                        const struct rr_dictionary *accounts, const struct rr_dictionary *keys,
                        const uint32_t *file_of_place, const uint8_t *rows, uint32_t n,
                        uint64_t *bytes, struct rr_digest *digest, struct rr_error *err)
{
    struct rr_run_writer *run = rr_run_create(path, RR_RUN_FAST, err);
    if (run == NULL)
        return -1;
    struct rr_sort_item *items = rr_malloc((size_t)n * sizeof *items);
    struct rr_groups groups = order_rows(accounts, n_shards, rows, rr_row_size(job), n, items);
    uint32_t *key_rank = NULL;
    struct row_columns columns;
    int result = rr_run_put_keys(run, keys, &key_rank, err);
    if (result == 0)
        result = add_columns(run, job, rows, n, &columns, err);
    if (result == 0)
        result = put_rows(run, job, &columns, key_rank, file_of_place, rows, items, n, err);
    if (result == 0)
        result = put_accounts(run, n_shards, accounts, &groups, err);
    free(key_rank);
    free(items);
    rr_groups_fini(&groups);
    if (result != 0) {
        rr_run_abandon(run);
        return -1;
    }
    return rr_run_finish(run, bytes, digest, err);
}

struct rr_record_reader {
    struct rr_run_reader *run;
    struct rr_accounts_reader *accounts;
    const struct rr_job *job;
    const uint32_t *place_of_file;
    uint32_t *key_code;
    uint32_t n_keys;
    uint32_t end;       /* the shard at which the slice ends, once it is read; UINT32_MAX: none */
    uint64_t low, high; /* its fingerprints */
    bool whole;         /* all fingerprints */
    uint64_t item;      /* the next account's first record */
    uint64_t wanted;    /* the next record of this account in the slice */
    uint64_t at;        /* where the streams stand */
    struct rr_run_stream *fingerprint[2], *time, *position, *key;
    struct {
        struct rr_run_stream *low, *high;
        rr_decimal power;
    } value[RR_JOB_VALUES];
};

static int open_value(struct rr_record_reader *r, int v, struct rr_error *err)
{
    uint64_t scale, wide;
    char name[32];
    snprintf(name, sizeof name, "value%d_scale", v);
    if (rr_run_get(r->run, name, &scale, err) != 0)
        return -1;
    snprintf(name, sizeof name, "value%d_wide", v);
    if (rr_run_get(r->run, name, &wide, err) != 0)
        return -1;
    if (scale > RR_DECIMAL_PLACES)
        return rr_fail(err, RR_EXIT_IO, "a run says scale %llu", (unsigned long long)scale);
    r->value[v].power = (rr_decimal)rr_pow10((unsigned)scale);
    snprintf(name, sizeof name, "value%d", v);
    r->value[v].low = rr_run_stream_open(r->run, name, 8, err);
    if (r->value[v].low == NULL)
        return -1;
    snprintf(name, sizeof name, "value%d_high", v);
    r->value[v].high = wide ? rr_run_stream_open(r->run, name, 8, err) : NULL;
    return wide && r->value[v].high == NULL ? -1 : 0;
}

static int open_rows(struct rr_record_reader *r, struct rr_error *err)
{
    r->fingerprint[0] = rr_run_stream_open(r->run, "fingerprint_high", 8, err);
    r->fingerprint[1] = rr_run_stream_open(r->run, "fingerprint_low", 8, err);
    r->time = rr_run_stream_open(r->run, "time_ns", 8, err);
    r->position = rr_run_stream_open(r->run, "position", 8, err);
    r->key = rr_run_stream_open(r->run, "row_key", 4, err);
    if (!r->fingerprint[0] || !r->fingerprint[1] || !r->time || !r->position || !r->key)
        return -1;
    for (int v = 0; v < r->job->n_values; v++)
        if (open_value(r, v, err) != 0)
            return -1;
    return 0;
}

struct rr_record_reader *rr_record_reader_open(const char *path, const struct rr_job *job,
                                               uint32_t n_shards, struct rr_dictionary *keys,
                                               const uint32_t *place_of_file, struct rr_error *err)
{
    struct rr_record_reader *r = rr_calloc(1, sizeof *r);
    uint64_t extra;
    r->job = job;
    r->place_of_file = place_of_file;
    r->run = rr_run_open(path, err);
    if (r->run == NULL)
        goto fail;
    r->accounts = rr_accounts_reader_open(r->run, n_shards, 0, 0, &r->item, &extra, err);
    if (r->accounts == NULL || rr_run_get_keys(r->run, keys, &r->key_code, &r->n_keys, err) != 0 ||
        open_rows(r, err) != 0) {
        rr_fail_prefix(err, "%s", path);
        goto fail;
    }
    return r;
fail:
    rr_record_reader_close(r);
    return NULL;
}

void rr_record_reader_close(struct rr_record_reader *r)
{
    if (r == NULL)
        return;
    rr_accounts_reader_close(r->accounts);
    rr_run_stream_close(r->fingerprint[0]);
    rr_run_stream_close(r->fingerprint[1]);
    rr_run_stream_close(r->time);
    rr_run_stream_close(r->position);
    rr_run_stream_close(r->key);
    for (int v = 0; v < RR_JOB_VALUES; v++) {
        rr_run_stream_close(r->value[v].low);
        rr_run_stream_close(r->value[v].high);
    }
    rr_run_close(r->run);
    free(r->key_code);
    free(r);
}

int rr_record_reader_select(struct rr_record_reader *r, const struct rr_slice *slice,
                            struct rr_error *err)
{
    uint64_t extra;
    r->low = slice->low;
    r->high = slice->high;
    r->whole = rr_slice_is_whole(slice);
    if (slice->first == r->end)
        rr_accounts_reader_extend(r->accounts, slice->end);
    else if (rr_accounts_reader_move(r->accounts, slice->first, slice->end, &r->item, &extra,
                                     err) != 0)
        return -1;
    r->end = slice->end;
    return 0;
}

static int fingerprint_at(struct rr_record_reader *r, uint64_t item, uint64_t *out,
                          struct rr_error *err)
{
    rr_run_stream_seek(r->fingerprint[0], item);
    return rr_run_stream_read(r->fingerprint[0], out, 1, err);
}

/* Where a fingerprint would stand among `n` that are evenly spread. */
static uint64_t guess(uint64_t fingerprint, uint64_t n)
{
    return (uint64_t)((rr_u128)fingerprint * n >> 64);
}

/* Narrows [*from, *to) with one look. Returns -1 on error. */
static int look_once(struct rr_record_reader *r, uint64_t fingerprint, uint64_t at, uint64_t *from,
                     uint64_t *to, struct rr_error *err)
{
    uint64_t found;
    if (at < *from || at >= *to)
        return 0;
    if (fingerprint_at(r, at, &found, err) != 0)
        return -1;
    if (found < fingerprint)
        *from = at + 1;
    else
        *to = at;
    return 0;
}

/* The first of the items [from, to), which rise, whose fingerprint is at least this one. First at a
 * distance from where it would be that it is hardly ever beyond, so that few chunks are read. */
static int find_fingerprint(struct rr_record_reader *r, uint64_t fingerprint, uint64_t from,
                            uint64_t to, uint64_t *at, struct rr_error *err)
{
    uint64_t expected = from + guess(fingerprint, to - from);
    for (uint64_t step = RR_RUN_STRETCH; step < to - from; step *= 8) {
        uint64_t first = from, end = to;
        if (look_once(r, fingerprint, expected - step, &from, &to, err) != 0 ||
            look_once(r, fingerprint, expected + step, &from, &to, err) != 0)
            return -1;
        if (from > first && to < end)
            break;
    }
    while (from < to)
        if (look_once(r, fingerprint, from + (to - from) / 2, &from, &to, err) != 0)
            return -1;
    *at = from;
    return 0;
}

/* The items of an account, [from, to), that are in the slice. */
static int find_slice(struct rr_record_reader *r, uint64_t *from, uint64_t *to,
                      struct rr_error *err)
{
    uint64_t first = *from, end = *to;
    if (r->low > 0 && find_fingerprint(r, r->low, first, end, from, err) != 0)
        return -1;
    if (r->high < UINT64_MAX && find_fingerprint(r, r->high + 1, first, end, to, err) != 0)
        return -1;
    rr_run_stream_seek(r->fingerprint[0], r->at);
    return 0;
}

/* Stands before those records of the account that are in the slice: 1, 0 when there are none, -1 on error. */
static int stand_before(struct rr_record_reader *r, struct rr_account_head *head,
                        struct rr_error *err)
{
    uint64_t from = r->item, to = r->item + head->items;
    r->item = to;
    if (!r->whole && find_slice(r, &from, &to, err) != 0)
        return -1;
    r->wanted = from;
    head->items = (uint32_t)(to - from);
    return from < to;
}

int rr_record_reader_next(struct rr_record_reader *r, struct rr_account_head *head,
                          struct rr_error *err)
{
    int got;
    while ((got = rr_accounts_reader_next(r->accounts, head, err)) > 0) {
        int any = stand_before(r, head, err);
        if (any != 0)
            return any;
    }
    return got;
}

int rr_record_reader_find(struct rr_record_reader *r, struct rr_text account,
                          struct rr_account_head *head, struct rr_error *err)
{
    int got;
    r->end = UINT32_MAX; /* it will stand inside of a shard: the next slice is sought */
    while ((got = rr_accounts_reader_next(r->accounts, head, err)) > 0) {
        if (rr_text_equal(head->name, account))
            return stand_before(r, head, err);
        r->item += head->items;
    }
    return got;
}

/* Brings all streams to the next record that is wanted. */
static void seek_rows(struct rr_record_reader *r)
{
    if (r->at == r->wanted)
        return;
    rr_run_stream_seek(r->fingerprint[0], r->wanted);
    rr_run_stream_seek(r->fingerprint[1], r->wanted);
    rr_run_stream_seek(r->time, r->wanted);
    rr_run_stream_seek(r->position, r->wanted);
    rr_run_stream_seek(r->key, r->wanted);
    for (int v = 0; v < r->job->n_values; v++) {
        rr_run_stream_seek(r->value[v].low, r->wanted);
        if (r->value[v].high)
            rr_run_stream_seek(r->value[v].high, r->wanted);
    }
    r->at = r->wanted;
}

/* The columns of one run rise together and have chunks of equal length, so they can be looked at
 * stretch by stretch. */
struct view {
    const uint64_t *fingerprint[2];
    const int64_t *time_ns;
    const uint64_t *position;
    const uint32_t *key;
    const uint64_t *low[RR_JOB_VALUES], *high[RR_JOB_VALUES];
};

static const void *look(struct rr_run_stream *stream, uint32_t n, uint32_t *got,
                        struct rr_error *err)
{
    size_t here = 0;
    const void *view = rr_run_stream_view(stream, n, &here, err);
    *got = here < *got ? (uint32_t)here : *got;
    return view;
}

/* Looks at up to n rows; returns how many, 0 on error. */
static uint32_t look_at_rows(struct rr_record_reader *r, uint32_t n, struct view *view,
                             struct rr_error *err)
{
    uint32_t got = n;
    view->fingerprint[0] = look(r->fingerprint[0], n, &got, err);
    view->fingerprint[1] = look(r->fingerprint[1], n, &got, err);
    view->time_ns = look(r->time, n, &got, err);
    view->position = look(r->position, n, &got, err);
    view->key = look(r->key, n, &got, err);
    bool all = view->fingerprint[0] && view->fingerprint[1] && view->time_ns && view->position &&
               view->key;
    for (int v = 0; v < r->job->n_values && all; v++) {
        view->low[v] = look(r->value[v].low, n, &got, err);
        view->high[v] = r->value[v].high ? look(r->value[v].high, n, &got, err) : NULL;
        all = view->low[v] && (view->high[v] || !r->value[v].high);
    }
    return all ? got : 0;
}

/* False when it is no decimal, which 64 bits always are. */
static bool value_of(const struct rr_record_reader *r, const struct view *view, int v, uint32_t i,
                     rr_decimal *value)
{
    if (!view->high[v]) {
        *value = (rr_decimal)(int64_t)view->low[v][i] * r->value[v].power;
        return true;
    }
    rr_decimal mantissa = (rr_decimal)((rr_u128)view->high[v][i] << 64 | view->low[v][i]);
    return !__builtin_mul_overflow(mantissa, r->value[v].power, value) && rr_decimal_fits(*value);
}

/* Leaves out the rows of dropped files, and counts the others. False when a row can't be: only a wrong
 * program writes such a run. */
static bool take_rows(const struct rr_record_reader *r, const struct view *view, uint32_t n,
                      uint32_t account, uint8_t *rows, uint32_t *kept)
{
    uint32_t row_size = rr_row_size(r->job);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t position = view->position[i];
        if (view->key[i] >= r->n_keys)
            return false;
        uint32_t place = r->place_of_file[rr_position_file(position)];
        if (place == RR_NO_PLACE)
            continue;
        struct rr_row row = {{view->fingerprint[0][i], view->fingerprint[1][i]},
                             view->time_ns[i],
                             rr_position(place, rr_position_record(position)),
                             account,
                             r->key_code[view->key[i]]};
        memcpy(rows, &row, sizeof row);
        for (int v = 0; v < r->job->n_values; v++) {
            rr_decimal value;
            if (!value_of(r, view, v, i, &value))
                return false;
            memcpy(rows + sizeof row + (size_t)v * sizeof value, &value, sizeof value);
        }
        rows += row_size;
        ++*kept;
    }
    return true;
}

int rr_record_reader_rows(struct rr_record_reader *r, uint32_t n, uint32_t account, uint8_t *rows,
                          uint32_t *kept, struct rr_error *err)
{
    struct view view;
    seek_rows(r);
    r->wanted += n;
    r->at += n;
    *kept = 0;
    for (uint32_t at = 0, got; at < n; at += got) {
        got = look_at_rows(r, n - at, &view, err);
        if (got == 0)
            return -1;
        if (!take_rows(r, &view, got, account, rows + (size_t)*kept * rr_row_size(r->job), kept))
            return rr_fail(err, RR_EXIT_IO, "a run holds a record that can't be");
    }
    return 0;
}
