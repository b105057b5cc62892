/* Slices: the parts of the records that ranks resolve one by one, as many as the memory of a rank can
 * hold.
 *
 * A slice is a stretch of whole shards, or, where one shard is more than that, a range of its
 * fingerprints. All copies of an event share a fingerprint, and so a slice. Every rank plans the same
 * slices from the same counts.
 */
#ifndef RUNTIME_SLICES_H
#define RUNTIME_SLICES_H

#include "coverage.h"

struct rr_slice {
    uint32_t first, end; /* shards */
    uint64_t low, high;  /* upper halves of fingerprints, both in */
    uint64_t records;    /* how many there are; in a part of a shard, about */
};

static inline bool rr_slice_meets(const struct rr_slice *slice, const struct rr_run_entry *run)
{
    return run->first < slice->end && slice->first < run->end && run->low <= slice->high &&
           slice->low <= run->high;
}

static inline bool rr_slice_is_whole(const struct rr_slice *slice)
{
    return slice->low == 0 && slice->high == UINT64_MAX;
}

/* What of --memory goes where while records are resolved or merged. */
struct rr_slice_budget {
    uint64_t records;     /* resolved at once */
    uint64_t written;     /* gathered and written at once */
    uint64_t cell_bytes;  /* of cells being folded */
    uint64_t image_bytes; /* of a run being written */
    uint32_t readers;     /* runs that are open at once */
    uint32_t most_runs;   /* that one slice is gathered from; more are merged first */
};

struct rr_slice_budget rr_slice_budget(uint64_t memory, uint32_t row_size);

/* Cuts what the gaps name into slices of at most about `most` records; records[shard] is how many there
 * are. The largest come first. The caller frees them. */
struct rr_slice *rr_slices_plan(const struct rr_gap *gaps, uint32_t n_gaps, const uint64_t *records,
                                uint64_t most, uint32_t *n);

/* The size of slices that keeps `ranks` busy to the end and the memory small. */
uint64_t rr_slice_size(const struct rr_slice_budget *budget, uint64_t records, int ranks);

#endif
