/* How the invoices of two results differ, by currency, and whether that is within a bound.
 *
 * Both invoices.csv are read side by side in their order; an invoice that one of them lacks counts as 0
 * there. All in exact decimals; memory is that of two rows and of the currencies.
 */
#ifndef JOBS_INVOICE_DELTA_H
#define JOBS_INVOICE_DELTA_H

#include "result_facts.h"

#include <rerate/sum.h>

/* Of one currency. Amounts are what invoices come to. */
struct rr_currency_delta {
    char currency[4];
    struct rr_sum before, after;
    struct rr_sum
        moved; /* sum of |after - before| over invoices: what goes up never hides what goes down */
    struct rr_sum magnitude;    /* sum of |before| */
    uint64_t invoices, changed; /* of both results; those with another total */
    rr_decimal greatest;        /* after - before, of the invoice where that is farthest from 0 */
    char *account, *period;     /* of that invoice; NULL when none has changed */
};

struct rr_invoice_delta {
    struct rr_currency_delta *currency; /* sorted by currency */
    int n;
};

/* `before` may be NULL: nothing was there. Errors: RR_EXIT_DATA (it is no such table, or an amount leaves the
 * range), RR_EXIT_INPUT, RR_EXIT_IO. */
int rr_invoice_delta_read(const struct rr_result_facts *before, const struct rr_result_facts *after,
                          struct rr_invoice_delta *delta, struct rr_error *err);
/* after - before. */
struct rr_sum rr_currency_net(const struct rr_currency_delta *delta);
/* An amount of this currency as people write it. */
void rr_currency_delta_format(const struct rr_currency_delta *delta, const struct rr_sum *amount,
                              char out[RR_SUM_TEXT]);
void rr_invoice_delta_fini(struct rr_invoice_delta *delta);

/* By currency: before, after, net, moved, invoices, changed, greatest. */
json_t *rr_invoice_delta_json(const struct rr_invoice_delta *delta);

/* How much may be moved in each currency: an amount, or hundredths of `magnitude`. */
struct rr_delta_bound {
    rr_decimal limit;
    bool is_percent;
};

/* "100", "99.95" or "2.5%"; false for anything else, and below 0. */
bool rr_delta_bound_parse(const char *text, struct rr_delta_bound *bound);

/* The first currency that moves more than the bound; NULL when none does. Where nothing was billed before,
 * whatever moves is more than any percentage. */
const struct rr_currency_delta *rr_delta_bound_broken(const struct rr_delta_bound *bound,
                                                      const struct rr_invoice_delta *delta);

#endif
