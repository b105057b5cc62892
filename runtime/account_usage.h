/* What a state keeps of one account, for explaining it: the cells that rating is fed, and where they came from.
 *
 * The state is looked at, beside a job that may be writing it: no lock is taken and nothing is written. Of the
 * runs only those that hold the account's shard are read, each checked by length and digest before (run files
 * hold no checksums of their own), and of them only the account's chunks; what a state that is looked back at
 * has kept of later increments is left out. With event ids the cells are folded again, from the records that
 * count; else they are those that are kept, and nothing is known of where they came from.
 *
 * Memory is that of some runs' chunks, of the account's cells and origins, and of so many of its records as are
 * allowed.
 */
#ifndef RUNTIME_ACCOUNT_USAGE_H
#define RUNTIME_ACCOUNT_USAGE_H

#include "origins.h"

struct rr_account_usage;

/* A state whose manifest is complete, or was looked back at (rr_increments_look_back); the job of its state text.
 * Both are borrowed. `memory` is what records and open runs may take. */
struct rr_account_usage *rr_account_usage_open(const char *dir, struct rr_manifest *manifest,
                                               const struct rr_job *job, uint64_t memory);
/* Takes NULL. */
void rr_account_usage_close(struct rr_account_usage *usage);

/* Reads the usage of an account, in place of the one before; none where the state does not know it. RR_EXIT_IO
 * where a run is damaged, or was taken away by a job that merged it with others since the manifest was read:
 * another look at the state tells. */
int rr_account_usage_read(struct rr_account_usage *usage, struct rr_text account,
                          struct rr_error *err);

/* The account's cells, as a reducer would hand them on, from the first: as often as they are asked for, one
 * reading at a time. */
struct rr_cells rr_account_usage_cells(struct rr_account_usage *usage);

/* Whether records are kept. If not there are no origins, and the tally is empty. */
bool rr_account_usage_has_origins(const struct rr_account_usage *usage);

/* The origins of all cells in their order, also of those that nothing counts in, which are no cells. A meter that
 * is priced by event has its records a second time, under the meter that holds their values (rr_meters_events). They
 * live until the next reading. */
const struct rr_origin *rr_account_usage_origins(struct rr_account_usage *usage, uint32_t *n);

/* That of one of the account's cells; NULL without origins. */
const struct rr_origin *rr_account_usage_origin(struct rr_account_usage *usage,
                                                const struct rr_cell *cell);

/* What became of the account's good records: each once, and those that feed no meter too. */
const struct rr_tally *rr_account_usage_tally(const struct rr_account_usage *usage);

#endif
