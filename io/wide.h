/* Wide integers for money: products of decimals, and quotients rounded exactly once.
 *
 * A wide is a sign and 512 bits, kept in the caller's memory. Every operation that could leave
 * the range says so. GMP's mpn layer does the arithmetic on the limbs; it allocates nothing here.
 */
#ifndef IO_WIDE_H
#define IO_WIDE_H

#include <rerate/decimal.h>

enum { RR_WIDE_LIMBS = 8 };

struct rr_wide {
    uint64_t limb[RR_WIDE_LIMBS]; /* magnitude, least significant first */
    bool negative;                /* never for zero */
};

/* How a quotient that does not end is rounded; half_up and up go away from zero. */
enum rr_round { RR_ROUND_HALF_UP, RR_ROUND_HALF_EVEN, RR_ROUND_UP, RR_ROUND_DOWN };

struct rr_wide rr_wide_of(rr_decimal value);
struct rr_wide rr_wide_product(rr_decimal a, rr_decimal b); /* always fits */

/* These return false, and leave `*into` as it was, when the result does not fit. */
bool rr_wide_add(struct rr_wide *into, const struct rr_wide *term);
bool rr_wide_scale(struct rr_wide *into, uint64_t factor);
bool rr_wide_multiply(struct rr_wide *into, const struct rr_wide *factor);

void rr_wide_negate(struct rr_wide *value);
/* Whether one limb holds the magnitude. */
static inline bool rr_wide_is_small(const struct rr_wide *value)
{
    uint64_t above = 0;
    for (int i = 1; i < RR_WIDE_LIMBS; i++)
        above |= value->limb[i];
    return above == 0;
}

int rr_wide_sign(const struct rr_wide *value); /* -1, 0, 1 */
int rr_wide_compare(const struct rr_wide *a, const struct rr_wide *b);

/* value / divisor, rounded to an integer, which must be a decimal: false when it is not.
 * divisor > 0. */
bool rr_wide_divide(const struct rr_wide *value, const struct rr_wide *divisor, enum rr_round round,
                    rr_decimal *quotient);

#endif
