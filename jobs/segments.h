/* Segments: the stretches of time in which one price holds for a set of lines.
 *
 * A period is cut where a subscription, a contract or a plan version begins or ends. An account without
 * a deal of its own has the default plan in the periods in which it has usage. A pooled contract has one
 * set of segments for all its accounts.
 */
#ifndef JOBS_SEGMENTS_H
#define JOBS_SEGMENTS_H

#include "calendar.h"

struct rr_segment {
    struct rr_text account;             /* on which the lines stand */
    const struct rr_contract *contract; /* NULL: a subscription, or the default plan */
    const struct rr_plan *plan;
    const struct rr_version *version; /* NULL before the plan's first version */
    int32_t period;
    int32_t from, to;    /* days, [from, to) */
    int32_t period_days; /* of the whole period */
    bool if_used;        /* of the default plan: its period counts only where there is usage */
    bool idle;           /* such a period without usage */
    uint32_t first_line, n_lines; /* what its charges came to, among the lines of the party */
};

enum { RR_NO_SEGMENT = UINT32_MAX };

/* The days of an account that count in a segment. */
struct rr_window {
    int32_t from, to;
    uint32_t segment;
};

struct rr_segments {
    struct rr_segment *segment;
    uint32_t n, size;
    struct rr_window *window; /* of one account after another; each one's rise and don't overlap */
    uint32_t n_windows, windows_size;
    uint32_t *moved; /* of the last rr_segments_order_default */
    struct rr_segment *spare;
    uint32_t moved_size;
};

/* The periods that are rated. */
struct rr_span {
    int32_t first, last; /* periods; none when first > last */
    int32_t begin;       /* period: balances of contracts are followed from here on */
    int32_t horizon;     /* day: where what is open ends */
};

void rr_segments_clear(struct rr_segments *segments);

/* Adds the segments of a pooled contract, one after the other; returns the first. */
uint32_t rr_segments_add_pool(struct rr_segments *segments, const struct rr_book *book,
                              const struct rr_contract *contract, const struct rr_span *span);

/* Adds the windows of an account, and the segments of its own: of its n subscriptions, sorted by start, and
 * of its stays. pool[c] is the first segment of contract c where that is pooled. True when the account has
 * none of either, but the default plan: what of that it needs is added as its usage comes. */
bool rr_segments_add_account(struct rr_segments *segments, const struct rr_book *book,
                             struct rr_text account, const struct rr_subscription *subscriptions,
                             int n, const uint32_t *pool, const struct rr_span *span);

/* Adds a period, within the span, in which an account has the default plan, unless it is there. The
 * account's windows are the last, from `first` on. */
void rr_segments_add_default(struct rr_segments *segments, const struct rr_book *book,
                             struct rr_text account, uint32_t first, int32_t period);

/* Puts the segments of these windows, each of which has one of its own, into their order. They are the last;
 * returns for each, counted from the first, which one it is now; NULL when nothing moved. */
const uint32_t *rr_segments_order_default(struct rr_segments *segments, uint32_t first);

/* Some account's stays, sorted by start; *n of them. */
const struct rr_stay *rr_find_stays(const struct rr_book *book, struct rr_text account, int *n);

void rr_segments_fini(struct rr_segments *segments);

#endif
