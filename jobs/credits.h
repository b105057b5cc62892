/* Credits: what a contract's credits take from its lines, period by period and payer by payer, until
 * their balances are spent. */
#ifndef JOBS_CREDITS_H
#define JOBS_CREDITS_H

#include "deal_lines.h"

/* Lines of the commitment are there already. Never fails. */
int rr_credits_add(const struct rr_deal_lines *deal, struct rr_error *err);

#endif
