/* `rerate issue`: marks what goes out to customers, as the next entry of the ledger (issued.h). */
#ifndef JOBS_ISSUE_H
#define JOBS_ISSUE_H

#include <rerate/error.h>
#include <stdbool.h>

struct rr_issue_options {
    const char *workspace;
    const char *name;    /* of a result, or of an impact: its corrections alone */
    const char *through; /* the last period that goes out; NULL: all */
    bool json;
};

/* Prints a summary. Errors: RR_EXIT_USAGE, RR_EXIT_INPUT, RR_EXIT_DATA for what may not go out; RR_EXIT_CREATE.
 * Not collective. */
int rr_issue_run(const struct rr_issue_options *options, struct rr_error *err);

#endif
