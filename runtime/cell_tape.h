/* A tape: the cells of one account, recorded once and played as often as they are asked for.
 *
 * Several books are priced in one pass over the state: each plays the account's cells for itself. What
 * exceeds the tape's memory is kept in a file.
 */
#ifndef RUNTIME_CELL_TAPE_H
#define RUNTIME_CELL_TAPE_H

#include <rerate/job.h>

struct rr_cell_tape;

/* The job is borrowed. The file at `path` is made when it is needed, and has no name any more. */
struct rr_cell_tape *rr_cell_tape_create(const struct rr_job *job, const char *path, size_t memory);
void rr_cell_tape_destroy(struct rr_cell_tape *tape);

/* Forgets what was recorded, and records these cells. Errors are theirs, and RR_EXIT_CREATE and RR_EXIT_IO of
 * the file. */
int rr_cell_tape_record(struct rr_cell_tape *tape, struct rr_cells *cells, struct rr_error *err);

/* Winds the tape to its begin: the cells that were recorded, for one reading. */
struct rr_cells rr_cell_tape_play(struct rr_cell_tape *tape);

#endif
