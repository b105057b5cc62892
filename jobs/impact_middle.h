/* The side between the old and the new result: the new book on the usage that the old result knew. Where it is
 * neither of the two, it is rated from the state as it was then.
 */
#ifndef JOBS_IMPACT_MIDDLE_H
#define JOBS_IMPACT_MIDDLE_H

#include "impact.h"

/* Collective. Rates the middle into the folder `dir`, which must not be there, and makes it a source of the
 * sides. Errors: RR_EXIT_INPUT where the state can't be looked back at, or was never what the old result is
 * of; and those of pricing. */
int rr_impact_rate_middle(const struct rr_comm *comm, const struct rr_impact_options *options,
                          const char *dir, struct rr_impact_sides *sides, struct rr_error *err);

#endif
