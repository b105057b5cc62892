/* Steps as rows. Private to what makes rows. */
#ifndef JOBS_EXPLAIN_STEP_ROWS_H
#define JOBS_EXPLAIN_STEP_ROWS_H

#include "explain_rows.h"

/* What rows are made from. */
struct rr_row_maker {
    struct rr_explain_rows *rows;
    const struct rr_told_line *line;
    const struct rr_book *book;
    const struct rr_step
        *step;         /* in hand; any but RR_STEP_CHARGE, which says what the line is of */
    rr_decimal before; /* the amount before it */
    bool has_before;
};

/* Adds the rows of the step in hand. */
void rr_row_of_step(struct rr_row_maker *maker);

/* Adds to a text; cut behind 255 bytes. */
__attribute__((format(printf, 2, 3))) void rr_row_put(struct rr_line *out, const char *format, ...);

/* A decimal as text, which lives until it is called eight times more. */
const char *rr_row_decimal(rr_decimal value);
const char *rr_row_plural(uint64_t n);

/* Makes a row of the label and the arithmetic in hand, which are empty then. */
struct rr_explain_row *rr_row_add(struct rr_explain_rows *rows);

/* Its amount; `more` stands behind it. */
void rr_row_set_value(struct rr_explain_rows *rows, struct rr_explain_row *row, rr_decimal value,
                      const char *more);
void rr_row_set_money(struct rr_explain_rows *rows, struct rr_explain_row *row, rr_decimal money,
                      int minor_digits);

/* Adds rows that say where records came from. */
void rr_row_add_usage(struct rr_explain_rows *rows, const struct rr_told_usage *usage);

#endif
