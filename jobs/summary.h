/* The closing summary of `run` and `rate`, for a person or as one JSON object. */
#ifndef JOBS_SUMMARY_H
#define JOBS_SUMMARY_H

#include "totals.h"

#include "../runtime/manifest.h"

/* Prints to standard output. `staged`: the result waits to be published; `as_of` is the increment that was
 * looked back to, 0 for none. */
void rr_summary_print(bool json, const struct rr_manifest *manifest, const struct rr_totals *totals,
                      const char *dir, unsigned number, bool unchanged, bool staged,
                      uint32_t as_of);

#endif
