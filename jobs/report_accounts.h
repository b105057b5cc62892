/* Accounts in a report: how many, how much, how it is spread, and the largest of them.
 *
 * Rows come in the order of accounts, as in invoices.csv and adjustments.csv; what is kept is one account and
 * the largest, so a million of them need no more memory than ten. */
#ifndef JOBS_REPORT_ACCOUNTS_H
#define JOBS_REPORT_ACCOUNTS_H

#include <rerate/decimal.h>
#include <rerate/text.h>

#include <jansson.h>

enum { RR_ACCOUNT_SUMS = 3 };

struct rr_accounts;

/* Each row has `n_sums` amounts; accounts are ranked by the last one. `most` of either sign are kept. */
struct rr_accounts *rr_accounts_create(int n_sums, uint32_t most);
void rr_accounts_destroy(struct rr_accounts *accounts);

void rr_accounts_add(struct rr_accounts *accounts, struct rr_text account, struct rr_text currency,
                     const rr_decimal *amounts);

/* Ends the rows. One object for each currency, in order:
 *   currency, accounts (how many), above, below (how many of them are above and below zero),
 *   sum_above, sum_below: what those come to,
 *   most, least: [[ACCOUNT, ROWS, "AMOUNT", ...], ...], the largest of either sign, the greatest first,
 *   sizes: [[K, ACCOUNTS, "SUM"], ...]: 0 is zero, 1 is below 1, K is 10^(K-2) to below 10^(K-1), 8 is a
 *   million and more; -1 to -8 the same below zero. */
json_t *rr_accounts_json(struct rr_accounts *accounts);

#endif
