/* Corrections as rows of FOCUS, the FinOps Open Cost and Usage Specification, version 1.2. */
#ifndef JOBS_FOCUS_H
#define JOBS_FOCUS_H

#include "../io/line.h"

struct rr_correction;
struct rr_focus;

extern const char rr_focus_header[];

/* Appends a row. */
void rr_focus_put(const struct rr_focus *focus, const struct rr_correction *correction,
                  const char *book_in, struct rr_line *row);

#endif
