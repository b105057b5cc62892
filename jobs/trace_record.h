/* A record of what the rating tells: the steps of the lines of one account, kept for as long as wanted.
 *
 * What a step points to may be gone when the rating goes on; here it stays. A party is rated whole, and kept
 * is what concerns the account: lines that stand on it, lines of pooled contracts that it has a share of, and
 * its unrated usage. What would be a long list is kept short: values of records that are priced one by one, and
 * lines that a commitment or a credit counts, come as sums.
 */
#ifndef JOBS_TRACE_RECORD_H
#define JOBS_TRACE_RECORD_H

#include "price.h"
#include "rated.h"
#include "told_usage.h"

/* Behind so many values, records that are priced one by one come as one step: RR_STEP_EVENT without a quantity,
 * whose number is how many values it stands for. */
enum { RR_EVENTS_TOLD = 100 };

struct rr_told_line {
    struct rr_rated_line line;  /* its texts and plans live as long as the record and the book */
    const struct rr_step *step; /* the first begins the line; those of groups are `usage` */
    uint32_t n_steps;
    const struct rr_share *share; /* of a pooled line */
    uint32_t n_shares;
    struct rr_told_usage usage;
};

struct rr_told_unrated {
    struct rr_unrated row;
    struct rr_told_usage usage;
};

/* What is kept: lines by period, account, kind (charges, then what plans and contracts add), charge,
 * detail and start; unrated usage in the order of unrated.csv. */
struct rr_told {
    struct rr_told_line *line;
    uint32_t n_lines, lines_size;
    struct rr_told_unrated *unrated;
    uint32_t n_unrated, unrated_size;
    struct rr_told_unrated *withheld; /* records that count in no cell */
    uint32_t n_withheld, withheld_size;
};

struct rr_trace_record;

/* Where a cell came from, asked while the account that it is of is rated; NULL where it is not known.
 * The answer lives until the next question, and its paths as long as the record. */
struct rr_told_origins {
    void *self;
    const struct rr_origin *(*of_cell)(void *self, const struct rr_cell *cell);
};

/* Everything is borrowed; `origins` is NULL where the state keeps no records. `first` is the first period of
 * the result: what is told of earlier ones is not kept. */
struct rr_trace_record *rr_trace_record_create(const struct rr_book *book, struct rr_text account,
                                               int32_t first,
                                               const struct rr_told_origins *origins);
void rr_trace_record_destroy(struct rr_trace_record *record);

/* For rr_rating_trace. Lives as long as the record. */
const struct rr_trace *rr_trace_record_trace(const struct rr_trace_record *record);

/* Takes over what was rated, as rr_rated_taker hands it on and before anybody sorts it. */
void rr_trace_record_take(struct rr_trace_record *record, const struct rr_rated *rated);

/* Notes records of the account that count in no cell: copies that say another time, events that were withdrawn.
 * Those of a period, meter and detail that come one after the other are one row. */
void rr_trace_record_withhold(struct rr_trace_record *record, int32_t period,
                              const struct rr_origin *origin);

/* Sorts what was kept, when all was rated. */
const struct rr_told *rr_trace_record_told(struct rr_trace_record *record);

#endif
