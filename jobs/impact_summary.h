/* The closing summary of an impact. */
#ifndef JOBS_IMPACT_SUMMARY_H
#define JOBS_IMPACT_SUMMARY_H

#include <jansson.h>
#include <stdbool.h>

/* Prints what impact.json says in short, or as one JSON object. `same`: an impact that was there stands. */
void rr_impact_summary_print(bool json, const char *workspace, const char *name,
                             const json_t *facts, bool same);

#endif
