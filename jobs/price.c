/* Prices: one function for each price key, in a table; then what is the same for all. */
#include "price.h"

enum { SCALE = 2 * RR_DECIMAL_PLACES, PERCENT = 100 };

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

/* `part` of an amount that is counted over PERCENT. */
static bool add_percent_flat(struct rr_wide *units, rr_decimal flat, uint64_t times)
{
    struct rr_wide term = rr_wide_product(flat, PERCENT * RR_DECIMAL_ONE);
    return rr_wide_scale(&term, times) && rr_wide_add(units, &term);
}

static void set_over(struct rr_amount *amount, uint64_t over)
{
    amount->over = (struct rr_wide){{over}, false};
}

static bool price_flat(const struct rr_price *price, const struct rr_priced *usage,
                       struct rr_part part, struct rr_amount *amount)
{
    bool cut = price->prorate && part.days != part.period_days;
    if (!add_flat(amount, price->amount))
        return false;
    if (cut)
        set_over(amount, (uint64_t)part.period_days);
    if (cut && !rr_wide_scale(&amount->units, (uint64_t)part.days))
        return false;
    RR_TELL(usage->trace, .kind = RR_STEP_FEE, .price = price->amount, .days = cut ? part.days : 0,
            .of_days = cut ? part.period_days : 0, .amount = amount);
    return true;
}

static bool price_per_unit(const struct rr_price *price, const struct rr_priced *usage,
                           struct rr_part part, struct rr_amount *amount)
{
    (void)part;
    if (!add_product(amount, usage->quantity, price->amount))
        return false;
    RR_TELL(usage->trace, .kind = RR_STEP_PER_UNIT, .quantity = usage->quantity,
            .price = price->amount, .amount = amount);
    return true;
}

/* Each tier prices the part of q inside it, and adds its flat when entered; the first is entered at
 * q = 0. Flats count `flat_times`. */
static bool add_tiers(const struct rr_price *price, const struct rr_priced *usage,
                      rr_decimal flat_times, struct rr_amount *amount)
{
    rr_decimal q = usage->quantity, below = 0;
    for (int t = 0; t < price->n_tiers; t++) {
        const struct rr_tier *tier = &price->tiers[t];
        if (t > 0 && q <= below)
            break;
        rr_decimal top = tier->bounded && tier->up_to < q ? tier->up_to : q;
        if (!add_product(amount, top - below, tier->unit) ||
            !add_product(amount, tier->flat, flat_times * RR_DECIMAL_ONE))
            return false;
        RR_TELL(usage->trace, .kind = RR_STEP_TIER, .tier = tier, .number = t + 1,
                .quantity = top - below, .amount = amount);
        below = tier->up_to;
    }
    return true;
}

static bool price_graduated(const struct rr_price *price, const struct rr_priced *usage,
                            struct rr_part part, struct rr_amount *amount)
{
    (void)part;
    return add_tiers(price, usage, 1, amount);
}

static bool price_graduated_percent(const struct rr_price *price, const struct rr_priced *usage,
                                    struct rr_part part, struct rr_amount *amount)
{
    (void)part;
    set_over(amount, PERCENT);
    return add_tiers(price, usage, PERCENT, amount);
}

static bool price_volume(const struct rr_price *price, const struct rr_priced *usage,
                         struct rr_part part, struct rr_amount *amount)
{
    (void)part;
    const struct rr_tier *tier = price->tiers;
    while (tier->bounded && usage->quantity > tier->up_to)
        tier++;
    if (!add_product(amount, usage->quantity, tier->unit) || !add_flat(amount, tier->flat))
        return false;
    RR_TELL(usage->trace, .kind = RR_STEP_VOLUME, .tier = tier,
            .number = (int)(tier - price->tiers) + 1, .quantity = usage->quantity,
            .amount = amount);
    return true;
}

static bool price_package(const struct rr_price *price, const struct rr_priced *usage,
                          struct rr_part part, struct rr_amount *amount)
{
    (void)part;
    rr_decimal packages = usage->quantity / price->package_size;
    if (!price->package_down && usage->quantity % price->package_size != 0)
        packages++;
    /* A count of packages may be too large for a decimal, but not for a factor. */
    struct rr_wide cost = rr_wide_product(packages, price->amount);
    if (!rr_wide_scale(&cost, (uint64_t)RR_DECIMAL_ONE) || !rr_wide_add(&amount->units, &cost))
        return false;
    RR_TELL(usage->trace, .kind = RR_STEP_PACKAGE, .quantity = usage->quantity, .result = packages,
            .price = price->amount, .amount = amount);
    return true;
}

static bool price_percent(const struct rr_price *price, const struct rr_priced *usage,
                          struct rr_part part, struct rr_amount *amount)
{
    (void)part;
    set_over(amount, PERCENT);
    if (!add_product(amount, usage->quantity, price->amount))
        return false;
    RR_TELL(usage->trace, .kind = RR_STEP_PERCENT, .quantity = usage->quantity,
            .price = price->amount, .amount = amount);
    if (price->fixed == 0)
        return true;
    if (!add_percent_flat(&amount->units, price->fixed, usage->records))
        return false;
    RR_TELL(usage->trace, .kind = RR_STEP_FIXED, .count = usage->records, .price = price->fixed,
            .amount = amount);
    return true;
}

/* Each record: clamp(value × rate + fixed), all counted over PERCENT. */
static bool price_per_event(const struct rr_price *price, const struct rr_priced *usage,
                            struct rr_part part, struct rr_amount *amount)
{
    (void)part;
    const struct rr_bounds *bounds = &price->bounds;
    struct rr_wide least = rr_wide_product(bounds->least, PERCENT * RR_DECIMAL_ONE);
    struct rr_wide most = rr_wide_product(bounds->most, PERCENT * RR_DECIMAL_ONE);
    set_over(amount, PERCENT);
    for (uint32_t i = 0; i < usage->n_values; i++) {
        struct rr_wide event =
            rr_wide_product(rr_decimal_of_halves(usage->values[i].value), price->amount);
        if (!add_percent_flat(&event, price->fixed, 1))
            return false;
        if (bounds->has_most && rr_wide_compare(&event, &most) > 0)
            event = most;
        if (bounds->has_least && rr_wide_compare(&event, &least) < 0)
            event = least;
        if (!rr_wide_scale(&event, usage->values[i].records) ||
            !rr_wide_add(&amount->units, &event))
            return false;
        RR_TELL(usage->trace, .kind = RR_STEP_EVENT, .count = usage->values[i].records,
                .quantity = rr_decimal_of_halves(usage->values[i].value), .price = price->amount,
                .result = price->fixed, .amount = amount);
    }
    return true;
}

typedef bool (*price_function)(const struct rr_price *price, const struct rr_priced *usage,
                               struct rr_part part, struct rr_amount *amount);

static const struct {
    price_function price;
    bool negative; /* a quantity below zero is priced as it is */
} prices[] = {
    [RR_FLAT] = {price_flat, true},
    [RR_PER_UNIT] = {price_per_unit, true},
    [RR_GRADUATED] = {price_graduated, false},
    [RR_VOLUME] = {price_volume, false},
    [RR_PACKAGE] = {price_package, false},
    [RR_PERCENT] = {price_percent, true},
    [RR_PER_EVENT] = {price_per_event, true},
    [RR_GRADUATED_PERCENT] = {price_graduated_percent, false},
};

bool rr_takes_negative(const struct rr_price *price)
{
    return prices[price->key].negative;
}

bool rr_units_convert(const struct rr_units *units, rr_decimal metered, rr_decimal *quantity)
{
    static const enum rr_round rounds[] = {[RR_UNITS_NONE] = RR_ROUND_HALF_EVEN,
                                           [RR_UNITS_UP] = RR_ROUND_UP,
                                           [RR_UNITS_DOWN] = RR_ROUND_DOWN,
                                           [RR_UNITS_HALF_UP] = RR_ROUND_HALF_UP};
    if (units->round == RR_UNITS_NONE && units->divide_by == RR_DECIMAL_ONE) {
        *quantity = metered;
        return true;
    }
    int places = units->round == RR_UNITS_NONE ? RR_DECIMAL_PLACES : units->places;
    rr_decimal last = (rr_decimal)rr_pow10((unsigned)(RR_DECIMAL_PLACES - places));
    struct rr_wide value = rr_wide_product(metered, RR_DECIMAL_ONE);
    struct rr_wide unit = rr_wide_product(units->divide_by, last);
    rr_decimal n;
    return rr_wide_divide(&value, &unit, rounds[units->round], &n) &&
           !__builtin_mul_overflow(n, last, quantity) && rr_decimal_fits(*quantity);
}

/* Zeros that both end with are taken off: fractions stay small. */
static void reduce(rr_decimal *numerator, rr_decimal *denominator)
{
    while (*numerator % 10 == 0 && *denominator % 10 == 0) {
        *numerator /= 10;
        *denominator /= 10;
    }
}

/* amount × (1 − percent ÷ 100) */
static bool take_percent(struct rr_amount *amount, rr_decimal percent, enum rr_step_kind kind,
                         const struct rr_trace *trace)
{
    rr_decimal whole = PERCENT * RR_DECIMAL_ONE, left = whole - percent;
    if (percent == 0)
        return true;
    if (left != 0)
        reduce(&left, &whole);
    else
        whole = 1;
    struct rr_wide numerator = rr_wide_of(left), denominator = rr_wide_of(whole);
    if (!rr_wide_multiply(&amount->units, &numerator) ||
        !rr_wide_multiply(&amount->over, &denominator))
        return false;
    RR_TELL(trace, .kind = kind, .price = percent, .amount = amount);
    return true;
}

/* The order of a and b: -1, 0, 1 in *order. */
static bool compare_amounts(const struct rr_amount *a, const struct rr_amount *b, int *order)
{
    struct rr_wide left = a->units, right = b->units;
    if (!rr_wide_multiply(&left, &b->over) || !rr_wide_multiply(&right, &a->over))
        return false;
    *order = rr_wide_compare(&left, &right);
    return true;
}

bool rr_amount_of(rr_decimal value, uint64_t numerator, uint64_t denominator,
                  struct rr_amount *amount)
{
    *amount = (struct rr_amount){.over = {{denominator}, false}};
    return add_flat(amount, value) && rr_wide_scale(&amount->units, numerator);
}

/* Bounds are for a whole period; the least has the last word. */
static bool keep_bounds(struct rr_amount *amount, const struct rr_bounds *bounds,
                        struct rr_part part, const struct rr_trace *trace)
{
    struct rr_amount bound;
    int order;
    uint64_t days = (uint64_t)part.days, period_days = (uint64_t)part.period_days;
    if (bounds->has_most) {
        if (!rr_amount_of(bounds->most, days, period_days, &bound) ||
            !compare_amounts(amount, &bound, &order))
            return false;
        *amount = order > 0 ? bound : *amount;
        RR_TELL(trace, .kind = RR_STEP_MOST, .price = bounds->most, .days = part.days,
                .of_days = part.period_days, .amount = amount);
    }
    if (bounds->has_least) {
        if (!rr_amount_of(bounds->least, days, period_days, &bound) ||
            !compare_amounts(amount, &bound, &order))
            return false;
        *amount = order < 0 ? bound : *amount;
        RR_TELL(trace, .kind = RR_STEP_LEAST, .price = bounds->least, .days = part.days,
                .of_days = part.period_days, .amount = amount);
    }
    return true;
}

static rr_decimal billable(const struct rr_charge *charge, const struct rr_price *price,
                           const struct rr_priced *usage)
{
    rr_decimal q = usage->quantity;
    if (q < 0 && prices[price->key].negative)
        return q;
    if (q < 0) {
        RR_TELL(usage->trace, .kind = RR_STEP_NEGATIVE, .quantity = q);
        return 0;
    }
    rr_decimal left = q > charge->free ? q - charge->free : 0;
    if (charge->free != 0)
        RR_TELL(usage->trace, .kind = RR_STEP_FREE, .quantity = q, .price = charge->free,
                .result = left);
    return left;
}

bool rr_charge_amount(const struct rr_charge *charge, const struct rr_price *price,
                      const struct rr_priced *usage, struct rr_part part,
                      rr_decimal contract_discount, struct rr_amount *amount)
{
    struct rr_priced billed = *usage;
    const struct rr_trace *trace = usage->trace;
    billed.quantity = billable(charge, price, usage);
    *amount = (struct rr_amount){.over = {{1}, false}};
    return prices[price->key].price(price, &billed, part, amount) &&
           take_percent(amount, charge->discount, RR_STEP_DISCOUNT, trace) &&
           keep_bounds(amount, &charge->bounds, part, trace) &&
           (price->key == RR_FLAT ||
            take_percent(amount, contract_discount, RR_STEP_CONTRACT_DISCOUNT, trace));
}

/* value of so many units of 10^-places, over a wide. */
static bool divide_to(const struct rr_amount *amount, unsigned places, enum rr_round round,
                      rr_decimal *out)
{
    struct rr_wide unit = rr_wide_of((rr_decimal)rr_pow10(SCALE - places));
    bool whole = amount->over.limb[0] == 1 && rr_wide_is_small(&amount->over); /* mostly */
    return (whole || rr_wide_multiply(&unit, &amount->over)) &&
           rr_wide_divide(&amount->units, &unit, round, out);
}

bool rr_amount_value(const struct rr_amount *amount, rr_decimal *value, bool *has_more)
{
    if (!divide_to(amount, RR_DECIMAL_PLACES, RR_ROUND_HALF_EVEN, value))
        return false;
    struct rr_wide back = rr_wide_product(*value, RR_DECIMAL_ONE);
    *has_more =
        !rr_wide_multiply(&back, &amount->over) || rr_wide_compare(&back, &amount->units) != 0;
    return true;
}

bool rr_amount_round(const struct rr_amount *amount, int minor_digits, enum rr_rounding rounding,
                     rr_decimal *money, rr_decimal *exact)
{
    static const enum rr_round rounds[] = {[RR_HALF_UP] = RR_ROUND_HALF_UP,
                                           [RR_HALF_EVEN] = RR_ROUND_HALF_EVEN,
                                           [RR_UP] = RR_ROUND_UP,
                                           [RR_DOWN] = RR_ROUND_DOWN};
    rr_decimal minor;
    if (!divide_to(amount, RR_DECIMAL_PLACES, RR_ROUND_HALF_EVEN, exact) ||
        !divide_to(amount, (unsigned)minor_digits, rounds[rounding], &minor))
        return false;
    return !__builtin_mul_overflow(
               minor, (rr_decimal)rr_pow10((unsigned)(RR_DECIMAL_PLACES - minor_digits)), money) &&
           rr_decimal_fits(*money);
}
