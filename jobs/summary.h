/* The closing summary of `run` and `rate`, for a person or as one JSON object. */
#ifndef JOBS_SUMMARY_H
#define JOBS_SUMMARY_H

#include "totals.h"

#include "../runtime/manifest.h"

struct rr_summary {
    const struct rr_manifest *manifest;
    const struct rr_totals *totals;
    bool carries;               /* lines of an earlier result, as far as they stand */
    uint64_t computed, carried; /* lines */
    const char *dir;            /* the workspace */
    unsigned number;            /* of the result */
    bool unchanged;             /* an equal one was there: it stands */
    bool staged;                /* the result waits to be published */
    uint32_t as_of;             /* the increment that was looked back to; 0: none */
    const char *what_if;        /* the book, of a result for comparison; else NULL */
};

/* Prints to standard output: of one state, n results. */
void rr_summary_print(bool json, const struct rr_summary *summaries, int n);

#endif
