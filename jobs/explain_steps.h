/* Steps of an explanation as JSON. */
#ifndef JOBS_EXPLAIN_STEPS_H
#define JOBS_EXPLAIN_STEPS_H

#include "trace_record.h"

#include <jansson.h>

/* The n-th step of a line, the caller's to release; NULL for one that only says what the line is of. */
json_t *rr_step_json(const struct rr_told_line *line, uint32_t n, enum rr_period kind);

json_t *rr_json_decimal(rr_decimal value);
json_t *rr_json_text(struct rr_text text);

#endif
