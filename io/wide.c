/* Wide integers: sign and magnitude over GMP's limbs. */
#include "wide.h"

#include <assert.h>
#include <gmp.h>
#include <string.h>

static_assert(sizeof(mp_limb_t) == sizeof(uint64_t) && GMP_NAIL_BITS == 0, "64-bit limbs");

static mp_limb_t *limbs(struct rr_wide *wide)
{
    return (mp_limb_t *)wide->limb;
}

static const mp_limb_t *limbs_of(const struct rr_wide *wide)
{
    return (const mp_limb_t *)wide->limb;
}

static mp_size_t used(const struct rr_wide *wide)
{
    mp_size_t n = RR_WIDE_LIMBS;
    while (n > 0 && wide->limb[n - 1] == 0)
        n--;
    return n;
}

static rr_u128 magnitude(rr_decimal value)
{
    return value < 0 ? -(rr_u128)value : (rr_u128)value;
}

struct rr_wide rr_wide_of(rr_decimal value)
{
    rr_u128 size = magnitude(value);
    return (struct rr_wide){{(uint64_t)size, (uint64_t)(size >> 64)}, value < 0};
}

struct rr_wide rr_wide_product(rr_decimal a, rr_decimal b)
{
    struct rr_wide left = rr_wide_of(a), right = rr_wide_of(b), product = {0};
    mpn_mul_n(limbs(&product), limbs_of(&left), limbs_of(&right), 2);
    product.negative = left.negative != right.negative && used(&product) > 0;
    return product;
}

bool rr_wide_add(struct rr_wide *into, const struct rr_wide *term)
{
    struct rr_wide sum = {.negative = into->negative};
    if (into->negative == term->negative) {
        if (mpn_add_n(limbs(&sum), limbs_of(into), limbs_of(term), RR_WIDE_LIMBS))
            return false;
    } else if (mpn_cmp(limbs_of(into), limbs_of(term), RR_WIDE_LIMBS) >= 0) {
        mpn_sub_n(limbs(&sum), limbs_of(into), limbs_of(term), RR_WIDE_LIMBS);
    } else {
        mpn_sub_n(limbs(&sum), limbs_of(term), limbs_of(into), RR_WIDE_LIMBS);
        sum.negative = term->negative;
    }
    if (used(&sum) == 0)
        sum.negative = false;
    *into = sum;
    return true;
}

bool rr_wide_scale(struct rr_wide *into, uint64_t factor)
{
    struct rr_wide product = {.negative = into->negative && factor != 0};
    if (mpn_mul_1(limbs(&product), limbs_of(into), RR_WIDE_LIMBS, factor))
        return false;
    *into = product;
    return true;
}

bool rr_wide_multiply(struct rr_wide *into, const struct rr_wide *factor)
{
    mp_limb_t product[2 * RR_WIDE_LIMBS] = {0};
    mp_size_t n = used(into), m = used(factor);
    if (n >= m && m > 0) /* the longer one comes first, and neither may be empty */
        mpn_mul(product, limbs_of(into), n, limbs_of(factor), m);
    else if (n > 0 && m > 0)
        mpn_mul(product, limbs_of(factor), m, limbs_of(into), n);
    if (!mpn_zero_p(product + RR_WIDE_LIMBS, RR_WIDE_LIMBS))
        return false;
    memcpy(into->limb, product, sizeof into->limb);
    into->negative = into->negative != factor->negative && used(into) > 0;
    return true;
}

int rr_wide_compare(const struct rr_wide *a, const struct rr_wide *b)
{
    if (a->negative != b->negative)
        return a->negative ? -1 : 1;
    int order = mpn_cmp(limbs_of(a), limbs_of(b), RR_WIDE_LIMBS);
    return a->negative ? -order : order;
}

void rr_wide_negate(struct rr_wide *value)
{
    value->negative = !value->negative && used(value) > 0;
}

int rr_wide_sign(const struct rr_wide *value)
{
    return value->negative ? -1 : used(value) > 0;
}

/* Whether the magnitude of a quotient goes up by one, given its remainder. */
static bool goes_up(const struct rr_wide *remainder, const struct rr_wide *divisor, bool odd,
                    enum rr_round round)
{
    if (used(remainder) == 0 || round == RR_ROUND_DOWN)
        return false;
    if (round == RR_ROUND_UP)
        return true;
    mp_limb_t twice[RR_WIDE_LIMBS + 1], whole[RR_WIDE_LIMBS + 1];
    twice[RR_WIDE_LIMBS] = mpn_lshift(twice, limbs_of(remainder), RR_WIDE_LIMBS, 1);
    memcpy(whole, divisor->limb, sizeof divisor->limb);
    whole[RR_WIDE_LIMBS] = 0;
    int order = mpn_cmp(twice, whole, RR_WIDE_LIMBS + 1);
    return order > 0 || (order == 0 && (round == RR_ROUND_HALF_UP || odd));
}

static bool to_decimal(rr_u128 magnitude, bool negative, rr_decimal *out)
{
    if (magnitude >= (rr_u128)RR_DECIMAL_LIMIT)
        return false;
    *out = negative ? -(rr_decimal)magnitude : (rr_decimal)magnitude;
    return true;
}

/* The same as below for values of two limbs, as most amounts are: the compiler's division will do. */
static bool divide_small(const struct rr_wide *value, const struct rr_wide *divisor,
                         enum rr_round round, rr_decimal *quotient)
{
    rr_u128 v = (rr_u128)value->limb[1] << 64 | value->limb[0];
    rr_u128 d = (rr_u128)divisor->limb[1] << 64 | divisor->limb[0];
    rr_u128 q = v / d, rest = v - q * d, other = d - rest;
    if (rest != 0 && round != RR_ROUND_DOWN)
        q += round == RR_ROUND_UP || rest > other ||
             (rest == other && (round == RR_ROUND_HALF_UP || (q & 1)));
    return to_decimal(q, value->negative, quotient);
}

bool rr_wide_divide(const struct rr_wide *value, const struct rr_wide *divisor, enum rr_round round,
                    rr_decimal *quotient)
{
    mp_size_t n = used(value), d = used(divisor);
    assert(d > 0 && !divisor->negative);
    if (n <= 2 && d <= 2)
        return divide_small(value, divisor, round, quotient);
    mp_limb_t result[RR_WIDE_LIMBS + 1] = {0};
    struct rr_wide remainder = {0};
    if (n >= d)
        mpn_tdiv_qr(result, limbs(&remainder), 0, limbs_of(value), n, limbs_of(divisor), d);
    else
        memcpy(remainder.limb, value->limb, sizeof remainder.limb);
    if (goes_up(&remainder, divisor, result[0] & 1, round))
        mpn_add_1(result, result, RR_WIDE_LIMBS + 1, 1);
    for (int i = 2; i <= RR_WIDE_LIMBS; i++)
        if (result[i] != 0)
            return false;
    return to_decimal((rr_u128)result[1] << 64 | result[0], value->negative, quotient);
}
