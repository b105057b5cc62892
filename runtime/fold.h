/* Folding: rows of records into cells, the aggregates of (account, cell key, time bucket).
 *
 * The cells lie densely in one array, found through a table of slots; rows are taken in groups so
 * that their cache misses overlap, and the kernels see whole vectors.
 */
#ifndef RUNTIME_FOLD_H
#define RUNTIME_FOLD_H

#include "plan.h"

struct rr_fold;

/* A cell in the fold's memory; its kernel's state follows. */
struct rr_fold_cell {
    uint32_t account; /* code in the caller's dictionary */
    uint32_t key;     /* code in rr_plans_cell_keys */
    int32_t bucket;
    uint32_t meter;
    uint64_t records;
    uint64_t state[];
};

/* `plans` is borrowed. */
struct rr_fold *rr_fold_create(const struct rr_job *job, struct rr_plans *plans);
void rr_fold_destroy(struct rr_fold *fold);

/* Folds n rows of row_size bytes whose accounts and keys are local codes. Counts them in `tally`:
 * aggregated or not metered, and what each meter was fed. */
void rr_fold_rows(struct rr_fold *fold, const uint8_t *rows, uint32_t n, struct rr_tally *tally);

uint32_t rr_fold_size(const struct rr_fold *fold);
/* Memory that its cells take; the tables they lie in may be up to twice as large. */
size_t rr_fold_bytes(const struct rr_fold *fold);
struct rr_fold_cell *rr_fold_at(const struct rr_fold *fold, uint32_t i);

/* Forgets all cells; keeps the keys and the memory. */
void rr_fold_clear(struct rr_fold *fold);

#endif
