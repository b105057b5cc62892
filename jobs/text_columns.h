/* Rows of text in columns that are as wide as they must be. */
#ifndef JOBS_TEXT_COLUMNS_H
#define JOBS_TEXT_COLUMNS_H

#include "../io/line.h"

enum { RR_TEXT_COLUMNS = 8 };

/* Zeroed before use, but for n. */
struct rr_text_columns {
    int n;          /* columns */
    unsigned right; /* bits of those that are flushed right, numbers at their points */
    struct rr_line bytes;
    struct {
        uint32_t begin, len;
    } * cell; /* n of each row */
    uint32_t n_rows, size;
};

/* Begins a row of empty cells. */
void rr_text_columns_row(struct rr_text_columns *columns);
/* Sets a cell of the last row. */
void rr_text_columns_put(struct rr_text_columns *columns, int column, struct rr_text text);

/* Adds the rows to `out`, each behind `indent` blanks and two blanks between columns, none at the end; then
 * forgets them. */
void rr_text_columns_write(struct rr_text_columns *columns, int indent, struct rr_line *out);
void rr_text_columns_fini(struct rr_text_columns *columns);

#endif
