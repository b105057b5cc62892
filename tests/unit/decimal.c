/* Decimals: text and value are the same thing. */
#include <rerate/kernel.h>

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum rr_decimal_status parse(const char *text, bool exponent, rr_decimal *out)
{
    /* A copy of just these bytes, so that reading further is noticed. */
    size_t len = strlen(text);
    char *copy = malloc(len ? len : 1);
    memcpy(copy, text, len);
    enum rr_decimal_status status = rr_decimal_parse(copy, len, exponent, out);
    free(copy);
    return status;
}

static uint64_t random_next(uint64_t *state)
{
    *state = *state * 6364136223846793005 + 1442695040888963407;
    return *state >> 32 ^ *state;
}

/* Any value, of any number of digits. */
static rr_decimal random_decimal(uint64_t *seed)
{
    rr_u128 size = (rr_u128)random_next(seed) << 64 | random_next(seed);
    size %= rr_pow10((unsigned)(random_next(seed) % 39));
    size -= random_next(seed) % 2 ? size % rr_pow10((unsigned)(random_next(seed) % 19)) : 0;
    return random_next(seed) % 2 ? -(rr_decimal)size : (rr_decimal)size;
}

START_TEST(formatted_values_parse_back)
{
    uint64_t seed = 1;
    for (int i = 0; i < 50000; i++) {
        rr_decimal value = random_decimal(&seed), back = 0;
        char text[RR_DECIMAL_TEXT];
        ck_assert_uint_eq(rr_decimal_format(value, text), strlen(text));
        ck_assert_int_eq(parse(text, false, &back), RR_DECIMAL_OK);
        ck_assert_msg(value == back, "%s", text);
        ck_assert_uint_eq(rr_decimal_format_fixed(value, 18, text), strlen(text));
        ck_assert_int_eq(parse(text, true, &back), RR_DECIMAL_OK);
        ck_assert_msg(value == back, "%s", text);
    }
}
END_TEST

START_TEST(each_form)
{
    static const struct {
        const char *text, *value; /* NULL: the status below */
        enum rr_decimal_status status;
        bool exponent;
    } cases[] = {
        {"0", "0", 0, 0},
        {"-0", "0", 0, 0},
        {"+7", "7", 0, 0},
        {"007.50", "7.5", 0, 0},
        {".5", "0.5", 0, 0},
        {"5.", "5", 0, 0},
        {"-.5", "-0.5", 0, 0},
        {"0.000000000000000001", "0.000000000000000001", 0, 0},
        {"123456789012345678", "123456789012345678", 0, 0},
        {"1234567890123456789", "1234567890123456789", 0, 0},
        {"0.1234567890123456780000", "0.123456789012345678", 0, 0},
        {"0000000000000000000000000000000000000000000001", "1", 0, 0},
        {"99999999999999999999.999999999999999999", "99999999999999999999.999999999999999999", 0,
         0},
        {"-99999999999999999999.999999999999999999", "-99999999999999999999.999999999999999999", 0,
         0},
        {"1e3", "1000", 0, 1},
        {"1.5E-3", "0.0015", 0, 1},
        {"-12.5e+1", "-125", 0, 1},
        {"10e-19", "0.000000000000000001", 0, 1},
        {"0e99999999999999999999", "0", 0, 1},
        {"0.00001e24", "10000000000000000000", 0, 1},
        {"100000000000000000000", NULL, RR_DECIMAL_RANGE, 0},
        {"0.0000000000000000001", NULL, RR_DECIMAL_RANGE, 0},
        {"1e20", NULL, RR_DECIMAL_RANGE, 1},
        {"1e-19", NULL, RR_DECIMAL_RANGE, 1},
        {"1e99999999999999999999", NULL, RR_DECIMAL_RANGE, 1},
        {"1e-99999999999999999999", NULL, RR_DECIMAL_RANGE, 1},
        {"", NULL, RR_DECIMAL_BAD, 0},
        {"-", NULL, RR_DECIMAL_BAD, 0},
        {".", NULL, RR_DECIMAL_BAD, 0},
        {"+.", NULL, RR_DECIMAL_BAD, 0},
        {"1.2.3", NULL, RR_DECIMAL_BAD, 0},
        {"--1", NULL, RR_DECIMAL_BAD, 0},
        {" 1", NULL, RR_DECIMAL_BAD, 0},
        {"1 ", NULL, RR_DECIMAL_BAD, 0},
        {"1,000", NULL, RR_DECIMAL_BAD, 0},
        {"0x10", NULL, RR_DECIMAL_BAD, 0},
        {"nan", NULL, RR_DECIMAL_BAD, 1},
        {"1e3", NULL, RR_DECIMAL_BAD, 0},
        {"1e", NULL, RR_DECIMAL_BAD, 1},
        {"1e+", NULL, RR_DECIMAL_BAD, 1},
        {"e3", NULL, RR_DECIMAL_BAD, 1},
        {".e3", NULL, RR_DECIMAL_BAD, 1},
        {"1e3.5", NULL, RR_DECIMAL_BAD, 1},
        {"12345678901234567890123456789012345678901234567890x", NULL, RR_DECIMAL_BAD, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rr_decimal value = -1;
        enum rr_decimal_status status = parse(cases[i].text, cases[i].exponent, &value);
        ck_assert_msg(status == cases[i].status, "%s", cases[i].text);
        char text[RR_DECIMAL_TEXT];
        rr_decimal_format(value, text);
        ck_assert_str_eq(text, cases[i].value ? cases[i].value : "-0.000000000000000001");
    }
}
END_TEST

/* digits / 10^places, by the text of both, equals what is parsed. */
START_TEST(digits_and_point_make_the_value)
{
    uint64_t seed = 2;
    for (int i = 0; i < 50000; i++) {
        unsigned digits = 1 + (unsigned)(random_next(&seed) % 20);
        unsigned places = (unsigned)(random_next(&seed) % (digits < 18 ? digits : 18));
        uint64_t number = random_next(&seed) % (uint64_t)rr_pow10(digits < 19 ? digits : 19);
        char text[64];
        uint64_t unit = (uint64_t)rr_pow10(places);
        int len = sprintf(text, "%llu", (unsigned long long)(number / unit));
        if (places > 0)
            sprintf(text + len, ".%0*llu", (int)places, (unsigned long long)(number % unit));
        rr_decimal value;
        ck_assert_int_eq(parse(text, false, &value), RR_DECIMAL_OK);
        ck_assert_msg(value == (rr_decimal)(number * rr_pow10(18 - places)), "%s", text);
    }
}
END_TEST

START_TEST(fixed_places)
{
    char text[RR_DECIMAL_TEXT];
    rr_decimal_format_fixed(-RR_DECIMAL_ONE / 2, 2, text);
    ck_assert_str_eq(text, "-0.50");
    rr_decimal_format_fixed(12 * RR_DECIMAL_ONE, 0, text);
    ck_assert_str_eq(text, "12");
    rr_decimal_format_fixed(0, 3, text);
    ck_assert_str_eq(text, "0.000");
    rr_decimal_format_fixed(1 - RR_DECIMAL_LIMIT, 18, text);
    ck_assert_str_eq(text, "-99999999999999999999.999999999999999999");
}
END_TEST

START_TEST(sums_outside_the_range_overflow)
{
    rr_decimal most = RR_DECIMAL_LIMIT - 1, sum = 0;
    ck_assert(rr_decimal_add_overflows(most, 1, &sum));
    ck_assert(rr_decimal_add_overflows(-most, -1, &sum));
    ck_assert(sum == 0);
    ck_assert(!rr_decimal_add_overflows(most, -1, &sum));
    ck_assert(sum == most - 1);
}
END_TEST

/* Every string of up to three bytes, and long ones: what decodes is what the encoder writes. */
START_TEST(only_canonical_bytes_decode)
{
    uint8_t again[RR_ENCODED_MAX];
    rr_decimal value;
    unsigned decoded = 0;
    for (uint32_t code = 0; code < 1u << 24; code += code % 256 < 20 ? 1 : 256 - code % 256) {
        const uint8_t bytes[] = {(uint8_t)code, (uint8_t)(code >> 8), (uint8_t)(code >> 16)};
        for (size_t len = 0; len <= 3; len++) {
            size_t n = rr_decimal_decode(bytes, len, &value);
            if (n == 0)
                continue;
            decoded++;
            ck_assert(rr_decimal_encode(value, again) == n && memcmp(again, bytes, n) == 0);
        }
    }
    ck_assert_uint_gt(decoded, 100000);
    uint8_t most[RR_ENCODED_MAX];
    size_t len = rr_decimal_encode(RR_DECIMAL_LIMIT - 1, most);
    ck_assert(rr_decimal_decode(most, len, &value) == len && value == RR_DECIMAL_LIMIT - 1);
    most[len - 1] += 4; /* a bit that no 128-bit number has */
    ck_assert_uint_eq(rr_decimal_decode(most, len, &value), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("decimal");
    TCase *tcase = tcase_create("decimal");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, formatted_values_parse_back);
    tcase_add_test(tcase, each_form);
    tcase_add_test(tcase, digits_and_point_make_the_value);
    tcase_add_test(tcase, fixed_places);
    tcase_add_test(tcase, sums_outside_the_range_overflow);
    tcase_add_test(tcase, only_canonical_bytes_decode);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
