/* The kernels that come with the program; those that keep lists stand in kernel_lists.c. */
#include "kernel_lists.h"
#include "level.h"

#include <rerate/sum.h>

#include <string.h>

static void init_zero(void *state, size_t size)
{
    memset(state, 0, size);
}

/* count: the number of records, as a decimal. */

struct count {
    uint64_t records;
};

static void count_init(void *state)
{
    init_zero(state, sizeof(struct count));
}

static void count_update(void *const states[], const struct rr_rows *rows)
{
    for (uint32_t i = 0; i < rows->n; i++)
        ((struct count *)states[i])->records++;
}

static void count_merge(void *into, const void *from)
{
    ((struct count *)into)->records += ((const struct count *)from)->records;
}

static size_t count_encode(void *state, uint8_t *out)
{
    return rr_varint_encode(((const struct count *)state)->records, out);
}

static bool count_decode(void *state, const uint8_t *bytes, size_t len, unsigned version)
{
    uint64_t *records = &((struct count *)state)->records;
    return version == 1 && len > 0 && rr_varint_decode(bytes, len, records) == len;
}

static bool count_finalize(void *state, rr_decimal parameter, rr_decimal *value)
{
    (void)parameter;
    /* 2^64 is below 10^20, so this always fits. */
    *value = (rr_decimal)((const struct count *)state)->records * RR_DECIMAL_ONE;
    return true;
}

/* sum: wide enough that no order of terms overflows; only the end must fit. */

enum { SUM_WIDE = 0xff }; /* first byte of a sum that is no decimal */

static void sum_init(void *state)
{
    init_zero(state, sizeof(struct rr_sum));
}

static void sum_update(void *const states[], const struct rr_rows *rows)
{
    for (uint32_t i = 0; i < rows->n; i++)
        rr_sum_add(states[i], rows->value[i]);
}

static void sum_merge(void *into, const void *from)
{
    rr_sum_merge(into, from);
}

static size_t sum_encode(void *state, uint8_t *out)
{
    rr_decimal value;
    if (rr_sum_decimal(state, &value))
        return rr_decimal_encode(value, out);
    out[0] = SUM_WIDE;
    memcpy(out + 1, state, sizeof(struct rr_sum));
    return 1 + sizeof(struct rr_sum);
}

static bool sum_decode(void *state, const uint8_t *bytes, size_t len, unsigned version)
{
    rr_decimal value;
    if (version != 1 || len == 0)
        return false;
    if (bytes[0] == SUM_WIDE) {
        if (len != 1 + sizeof(struct rr_sum))
            return false;
        memcpy(state, bytes + 1, sizeof(struct rr_sum));
        return !rr_sum_decimal(state, &value);
    }
    if (rr_decimal_decode(bytes, len, &value) != len)
        return false;
    sum_init(state);
    rr_sum_add(state, value);
    return true;
}

static bool sum_finalize(void *state, rr_decimal parameter, rr_decimal *value)
{
    (void)parameter;
    return rr_sum_decimal(state, value);
}

/* min and max: a value, or none yet. */

struct extreme {
    uint64_t value[2]; /* a decimal; states are aligned to 8 bytes only */
    uint64_t known;
};

static rr_decimal extreme_value(const struct extreme *state)
{
    return (rr_decimal)((rr_u128)state->value[1] << 64 | state->value[0]);
}

static void extreme_set(struct extreme *state, rr_decimal value)
{
    state->value[0] = (uint64_t)value;
    state->value[1] = (uint64_t)((rr_u128)value >> 64);
    state->known = 1;
}

static void extreme_init(void *state)
{
    init_zero(state, sizeof(struct extreme));
}

static void lower(struct extreme *state, rr_decimal value)
{
    if (!state->known || value < extreme_value(state))
        extreme_set(state, value);
}

static void raise(struct extreme *state, rr_decimal value)
{
    if (!state->known || value > extreme_value(state))
        extreme_set(state, value);
}

static void min_update(void *const states[], const struct rr_rows *rows)
{
    for (uint32_t i = 0; i < rows->n; i++)
        lower(states[i], rows->value[i]);
}

static void max_update(void *const states[], const struct rr_rows *rows)
{
    for (uint32_t i = 0; i < rows->n; i++)
        raise(states[i], rows->value[i]);
}

static void min_merge(void *into, const void *from)
{
    const struct extreme *other = from;
    if (other->known)
        lower(into, extreme_value(other));
}

static void max_merge(void *into, const void *from)
{
    const struct extreme *other = from;
    if (other->known)
        raise(into, extreme_value(other));
}

static size_t extreme_encode(void *state, uint8_t *out)
{
    const struct extreme *extreme = state;
    return extreme->known ? rr_decimal_encode(extreme_value(extreme), out) : 0;
}

static bool extreme_decode(void *state, const uint8_t *bytes, size_t len, unsigned version)
{
    rr_decimal value;
    extreme_init(state);
    if (version != 1)
        return false;
    if (len == 0)
        return true;
    if (rr_decimal_decode(bytes, len, &value) != len)
        return false;
    extreme_set(state, value);
    return true;
}

static bool extreme_finalize(void *state, rr_decimal parameter, rr_decimal *value)
{
    (void)parameter;
    *value = extreme_value(state);
    return true;
}

/* latest: the value of the record with the greatest (timestamp, position). */

struct latest {
    struct extreme value;
    int64_t time_ns;
    uint64_t position;
};

static void latest_init(void *state)
{
    init_zero(state, sizeof(struct latest));
}

static void latest_offer(struct latest *state, rr_decimal value, int64_t time_ns, uint64_t position)
{
    if (state->value.known &&
        (time_ns < state->time_ns || (time_ns == state->time_ns && position < state->position)))
        return;
    extreme_set(&state->value, value);
    state->time_ns = time_ns;
    state->position = position;
}

static void latest_update(void *const states[], const struct rr_rows *rows)
{
    for (uint32_t i = 0; i < rows->n; i++)
        latest_offer(states[i], rows->value[i], rows->time_ns[i], rows->position[i]);
}

static void latest_merge(void *into, const void *from)
{
    const struct latest *other = from;
    if (other->value.known)
        latest_offer(into, extreme_value(&other->value), other->time_ns, other->position);
}

static size_t latest_encode(void *state, uint8_t *out)
{
    const struct latest *latest = state;
    if (!latest->value.known)
        return 0;
    memcpy(out, &latest->time_ns, 8);
    memcpy(out + 8, &latest->position, 8);
    return 16 + rr_decimal_encode(extreme_value(&latest->value), out + 16);
}

static bool latest_decode(void *state, const uint8_t *bytes, size_t len, unsigned version)
{
    struct latest *latest = state;
    latest_init(state);
    if (version != 1)
        return false;
    if (len == 0)
        return true;
    if (len < 16 || !extreme_decode(&latest->value, bytes + 16, len - 16, 1))
        return false;
    memcpy(&latest->time_ns, bytes, 8);
    memcpy(&latest->position, bytes + 8, 8);
    return latest->value.known;
}

static bool latest_finalize(void *state, rr_decimal parameter, rr_decimal *value)
{
    return extreme_finalize(&((struct latest *)state)->value, parameter, value);
}

static void latest_reposition(void *state, const uint32_t *file_map)
{
    struct latest *latest = state;
    if (latest->value.known)
        latest->position = rr_position(file_map[rr_position_file(latest->position)],
                                       rr_position_record(latest->position));
}

/* average: a sum and a number of records. */

struct average {
    struct rr_sum sum;
    struct count count;
};

static void average_init(void *state)
{
    init_zero(state, sizeof(struct average));
}

static void average_update(void *const states[], const struct rr_rows *rows)
{
    for (uint32_t i = 0; i < rows->n; i++) {
        struct average *average = states[i];
        rr_sum_add(&average->sum, rows->value[i]);
        average->count.records++;
    }
}

static void average_merge(void *into, const void *from)
{
    rr_sum_merge(&((struct average *)into)->sum, &((const struct average *)from)->sum);
    count_merge(&((struct average *)into)->count, &((const struct average *)from)->count);
}

static size_t average_encode(void *state, uint8_t *out)
{
    struct average *average = state;
    size_t n = count_encode(&average->count, out);
    return average->count.records > 0 ? n + sum_encode(&average->sum, out + n) : 0;
}

static bool average_decode(void *state, const uint8_t *bytes, size_t len, unsigned version)
{
    struct average *average = state;
    average_init(state);
    if (version != 1 || len == 0)
        return version == 1;
    size_t n = rr_varint_decode(bytes, len, &average->count.records);
    return n > 0 && average->count.records > 0 && sum_decode(&average->sum, bytes + n, len - n, 1);
}

/* To 18 places, half even. */
static bool average_finalize(void *state, rr_decimal parameter, rr_decimal *value)
{
    (void)parameter;
    const struct average *average = state;
    *value = 0;
    if (average->count.records == 0)
        return true;
    return rr_sum_divide(&average->sum, average->count.records, value);
}

/* time_weighted: a level's changes. What they come to over time, rating works out. */

static void level_init(void *state)
{
    init_zero(state, sizeof(struct rr_level));
}

static void changes_update(void *const states[], const struct rr_rows *rows)
{
    for (uint32_t i = 0; i < rows->n; i++)
        rr_level_change(states[i], rows->value[i], rows->time_ns[i]);
}

static void changes_merge(void *into, const void *from)
{
    rr_level_merge(into, from);
}

/* Bytes of a number in two's complement without those that only repeat its sign. */
static size_t signed_bytes(const uint8_t *bytes, size_t len)
{
    while (len > 0 && (bytes[len - 1] == 0 || bytes[len - 1] == 0xff)) {
        bool negative = bytes[len - 1] == 0xff;
        if (len == 1 ? negative : (bytes[len - 2] >> 7) != negative)
            break;
        len--;
    }
    return len;
}

static size_t changes_encode(void *state, uint8_t *out)
{
    const struct rr_level *level = state;
    size_t n = signed_bytes((const uint8_t *)level->moment, sizeof level->moment);
    out[0] = (uint8_t)n;
    memcpy(out + 1, level->moment, n);
    return 1 + n + sum_encode(&((struct rr_level *)state)->change, out + 1 + n);
}

static bool changes_decode(void *state, const uint8_t *bytes, size_t len, unsigned version)
{
    struct rr_level *level = state;
    level_init(state);
    if (version != 1 || len == 0 || bytes[0] > sizeof level->moment || len < 1u + bytes[0])
        return false;
    size_t n = bytes[0];
    bool negative = n > 0 && bytes[n] >> 7;
    memset(level->moment, negative ? 0xff : 0, sizeof level->moment);
    memcpy(level->moment, bytes + 1, n);
    return signed_bytes((const uint8_t *)level->moment, sizeof level->moment) == n &&
           sum_decode(&level->change, bytes + 1 + n, len - 1 - n, 1);
}

static bool changes_finalize(void *state, rr_decimal parameter, rr_decimal *value)
{
    return sum_finalize(&((struct rr_level *)state)->change, parameter, value);
}

static const struct rr_kernel kernel_count = {
    .name = "count",
    .version = 1,
    .state_size = sizeof(struct count),
    .additive = true,
    .init = count_init,
    .update = count_update,
    .merge = count_merge,
    .encode = count_encode,
    .decode = count_decode,
    .finalize = count_finalize,
};
static const struct rr_kernel kernel_sum = {
    .name = "sum",
    .version = 1,
    .state_size = sizeof(struct rr_sum),
    .needs_value = true,
    .additive = true,
    .init = sum_init,
    .update = sum_update,
    .merge = sum_merge,
    .encode = sum_encode,
    .decode = sum_decode,
    .finalize = sum_finalize,
};
static const struct rr_kernel kernel_min = {
    .name = "min",
    .version = 1,
    .state_size = sizeof(struct extreme),
    .needs_value = true,
    .init = extreme_init,
    .update = min_update,
    .merge = min_merge,
    .encode = extreme_encode,
    .decode = extreme_decode,
    .finalize = extreme_finalize,
};
static const struct rr_kernel kernel_max = {
    .name = "max",
    .version = 1,
    .state_size = sizeof(struct extreme),
    .needs_value = true,
    .init = extreme_init,
    .update = max_update,
    .merge = max_merge,
    .encode = extreme_encode,
    .decode = extreme_decode,
    .finalize = extreme_finalize,
};
static const struct rr_kernel kernel_latest = {
    .name = "latest",
    .version = 1,
    .state_size = sizeof(struct latest),
    .needs_value = true,
    .init = latest_init,
    .update = latest_update,
    .merge = latest_merge,
    .encode = latest_encode,
    .decode = latest_decode,
    .finalize = latest_finalize,
    .reposition = latest_reposition,
};
static const struct rr_kernel kernel_average = {
    .name = "average",
    .version = 1,
    .state_size = sizeof(struct average),
    .needs_value = true,
    .init = average_init,
    .update = average_update,
    .merge = average_merge,
    .encode = average_encode,
    .decode = average_decode,
    .finalize = average_finalize,
};
static const struct rr_kernel kernel_time_weighted = {
    .name = "time_weighted",
    .version = 1,
    .state_size = sizeof(struct rr_level),
    .needs_value = true,
    .init = level_init,
    .update = changes_update,
    .merge = changes_merge,
    .encode = changes_encode,
    .decode = changes_decode,
    .finalize = changes_finalize,
};

const struct rr_kernel *const rr_kernels[] = {
    &kernel_count,
    &kernel_sum,
    &kernel_min,
    &kernel_max,
    &kernel_latest,
    &kernel_average,
    &kernel_time_weighted,
    &rr_kernel_unique,
    &rr_kernel_percentile,
    &rr_kernel_level,
    NULL,
};

const struct rr_kernel *rr_kernel_find(const char *name, size_t len)
{
    for (const struct rr_kernel *const *kernel = rr_kernels; *kernel; kernel++)
        if (strlen((*kernel)->name) == len && memcmp((*kernel)->name, name, len) == 0)
            return *kernel;
    return NULL;
}
