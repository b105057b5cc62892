/* What a report shows, as one JSON object for the page (jobs/report/): of a result, or of an impact.
 *
 * All amounts are texts, exact; the page does no arithmetic with them but to place them. What is summed here
 * is summed from the tables themselves, whose digests are proved first, so that the laws on the page have two
 * sides. Memory follows the book and its periods. Not collective. */
#ifndef JOBS_REPORT_DATA_H
#define JOBS_REPORT_DATA_H

#include "report_rollup.h"
#include "result_facts.h"

enum {
    RR_REPORT_ACCOUNTS = 200, /* of either sign, for each currency */
    RR_REPORT_ROWS = 4000,    /* of a rollup */
    RR_REPORT_INPUTS = 500,
};

/* The object, the caller's; NULL with an error: RR_EXIT_INPUT (no such result or impact), RR_EXIT_DATA
 * (damaged), RR_EXIT_IO. */
json_t *rr_report_result(const char *workspace, unsigned number, struct rr_error *err);
json_t *rr_report_impact(const char *workspace, unsigned old, unsigned new, struct rr_error *err);

/* Parts of both. */
json_t *rr_report_load(const char *dir, const char *name, struct rr_error *err);
/* run.json without what grows: inputs are counted, files and payers left out. */
json_t *rr_report_facts(const struct rr_result_facts *facts);
/* Adds [NAME, OF, LEFT, RIGHT, HOLDS] to `laws`. Takes the references. */
void rr_report_law(json_t *laws, const char *name, const char *of, json_t *left, json_t *right);

#endif
