/* Prices: what a charge makes of a quantity, exactly, and how that becomes money.
 *
 * An amount is a fraction: a wide integer in units of 10^-36 over a whole number. It is rounded once,
 * to the minor unit, from that true value.
 */
#ifndef JOBS_PRICE_H
#define JOBS_PRICE_H

#include "../io/wide.h"
#include "book.h"

struct rr_amount {
    struct rr_wide units; /* of 10^-36 */
    uint64_t over;        /* > 0 */
};

/* What `charge` costs for the metered quantity q of a segment that is `days` of `period_days` long.
 * Free units are taken off here. False when a result leaves the range. */
bool rr_price(const struct rr_charge *charge, rr_decimal q, int32_t days, int32_t period_days,
              struct rr_amount *amount);

/* Whether a negative quantity is priced as it is, or counts as 0. */
bool rr_prices_negative(const struct rr_charge *charge);

/* The amount in money of so many minor digits, rounded by the book's rule; and the amount to 18
 * places, half even. False when one leaves the range of a decimal. */
bool rr_amount_round(const struct rr_amount *amount, int minor_digits, enum rr_rounding rounding,
                     rr_decimal *money, rr_decimal *exact);

#endif
