/* The periods that a result is for. */
#ifndef JOBS_SPAN_H
#define JOBS_SPAN_H

#include "open_book.h"
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

#endif
