/* Counting records by cell and file. */
#include "origins.h"

#include "../io/memory.h"

#include <string.h>

enum { GROUP = 256 }; /* rows whose buckets are asked for together */

/* What is counted together, as the bytes of a dictionary's text. */
struct place {
    uint32_t cell_key; /* code in rr_plans_cell_keys */
    int32_t bucket;
    uint32_t file;  /* in the order of paths */
    uint32_t meter; /* the cell key's */
};

struct rr_origins {
    const struct rr_job *job;
    const struct rr_manifest *manifest;
    const struct rr_plans *plans;
    const uint32_t *file_of;
    uint32_t row_size;
    struct rr_dictionary *places;
    struct rr_record_counts *counts; /* of each place */
    uint32_t counts_size;
    /* Since they were put in order. */
    bool ordered;
    struct rr_origin *all;
    struct rr_origin_file *files;
    uint32_t n;
};

struct rr_origins *rr_origins_create(const struct rr_job *job, const struct rr_manifest *manifest,
                                     const struct rr_plans *plans, const uint32_t *file_of)
{
    struct rr_origins *o = rr_calloc(1, sizeof *o);
    o->job = job;
    o->manifest = manifest;
    o->plans = plans;
    o->file_of = file_of;
    o->row_size = rr_row_size(job);
    o->places = rr_dictionary_create();
    return o;
}

static void forget_order(struct rr_origins *o)
{
    free(o->all);
    free(o->files);
    o->all = NULL;
    o->files = NULL;
    o->n = 0;
    o->ordered = false;
}

void rr_origins_destroy(struct rr_origins *o)
{
    if (o == NULL)
        return;
    forget_order(o);
    rr_dictionary_destroy(o->places);
    free(o->counts);
    free(o);
}

void rr_origins_clear(struct rr_origins *o)
{
    forget_order(o);
    rr_dictionary_clear(o->places);
}

/* ---- counting ---- */

static struct rr_record_counts *counts_at(struct rr_origins *o, const struct place *place)
{
    struct rr_text text = {(const char *)place, sizeof *place};
    uint32_t before = rr_dictionary_size(o->places);
    uint32_t code = rr_dictionary_enter(o->places, text, rr_dictionary_hash(text));
    if (code < before)
        return &o->counts[code];
    if (code >= o->counts_size) {
        o->counts_size = (code + 1) * 2;
        o->counts = rr_realloc(o->counts, o->counts_size * sizeof *o->counts);
    }
    o->counts[code] = (struct rr_record_counts){0};
    return &o->counts[code];
}

/* Adds one to a count of each cell that the row feeds: `which` is its offset in struct rr_record_counts. */
static void count_row(struct rr_origins *o, const struct rr_row *row, int32_t bucket, size_t which)
{
    struct rr_plan_targets plan = rr_plans_of(o->plans, row->key);
    for (uint32_t t = 0; t < plan.n; t++) {
        struct place place = {plan.target[t].cell_key, bucket, rr_position_file(row->position),
                              plan.target[t].meter};
        uint64_t *count = (uint64_t *)(void *)((char *)counts_at(o, &place) + which);
        ++*count;
    }
}

void rr_origins_count(struct rr_origins *o, const uint8_t *rows, uint32_t n)
{
    struct rr_row row[GROUP];
    int64_t time_ns[GROUP];
    int32_t bucket[GROUP];
    forget_order(o);
    for (uint32_t at = 0; at < n; at += GROUP) {
        uint32_t take = n - at < GROUP ? n - at : GROUP;
        for (uint32_t i = 0; i < take; i++) {
            memcpy(&row[i], rows + (size_t)(at + i) * o->row_size, sizeof row[i]);
            time_ns[i] = row[i].time_ns;
        }
        o->job->bucket(o->job->self, take, time_ns, bucket);
        for (uint32_t i = 0; i < take; i++)
            count_row(o, &row[i], bucket[i], offsetof(struct rr_record_counts, counted));
    }
}

void rr_origins_withhold(struct rr_origins *o, const uint8_t *bytes, enum rr_withheld withheld)
{
    struct rr_row row;
    int32_t bucket;
    forget_order(o);
    memcpy(&row, bytes, sizeof row);
    o->job->bucket(o->job->self, 1, &row.time_ns, &bucket);
    count_row(o, &row, bucket,
              offsetof(struct rr_record_counts, withheld) + withheld * sizeof(uint64_t));
}

void rr_record_counts_add(struct rr_record_counts *into, const struct rr_record_counts *from)
{
    into->counted += from->counted;
    for (int w = 0; w < RR_WITHHELD; w++)
        into->withheld[w] += from->withheld[w];
}

/* ---- in order ---- */

static struct place place_at(const struct rr_origins *o, uint32_t code)
{
    struct place place;
    memcpy(&place, rr_dictionary_text(o->places, code).ptr, sizeof place);
    return place;
}

static struct rr_text key_of(const struct rr_origins *o, const struct place *place)
{
    return rr_dictionary_text(rr_plans_cell_keys(o->plans), place->cell_key);
}

static int compare_cells(struct rr_text key_a, int32_t bucket_a, struct rr_text key_b,
                         int32_t bucket_b)
{
    int order = rr_text_compare(key_a, key_b);
    return order ? order : (bucket_a > bucket_b) - (bucket_a < bucket_b);
}

static int compare_places(const void *a, const void *b, void *origins)
{
    const struct rr_origins *o = origins;
    struct place x = place_at(o, *(const uint32_t *)a), y = place_at(o, *(const uint32_t *)b);
    int order = x.cell_key == y.cell_key && x.bucket == y.bucket
                    ? 0
                    : compare_cells(key_of(o, &x), x.bucket, key_of(o, &y), y.bucket);
    return order ? order : (x.file > y.file) - (x.file < y.file);
}

/* Adds the counts of a place to those of its cell, which is the last, or comes now. */
static void put_place(struct rr_origins *o, uint32_t code, uint32_t at)
{
    struct place place = place_at(o, code);
    struct rr_text key = key_of(o, &place);
    struct rr_origin *origin = &o->all[o->n - (o->n > 0)];
    if (o->n == 0 || compare_cells(origin->key, origin->bucket, key, place.bucket) != 0) {
        origin = &o->all[o->n++];
        *origin = (struct rr_origin){
            .key = key, .meter = (int)place.meter, .bucket = place.bucket, .files = &o->files[at]};
    }
    uint32_t file = o->file_of[place.file];
    o->files[at] = (struct rr_origin_file){file, o->manifest->files[file].path, o->counts[code]};
    origin->n_files++;
    rr_record_counts_add(&origin->counts, &o->counts[code]);
}

static void put_in_order(struct rr_origins *o)
{
    uint32_t n = rr_dictionary_size(o->places);
    uint32_t *order = rr_malloc(n * sizeof *order);
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    qsort_r(order, n, sizeof *order, compare_places, o);
    o->all = rr_malloc(n * sizeof *o->all);
    o->files = rr_malloc(n * sizeof *o->files);
    for (uint32_t i = 0; i < n; i++)
        put_place(o, order[i], i);
    free(order);
    o->ordered = true;
}

const struct rr_origin *rr_origins_all(struct rr_origins *o, uint32_t *n)
{
    if (!o->ordered)
        put_in_order(o);
    *n = o->n;
    return o->all;
}

const struct rr_origin *rr_origins_find(struct rr_origins *o, struct rr_text key, int32_t bucket)
{
    uint32_t from = 0, to;
    const struct rr_origin *all = rr_origins_all(o, &to);
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        int order = compare_cells(all[middle].key, all[middle].bucket, key, bucket);
        if (order == 0)
            return &all[middle];
        if (order < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return NULL;
}
