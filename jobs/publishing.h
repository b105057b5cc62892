/* Publishing: from a complete state to results. Every account is priced, every law checked, and only
 * then does a result appear. Records that block publishing are listed beside the state.
 *
 * Several books are priced in one pass over the state; each gives a result of its own.
 */
#ifndef JOBS_PUBLISHING_H
#define JOBS_PUBLISHING_H

#include "billing.h"
#include "control.h"
#include "open_book.h"

/* What is published by. Everything is borrowed. */
struct rr_publishing {
    const struct rr_comm *comm;
    const struct rr_billing_options *options;
    struct rr_open_book *books; /* of one state text */
    int n_books;
    const struct rr_control *control; /* on rank 0, where there are control totals; else NULL */
    uint64_t memory;                  /* bytes that a rank may gather before it writes */
};

/* Collective. Rank 0 prints the closing summary. Errors: RR_EXIT_DATA when too many records are
 * quarantined, control totals differ, an amount is out of range or a law does not hold; RR_EXIT_STOPPED when
 * asked to stop. Nothing is published then, but where several books are priced: those that stand before the
 * one that fails. */
int rr_publish(const struct rr_publishing *publishing, struct rr_state *state,
               struct rr_error *err);

#endif
