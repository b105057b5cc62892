/* Coverage: which fingerprints of which shards the runs of a kind hold.
 *
 * An entry of the manifest names a stretch of shards and a range of fingerprints, by their upper
 * halves. A run of cells that was made from records covers what it names: those records count in it. All
 * runs that were made of one slice name the same range and are committed together.
 */
#ifndef RUNTIME_COVERAGE_H
#define RUNTIME_COVERAGE_H

#include "manifest.h"

/* Fingerprints of one shard, low and high both in, that no run of cells covers. */
struct rr_gap {
    uint32_t shard;
    uint64_t low, high;
};

/* All gaps in the order (shard, low), two of one shard never adjacent; the caller frees them. */
struct rr_gap *rr_coverage_gaps(const struct rr_manifest *manifest, uint32_t *n);

static inline bool rr_run_is_whole(const struct rr_run_entry *run)
{
    return run->low == 0 && run->high == UINT64_MAX;
}

/* The most runs of a kind that name one fingerprint of one shard. `left_out` (one for each run; may be
 * NULL) says which are not counted. */
uint32_t rr_coverage_depth(const struct rr_manifest *manifest, enum rr_run_kind kind,
                           const bool *left_out);

/* The most runs of a kind that hold one shard, in whole or in part. */
uint32_t rr_coverage_overlap(const struct rr_manifest *manifest, enum rr_run_kind kind,
                             const bool *left_out);

#endif
