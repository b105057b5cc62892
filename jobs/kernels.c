/* The kernels that come with the program: count, sum, min, max, latest. */
#include <rerate/kernel.h>
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

static size_t count_encode(const void *state, uint8_t *out)
{
    uint64_t left = ((const struct count *)state)->records;
    size_t n = 0;
    for (; left >= 0x80; left >>= 7)
        out[n++] = (uint8_t)(left | 0x80);
    out[n++] = (uint8_t)left;
    return n;
}

static bool count_decode(void *state, const uint8_t *bytes, size_t len, unsigned version)
{
    uint64_t records = 0;
    if (version != 1 || len == 0 || len > 10 || (len > 1 && bytes[len - 1] == 0))
        return false;
    for (size_t i = 0; i < len; i++) {
        if ((i + 1 < len) != (bytes[i] >> 7) || (i == 9 && bytes[i] > 1))
            return false;
        records |= (uint64_t)(bytes[i] & 0x7f) << (7 * i);
    }
    ((struct count *)state)->records = records;
    return true;
}

static bool count_finalize(const void *state, rr_decimal *value)
{
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

static size_t sum_encode(const void *state, uint8_t *out)
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

static bool sum_finalize(const void *state, rr_decimal *value)
{
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

static size_t extreme_encode(const void *state, uint8_t *out)
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

static bool extreme_finalize(const void *state, rr_decimal *value)
{
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

static size_t latest_encode(const void *state, uint8_t *out)
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

static bool latest_finalize(const void *state, rr_decimal *value)
{
    return extreme_finalize(&((const struct latest *)state)->value, value);
}

static void latest_reposition(void *state, const uint32_t *file_map)
{
    struct latest *latest = state;
    if (latest->value.known)
        latest->position = rr_position(file_map[rr_position_file(latest->position)],
                                       rr_position_record(latest->position));
}

const struct rr_kernel rr_kernels[] = {
    {"count", 1, sizeof(struct count), false, true, count_init, count_update, count_merge,
     count_encode, count_decode, count_finalize, NULL},
    {"sum", 1, sizeof(struct rr_sum), true, true, sum_init, sum_update, sum_merge, sum_encode,
     sum_decode, sum_finalize, NULL},
    {"min", 1, sizeof(struct extreme), true, false, extreme_init, min_update, min_merge,
     extreme_encode, extreme_decode, extreme_finalize, NULL},
    {"max", 1, sizeof(struct extreme), true, false, extreme_init, max_update, max_merge,
     extreme_encode, extreme_decode, extreme_finalize, NULL},
    {"latest", 1, sizeof(struct latest), true, false, latest_init, latest_update, latest_merge,
     latest_encode, latest_decode, latest_finalize, latest_reposition},
    {0},
};

const struct rr_kernel *rr_kernel_find(const char *name, size_t len)
{
    for (const struct rr_kernel *kernel = rr_kernels; kernel->name; kernel++)
        if (strlen(kernel->name) == len && memcmp(kernel->name, name, len) == 0)
            return kernel;
    return NULL;
}
