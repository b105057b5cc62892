/* Totals by currency and period: what lines, invoices and rounding come to. They are summed twice, once
 * from lines and once from invoices, so that the two can be held against each other.
 */
#ifndef JOBS_TOTALS_H
#define JOBS_TOTALS_H

#include "../runtime/comm.h"

#include <rerate/sum.h>

struct rr_total {
    char currency[4];
    int32_t period;
    int32_t minor_digits;
    uint64_t lines;          /* counted as lines */
    uint64_t invoiced_lines; /* counted on invoices */
    struct rr_sum amount;    /* of lines */
    struct rr_sum exact;     /* of lines */
    struct rr_sum invoiced;  /* of invoices */
};

struct rr_totals {
    struct rr_total *total; /* sorted by (currency, period) */
    uint32_t n, size;
    uint32_t last; /* the one asked for last: lines of one invoice come together */
};

/* The total of a currency and period, made when there is none. Valid until the next call. */
struct rr_total *rr_totals_at(struct rr_totals *totals, const char currency[4], int32_t period,
                              int minor_digits);
void rr_totals_fini(struct rr_totals *totals);

/* Adds each of the other totals. */
void rr_totals_add(struct rr_totals *totals, const struct rr_totals *other);

/* Forgets those of no lines that come to nothing. */
void rr_totals_drop_empty(struct rr_totals *totals);

/* Collective. Leaves the sum over all ranks on each of them. */
void rr_totals_combine(struct rr_totals *totals, const struct rr_comm *comm);

#endif
