/* Reconciliation: every law that must hold before anything is published.
 *
 *   records:    read = aggregated + duplicate + superseded + voided + void + quarantined + repaired +
 *               not metered
 *   quantities: for each meter, read = aggregated + duplicate + superseded + voided + void
 *   cells:      for additive kernels, what the cells hold = what was aggregated, where all cells were priced: where
 *               lines are carried over, they are from a result of which this was proved
 *   money:      Σ lines = Σ invoices, Σ exact + residue = Σ amount, by currency and period
 *
 * The two sides of each law are counted apart: where records are read, where they are folded, where
 * cells are priced, where invoices are made.
 */
#ifndef JOBS_RECONCILE_H
#define JOBS_RECONCILE_H

#include "book.h"
#include "totals.h"

#include "../runtime/manifest.h"

struct rr_reconciliation {
    const struct rr_book *book;
    const struct rr_manifest *manifest;
    const struct rr_totals *totals;
    const struct rr_sum *cells; /* for each meter what its cells hold; only of additive kernels */
    const bool *summed;         /* for each meter whether that is so */
};

/* 0 when every law holds; RR_EXIT_DATA names the first that does not, with both sides. */
int rr_reconcile(const struct rr_reconciliation *r, struct rr_error *err);

/* reconciliation.json; the caller frees it. */
char *rr_reconciliation_format(const struct rr_reconciliation *r);

#endif
