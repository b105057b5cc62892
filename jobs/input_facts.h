/* inputs.json: what each input of a result held.
 *
 * It depends on the inputs and the book alone: not on how they were cut, on ranks, or on the increments in
 * which they came.
 */
#ifndef JOBS_INPUT_FACTS_H
#define JOBS_INPUT_FACTS_H

#include "book.h"

#include "../runtime/manifest.h"

/* The caller frees it. */
char *rr_input_facts_format(const struct rr_book *book, const struct rr_manifest *manifest);

#endif
