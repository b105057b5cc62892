/* Corrections: what is booked in an open period for each line of a closed one that has changed.
 *
 * corrections.csv, and the same as rows of FOCUS (focus.h).
 */
#ifndef JOBS_CORRECTIONS_OUT_H
#define JOBS_CORRECTIONS_OUT_H

#include "../runtime/outputs.h"
#include "focus.h"
#include "impact_totals.h"

extern const char rr_corrections_header[];

struct rr_correction {
    struct rr_text payer, account;
    struct rr_text corrects; /* the closed period */
    struct rr_text charge, detail, currency;
    struct rr_effects effects;
    bool prepaid; /* rr_focus_is_prepaid */
};

struct rr_corrections_out {
    const char *book_in; /* the period that they are booked in */
    struct rr_output *rows, *focus;
    struct rr_focus *of;
    struct rr_line key, row; /* zeroed before use */
};

int rr_corrections_out_put(struct rr_corrections_out *out, const struct rr_correction *correction,
                           struct rr_error *err);
void rr_corrections_out_fini(struct rr_corrections_out *out);

/* "debit" where the payer pays more, "credit" where less, "none" where an amount stays and what it is before
 * it is rounded does not. */
const char *rr_correction_kind(const struct rr_sum *delta);

#endif
