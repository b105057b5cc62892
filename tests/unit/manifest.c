/* The manifest: what is written is what is read, and damage is noticed. */
#include "unit.h"

#include "../../runtime/manifest.h"

#include <string.h>

enum { METERS = 2 };

static struct rr_manifest *sample(void)
{
    struct rr_manifest *m =
        rr_manifest_create(4096, "meters", "bucket: day\n\"quoted\" \xc3\xa4\n", METERS);
    m->generation = 7;
    for (uint32_t f = 0; f < 3; f++) {
        uint32_t file = rr_manifest_add_file(m,
                                             f == 0   ? "a \"b\".csv"
                                             : f == 1 ? "\xc3\xa4.csv"
                                                      : "z.csv.zst",
                                             1000 + f, (int64_t)f - 5);
        m->files[file].has_digest = f != 1;
        m->files[file].digest = (struct rr_digest){UINT64_MAX - f, f};
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
                                   .first_bucket = -20000,
                                   .last_bucket = 20000};
        strcpy(run.name, kind % 2 ? "one.h5" : "two.h5");
        rr_manifest_add_run(m, &run);
    }
    m->ingested.read = 1000;
    m->ingested.quarantined[RR_BAD_ROW] = 3;
    m->ingested.quarantined[RR_BAD_QUANTITY] = 4;
    m->resolved.aggregated = 900;
    for (int w = 0; w < RR_WITHHELD; w++) {
        m->resolved.withheld[w] = 90 + (uint64_t)w;
        rr_sum_add(&m->resolved.meters[1].withheld[w], 7 + w);
    }
    m->resolved.repaired[RR_BAD_QUANTITY] = 3;
    m->resolved.not_metered = 3;
    m->resolved.conflicts = 1;
    for (int i = 0; i < 200; i++) /* sums that are no decimals */
        rr_sum_add(&m->ingested.meters[1].read, 1 - RR_DECIMAL_LIMIT);
    rr_sum_add(&m->resolved.meters[0].aggregated, 5);
    return m;
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
    }
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
        ck_assert(a->kind != RR_RUN_CELLS ||
                  (a->first_bucket == b->first_bucket && a->last_bucket == b->last_bucket));
    }
    ck_assert_uint_eq(rr_tally_quarantined(&back->ingested, &back->resolved), 4);
    ck_assert_uint_eq(rr_tally_repaired(&back->resolved), 3);
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

/* Which shards the cells cover, and which inputs are read. */
START_TEST(shards_without_cells_are_still_to_be_resolved)
{
    struct rr_manifest *m = rr_manifest_create(10, "meters", "", 0);
    bool covered[10];
    static const struct rr_run_entry runs[] = {
        {.kind = RR_RUN_RECORDS, .end = 10},
        {.kind = RR_RUN_CELLS, .first = 2, .end = 5},
        {.kind = RR_RUN_CELLS, .first = 8, .end = 10},
    };
    for (int i = 0; i < 3; i++)
        rr_manifest_add_run(m, &runs[i]);
    rr_manifest_covered(m, covered);
    for (int s = 0; s < 10; s++)
        ck_assert_int_eq(covered[s], (s >= 2 && s < 5) || s >= 8);
    rr_manifest_drop_runs(m, RR_RUN_CELLS);
    ck_assert_uint_eq(m->n_runs, 1);
    rr_manifest_covered(m, covered);
    for (int s = 0; s < 10; s++)
        ck_assert(!covered[s]);

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
    const TTest *tests[] = {what_is_written_is_read, damage_is_found,
                            shards_without_cells_are_still_to_be_resolved, NULL};
    return unit_main("manifest", tests);
}
