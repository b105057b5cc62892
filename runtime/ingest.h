/* Ingest: usage records from the inputs to the ranks that own them, and into runs.
 */
#ifndef RUNTIME_INGEST_H
#define RUNTIME_INGEST_H

#include "progress.h"
#include "resolve.h"

/* Collective. Reads all splits that are not done, in epochs that end with a commit: when the pace says
 * so, when a rank is asked to stop or knows too many names, and at the end. `memory` is what a rank may
 * use (budget.h).
 * Returns 0 when everything is read; -1 with RR_EXIT_STOPPED when it was asked to stop (what was read
 * is committed) or with another error (the last commit stands). */
int rr_ingest(struct rr_state *state, const struct rr_job *job, const struct rr_pace *pace,
              uint64_t memory, struct rr_progress *progress, struct rr_error *err);

/* The header of quarantine.csv. */
extern const char rr_quarantine_header[];

#endif
