/* The book's calendar: periods and time buckets of its zone.
 *
 * Periods and buckets are numbers that rise with time. An hour bucket is an hour on the wall clock,
 * a day bucket a date; on days with a clock change the hours that come twice are one bucket. Cuts
 * fall on dates, so this loses nothing.
 */
#ifndef JOBS_CALENDAR_H
#define JOBS_CALENDAR_H

#include "book.h"

struct rr_calendar;

struct rr_calendar *rr_calendar_create(const struct rr_book *book);
void rr_calendar_destroy(struct rr_calendar *calendar);

/* The bucket of each moment (nanoseconds since 1970-01-01T00:00:00Z). */
void rr_calendar_buckets(struct rr_calendar *calendar, uint32_t n, const int64_t *time_ns,
                         int32_t *bucket);

/* The first day of a bucket, and the period that holds it. */
int32_t rr_bucket_day(const struct rr_calendar *calendar, int32_t bucket);
int32_t rr_bucket_period(const struct rr_calendar *calendar, int32_t bucket);

int32_t rr_period_of_day(enum rr_period kind, int32_t day);
int32_t rr_period_start(enum rr_period kind, int32_t period); /* day; the next one's is the end */

enum { RR_PERIOD_TEXT = 24 };
/* "2025-03", "2025-W09", "2025-03-09", "2025-Q1" or "2025". */
void rr_period_format(enum rr_period kind, int32_t period, char out[RR_PERIOD_TEXT]);
bool rr_period_parse(enum rr_period kind, const char *text, int32_t *period);

#endif
