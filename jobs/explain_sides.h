/* Two results side by side, as text. Private to what says an explanation. */
#ifndef JOBS_EXPLAIN_SIDES_H
#define JOBS_EXPLAIN_SIDES_H

#include "explain.h"

/* What changed in each invoice and line: those that did not are named; asked for by charge or detail, they are shown
 * too. */
void rr_explain_put_sides(const struct rr_explain_view *view, struct rr_line *out);

/* "2025-03  api_calls  region=eu" */
void rr_explain_put_line_name(const struct rr_explain_view *view, int32_t period,
                              struct rr_text charge, struct rr_text detail, struct rr_line *out);

/* "2025-03-01 through 2025-03-31, plan payg, prices since 2024-01-01" */
void rr_explain_put_terms(const struct rr_explain_view *view, const struct rr_told_line *told,
                          struct rr_line *out);

#endif
