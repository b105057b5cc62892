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
#include "trace.h"

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
    struct rr_segments *segments; /* of the default plan they are added as usage comes */
    struct rr_span span;
    const struct rr_trace *trace; /* who is told which cells a group is made of; NULL for nobody */
};

/* An account whose groups are made. */
struct rr_grouped_account {
    struct rr_text name;
    uint32_t number;       /* in its party */
    uint32_t first_window; /* its windows are the last of the segments */
    bool has_default;      /* no deal of its own */
};

/* A state that owns memory. */
struct rr_owned_state {
    const struct rr_kernel *kernel;
    void *state;
};

struct rr_usage_groups {
    struct rr_group *group; /* by account, then in the order of keys, then of time */
    uint32_t n, size;
    struct rr_level *level; /* ended */
    uint32_t n_levels, levels_size;
    struct rr_arena *memory; /* of keys and states */
    struct rr_owned_state *owned;
    uint32_t n_owned, owned_size;
    struct rr_moment moment[RR_MOMENTS]; /* lately asked for, at bucket % RR_MOMENTS */
};

void rr_groups_init(struct rr_usage_groups *groups);
void rr_groups_clear(struct rr_usage_groups *groups);
void rr_groups_free(struct rr_usage_groups *groups);

/* Adds the groups of an account. Its cells are merged as they come: memory follows the groups. Errors are
 * those of the cells. */
int rr_groups_add(struct rr_usage_groups *groups, const struct rr_grouping *in,
                  const struct rr_grouped_account *account, struct rr_cells *cells,
                  struct rr_error *err);

/* Nanoseconds since 1970 at which a day begins in the book's zone. */
int64_t rr_midnight(const struct rr_book *book, int32_t day);

#endif
