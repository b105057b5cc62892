/* Booking: which periods are closed, and where their corrections go. */
#ifndef JOBS_BOOKING_H
#define JOBS_BOOKING_H

#include "impact_sides.h"

/* From the command line: both periods, or neither. RR_EXIT_USAGE where one lacks, is no period, or is not of the
 * other's kind, and where the open period is closed. */
int rr_booking_read(const char *closed_through, const char *book_in, struct rr_booking *booking,
                    struct rr_error *err);

/* Whether the results and what was issued allow it: periods of the book's kind; nothing opened again that
 * corrections went out for; no closed period that was issued left out of the new result by --from or --to. RR_EXIT_USAGE,
 * RR_EXIT_DATA. */
int rr_booking_check(const struct rr_impact_sides *sides, struct rr_error *err);

#endif
