/* Commitments: what a contract promises for each of its terms, and what becomes of it.
 *
 * In arrears, the last period of a term bills what the term's metered lines are short of the amount.
 * Upfront, the first period bills the amount, and lines are offset by the balance. What is beyond the
 * amount may cost more. Only periods that begin in a term count for it; one that the contract's start
 * cuts begins with the contract.
 */
#ifndef JOBS_COMMITMENTS_H
#define JOBS_COMMITMENTS_H

#include "deal_lines.h"

/* Errors: RR_EXIT_DATA, an amount out of range. */
int rr_commitment_add(const struct rr_deal_lines *deal, struct rr_error *err);

#endif
