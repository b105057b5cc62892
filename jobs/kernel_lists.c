/* Kernels that keep values: unique, percentile, level. */
#include "kernel_lists.h"

#include "list.h"

#include <string.h>

static void list_init(void *state)
{
    *(struct rr_list *)state = (struct rr_list){0};
}

static void list_fini(void *state)
{
    rr_list_fini(state);
}

static int compare_decimals(const uint64_t a[2], const uint64_t b[2])
{
    rr_decimal x = rr_decimal_of_halves(a), y = rr_decimal_of_halves(b);
    return (x > y) - (x < y);
}

static void set_halves(uint64_t half[2], rr_decimal value)
{
    half[0] = (uint64_t)value;
    half[1] = (uint64_t)((rr_u128)value >> 64);
}

/* What a list's items are in bytes. */
struct codec {
    const struct rr_list_kind *kind;
    size_t most; /* bytes of an encoded item */
    /* `before` is the item before, or NULL. decode returns 0 when the bytes are none of encode's. */
    size_t (*encode)(const void *item, const void *before, uint8_t *out);
    size_t (*decode)(void *item, const void *before, const uint8_t *bytes, size_t len);
};

static size_t encoded_max(const struct codec *codec, const void *state)
{
    return ((const struct rr_list *)state)->n * codec->most;
}

static size_t encode_list(const struct codec *codec, struct rr_list *list, uint8_t *out)
{
    const char *before = NULL, *item = list->at;
    size_t len = 0;
    rr_list_order(list, codec->kind);
    item = list->at;
    for (uint32_t i = 0; i < list->n; i++, before = item, item += codec->kind->item)
        len += codec->encode(item, before, out + len);
    return len;
}

/* Items must rise: then equal lists have equal bytes. */
static bool decode_list(const struct codec *codec, struct rr_list *list, const uint8_t *bytes,
                        size_t len)
{
    uint64_t items[2][4];
    const void *before = NULL;
    *list = (struct rr_list){0};
    for (size_t at = 0, turn = 0; at < len; turn = !turn) {
        void *item = items[turn];
        size_t n = codec->decode(item, before, bytes + at, len - at);
        if (n == 0 || (before && codec->kind->compare(before, item) >= 0)) {
            rr_list_fini(list);
            return false;
        }
        rr_list_add(list, codec->kind, item);
        before = item;
        at += n;
    }
    return true;
}

/* ---- unique: the different values; a text comes as its fingerprint ---- */

struct distinct {
    uint64_t value[2];
};

static int compare_distinct(const void *a, const void *b)
{
    return compare_decimals(a, b);
}

static const struct rr_list_kind distinct_kind = {sizeof(struct distinct), compare_distinct, NULL};

static size_t put_distinct(const void *item, const void *before, uint8_t *out)
{
    (void)before;
    memcpy(out, item, sizeof(struct distinct));
    return sizeof(struct distinct);
}

static size_t get_distinct(void *item, const void *before, const uint8_t *bytes, size_t len)
{
    (void)before;
    if (len < sizeof(struct distinct))
        return 0;
    memcpy(item, bytes, sizeof(struct distinct));
    return sizeof(struct distinct);
}

static const struct codec distinct_codec = {&distinct_kind, sizeof(struct distinct), put_distinct,
                                            get_distinct};

static void unique_update(void *const states[], const struct rr_rows *rows)
{
    for (uint32_t i = 0; i < rows->n; i++) {
        struct distinct item;
        set_halves(item.value, rows->value[i]);
        rr_list_add(states[i], &distinct_kind, &item);
    }
}

static void unique_merge(void *into, const void *from)
{
    rr_list_merge(into, &distinct_kind, from);
}

static size_t unique_max(const void *state)
{
    return encoded_max(&distinct_codec, state);
}

static size_t unique_encode(void *state, uint8_t *out)
{
    return encode_list(&distinct_codec, state, out);
}

static bool unique_decode(void *state, const uint8_t *bytes, size_t len, unsigned version)
{
    return version == 1 && decode_list(&distinct_codec, state, bytes, len);
}

static bool unique_finalize(void *state, rr_decimal parameter, rr_decimal *value)
{
    (void)parameter;
    rr_list_order(state, &distinct_kind);
    *value = ((struct rr_list *)state)->n * RR_DECIMAL_ONE;
    return true;
}

const struct rr_kernel rr_kernel_unique = {
    .name = "unique",
    .version = 1,
    .state_size = sizeof(struct rr_list),
    .grows = 2 * sizeof(struct distinct),
    .needs_value = true,
    .init = list_init,
    .fini = list_fini,
    .update = unique_update,
    .merge = unique_merge,
    .encoded_max = unique_max,
    .encode = unique_encode,
    .decode = unique_decode,
    .finalize = unique_finalize,
};

/* ---- percentile: all values, equal ones counted ---- */

static int compare_counted(const void *a, const void *b)
{
    return compare_decimals(((const struct rr_counted *)a)->value,
                            ((const struct rr_counted *)b)->value);
}

static void add_counted(void *into, const void *from)
{
    ((struct rr_counted *)into)->records += ((const struct rr_counted *)from)->records;
}

static const struct rr_list_kind counted_kind = {sizeof(struct rr_counted), compare_counted,
                                                 add_counted};

static size_t put_counted(const void *item, const void *before, uint8_t *out)
{
    (void)before;
    const struct rr_counted *counted = item;
    size_t n = rr_decimal_encode(rr_decimal_of_halves(counted->value), out);
    return n + rr_varint_encode(counted->records, out + n);
}

static size_t get_counted(void *item, const void *before, const uint8_t *bytes, size_t len)
{
    (void)before;
    struct rr_counted *counted = item;
    rr_decimal value;
    size_t n = rr_decimal_decode(bytes, len, &value);
    size_t m = n > 0 ? rr_varint_decode(bytes + n, len - n, &counted->records) : 0;
    set_halves(counted->value, n > 0 ? value : 0);
    return m > 0 && counted->records > 0 ? n + m : 0;
}

static const struct codec counted_codec = {&counted_kind, 32, put_counted, get_counted};

static void percentile_update(void *const states[], const struct rr_rows *rows)
{
    for (uint32_t i = 0; i < rows->n; i++) {
        struct rr_counted item = {.records = 1};
        set_halves(item.value, rows->value[i]);
        rr_list_add(states[i], &counted_kind, &item);
    }
}

static void percentile_merge(void *into, const void *from)
{
    rr_list_merge(into, &counted_kind, from);
}

static size_t percentile_max(const void *state)
{
    return encoded_max(&counted_codec, state);
}

static size_t percentile_encode(void *state, uint8_t *out)
{
    return encode_list(&counted_codec, state, out);
}

static bool percentile_decode(void *state, const uint8_t *bytes, size_t len, unsigned version)
{
    return version == 1 && decode_list(&counted_codec, state, bytes, len);
}

const struct rr_counted *rr_percentile_values(void *state, uint32_t *n)
{
    struct rr_list *list = state;
    rr_list_order(list, &counted_kind);
    *n = list->n;
    return list->at;
}

/* ceil(p × n ÷ 100), 1 for the first; p counts units of 10^-18. */
static uint64_t nearest_rank(rr_decimal p, uint64_t n)
{
    rr_u128 whole = (rr_u128)p * n, hundred = 100 * (rr_u128)RR_DECIMAL_ONE;
    uint64_t rank = (uint64_t)((whole + hundred - 1) / hundred);
    return rank > 0 ? rank : 1;
}

/* Nearest rank: the value at position ceil(p/100·n) in ascending order. */
static bool percentile_finalize(void *state, rr_decimal parameter, rr_decimal *value)
{
    uint32_t n;
    uint64_t records = 0, seen = 0;
    const struct rr_counted *item = rr_percentile_values(state, &n);
    *value = 0;
    for (uint32_t i = 0; i < n; i++)
        records += item[i].records;
    uint64_t rank = nearest_rank(parameter, records);
    for (uint32_t i = 0; i < n && seen < rank; i++) {
        seen += item[i].records;
        *value = rr_decimal_of_halves(item[i].value);
    }
    return true;
}

const struct rr_kernel rr_kernel_percentile = {
    .name = "percentile",
    .version = 1,
    .state_size = sizeof(struct rr_list),
    .grows = 2 * sizeof(struct rr_counted),
    .needs_value = true,
    .init = list_init,
    .fini = list_fini,
    .update = percentile_update,
    .merge = percentile_merge,
    .encoded_max = percentile_max,
    .encode = percentile_encode,
    .decode = percentile_decode,
    .finalize = percentile_finalize,
};

/* ---- level: the values that a level was set to, in order of (timestamp, position) ---- */

static int compare_sets(const void *a, const void *b)
{
    const struct rr_set *x = a, *y = b;
    if (x->time_ns != y->time_ns)
        return x->time_ns < y->time_ns ? -1 : 1;
    return (x->position > y->position) - (x->position < y->position);
}

static const struct rr_list_kind set_kind = {sizeof(struct rr_set), compare_sets, NULL};

/* The time since the set before; the first one's is its own, taken as unsigned. */
static size_t put_set(const void *item, const void *before, uint8_t *out)
{
    const struct rr_set *set = item, *last = before;
    uint64_t since = (uint64_t)set->time_ns - (last ? (uint64_t)last->time_ns : 0);
    size_t n = rr_varint_encode(since, out);
    n += rr_varint_encode(set->position, out + n);
    return n + rr_decimal_encode(rr_decimal_of_halves(set->value), out + n);
}

static size_t get_set(void *item, const void *before, const uint8_t *bytes, size_t len)
{
    struct rr_set *set = item;
    const struct rr_set *last = before;
    uint64_t since;
    rr_decimal value;
    size_t n = rr_varint_decode(bytes, len, &since);
    size_t m = n > 0 ? rr_varint_decode(bytes + n, len - n, &set->position) : 0;
    size_t v = m > 0 ? rr_decimal_decode(bytes + n + m, len - n - m, &value) : 0;
    if (v == 0)
        return 0;
    set->time_ns = (int64_t)(since + (last ? (uint64_t)last->time_ns : 0));
    set_halves(set->value, value);
    return n + m + v;
}

static const struct codec set_codec = {&set_kind, 40, put_set, get_set};

static void level_update(void *const states[], const struct rr_rows *rows)
{
    for (uint32_t i = 0; i < rows->n; i++) {
        struct rr_set item = {.time_ns = rows->time_ns[i], .position = rows->position[i]};
        set_halves(item.value, rows->value[i]);
        rr_list_add(states[i], &set_kind, &item);
    }
}

static void level_merge(void *into, const void *from)
{
    rr_list_merge(into, &set_kind, from);
}

static size_t level_max(const void *state)
{
    return encoded_max(&set_codec, state);
}

static size_t level_encode(void *state, uint8_t *out)
{
    return encode_list(&set_codec, state, out);
}

static bool level_decode(void *state, const uint8_t *bytes, size_t len, unsigned version)
{
    return version == 1 && decode_list(&set_codec, state, bytes, len);
}

const struct rr_set *rr_level_sets(void *state, uint32_t *n)
{
    struct rr_list *list = state;
    rr_list_order(list, &set_kind);
    *n = list->n;
    return list->at;
}

/* The level at the end. What it comes to over time, rating works out. */
static bool level_finalize(void *state, rr_decimal parameter, rr_decimal *value)
{
    uint32_t n;
    const struct rr_set *set = rr_level_sets(state, &n);
    (void)parameter;
    *value = n > 0 ? rr_decimal_of_halves(set[n - 1].value) : 0;
    return true;
}

/* The files' order may change with the map, and so that of sets at one time. */
static void level_reposition(void *state, const uint32_t *file_map)
{
    struct rr_list *list = state;
    struct rr_set *set = list->at;
    for (uint32_t i = 0; i < list->n; i++)
        set[i].position = rr_position(file_map[rr_position_file(set[i].position)],
                                      rr_position_record(set[i].position));
    list->ordered = 0;
}

const struct rr_kernel rr_kernel_level = {
    .name = "level",
    .version = 1,
    .state_size = sizeof(struct rr_list),
    .grows = 2 * sizeof(struct rr_set),
    .needs_value = true,
    .init = list_init,
    .fini = list_fini,
    .update = level_update,
    .merge = level_merge,
    .encoded_max = level_max,
    .encode = level_encode,
    .decode = level_decode,
    .finalize = level_finalize,
    .reposition = level_reposition,
};
