/* Inside of rating: what its files share. jobs/rating.c is the order of it, jobs/rating_lines.c what charges take and
 * cost, jobs/rating_unrated.c what no charge takes, jobs/rating_usage.c what groups come to.
 */
#ifndef JOBS_RATING_PARTS_H
#define JOBS_RATING_PARTS_H

#include "price.h"
#include "rating.h"

/* A group that a charge takes, by which case, and what its line is told apart by. */
struct rr_chosen {
    const struct rr_group *group;
    int which;             /* case */
    struct rr_text detail; /* of `split` */
};

/* What is rated at once: segments, and loose groups. */
struct rr_rating_part {
    uint32_t first, end;
    uint32_t first_loose, end_loose;
};

/* A group that no charge takes. */
struct rr_unrated_group {
    const struct rr_group *group;
    const char *reason;
    struct rr_text detail;
};

struct rr_rating {
    struct rr_span span;
    struct rr_grouping by;
    const struct rr_job *job;
    struct rr_rated rated;
    struct rr_segments segments;
    struct rr_usage_groups groups;
    const struct rr_contract *const *contracts; /* of the party in hand */
    uint32_t n_contracts;
    struct rr_text *account; /* its accounts */
    uint32_t n_accounts, accounts_size;
    const struct rr_book_change *only;  /* lines that it touches; NULL: all */
    const struct rr_touched_part *part; /* then, periods in which all are wanted */
    uint32_t *pool; /* for each contract its first segment, where it is pooled */
    struct rr_group **by_segment;
    struct rr_group **loose; /* groups of no segment, by period */
    uint32_t n_loose, groups_size;
    uint32_t *segment_start; /* segment s has by_segment[segment_start[s] .. segment_start[s+1]) */
    uint32_t segment_size;
    struct rr_chosen *chosen;     /* of one segment */
    const struct rr_group **list; /* of one line or row */
    uint32_t chosen_size, list_size;
    struct rr_unrated_group *unrated;
    uint32_t n_unrated, unrated_size;
    uint32_t *of_contract; /* lines of contracts */
    uint32_t of_contract_size;
    struct rr_counted *events; /* of one line */
    uint32_t events_size;
    struct rr_arena *texts; /* of what is rated at once */
    struct rr_line text;
};

/* RR_EXIT_DATA: a quantity or an amount that is out of range. */
int rr_rating_fail(struct rr_text account, const char *what, struct rr_text name,
                   struct rr_error *err);

/* Whether everything in a period is wanted. */
bool rr_rating_is_whole(const struct rr_rating *rating, int32_t period);

/* Room in rating->list for n groups. */
void rr_rating_reserve_list(struct rr_rating *rating, uint32_t n);

/* "region=eu;model=x" for the given `by` dimensions of a meter; lives until the next part is rated. */
struct rr_text rr_rating_detail(struct rr_rating *rating, const struct rr_meter *meter,
                                struct rr_text key, const int *by, int n);

/* What groups of one meter and period come to together; false when it is out of range. */
bool rr_rating_measure(struct rr_rating *rating, int meter, const struct rr_group *const *group,
                       uint32_t n, int32_t period, rr_decimal *quantity);

void rr_rating_tell_group(const struct rr_rating *rating, const struct rr_group *group);

/* Adds the lines of a part's segments. */
int rr_rating_lines(struct rr_rating *rating, struct rr_rating_part part, struct rr_error *err);

/* Adds what no line took, where it is wanted. */
int rr_rating_unrated(struct rr_rating *rating, struct rr_rating_part part, struct rr_error *err);

#endif
