/* The texts of versions and voids, and how they rank. */
#include "../../jobs/corrections.h"
#include "unit.h"

static const int64_t GREATEST = 999999999999999999;

START_TEST(reads_versions)
{
    static const struct {
        const char *text;
        int64_t version;
    } good[] = {{"0", 0},
                {"-0", 0},
                {"7", 7},
                {"+7", 7},
                {"-12", -12},
                {"007", 7},
                {"999999999999999999", GREATEST},
                {"-999999999999999999", -GREATEST}};
    static const char *const bad[] = {"",
                                      "-",
                                      "+",
                                      "--1",
                                      "1.0",
                                      "1e3",
                                      " 1",
                                      "1 ",
                                      "0x1",
                                      "v1",
                                      "1,000",
                                      "1000000000000000000",
                                      "0000000000000000001",
                                      "\xd9\xa3"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t version = 5;
        ck_assert_msg(rr_version_parse(rr_text_of(good[i].text), &version), "%s", good[i].text);
        ck_assert_int_eq(version, good[i].version);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t version;
        ck_assert_msg(!rr_version_parse(rr_text_of(bad[i]), &version), "%s", bad[i]);
    }
}
END_TEST

START_TEST(reads_voids)
{
    static const char *const yes[] = {"true", "TRUE", "True", "1", "yes",
                                      "YES",  "t",    "T",    "y", "Y"};
    static const char *const no[] = {"false", "False", "0", "no", "No", "f", "F", "n", "N"};
    static const char *const bad[] = {"", "2", "tru", "truee", "on", "-1", " true", "01", "null"};
    bool is_void;
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        ck_assert_msg(rr_void_parse(rr_text_of(yes[i]), &is_void) && is_void, "%s", yes[i]);
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        ck_assert_msg(rr_void_parse(rr_text_of(no[i]), &is_void) && !is_void, "%s", no[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!rr_void_parse(rr_text_of(bad[i]), &is_void), "%s", bad[i]);
    ck_assert(!rr_void_parse((struct rr_text){"t\0", 2}, &is_void));
}
END_TEST

/* By version, then void before not; a rank says whether its record is void, and fits in 64 bits. */
START_TEST(ranks_by_version_then_void)
{
    static const int64_t versions[] = {-GREATEST, -3, -1, 0, 1, 2, 100, GREATEST};
    rr_decimal before = INT64_MIN;
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++)
        for (int is_void = 0; is_void <= 1; is_void++) {
            rr_decimal rank = rr_correction_rank(versions[i], is_void);
            ck_assert(rank > before && rank <= INT64_MAX);
            ck_assert_int_eq(rr_correction_is_void(rank), is_void);
            before = rank;
        }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {reads_versions, reads_voids, ranks_by_version_then_void, NULL};
    return unit_main("corrections", tests);
}
