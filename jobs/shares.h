/* Shares: each line of a pooled contract, divided among the members by their own quantity. */
#ifndef JOBS_SHARES_H
#define JOBS_SHARES_H

#include "rated.h"

/* Divides each pooled line among its shares with a positive quantity, in minor units: remainders go to
 * the largest fractions, then by name. Where there is none, the line stays with the account that it
 * stands on. Shares sum to the line. */
void rr_shares_divide(struct rr_rated *rated);

#endif
