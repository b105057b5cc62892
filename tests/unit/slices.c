/* Slices and coverage: every record is in exactly one slice, whatever was resolved before and with whatever
 * memory. */
#include "unit.h"

#include "../../runtime/record_merge.h"

#include <string.h>

enum { SHARDS = 40 };

static struct rr_run_entry entry_of(enum rr_run_kind kind, uint32_t first, uint32_t end,
                                    uint64_t low, uint64_t high)
{
    return (struct rr_run_entry){
        .kind = kind, .first = first, .end = end, .low = low, .high = high, .items = 1};
}

/* Counts of records in which some shards are empty and one is heavy. */
static uint64_t fill_counts(uint64_t *seed, uint64_t *records)
{
    uint64_t total = 0;
    for (uint32_t s = 0; s < SHARDS; s++) {
        records[s] = unit_random(seed) % 3 ? unit_random(seed) % 200 : 0;
        if (s == 17)
            records[s] = 5000;
        total += records[s];
    }
    return total;
}

/* How many slices hold a fingerprint of a shard. */
static int holders(const struct rr_slice *slices, uint32_t n, uint32_t shard, uint64_t fingerprint)
{
    int found = 0;
    for (uint32_t i = 0; i < n; i++)
        found += slices[i].first <= shard && shard < slices[i].end &&
                 slices[i].low <= fingerprint && fingerprint <= slices[i].high;
    return found;
}

static bool covers(const struct rr_manifest *m, uint32_t shard, uint64_t fingerprint)
{
    for (uint32_t i = 0; i < m->n_runs; i++) {
        const struct rr_run_entry *run = &m->runs[i];
        if (run->kind == RR_RUN_CELLS && run->first <= shard && shard < run->end &&
            run->low <= fingerprint && fingerprint <= run->high)
            return true;
    }
    return false;
}

/* Fingerprints at the ends of all slices and runs, where a mistake would show, and others. */
static uint64_t some_fingerprint(uint64_t *seed, const struct rr_slice *slices, uint32_t n)
{
    const struct rr_slice *slice = &slices[unit_random(seed) % n];
    switch (unit_random(seed) % 6) {
    case 0:
        return slice->low;
    case 1:
        return slice->high;
    case 2:
        return slice->low - 1;
    case 3:
        return slice->high + 1;
    case 4:
        return unit_random(seed) % 2 ? 0 : UINT64_MAX;
    default:
        return unit_random(seed);
    }
}

static void check_slices(const struct rr_manifest *m, const struct rr_slice *slices, uint32_t n,
                         uint64_t most, uint64_t *seed)
{
    for (uint32_t i = 0; i < n; i++) {
        ck_assert_uint_lt(slices[i].first, slices[i].end);
        ck_assert_uint_le(slices[i].low, slices[i].high);
        ck_assert_uint_le(slices[i].records, most);
        ck_assert(i == 0 || slices[i - 1].records >= slices[i].records);
        ck_assert(rr_slice_is_whole(&slices[i]) || slices[i].end == slices[i].first + 1);
    }
    for (int i = 0; i < 100 && n > 0; i++) {
        uint64_t fingerprint = some_fingerprint(seed, slices, n);
        for (uint32_t s = 0; s < SHARDS; s++)
            ck_assert_int_eq(holders(slices, n, s, fingerprint), !covers(m, s, fingerprint));
    }
}

/* A run is stopped again and again, and goes on with another memory each time. */
START_TEST(every_record_is_in_one_slice)
{
    uint64_t seed = 1, records[SHARDS];
    for (int trial = 0; trial < 15; trial++) {
        struct rr_manifest *m = rr_manifest_create(SHARDS, "meters", "", 0);
        struct rr_run_entry run = entry_of(RR_RUN_RECORDS, 0, SHARDS, 0, UINT64_MAX);
        uint64_t total = fill_counts(&seed, records);
        int rounds = 0;
        rr_manifest_add_run(m, &run);
        while (!rr_manifest_all_resolved(m)) {
            uint32_t n_gaps, n;
            uint64_t most = 1 + unit_random(&seed) % 700;
            struct rr_gap *gaps = rr_coverage_gaps(m, &n_gaps);
            struct rr_slice *slices = rr_slices_plan(gaps, n_gaps, records, most, &n);
            check_slices(m, slices, n, most, &seed);
            uint64_t planned = 0;
            for (uint32_t i = 0; i < n; i++)
                planned += slices[i].records;
            ck_assert_uint_le(planned, total);
            ck_assert(rounds > 0 || planned + n > total); /* but for what divisions leave */
            for (uint32_t i = 0; i < n; i++) {
                if (unit_random(&seed) % 2 && rounds < 20)
                    continue;
                run = entry_of(RR_RUN_CELLS, slices[i].first, slices[i].end, slices[i].low,
                               slices[i].high);
                rr_manifest_add_run(m, &run);
                if (i % 5 == 0) /* its cells were too many for one run */
                    rr_manifest_add_run(m, &run);
            }
            rounds++;
            free(gaps);
            free(slices);
        }
        ck_assert_int_gt(rounds, 1);
        rr_manifest_destroy(m);
    }
}
END_TEST

START_TEST(gaps_are_what_no_cells_cover)
{
    struct rr_manifest *m = rr_manifest_create(4, "meters", "", 0);
    const struct rr_run_entry runs[] = {
        entry_of(RR_RUN_RECORDS, 0, 4, 0, UINT64_MAX), entry_of(RR_RUN_CELLS, 1, 2, 100, 200),
        entry_of(RR_RUN_CELLS, 1, 2, 0, 49),           entry_of(RR_RUN_CELLS, 1, 2, 150, 300),
        entry_of(RR_RUN_CELLS, 2, 3, 7, UINT64_MAX),   entry_of(RR_RUN_CELLS, 3, 4, 0, UINT64_MAX)};
    static const struct rr_gap want[] = {
        {0, 0, UINT64_MAX}, {1, 50, 99}, {1, 301, UINT64_MAX}, {2, 0, 6}};
    uint32_t n;
    for (int i = 0; i < 6; i++)
        rr_manifest_add_run(m, &runs[i]);
    struct rr_gap *gaps = rr_coverage_gaps(m, &n);
    ck_assert_uint_eq(n, 4);
    for (uint32_t i = 0; i < n; i++)
        ck_assert(gaps[i].shard == want[i].shard && gaps[i].low == want[i].low &&
                  gaps[i].high == want[i].high);
    ck_assert(!rr_manifest_all_resolved(m));
    free(gaps);
    rr_manifest_destroy(m);
}
END_TEST

START_TEST(depth_counts_what_overlaps)
{
    struct rr_manifest *m = rr_manifest_create(10, "meters", "", 0);
    const struct rr_run_entry runs[] = {entry_of(RR_RUN_RECORDS, 0, 5, 0, UINT64_MAX),
                                        entry_of(RR_RUN_RECORDS, 5, 10, 0, UINT64_MAX),
                                        entry_of(RR_RUN_RECORDS, 6, 7, 0, 99),
                                        entry_of(RR_RUN_RECORDS, 6, 7, 100, 199),
                                        entry_of(RR_RUN_RECORDS, 6, 7, 200, UINT64_MAX),
                                        entry_of(RR_RUN_RECORDS, 6, 7, 150, 250),
                                        entry_of(RR_RUN_CELLS, 0, 10, 0, UINT64_MAX)};
    bool out[7] = {[1] = true};
    for (int i = 0; i < 7; i++)
        rr_manifest_add_run(m, &runs[i]);
    ck_assert_uint_eq(rr_coverage_depth(m, RR_RUN_RECORDS, NULL), 3);
    ck_assert_uint_eq(rr_coverage_depth(m, RR_RUN_RECORDS, out), 2);
    ck_assert_uint_eq(rr_coverage_overlap(m, RR_RUN_RECORDS, NULL), 5);
    ck_assert_uint_eq(rr_coverage_depth(m, RR_RUN_CELLS, NULL), 1);
    rr_manifest_destroy(m);
}
END_TEST

/* Runs come one after the other; as often as there are too many, the chosen ones become one. */
START_TEST(runs_stay_few_and_large_ones_are_let_alone)
{
    enum { MOST = 8, RUNS = 500 };
    struct rr_manifest *m = rr_manifest_create(10, "meters", "", 0);
    uint64_t written = 0;
    for (int i = 0; i < RUNS; i++) {
        bool *chosen;
        struct rr_run_entry run = entry_of(RR_RUN_RECORDS, 0, 10, 0, UINT64_MAX);
        rr_manifest_add_run(m, &run);
        if (rr_choose_records(m, MOST, &chosen) > 0) {
            run.items = 0;
            for (uint32_t r = 0; r < m->n_runs; r++)
                run.items += chosen[r] ? m->runs[r].items : 0;
            written += run.items;
            rr_manifest_drop_marked(m, chosen);
            rr_manifest_add_run(m, &run);
        }
        free(chosen);
        ck_assert_uint_le(rr_coverage_depth(m, RR_RUN_RECORDS, NULL), MOST);
    }
    uint64_t total = 0;
    for (uint32_t r = 0; r < m->n_runs; r++)
        total += m->runs[r].items;
    ck_assert_uint_eq(total, RUNS);
    ck_assert_uint_lt(written, RUNS * 16); /* each record a few times, not as often as runs came */
    rr_manifest_destroy(m);
}
END_TEST

START_TEST(budgets_follow_the_memory)
{
    struct rr_slice_budget least = rr_slice_budget(1, 64), last = least;
    ck_assert_uint_ge(least.records, 1000);
    ck_assert_uint_ge(least.readers, 8);
    for (uint64_t memory = 1 << 20; memory < (uint64_t)1 << 40; memory *= 2) {
        struct rr_slice_budget budget = rr_slice_budget(memory, 64);
        ck_assert(budget.records >= last.records && budget.written >= last.written);
        ck_assert(budget.readers >= last.readers && budget.readers <= 256);
        ck_assert(memory < 64 << 20 || budget.records * 64 * 2 < memory);
        ck_assert_uint_le(rr_slice_size(&budget, (uint64_t)1 << 40, 2), budget.records);
        last = budget;
    }
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        every_record_is_in_one_slice, gaps_are_what_no_cells_cover,
        depth_counts_what_overlaps,   runs_stay_few_and_large_ones_are_let_alone,
        budgets_follow_the_memory,    NULL};
    return unit_main("slices", tests);
}
