/* Runs of cells: kernel states by account, cell key and time bucket, in that order.
 *
 * States are stored as their kernels encode them. Positions within states name files by their
 * number in the manifest.
 */
#ifndef RUNTIME_CELL_RUN_H
#define RUNTIME_CELL_RUN_H

#include "accounts_run.h"
#include "fold.h"

struct rr_cell_writer;

/* `cell_keys` are all keys that cells of this run may have. */
struct rr_cell_writer *rr_cell_writer_create(const char *path, const struct rr_job *job,
                                             uint32_t n_shards, struct rr_plans *plans,
                                             const uint32_t *file_of_place, struct rr_error *err);

/* The same for cells whose keys are codes of a dictionary. */
struct rr_cell_writer *rr_cell_writer_create_for(const char *path, const struct rr_job *job,
                                                 uint32_t n_shards,
                                                 const struct rr_dictionary *cell_keys,
                                                 const uint32_t *file_of_place,
                                                 struct rr_error *err);

/* Puts all cells of a fold, in order. Folds put one after the other hold accounts that rise. Leaves
 * their states with the positions of files: the fold is good for nothing but to be cleared. */
int rr_cell_writer_put(struct rr_cell_writer *writer, struct rr_fold *fold,
                       const struct rr_dictionary *accounts, struct rr_error *err);

/* Puts one cell, whose key has this code, after the one before it in the order of (account, key, bucket). Its
 * state is good for nothing afterwards but to be freed. */
int rr_cell_writer_cell(struct rr_cell_writer *writer, uint32_t key, const struct rr_cell *cell,
                        struct rr_error *err);
/* The account of the cells put since the account before. */
int rr_cell_writer_account(struct rr_cell_writer *writer, uint64_t hash, struct rr_text name,
                           struct rr_error *err);

uint64_t rr_cell_writer_size(const struct rr_cell_writer *writer);
/* About how many bytes of memory hold what was put. */
uint64_t rr_cell_writer_bytes(const struct rr_cell_writer *writer);
/* The first and last bucket put so far; only where there are cells. */
void rr_cell_writer_buckets(const struct rr_cell_writer *writer, int32_t *first, int32_t *last);

/* The writer is gone in either case; on error the file is removed. */
int rr_cell_writer_finish(struct rr_cell_writer *writer, uint64_t *bytes, struct rr_digest *digest,
                          struct rr_error *err);
void rr_cell_writer_abandon(struct rr_cell_writer *writer);

/* Enters the keys of a run. */
int rr_cell_run_learn(const char *path, struct rr_dictionary *keys, struct rr_error *err);

struct rr_cell_reader;

/* Reads the cells of shards [first, end). The run's keys are entered into `keys`. */
struct rr_cell_reader *rr_cell_reader_open(const char *path, const struct rr_job *job,
                                           uint32_t n_shards, uint32_t first, uint32_t end,
                                           struct rr_dictionary *keys,
                                           const uint32_t *place_of_file, struct rr_error *err);
void rr_cell_reader_close(struct rr_cell_reader *reader);
int rr_cell_reader_next(struct rr_cell_reader *reader, struct rr_account_head *head,
                        struct rr_error *err);

/* The next cell of the account: its key's code, its bucket and records; the state is decoded into
 * `state` (RR_STATE_MAX bytes), and what it owns is the caller's. */
int rr_cell_reader_cell(struct rr_cell_reader *reader, uint32_t *key, struct rr_cell *cell,
                        void *state, struct rr_error *err);

/* Passes over the next n cells of the account. */
int rr_cell_reader_skip(struct rr_cell_reader *reader, uint32_t n, struct rr_error *err);

#endif
