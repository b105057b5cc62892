/* What rating makes of one account, before it is text: lines and unrated usage. */
#ifndef JOBS_RATED_H
#define JOBS_RATED_H

#include "../io/line.h"
#include "segments.h"
#include "totals.h"

struct rr_rated_line {
    const struct rr_segment *segment;
    const struct rr_charge *charge;
    struct rr_text detail;
    rr_decimal quantity, exact, money;
};

/* Usage that nobody is billed for. */
struct rr_unrated {
    int32_t period;
    struct rr_text meter, detail;
    rr_decimal quantity;
    uint64_t records;
    const char *reason;
    uint32_t order; /* of rows that agree in everything they are sorted by */
};

struct rr_rated {
    struct rr_text account;
    struct rr_rated_line *lines;
    uint32_t n_lines, lines_size;
    struct rr_unrated *unrated;
    uint32_t n_unrated, unrated_size;
};

/* Dates and periods come again and again: the text that was made last is kept. */
struct rr_stamp {
    int32_t number;
    char text[RR_PERIOD_TEXT];
    uint32_t len; /* 0: none yet */
};

/* An account's rows for each result file, whole lines in their final order. Zeroed before use. */
struct rr_rated_rows {
    struct rr_line lines, invoices, unrated;
    struct rr_stamp period, from, to;
};

extern const char rr_lines_header[], rr_invoices_header[], rr_unrated_header[];

void rr_rated_clear(struct rr_rated *rated);
void rr_rated_fini(struct rr_rated *rated);
struct rr_rated_line *rr_rated_add_line(struct rr_rated *rated);
struct rr_unrated *rr_rated_add_unrated(struct rr_rated *rated);

/* Sorts what was added and writes it as rows; adds lines and invoices to the totals. An error when an
 * invoice leaves the range (RR_EXIT_DATA). */
int rr_rated_write(struct rr_rated *rated, enum rr_period kind, struct rr_rated_rows *rows,
                   struct rr_totals *totals, struct rr_error *err);
void rr_rated_rows_fini(struct rr_rated_rows *rows);

#endif
