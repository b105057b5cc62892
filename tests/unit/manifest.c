/* The manifest: what is written is what is read, and damage is noticed. */
#include "unit.h"

#include "../../runtime/increments.h"

#include <jansson.h>
#include <string.h>

enum { METERS = 2 };

/* Counts of an input that differ with `seed`; the second meter's sum is no decimal. */
static void count(struct rr_input_counter *counter, uint32_t seed)
{
    struct rr_input_tally *tally = &counter->tally;
    tally->read += 1000 + seed;
    tally->quarantined[RR_BAD_ROW] += 3;
    tally->quarantined[RR_BAD_QUANTITY] += seed;
    rr_sum_add(&tally->quantity, -RR_DECIMAL_ONE / 3);
    tally->first_ns = INT64_C(-5000000000) - seed;
    tally->last_ns = INT64_C(1740830400000000001) + seed;
    for (int i = 0; i < 200; i++)
        rr_input_counter_feed(counter, 1, 1 - RR_DECIMAL_LIMIT);
    if (seed == 2)
        rr_input_counter_feed(counter, 0, 0);
}

/* Gives a file what one rank counted of it, as a commit does. */
static void give(struct rr_manifest *m, uint32_t file, struct rr_input_counter *counter)
{
    struct rr_input_parts parts = {0};
    struct rr_input_tally part;
    uint32_t named;
    rr_input_parts_add(&parts, file, counter);
    ck_assert_uint_eq(rr_input_parts_next(parts.bytes, 0, &named, &part), parts.used);
    ck_assert_uint_eq(named, file);
    rr_input_tally_merge(&m->files[file].tally, &part);
    rr_input_tally_fini(&part);
    rr_input_parts_fini(&parts);
}

static struct rr_manifest *sample(void)
{
    struct rr_input_counter counter;
    rr_input_counter_init(&counter, METERS);
    struct rr_manifest *m =
        rr_manifest_create(4096, "meters", "bucket: day\n\"quoted\" \xc3\xa4\n", METERS);
    m->generation = 7;
    for (uint32_t f = 0; f < 3; f++) {
        if (f < 2)
            rr_increments_add(m, f ? "2025-03-02T00:00:00Z" : "2025-03-01T12:00:00Z");
        uint32_t file = rr_manifest_add_file(m,
                                             f == 0   ? "a \"b\".csv"
                                             : f == 1 ? "\xc3\xa4.csv"
                                                      : "z.csv.zst",
                                             1000 + f, (int64_t)f - 5);
        m->files[file].has_digest = f != 1;
        m->files[file].digest = (struct rr_digest){UINT64_MAX - f, f};
        if (f > 0) {
            count(&counter, f);
            give(m, file, &counter);
        }
        for (uint64_t s = 0; s <= f; s++) {
            struct rr_split split = {.file = file,
                                     .start = s * 100,
                                     .end = s == f ? UINT64_MAX : s * 100 + 100,
                                     .first_record = 1 + s,
                                     .weight = 9,
                                     .stored = s,
                                     .skip = 3};
            rr_manifest_add_split(m, &split);
            m->splits[m->n_splits - 1].done = s == 0;
            m->splits[m->n_splits - 1].next = 50;
            m->splits[m->n_splits - 1].next_record = (uint64_t)1 << 39;
        }
    }
    for (int kind = RR_RUN_RECORDS; kind <= RR_RUN_REPAIRED; kind++) {
        struct rr_run_entry run = {.kind = (enum rr_run_kind)kind,
                                   .bytes = 12345,
                                   .items = 99,
                                   .digest = {1, UINT64_MAX},
                                   .first = 10,
                                   .end = 4096,
                                   .low = kind == RR_RUN_CELLS ? 5 : 0,
                                   .high = UINT64_MAX - (kind == RR_RUN_CELLS),
                                   .first_bucket = -20000,
                                   .last_bucket = 20000,
                                   .first_increment = 1,
                                   .last_increment = kind == RR_RUN_CELLS ? 2 : 1};
        strcpy(run.name, kind % 2 ? "one.h5" : "two.h5");
        rr_manifest_add_run(m, &run);
    }
    struct rr_tally resolved;
    rr_tally_init(&resolved, METERS);
    resolved.aggregated = 900;
    for (int w = 0; w < RR_WITHHELD; w++) {
        resolved.withheld[w] = 90 + (uint64_t)w;
        rr_sum_add(&resolved.meters[1].withheld[w], 7 + w);
    }
    resolved.repaired[RR_BAD_QUANTITY] = 2;
    resolved.not_metered = 3;
    resolved.conflicts = 1;
    rr_sum_add(&resolved.meters[0].aggregated, 5);
    rr_increments_add_resolved(m, &resolved);
    rr_tally_fini(&resolved);
    rr_input_counter_fini(&counter);
    rr_manifest_count(m);
    return m;
}

static void require_equal_tallies(const struct rr_input_tally *a, const struct rr_input_tally *b)
{
    ck_assert(a->read == b->read && rr_sum_equal(&a->quantity, &b->quantity));
    ck_assert_mem_eq(a->quarantined, b->quarantined, sizeof a->quarantined);
    ck_assert(a->first_ns == b->first_ns && a->last_ns == b->last_ns);
    ck_assert_uint_eq(a->n_fed, b->n_fed);
    for (uint32_t i = 0; i < a->n_fed; i++) {
        ck_assert_uint_eq(a->fed[i].meter, b->fed[i].meter);
        ck_assert(rr_sum_equal(&a->fed[i].quantity, &b->fed[i].quantity));
    }
}

START_TEST(what_is_written_is_read)
{
    struct rr_error err = {0};
    struct rr_manifest *m = sample();
    char *text = rr_manifest_format(m);
    struct rr_manifest *back = rr_manifest_parse("m.json", text, strlen(text), &err);
    ck_assert_msg(back != NULL, "%s", err.text);
    char *again = rr_manifest_format(back);
    ck_assert_str_eq(text, again);
    ck_assert_uint_eq(back->generation, 7);
    ck_assert_uint_eq(back->n_shards, 4096);
    ck_assert_str_eq(back->job, m->job);
    ck_assert_str_eq(back->state_text, m->state_text);
    ck_assert_uint_eq(back->n_files, 3);
    ck_assert_uint_eq(back->n_splits, 6);
    ck_assert_uint_eq(back->n_runs, 5);
    for (uint32_t f = 0; f < 3; f++) {
        const struct rr_file_entry *a = &m->files[f], *b = &back->files[f];
        ck_assert_str_eq(a->path, b->path);
        ck_assert(a->size == b->size && a->mtime_ns == b->mtime_ns);
        ck_assert(a->has_digest == b->has_digest);
        ck_assert(!a->has_digest || rr_digest_equal(a->digest, b->digest));
        ck_assert(a->first_split == b->first_split && a->n_splits == b->n_splits);
        ck_assert_uint_eq(a->increment, b->increment);
        require_equal_tallies(&a->tally, &b->tally);
    }
    ck_assert_uint_eq(back->n_increments, 2);
    ck_assert_str_eq(back->increments[1].when, "2025-03-02T00:00:00Z");
    ck_assert_ptr_null(back->increments[0].resolved);
    for (uint32_t s = 0; s < 6; s++) {
        const struct rr_split_entry *a = &m->splits[s], *b = &back->splits[s];
        ck_assert_mem_eq(&a->split, &b->split, sizeof a->split);
        ck_assert(a->next == b->next && a->next_record == b->next_record && a->done == b->done);
    }
    for (uint32_t r = 0; r < 5; r++) {
        const struct rr_run_entry *a = &m->runs[r], *b = &back->runs[r];
        ck_assert_str_eq(a->name, b->name);
        ck_assert(a->kind == b->kind && a->bytes == b->bytes && a->items == b->items);
        ck_assert(rr_digest_equal(a->digest, b->digest));
        ck_assert(a->first == b->first && a->end == b->end);
        ck_assert(a->low == b->low && a->high == b->high);
        ck_assert(a->kind != RR_RUN_CELLS ||
                  (a->first_bucket == b->first_bucket && a->last_bucket == b->last_bucket));
        ck_assert_uint_eq(a->first_increment, b->first_increment);
        ck_assert_uint_eq(a->last_increment, b->last_increment);
    }
    ck_assert_uint_eq(back->ingested.read, 2003);
    ck_assert_uint_eq(rr_tally_quarantined(&back->ingested, &back->resolved), 7);
    ck_assert_uint_eq(rr_tally_repaired(&back->resolved), 2);
    for (int w = 0; w < RR_WITHHELD; w++) {
        ck_assert_uint_eq(back->resolved.withheld[w], 90 + (uint64_t)w);
        ck_assert(rr_sum_equal(&m->resolved.meters[1].withheld[w],
                               &back->resolved.meters[1].withheld[w]));
    }
    ck_assert(rr_sum_equal(&m->ingested.meters[1].read, &back->ingested.meters[1].read));
    ck_assert(
        rr_sum_equal(&m->resolved.meters[0].aggregated, &back->resolved.meters[0].aggregated));
    free(text);
    free(again);
    rr_manifest_destroy(m);
    rr_manifest_destroy(back);
}
END_TEST

/* True when the text still means the same manifest. */
static bool means(const char *text, size_t len, const char *want)
{
    struct rr_error err = {0};
    char *copy = malloc(len ? len : 1);
    memcpy(copy, text, len);
    struct rr_manifest *m = rr_manifest_parse("m.json", copy, len, &err);
    free(copy);
    if (m == NULL) {
        ck_assert_int_eq(err.code, RR_EXIT_IO);
        ck_assert_ptr_nonnull(strstr(err.text, "m.json"));
        return false;
    }
    char *again = rr_manifest_format(m);
    ck_assert_str_eq(again, want);
    free(again);
    rr_manifest_destroy(m);
    return true;
}

/* What is said of an input does not depend on the parts it was read in. */
START_TEST(parts_of_an_input_are_merged)
{
    struct rr_manifest *m = rr_manifest_create(4096, "meters", "", 40);
    struct rr_input_counter whole, part;
    uint64_t seed = 5;
    rr_increments_add(m, "");
    for (int f = 0; f < 2; f++)
        rr_manifest_add_file(m, f ? "whole" : "parts", 1, 1);
    rr_input_counter_init(&whole, 40);
    rr_input_counter_init(&part, 40);
    for (int record = 0; record < 1000; record++) {
        struct rr_input_counter *const both[] = {&whole, &part};
        uint32_t meter = (uint32_t)(unit_random(&seed) % 40);
        int64_t time_ns = (int64_t)(unit_random(&seed) >> 2);
        rr_decimal value = (rr_decimal)(int64_t)unit_random(&seed);
        for (int i = 0; i < 2 && meter % 3; i++) {
            struct rr_input_tally *tally = &both[i]->tally;
            tally->read++;
            tally->quarantined[RR_BAD_ROW] += meter == 7;
            tally->first_ns = time_ns < tally->first_ns ? time_ns : tally->first_ns;
            tally->last_ns = time_ns > tally->last_ns ? time_ns : tally->last_ns;
            rr_sum_add(&tally->quantity, value);
            rr_input_counter_feed(both[i], meter, value);
        }
        if (unit_random(&seed) % 50 == 0)
            give(m, 0, &part);
    }
    give(m, 0, &part);
    give(m, 0, &part); /* nothing adds nothing */
    give(m, 1, &whole);
    ck_assert_uint_gt(m->files[1].tally.n_fed, 20);
    ck_assert_uint_lt(m->files[1].tally.n_fed, 27);
    require_equal_tallies(&m->files[0].tally, &m->files[1].tally);
    rr_input_counter_fini(&whole);
    rr_input_counter_fini(&part);
    rr_manifest_destroy(m);
}
END_TEST

/* The text with its first `old` replaced and a digest that is right: values that no writer writes. */
static struct rr_manifest *parse_with(const char *text, const char *old, const char *new)
{
    const char *at = strstr(text, old);
    ck_assert_msg(at != NULL, "no %s", old);
    json_error_t error;
    struct rr_error err = {0};
    char *changed = calloc(1, strlen(text) + strlen(new) + 1), digest[RR_DIGEST_TEXT];
    sprintf(changed, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
    json_t *value = json_loads(changed, 0, &error);
    ck_assert_msg(value != NULL, "%s: %s", new, error.text);
    json_object_del(value, "digest");
    char *bare = json_dumps(value, JSON_SORT_KEYS | JSON_INDENT(1));
    rr_digest_format(rr_digest_bytes(bare, strlen(bare)), digest);
    json_object_set_new(value, "digest", json_string(digest));
    char *whole = json_dumps(value, JSON_SORT_KEYS | JSON_INDENT(1));
    struct rr_manifest *m = rr_manifest_parse("m.json", whole, strlen(whole), &err);
    ck_assert(m != NULL || err.code == RR_EXIT_IO);
    json_decref(value);
    free(changed);
    free(bare);
    free(whole);
    return m;
}

START_TEST(values_that_cannot_be_are_refused)
{
    static const char *const changes[][2] = {
        {"\"increment\": 2", "\"increment\": 0"},
        {"\"increment\": 2", "\"increment\": 3"},
        {"\"increment\": 2", "\"incremen\": 2"},
        {"\"last_increment\": 2", "\"last_increment\": 3"},
        {"\"first_increment\": 1", "\"first_increment\": 3"},
        {"\"when\": \"2025-03-02T00:00:00Z\"", "\"when\": \"2025-03-02T00:00:00+00:00Z\""},
        {"\"when\": \"2025-03-02T00:00:00Z\"", "\"when\": 5"},
        {"\"meters\": 2", "\"meters\": 1"},
        {"\"meters\": 2", "\"meters\": -1"},
        {"\"meters\": 2", "\"meters\": 1000000000"},
        {"\"read\": 1001", "\"read\": -1"},
        {"\"read\": 1001", "\"read\": \"1001\""},
        {"\"bad_row\": 3", "\"bad_row\": -3"},
        {"\"first_ns\": -5000000001", "\"first_ns\": 1840830400000000001"},
        {"\"first_ns\": -5000000001,", ""},
        {"\"quantity\": \"-0.333", "\"quantity\": \"-0.3x3"},
        {"\"tally\"", "\"tale\""},
    };
    struct rr_manifest *m = sample();
    char *text = rr_manifest_format(m);
    struct rr_manifest *same = parse_with(text, "\"job\": \"meters\"", "\"job\": \"maters\"");
    ck_assert_ptr_nonnull(same);
    rr_manifest_destroy(same);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
        ck_assert_msg(parse_with(text, changes[i][0], changes[i][1]) == NULL, "%s", changes[i][1]);
    free(text);
    rr_manifest_destroy(m);
}
END_TEST

/* A flipped bit is found, wherever it is, unless only white space changed (a tab for a line end) and
 * the meaning is the same. Cut texts are found as well. */
START_TEST(damage_is_found)
{
    struct rr_manifest *m = sample();
    char *text = rr_manifest_format(m), *want = strdup(text);
    size_t len = strlen(text), harmless = 0;
    for (size_t i = 0; i < len; i++)
        for (int bit = 0; bit < 8; bit++) {
            text[i] ^= (char)(1 << bit);
            harmless += means(text, len, want);
            text[i] ^= (char)(1 << bit);
        }
    ck_assert_uint_lt(harmless, len);
    for (size_t i = 0; i < len; i++)
        ck_assert(!means(text, i, want));
    free(text);
    free(want);
    rr_manifest_destroy(m);
}
END_TEST

/* Runs are forgotten by kind or one by one, and inputs are read once all their splits are. */
START_TEST(runs_go_and_splits_are_done)
{
    struct rr_manifest *m = rr_manifest_create(10, "meters", "", 0);
    rr_increments_add(m, "");
    static const struct rr_run_entry runs[] = {
        {.kind = RR_RUN_RECORDS, .end = 10, .high = UINT64_MAX, .items = 1},
        {.kind = RR_RUN_CELLS, .first = 2, .end = 5, .high = UINT64_MAX},
        {.kind = RR_RUN_RECORDS, .end = 10, .high = UINT64_MAX, .items = 3},
    };
    static const bool marks[] = {true, false};
    for (int i = 0; i < 3; i++)
        rr_manifest_add_run(m, &runs[i]);
    rr_manifest_drop_runs(m, RR_RUN_CELLS);
    ck_assert_uint_eq(m->n_runs, 2);
    rr_manifest_drop_marked(m, marks);
    ck_assert_uint_eq(m->n_runs, 1);
    ck_assert_uint_eq(m->runs[0].items, 3);

    uint32_t file = rr_manifest_add_file(m, "a.csv", 1, 1);
    struct rr_split split = {.file = file, .end = UINT64_MAX, .first_record = 1};
    rr_manifest_add_split(m, &split);
    ck_assert(!rr_manifest_file_done(m, file));
    ck_assert(!rr_manifest_all_read(m));
    m->splits[0].done = true;
    ck_assert(rr_manifest_file_done(m, file));
    rr_manifest_destroy(m);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {what_is_written_is_read,      damage_is_found,
                            parts_of_an_input_are_merged, values_that_cannot_be_are_refused,
                            runs_go_and_splits_are_done,  NULL};
    return unit_main("manifest", tests);
}
