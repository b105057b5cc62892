/* What rating makes of a party of accounts, before it is text: lines, shares and unrated usage. */
#ifndef JOBS_RATED_H
#define JOBS_RATED_H

#include "../io/line.h"
#include "segments.h"
#include "totals.h"

struct rr_rated_line {
    struct rr_text account;
    const struct rr_contract *contract; /* or NULL */
    const struct rr_plan *plan;
    struct rr_text charge; /* the charge's id, or that of a made line */
    struct rr_text detail;
    int32_t period, from, to;
    rr_decimal quantity, exact, money;
    rr_decimal offset;             /* what a commitment and credits have taken of the money */
    bool metered;                  /* neither a fee nor made by a plan or contract */
    uint32_t first_share, n_share; /* of a pooled line */
};

/* Usage that nobody is billed for. */
struct rr_unrated {
    struct rr_text account;
    int32_t period;
    struct rr_text meter, detail;
    rr_decimal quantity;
    uint64_t records;
    const char *reason;
    uint32_t order; /* of rows that agree in everything they are sorted by */
};

/* What a member used of a pooled line. */
struct rr_share {
    struct rr_text account;
    rr_decimal quantity;
    rr_decimal money; /* its part of the line */
};

struct rr_rated {
    struct rr_rated_line *lines;
    uint32_t n_lines, lines_size;
    struct rr_unrated *unrated;
    uint32_t n_unrated, unrated_size;
    struct rr_share *shares;
    uint32_t n_shares, shares_size;
    const struct rr_rated_line **by_invoice; /* lines, while invoices are made */
    uint32_t by_invoice_size;
};

/* Who pays for a line. */
struct rr_text rr_line_payer(const struct rr_rated_line *line);

/* By period, account, charge, detail, from: the order in which commitments and credits take. */
int rr_line_order(const struct rr_rated_line *a, const struct rr_rated_line *b);

/* Dates and periods come again and again: the text that was made last is kept. */
struct rr_stamp {
    int32_t number;
    char text[RR_PERIOD_TEXT];
    uint32_t len; /* 0: none yet */
};

/* Rows for each result file, whole lines in their final order. Zeroed before use. */
struct rr_rated_rows {
    struct rr_line lines, invoices, shares, unrated;
    struct rr_stamp period, from, to;
};

/* The columns of lines.csv. */
enum rr_line_column {
    RR_LINE_ACCOUNT,
    RR_LINE_CONTRACT,
    RR_LINE_PERIOD,
    RR_LINE_PLAN,
    RR_LINE_CHARGE,
    RR_LINE_DETAIL,
    RR_LINE_FROM,
    RR_LINE_TO,
    RR_LINE_QUANTITY,
    RR_LINE_EXACT,
    RR_LINE_AMOUNT,
    RR_LINE_CURRENCY,
    RR_LINE_COLUMNS
};

extern const char rr_lines_header[], rr_invoices_header[], rr_shares_header[], rr_unrated_header[];

void rr_rated_clear(struct rr_rated *rated);
void rr_rated_fini(struct rr_rated *rated);
struct rr_rated_line *rr_rated_add_line(struct rr_rated *rated);
struct rr_unrated *rr_rated_add_unrated(struct rr_rated *rated);
struct rr_share *rr_rated_add_share(struct rr_rated *rated);

/* Takes rows of one account, or of one contract, out of `rows`, and empties them. Where there are very many
 * they come in several calls, in order. */
struct rr_rated_sink {
    void *self;
    int (*lines)(void *self, struct rr_text account, const struct rr_line *rows, struct rr_error *);
    int (*invoices)(void *self, struct rr_text payer, const struct rr_line *rows,
                    struct rr_error *);
    int (*shares)(void *self, struct rr_text contract, const struct rr_line *rows,
                  struct rr_error *);
    int (*unrated)(void *self, struct rr_text account, const struct rr_line *rows,
                   struct rr_error *);
};

/* Sorts what was added and hands it on as rows; adds lines and invoices to the totals. An error when an
 * invoice leaves the range (RR_EXIT_DATA). */
int rr_rated_write(struct rr_rated *rated, enum rr_period kind, struct rr_rated_rows *rows,
                   const struct rr_rated_sink *sink, struct rr_totals *totals,
                   struct rr_error *err);
/* The same for lines and unrated usage alone. */
int rr_rated_write_part(struct rr_rated *rated, enum rr_period kind, struct rr_rated_rows *rows,
                        const struct rr_rated_sink *sink, struct rr_totals *totals,
                        struct rr_error *err);
void rr_rated_rows_fini(struct rr_rated_rows *rows);

#endif
