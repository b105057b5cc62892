/* Time zones and civil dates.
 *
 * A zone is read from the system's IANA database (TZif, RFC 8536): its transitions, and the
 * rule in the footer for all years after them. Days are counted from 1970-01-01 in the proleptic
 * Gregorian calendar.
 */
#ifndef IO_ZONE_H
#define IO_ZONE_H

#include <rerate/error.h>
#include <rerate/text.h>

struct rr_zone;

/* By IANA name. TZDIR, else /usr/share/zoneinfo; `UTC` needs no database. A name that is no plain
 * path of the database ("..", absolute), or that means what one machine is set to (`localtime`),
 * is refused, and so are zones with leap seconds (`right/...`). Errors: RR_EXIT_BOOK for an
 * unknown name, RR_EXIT_IO otherwise. */
struct rr_zone *rr_zone_open(const char *name, struct rr_error *err);
void rr_zone_close(struct rr_zone *zone);

/* Seconds east of UTC at a moment. Remembers the last span, so a zone belongs to one thread. */
int32_t rr_zone_offset(struct rr_zone *zone, int64_t utc_s);

/* The moment of a wall-clock time given as seconds since 1970-01-01T00:00 local. A time that
 * comes twice is the first of the two; one that is skipped is read with the offset before the
 * gap (as RFC 5545, 3.3.5, and Python with fold=0). */
int64_t rr_zone_utc(struct rr_zone *zone, int64_t local_s);

int32_t rr_day_of_date(int year, int month, int day); /* days since 1970-01-01 */
void rr_date_of_day(int32_t day, int *year, int *month, int *mday);

/* "2025-03-01", strictly; false when it is no date of years 1678 to 2261. */
bool rr_day_parse(struct rr_text text, int32_t *day);
/* Writes 10 characters and a NUL. */
void rr_day_format(int32_t day, char out[11]);

#endif
