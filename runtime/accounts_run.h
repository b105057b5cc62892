/* The part that runs of records and of cells share: accounts in order, each with its number of
 * items; where each shard begins; and the keys that items refer to by number.
 */
#ifndef RUNTIME_ACCOUNTS_RUN_H
#define RUNTIME_ACCOUNTS_RUN_H

#include "../io/runfile.h"

#include <rerate/dictionary.h>

struct rr_accounts_writer;

struct rr_accounts_writer *rr_accounts_writer_create(struct rr_run_writer *run, uint32_t n_shards,
                                                     struct rr_error *err);
void rr_accounts_writer_destroy(struct rr_accounts_writer *writer);

/* The next account in order, with the number of its items, which may be put before or after; `extra` is
 * the place in the job's own stream (bytes of states) where they begin. */
int rr_accounts_writer_add(struct rr_accounts_writer *writer, uint64_t hash, struct rr_text name,
                           uint32_t items, uint64_t extra, struct rr_error *err);

/* Writes the index of shards. */
int rr_accounts_writer_finish(struct rr_accounts_writer *writer, uint64_t extra,
                              struct rr_error *err);

/* Writes the keys of a dictionary in bytewise order; rank[code] becomes a key's number. */
int rr_run_put_keys(struct rr_run_writer *run, const struct rr_dictionary *keys, uint32_t **rank,
                    struct rr_error *err);

/* One account of a run, as it is read. */
struct rr_account_head {
    uint64_t hash;
    struct rr_text name; /* lives until the next account is read */
    uint32_t items;
    uint32_t shard;
};

struct rr_accounts_reader;

/* Reads the accounts of shards [first, end). `*item` and `*extra` are set to where their items and
 * the extra stream begin. An error when the run has another number of shards. */
struct rr_accounts_reader *rr_accounts_reader_open(struct rr_run_reader *run, uint32_t n_shards,
                                                   uint32_t first, uint32_t end, uint64_t *item,
                                                   uint64_t *extra, struct rr_error *err);
void rr_accounts_reader_close(struct rr_accounts_reader *reader);

/* Goes on with the shards [first, end), wherever they are; `*item` and `*extra` as above. */
int rr_accounts_reader_move(struct rr_accounts_reader *reader, uint32_t first, uint32_t end,
                            uint64_t *item, uint64_t *extra, struct rr_error *err);
/* Goes on with the shards up to `end`, once the ones before are at their end. */
void rr_accounts_reader_extend(struct rr_accounts_reader *reader, uint32_t end);

/* Adds the number of items of each of the shards [first, end) to items[shard]. */
int rr_run_count_items(struct rr_run_reader *run, uint32_t first, uint32_t end, uint64_t *items,
                       struct rr_error *err);

/* 1 and the next account; 0 at the end; -1 on error. */
int rr_accounts_reader_next(struct rr_accounts_reader *reader, struct rr_account_head *head,
                            struct rr_error *err);

/* Enters the run's keys; code[number] is a key's code. The array is the caller's to free. */
int rr_run_get_keys(struct rr_run_reader *run, struct rr_dictionary *keys, uint32_t **code,
                    uint32_t *n_keys, struct rr_error *err);

#endif
