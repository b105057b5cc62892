/* Reading back a table that this program wrote: strictly, row by row.
 *
 * A table is UTF-8 CSV as the result files are: a header that is known, LF after every row, quotes where a
 * field needs them and nowhere else, as many fields in each row as in the header. Whatever differs from
 * that is an error that names the row. A name ending in ".zst" is the same content compressed. Memory is
 * that of the longest row.
 */
#ifndef IO_TABLE_H
#define IO_TABLE_H

#include <rerate/error.h>
#include <rerate/text.h>

enum { RR_TABLE_COLUMNS = 32 };

struct rr_table;

/* `header` is the first row with its line end. NULL with RR_EXIT_DATA when the file has another one, with
 * RR_EXIT_INPUT or RR_EXIT_IO when it can't be read. */
struct rr_table *rr_table_open(const char *path, const char *header, struct rr_error *err);
void rr_table_close(struct rr_table *table);

/* 1 and the next row, whose fields live until the next call; 0 at the end; -1 on error. */
int rr_table_next(struct rr_table *table, const struct rr_text **fields, struct rr_error *err);

/* The number of the row that was read last, from 1, without the header. */
uint64_t rr_table_row(const struct rr_table *table);

#endif
