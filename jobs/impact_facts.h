/* impact.json: what an impact comes to, and the digests of its files.
 *
 * It depends on the two results, what was issued, and the options alone.
 */
#ifndef JOBS_IMPACT_FACTS_H
#define JOBS_IMPACT_FACTS_H

#include "impact_folder.h"
#include "impact_top.h"
#include "impact_totals.h"

/* The caller releases it. */
json_t *rr_impact_facts(const struct rr_impact_sides *sides, struct rr_impact_totals *totals,
                        const struct rr_impact_top *top, const struct rr_impact_folder *folder,
                        struct rr_error *err);

#endif
