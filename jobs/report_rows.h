/* The rows of a table, one after the other, handed to whoever sums them up for a report. */
#ifndef JOBS_REPORT_ROWS_H
#define JOBS_REPORT_ROWS_H

#include <rerate/decimal.h>
#include <rerate/error.h>
#include <rerate/text.h>

/* Takes one row; 0 or -1. */
typedef int rr_report_take(void *self, const struct rr_text *fields, struct rr_error *err);

/* Hands each row of the table at `path` (plain or .zst, see io/table.h) to `take`, in order. An error names
 * the file and the row. Memory is that of the longest row. */
int rr_report_rows(const char *path, const char *header, rr_report_take *take, void *self,
                   struct rr_error *err);

/* Reads `n` fields that are decimals; RR_EXIT_DATA when one is none. */
int rr_report_decimals(const struct rr_text *fields, int n, rr_decimal *out, struct rr_error *err);

#endif
