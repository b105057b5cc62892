/* The calendar: labels of periods, and buckets across clock changes. */
#include "unit.h"

#include "../../jobs/calendar.h"

#include <string.h>

enum { HOUR = 3600 };

static int32_t day(const char *text)
{
    int32_t out = 0;
    ck_assert_msg(rr_day_parse(rr_text_of(text), &out), "%s", text);
    return out;
}

START_TEST(labels_by_hand)
{
    static const struct {
        enum rr_period kind;
        const char *day, *label, *start, *next;
    } cases[] = {
        {RR_DAY, "2025-03-09", "2025-03-09", "2025-03-09", "2025-03-10"},
        {RR_MONTH, "2024-02-29", "2024-02", "2024-02-01", "2024-03-01"},
        {RR_MONTH, "2025-12-31", "2025-12", "2025-12-01", "2026-01-01"},
        {RR_MONTH, "1969-12-31", "1969-12", "1969-12-01", "1970-01-01"},
        {RR_QUARTER, "2025-03-31", "2025-Q1", "2025-01-01", "2025-04-01"},
        {RR_QUARTER, "2025-10-01", "2025-Q4", "2025-10-01", "2026-01-01"},
        {RR_YEAR, "2024-12-31", "2024", "2024-01-01", "2025-01-01"},
        /* ISO 8601: a week's year is that of its Thursday. */
        {RR_WEEK, "2025-03-02", "2025-W09", "2025-02-24", "2025-03-03"},
        {RR_WEEK, "2024-12-30", "2025-W01", "2024-12-30", "2025-01-06"},
        {RR_WEEK, "2024-12-29", "2024-W52", "2024-12-23", "2024-12-30"},
        {RR_WEEK, "2021-01-03", "2020-W53", "2020-12-28", "2021-01-04"},
        {RR_WEEK, "2021-01-04", "2021-W01", "2021-01-04", "2021-01-11"},
        {RR_WEEK, "2027-01-01", "2026-W53", "2026-12-28", "2027-01-04"},
        {RR_WEEK, "1969-12-31", "1970-W01", "1969-12-29", "1970-01-05"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char label[RR_PERIOD_TEXT];
        int32_t period = rr_period_of_day(cases[i].kind, day(cases[i].day)), back = 0;
        rr_period_format(cases[i].kind, period, label);
        ck_assert_str_eq(label, cases[i].label);
        ck_assert_int_eq(rr_period_start(cases[i].kind, period), day(cases[i].start));
        ck_assert_int_eq(rr_period_start(cases[i].kind, period + 1), day(cases[i].next));
        ck_assert(rr_period_parse(cases[i].kind, cases[i].label, &back));
        ck_assert_int_eq(back, period);
    }
}
END_TEST

START_TEST(every_day_lies_in_its_period)
{
    static const enum rr_period kinds[] = {RR_DAY, RR_WEEK, RR_MONTH, RR_QUARTER, RR_YEAR};
    const int32_t last = day("2261-01-01");
    for (int k = 0; k < 5; k++)
        for (int32_t d = day("1678-01-01"); d < last; d++) {
            int32_t period = rr_period_of_day(kinds[k], d);
            if (rr_period_start(kinds[k], period) > d || rr_period_start(kinds[k], period + 1) <= d)
                ck_abort_msg("day %d, kind %d", d, k);
        }
}
END_TEST

START_TEST(what_is_no_label_is_refused)
{
    static const struct {
        enum rr_period kind;
        const char *text;
    } cases[] = {
        {RR_MONTH, ""},          {RR_MONTH, "2025"},    {RR_MONTH, "2025-13"},
        {RR_MONTH, "2025-00"},   {RR_MONTH, "2025-1"},  {RR_MONTH, "2025/01"},
        {RR_MONTH, "2025-01 "},  {RR_WEEK, "2025-W53"}, {RR_WEEK, "2025-W00"},
        {RR_WEEK, "2025-w09"},   {RR_WEEK, "2025-09"},  {RR_QUARTER, "2025-Q5"},
        {RR_QUARTER, "2025-Q0"}, {RR_YEAR, "20250"},    {RR_YEAR, "abcd"},
        {RR_DAY, "2025-02-29"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int32_t period;
        ck_assert_msg(!rr_period_parse(cases[i].kind, cases[i].text, &period), "%s", cases[i].text);
    }
}
END_TEST

static int32_t bucket_of(struct rr_calendar *calendar, int64_t utc_s, int64_t ns)
{
    int32_t bucket;
    const int64_t time_ns = utc_s * 1000000000 + ns;
    rr_calendar_buckets(calendar, 1, &time_ns, &bucket);
    return bucket;
}

/* Berlin, 2025-10-26: 02:00 to 03:00 comes twice, the day has 25 hours. 2025-03-30 has 23. */
START_TEST(clock_changes)
{
    struct rr_error err = {0};
    struct rr_zone *zone = rr_zone_open("Europe/Berlin", &err);
    ck_assert_msg(zone != NULL, "%s", err.text);
    struct rr_book book = {.zone = zone, .period = RR_MONTH, .bucket = RR_BUCKET_DAY};
    struct rr_calendar *days = rr_calendar_create(&book);
    book.bucket = RR_BUCKET_HOUR;
    struct rr_calendar *hours = rr_calendar_create(&book);
    book.bucket = RR_BUCKET_PERIOD;
    struct rr_calendar *months = rr_calendar_create(&book);

    static const struct {
        const char *date;
        int begins; /* hours before midnight UTC */
        int hours, hour_buckets;
    } cases[] = {{"2025-10-26", 2, 25, 24}, {"2025-03-30", 1, 23, 23}, {"2025-07-01", 2, 24, 24}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int32_t today = day(cases[i].date), last = INT32_MIN, different = 0;
        int64_t from = (int64_t)today * 86400 - cases[i].begins * HOUR;
        for (int h = 0; h < cases[i].hours; h++) {
            int64_t at = from + h * HOUR;
            ck_assert_int_eq(bucket_of(days, at, 0), today);
            ck_assert_int_eq(bucket_of(days, at + HOUR - 1, 999999999), today);
            int32_t bucket = bucket_of(hours, at, 0);
            ck_assert_int_eq(rr_bucket_day(hours, bucket), today);
            different += bucket != last;
            last = bucket;
        }
        ck_assert_int_eq(different, cases[i].hour_buckets);
        ck_assert_int_eq(bucket_of(days, from, -1), today - 1);
        ck_assert_int_eq(bucket_of(days, from + cases[i].hours * HOUR, 0), today + 1);
    }
    /* A record just before midnight in Berlin, in the next month by UTC's clock 23 hours later. */
    int64_t june_ends = (int64_t)day("2025-07-01") * 86400 - 2 * HOUR;
    ck_assert_int_eq(bucket_of(months, june_ends, -1), 2025 * 12 + 5);
    ck_assert_int_eq(bucket_of(months, june_ends, 0), 2025 * 12 + 6);
    ck_assert_int_eq(rr_bucket_day(months, 2025 * 12 + 6), day("2025-07-01"));
    ck_assert_int_eq(rr_bucket_period(days, day("2025-07-01")), 2025 * 12 + 6);
    ck_assert_int_eq(rr_bucket_period(months, 2025 * 12 + 6), 2025 * 12 + 6);
    rr_calendar_destroy(days);
    rr_calendar_destroy(hours);
    rr_calendar_destroy(months);
    rr_zone_close(zone);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {labels_by_hand, every_day_lies_in_its_period,
                            what_is_no_label_is_refused, clock_changes, NULL};
    return unit_main("calendar", tests);
}
