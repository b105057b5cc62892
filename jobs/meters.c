/* Meters: reading records by the rules of the book's `usage` and `meters`. */
#include "meters.h"

#include "corrections.h"

#include "../io/memory.h"
#include "../io/timestamp.h"

#include <xxhash.h>

enum {
    CELL_HEAD = 2, /* bytes: the meter, big-endian */
};

/* What is known of a key once and for all its records. */
struct key_info {
    uint32_t values; /* bit v: value column v is read */
    bool unknown;    /* a meter that the book lacks, where that means quarantine */
};

struct rr_meters {
    const struct rr_book *book;
    struct rr_calendar *calendar;
    struct rr_job job;
    struct rr_job_meter *meters; /* the book's, then those of events */
    int *events_of;              /* for each of the latter the book's meter */
    int quantity_value;          /* the value column that the book's quantity is read into, or -1 */
    uint64_t no_value_lengths;   /* bit n: a text of n bytes may mean 'no value'; 63: or more */
    struct key_info *info;
    uint32_t n_info, info_size;
    char *keys; /* of the batch in hand */
    size_t keys_used, keys_size;
    uint32_t key_start[RR_BATCH_RECORDS];
    struct rr_text key_text[RR_BATCH_RECORDS];
    uint32_t accepted[RR_BATCH_RECORDS], code[RR_BATCH_RECORDS];
    uint64_t hash[RR_BATCH_RECORDS];
    char *cells; /* what expand hands out */
    size_t cells_used, cells_size;
};

static struct rr_text field(const struct rr_field *f, const struct rr_batch *batch, uint32_t i)
{
    return f->column == RR_NO_COLUMN ? f->constant : batch->column[f->column][i];
}

static unsigned length_bit(uint32_t len)
{
    return len < 63 ? len : 63;
}

/* Almost every text has another length than those that mean 'no value'. */
static inline bool no_value(const struct rr_meters *m, struct rr_text text)
{
    const struct rr_usage *usage = &m->book->usage;
    if ((m->no_value_lengths >> length_bit(text.len) & 1) == 0)
        return false;
    for (int i = 0; i < usage->n_no_value; i++)
        if (rr_text_equal(text, usage->no_value[i]))
            return true;
    return false;
}

/* memcpy for texts of a few bytes, without the call. */
static inline void copy_short(char *to, const char *from, uint32_t len)
{
    if (len > 16) {
        memcpy(to, from, len);
    } else if (len >= 8) {
        uint64_t head, tail;
        memcpy(&head, from, 8);
        memcpy(&tail, from + len - 8, 8);
        memcpy(to, &head, 8);
        memcpy(to + len - 8, &tail, 8);
    } else if (len >= 4) {
        uint32_t head, tail;
        memcpy(&head, from, 4);
        memcpy(&tail, from + len - 4, 4);
        memcpy(to, &head, 4);
        memcpy(to + len - 4, &tail, 4);
    } else {
        for (uint32_t i = 0; i < len; i++)
            to[i] = from[i];
    }
}

/* A key is the meter value and the dimensions, each with its length before it. */
static inline char *put_part(char *to, struct rr_text text)
{
    memcpy(to, &text.len, sizeof text.len);
    copy_short(to + sizeof text.len, text.ptr, text.len);
    return to + sizeof text.len + text.len;
}

static struct rr_text take_part(struct rr_text *key)
{
    struct rr_text part;
    memcpy(&part.len, key->ptr, sizeof part.len);
    part.ptr = key->ptr + sizeof part.len;
    key->ptr += sizeof part.len + part.len;
    key->len -= (uint32_t)sizeof part.len + part.len;
    return part;
}

struct key_parts {
    struct rr_text meter;
    struct rr_text dimension[RR_DIMENSIONS_MAX];
};

static void split_key(const struct rr_usage *usage, struct rr_text key, struct key_parts *parts)
{
    parts->meter = take_part(&key);
    for (int d = 0; d < usage->n_dimensions; d++)
        parts->dimension[d] = take_part(&key);
}

static bool holds(const struct rr_condition *where, int n, const struct key_parts *parts)
{
    for (int w = 0; w < n; w++) {
        bool any = false;
        for (int i = 0; i < where[w].n_any && !any; i++)
            any = rr_text_equal(parts->dimension[where[w].dimension], where[w].any[i]);
        if (!any)
            return false;
    }
    return true;
}

static bool feeds(const struct rr_book *book, const struct rr_meter *meter,
                  const struct key_parts *parts)
{
    if (book->usage.has_meter && !rr_text_equal(meter->match, parts->meter))
        return false;
    return holds(meter->where, meter->n_where, parts);
}

static struct key_info learn(const struct rr_book *book, struct rr_text key)
{
    struct key_parts parts;
    struct key_info info = {0};
    bool named = !book->usage.has_meter;
    split_key(&book->usage, key, &parts);
    for (int i = 0; i < book->n_meters; i++) {
        const struct rr_meter *meter = &book->meters[i];
        named |= rr_text_equal(meter->match, parts.meter);
        if (meter->value != RR_NO_COLUMN && feeds(book, meter, &parts))
            info.values |= 1u << meter->value;
    }
    info.unknown = !named && !book->usage.skip_unknown_meters;
    return info;
}

static void learn_keys(struct rr_meters *m, const struct rr_dictionary *keys)
{
    uint32_t n = rr_dictionary_size(keys);
    if (n > m->info_size) {
        m->info_size = n * 2;
        m->info = rr_realloc(m->info, m->info_size * sizeof *m->info);
    }
    for (; m->n_info < n; m->n_info++) {
        struct rr_text key = rr_dictionary_text(keys, m->n_info);
        m->info[m->n_info] = key.len > 0 ? learn(m->book, key) : (struct key_info){0};
    }
}

/* Names travel between ranks, so they are bounded. */
static bool too_long(const struct rr_usage *usage, const struct rr_batch *batch, uint32_t i)
{
    if (field(&usage->account, batch, i).len > RR_NAME_MAX ||
        (usage->has_meter && field(&usage->meter, batch, i).len > RR_NAME_MAX))
        return true;
    for (int d = 0; d < usage->n_dimensions; d++)
        if (field(&usage->dimension_fields[d], batch, i).len > RR_NAME_MAX)
            return true;
    for (int v = 0; v < usage->n_values; v++)
        if (usage->values[v].is_text && field(&usage->values[v].field, batch, i).len > RR_NAME_MAX)
            return true;
    return false;
}

static enum rr_reject read_identity(struct rr_meters *m, const struct rr_batch *batch, uint32_t i,
                                    struct rr_facts *facts)
{
    const struct rr_usage *usage = &m->book->usage;
    facts->account[i] = field(&usage->account, batch, i);
    if (no_value(m, facts->account[i]))
        return RR_MISSING_ACCOUNT;
    if (usage->has_event_id) {
        facts->event_id[i] = field(&usage->event_id, batch, i);
        if (no_value(m, facts->event_id[i]))
            return RR_MISSING_EVENT_ID;
        facts->identified[i] = facts->account[i].len <= RR_NAME_MAX;
    }
    return RR_ACCEPT;
}

/* What can't be read ranks as low as it may be, so that any good record may take its place. */
static enum rr_reject read_rank(struct rr_meters *m, const struct rr_batch *batch, uint32_t i,
                                struct rr_facts *facts)
{
    const struct rr_usage *usage = &m->book->usage;
    rr_decimal *rank = &facts->value[usage->n_values][i];
    int64_t version = 0;
    bool is_void = false;
    *rank = INT64_MIN;
    if (usage->has_version) {
        struct rr_text text = field(&usage->version, batch, i);
        if (!no_value(m, text) && !rr_version_parse(text, &version))
            return RR_BAD_VERSION;
    }
    *rank = rr_correction_rank(version, false);
    if (usage->has_void) {
        struct rr_text text = field(&usage->voids, batch, i);
        if (!no_value(m, text) && !rr_void_parse(text, &is_void))
            return RR_BAD_VOID;
    }
    *rank = rr_correction_rank(version, is_void);
    return RR_ACCEPT;
}

static enum rr_reject read_head(struct rr_meters *m, const struct rr_batch *batch, uint32_t i,
                                struct rr_facts *facts)
{
    const struct rr_usage *usage = &m->book->usage;
    enum rr_reject code = read_identity(m, batch, i, facts);
    if (code == RR_ACCEPT && m->job.has_ranks)
        code = read_rank(m, batch, i, facts);
    if (too_long(usage, batch, i))
        return RR_TOO_LONG;
    if (code != RR_ACCEPT)
        return code;
    switch (
        rr_timestamp_parse(field(&usage->timestamp, batch, i), m->book->zone, &facts->time_ns[i])) {
    case RR_TIMESTAMP_OK:
        return RR_ACCEPT;
    case RR_TIMESTAMP_RANGE:
        return RR_OUT_OF_RANGE;
    default:
        return RR_BAD_TIMESTAMP;
    }
}

/* Appends the key of record i to those of the batch. */
static void put_key(struct rr_meters *m, const struct rr_batch *batch, uint32_t i)
{
    const struct rr_usage *usage = &m->book->usage;
    struct key_parts parts;
    size_t size = sizeof(uint32_t) * (1 + (size_t)usage->n_dimensions);
    parts.meter = usage->has_meter ? field(&usage->meter, batch, i) : (struct rr_text){0};
    if (no_value(m, parts.meter))
        parts.meter.len = 0;
    size += parts.meter.len;
    for (int d = 0; d < usage->n_dimensions; d++) {
        parts.dimension[d] = field(&usage->dimension_fields[d], batch, i);
        if (no_value(m, parts.dimension[d]))
            parts.dimension[d].len = 0;
        size += parts.dimension[d].len;
    }
    if (m->keys_used + size > m->keys_size) {
        m->keys_size = (m->keys_used + size) * 2;
        m->keys = rr_realloc(m->keys, m->keys_size);
    }
    char *to = put_part(m->keys + m->keys_used, parts.meter);
    for (int d = 0; d < usage->n_dimensions; d++)
        to = put_part(to, parts.dimension[d]);
    m->keys_used += size;
}

/* A text as a value: 120 bits of its hash, so that it is a decimal like any other. */
static rr_decimal fingerprint(struct rr_text text)
{
    XXH128_hash_t hash = XXH3_128bits(text.ptr, text.len);
    return (rr_decimal)((rr_u128)(hash.high64 >> 8) << 64 | hash.low64);
}

static enum rr_reject read_value(const struct rr_meters *m, const struct rr_value *column,
                                 struct rr_text text, rr_decimal *value)
{
    if (no_value(m, text))
        return RR_MISSING_QUANTITY;
    if (column->is_text) {
        *value = fingerprint(text);
        return RR_ACCEPT;
    }
    switch (rr_decimal_parse(text.ptr, text.len, true, value)) {
    case RR_DECIMAL_OK:
        return RR_ACCEPT;
    case RR_DECIMAL_RANGE:
        return RR_OUT_OF_RANGE;
    default:
        return RR_BAD_QUANTITY;
    }
}

static enum rr_reject read_values(const struct rr_meters *m, const struct rr_batch *batch,
                                  uint32_t i, struct rr_facts *facts)
{
    const struct rr_usage *usage = &m->book->usage;
    struct key_info info = m->info[facts->key[i]];
    if (info.unknown)
        return RR_UNKNOWN_METER;
    for (int v = 0; v < usage->n_values; v++) {
        facts->value[v][i] = 0;
        if ((info.values >> v & 1) == 0)
            continue;
        const struct rr_value *column = &usage->values[v];
        enum rr_reject code =
            read_value(m, column, field(&column->field, batch, i), &facts->value[v][i]);
        if (code != RR_ACCEPT)
            return code;
    }
    return RR_ACCEPT;
}

/* What a record that is not rejected adds to its input's quantity. Where no meter takes it, a text that
 * is no number adds nothing. */
static rr_decimal input_quantity(const struct rr_meters *m, const struct rr_batch *batch,
                                 uint32_t i, const struct rr_facts *facts)
{
    int v = m->quantity_value;
    rr_decimal quantity;
    if (v >= 0 && (m->info[facts->key[i]].values >> v & 1))
        return facts->value[v][i];
    struct rr_text text = batch->column[m->book->usage.quantity][i];
    if (text.len == 0 || rr_decimal_parse(text.ptr, text.len, true, &quantity) != RR_DECIMAL_OK)
        return 0;
    return quantity;
}

/* A void record withdraws its event whatever else it says: quantities that can't be read are 0, and
 * its meter may be any. */
static void read_void_values(const struct rr_meters *m, const struct rr_batch *batch, uint32_t i,
                             struct rr_facts *facts)
{
    const struct rr_usage *usage = &m->book->usage;
    uint32_t read = m->info[facts->key[i]].values;
    for (int v = 0; v < usage->n_values; v++) {
        const struct rr_value *column = &usage->values[v];
        rr_decimal *value = &facts->value[v][i];
        if ((read >> v & 1) == 0 ||
            read_value(m, column, field(&column->field, batch, i), value) != RR_ACCEPT)
            *value = 0;
    }
}

static void map(void *self, const struct rr_batch *batch, struct rr_facts *facts)
{
    struct rr_meters *m = self;
    bool has_quantity = m->book->usage.quantity != RR_NO_COLUMN;
    uint32_t n = 0;
    facts->quantity = (struct rr_sum){0};
    m->keys_used = 0;
    for (uint32_t i = 0; i < batch->n; i++) {
        m->key_start[n] = (uint32_t)m->keys_used;
        enum rr_reject code = (enum rr_reject)batch->reject[i];
        facts->identified[i] = false;
        if (code == RR_ACCEPT)
            code = read_head(m, batch, i, facts);
        facts->reject[i] = (uint8_t)code;
        if (code != RR_ACCEPT)
            continue;
        put_key(m, batch, i);
        m->key_text[n].len = (uint32_t)m->keys_used - m->key_start[n];
        m->accepted[n++] = i;
    }
    for (uint32_t k = 0; k < n; k++)
        m->key_text[k].ptr = m->keys + m->key_start[k];
    rr_dictionary_enter_many(facts->keys, n, m->key_text, m->hash, m->code);
    learn_keys(m, facts->keys);
    for (uint32_t k = 0; k < n; k++) {
        uint32_t i = m->accepted[k];
        facts->key[i] = m->code[k];
        if (m->job.has_ranks && rr_correction_is_void(facts->value[m->job.n_values - 1][i]))
            read_void_values(m, batch, i, facts);
        else
            facts->reject[i] = (uint8_t)read_values(m, batch, i, facts);
        if (has_quantity && facts->reject[i] == RR_ACCEPT)
            rr_sum_add(&facts->quantity, input_quantity(m, batch, i, facts));
    }
}

/* The keys of the codes that are known are gone. */
static void forget(void *self)
{
    struct rr_meters *m = self;
    free(m->info);
    m->info = NULL;
    m->n_info = m->info_size = 0;
}

static void put_cell_bytes(struct rr_meters *m, const void *bytes, size_t len)
{
    if (len > 0)
        memcpy(m->cells + m->cells_used, bytes, len);
    m->cells_used += len;
}

bool rr_meter_is_level(const struct rr_meter *meter)
{
    return rr_text_equal(meter->aggregate, rr_text_of("time_weighted"));
}

/* A cell key: the job's meter, then each value that the book's keeps, with a NUL behind it, which no
 * value holds. Each account and set of dimensions has a level of its own, so that cells of levels know
 * them all. */
static struct rr_text put_cell(struct rr_meters *m, int number, int meter,
                               const struct key_parts *parts)
{
    const struct rr_meter *row = &m->book->meters[meter];
    bool all = rr_meter_is_level(row);
    int n = all ? m->book->usage.n_dimensions : row->n_by;
    size_t start = m->cells_used;
    uint8_t head[CELL_HEAD] = {(uint8_t)(number >> 8), (uint8_t)number};
    put_cell_bytes(m, head, sizeof head);
    for (int i = 0; i < n; i++) {
        struct rr_text value = parts->dimension[all ? i : row->by[i]];
        put_cell_bytes(m, value.ptr, value.len);
        put_cell_bytes(m, "", 1);
    }
    return (struct rr_text){m->cells + start, (uint32_t)(m->cells_used - start)};
}

static int expand(void *self, struct rr_text key, struct rr_target *targets, int max)
{
    struct rr_meters *m = self;
    struct key_parts parts;
    split_key(&m->book->usage, key, &parts);
    size_t most = (size_t)m->job.n_meters * (CELL_HEAD + key.len + RR_DIMENSIONS_MAX);
    if (most > m->cells_size) {
        m->cells_size = most * 2;
        m->cells = rr_realloc(m->cells, m->cells_size);
    }
    m->cells_used = 0;
    int n = 0;
    for (int i = 0; i < m->book->n_meters && n < max; i++)
        if (feeds(m->book, &m->book->meters[i], &parts))
            targets[n++] = (struct rr_target){i, put_cell(m, i, i, &parts)};
    for (int i = m->book->n_meters; i < m->job.n_meters && n < max; i++) {
        int meter = m->events_of[i - m->book->n_meters];
        if (feeds(m->book, &m->book->meters[meter], &parts))
            targets[n++] = (struct rr_target){i, put_cell(m, i, meter, &parts)};
    }
    return n;
}

static int meter_of(void *self, struct rr_text cell)
{
    (void)self;
    if (cell.len < CELL_HEAD)
        return -1;
    return (uint8_t)cell.ptr[0] << 8 | (uint8_t)cell.ptr[1];
}

struct rr_text rr_cell_by(const struct rr_meter *meter, struct rr_text cell, int b)
{
    const char *at = cell.ptr + CELL_HEAD;
    for (int i = rr_meter_is_level(meter) ? meter->by[b] : b; i > 0; i--)
        at += strlen(at) + 1;
    return rr_text_of(at);
}

/* The meter value and the dimensions, each with its length before it; or nothing, of a rejected record. */
static bool is_record_key(const struct rr_usage *usage, struct rr_text key)
{
    if (key.len == 0)
        return usage->has_event_id;
    for (int part = 0; part < 1 + usage->n_dimensions; part++) {
        uint32_t len;
        if (key.len < sizeof len)
            return false;
        memcpy(&len, key.ptr, sizeof len);
        if (key.len - sizeof len < len)
            return false;
        take_part(&key);
    }
    return key.len == 0;
}

static bool is_cell_key(const struct rr_meters *m, struct rr_text key)
{
    int number = meter_of((void *)(uintptr_t)m, key);
    if (number < 0 || number >= m->job.n_meters)
        return false;
    int own = number - m->book->n_meters;
    const struct rr_meter *meter = &m->book->meters[own < 0 ? number : m->events_of[own]];
    int n = rr_meter_is_level(meter) ? m->book->usage.n_dimensions : meter->n_by;
    for (uint32_t i = CELL_HEAD; i < key.len; i++)
        n -= key.ptr[i] == '\0';
    return n == 0 && (key.len == CELL_HEAD || key.ptr[key.len - 1] == '\0');
}

bool rr_meters_is_key(const struct rr_meters *m, bool of_cells, struct rr_text key)
{
    return of_cells ? is_cell_key(m, key) : is_record_key(&m->book->usage, key);
}

int rr_meters_events(const struct rr_meters *m, int meter)
{
    for (int i = m->book->n_meters; i < m->job.n_meters; i++)
        if (m->events_of[i - m->book->n_meters] == meter)
            return i;
    return -1;
}

static void buckets(void *self, uint32_t n, const int64_t *time_ns, int32_t *bucket)
{
    struct rr_meters *m = self;
    rr_calendar_buckets(m->calendar, n, time_ns, bucket);
}

/* A list of names with ';' between them, cut where it is full. */
struct names {
    char *out;
    size_t size, used;
};

static bool is_named(const struct names *names, struct rr_text name)
{
    for (size_t at = 0; at + name.len <= names->used; at++)
        if (memcmp(names->out + at, name.ptr, name.len) == 0 &&
            (at == 0 || names->out[at - 1] == ';') &&
            (at + name.len == names->used || names->out[at + name.len] == ';'))
            return true;
    return false;
}

/* A column may be a dimension and be aggregated, as a number and as a text: it is named once. */
static void add_name(struct names *names, struct rr_text name)
{
    size_t need = name.len + (names->used > 0);
    if (names->used + need + 1 > names->size || is_named(names, name))
        return;
    if (names->used > 0)
        names->out[names->used++] = ';';
    memcpy(names->out + names->used, name.ptr, name.len);
    names->used += name.len;
    names->out[names->used] = '\0';
}

static struct rr_text field_name(const struct rr_usage *usage, const struct rr_field *f)
{
    return f->column == RR_NO_COLUMN ? rr_text_of("(constant)") : usage->columns[f->column];
}

static void differ(void *self, struct rr_text key_a, struct rr_text key_b, const rr_decimal *a,
                   const rr_decimal *b, bool times_differ, char *out, size_t size)
{
    const struct rr_meters *m = self;
    const struct rr_usage *usage = &m->book->usage;
    struct names names = {out, size, 0};
    struct key_parts parts_a, parts_b;
    split_key(usage, key_a, &parts_a);
    split_key(usage, key_b, &parts_b);
    uint32_t both = learn(m->book, key_a).values & learn(m->book, key_b).values;
    if (times_differ)
        add_name(&names, rr_text_of("timestamp"));
    if (!rr_text_equal(parts_a.meter, parts_b.meter))
        add_name(&names, field_name(usage, &usage->meter));
    for (int d = 0; d < usage->n_dimensions; d++)
        if (!rr_text_equal(parts_a.dimension[d], parts_b.dimension[d]))
            add_name(&names, usage->dimensions[d]);
    for (int v = 0; v < usage->n_values; v++)
        if ((both >> v & 1) && a[v] != b[v])
            add_name(&names, field_name(usage, &usage->values[v].field));
}

static enum rr_copies copies_of(enum rr_duplicates duplicates)
{
    static const enum rr_copies copies[] = {
        [RR_FIRST] = RR_COPIES_FIRST, [RR_LAST] = RR_COPIES_LAST, [RR_REFUSE] = RR_COPIES_REFUSED};
    return copies[duplicates];
}

static const struct rr_kernel *find_kernel(struct rr_text name)
{
    const struct rr_kernel *kernel = rr_kernel_find(name.ptr, name.len);
    rr_check(kernel != NULL, "the book has an aggregate without a kernel");
    return kernel;
}

static void make_meters(struct rr_meters *m, const struct rr_book *book)
{
    size_t n = (size_t)book->n_meters;
    m->meters = rr_calloc(2 * n, sizeof *m->meters);
    m->events_of = rr_calloc(n, sizeof *m->events_of);
    m->job.n_meters = book->n_meters;
    for (int i = 0; i < book->n_meters; i++) {
        const struct rr_meter *meter = &book->meters[i];
        int value = meter->value;
        bool is_text = value != RR_NO_COLUMN && book->usage.values[value].is_text;
        m->meters[i] = (struct rr_job_meter){find_kernel(meter->kernel), value, !is_text, meter->p};
        if (!meter->per_event)
            continue;
        m->events_of[m->job.n_meters - book->n_meters] = i;
        m->meters[m->job.n_meters++] =
            (struct rr_job_meter){find_kernel(rr_text_of("percentile")), value, true, 0};
    }
}

static int find_quantity(const struct rr_usage *usage)
{
    for (int v = 0; v < usage->n_values && usage->quantity != RR_NO_COLUMN; v++)
        if (usage->values[v].field.column == usage->quantity && !usage->values[v].is_text)
            return v;
    return -1;
}

struct rr_meters *rr_meters_create(const struct rr_book *book, struct rr_calendar *calendar)
{
    struct rr_meters *m = rr_calloc(1, sizeof *m);
    m->book = book;
    m->calendar = calendar;
    for (int i = 0; i < book->usage.n_no_value; i++)
        m->no_value_lengths |= UINT64_C(1) << length_bit(book->usage.no_value[i].len);
    make_meters(m, book);
    m->quantity_value = find_quantity(&book->usage);
    m->job = (struct rr_job){
        .name = "meters",
        .self = m,
        .has_event_ids = book->usage.has_event_id,
        .copies = copies_of(book->usage.duplicates),
        .has_ranks = book->usage.has_version || book->usage.has_void,
        .n_values = book->usage.n_values + (book->usage.has_version || book->usage.has_void),
        .n_meters = m->job.n_meters,
        .meters = m->meters,
        .columns = book->usage.columns,
        .n_columns = book->usage.n_columns,
        .map = map,
        .forget = forget,
        .expand = expand,
        .meter_of = meter_of,
        .bucket = buckets,
        .differ = differ,
    };
    return m;
}

void rr_meters_destroy(struct rr_meters *m)
{
    if (m == NULL)
        return;
    free(m->meters);
    free(m->events_of);
    free(m->info);
    free(m->keys);
    free(m->cells);
    free(m);
}

const struct rr_job *rr_meters_job(const struct rr_meters *m)
{
    return &m->job;
}

void rr_cell_detail(const struct rr_book *book, const struct rr_meter *meter, struct rr_text cell,
                    const int *by, int n, struct rr_line *out)
{
    for (int i = 0; i < n; i++) {
        int b = by ? by[i] : i;
        struct rr_text name = book->usage.dimensions[meter->by[b]];
        struct rr_text value = rr_cell_by(meter, cell, b);
        if (i > 0)
            rr_line_put(out, ";", 1);
        rr_line_put(out, name.ptr, name.len);
        rr_line_put(out, "=", 1);
        rr_line_put(out, value.ptr, value.len);
    }
}
