/* The records behind something that is explained, and the files that they came from. */
#ifndef JOBS_TOLD_USAGE_H
#define JOBS_TOLD_USAGE_H

#include "../io/arena.h"
#include "../runtime/origins.h"

struct rr_told_usage {
    struct rr_record_counts counts;
    struct rr_origin_file *file; /* in the order of paths */
    uint32_t n_files;
    bool known; /* where the state keeps records; else no more is known than how many count */
};

/* One that grows. */
struct rr_told_usage_sum {
    struct rr_told_usage usage;
    uint32_t size;
};

/* Adds counts, and those of n files; paths are borrowed. */
void rr_told_usage_add(struct rr_told_usage_sum *sum, const struct rr_record_counts *counts,
                       const struct rr_origin_file *file, uint32_t n);

/* What was summed, its files in the arena; the sum is freed. */
struct rr_told_usage rr_told_usage_keep(struct rr_told_usage_sum *sum, struct rr_arena *arena);

#endif
