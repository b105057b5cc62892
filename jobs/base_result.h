/* The base: an earlier result from which lines can be carried over into a new one, as it was made of the same
 * state, for the same periods, by the same version of the program. */
#ifndef JOBS_BASE_RESULT_H
#define JOBS_BASE_RESULT_H

#include "result_facts.h"
#include "run_facts.h"
#include "totals.h"

/* Collective. The result that `latest` names, else the newest that will do; its tables are proved against their
 * digests, each by one rank. *found is the same on all ranks. One that would do and is damaged is told on standard
 * error, and not used. `facts` are of the new result, as far as they are known before it is priced. */
int rr_base_result_find(const struct rr_comm *comm, const char *workspace,
                        const struct rr_run_facts *facts, struct rr_result_facts *base, bool *found,
                        struct rr_error *err);

/* Adds the totals of its reconciliation, lines and invoices alike. RR_EXIT_DATA where they are none. Not
 * collective. */
int rr_base_result_totals(const struct rr_result_facts *base, enum rr_period kind,
                          struct rr_totals *totals, struct rr_error *err);

#endif
