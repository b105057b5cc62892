/* Dictionary: open addressing over (hash, code) slots; texts in one growing block. */
#include <rerate/dictionary.h>

#include "../io/memory.h"

#define XXH_INLINE_ALL /* short texts: the call costs as much as the hash */
#include <xxhash.h>

enum { FIRST_SLOTS = 1024, PREFETCH = 8 };

struct entry {
    uint64_t hash;
    uint64_t start; /* in `bytes` */
    uint32_t len;
};

struct slot {
    uint32_t tag;  /* upper half of the hash */
    uint32_t code; /* plus 1; 0 is empty */
};

struct rr_dictionary {
    struct slot *slots;
    uint64_t n_slots; /* a power of two */
    struct entry *entries;
    uint32_t n, entries_size;
    char *bytes;
    uint64_t used, bytes_size;
};

static void start(struct rr_dictionary *d)
{
    *d = (struct rr_dictionary){.n_slots = FIRST_SLOTS};
    d->slots = rr_calloc(d->n_slots, sizeof *d->slots);
}

static void release(struct rr_dictionary *d)
{
    free(d->slots);
    free(d->entries);
    free(d->bytes);
}

struct rr_dictionary *rr_dictionary_create(void)
{
    struct rr_dictionary *d = rr_calloc(1, sizeof *d);
    start(d);
    return d;
}

void rr_dictionary_destroy(struct rr_dictionary *d)
{
    if (d == NULL)
        return;
    release(d);
    free(d);
}

void rr_dictionary_forget(struct rr_dictionary *d)
{
    release(d);
    start(d);
}

void rr_dictionary_clear(struct rr_dictionary *d)
{
    memset(d->slots, 0, d->n_slots * sizeof *d->slots);
    d->n = 0;
    d->used = 0;
}

uint32_t rr_dictionary_size(const struct rr_dictionary *d)
{
    return d->n;
}

size_t rr_dictionary_bytes(const struct rr_dictionary *d)
{
    return d->n_slots * sizeof *d->slots + d->entries_size * sizeof *d->entries + d->bytes_size;
}

uint64_t rr_dictionary_hash(struct rr_text text)
{
    return XXH3_64bits(text.ptr, text.len);
}

static void grow_slots(struct rr_dictionary *d)
{
    free(d->slots);
    d->n_slots *= 2;
    d->slots = rr_calloc(d->n_slots, sizeof *d->slots);
    for (uint32_t code = 0; code < d->n; code++) {
        uint64_t hash = d->entries[code].hash, at = hash & (d->n_slots - 1);
        while (d->slots[at].code != 0)
            at = (at + 1) & (d->n_slots - 1);
        d->slots[at] = (struct slot){(uint32_t)(hash >> 32), code + 1};
    }
}

static uint32_t append(struct rr_dictionary *d, struct rr_text text, uint64_t hash)
{
    if (d->n == d->entries_size) {
        d->entries_size = d->entries_size ? d->entries_size * 2 : FIRST_SLOTS / 2;
        d->entries = rr_realloc(d->entries, d->entries_size * sizeof *d->entries);
    }
    if (d->used + text.len >= d->bytes_size) { /* room even where the first text is empty */
        d->bytes_size = (d->bytes_size + text.len) * 2 + 4096;
        d->bytes = rr_realloc(d->bytes, d->bytes_size);
    }
    if (text.len > 0)
        memcpy(d->bytes + d->used, text.ptr, text.len);
    d->entries[d->n] = (struct entry){hash, d->used, text.len};
    d->used += text.len;
    return d->n++;
}

uint32_t rr_dictionary_enter(struct rr_dictionary *d, struct rr_text text, uint64_t hash)
{
    uint32_t tag = (uint32_t)(hash >> 32);
    uint64_t at = hash & (d->n_slots - 1);
    for (; d->slots[at].code != 0; at = (at + 1) & (d->n_slots - 1)) {
        if (d->slots[at].tag != tag)
            continue;
        const struct entry *entry = &d->entries[d->slots[at].code - 1];
        if (rr_text_equal((struct rr_text){d->bytes + entry->start, entry->len}, text))
            return d->slots[at].code - 1;
    }
    rr_check(d->n < UINT32_MAX - 1, "a dictionary holds more than 2^32 texts");
    uint32_t code = append(d, text, hash);
    d->slots[at] = (struct slot){tag, code + 1};
    if ((uint64_t)d->n * 2 > d->n_slots)
        grow_slots(d);
    return code;
}

/* The code, plus 1, in the first slot that the i-th text will look into; 0 for none. */
static uint32_t first_code(const struct rr_dictionary *d, const uint64_t *hash, uint32_t i,
                           uint32_t n)
{
    return i < n ? d->slots[hash[i] & (d->n_slots - 1)].code : 0;
}

void rr_dictionary_enter_many(struct rr_dictionary *d, uint32_t n, const struct rr_text *text,
                              uint64_t *hash, uint32_t *code)
{
    for (uint32_t i = 0; i < n; i++) {
        hash[i] = rr_dictionary_hash(text[i]);
        __builtin_prefetch(&d->slots[hash[i] & (d->n_slots - 1)]);
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t far = first_code(d, hash, i + 2 * PREFETCH, n);
        uint32_t near = first_code(d, hash, i + PREFETCH, n);
        if (far != 0)
            __builtin_prefetch(&d->entries[far - 1]);
        if (near != 0)
            __builtin_prefetch(d->bytes + d->entries[near - 1].start);
        code[i] = rr_dictionary_enter(d, text[i], hash[i]);
    }
}

struct rr_text rr_dictionary_text(const struct rr_dictionary *d, uint32_t code)
{
    return (struct rr_text){d->bytes + d->entries[code].start, d->entries[code].len};
}

uint64_t rr_dictionary_hash_of(const struct rr_dictionary *d, uint32_t code)
{
    return d->entries[code].hash;
}
