/* Rating: an account's cells to lines and unrated usage.
 *
 * One account at a time, in memory that is used again for the next. Rating knows neither ranks nor
 * files.
 */
#ifndef JOBS_RATING_H
#define JOBS_RATING_H

#include "rated.h"

#include <rerate/job.h>

struct rr_rating;

/* Everything is borrowed. */
struct rr_rating *rr_rating_create(const struct rr_book *book, const struct rr_calendar *calendar,
                                   const struct rr_job *job, struct rr_span span);
void rr_rating_destroy(struct rr_rating *rating);

/* Rates the cells of an account, sorted by (key, bucket); their states may be merged into each other.
 * What comes out lives until the next call, and may be sorted. Errors: RR_EXIT_DATA, an amount or a
 * quantity out of range. */
int rr_rating_account(struct rr_rating *rating, struct rr_text account, struct rr_cell *cells,
                      uint32_t n, struct rr_rated **rated, struct rr_error *err);

#endif
