/* `rerate impact`: what changed between two results, for whom and why, to the cent. */
#ifndef JOBS_IMPACT_H
#define JOBS_IMPACT_H

#include "impact_sides.h"

#include <signal.h>

#include "../runtime/comm.h"

struct rr_impact_options {
    const char *workspace;
    char *const *names; /* of two results, or none */
    int n_names;
    const char *closed_through, *book_in; /* periods; NULL: none */
    const char *provider;                 /* who provides and invoices, for focus.csv */
    size_t top;                           /* accounts to be listed of each currency */
    uint64_t memory; /* bytes a rank; 0: half of the node's, shared by its ranks */
    const volatile sig_atomic_t *stop; /* set where it is to end; or NULL */
    bool json;
};

/* Collective. Rank 0 prints the closing summary. */
int rr_impact_run(const struct rr_comm *comm, const struct rr_impact_options *options,
                  struct rr_error *err);

#endif
