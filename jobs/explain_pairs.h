/* Lines of one account in two results, matched as `impact` matches them: by account, period, charge, detail and
 * currency, summed over plans, contracts and segments.
 *
 * The middle is what the new book makes of the usage that the old result knew. A pooled line that stands on another
 * account is matched by what this one has of it, its share, and has no effects of its own.
 */
#ifndef JOBS_EXPLAIN_PAIRS_H
#define JOBS_EXPLAIN_PAIRS_H

#include "explained.h"

enum { RR_SIDE_OLD, RR_SIDE_NEW, RR_SIDE_MIDDLE, RR_EXPLAIN_SIDES };

struct rr_explain_pair {
    struct rr_text account, charge, detail;
    int32_t period;
    const struct rr_plan *plan; /* of one of its lines: currency and its digits */
    bool is_share;
    const struct rr_told_line **line[2]; /* old, new */
    uint32_t n_lines[2];
    struct rr_sum amount[RR_EXPLAIN_SIDES], exact[RR_EXPLAIN_SIDES];
};

struct rr_explain_pairs {
    struct rr_explain_pair *pair; /* by period, account, kind, charge, detail, currency */
    uint32_t n;
    const struct rr_told_line **lines; /* that pairs have views of */
};

/* `side` is what is told of the old and the new result, and of the middle (NULL: not known). */
void rr_explain_pairs_make(const struct rr_told *const side[RR_EXPLAIN_SIDES],
                           struct rr_text account, struct rr_explain_pairs *pairs);
void rr_explain_pairs_fini(struct rr_explain_pairs *pairs);

/* new - old, and of what it comes: they sum to it. */
struct rr_effects {
    struct rr_sum delta, price, usage, rounding;
};
struct rr_effects rr_explain_effects(const struct rr_explain_pair *pair);

#endif
