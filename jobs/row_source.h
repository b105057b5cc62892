/* The kept records of a state as one stream: account by account, event by event, each event's copies in the
 * order of (time, position), from however many runs hold them. Memory is that of a few rows of each run.
 */
#ifndef JOBS_ROW_SOURCE_H
#define JOBS_ROW_SOURCE_H

#include "../runtime/plan.h"
#include "../runtime/state.h"

struct rr_row_source;

/* Opens the runs of records of a manifest. Keys of rows are codes in `keys`, positions hold places in the
 * order of paths. */
struct rr_row_source *rr_row_source_open(const char *dir, const struct rr_manifest *manifest,
                                         const struct rr_job *job, const uint32_t *place_of,
                                         struct rr_dictionary *keys, struct rr_error *err);
void rr_row_source_close(struct rr_row_source *source);

/* 1 and the next account, whose name lives until the next one is asked for; 0 at the end; -1 on error. All
 * its rows are to be read before. */
int rr_row_source_account(struct rr_row_source *source, struct rr_text *name, uint32_t *shard,
                          struct rr_error *err);

/* 1 and the account's next row (a struct rr_row and the job's values), which lives until the next call; 0 at
 * the end; -1 on error. */
int rr_row_source_row(struct rr_row_source *source, const uint8_t **row, struct rr_error *err);

#endif
