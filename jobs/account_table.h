/* Tables of results that are sorted by account (lines, invoices), read account by account.
 *
 * Ranks take ranges of the accounts: all rows of an account are read by one rank. A plain file is cut where
 * ranges begin; a compressed one is unpacked by every rank, which passes over what others take.
 */
#ifndef JOBS_ACCOUNT_TABLE_H
#define JOBS_ACCOUNT_TABLE_H

#include "../io/line.h"
#include "../runtime/comm.h"

/* Where a rank may begin to read: a record's offset, and its account. */
struct rr_account_part {
    uint64_t begin;
    struct rr_text account; /* RR_BEHIND_ALL where no record begins in it or behind */
};

/* What all ranks know of a table. */
struct rr_account_table {
    char path[4096];
    const char *header;
    bool packed;
    uint64_t end;                 /* bytes; of a compressed file no end is known */
    struct rr_account_part *part; /* one for each rank; rises */
    int n_parts;
    char *names; /* of the accounts */
};

/* No UTF-8 text begins like this. */
#define RR_BEHIND_ALL ((struct rr_text){"\xff", 1})

/* Collective. `header` is the first row with its line end. Errors: RR_EXIT_INPUT, RR_EXIT_IO. */
int rr_account_table_open(const struct rr_comm *comm, const char *path, const char *header,
                          struct rr_account_table *table, struct rr_error *err);
void rr_account_table_close(struct rr_account_table *table);

/* The first account of each rank but the first: `splitter` has room for size - 1, and lives as long as the
 * table. Ranges hold about as many bytes of this table each. */
void rr_account_table_split(const struct rr_account_table *table, struct rr_text *splitter);

struct rr_account_blocks;

/* Reads the accounts from `from` on, below `below`. Not collective. */
struct rr_account_blocks *rr_account_blocks_open(const struct rr_account_table *table,
                                                 struct rr_text from, struct rr_text below,
                                                 struct rr_error *err);
void rr_account_blocks_close(struct rr_account_blocks *blocks);

/* 1 and the account that comes next, whose name lives until its rows are taken; 0 at the end; -1 on error. */
int rr_account_blocks_peek(struct rr_account_blocks *blocks, struct rr_text *account,
                           struct rr_error *err);

/* Appends rows of that account to `into`, until they are all there or about `limit` bytes. 1 when there are
 * more, 0 when these were the last, -1 on error. */
int rr_account_blocks_take(struct rr_account_blocks *blocks, struct rr_line *into, size_t limit,
                           struct rr_error *err);

#endif
