/* A table of all sources of an impact, with what was issued beside, matched by all ranks. */
#ifndef JOBS_IMPACT_TABLES_H
#define JOBS_IMPACT_TABLES_H

#include "impact_sides.h"
#include "issued_rows.h"
#include "matching.h"

struct rr_impact_match {
    const struct rr_comm *comm;
    const struct rr_impact_sides *sides;
    const char *name, *header; /* of the table */
    enum rr_issued_by by;      /* what it is sorted by */
    const char *beside;        /* where segments may be kept */
    size_t memory;             /* bytes */
};

/* Collective. The numbers of tables are those of the sources; invoices of a middle that was rated are of no
 * use, and not among them. */
int rr_impact_match(const struct rr_impact_match *match, struct rr_matching *matching,
                    struct rr_error *err);

#endif
