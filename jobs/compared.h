/* Which two results a command compares. */
#ifndef JOBS_COMPARED_H
#define JOBS_COMPARED_H

#include "result_facts.h"

struct rr_compared {
    unsigned old, new;
};

/* The two results that are named, or those that are meant where none is: the latest, against the one issued
 * last, else the one that `latest` named before, else the last lower one that is no what-if. Errors:
 * RR_EXIT_USAGE, RR_EXIT_INPUT, RR_EXIT_DATA. Called by one rank. */
int rr_compared_choose(const char *workspace, char *const *names, int n_names,
                       struct rr_compared *compared, struct rr_error *err);

#endif
