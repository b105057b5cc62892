/* Publishing: from a complete state to a result. Every account is priced, every law checked, and only
 * then does the result appear. Records that block publishing are listed beside the state.
 */
#ifndef JOBS_PUBLISHING_H
#define JOBS_PUBLISHING_H

#include "billing.h"
#include "calendar.h"
#include "control.h"
#include "meters.h"
#include "parties.h"
#include "subscribers.h"

/* What is published by. Everything is borrowed. */
struct rr_publishing {
    const struct rr_comm *comm;
    const struct rr_billing_options *options;
    const struct rr_book_files *files;
    struct rr_book *book;
    struct rr_calendar *calendar;
    const struct rr_meters *meters;
    struct rr_subscribers *subscribers; /* NULL: the book holds all subscriptions */
    const struct rr_parties *parties;
    const struct rr_control *control; /* on rank 0, where there are control totals; else NULL */
    uint64_t memory;                  /* bytes that a rank may gather before it writes */
};

/* Collective. Rank 0 prints the closing summary. Errors: RR_EXIT_DATA when too many records are
 * quarantined, control totals differ, an amount is out of range or a law does not hold; RR_EXIT_STOPPED when asked to stop.
 * Nothing is published then. */
int rr_publish(const struct rr_publishing *publishing, struct rr_state *state,
               struct rr_error *err);

#endif
