/* Going through the accounts of several runs at once, in the order of accounts. */
#ifndef RUNTIME_ACCOUNT_MERGE_H
#define RUNTIME_ACCOUNT_MERGE_H

#include "accounts_run.h"

/* Gives the next account of a source: 1, 0 at its end, -1 on error. */
typedef int (*rr_account_source)(void *source, struct rr_account_head *head, struct rr_error *err);

struct rr_account_merge {
    uint32_t n, n_shards;
    rr_account_source *next;
    void **source;
    struct rr_account_head *head;
    bool *alive;
    uint32_t *here; /* sources that hold the current account */
    uint32_t n_here;
};

void rr_account_merge_init(struct rr_account_merge *merge, uint32_t max_sources, uint32_t n_shards);
void rr_account_merge_fini(struct rr_account_merge *merge);

/* Adds a source and reads its first account. */
int rr_account_merge_add(struct rr_account_merge *merge, rr_account_source next, void *source,
                         struct rr_error *err);

/* 1 and the next account: merge->here[0 .. n_here) are the sources that hold it, with their heads in
 * merge->head. What they hold of the account before must have been read. 0 at the end, -1 on error. */
int rr_account_merge_next(struct rr_account_merge *merge, struct rr_error *err);

#endif
