/* Matching: the rows of several tables brought together account by account, and in each by key.
 *
 * Where an account's rows have the same bytes in all tables, they are handed on once and no more is done.
 * Otherwise each row becomes a value under a key of the account, and the values come back in the order of
 * keys. An account with more of them than may be in memory is put aside, as pairs (runtime/pairs.h), and
 * comes after all others. So what is done for a key must not depend on which key came before, but for those
 * of its account, and the order of a key's values means nothing.
 */
#ifndef JOBS_MATCHING_H
#define JOBS_MATCHING_H

#include "../runtime/pairs.h"
#include "account_table.h"

struct rr_matching;

/* What is done with rows. Keys begin with the account and a NUL. All return 0, or -1 on error. */
struct rr_matcher {
    void *self;
    /* Rows that all tables have. 1: they are to be taken as if they differed. */
    int (*same)(void *self, struct rr_text rows, struct rr_error *err);
    /* Rows of one account in table `table`: to be put by rr_matching_put. */
    int (*rows)(void *self, int table, struct rr_text rows, struct rr_error *err);
    /* The same for rows from beside the tables. */
    int (*more)(void *self, struct rr_text rows, struct rr_error *err);
    /* One value of the key that comes next. */
    int (*value)(void *self, struct rr_text value, struct rr_error *err);
    /* These were all of the key. */
    int (*key)(void *self, struct rr_text key, struct rr_error *err);
    /* These were all keys of the account. */
    int (*account)(void *self, struct rr_text account, struct rr_error *err);
};

struct rr_matching_tables {
    const struct rr_account_table *table;
    int n;
    const struct rr_text *splitter; /* the first account of each rank but the first */
    struct rr_pairs
        *more; /* rows under the names of accounts, exchanged by these splitters; or NULL */
};

/* Segments of accounts put aside are written to PATH.RANK.N. `memory` is what a rank may hold. */
struct rr_matching *rr_matching_create(const struct rr_comm *comm, const char *path, size_t memory,
                                       const struct rr_matcher *matcher);
void rr_matching_destroy(struct rr_matching *matching);

/* Copies a value of the account in hand. */
int rr_matching_put(struct rr_matching *matching, struct rr_text key, struct rr_text value,
                    struct rr_error *err);

/* Collective. Goes through all accounts. */
int rr_matching_run(struct rr_matching *matching, const struct rr_matching_tables *tables,
                    struct rr_error *err);

#endif
