/* Any text as a decimal, a sum and a timestamp: what is read is what a plain reader with numbers of
 * any length reads, and what is written is read back.
 *
 * Byte 0: bit 0 lets decimals have exponents, bit 1 chooses the zone of times without an offset. */
#include "../../io/timestamp.h"
#include <rerate/kernel.h>
#include <rerate/sum.h>

#include "fuzz.h"

#include <gmp.h>

/* ---- decimals: digits × 10^shift, exactly ---- */

struct plain {
    bool negative;
    mpz_t digits;
    long shift;
    size_t n_digits;
};

static const char *take_digits(const char *at, const char *end, struct plain *number)
{
    for (; at < end && *at >= '0' && *at <= '9'; at++) {
        mpz_mul_ui(number->digits, number->digits, 10);
        mpz_add_ui(number->digits, number->digits, (unsigned long)(*at - '0'));
        number->n_digits++;
    }
    return at;
}

static bool take_exponent(const char *at, const char *end, long *shift)
{
    struct plain exponent = {.n_digits = 0};
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    mpz_init(exponent.digits);
    at = take_digits(at, end, &exponent);
    long size =
        mpz_cmp_ui(exponent.digits, 1000000) > 0 ? 1000000 : (long)mpz_get_ui(exponent.digits);
    mpz_clear(exponent.digits);
    *shift += negative ? -size : size;
    return at == end && exponent.n_digits > 0;
}

static bool take_plain(const char *at, const char *end, bool exponent, struct plain *number)
{
    number->negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    at = take_digits(at, end, number);
    if (at < end && *at == '.') {
        const char *point = at++;
        at = take_digits(at, end, number);
        number->shift = point + 1 - at;
    }
    if (number->n_digits == 0)
        return false;
    if (exponent && at < end && (*at == 'e' || *at == 'E'))
        return take_exponent(at + 1, end, &number->shift);
    return at == end;
}

/* Units of 10^-18, or that they are none or too many. */
static enum rr_decimal_status plain_units(struct plain *number, rr_decimal *out)
{
    long shift = number->shift + RR_DECIMAL_PLACES;
    mpz_t power;
    enum rr_decimal_status status = RR_DECIMAL_OK;
    *out = 0;
    if (mpz_sgn(number->digits) == 0)
        return RR_DECIMAL_OK;
    if (shift > 38 || -shift > (long)number->n_digits)
        return RR_DECIMAL_RANGE;
    mpz_init(power);
    mpz_ui_pow_ui(power, 10, (unsigned long)labs(shift));
    if (shift >= 0)
        mpz_mul(number->digits, number->digits, power);
    else if (mpz_divisible_p(number->digits, power))
        mpz_divexact(number->digits, number->digits, power);
    else
        status = RR_DECIMAL_RANGE;
    mpz_ui_pow_ui(power, 10, 38);
    if (mpz_cmp(number->digits, power) >= 0)
        status = RR_DECIMAL_RANGE;
    mpz_clear(power);
    if (status == RR_DECIMAL_OK) {
        uint64_t half[2] = {0};
        mpz_export(half, NULL, -1, sizeof *half, 0, 0, number->digits);
        rr_decimal size = (rr_decimal)((rr_u128)half[1] << 64 | half[0]);
        *out = number->negative ? -size : size;
    }
    return status;
}

static enum rr_decimal_status parse_plainly(const char *text, size_t len, bool exponent,
                                            rr_decimal *out)
{
    struct plain number = {.n_digits = 0};
    mpz_init(number.digits);
    enum rr_decimal_status status = RR_DECIMAL_BAD;
    if (take_plain(text, text + len, exponent, &number))
        status = plain_units(&number, out);
    mpz_clear(number.digits);
    return status;
}

static void check_written(rr_decimal value)
{
    char text[RR_DECIMAL_TEXT];
    uint8_t bytes[20];
    rr_decimal back = 1;
    size_t len = rr_decimal_format(value, text);
    CHECK(strlen(text) == len && rr_decimal_parse(text, len, false, &back) == RR_DECIMAL_OK);
    CHECK(back == value);
    len = rr_decimal_format_fixed(value, RR_DECIMAL_PLACES, text);
    CHECK(rr_decimal_parse(text, len, false, &back) == RR_DECIMAL_OK && back == value);
    len = rr_decimal_encode(value, bytes);
    CHECK(len <= sizeof bytes && rr_decimal_decode(bytes, len, &back) == len && back == value);
}

static void check_decimal(const char *text, size_t len, bool exponent)
{
    rr_decimal value = 0, want = 0;
    enum rr_decimal_status status = rr_decimal_parse(text, len, exponent, &value);
    CHECK(status == parse_plainly(text, len, exponent, &want) && value == want);
    if (status == RR_DECIMAL_OK)
        check_written(value);
}

/* Bytes as an encoded decimal: refused, or just what is written for it. */
static void check_encoded(const uint8_t *bytes, size_t len)
{
    uint8_t again[20];
    rr_decimal value;
    uint64_t number;
    size_t n = rr_decimal_decode(bytes, len, &value);
    CHECK(n <= len && n <= sizeof again);
    if (n > 0)
        CHECK(rr_decimal_encode(value, again) == n && memcmp(again, bytes, n) == 0);
    n = rr_varint_decode(bytes, len, &number);
    CHECK(n <= len && n <= 10);
    if (n > 0)
        CHECK(rr_varint_encode(number, again) == n && memcmp(again, bytes, n) == 0);
}

static void check_sum(const char *text, size_t len)
{
    struct rr_sum sum, back;
    char out[RR_SUM_TEXT];
    rr_decimal value;
    if (!rr_sum_parse(text, len, &sum))
        return;
    size_t n = rr_sum_format(&sum, out);
    CHECK(n < sizeof out && rr_sum_parse(out, n, &back) && rr_sum_equal(&sum, &back));
    if (rr_sum_divide(&sum, 3, &value))
        CHECK(rr_decimal_fits(value));
}

/* ---- timestamps ---- */

struct reader {
    const char *at, *end;
    bool bad;
};

static bool next_is(const struct reader *r, const char *any)
{
    return r->at < r->end && *r->at != '\0' && strchr(any, *r->at) != NULL;
}

static void expect(struct reader *r, const char *any)
{
    r->bad |= !next_is(r, any);
    r->at += r->at < r->end;
}

static int64_t expect_digits(struct reader *r, int n)
{
    int64_t number = 0;
    for (; n > 0; n--) {
        number = number * 10 + (next_is(r, "0123456789") ? *r->at - '0' : 0);
        expect(r, "0123456789");
    }
    return number;
}

static int64_t month_days(int64_t year, int64_t month)
{
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (month == 2)
        return leap ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

static int64_t expect_fraction(struct reader *r)
{
    int64_t ns = 0;
    int n = 0;
    for (; next_is(r, "0123456789"); n++)
        ns = n < 9 ? ns * 10 + (*r->at++ - '0') : (r->at++, ns);
    r->bad |= n < 1 || n > 9;
    for (; n < 9; n++)
        ns *= 10;
    return ns;
}

/* False where there is none. */
static bool expect_offset(struct reader *r, int64_t *seconds)
{
    *seconds = 0;
    if (r->at == r->end)
        return false;
    if (next_is(r, "Zz")) {
        r->at++;
        return true;
    }
    int64_t sign = next_is(r, "-") ? -1 : 1;
    expect(r, "+-");
    int64_t hours = expect_digits(r, 2), minutes = 0;
    if (r->at < r->end) {
        if (next_is(r, ":"))
            r->at++;
        minutes = expect_digits(r, 2);
    }
    r->bad |= hours > 23 || minutes > 59;
    *seconds = sign * (hours * 3600 + minutes * 60);
    return true;
}

static int64_t expect_date(struct reader *r)
{
    int64_t year = expect_digits(r, 4);
    expect(r, "-");
    int64_t month = expect_digits(r, 2);
    expect(r, "-");
    int64_t day = expect_digits(r, 2);
    if (month < 1 || month > 12 || day < 1 || day > month_days(year, month))
        r->bad = true;
    return r->bad ? 0 : rr_day_of_date((int)year, (int)month, (int)day);
}

static enum rr_timestamp_status in_range(__int128 s, int64_t ns, int64_t *out)
{
    __int128 first = (__int128)rr_day_of_date(1678, 1, 1) * 86400;
    __int128 end = (__int128)rr_day_of_date(2262, 1, 1) * 86400;
    if (s < first || s >= end)
        return RR_TIMESTAMP_RANGE;
    *out = (int64_t)s * 1000000000 + ns;
    return RR_TIMESTAMP_OK;
}

static enum rr_timestamp_status read_civil(struct reader *r, struct rr_zone *zone, int64_t *out)
{
    int64_t local = expect_date(r) * 86400, second = 0, ns = 0, offset = 0;
    bool has_offset = false;
    if (r->at < r->end) {
        expect(r, "Tt ");
        int64_t hour = expect_digits(r, 2);
        expect(r, ":");
        int64_t minute = expect_digits(r, 2);
        if (next_is(r, ":")) {
            r->at++;
            second = expect_digits(r, 2);
            if (next_is(r, ".")) {
                r->at++;
                ns = expect_fraction(r);
            }
        }
        has_offset = expect_offset(r, &offset);
        r->bad |= hour > 23 || minute > 59 || second > 60;
        local += hour * 3600 + minute * 60 + second;
    }
    if (r->bad || r->at != r->end)
        return RR_TIMESTAMP_BAD;
    return in_range(has_offset ? local - offset : rr_zone_utc(zone, local), ns, out);
}

static enum rr_timestamp_status read_epoch(struct reader *r, int64_t *out)
{
    bool minus = next_is(r, "-");
    r->at += minus;
    r->bad |= r->at == r->end;
    __int128 value = 0, per_second = 1000000000, most = (__int128)1 << 100;
    while (r->at < r->end && !r->bad) {
        int64_t digit = expect_digits(r, 1);
        value = value < most ? value * 10 + digit : value;
    }
    if (r->bad)
        return RR_TIMESTAMP_BAD;
    if (value < (__int128)100000000000)
        per_second = 1;
    else if (value < (__int128)100000000000000)
        per_second = 1000;
    else if (value < (__int128)100000000000000000)
        per_second = 1000000;
    if (value >= most)
        return RR_TIMESTAMP_RANGE;
    value = value * (1000000000 / per_second) * (minus ? -1 : 1);
    __int128 ns = (value % 1000000000 + 1000000000) % 1000000000;
    return in_range((value - ns) / 1000000000, (int64_t)ns, out);
}

static struct rr_zone *zone_of(bool other)
{
    static struct rr_zone *zone[2];
    if (zone[other] == NULL)
        zone[other] = rr_zone_open(other ? "America/New_York" : "UTC", NULL);
    CHECK(zone[other] != NULL);
    return zone[other];
}

static void check_timestamp(const char *text, size_t len, bool other_zone)
{
    struct rr_zone *zone = zone_of(other_zone);
    struct reader r = {text, text + len, false};
    int64_t ns = 0, want = 0;
    enum rr_timestamp_status status =
        rr_timestamp_parse((struct rr_text){text, (uint32_t)len}, zone, &ns);
    bool civil = len >= 10 && text[4] == '-';
    enum rr_timestamp_status plainly = civil ? read_civil(&r, zone, &want) : read_epoch(&r, &want);
    CHECK(status == plainly && ns == want);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    unsigned choice = take_byte(&in);
    size_t len;
    uint8_t *bytes = take_copy(&in, 4096, &len);
    check_decimal((const char *)bytes, len, choice & 1);
    check_sum((const char *)bytes, len);
    check_encoded(bytes, len);
    check_timestamp((const char *)bytes, len, choice & 2);
    free(bytes);
    return 0;
}
