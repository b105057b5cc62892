/* The invoices of an impact: what each payer pays more or less, and how many pay how much.
 */
#ifndef JOBS_IMPACT_INVOICES_H
#define JOBS_IMPACT_INVOICES_H

#include "../runtime/outputs.h"
#include "impact_top.h"
#include "impact_totals.h"

extern const char rr_adjustments_header[];

/* Buckets of payers by the power of ten of what they pay more or less. */
struct rr_impact_bucket {
    bool less;    /* they pay less */
    int exponent; /* 10^exponent is not above the change, 10^(exponent + 1) is */
};
void rr_impact_bucket_read(struct rr_text name, struct rr_impact_bucket *bucket);

struct rr_impact_invoices {
    const struct rr_comm *comm;
    const struct rr_impact_sides *sides;
    struct rr_impact_totals *totals;
    struct rr_output *output;
    struct rr_impact_top *top;
    size_t top_n;
    const char *beside; /* where segments may be kept */
    size_t memory;
};

/* Collective. Writes the rows to the output. */
int rr_impact_invoices_match(const struct rr_impact_invoices *invoices, struct rr_error *err);

#endif
