/* Levels over time, for time_weighted meters: what a series of changes comes to.
 *
 * A level is the sum of its changes, and Σ level × time up to a moment is moment × Σ change −
 * Σ change × time: two sums, so parts of a history merge like any other sum. Times are nanoseconds
 * since 1970.
 */
#ifndef JOBS_LEVEL_H
#define JOBS_LEVEL_H

#include <rerate/sum.h>

enum { RR_MOMENT_LIMBS = 4 };

struct rr_level {
    struct rr_sum change;             /* Σ change */
    uint64_t moment[RR_MOMENT_LIMBS]; /* Σ change × time, two's complement */
};

void rr_level_change(struct rr_level *level, rr_decimal change, int64_t time_ns);
void rr_level_merge(struct rr_level *into, const struct rr_level *from);

/* All changes so far, as if they had happened at once: what a later segment starts from. */
void rr_level_carry(struct rr_level *level, int64_t time_ns);

/* Ends it: what is merged with it afterwards has an end of its own. */
void rr_level_close(struct rr_level *level, int64_t end_ns);

/* Σ level × time up to `end_ns` ÷ length_ns, to 18 places, half even. length_ns > 0. False when it
 * leaves the range of a decimal. */
bool rr_level_average(const struct rr_level *level, int64_t end_ns, int64_t length_ns,
                      rr_decimal *average);

bool rr_level_is_zero(const struct rr_level *level);

#endif
