/* The manifest in memory and as JSON. */
#include "manifest.h"

#include "../io/memory.h"
#include "coverage.h"
#include "increments.h"

#include <jansson.h>
#include <rerate/job.h>
#include <stdio.h>
#include <string.h>

static const char *const kind_name[] = {"records", "cells", "quarantine", "conflicts", "repaired"};
enum {
    KINDS = sizeof kind_name / sizeof kind_name[0],
    DUMP = JSON_SORT_KEYS | JSON_INDENT(1),
    METERS_MAX = 2 * RR_JOB_METERS, /* a job may keep what some of its meters measure twice */
};

const char *rr_run_kind_name(enum rr_run_kind kind)
{
    return kind_name[kind];
}

static char *copy(const char *text)
{
    char *out = strdup(text);
    rr_check(out != NULL, "out of memory");
    return out;
}

struct rr_manifest *rr_manifest_create(uint32_t n_shards, const char *job, const char *state_text,
                                       int n_meters)
{
    struct rr_manifest *m = rr_calloc(1, sizeof *m);
    m->n_shards = n_shards;
    m->job = copy(job);
    m->state_text = copy(state_text);
    rr_tally_init(&m->ingested, n_meters);
    rr_tally_init(&m->resolved, n_meters);
    return m;
}

void rr_manifest_destroy(struct rr_manifest *m)
{
    if (m == NULL)
        return;
    for (uint32_t i = 0; i < m->n_files; i++) {
        free(m->files[i].path);
        rr_input_tally_fini(&m->files[i].tally);
    }
    rr_increments_keep(m, 0);
    free(m->increments);
    free(m->files);
    free(m->splits);
    free(m->runs);
    free(m->job);
    free(m->state_text);
    rr_tally_fini(&m->ingested);
    rr_tally_fini(&m->resolved);
    free(m);
}

/* Makes room for one more item of an array that doubles: full whenever n is a power of two. */
static void *one_more(void *items, uint32_t n, size_t size)
{
    if (n == 0)
        return rr_malloc(size);
    return (n & (n - 1)) == 0 ? rr_realloc(items, 2 * (size_t)n * size) : items;
}

uint32_t rr_manifest_add_file(struct rr_manifest *m, const char *path, uint64_t size,
                              int64_t mtime_ns)
{
    m->files = one_more(m->files, m->n_files, sizeof *m->files);
    m->files[m->n_files] = (struct rr_file_entry){.path = copy(path),
                                                  .size = size,
                                                  .mtime_ns = mtime_ns,
                                                  .first_split = m->n_splits,
                                                  .increment = m->n_increments};
    rr_input_tally_init(&m->files[m->n_files].tally);
    return m->n_files++;
}

void rr_manifest_count(struct rr_manifest *m)
{
    rr_tally_clear(&m->ingested);
    rr_tally_clear(&m->resolved);
    for (uint32_t i = 0; i < m->n_files; i++)
        rr_input_tally_sum(&m->files[i].tally, &m->ingested);
    for (uint32_t i = 0; i < m->n_increments; i++)
        if (m->increments[i].resolved)
            rr_tally_add(&m->resolved, m->increments[i].resolved);
}

bool rr_manifest_file_untouched(const struct rr_manifest *m, uint32_t file)
{
    const struct rr_file_entry *entry = &m->files[file];
    for (uint32_t s = 0; s < entry->n_splits; s++) {
        const struct rr_split_entry *split = &m->splits[entry->first_split + s];
        if (split->done || split->next != 0)
            return false;
    }
    return entry->path[0] != '\0';
}

void rr_manifest_drop_file(struct rr_manifest *m, uint32_t file)
{
    struct rr_file_entry *entry = &m->files[file];
    for (uint32_t s = 0; s < entry->n_splits; s++)
        m->splits[entry->first_split + s].done = true; /* nothing is left to do */
    entry->n_splits = 0;
    entry->path[0] = '\0';
}

void rr_manifest_add_split(struct rr_manifest *m, const struct rr_split *split)
{
    m->splits = one_more(m->splits, m->n_splits, sizeof *m->splits);
    m->splits[m->n_splits++] =
        (struct rr_split_entry){.split = *split, .next_record = split->first_record};
    m->files[split->file].n_splits++;
}

void rr_manifest_add_run(struct rr_manifest *m, const struct rr_run_entry *run)
{
    m->runs = one_more(m->runs, m->n_runs, sizeof *m->runs);
    m->runs[m->n_runs++] = *run;
}

void rr_manifest_drop_marked(struct rr_manifest *m, const bool *marks)
{
    struct rr_run_entry *old = m->runs;
    uint32_t n = m->n_runs;
    m->runs = NULL;
    m->n_runs = 0;
    for (uint32_t i = 0; i < n; i++)
        if (!marks[i])
            rr_manifest_add_run(m, &old[i]);
    free(old);
}

void rr_manifest_drop_runs(struct rr_manifest *m, enum rr_run_kind kind)
{
    bool *marks = rr_calloc(m->n_runs, sizeof *marks);
    for (uint32_t i = 0; i < m->n_runs; i++)
        marks[i] = m->runs[i].kind == kind;
    rr_manifest_drop_marked(m, marks);
    free(marks);
}

bool rr_manifest_file_done(const struct rr_manifest *m, uint32_t file)
{
    const struct rr_file_entry *entry = &m->files[file];
    for (uint32_t s = 0; s < entry->n_splits; s++)
        if (!m->splits[entry->first_split + s].done)
            return false;
    return true;
}

bool rr_manifest_all_read(const struct rr_manifest *m)
{
    for (uint32_t s = 0; s < m->n_splits; s++)
        if (!m->splits[s].done)
            return false;
    return true;
}

bool rr_manifest_all_resolved(const struct rr_manifest *m)
{
    bool records = false;
    uint32_t gaps = 0;
    for (uint32_t i = 0; i < m->n_runs; i++)
        records |= m->runs[i].kind == RR_RUN_RECORDS;
    if (records)
        free(rr_coverage_gaps(m, &gaps));
    return gaps == 0;
}

static json_t *digest_json(struct rr_digest digest)
{
    char text[RR_DIGEST_TEXT];
    rr_digest_format(digest, text);
    return json_string(text);
}

static json_t *file_json(const struct rr_manifest *m, const struct rr_file_entry *file)
{
    json_t *out = json_object(), *splits = json_array();
    json_object_set_new(out, "path", json_string(file->path));
    json_object_set_new(out, "size", json_integer((json_int_t)file->size));
    json_object_set_new(out, "mtime_ns", json_integer(file->mtime_ns));
    json_object_set_new(out, "increment", json_integer(file->increment));
    json_object_set_new(out, "tally", rr_input_tally_json(&file->tally));
    if (file->has_digest)
        json_object_set_new(out, "digest", digest_json(file->digest));
    for (uint32_t i = 0; i < file->n_splits; i++) {
        const struct rr_split_entry *s = &m->splits[file->first_split + i];
        /* The end of a file is UINT64_MAX, -1 in JSON. */
        json_array_append_new(splits,
                              json_pack("[I,I,I,I,I,I,I,I,b]", (json_int_t)s->split.start,
                                        (json_int_t)s->split.end, (json_int_t)s->split.first_record,
                                        (json_int_t)s->split.weight, (json_int_t)s->split.stored,
                                        (json_int_t)s->split.skip, (json_int_t)s->next,
                                        (json_int_t)s->next_record, (int)s->done));
    }
    json_object_set_new(out, "splits", splits);
    return out;
}

static json_t *run_json(const struct rr_run_entry *run)
{
    json_t *out = json_object();
    json_object_set_new(out, "kind", json_string(kind_name[run->kind]));
    json_object_set_new(out, "name", json_string(run->name));
    json_object_set_new(out, "bytes", json_integer((json_int_t)run->bytes));
    json_object_set_new(out, "digest", digest_json(run->digest));
    json_object_set_new(out, "items", json_integer((json_int_t)run->items));
    json_object_set_new(out, "first_shard", json_integer(run->first));
    json_object_set_new(out, "end_shard", json_integer(run->end));
    if (!rr_run_is_whole(run)) { /* -1 is the last */
        json_object_set_new(out, "low", json_integer((json_int_t)run->low));
        json_object_set_new(out, "high", json_integer((json_int_t)run->high));
    }
    if (run->kind == RR_RUN_CELLS) {
        json_object_set_new(out, "first_bucket", json_integer(run->first_bucket));
        json_object_set_new(out, "last_bucket", json_integer(run->last_bucket));
    }
    json_object_set_new(out, "first_increment", json_integer(run->first_increment));
    json_object_set_new(out, "last_increment", json_integer(run->last_increment));
    return out;
}

static json_t *sum_json(const struct rr_sum *sum)
{
    char text[RR_SUM_TEXT];
    rr_sum_format(sum, text);
    return json_string(text);
}

/* Counts by code, without those of none. */
static json_t *codes_json(const uint64_t *count)
{
    json_t *out = json_object();
    for (int code = RR_ACCEPT + 1; code < RR_REJECT_CODES; code++)
        if (count[code] > 0)
            json_object_set_new(out, rr_reject_name((enum rr_reject)code),
                                json_integer((json_int_t)count[code]));
    return out;
}

static json_t *meter_json(const struct rr_meter_tally *tally)
{
    json_t *out = json_array();
    json_array_append_new(out, sum_json(&tally->read));
    json_array_append_new(out, sum_json(&tally->aggregated));
    for (int w = 0; w < RR_WITHHELD; w++)
        json_array_append_new(out, sum_json(&tally->withheld[w]));
    return out;
}

static json_t *tally_json(const struct rr_tally *tally)
{
    json_t *out = json_object(), *meters = json_array();
    json_object_set_new(out, "read", json_integer((json_int_t)tally->read));
    json_object_set_new(out, "aggregated", json_integer((json_int_t)tally->aggregated));
    json_object_set_new(out, "not_metered", json_integer((json_int_t)tally->not_metered));
    for (int w = 0; w < RR_WITHHELD; w++)
        json_object_set_new(out, rr_withheld_name((enum rr_withheld)w),
                            json_integer((json_int_t)tally->withheld[w]));
    json_object_set_new(out, "conflicts", json_integer((json_int_t)tally->conflicts));
    json_object_set_new(out, "quarantined", codes_json(tally->quarantined));
    json_object_set_new(out, "repaired", codes_json(tally->repaired));
    for (int i = 0; i < tally->n_meters; i++)
        json_array_append_new(meters, meter_json(&tally->meters[i]));
    json_object_set_new(out, "meters", meters);
    return out;
}

static json_t *increment_json(const struct rr_increment *increment)
{
    json_t *out = json_object();
    json_object_set_new(out, "when", json_string(increment->when));
    if (increment->resolved)
        json_object_set_new(out, "resolved", tally_json(increment->resolved));
    return out;
}

static json_t *manifest_json(const struct rr_manifest *m)
{
    json_t *out = json_object(), *files = json_array(), *runs = json_array(),
           *increments = json_array();
    json_object_set_new(out, "format", json_integer(RR_MANIFEST_FORMAT));
    json_object_set_new(out, "generation", json_integer((json_int_t)m->generation));
    json_object_set_new(out, "shards", json_integer(m->n_shards));
    json_object_set_new(out, "hash", json_string("xxh3-64"));
    json_object_set_new(out, "job", json_string(m->job));
    json_object_set_new(out, "state_text", json_string(m->state_text));
    for (uint32_t i = 0; i < m->n_files; i++)
        json_array_append_new(files, file_json(m, &m->files[i]));
    for (uint32_t i = 0; i < m->n_runs; i++)
        json_array_append_new(runs, run_json(&m->runs[i]));
    json_object_set_new(out, "files", files);
    json_object_set_new(out, "runs", runs);
    for (uint32_t i = 0; i < m->n_increments; i++)
        json_array_append_new(increments, increment_json(&m->increments[i]));
    json_object_set_new(out, "increments", increments);
    json_object_set_new(out, "meters", json_integer(m->resolved.n_meters));
    return out;
}

static struct rr_digest json_digest(const json_t *value)
{
    char *text = json_dumps(value, DUMP);
    rr_check(text != NULL, "a manifest that is no JSON");
    struct rr_digest digest = rr_digest_bytes(text, strlen(text));
    free(text);
    return digest;
}

char *rr_manifest_format(const struct rr_manifest *m)
{
    json_t *value = manifest_json(m);
    json_object_set_new(value, "digest", digest_json(json_digest(value)));
    char *text = json_dumps(value, DUMP);
    rr_check(text != NULL, "a manifest that is no JSON");
    json_decref(value);
    return text;
}

/* Reading. The digest was right, so a field that is missing means another version wrote it. */

static bool get_u64(const json_t *object, const char *name, uint64_t *out)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_integer(value))
        return false;
    *out = (uint64_t)json_integer_value(value);
    return true;
}

static bool get_digest(const json_t *object, const char *name, struct rr_digest *digest)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text && rr_digest_parse(text, digest);
}

static bool read_file(struct rr_manifest *m, const json_t *in)
{
    uint64_t size, mtime, increment;
    const char *path = json_string_value(json_object_get(in, "path"));
    if (path == NULL || !get_u64(in, "size", &size) || !get_u64(in, "mtime_ns", &mtime) ||
        !get_u64(in, "increment", &increment) || increment == 0 || increment > m->n_increments)
        return false;
    uint32_t file = rr_manifest_add_file(m, path, size, (int64_t)mtime);
    m->files[file].increment = (uint32_t)increment;
    if (!rr_input_tally_read(json_object_get(in, "tally"), (uint32_t)m->ingested.n_meters,
                             &m->files[file].tally))
        return false;
    m->files[file].has_digest = get_digest(in, "digest", &m->files[file].digest);
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(in, "splits"), i, item)
    {
        json_int_t start, end, first, weight, stored, skip, next, record;
        int done;
        if (json_unpack(item, "[I,I,I,I,I,I,I,I,b]", &start, &end, &first, &weight, &stored, &skip,
                        &next, &record, &done) != 0)
            return false;
        struct rr_split split = {.file = file,
                                 .start = (uint64_t)start,
                                 .end = (uint64_t)end,
                                 .first_record = (uint64_t)first,
                                 .weight = (uint64_t)weight,
                                 .stored = (uint64_t)stored,
                                 .skip = (uint64_t)skip};
        rr_manifest_add_split(m, &split);
        struct rr_split_entry *entry = &m->splits[m->n_splits - 1];
        entry->next = (uint64_t)next;
        entry->next_record = (uint64_t)record;
        entry->done = done;
    }
    return true;
}

static bool read_kind(const json_t *in, enum rr_run_kind *kind)
{
    const char *text = json_string_value(json_object_get(in, "kind"));
    for (int k = 0; text && k < KINDS; k++)
        if (strcmp(kind_name[k], text) == 0) {
            *kind = (enum rr_run_kind)k;
            return true;
        }
    return false;
}

static bool read_run(struct rr_manifest *m, const json_t *in)
{
    struct rr_run_entry run = {.high = UINT64_MAX};
    uint64_t first, end, first_bucket = 0, last_bucket = 0, first_increment, last_increment;
    const char *name = json_string_value(json_object_get(in, "name"));
    if (name == NULL || strlen(name) >= sizeof run.name || strchr(name, '/') ||
        !read_kind(in, &run.kind) || !get_u64(in, "bytes", &run.bytes) ||
        !get_u64(in, "items", &run.items) || !get_digest(in, "digest", &run.digest) ||
        !get_u64(in, "first_shard", &first) || !get_u64(in, "end_shard", &end) || first > end ||
        end > m->n_shards)
        return false;
    get_u64(in, "low", &run.low);
    get_u64(in, "high", &run.high);
    if (run.low > run.high)
        return false;
    if (!get_u64(in, "first_increment", &first_increment) ||
        !get_u64(in, "last_increment", &last_increment) || first_increment > last_increment ||
        last_increment > m->n_increments)
        return false;
    get_u64(in, "first_bucket", &first_bucket);
    get_u64(in, "last_bucket", &last_bucket);
    snprintf(run.name, sizeof run.name, "%s", name);
    run.first = (uint32_t)first;
    run.end = (uint32_t)end;
    run.first_bucket = (int32_t)first_bucket;
    run.last_bucket = (int32_t)last_bucket;
    run.first_increment = (uint32_t)first_increment;
    run.last_increment = (uint32_t)last_increment;
    rr_manifest_add_run(m, &run);
    return true;
}

static bool read_sum(const json_t *array, size_t i, struct rr_sum *sum)
{
    const char *text = json_string_value(json_array_get(array, i));
    return text && rr_sum_parse(text, strlen(text), sum);
}

static void read_codes(const json_t *in, uint64_t *count)
{
    for (int code = RR_ACCEPT + 1; code < RR_REJECT_CODES; code++)
        get_u64(in, rr_reject_name((enum rr_reject)code), &count[code]);
}

static bool read_meter(const json_t *in, struct rr_meter_tally *tally)
{
    if (!read_sum(in, 0, &tally->read) || !read_sum(in, 1, &tally->aggregated))
        return false;
    for (int w = 0; w < RR_WITHHELD; w++)
        if (!read_sum(in, 2 + (size_t)w, &tally->withheld[w]))
            return false;
    return true;
}

static bool read_tally(const json_t *in, struct rr_tally *tally)
{
    if (!get_u64(in, "read", &tally->read) || !get_u64(in, "aggregated", &tally->aggregated) ||
        !get_u64(in, "not_metered", &tally->not_metered) ||
        !get_u64(in, "conflicts", &tally->conflicts))
        return false;
    for (int w = 0; w < RR_WITHHELD; w++)
        if (!get_u64(in, rr_withheld_name((enum rr_withheld)w), &tally->withheld[w]))
            return false;
    read_codes(json_object_get(in, "quarantined"), tally->quarantined);
    read_codes(json_object_get(in, "repaired"), tally->repaired);
    const json_t *meters = json_object_get(in, "meters");
    for (int i = 0; i < tally->n_meters; i++)
        if (!read_meter(json_array_get(meters, (size_t)i), &tally->meters[i]))
            return false;
    return true;
}

static bool read_increment(struct rr_manifest *m, const json_t *in)
{
    const char *when = json_string_value(json_object_get(in, "when"));
    const json_t *resolved = json_object_get(in, "resolved");
    if (when == NULL || strlen(when) >= RR_WHEN_TEXT)
        return false;
    rr_increments_add(m, when);
    if (resolved == NULL)
        return true;
    struct rr_tally tally;
    rr_tally_init(&tally, m->resolved.n_meters);
    bool good = read_tally(resolved, &tally);
    if (good)
        rr_increments_add_resolved(m, &tally);
    rr_tally_fini(&tally);
    return good;
}

static bool read_lists(struct rr_manifest *m, const json_t *in)
{
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(in, "increments"), i,
                       item) if (!read_increment(m, item)) return false;
    json_array_foreach(json_object_get(in, "files"), i, item) if (!read_file(m, item)) return false;
    json_array_foreach(json_object_get(in, "runs"), i, item) if (!read_run(m, item)) return false;
    rr_manifest_count(m);
    return true;
}

static struct rr_manifest *read_manifest(const char *path, const json_t *in, struct rr_error *err)
{
    uint64_t format = 0, shards = 0, generation = 0, n_meters = 0;
    get_u64(in, "format", &format);
    if (format != RR_MANIFEST_FORMAT) {
        rr_fail(err, RR_EXIT_IO, "%s: format %llu; this program reads %d", path,
                (unsigned long long)format, RR_MANIFEST_FORMAT);
        return NULL;
    }
    const char *hash = json_string_value(json_object_get(in, "hash"));
    if (hash == NULL || strcmp(hash, "xxh3-64") != 0) {
        rr_fail(err, RR_EXIT_IO, "%s: accounts are hashed by %s; this program knows xxh3-64", path,
                hash ? hash : "nothing");
        return NULL;
    }
    const char *job = json_string_value(json_object_get(in, "job"));
    const char *state_text = json_string_value(json_object_get(in, "state_text"));
    if (!get_u64(in, "shards", &shards) || shards == 0 || shards > RR_SHARDS_MAX || !job ||
        !state_text || !get_u64(in, "generation", &generation) ||
        !get_u64(in, "meters", &n_meters) || n_meters > METERS_MAX) {
        rr_fail(err, RR_EXIT_IO, "%s: a field is missing or can't be", path);
        return NULL;
    }
    struct rr_manifest *m = rr_manifest_create((uint32_t)shards, job, state_text, (int)n_meters);
    m->generation = generation;
    if (read_lists(m, in))
        return m;
    rr_fail(err, RR_EXIT_IO, "%s: an entry can't be read", path);
    rr_manifest_destroy(m);
    return NULL;
}

struct rr_manifest *rr_manifest_parse(const char *path, const char *text, size_t len,
                                      struct rr_error *err)
{
    json_error_t json_error;
    json_t *in = json_loadb(text, len, JSON_REJECT_DUPLICATES, &json_error);
    if (in == NULL) {
        rr_fail(err, RR_EXIT_IO, "%s: line %d: %s", path, json_error.line, json_error.text);
        return NULL;
    }
    struct rr_manifest *m = NULL;
    struct rr_digest said;
    if (!json_is_object(in) || !get_digest(in, "digest", &said)) {
        rr_fail(err, RR_EXIT_IO, "%s: has no digest", path);
        goto done;
    }
    json_object_del(in, "digest");
    if (!rr_digest_equal(said, json_digest(in))) {
        rr_fail(err, RR_EXIT_IO, "%s: its digest is wrong: it is damaged", path);
        goto done;
    }
    m = read_manifest(path, in, err);
done:
    json_decref(in);
    return m;
}
