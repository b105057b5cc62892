/* The rows of one account in a table of a result, found without reading the rest.
 *
 * Tables are sorted by their first column. In a plain file the rows are searched by halves, in a compressed one
 * everything before them is read.
 */
#ifndef JOBS_KEPT_ROWS_H
#define JOBS_KEPT_ROWS_H

#include "result_facts.h"

#include "../io/line.h"

/* Appends the rows whose first field is `key` to `rows`, as they stand there. A line end inside of quotes may lead
 * a search astray, which then finds other rows or none; unless it is `thorough`, and reads all rows before.
 * Errors: RR_EXIT_INPUT, RR_EXIT_IO, RR_EXIT_DATA (no table). Not collective. */
int rr_kept_rows_read(const struct rr_result_facts *facts, const char *table, const char *header,
                      struct rr_text key, bool thorough, struct rr_line *rows,
                      struct rr_error *err);

#endif
