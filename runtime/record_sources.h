/* The runs of records that slices are read from.
 *
 * Runs are opened when they are needed and stay open, the longest unused of them closed where the budget
 * allows no more. So any number of runs can be gathered, one after the other, in bounded memory.
 */
#ifndef RUNTIME_RECORD_SOURCES_H
#define RUNTIME_RECORD_SOURCES_H

#include "record_run.h"
#include "state.h"

struct rr_record_sources {
    const struct rr_state *state;
    const struct rr_job *job;
    const bool *chosen; /* of the manifest's runs; NULL: all runs of records */
    uint32_t *place_of, *file_of;
    struct rr_dictionary *keys;
    struct rr_record_reader **reader; /* one for each run of the manifest; NULL: not open */
    uint64_t *used;                   /* when */
    bool *known;                      /* its keys were entered */
    uint64_t clock;
    uint32_t n_runs, n_open, most_open;
};

/* `chosen` is borrowed. */
void rr_record_sources_init(struct rr_record_sources *sources, const struct rr_state *state,
                            const struct rr_job *job, const bool *chosen, uint32_t most_open);
void rr_record_sources_fini(struct rr_record_sources *sources);

/* Collective. How many records each shard has in the runs: `records` has room for all shards. */
int rr_record_sources_count(const struct rr_record_sources *sources, uint64_t *records,
                            struct rr_error *err);

/* Sets the increments of a run that is made of a slice to those of the runs that meet it. */
void rr_record_sources_increments(const struct rr_record_sources *sources,
                                  const struct rr_slice *slice, struct rr_run_entry *entry);

/* How many runs meet a slice. */
uint32_t rr_record_sources_meeting(const struct rr_record_sources *sources,
                                   const struct rr_slice *slice);

/* Enters the keys of all runs that meet a slice, so that they are known before its records are. */
int rr_record_sources_learn(struct rr_record_sources *sources, const struct rr_slice *slice,
                            struct rr_error *err);

/* Where records are put: room for n more rows behind those that are there, which are counted. */
struct rr_record_sink {
    void *self;
    uint8_t *(*room)(void *self, uint32_t n);
    uint32_t *n_rows;
};

/* Reads all records of a slice; their accounts are entered into `accounts`. */
int rr_record_sources_read(struct rr_record_sources *sources, const struct rr_slice *slice,
                           struct rr_dictionary *accounts, struct rr_record_sink sink,
                           struct rr_error *err);

/* How many records of an account there are; `shard` is the slice of its shard. */
int rr_record_sources_count_account(struct rr_record_sources *sources, const struct rr_slice *shard,
                                    struct rr_text account, uint64_t *records,
                                    struct rr_error *err);

/* Reads those records of an account that are in a slice of its shard, with this account code: 1. Where there are
 * more than `most` it stops, with some of them read: 0. -1 on error. */
int rr_record_sources_read_account(struct rr_record_sources *sources, const struct rr_slice *slice,
                                   struct rr_text account, uint32_t code, uint64_t most,
                                   struct rr_record_sink sink, struct rr_error *err);

#endif
