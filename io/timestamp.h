/* Timestamps of usage records: text to nanoseconds since 1970-01-01T00:00:00Z. */
#ifndef IO_TIMESTAMP_H
#define IO_TIMESTAMP_H

#include "zone.h"

enum rr_timestamp_status {
    RR_TIMESTAMP_OK = 0,
    RR_TIMESTAMP_BAD,
    RR_TIMESTAMP_RANGE, /* outside 1678-01-01 .. 2261-12-31 (UTC) */
};

/* RFC 3339 / ISO 8601: YYYY-MM-DD{T|t|space}HH:MM[:SS[.1-9 digits]][Z|z|+HH:MM|-HH:MM|+HHMM|+HH],
 * a bare date meaning its midnight. Without an offset the time is in `zone`. Second 60 is read as the
 * first second of the next minute. More than 9 digits of fraction are bad.
 * An integer (with an optional minus) is an epoch time, its unit told by its size:
 * below 10^11 seconds, below 10^14 milliseconds, below 10^17 microseconds, else nanoseconds. */
enum rr_timestamp_status rr_timestamp_parse(struct rr_text text, struct rr_zone *zone,
                                            int64_t *timestamp_ns);

enum { RR_TIMESTAMP_TEXT = 40 };

/* RFC 3339 in UTC, with as many digits of fraction as it takes: "2025-03-01T12:00:00.5Z". */
void rr_timestamp_format(int64_t timestamp_ns, char out[RR_TIMESTAMP_TEXT]);

#endif
