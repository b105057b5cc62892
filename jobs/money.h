/* Money as text. */
#ifndef JOBS_MONEY_H
#define JOBS_MONEY_H

#include <rerate/sum.h>
#include <rerate/text.h>

/* With the digits of the currency's minor unit, or in full where it has more of them. Returns the length. */
size_t rr_money_format(const struct rr_sum *amount, struct rr_text currency, char out[RR_SUM_TEXT]);

static inline bool rr_sum_is_zero(const struct rr_sum *sum)
{
    return (sum->low[0] | sum->low[1] | (uint64_t)sum->high) == 0;
}

/* a - b */
static inline struct rr_sum rr_sum_minus(const struct rr_sum *a, const struct rr_sum *b)
{
    struct rr_sum difference = rr_sum_negated(b);
    rr_sum_merge(&difference, a);
    return difference;
}

#endif
