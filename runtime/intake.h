/* Intake: which inputs there are, which were consumed before, and how the rest is cut.
 */
#ifndef RUNTIME_INTAKE_H
#define RUNTIME_INTAKE_H

#include "state.h"

/* Collective. Expands what the user gave, refuses consumed files that changed or vanished
 * (RR_EXIT_INPUT, with the name), forgets files of
 * which nothing was read yet and that changed or are not given any more, adds new files and their splits to the manifest and commits it. When
 * something is new and the job resolves records, the cells made so far are dropped: they are made
 * again with the new records. */
int rr_intake(struct rr_state *state, char *const *given, int n_given, bool resolves_records,
              uint64_t split_bytes, struct rr_error *err);

#endif
