/* Timestamps: every form that is read, every digit that can be wrong, and the ends of the range.
 * Instants are checked against timegm(). */
#include "../../io/timestamp.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static struct rr_zone *zone;

static void open_zone(void)
{
    zone = rr_zone_open("America/New_York", NULL);
    ck_assert_ptr_nonnull(zone);
}

static void close_zone(void)
{
    rr_zone_close(zone);
}

/* The text stands in memory of exactly its size, so that a sanitizer sees a read beside it. */
static enum rr_timestamp_status parse(const char *text, size_t len, int64_t *ns)
{
    char *exact = malloc(len > 0 ? len : 1);
    memcpy(exact, text, len);
    *ns = -1;
    enum rr_timestamp_status status =
        rr_timestamp_parse((struct rr_text){exact, (uint32_t)len}, zone, ns);
    free(exact);
    return status;
}

struct form {
    const char *text;
    int64_t ns;
};

#define S INT64_C(1000000000)
#define T INT64_C(1740830400) /* 2025-03-01T12:00:00Z */

START_TEST(reads_every_form)
{
    const struct form forms[] = {
        {"2025-03-01T12:00:00Z", T * S},
        {"2025-03-01t12:00:00z", T * S},
        {"2025-03-01 12:00:00Z", T * S},
        {"2025-03-01T12:00:00.5Z", T * S + 500000000},
        {"2025-03-01T12:00:00.12Z", T * S + 120000000},
        {"2025-03-01T12:00:00.123Z", T * S + 123000000},
        {"2025-03-01T12:00:00.1234Z", T * S + 123400000},
        {"2025-03-01T12:00:00.12345Z", T * S + 123450000},
        {"2025-03-01T12:00:00.123456Z", T * S + 123456000},
        {"2025-03-01T12:00:00.1234567Z", T * S + 123456700},
        {"2025-03-01T12:00:00.12345678Z", T * S + 123456780},
        {"2025-03-01T12:00:00.123456789Z", T * S + 123456789},
        {"2025-03-01T12:00:00.000000001Z", T * S + 1},
        {"2025-03-01T12:00:00.999999999z", T * S + 999999999},
        {"2025-03-01T12:00Z", T * S},
        {"2025-03-01T14:00:00+02:00", T * S},
        {"2025-03-01T14:00+02:00", T * S},
        {"2025-03-01T14:00:00+0200", T * S},
        {"2025-03-01T14:00:00+02", T * S},
        {"2025-03-01T06:30:00-05:30", T * S},
        {"2025-03-01T06:30:00.000000001-0530", T * S + 1},
        {"2025-03-02T11:59:00+23:59", T * S},
        {"2025-03-01T12:00:00-00:00", T * S},
        {"2025-03-01T11:59:60Z", T * S},
        {"2025-03-01T11:59:60.25Z", T * S + 250000000},
        {"2025-03-01T07:00:00", T * S}, /* in the zone from here */
        {"2025-03-01 07:00:00.123456", T * S + 123456000},
        {"2025-03-01T07:00", T * S},
        {"2025-03-01", (T - 7 * 3600) * S},
        {"2025-03-09 02:30:00", 1741505400 * S}, /* skipped: with the offset before the gap */
        {"2025-11-02 01:30:00", 1762061400 * S}, /* twice: the first */
        {"0", 0},
        {"-1", -S},
        {"1740830400", T * S},
        {"9214646399", INT64_C(9214646399) * S},
        {"1740830400123", T * S + 123000000},
        {"1740830400123456", T * S + 123456000},
        {"1740830400123456789", T * S + 123456789},
        {"-1740830400123", -T * S - 123000000},
        {"100000000000", INT64_C(100000000) * S}, /* 10^11: milliseconds */
        {"100000000000000", INT64_C(100000000) * S},
        {"100000000000000000", INT64_C(100000000) * S},
        {"0001740830400", T * S},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        int64_t ns;
        bool good = parse(forms[i].text, strlen(forms[i].text), &ns) == RR_TIMESTAMP_OK;
        ck_assert_msg(good && ns == forms[i].ns, "%s: %" PRId64, forms[i].text, ns);
    }
}
END_TEST

START_TEST(refuses_everything_else)
{
    const char *const bad[] = {
        "",
        "-",
        "+5",
        "1.5",
        "12 ",
        " 12",
        "1e9",
        "99999999999999999999999x",
        "now",
        "2025-03-01T",
        "2025-03-01T12",
        "2025-03-01T14+02",
        "2025-03-01T12:00:00ZZ",
        "2025-03-01T12:00:00.Z",
        "2025-03-01T12:00:00.",
        "2025-03-01T12:00:00.1234567890Z",
        "2025-03-01T12:00:00.1234567890",
        "2025-03-01T12:00:00,5Z",
        "2025-03-01T12:00:00.12a4Z",
        "2025-03-01T12:00:00.a23456789Z",
        "2025-03-01T12:00:0Z",
        "2025-03-01T12:00:",
        "2025-03-01T12:00:61Z",
        "2025-03-01T12:60:00Z",
        "2025-03-01T24:00:00Z",
        "2025-03-01T12:00:00+2",
        "2025-03-01T12:00:00+02:",
        "2025-03-01T12:00:00+02:0",
        "2025-03-01T12:00:00+02:60",
        "2025-03-01T12:00:00+24:00",
        "2025-03-01T12:00:00+02:00Z",
        "2025-03-01T12:00:00+02:00x",
        "2025-03-01T12:00:00 Z",
        "2025-03-01_12:00:00Z",
        "2025-03-01-12:00:00Z",
        "2025-02-29T12:00:00Z",
        "2100-02-29T12:00:00Z",
        "2025-04-31T12:00:00Z",
        "2025-00-01T12:00:00Z",
        "2025-13-01T12:00:00Z",
        "2025-03-00T12:00:00Z",
        "2025-03-32",
        "2025-3-01",
        "25-03-01T12:00:00Z",
        "2025-03-01T12:00:00\xc2\xa0Z",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t ns;
        ck_assert_msg(parse(bad[i], strlen(bad[i]), &ns) == RR_TIMESTAMP_BAD, "%s", bad[i]);
        ck_assert_int_eq(ns, -1);
    }
}
END_TEST

START_TEST(tells_what_is_out_of_range)
{
    const char *const far[] = {
        "1677-12-31T23:59:59Z",      "2262-01-01T00:00:00Z", "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",      "2261-12-31T23:59:60Z", "1678-01-01T00:00:00+01:00",
        "2261-12-31T23:30:00-01:00", "99999999999999999999", "9999999999999999999",
        "9214646400000000000",       "-9214560000000000001", "99999999999",
    };
    const char *const ends[] = {"1678-01-01T00:00:00Z", "2261-12-31T23:59:59.999999999Z",
                                "-9214560000000000000", "9214646399999999999",
                                "1677-12-31T23:30:00-01:00"};
    int64_t ns;
    for (size_t i = 0; i < sizeof far / sizeof *far; i++)
        ck_assert_msg(parse(far[i], strlen(far[i]), &ns) == RR_TIMESTAMP_RANGE, "%s", far[i]);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        ck_assert_msg(parse(ends[i], strlen(ends[i]), &ns) == RR_TIMESTAMP_OK, "%s", ends[i]);
}
END_TEST

/* Each of the 20 characters, replaced by each of the 256 bytes: the word-wide checks must see
 * what a plain reading sees. */
START_TEST(sees_every_wrong_byte)
{
    const char good[] = "2025-11-11T11:11:11.111111111Z";
    for (size_t at = 0; at < sizeof good - 1; at++) {
        for (int byte = 0; byte < 256; byte++) {
            char text[sizeof good];
            int64_t ns;
            memcpy(text, good, sizeof good);
            text[at] = (char)byte;
            bool digit = byte >= '0' && byte <= '9';
            bool same = text[at] == good[at];
            bool expected = same || (good[at] == '1' && digit) || (at < 4 && digit);
            if (at == 10)
                expected = byte == 'T' || byte == 't' || byte == ' ';
            if (at == 5 || at == 11 || at == 8) /* the tens of month, hour and day */
                expected = byte == '0' || byte == '1' || (byte == '2' && at != 5);
            if (at == 6) /* 10, 11, 12 */
                expected = byte >= '0' && byte <= '2';
            if (at == 14 || at == 17) /* below 60; second 61 is none */
                expected = byte >= '0' && byte <= '5';
            if (at == sizeof good - 2)
                expected = byte == 'Z' || byte == 'z'; /* a tenth digit is none */
            bool read = parse(text, sizeof good - 1, &ns) != RR_TIMESTAMP_BAD;
            if (read != expected)
                ck_abort_msg("%s: byte %d at %zu", text, byte, at);
        }
    }
}
END_TEST

START_TEST(agrees_with_timegm)
{
    char text[64];
    for (int64_t s = -9214560000; s < 9214646400; s += 86400 * 3 + 4561) {
        struct tm tm;
        time_t moment = s;
        int64_t ns;
        gmtime_r(&moment, &tm);
        size_t len = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
        ck_assert_int_eq(parse(text, len, &ns), RR_TIMESTAMP_OK);
        ck_assert_int_eq(ns, s * S);
    }
}
END_TEST

START_TEST(what_is_written_is_read)
{
    const struct form forms[] = {
        {"2025-03-01T12:00:00Z", T * S},
        {"2025-03-01T12:00:00.5Z", T * S + 500000000},
        {"2025-03-01T12:00:00.00000001Z", T * S + 10},
        {"1970-01-01T00:00:00Z", 0},
        {"1969-12-31T23:59:59.999999999Z", -1},
        {"1678-01-01T00:00:00Z", INT64_C(-9214560000) * S},
        {"2261-12-31T23:59:59.999999999Z", INT64_C(9214646400) * S - 1},
    };
    char text[RR_TIMESTAMP_TEXT];
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        rr_timestamp_format(forms[i].ns, text);
        ck_assert_str_eq(text, forms[i].text);
    }
    for (int64_t ns = INT64_C(-9214560000) * S; ns < INT64_C(9214646000) * S;
         ns += 86400 * 3 * S + INT64_C(4561000100203)) {
        int64_t back;
        rr_timestamp_format(ns, text);
        ck_assert_int_eq(parse(text, strlen(text), &back), RR_TIMESTAMP_OK);
        ck_assert_int_eq(back, ns);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("timestamp");
    TCase *tcase = tcase_create("timestamp");
    tcase_add_checked_fixture(tcase, open_zone, close_zone);
    tcase_add_test(tcase, reads_every_form);
    tcase_add_test(tcase, refuses_everything_else);
    tcase_add_test(tcase, tells_what_is_out_of_range);
    tcase_add_test(tcase, sees_every_wrong_byte);
    tcase_add_test(tcase, agrees_with_timegm);
    tcase_add_test(tcase, what_is_written_is_read);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
