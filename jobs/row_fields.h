/* Rows of a table that this program wrote, in memory: where they end, and their fields.
 *
 * Quotes stand in pairs, so a row ends at the first LF that has an even number of them before it.
 */
#ifndef JOBS_ROW_FIELDS_H
#define JOBS_ROW_FIELDS_H

#include "../io/line.h"

#include <rerate/error.h>

/* Behind the first row of what is between `at` and `end`; NULL when no row ends there. */
const char *rr_row_end(const char *at, const char *end);

/* The first field as it stands there, with its quotes; NULL as its pointer when the row has but one. */
struct rr_text rr_row_first(const char *at, const char *end);

/* Takes a row off the front of `rows` and finds its n fields, which live until the next call: those that
 * were quoted are written to `unquoted`. False when it has not n fields. */
bool rr_row_take(struct rr_text *rows, struct rr_text *field, int n, struct rr_line *unquoted);

#endif
