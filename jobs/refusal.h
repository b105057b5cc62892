/* Refusal: what keeps a complete state from being published. Too many bad records, or inputs that are not
 * as their control totals say. What is wrong is listed beside the state, for repair.
 */
#ifndef JOBS_REFUSAL_H
#define JOBS_REFUSAL_H

#include "publishing.h"

/* Collective. RR_EXIT_DATA when nothing may be published; DIR/quarantine.csv or DIR/control.csv then say why.
 * Lists of an earlier refusal go. `memory` is what a rank may gather for a list. */
int rr_refusal_check(const struct rr_publishing *publishing, const struct rr_state *state,
                     size_t memory, struct rr_error *err);

#endif
