/* The closing summary of `run` and `rate`, for a person or as one JSON object. */
#ifndef JOBS_SUMMARY_H
#define JOBS_SUMMARY_H

#include "totals.h"

#include "../runtime/manifest.h"

/* Prints to standard output. */
void rr_summary_print(bool json, const struct rr_manifest *manifest, const struct rr_totals *totals,
                      const char *dir, unsigned number, bool unchanged);

#endif
