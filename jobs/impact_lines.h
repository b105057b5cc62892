/* The lines of an impact: what each line differs by, and why.
 *
 * Lines of all sources are matched by account, period, charge, detail and currency, whatever plan, contract or
 * segment they are of. For closed periods the difference is also written for each payer, as a correction.
 */
#ifndef JOBS_IMPACT_LINES_H
#define JOBS_IMPACT_LINES_H

#include "../runtime/outputs.h"
#include "corrections_out.h"
#include "impact_totals.h"

extern const char rr_impact_lines_header[];

struct rr_impact_lines {
    const struct rr_comm *comm;
    const struct rr_impact_sides *sides;
    struct rr_impact_totals *totals;
    struct rr_output *output;
    struct rr_corrections_out *corrections; /* NULL: no periods are closed */
    const char *beside; /* where segments may be kept, for the length of the call */
    size_t memory;      /* bytes */
};

/* Collective. Writes the rows to the output. */
int rr_impact_lines_match(const struct rr_impact_lines *lines, struct rr_error *err);

#endif
