/* The waterfall of a line: its steps as rows that a person reads. */
#ifndef JOBS_EXPLAIN_ROWS_H
#define JOBS_EXPLAIN_ROWS_H

#include "trace_record.h"

struct rr_explain_row {
    struct rr_text label;      /* what it is: "tier 1, to 1000" */
    struct rr_text arithmetic; /* "1000 × 0.02" */
    struct rr_text amount;     /* what the amount is after it; empty where there is none */
    rr_decimal value;          /* the same as a number */
    bool has_value;
    bool is_money; /* with the digits of the minor unit */
};

/* Texts are in the arena. */
struct rr_explain_rows {
    struct rr_arena *arena;
    struct rr_explain_row *row;
    uint32_t n, size;
    struct rr_line label, arithmetic; /* of the row in hand */
};

struct rr_explain_rows rr_explain_rows_create(void);
void rr_explain_rows_fini(struct rr_explain_rows *rows);

/* The rows of a line, in place of those before: usage, steps, shares (of pooled lines the one of `account`, and how
 * many others there are). */
void rr_explain_rows_of_line(struct rr_explain_rows *rows, const struct rr_told_line *line,
                             const struct rr_book *book, struct rr_text account);

/* The same for usage that nobody pays for. */
void rr_explain_rows_of_unrated(struct rr_explain_rows *rows,
                                const struct rr_told_unrated *unrated);

#endif
