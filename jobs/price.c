/* Prices: one function for each price key, in a table. */
#include "price.h"

enum { SCALE = 2 * RR_DECIMAL_PLACES }; /* places of a product of two decimals */

/* amount += a * b */
static bool add_product(struct rr_amount *amount, rr_decimal a, rr_decimal b)
{
    struct rr_wide product = rr_wide_product(a, b);
    return rr_wide_add(&amount->units, &product);
}

static bool add_flat(struct rr_amount *amount, rr_decimal flat)
{
    return add_product(amount, flat, RR_DECIMAL_ONE);
}

static bool price_flat(const struct rr_price *price, rr_decimal q, int32_t days,
                       int32_t period_days, struct rr_amount *amount)
{
    (void)q;
    if (!add_flat(amount, price->amount))
        return false;
    if (!price->prorate || days == period_days)
        return true;
    amount->over = (uint64_t)period_days;
    return rr_wide_scale(&amount->units, (uint64_t)days);
}

static bool price_per_unit(const struct rr_price *price, rr_decimal q, int32_t days,
                           int32_t period_days, struct rr_amount *amount)
{
    (void)days, (void)period_days;
    return add_product(amount, q, price->amount);
}

/* Each tier prices the part of q inside it, and adds its flat when entered; the first is entered at
 * q = 0. */
static bool price_graduated(const struct rr_price *price, rr_decimal q, int32_t days,
                            int32_t period_days, struct rr_amount *amount)
{
    (void)days, (void)period_days;
    rr_decimal below = 0;
    for (int t = 0; t < price->n_tiers; t++) {
        const struct rr_tier *tier = &price->tiers[t];
        if (t > 0 && q <= below)
            break;
        rr_decimal top = tier->bounded && tier->up_to < q ? tier->up_to : q;
        if (!add_product(amount, top - below, tier->unit) || !add_flat(amount, tier->flat))
            return false;
        below = tier->up_to;
    }
    return true;
}

static bool price_volume(const struct rr_price *price, rr_decimal q, int32_t days,
                         int32_t period_days, struct rr_amount *amount)
{
    (void)days, (void)period_days;
    const struct rr_tier *tier = price->tiers;
    while (tier->bounded && q > tier->up_to)
        tier++;
    return add_product(amount, q, tier->unit) && add_flat(amount, tier->flat);
}

static bool price_package(const struct rr_price *price, rr_decimal q, int32_t days,
                          int32_t period_days, struct rr_amount *amount)
{
    (void)days, (void)period_days;
    rr_decimal packages = q / price->package_size;
    if (!price->package_down && q % price->package_size != 0)
        packages++;
    /* A count of packages may be too large for a decimal, but not for a factor. */
    struct rr_wide cost = rr_wide_product(packages, price->amount);
    return rr_wide_scale(&cost, (uint64_t)RR_DECIMAL_ONE) && rr_wide_add(&amount->units, &cost);
}

typedef bool (*price_function)(const struct rr_price *price, rr_decimal q, int32_t days,
                               int32_t period_days, struct rr_amount *amount);

static const struct {
    price_function price;
    bool negative; /* a quantity below zero is priced as it is */
} prices[] = {
    [RR_FLAT] = {price_flat, false},           [RR_PER_UNIT] = {price_per_unit, true},
    [RR_GRADUATED] = {price_graduated, false}, [RR_VOLUME] = {price_volume, false},
    [RR_PACKAGE] = {price_package, false},
};

bool rr_prices_negative(const struct rr_charge *charge)
{
    return prices[charge->cases[0].price.key].negative;
}

bool rr_price(const struct rr_charge *charge, rr_decimal q, int32_t days, int32_t period_days,
              struct rr_amount *amount)
{
    const struct rr_price *price = &charge->cases[0].price;
    if (q < 0 && !prices[price->key].negative)
        q = 0;
    if (q > 0)
        q = q > charge->free ? q - charge->free : 0;
    *amount = (struct rr_amount){.over = 1};
    return prices[price->key].price(price, q, days, period_days, amount);
}

bool rr_amount_round(const struct rr_amount *amount, int minor_digits, enum rr_rounding rounding,
                     rr_decimal *money, rr_decimal *exact)
{
    static const enum rr_round rounds[] = {[RR_HALF_UP] = RR_ROUND_HALF_UP,
                                           [RR_HALF_EVEN] = RR_ROUND_HALF_EVEN,
                                           [RR_UP] = RR_ROUND_UP,
                                           [RR_DOWN] = RR_ROUND_DOWN};
    struct rr_wide to_exact = rr_wide_of(RR_DECIMAL_ONE);
    struct rr_wide to_minor = rr_wide_of((rr_decimal)rr_pow10((unsigned)(SCALE - minor_digits)));
    rr_decimal minor;
    if (!rr_wide_scale(&to_exact, amount->over) || !rr_wide_scale(&to_minor, amount->over) ||
        !rr_wide_divide(&amount->units, &to_exact, RR_ROUND_HALF_EVEN, exact) ||
        !rr_wide_divide(&amount->units, &to_minor, rounds[rounding], &minor))
        return false;
    return !__builtin_mul_overflow(
               minor, (rr_decimal)rr_pow10((unsigned)(RR_DECIMAL_PLACES - minor_digits)), money) &&
           rr_decimal_fits(*money);
}
