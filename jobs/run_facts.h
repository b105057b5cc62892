/* run.json: what a result was made of, and the digests of its files.
 *
 * It depends on the inputs and the book alone (no times, no rank count), but for how many lines were carried
 * over from an earlier result.
 */
#ifndef JOBS_RUN_FACTS_H
#define JOBS_RUN_FACTS_H

#include "../runtime/manifest.h"
#include "control.h"
#include "result.h"
#include "span.h"

#include <jansson.h>

struct rr_run_facts {
    const struct rr_book *book;
    const struct rr_manifest *manifest;
    const struct rr_span *span;
    struct rr_asked asked;
    const struct rr_control *control; /* or NULL */
    bool what_if;
    const struct rr_result *result;
    uint64_t computed, carried; /* lines */
};

/* The caller frees it. */
char *rr_run_facts_format(const struct rr_run_facts *facts);

/* Whether a result whose run.json this is was made by this program of the same state, for the same periods: what is
 * rated the same has the same rows in both. */
bool rr_run_facts_fit(const struct rr_run_facts *facts, const json_t *run);

#endif
