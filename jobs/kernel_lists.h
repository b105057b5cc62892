/* Kernels whose states own lists: unique, percentile, level; and what rating reads out of them. */
#ifndef JOBS_KERNEL_LISTS_H
#define JOBS_KERNEL_LISTS_H

#include <rerate/kernel.h>

extern const struct rr_kernel rr_kernel_unique, rr_kernel_percentile, rr_kernel_level;

/* percentile: a value and how many records have it. */
struct rr_counted {
    uint64_t value[2]; /* a decimal, low half first */
    uint64_t records;
};

/* level: what was set, and when. */
struct rr_set {
    int64_t time_ns;
    uint64_t position;
    uint64_t value[2];
};

/* The lists of states, in order; they live as long as the state is not changed. */
const struct rr_counted *rr_percentile_values(void *state, uint32_t *n);
const struct rr_set *rr_level_sets(void *state, uint32_t *n);

static inline rr_decimal rr_decimal_of_halves(const uint64_t half[2])
{
    return (rr_decimal)((rr_u128)half[1] << 64 | half[0]);
}

#endif
