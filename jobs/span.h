/* The periods that a result is for. */
#ifndef JOBS_SPAN_H
#define JOBS_SPAN_H

#include "open_book.h"
#include "result_facts.h"
#include "segments.h"

#include "../runtime/state.h"

/* The periods that the user asks for, as texts; NULL: none. */
struct rr_asked {
    const char *from, *to;
};

/* Collective. From the first usage, subscription or contract to the last usage, unless the user says
 * otherwise. RR_EXIT_USAGE where a text is no period of the book's. */
int rr_span_choose(const struct rr_open_book *open, const struct rr_state *state,
                   struct rr_asked asked, struct rr_span *span, struct rr_error *err);

/* The periods of a result, as it says. Balances of contracts are followed from the first one on. Errors:
 * RR_EXIT_DATA. Not collective. */
int rr_span_of_result(const struct rr_result_facts *facts, const struct rr_book *book,
                      struct rr_span *span, struct rr_error *err);

#endif
