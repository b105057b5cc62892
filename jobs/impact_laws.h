/* The laws of an impact, proved before it appears: all rows were read, old + delta = new, and lines, adjustments
 * and corrections come to the same.
 */
#ifndef JOBS_IMPACT_LAWS_H
#define JOBS_IMPACT_LAWS_H

#include "impact_totals.h"

/* RR_EXIT_DATA with what does not hold. After rr_impact_totals_combine; not collective. */
int rr_impact_laws_prove(struct rr_impact_totals *totals, const struct rr_impact_sides *sides,
                         struct rr_error *err);

#endif
