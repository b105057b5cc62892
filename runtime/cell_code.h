/* Cells as bytes, one after the other: on their way between ranks, and kept for a second reading. */
#ifndef RUNTIME_CELL_CODE_H
#define RUNTIME_CELL_CODE_H

#include "../io/line.h"

#include <rerate/job.h>

enum { RR_STATE_WORDS = RR_STATE_MAX / 8 };

/* Appends a cell; what its state owns is freed. RR_EXIT_DATA where the bytes grow beyond 2 GB. */
int rr_cell_encode(const struct rr_job *job, const struct rr_cell *cell, struct rr_line *bytes,
                   struct rr_error *err);

/* Takes the first cell off `bytes`, which hold one. Its key is a view into them; its state is decoded into
 * `state`, and what that owns is the caller's. */
void rr_cell_decode(const struct rr_job *job, struct rr_text *bytes, uint64_t state[RR_STATE_WORDS],
                    struct rr_cell *cell);

#endif
