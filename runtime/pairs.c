/* Pairs: an external merge sort over all ranks. */
#include "pairs.h"

#include "../io/memory.h"
#include "big_endian.h"
#include "pair_merge.h"
#include "segment.h"

#include <stdio.h>
#include <string.h>

enum {
    PATH = 4096,
    SEGMENT_MIN = 16 * 1024 * 1024, /* bytes */
    SEGMENT_SHARE = 4,
    FAN_IN = 32, /* segments of one level that become one of the next */
};

struct level_segment {
    struct rr_segment segment;
    unsigned level; /* how often its pairs were merged; falls from segment to segment */
};

/* What every rank knows of all segments: for each its rank, its number and its cuts. */
struct cuts {
    uint32_t n;
    size_t stride; /* bytes */
    char *bytes;
};

struct cut_head {
    uint32_t rank, number;
};

struct rr_pairs {
    char path[PATH];
    size_t memory;
    char *bytes;
    size_t used, size;
    uint64_t flushed; /* bytes in segments */
    uint64_t *index;  /* offsets of entries in `bytes` */
    uint64_t n, index_size;
    struct level_segment *segments;
    uint32_t n_segments, number; /* of the next segment */
    uint32_t *numbers;           /* in the names of segments */
    struct cuts cuts;
    struct rr_pair_merge merge;
    const struct rr_comm *comm;
};

struct rr_pairs *rr_pairs_create(const struct rr_comm *comm, const char *path, size_t memory)
{
    struct rr_pairs *p = rr_calloc(1, sizeof *p);
    snprintf(p->path, sizeof p->path, "%s", path);
    p->memory = memory;
    p->comm = comm;
    return p;
}

static void segment_path(const char *path, uint32_t rank, uint32_t number,
                         char out[RR_SEGMENT_PATH])
{
    snprintf(out, RR_SEGMENT_PATH, "%s.%u.%u", path, rank, number);
}

static void free_gathered(struct rr_pairs *p)
{
    free(p->index);
    free(p->bytes);
    p->index = NULL;
    p->bytes = NULL;
    p->size = 0;
    p->index_size = 0;
}

void rr_pairs_destroy(struct rr_pairs *p)
{
    if (p == NULL)
        return;
    rr_pair_merge_close(&p->merge);
    for (uint32_t s = 0; s < p->n_segments; s++)
        rr_segment_fini(&p->segments[s].segment);
    free(p->segments);
    free(p->numbers);
    free(p->cuts.bytes);
    free_gathered(p);
    free(p);
}

/* ---- segments of this rank ---- */

static struct rr_segment *new_segment(struct rr_pairs *p, unsigned level, struct rr_error *err)
{
    char path[RR_SEGMENT_PATH];
    uint32_t i = p->n_segments++;
    p->segments = rr_realloc(p->segments, p->n_segments * sizeof *p->segments);
    p->numbers = rr_realloc(p->numbers, p->n_segments * sizeof *p->numbers);
    p->segments[i].level = level;
    p->numbers[i] = p->number++;
    segment_path(p->path, (uint32_t)p->comm->rank, p->numbers[i], path);
    return rr_segment_create(&p->segments[i].segment, path, err) == 0 ? &p->segments[i].segment
                                                                      : NULL;
}

/* Bytes that each of n cursors reads at a time. */
static size_t buffer_size(const struct rr_pairs *p, uint32_t n)
{
    enum { LEAST = 8 * 1024, MOST = 256 * 1024 };
    size_t size = p->memory / (n ? n : 1);
    return size < LEAST ? LEAST : size > MOST ? MOST : size;
}

static int copy_all(struct rr_pair_merge *merge, struct rr_segment *into, struct rr_error *err)
{
    struct rr_text key, rows;
    int got;
    while ((got = rr_pair_merge_next(merge, &key, &rows, err)) > 0)
        if (rr_segment_put(into, key, rows, err) != 0)
            return -1;
    return got;
}

/* Makes one segment of those from `first` on. */
static int merge_segments(struct rr_pairs *p, uint32_t first, struct rr_error *err)
{
    uint32_t n = p->n_segments - first;
    struct rr_pair_merge merge;
    rr_pair_merge_init(&merge, n);
    int result = 0;
    for (uint32_t s = first; s < first + n && result == 0; s++) {
        const struct rr_segment *segment = &p->segments[s].segment;
        result = rr_pair_merge_add(&merge, segment->path, 0, segment->end.offset, buffer_size(p, n),
                                   err);
    }
    struct rr_segment *into =
        result == 0 ? new_segment(p, p->segments[first].level + 1, err) : NULL;
    result = into == NULL ? -1 : copy_all(&merge, into, err);
    if (result == 0)
        result = rr_segment_end(into, err);
    rr_pair_merge_close(&merge);
    if (into == NULL)
        return -1;
    for (uint32_t s = first; s < first + n; s++)
        rr_segment_fini(&p->segments[s].segment);
    p->segments[first] = p->segments[first + n];
    p->numbers[first] = p->numbers[first + n];
    p->n_segments = first + 1;
    return result;
}

/* Segments of one level stand together at the end: pairs of one key stay in order. */
static int merge_many(struct rr_pairs *p, struct rr_error *err)
{
    for (;;) {
        uint32_t first = p->n_segments;
        while (first > 0 && p->segments[first - 1].level == p->segments[p->n_segments - 1].level)
            first--;
        if (p->n_segments - first < FAN_IN)
            return 0;
        if (merge_segments(p, first, err) != 0)
            return -1;
    }
}

static int compare_entries(const void *a, const void *b, void *bytes)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    const char *at_x = (const char *)bytes + x, *at_y = (const char *)bytes + y;
    int order = rr_text_compare(rr_entry_key(at_x), rr_entry_key(at_y));
    if (order == 0)
        order = (rr_entry_rows(at_x).len > 0) - (rr_entry_rows(at_y).len > 0);
    return order ? order : (x > y) - (x < y);
}

static void sort_gathered(struct rr_pairs *p)
{
    bool sorted = true;
    for (uint64_t i = 1; i < p->n && sorted; i++)
        sorted = compare_entries(&p->index[i - 1], &p->index[i], p->bytes) < 0;
    if (!sorted)
        qsort_r(p->index, p->n, sizeof *p->index, compare_entries, p->bytes);
}

/* Writes what is in memory, sorted, as a segment. */
static int flush(struct rr_pairs *p, struct rr_error *err)
{
    if (p->n == 0)
        return 0;
    struct rr_segment *segment = new_segment(p, 0, err);
    if (segment == NULL)
        return -1;
    sort_gathered(p);
    for (uint64_t i = 0; i < p->n; i++) {
        const char *entry = p->bytes + p->index[i];
        if (rr_segment_put(segment, rr_entry_key(entry), rr_entry_rows(entry), err) != 0)
            return -1;
    }
    p->flushed += p->used;
    p->n = 0;
    p->used = 0;
    return rr_segment_end(segment, err) == 0 ? merge_many(p, err) : -1;
}

/* Memory that is used again is faster than fresh one, and segments should be few: each is at least a
 * quarter of those before it, until memory is what bounds it. */
static size_t segment_size(const struct rr_pairs *p)
{
    uint64_t size = p->flushed / SEGMENT_SHARE;
    size = size < SEGMENT_MIN ? SEGMENT_MIN : size;
    return size < p->memory ? (size_t)size : p->memory;
}

static void reserve(struct rr_pairs *p, size_t len)
{
    if (p->used + len > p->size) {
        p->size = (p->used + len) * 2;
        p->bytes = rr_realloc(p->bytes, p->size);
    }
    if (p->n == p->index_size) {
        p->index_size = p->index_size ? p->index_size * 2 : 1024;
        p->index = rr_realloc(p->index, p->index_size * sizeof *p->index);
    }
}

int rr_pairs_add(struct rr_pairs *p, struct rr_text key, struct rr_text rows, struct rr_error *err)
{
    struct rr_entry_head head = {key.len, rows.len};
    size_t len = sizeof head + key.len + rows.len;
    size_t with_index = p->used + p->n * sizeof *p->index + len;
    if (with_index > segment_size(p) && flush(p, err) != 0)
        return -1;
    reserve(p, len);
    char *to = p->bytes + p->used;
    memcpy(to, &head, sizeof head);
    if (key.len > 0)
        memcpy(to + sizeof head, key.ptr, key.len);
    if (rows.len > 0)
        memcpy(to + sizeof head + key.len, rows.ptr, rows.len);
    p->index[p->n++] = p->used;
    p->used += len;
    return 0;
}

/* ---- who reads what ---- */

static int compare_texts(const void *a, const void *b)
{
    return rr_text_compare(*(const struct rr_text *)a, *(const struct rr_text *)b);
}

/* Collective. The keys that all ranks remember, in order; views into `*memory`. */
static struct rr_text *all_anchors(const struct rr_pairs *p, char **memory, uint32_t *n)
{
    char *mine = NULL;
    size_t used = 0, size = 0, total;
    for (uint32_t s = 0; s < p->n_segments; s++)
        for (uint32_t a = 0; a < p->segments[s].segment.n_anchors; a++) {
            struct rr_text key = rr_segment_anchor_key(&p->segments[s].segment, a);
            if (used + sizeof key.len + key.len > size) {
                size = 2 * (used + sizeof key.len + key.len);
                mine = rr_realloc(mine, size);
            }
            memcpy(mine + used, &key.len, sizeof key.len);
            memcpy(mine + used + sizeof key.len, key.ptr, key.len);
            used += sizeof key.len + key.len;
        }
    rr_comm_concat(p->comm, mine, used, memory, &total, NULL);
    free(mine);
    struct rr_text *all = NULL;
    *n = 0;
    for (size_t at = 0; at < total; ++*n) {
        if ((*n & (*n - 1)) == 0)
            all = rr_realloc(all, (*n ? 2 * *n : 1) * sizeof *all);
        memcpy(&all[*n].len, *memory + at, sizeof all[*n].len);
        all[*n].ptr = *memory + at + sizeof all[*n].len;
        at += sizeof all[*n].len + all[*n].len;
    }
    if (*n > 0)
        qsort(all, *n, sizeof *all, compare_texts);
    return all;
}

/* Collective. size - 1 keys that cut what all ranks hold into about equal parts; views into `*memory`. */
static void choose_splitters(const struct rr_pairs *p, struct rr_text *splitter, char **memory)
{
    uint32_t n, parts = (uint32_t)p->comm->size;
    struct rr_text *all = all_anchors(p, memory, &n);
    for (uint32_t r = 1; r < parts; r++)
        splitter[r - 1] = n > 0 ? all[(uint64_t)n * r / parts] : (struct rr_text){0};
    free(all);
}

/* Where each rank's range begins in one segment; places[size] is its end. */
static int cut_segment(const struct rr_segment *segment, const struct rr_text *splitter, uint32_t n,
                       struct rr_place *places, struct rr_error *err)
{
    places[0] = (struct rr_place){0, 0};
    for (uint32_t r = 0; r < n; r++)
        if (rr_segment_lower_bound(segment, splitter[r], &places[r + 1], err) != 0)
            return -1;
    places[n + 1] = segment->end;
    return 0;
}

static const struct rr_place *cut_places(const struct cuts *cuts, uint32_t i, struct cut_head *head)
{
    const char *at = cuts->bytes + i * cuts->stride;
    memcpy(head, at, sizeof *head);
    return (const struct rr_place *)(const void *)(at + sizeof *head);
}

/* Collective. */
static int gather_cuts(struct rr_pairs *p, const struct rr_text *splitter, struct rr_error *err)
{
    const struct rr_comm *comm = p->comm;
    uint32_t n = (uint32_t)comm->size - 1;
    struct cuts *cuts = &p->cuts;
    cuts->stride = sizeof(struct cut_head) + (n + 2) * sizeof(struct rr_place);
    char *mine = rr_calloc(p->n_segments, cuts->stride);
    int result = 0;
    for (uint32_t s = 0; s < p->n_segments && result == 0; s++) {
        struct cut_head head = {(uint32_t)comm->rank, p->numbers[s]};
        char *at = mine + s * cuts->stride;
        memcpy(at, &head, sizeof head);
        result = cut_segment(&p->segments[s].segment, splitter, n,
                             (struct rr_place *)(void *)(at + sizeof head), err);
    }
    result = rr_agree(comm, result, err);
    size_t total = 0;
    if (result == 0)
        rr_comm_concat(comm, mine, p->n_segments * cuts->stride, &cuts->bytes, &total, NULL);
    cuts->n = (uint32_t)(total / cuts->stride);
    free(mine);
    return result;
}

int rr_pairs_exchange(struct rr_pairs *p, const struct rr_text *splitter, struct rr_error *err)
{
    char *memory = NULL;
    int result = rr_agree(p->comm, flush(p, err), err);
    free_gathered(p);
    if (result != 0)
        return -1;
    struct rr_text *chosen = NULL;
    if (splitter == NULL) {
        chosen = rr_calloc((size_t)p->comm->size, sizeof *chosen);
        choose_splitters(p, chosen, &memory);
        splitter = chosen;
    }
    result = gather_cuts(p, splitter, err);
    free(chosen);
    free(memory);
    return result == 0 ? rr_agree(p->comm, rr_pairs_rewind(p, err), err) : -1;
}

int rr_pairs_exchange_by_rank(struct rr_pairs *p, struct rr_error *err)
{
    size_t size = (size_t)p->comm->size;
    struct rr_text *splitter = rr_malloc(size * sizeof *splitter);
    char(*rank)[4] = rr_malloc(size * sizeof *rank);
    for (uint32_t r = 0; r < size; r++) {
        rr_store_u32(rank[r], r + 1);
        splitter[r] = (struct rr_text){rank[r], sizeof *rank};
    }
    int result = rr_pairs_exchange(p, splitter, err);
    free(rank);
    free(splitter);
    return result;
}

uint64_t rr_pairs_rows_before(const struct rr_pairs *p)
{
    uint64_t sum = 0;
    struct cut_head head;
    for (uint32_t i = 0; i < p->cuts.n; i++)
        sum += cut_places(&p->cuts, i, &head)[p->comm->rank].rows;
    return sum;
}

/* ---- reading ---- */

static uint32_t count_sources(const struct rr_pairs *p)
{
    uint32_t n = 0;
    struct cut_head head;
    for (uint32_t i = 0; i < p->cuts.n; i++) {
        const struct rr_place *places = cut_places(&p->cuts, i, &head);
        n += places[p->comm->rank].offset < places[p->comm->rank + 1].offset;
    }
    return n;
}

int rr_pairs_rewind(struct rr_pairs *p, struct rr_error *err)
{
    int rank = p->comm->rank;
    uint32_t n = count_sources(p);
    rr_pair_merge_close(&p->merge);
    rr_pair_merge_init(&p->merge, n);
    for (uint32_t i = 0; i < p->cuts.n; i++) {
        struct cut_head head;
        const struct rr_place *places = cut_places(&p->cuts, i, &head);
        char path[RR_SEGMENT_PATH];
        if (places[rank].offset == places[rank + 1].offset)
            continue;
        segment_path(p->path, head.rank, head.number, path);
        if (rr_pair_merge_add(&p->merge, path, places[rank].offset, places[rank + 1].offset,
                              buffer_size(p, n), err) != 0)
            return -1;
    }
    return 0;
}

int rr_pairs_next(struct rr_pairs *p, struct rr_text *key, struct rr_text *rows,
                  struct rr_error *err)
{
    return rr_pair_merge_next(&p->merge, key, rows, err);
}
