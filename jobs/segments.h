/* Segments: the stretches of time in which one price holds for an account.
 *
 * A period is cut where a subscription or a plan version begins or ends. Segments rise and do not
 * overlap.
 */
#ifndef JOBS_SEGMENTS_H
#define JOBS_SEGMENTS_H

#include "calendar.h"

struct rr_segment {
    const struct rr_plan *plan;
    const struct rr_version *version; /* NULL before the plan's first version */
    int32_t period;
    int32_t from, to;    /* days, [from, to) */
    int32_t period_days; /* of the whole period */
};

struct rr_segments {
    struct rr_segment *segment;
    uint32_t n, size;
};

/* The periods that are rated. */
struct rr_span {
    int32_t first, last; /* periods; none when first > last */
    int32_t horizon;     /* day: where open subscriptions end */
};

/* The segments of an account's subscriptions (sorted by start). */
void rr_segments_of_subscriptions(struct rr_segments *segments, const struct rr_book *book,
                                  const struct rr_subscription *subscriptions, int n,
                                  const struct rr_span *span);

/* Adds the segments of a whole period under a plan. */
void rr_segments_add_period(struct rr_segments *segments, enum rr_period kind,
                            const struct rr_plan *plan, int32_t period);

void rr_segments_fini(struct rr_segments *segments);

#endif
