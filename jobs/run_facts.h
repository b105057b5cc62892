/* run.json: what a result was made of, and the digests of its files.
 *
 * It depends on the inputs and the book alone (no times, no rank count), so equal results have equal
 * bytes here too.
 */
#ifndef JOBS_RUN_FACTS_H
#define JOBS_RUN_FACTS_H

#include "../runtime/manifest.h"
#include "control.h"
#include "result.h"
#include "segments.h"

/* The caller frees it. `from` and `to`, the periods asked for, and `control` may be NULL. */
char *rr_run_facts_format(const struct rr_book *book, const struct rr_manifest *manifest,
                          const struct rr_span *span, const char *from, const char *to,
                          const struct rr_control *control, const struct rr_result *result);

#endif
