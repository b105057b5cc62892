/* The laws inside one run, checked from its columns alone: nothing in it is trusted, and none of the code
 * that reads runs for pricing is used. What several runs must keep together is not looked at here.
 *
 *   accounts   in the order of (shard, hash, name), each hash that of its name, shards those of the
 *              manifest's entry, the index of shards right, items summing to the entry's
 *   keys       rising bytewise, of the form that the job gives them
 *   records    in the order of (fingerprint, time, position) within their account, no two alike; positions
 *              name records that were read of files that are known
 *   cells      rising by (key, bucket) within their account, buckets those of the entry, each state equal
 *              to what its kernel makes of it again
 *   texts      as long as their lengths say
 */
#ifndef RUNTIME_RUN_LAWS_H
#define RUNTIME_RUN_LAWS_H

#include "manifest.h"

#include <rerate/job.h>

struct rr_run_laws {
    const struct rr_manifest *manifest;
    const struct rr_job *job;
    const uint32_t *place_of; /* of files in the order of paths */
    void *self;
    /* Whether a key is of the job's form: of records, or of cells. */
    bool (*is_key)(void *self, bool of_cells, struct rr_text key);
};

/* 0 when the run at `path`, whose digest was right, keeps the laws; else RR_EXIT_DATA (or RR_EXIT_IO where
 * it can't be read) and what is wrong where. */
int rr_run_laws_check(const struct rr_run_laws *laws, const struct rr_run_entry *entry,
                      const char *path, struct rr_error *err);

#endif
