/* Levels over time: sums of 256 bits over GMP's limbs. */
#include "level.h"

#include "../io/wide.h"

#include <gmp.h>
#include <string.h>

enum { CHANGE_LIMBS = 3 };

static mp_limb_t *limbs(struct rr_level *level)
{
    return (mp_limb_t *)level->moment;
}

/* product = a (two's complement, n limbs) × time, in n + 1 limbs. */
static void times_moment(mp_limb_t *product, const mp_limb_t *a, mp_size_t n, int64_t time_ns)
{
    mp_limb_t size[CHANGE_LIMBS];
    bool negative = (int64_t)a[n - 1] < 0;
    if (negative)
        mpn_neg(size, a, n);
    else
        mpn_copyi(size, a, n);
    uint64_t time = time_ns < 0 ? -(uint64_t)time_ns : (uint64_t)time_ns;
    product[n] = mpn_mul_1(product, size, n, time);
    if (negative != (time_ns < 0))
        mpn_neg(product, product, n + 1);
}

static void change_limbs(const struct rr_sum *sum, mp_limb_t out[CHANGE_LIMBS])
{
    out[0] = sum->low[0];
    out[1] = sum->low[1];
    out[2] = (mp_limb_t)sum->high;
}

void rr_level_change(struct rr_level *level, rr_decimal change, int64_t time_ns)
{
    const mp_limb_t value[] = {(mp_limb_t)change, (mp_limb_t)((rr_u128)change >> 64)};
    mp_limb_t product[RR_MOMENT_LIMBS];
    times_moment(product, value, 2, time_ns);
    product[3] = (int64_t)product[2] < 0 ? ~(mp_limb_t)0 : 0;
    mpn_add_n(limbs(level), limbs(level), product, RR_MOMENT_LIMBS);
    rr_sum_add(&level->change, change);
}

void rr_level_merge(struct rr_level *into, const struct rr_level *from)
{
    mpn_add_n(limbs(into), limbs(into), (const mp_limb_t *)from->moment, RR_MOMENT_LIMBS);
    rr_sum_merge(&into->change, &from->change);
}

void rr_level_carry(struct rr_level *level, int64_t time_ns)
{
    mp_limb_t change[CHANGE_LIMBS];
    change_limbs(&level->change, change);
    times_moment(limbs(level), change, CHANGE_LIMBS, time_ns);
}

void rr_level_close(struct rr_level *level, int64_t end_ns)
{
    mp_limb_t change[CHANGE_LIMBS], product[RR_MOMENT_LIMBS];
    change_limbs(&level->change, change);
    times_moment(product, change, CHANGE_LIMBS, end_ns);
    mpn_sub_n(limbs(level), limbs(level), product, RR_MOMENT_LIMBS);
    level->change = (struct rr_sum){0};
}

bool rr_level_is_zero(const struct rr_level *level)
{
    return rr_sum_equal(&level->change, &(struct rr_sum){0});
}

bool rr_level_average(const struct rr_level *level, int64_t end_ns, int64_t length_ns,
                      rr_decimal *average)
{
    mp_limb_t change[CHANGE_LIMBS], total[RR_MOMENT_LIMBS];
    struct rr_wide sum = {0}, length = rr_wide_of(length_ns);
    change_limbs(&level->change, change);
    times_moment(total, change, CHANGE_LIMBS, end_ns);
    mpn_sub_n(total, total, (const mp_limb_t *)level->moment, RR_MOMENT_LIMBS);
    sum.negative = (int64_t)total[RR_MOMENT_LIMBS - 1] < 0;
    if (sum.negative)
        mpn_neg(total, total, RR_MOMENT_LIMBS);
    memcpy(sum.limb, total, sizeof total);
    return rr_wide_divide(&sum, &length, RR_ROUND_HALF_EVEN, average);
}
