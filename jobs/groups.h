/* Groups: an account's usage as charges take it.
 *
 * A group is what one account used of a meter, under one key, in the days of one window. Its cells are
 * merged; of a level that is weighted by time it holds Σ level × time, and it is there without a record
 * too, as a level carries on.
 */
#ifndef JOBS_GROUPS_H
#define JOBS_GROUPS_H

#include "level.h"
#include "meters.h"
#include "segments.h"

enum { RR_NO_LEVEL = UINT32_MAX, RR_MOMENTS = 64 };

struct rr_group {
    struct rr_text key;
    int meter;
    void *state;      /* of all its cells; of a level none */
    void *events;     /* the values of the records, where they are priced one by one; else NULL */
    uint32_t level;   /* index into levels, RR_NO_LEVEL */
    uint32_t account; /* number of the account in its party */
    uint32_t segment; /* RR_NO_SEGMENT where nothing is in force */
    int32_t period;
    uint64_t records;
    bool taken; /* some charge prices it */
};

/* What the calendar says of a bucket. */
struct rr_moment {
    int32_t bucket, day, period;
};

/* What groups are made by; all of it borrowed. */
struct rr_grouping {
    const struct rr_book *book;
    const struct rr_calendar *calendar;
    const struct rr_meters *meters;
    const struct rr_segments *segments;
    struct rr_span span;
};

struct rr_usage_groups {
    struct rr_group *group; /* by account, then in the order of keys, then of time */
    uint32_t n, size;
    struct rr_level *level; /* ended */
    uint32_t n_levels, levels_size;
    int32_t *period; /* of the account asked for last */
    uint32_t n_periods, periods_size;
    struct rr_moment moment[RR_MOMENTS]; /* lately asked for, at bucket % RR_MOMENTS */
};

void rr_groups_init(struct rr_usage_groups *groups);
void rr_groups_clear(struct rr_usage_groups *groups);
void rr_groups_free(struct rr_usage_groups *groups);

/* groups->period: those in which the cells (sorted by (key, bucket)) may be usage, rising, each once.
 * With a level these are all from the first on. */
void rr_groups_find_periods(struct rr_usage_groups *groups, const struct rr_grouping *in,
                            const struct rr_cell *cells, uint32_t n);

/* Adds the groups of an account, whose windows are segments->window[first .. first + n_windows).
 * States of cells are merged into each other. */
void rr_groups_add(struct rr_usage_groups *groups, const struct rr_grouping *in, uint32_t account,
                   struct rr_cell *cells, uint32_t n, uint32_t first_window, uint32_t n_windows);

/* Nanoseconds since 1970 at which a day begins in the book's zone. */
int64_t rr_midnight(const struct rr_book *book, int32_t day);

#endif
