/* Prices: what a charge makes of a quantity, exactly, and how that becomes money.
 *
 * An amount is a fraction: a wide integer in units of 10^-36 over a whole number. It is rounded once,
 * to the minor unit, from that true value.
 */
#ifndef JOBS_PRICE_H
#define JOBS_PRICE_H

#include "../io/wide.h"
#include "book.h"
#include "kernel_lists.h"
#include "trace.h"

struct rr_amount {
    struct rr_wide units; /* of 10^-36 */
    struct rr_wide over;  /* > 0 */
};

/* The usage of a line. */
struct rr_priced {
    rr_decimal quantity; /* after `units` */
    uint64_t records;
    const struct rr_counted *values; /* of the records, for prices by event */
    uint32_t n_values;
    const struct rr_trace *trace; /* who is told the steps; NULL for nobody */
};

/* The part of a period that a line is for. */
struct rr_part {
    int32_t days, period_days;
};

/* The metered quantity in the charge's units. False when the result leaves the range. */
bool rr_units_convert(const struct rr_units *units, rr_decimal metered, rr_decimal *quantity);

/* Whether a negative quantity is priced as it is, or counts as 0. */
bool rr_takes_negative(const struct rr_price *price);

/* What one case of a charge costs: free units, price, discount, maximum, minimum, then the contract's
 * discount (in percent; 0 for none) on what is metered. False when a result leaves the range. */
bool rr_charge_amount(const struct rr_charge *charge, const struct rr_price *price,
                      const struct rr_priced *usage, struct rr_part part,
                      rr_decimal contract_discount, struct rr_amount *amount);

/* value × numerator ÷ denominator as an amount; denominator > 0. */
bool rr_amount_of(rr_decimal value, uint64_t numerator, uint64_t denominator,
                  struct rr_amount *amount);

/* The amount to 18 places, half even, and whether it has more. False when it leaves the range of a decimal. */
bool rr_amount_value(const struct rr_amount *amount, rr_decimal *value, bool *has_more);

/* The amount in money of so many minor digits, rounded by the book's rule; and the amount to 18
 * places, half even. False when one leaves the range of a decimal. */
bool rr_amount_round(const struct rr_amount *amount, int minor_digits, enum rr_rounding rounding,
                     rr_decimal *money, rr_decimal *exact);

#endif
