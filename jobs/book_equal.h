/* Whether parts of two books for one state say the same. */
#ifndef JOBS_BOOK_EQUAL_H
#define JOBS_BOOK_EQUAL_H

#include "book.h"

/* The same deal: terms, plan with all its versions, credits. */
bool rr_contract_equal(const struct rr_contract *a, const struct rr_contract *b);

/* The same in everything, but for places in the book. */
bool rr_charge_equal(const struct rr_charge *a, const struct rr_charge *b);
bool rr_plan_equal(const struct rr_plan *a, const struct rr_plan *b);

/* Whether metered charges take the same usage and show it alike: they differ in prices at most. Of a quantity
 * below zero that is unrated the units are part of that. */
bool rr_charge_takes_the_same(const struct rr_charge *a, const struct rr_charge *b);

#endif
