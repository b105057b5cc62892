/* Meters: the job that makes usage records into the cells that are priced.
 *
 * A record's key is its meter column and its dimensions. A cell's key is a meter and the values of its
 * `by` dimensions; dimensions that no charge can ask for are folded away.
 */
#ifndef JOBS_METERS_H
#define JOBS_METERS_H

#include "calendar.h"

#include "../io/line.h"

#include <rerate/job.h>

struct rr_meters;

/* The job of a book. The book and the calendar are borrowed. */
struct rr_meters *rr_meters_create(const struct rr_book *book, struct rr_calendar *calendar);
void rr_meters_destroy(struct rr_meters *meters);
const struct rr_job *rr_meters_job(const struct rr_meters *meters);

/* The job's meters are the book's, then one for each of those that are priced by event: it has the same
 * cells, which hold the values of the records. Its number, or -1. */
int rr_meters_events(const struct rr_meters *meters, int meter);

/* Whether a meter measures levels, weighted by time. */
bool rr_meter_is_level(const struct rr_meter *meter);

/* The value of the meter's b-th `by` dimension in a cell's key. */
struct rr_text rr_cell_by(const struct rr_meter *meter, struct rr_text cell, int b);

/* Adds "region=eu;model=x" for n of a meter's `by` dimensions, NULL: the first, in a cell's key. */
void rr_cell_detail(const struct rr_book *book, const struct rr_meter *meter, struct rr_text cell,
                    const int *by, int n, struct rr_line *out);

/* Whether a key has the form of those that the job makes of records, or of cells: what else is done with
 * keys counts on it. */
bool rr_meters_is_key(const struct rr_meters *meters, bool of_cells, struct rr_text key);

#endif
