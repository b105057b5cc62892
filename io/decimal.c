/* Exact decimals between text and 128-bit integers.
 *
 * Short plain numbers, which is nearly all of them, take one pass with a 64-bit sum. Everything
 * else (many digits, exponents, redundant zeros) takes a second, slower reading, which judges the
 * number by its value: 10e-19 fits, 1e-19 does not.
 */
#include <rerate/decimal.h>

#include <assert.h>
#include <string.h>

enum {
    FAST_DIGITS = 18, /* these always fit a uint64_t, and times 10^18 an rr_decimal */
    WHOLE_DIGITS = 20,
    ALL_DIGITS = WHOLE_DIGITS + RR_DECIMAL_PLACES,
    EXPONENT_MAX = 1000000000, /* exponents are held at this; no text is long enough to undo it */
};

static const uint64_t pow10_64[20] = {
    1ULL,
    10ULL,
    100ULL,
    1000ULL,
    10000ULL,
    100000ULL,
    1000000ULL,
    10000000ULL,
    100000000ULL,
    1000000000ULL,
    10000000000ULL,
    100000000000ULL,
    1000000000000ULL,
    10000000000000ULL,
    100000000000000ULL,
    1000000000000000ULL,
    10000000000000000ULL,
    100000000000000000ULL,
    1000000000000000000ULL,
    10000000000000000000ULL,
};

rr_u128 rr_pow10(unsigned n)
{
    assert(n <= 38);
    return n < 20 ? (rr_u128)pow10_64[n] : (rr_u128)pow10_64[19] * pow10_64[n - 19];
}

static bool is_digit(char c)
{
    return (unsigned char)(c - '0') <= 9;
}

/* The parts of a number's text: digits around a point, and the power of ten they are scaled by. */
struct number {
    const char *whole, *fraction;
    size_t n_whole, n_fraction;
    int64_t exponent;
};

static const char *skip_digits(const char *at, const char *end)
{
    while (at < end && is_digit(*at))
        at++;
    return at;
}

/* Reads e[+-]digits up to `end`. */
static bool read_exponent(const char *at, const char *end, int64_t *exponent)
{
    at++;
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    if (at == end || skip_digits(at, end) != end)
        return false;
    int64_t value = 0;
    for (; at < end; at++)
        value = value < EXPONENT_MAX ? value * 10 + (*at - '0') : EXPONENT_MAX;
    *exponent = negative ? -value : value;
    return true;
}

/* Takes the text behind the sign apart; false when it is no number. */
static bool take_apart(const char *text, const char *end, bool exponent, struct number *number)
{
    const char *at = skip_digits(text, end);
    *number = (struct number){.whole = text, .n_whole = (size_t)(at - text), .fraction = at};
    if (at < end && *at == '.') {
        number->fraction = ++at;
        at = skip_digits(at, end);
        number->n_fraction = (size_t)(at - number->fraction);
    }
    if (number->n_whole + number->n_fraction == 0)
        return false;
    if (at == end)
        return true;
    return exponent && (*at == 'e' || *at == 'E') && read_exponent(at, end, &number->exponent);
}

static char digit_at(const struct number *number, size_t i)
{
    return i < number->n_whole ? number->whole[i] : number->fraction[i - number->n_whole];
}

/* The value in units of 10^-18, without its sign. */
static enum rr_decimal_status put_together(const struct number *number, rr_u128 *out)
{
    size_t first = 0, end = number->n_whole + number->n_fraction;
    while (first < end && digit_at(number, first) == '0')
        first++;
    while (end > first && digit_at(number, end - 1) == '0')
        end--;
    *out = 0;
    if (first == end)
        return RR_DECIMAL_OK;

    /* The power of ten of the first and of the last digit that count. */
    int64_t top = (int64_t)number->n_whole - 1 - (int64_t)first + number->exponent;
    int64_t bottom = (int64_t)number->n_whole - (int64_t)end + number->exponent;
    if (top >= WHOLE_DIGITS || bottom < -RR_DECIMAL_PLACES)
        return RR_DECIMAL_RANGE;
    assert(end - first <= ALL_DIGITS);
    rr_u128 sum = 0;
    for (size_t i = first; i < end; i++)
        sum = sum * 10 + (unsigned)(digit_at(number, i) - '0');
    *out = sum * rr_pow10((unsigned)(bottom + RR_DECIMAL_PLACES));
    return RR_DECIMAL_OK;
}

static enum rr_decimal_status parse_slow(const char *text, const char *end, bool exponent,
                                         bool negative, rr_decimal *out)
{
    struct number number;
    if (!take_apart(text, end, exponent, &number))
        return RR_DECIMAL_BAD;
    rr_u128 value;
    enum rr_decimal_status status = put_together(&number, &value);
    if (status == RR_DECIMAL_OK)
        *out = negative ? -(rr_decimal)value : (rr_decimal)value;
    return status;
}

enum rr_decimal_status rr_decimal_parse(const char *text, size_t len, bool exponent,
                                        rr_decimal *out)
{
    const char *at = text, *end = text + len;
    if (len == 0)
        return RR_DECIMAL_BAD;
    bool negative = *at == '-';
    if (negative || *at == '+')
        at++;

    const char *digits = at;
    if (end - at > FAST_DIGITS + 1)
        return parse_slow(digits, end, exponent, negative, out);
    uint64_t sum = 0;
    for (; at < end && is_digit(*at); at++)
        sum = sum * 10 + (uint64_t)(*at - '0');
    size_t n = (size_t)(at - digits), places = 0;
    if (at < end && *at == '.') {
        const char *point = at++;
        for (; at < end && is_digit(*at); at++)
            sum = sum * 10 + (uint64_t)(*at - '0');
        places = (size_t)(at - point) - 1;
        n += places;
    }
    if (at < end || n == 0 || n > FAST_DIGITS)
        return parse_slow(digits, end, exponent, negative, out);
    rr_decimal value = (rr_decimal)((rr_u128)sum * pow10_64[RR_DECIMAL_PLACES - places]);
    *out = negative ? -value : value;
    return RR_DECIMAL_OK;
}

/* Writes exactly `n` digits, zeros in front. */
static char *put_digits(char *to, uint64_t value, unsigned n)
{
    for (unsigned i = n; i-- > 0; value /= 10)
        to[i] = (char)('0' + value % 10);
    return to + n;
}

static unsigned count_digits(uint64_t value)
{
    unsigned n = 1;
    while (n < 20 && value >= pow10_64[n])
        n++;
    return n;
}

/* Writes the digits before the point: any 128-bit number / 10^18 has at most 21. */
static char *put_whole(char *to, rr_u128 whole)
{
    uint64_t high = (uint64_t)(whole / pow10_64[18]), low = (uint64_t)(whole % pow10_64[18]);
    if (high == 0)
        return put_digits(to, low, count_digits(low));
    to = put_digits(to, high, count_digits(high));
    return put_digits(to, low, 18);
}

static size_t put_number(bool negative, rr_u128 whole, uint64_t fraction, unsigned places,
                         char *out)
{
    char *to = out;
    if (negative)
        *to++ = '-';
    to = put_whole(to, whole);
    if (places > 0) {
        *to++ = '.';
        to = put_digits(to, fraction, places);
    }
    *to = '\0';
    return (size_t)(to - out);
}

size_t rr_decimal_format(rr_decimal value, char out[RR_DECIMAL_TEXT])
{
    rr_u128 size = value < 0 ? -(rr_u128)value : (rr_u128)value;
    uint64_t fraction = (uint64_t)(size % pow10_64[18]);
    unsigned places = fraction ? RR_DECIMAL_PLACES : 0;
    for (unsigned zeros = places ? 16 : 0; zeros > 0; zeros /= 2)
        if (fraction % pow10_64[zeros] == 0) {
            fraction /= pow10_64[zeros];
            places -= zeros;
        }
    return put_number(value < 0, size / pow10_64[18], fraction, places, out);
}

size_t rr_decimal_format_fixed(rr_decimal value, unsigned places, char out[RR_DECIMAL_TEXT])
{
    assert(places <= RR_DECIMAL_PLACES);
    rr_u128 size = value < 0 ? -(rr_u128)value : (rr_u128)value;
    uint64_t fraction = (uint64_t)(size % pow10_64[18]);
    uint64_t unit = pow10_64[RR_DECIMAL_PLACES - places];
    assert(fraction % unit == 0);
    return put_number(value < 0, size / pow10_64[18], fraction / unit, places, out);
}
