/* Minimums of plans and contracts: where the amounts of a period's metered lines come to less, a line
 * makes up the difference. The minimum is prorated by active days. Fees do not count. */
#ifndef JOBS_MINIMUMS_H
#define JOBS_MINIMUMS_H

#include "rated.h"
#include "segments.h"
#include "trace.h"

/* Of the segments [first, end), which know their lines; `trace` may be NULL. Errors: RR_EXIT_DATA, an amount out of range. */
int rr_minimums_add(struct rr_rated *rated, const struct rr_book *book,
                    const struct rr_segments *segments, uint32_t first, uint32_t end,
                    const struct rr_trace *trace, struct rr_error *err);

#endif
