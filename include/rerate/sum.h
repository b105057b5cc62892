/* Sums that never overflow and never depend on the order of their terms.
 *
 * A sum of decimals can leave their range half way and come back; whether that is noticed must not
 * depend on which rank added first. So sums are kept 192 bits wide, enough for 2^64 terms, and only
 * their final value has to fit.
 */
#ifndef RERATE_SUM_H
#define RERATE_SUM_H

#include <rerate/decimal.h>

struct rr_sum { /* high * 2^128 + low, two's complement, in units of 10^-18 */
    uint64_t low[2];
    int64_t high;
};

static inline void rr_sum_merge(struct rr_sum *into, const struct rr_sum *from)
{
    unsigned __int128 a = (rr_u128)into->low[1] << 64 | into->low[0];
    unsigned __int128 b = (rr_u128)from->low[1] << 64 | from->low[0];
    unsigned __int128 low = a + b;
    into->low[0] = (uint64_t)low;
    into->low[1] = (uint64_t)(low >> 64);
    into->high = (int64_t)((uint64_t)into->high + (uint64_t)from->high + (low < a));
}

static inline void rr_sum_add(struct rr_sum *sum, rr_decimal value)
{
    struct rr_sum term = {{(uint64_t)value, (uint64_t)((rr_u128)value >> 64)}, value < 0 ? -1 : 0};
    rr_sum_merge(sum, &term);
}

static inline struct rr_sum rr_sum_negated(const struct rr_sum *sum)
{
    struct rr_sum minus = {{~sum->low[0], ~sum->low[1]}, ~sum->high}; /* two's complement */
    rr_sum_add(&minus, 1);
    return minus;
}

/* True, and `*out` set, when the sum is a decimal. */
static inline bool rr_sum_decimal(const struct rr_sum *sum, rr_decimal *out)
{
    rr_decimal low = (rr_decimal)((rr_u128)sum->low[1] << 64 | sum->low[0]);
    if (sum->high != (low < 0 ? -1 : 0) || !rr_decimal_fits(low))
        return false;
    *out = low;
    return true;
}

/* sum / n to 18 places, half even; n > 0. False when it is no decimal. */
bool rr_sum_divide(const struct rr_sum *sum, uint64_t n, rr_decimal *out);

static inline bool rr_sum_equal(const struct rr_sum *a, const struct rr_sum *b)
{
    return a->high == b->high && a->low[0] == b->low[0] && a->low[1] == b->low[1];
}

enum { RR_SUM_TEXT = 72 };

/* Plain decimal notation, as rr_decimal_format; returns the length. */
size_t rr_sum_format(const struct rr_sum *sum, char out[RR_SUM_TEXT]);

/* Reads plain decimal notation, zeros at its end or not; false for anything else. */
bool rr_sum_parse(const char *text, size_t len, struct rr_sum *sum);

#endif
