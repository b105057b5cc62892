/* Zones against Python's zoneinfo, which reads the same database; the footer's forms and damaged
 * files from files made here; the calendar against itself and known days. */
#include "../../io/zone.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

START_TEST(agrees_with_python)
{
    FILE *in = popen("python3 zone_offsets.py", "r");
    ck_assert_ptr_nonnull(in);
    struct rr_zone *zone = NULL;
    char line[128], name[64] = "";
    int64_t at, expected;
    long checks = 0;
    while (fgets(line, sizeof line, in) != NULL) {
        if (sscanf(line, "Z %63s", name) == 1) {
            rr_zone_close(zone);
            zone = rr_zone_open(name, NULL);
            ck_assert_msg(zone != NULL, "%s", name);
            continue;
        }
        if (sscanf(line + 1, "%ld %ld", &at, &expected) != 2)
            ck_abort_msg("not understood: %s", line);
        int64_t found = line[0] == 'U' ? rr_zone_offset(zone, at) : rr_zone_utc(zone, at);
        if (found != expected) /* an assertion for each would take most of the time */
            ck_abort_msg("%s: %.*s: found %ld", name, (int)strcspn(line, "\n"), line, found);
        checks++;
    }
    rr_zone_close(zone);
    ck_assert_msg(pclose(in) == 0, "zone_offsets.py needs python3 (3.9 or later) in PATH");
    ck_assert_int_gt(checks, 500000);
}
END_TEST

/* The span that is kept must not change an answer. */
START_TEST(answers_do_not_depend_on_the_last_one)
{
    struct rr_zone *kept = rr_zone_open("Europe/Dublin", NULL);
    uint64_t random = 1;
    for (int i = 0; i < 20000; i++) {
        random = random * 6364136223846793005U + 1442695040888963407U;
        int64_t at = (int64_t)(random >> 31) - INT64_C(4294967296);
        struct rr_zone *fresh = i % 50 == 0 ? rr_zone_open("Europe/Dublin", NULL) : NULL;
        int32_t offset = rr_zone_offset(kept, at);
        int64_t utc_s = rr_zone_utc(kept, at);
        if (fresh == NULL)
            continue;
        ck_assert_int_eq(utc_s, rr_zone_utc(fresh, at));
        ck_assert_int_eq(offset, rr_zone_offset(fresh, at));
        rr_zone_close(fresh);
    }
    rr_zone_close(kept);
}
END_TEST

/* ---- files made here ---- */

static char folder[] = "/tmp/rr_zone_XXXXXX";

static void make_folder(void)
{
    strcpy(folder, "/tmp/rr_zone_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    setenv("TZDIR", folder, 1);
}

static void remove_folder(void)
{
    char path[64];
    snprintf(path, sizeof path, "%s/Made", folder);
    unlink(path);
    rmdir(folder);
    unsetenv("TZDIR");
}

static void write_file(const void *bytes, size_t len)
{
    char path[64];
    snprintf(path, sizeof path, "%s/Made", folder);
    FILE *out = fopen(path, "wb");
    ck_assert_ptr_nonnull(out);
    ck_assert_uint_eq(fwrite(bytes, 1, len, out), len);
    fclose(out);
}

/* A version 2 file without transitions: one type at `offset`, and a footer. */
static size_t make_file(unsigned char *to, int32_t offset, const char *footer)
{
    unsigned char *p = to;
    for (int block = 0; block < 2; block++) {
        memset(p, 0, 44);
        memcpy(p, "TZif2", 5);
        p[39] = 1; /* types */
        p[43] = 4; /* bytes of names */
        p += 44;
        uint32_t bits = (uint32_t)offset;
        unsigned char type[] = {(unsigned char)(bits >> 24),
                                (unsigned char)(bits >> 16),
                                (unsigned char)(bits >> 8),
                                (unsigned char)bits,
                                0,
                                0};
        memcpy(p, type, sizeof type);
        memcpy(p + sizeof type, "XXX", 4);
        p += sizeof type + 4;
    }
    return (size_t)(p - to) + (size_t)sprintf((char *)p, "\n%s\n", footer);
}

static struct rr_zone *zone_of_rule(const char *footer)
{
    unsigned char bytes[512];
    struct rr_error err = {0};
    write_file(bytes, make_file(bytes, 0, footer));
    return rr_zone_open("Made", &err);
}

static int64_t at(int year, int month, int day, int hour)
{
    return (int64_t)rr_day_of_date(year, month, day) * 86400 + hour * 3600;
}

struct rule_case {
    const char *footer;
    int64_t change; /* the first second of `after` */
    int32_t before;
    int32_t after;
};

START_TEST(reads_all_forms_of_the_footer)
{
    const struct rule_case cases[] = {
        {"CET-1CEST,M3.5.0,M10.5.0/3", at(2250, 3, 31, 1), 3600, 7200},
        {"CET-1CEST,M3.5.0,M10.5.0/3", at(2250, 10, 27, 1), 7200, 3600},
        {"AAA5BBB,J60,J300", at(2024, 3, 1, 7), -18000, -14400}, /* J60 is March 1 always */
        {"AAA5BBB,J60,J300", at(2023, 3, 1, 7), -18000, -14400},
        {"AAA5BBB,J59,J300", at(2024, 2, 28, 7), -18000, -14400},
        {"AAA0BBB,59,300", at(2024, 2, 29, 2), 0, 3600}, /* 59 is February 29 in leap years */
        {"AAA0BBB,59,300", at(2023, 3, 1, 2), 0, 3600},
        {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", at(2030, 3, 31, 1), -7200, -3600},
        {"EET-2EEST,M3.4.4/50,M10.4.4/50", at(2030, 3, 30, 0), 7200, 10800},
        {"IST-1GMT0,M10.5.0,M3.5.0/1", at(2030, 3, 31, 1), 0, 3600}, /* 'summer' in winter */
        {"AAA3BBB,J1/0:00:30,J365/23:30", at(2030, 1, 1, 3) + 30, -10800, -7200},
        {"AAA-3:30:15BBB-4,100/167,200/-167", at(2023, 4, 18, -5) + 29 * 60 + 45, 12615, 14400},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rr_zone *zone = zone_of_rule(cases[i].footer);
        ck_assert_msg(zone != NULL, "%s", cases[i].footer);
        ck_assert_msg(rr_zone_offset(zone, cases[i].change) == cases[i].after, "%s: after: %d",
                      cases[i].footer, rr_zone_offset(zone, cases[i].change));
        ck_assert_msg(rr_zone_offset(zone, cases[i].change - 1) == cases[i].before,
                      "%s: before: %d", cases[i].footer, rr_zone_offset(zone, cases[i].change - 1));
        rr_zone_close(zone);
    }
}
END_TEST

START_TEST(summer_time_may_last_all_year)
{
    struct rr_zone *zone = zone_of_rule("XXX3EDT4,0/0,J365/23"); /* RFC 8536, 3.3.1 */
    for (int day = 0; day < 1500; day++)
        ck_assert_int_eq(rr_zone_offset(zone, at(2030, 1, 1, 0) + day * INT64_C(86400)), -14400);
    rr_zone_close(zone);
}
END_TEST

START_TEST(refuses_bad_footers)
{
    const char *const footers[] = {
        "C-1",
        "CET",
        "CET-25",
        "CET-1CEST",
        "CET-1CEST,M",
        "CET-1CEST,M13.1.0,M10.5.0",
        "CET-1CEST,M3.6.0,M10.5.0",
        "<CET-1",
        "CET-1CEST,M3.5.7,M10.5.0",
        "CET-1CEST,J0,J5",
        "CET-1CEST,366,5",
        "CET-1CEST,M3.5.0/168,M10.5.0",
        "CET-1CEST,M3.5.0,M10.5.0 ",
        "CET-1:60",
    };
    for (size_t i = 0; i < sizeof footers / sizeof *footers; i++)
        ck_assert_msg(zone_of_rule(footers[i]) == NULL, "%s", footers[i]);
}
END_TEST

START_TEST(refuses_cut_and_damaged_files)
{
    unsigned char bytes[512], damaged[512];
    struct rr_error err;
    size_t len = make_file(bytes, 3600, "CET-1");
    for (size_t cut = 0; cut < len; cut++) {
        write_file(bytes, cut);
        ck_assert_ptr_null(rr_zone_open("Made", &err));
        ck_assert_int_eq(err.code, cut < 4 ? RR_EXIT_BOOK : RR_EXIT_IO);
    }
    for (size_t i = 0; i < len; i++) { /* any answer, but no crash */
        memcpy(damaged, bytes, len);
        damaged[i] ^= 0xff;
        write_file(damaged, len);
        rr_zone_close(rr_zone_open("Made", &err));
    }
    write_file(bytes, len);
    struct rr_zone *zone = rr_zone_open("Made", &err);
    ck_assert_int_eq(rr_zone_offset(zone, 0), 3600);
    rr_zone_close(zone);
}
END_TEST

START_TEST(refuses_leap_seconds_and_huge_offsets)
{
    unsigned char bytes[512];
    struct rr_error err;
    size_t len = make_file(bytes, 26 * 3600, "");
    write_file(bytes, len);
    ck_assert_ptr_null(rr_zone_open("Made", &err));
    len = make_file(bytes, 26 * 3600 - 1, "");
    write_file(bytes, len);
    struct rr_zone *zone = rr_zone_open("Made", &err);
    ck_assert_ptr_nonnull(zone);
    rr_zone_close(zone);
    /* one leap second in the second block: 12 bytes between names and footer */
    memmove(bytes + len - 2 + 12, bytes + len - 2, 2);
    memset(bytes + len - 2, 0, 12);
    bytes[54 + 31] = 1;
    write_file(bytes, len + 12);
    ck_assert_ptr_null(rr_zone_open("Made", &err));
    ck_assert_int_eq(err.code, RR_EXIT_IO);
}
END_TEST

START_TEST(knows_only_names_of_the_database)
{
    const char *const names[] = {
        "",           "Nowhere/City",   "../etc/passwd",   "/etc/localtime",
        "America",    "Europe//Berlin", "Europe/Berlin/",  "localtime",
        "posixrules", "tzdata.zi",      "Europe/Berlin/x", "europe berlin"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct rr_error err = {0};
        ck_assert_msg(rr_zone_open(names[i], &err) == NULL, "%s", names[i]);
        ck_assert_int_eq(err.code, RR_EXIT_BOOK);
        ck_assert_ptr_nonnull(strstr(err.text, names[i]));
    }
}
END_TEST

/* ---- the calendar ---- */

START_TEST(days_and_dates_are_inverse)
{
    int32_t day = rr_day_of_date(1600, 1, 1);
    for (int year = 1600; year < 2400; year++) {
        for (int month = 1; month <= 12; month++) {
            int next =
                month == 12 ? rr_day_of_date(year + 1, 1, 1) : rr_day_of_date(year, month + 1, 1);
            for (int mday = 1; day < next; mday++, day++) {
                int y, m, d;
                rr_date_of_day(day, &y, &m, &d);
                if (y != year || m != month || d != mday ||
                    rr_day_of_date(year, month, mday) != day)
                    ck_abort_msg("%d-%d-%d is not day %d", year, month, mday, day);
            }
        }
    }
    ck_assert_int_eq(rr_day_of_date(1970, 1, 1), 0);
    ck_assert_int_eq(rr_day_of_date(2000, 3, 1), 11017);
    ck_assert_int_eq(rr_day_of_date(1678, 1, 1), -106650);
    ck_assert_int_eq(rr_day_of_date(2400, 1, 1) - rr_day_of_date(2000, 1, 1), 146097);
}
END_TEST

START_TEST(days_are_read_strictly)
{
    const char *const bad[] = {
        "",           "2025-3-01",  "2025-03-1",   "2025-02-29", "2025-00-10",
        "2025-13-01", "2025-04-31", "2025-01-00",  "1677-12-31", "2262-01-01",
        "2025/01/01", "20250101",   "2025-01-01T", " 2025-01-1", "-025-01-01",
        "1900-02-29", "2025-01-0a"};
    const char *const good[] = {"2024-02-29", "2000-02-29", "1678-01-01", "2261-12-31"};
    int32_t day;
    char text[11];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!rr_day_parse(rr_text_of(bad[i]), &day), "%s", bad[i]);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        ck_assert_msg(rr_day_parse(rr_text_of(good[i]), &day), "%s", good[i]);
        rr_day_format(day, text);
        ck_assert_str_eq(text, good[i]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("zone");
    TCase *zones = tcase_create("zones");
    tcase_set_timeout(zones, 60);
    tcase_add_test(zones, agrees_with_python);
    tcase_add_test(zones, answers_do_not_depend_on_the_last_one);
    tcase_add_test(zones, knows_only_names_of_the_database);
    TCase *files = tcase_create("files");
    tcase_add_checked_fixture(files, make_folder, remove_folder);
    tcase_add_test(files, reads_all_forms_of_the_footer);
    tcase_add_test(files, summer_time_may_last_all_year);
    tcase_add_test(files, refuses_bad_footers);
    tcase_add_test(files, refuses_cut_and_damaged_files);
    tcase_add_test(files, refuses_leap_seconds_and_huge_offsets);
    TCase *calendar = tcase_create("calendar");
    tcase_add_test(calendar, days_and_dates_are_inverse);
    tcase_add_test(calendar, days_are_read_strictly);
    suite_add_tcase(suite, zones);
    suite_add_tcase(suite, files);
    suite_add_tcase(suite, calendar);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
