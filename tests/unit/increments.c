/* Increments: when one begins, and what a look back leaves of a manifest. */
#include "unit.h"

#include "../../runtime/increments.h"

#include <stdio.h>
#include <string.h>

static void add_file(struct rr_manifest *m, const char *path, bool read)
{
    uint32_t file = rr_manifest_add_file(m, path, 1, 1);
    struct rr_split split = {.file = file, .end = UINT64_MAX, .first_record = 1};
    rr_manifest_add_split(m, &split);
    m->splits[m->n_splits - 1].done = read;
    m->files[file].tally.read = 1u << file;
}

static void add_run(struct rr_manifest *m, enum rr_run_kind kind, uint32_t first, uint32_t last)
{
    struct rr_run_entry run = {
        .kind = kind, .end = m->n_shards, .first_increment = first, .last_increment = last};
    snprintf(run.name, sizeof run.name, "%s-%u-%u.h5", rr_run_kind_name(kind), first, last);
    rr_manifest_add_run(m, &run);
}

static void add_resolved(struct rr_manifest *m, uint64_t n)
{
    struct rr_tally tally;
    rr_tally_init(&tally, m->resolved.n_meters);
    tally.aggregated = n;
    rr_increments_add_resolved(m, &tally);
    rr_tally_fini(&tally);
}

/* Three increments of one file each. */
static struct rr_manifest *sample(bool keeps_records)
{
    static const char *const paths[] = {"c", "a", "b"};
    struct rr_manifest *m = rr_manifest_create(16, "meters", "", 2);
    for (uint32_t i = 1; i <= 3; i++) {
        rr_increments_begin(m, "");
        add_file(m, paths[i - 1], true);
        add_run(m, keeps_records ? RR_RUN_RECORDS : RR_RUN_CELLS, i, i);
        add_run(m, RR_RUN_QUARANTINE, i, i);
        if (!keeps_records)
            add_resolved(m, 10 * i);
    }
    if (keeps_records) {
        add_run(m, RR_RUN_CELLS, 3, 3);
        add_run(m, RR_RUN_CONFLICTS, 3, 3);
        add_resolved(m, 60);
    }
    rr_manifest_count(m);
    return m;
}

static bool names(const struct rr_manifest *m, const char *run)
{
    for (uint32_t i = 0; i < m->n_runs; i++)
        if (strcmp(m->runs[i].name, run) == 0)
            return true;
    return false;
}

START_TEST(one_begins_when_all_is_read)
{
    struct rr_manifest *m = rr_manifest_create(16, "meters", "", 0);
    rr_increments_begin(m, "1");
    add_file(m, "a", true);
    add_file(m, "b", false);
    rr_increments_begin(m, "2");
    ck_assert_uint_eq(m->n_increments, 1);
    add_file(m, "c", true);
    ck_assert_uint_eq(m->files[2].increment, 1);
    m->splits[1].done = true;
    rr_increments_begin(m, "3");
    add_file(m, "d", false);
    ck_assert_uint_eq(m->n_increments, 2);
    ck_assert_str_eq(m->increments[1].when, "3");
    ck_assert_uint_eq(m->files[3].increment, 2);
    rr_manifest_drop_file(m, 3);
    rr_increments_trim(m);
    ck_assert_uint_eq(m->n_increments, 1);
    rr_manifest_destroy(m);
}
END_TEST

START_TEST(a_look_back_drops_what_came_later)
{
    for (int keeps = 0; keeps < 2; keeps++) {
        struct rr_error err = {0};
        struct rr_manifest *m = sample(keeps);
        ck_assert_int_eq(rr_increments_look_back(m, 2, keeps, &err), 0);
        ck_assert_uint_eq(m->n_increments, 2);
        ck_assert_str_eq(m->files[0].path, "c");
        ck_assert_str_eq(m->files[1].path, "a");
        ck_assert_str_eq(m->files[2].path, "");
        ck_assert_uint_eq(m->ingested.read, 1 + 2);
        ck_assert_uint_eq(m->resolved.aggregated, keeps ? 0 : 10 + 20);
        ck_assert_uint_eq(m->n_runs, 4);
        ck_assert(names(m, "quarantine-2-2.h5") && !names(m, "quarantine-3-3.h5"));
        ck_assert(names(m, keeps ? "records-2-2.h5" : "cells-2-2.h5"));
        ck_assert(rr_manifest_all_read(m));
        rr_manifest_destroy(m);
    }
}
END_TEST

START_TEST(the_last_is_the_state_as_it_is)
{
    struct rr_error err = {0};
    struct rr_manifest *m = sample(true);
    char *before = rr_manifest_format(m);
    ck_assert_int_eq(rr_increments_look_back(m, 3, true, &err), 0);
    char *after = rr_manifest_format(m);
    ck_assert_str_eq(before, after);
    free(before);
    free(after);
    rr_manifest_destroy(m);
}
END_TEST

/* Rows of merged runs of records can be told apart; cells and texts can't. */
START_TEST(what_was_merged_cannot_be_told_apart)
{
    struct rr_error err = {0};
    struct rr_manifest *m = sample(true);
    add_run(m, RR_RUN_RECORDS, 1, 3);
    ck_assert_int_eq(rr_increments_look_back(m, 1, true, &err), 0);
    ck_assert(names(m, "records-1-3.h5"));
    rr_manifest_destroy(m);
    m = sample(false);
    struct rr_run_entry merged = m->runs[0];
    rr_increments_cover(&merged, &m->runs[2]);
    ck_assert(merged.first_increment == 1 && merged.last_increment == 2);
    rr_manifest_add_run(m, &merged);
    ck_assert_int_eq(rr_increments_look_back(m, 1, false, &err), -1);
    ck_assert_int_eq(err.code, RR_EXIT_USAGE);
    ck_assert_msg(strstr(err.text, "increments 1 to 2") && strstr(err.text, "asked for: 2, 3"),
                  "%s", err.text);
    ck_assert_uint_eq(m->n_increments, 3); /* nothing was done */
    ck_assert_int_eq(rr_increments_look_back(m, 2, false, &err), 0);
    rr_manifest_destroy(m);
    m = sample(true);
    add_run(m, RR_RUN_QUARANTINE, 2, 3);
    ck_assert_int_eq(rr_increments_look_back(m, 2, true, &err), -1);
    ck_assert_int_eq(rr_increments_look_back(m, 0, true, &err), -1);
    ck_assert_int_eq(rr_increments_look_back(m, 4, true, &err), -1);
    ck_assert_msg(strstr(err.text, "--as-of 4: the state has 3 increments"), "%s", err.text);
    rr_manifest_destroy(m);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {one_begins_when_all_is_read, a_look_back_drops_what_came_later,
                            the_last_is_the_state_as_it_is, what_was_merged_cannot_be_told_apart,
                            NULL};
    return unit_main("increments", tests);
}
