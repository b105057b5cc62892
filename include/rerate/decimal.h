/* Exact decimals: quantities and money.
 *
 * An rr_decimal is a 128-bit integer that counts units of 10^-18, always within
 * ±(10^38 - 1): 20 digits before the point and 18 after. Nothing here rounds except where the
 * name says so, and no binary floating point is used.
 */
#ifndef RERATE_DECIMAL_H
#define RERATE_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef __int128 rr_decimal;
typedef unsigned __int128 rr_u128;

enum {
    RR_DECIMAL_PLACES = 18,
    RR_DECIMAL_TEXT = 48, /* room for any formatted decimal and its NUL */
};

#define RR_DECIMAL_ONE   ((rr_decimal)1000000000000000000LL)
#define RR_DECIMAL_LIMIT ((rr_decimal)10000000000000000000ULL * 10000000000000000000ULL) /* 10^38 */

enum rr_decimal_status {
    RR_DECIMAL_OK = 0,
    RR_DECIMAL_BAD,   /* not a number */
    RR_DECIMAL_RANGE, /* a number with more digits than fit: more than 20 before or 18 after */
};

/* Reads [+-]digits[.digits], with digits on at least one side of the point, and nothing else.
 * Zeros that carry no value (leading, or trailing after the point) never count against the
 * range. With `exponent`, a trailing e[+-]digits is read too (usage files of Spark and pandas
 * hold it). `out` is set only on RR_DECIMAL_OK. */
enum rr_decimal_status rr_decimal_parse(const char *text, size_t len, bool exponent,
                                        rr_decimal *out);

/* Plain notation without needless zeros: -0.5, 12, 0. Returns the length; `out` is terminated. */
size_t rr_decimal_format(rr_decimal value, char out[RR_DECIMAL_TEXT]);

/* Plain notation with exactly `places` (0..18) digits after the point. The value must have no
 * more of them. */
size_t rr_decimal_format_fixed(rr_decimal value, unsigned places, char out[RR_DECIMAL_TEXT]);

/* 10^n for 0 <= n <= 38. */
rr_u128 rr_pow10(unsigned n);

static inline bool rr_decimal_fits(rr_decimal value)
{
    return value > -RR_DECIMAL_LIMIT && value < RR_DECIMAL_LIMIT;
}

/* True, and `*out` unset, when the sum leaves the range. */
static inline bool rr_decimal_add_overflows(rr_decimal a, rr_decimal b, rr_decimal *out)
{
    rr_decimal sum;
    if (__builtin_add_overflow(a, b, &sum) || !rr_decimal_fits(sum))
        return true;
    *out = sum;
    return false;
}

#endif
