/* What an explanation shows: one account of one result, or of two side by side.
 *
 * jobs/explain.c fills it; jobs/explain_text.c and jobs/explain_json.c say it.
 */
#ifndef JOBS_EXPLAIN_H
#define JOBS_EXPLAIN_H

#include "explain_pairs.h"

/* What is asked for; NULL: all. */
struct rr_explain_filter {
    const char *period, *charge, *detail;
};

struct rr_explain_side {
    unsigned result;
    const struct rr_explained *explained;
};

struct rr_explain_view {
    const char *workspace;
    struct rr_text account;
    struct rr_explain_filter filter;
    enum rr_period kind;
    struct rr_explain_side side[2]; /* old and new, or one */
    int n_sides;
    struct rr_explain_pairs pairs; /* where there are two */
    const char *no_effects; /* why effects of prices and usage can't be told; NULL: they can */
};

bool rr_explain_shows_line(const struct rr_explain_view *view, const struct rr_rated_line *line);
bool rr_explain_shows_pair(const struct rr_explain_view *view, const struct rr_explain_pair *pair);
bool rr_explain_shows_unrated(const struct rr_explain_view *view, const struct rr_unrated *row);

/* A row of invoices.csv. */
struct rr_explain_invoice {
    struct rr_text payer, period, currency, total;
    uint64_t lines;
};

/* Goes through the invoices of a side that are asked for, and that the account pays or has lines on. */
struct rr_explain_invoices {
    const struct rr_explain_view *view;
    const struct rr_explain_side *side;
    uint32_t key;
    struct rr_text rows;
    struct rr_line unquoted;
};
/* False at the end; the texts live until the next call. `invoices` is freed then. */
bool rr_explain_invoice_next(struct rr_explain_invoices *invoices,
                             struct rr_explain_invoice *invoice);

/* One object, the caller's to release. */
json_t *rr_explain_json(const struct rr_explain_view *view);

void rr_explain_text(const struct rr_explain_view *view, struct rr_line *out);

#endif
