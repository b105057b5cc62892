/* Texts kept with the state (bad records, conflicts) on their way into result files. */
#ifndef JOBS_TEXTS_H
#define JOBS_TEXTS_H

#include "../runtime/outputs.h"
#include "../runtime/state.h"

/* Collective in effect: each run is read by one rank. Adds all texts of a kind to an output. */
int rr_texts_put(const struct rr_comm *comm, const struct rr_state *state, enum rr_run_kind kind,
                 struct rr_output *output, struct rr_error *err);

/* The same for what is in quarantine: all bad records but the repaired ones. */
int rr_quarantine_put(const struct rr_comm *comm, const struct rr_state *state,
                      struct rr_output *output, struct rr_error *err);

#endif
