/* Sums under keys. */
#include "keyed_sums.h"

#include "../io/memory.h"

void rr_keyed_sums_fini(struct rr_keyed_sums *s)
{
    rr_dictionary_destroy(s->keys);
    free(s->sums);
    rr_line_fini(&s->key);
    *s = (struct rr_keyed_sums){0};
}

static struct rr_keyed_sum *at_key(struct rr_keyed_sums *s, struct rr_text key)
{
    if (s->keys == NULL)
        s->keys = rr_dictionary_create();
    uint32_t code = rr_dictionary_enter(s->keys, key, rr_dictionary_hash(key));
    if (code >= s->size) {
        uint32_t size = s->size ? 2 * s->size : 16;
        s->sums = rr_realloc(s->sums, size * sizeof *s->sums);
        memset(s->sums + s->size, 0, (size - s->size) * sizeof *s->sums);
        s->size = size;
    }
    return &s->sums[code];
}

struct rr_keyed_sum *rr_keyed_sums_at(struct rr_keyed_sums *s, const struct rr_text *part,
                                      int n_parts)
{
    rr_line_clear(&s->key);
    for (int i = 0; i < n_parts; i++) {
        rr_line_put(&s->key, part[i].ptr, part[i].len);
        rr_line_put(&s->key, "", 1);
    }
    return at_key(s, rr_line_text(&s->key));
}

void rr_keyed_sum_merge(struct rr_keyed_sum *into, const struct rr_keyed_sum *from)
{
    into->count += from->count;
    for (int i = 0; i < RR_SUMS_MAX; i++)
        rr_sum_merge(&into->sum[i], &from->sum[i]);
}

uint32_t rr_keyed_sums_size(const struct rr_keyed_sums *s)
{
    return s->keys ? rr_dictionary_size(s->keys) : 0;
}

/* Each key by its length, its bytes and its sums. */
static void pack(const struct rr_keyed_sums *s, struct rr_line *out)
{
    for (uint32_t code = 0; code < rr_keyed_sums_size(s); code++) {
        struct rr_text key = rr_dictionary_text(s->keys, code);
        rr_line_put(out, (const char *)&key.len, sizeof key.len);
        rr_line_put(out, key.ptr, key.len);
        rr_line_put(out, (const char *)&s->sums[code], sizeof s->sums[code]);
    }
}

void rr_keyed_sums_combine(struct rr_keyed_sums *s, const struct rr_comm *comm)
{
    struct rr_line mine = {0};
    char *all;
    size_t len;
    pack(s, &mine);
    rr_comm_concat(comm, mine.bytes, mine.used, &all, &len, NULL);
    rr_line_fini(&mine);
    rr_keyed_sums_fini(s);
    for (size_t at = 0; at < len;) {
        struct rr_keyed_sum sum;
        struct rr_text key;
        memcpy(&key.len, all + at, sizeof key.len);
        key.ptr = all + at + sizeof key.len;
        at += sizeof key.len + key.len;
        memcpy(&sum, all + at, sizeof sum);
        at += sizeof sum;
        rr_keyed_sum_merge(at_key(s, key), &sum);
    }
    free(all);
}

static int compare_codes(const void *a, const void *b, void *keys)
{
    return rr_text_compare(rr_dictionary_text(keys, *(const uint32_t *)a),
                           rr_dictionary_text(keys, *(const uint32_t *)b));
}

uint32_t *rr_keyed_sums_order(const struct rr_keyed_sums *s)
{
    uint32_t n = rr_keyed_sums_size(s);
    uint32_t *codes = rr_malloc((n + 1) * sizeof *codes);
    for (uint32_t i = 0; i < n; i++)
        codes[i] = i;
    if (n > 0)
        qsort_r(codes, n, sizeof *codes, compare_codes, s->keys);
    return codes;
}

struct rr_text rr_keyed_sums_part(const struct rr_keyed_sums *s, uint32_t code, int part)
{
    struct rr_text key = rr_dictionary_text(s->keys, code);
    const char *at = key.ptr;
    for (; part > 0; part--)
        at += strlen(at) + 1;
    return rr_text_of(at);
}
