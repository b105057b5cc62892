/* Runs of records: rows in the order (account, fingerprint, time, position).
 *
 * They are kept when events have ids: late duplicates, explanations and new meters need them. The
 * positions in a run name files by their number in the manifest.
 */
#ifndef RUNTIME_RECORD_RUN_H
#define RUNTIME_RECORD_RUN_H

#include "accounts_run.h"
#include "plan.h"
#include "slices.h"
#include "state.h"

/* Writes rows whose accounts and keys are codes of these dictionaries, as one run. `rows` is left as it
 * was. `file_of_place` turns the file part of positions into file numbers. */
int rr_record_run_write(const char *path, const struct rr_job *job, uint32_t n_shards,
                        const struct rr_dictionary *accounts, const struct rr_dictionary *keys,
                        const uint32_t *file_of_place, const uint8_t *rows, uint32_t n,
                        uint64_t *bytes, struct rr_digest *digest, struct rr_error *err);

struct rr_record_reader;

/* The run's keys are entered into `keys`. */
struct rr_record_reader *rr_record_reader_open(const char *path, const struct rr_job *job,
                                               uint32_t n_shards, struct rr_dictionary *keys,
                                               const uint32_t *place_of_file, struct rr_error *err);
void rr_record_reader_close(struct rr_record_reader *reader);

/* Goes on with the records of a slice. Nothing is sought where it begins with the shard at which the one
 * before ended. */
int rr_record_reader_select(struct rr_record_reader *reader, const struct rr_slice *slice,
                            struct rr_error *err);

/* 1 and the next account of the slice, with the number of its records that are in the slice; 0 at the
 * end; -1 on error. */
int rr_record_reader_next(struct rr_record_reader *reader, struct rr_account_head *head,
                          struct rr_error *err);

/* The same for the account of this name alone: 1, or 0 when it has no records in the slice. Of the slice nothing
 * else is read. */
int rr_record_reader_find(struct rr_record_reader *reader, struct rr_text account,
                          struct rr_account_head *head, struct rr_error *err);

/* Reads the next n records of the account that are in the slice into rows, with this account code. Those
 * of dropped files (RR_NO_PLACE) are passed over: `*kept` says how many rows there are. */
int rr_record_reader_rows(struct rr_record_reader *reader, uint32_t n, uint32_t account,
                          uint8_t *rows, uint32_t *kept, struct rr_error *err);

#endif
