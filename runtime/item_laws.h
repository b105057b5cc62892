/* The laws of what stands below accounts in a run: rows of records, and cells. Private to run_laws.c. */
#ifndef RUNTIME_ITEM_LAWS_H
#define RUNTIME_ITEM_LAWS_H

#include "../io/runfile.h"
#include "run_laws.h"

struct rr_item_laws;

/* Opens the columns of items. `n_keys` is how many keys the run has, `key_meter` (of cells) the meter of
 * each. */
struct rr_item_laws *rr_row_laws_open(const struct rr_run_laws *laws,
                                      const struct rr_run_entry *entry, struct rr_run_reader *run,
                                      uint32_t n_keys, struct rr_error *err);
struct rr_item_laws *rr_cell_laws_open(const struct rr_run_laws *laws,
                                       const struct rr_run_entry *entry, struct rr_run_reader *run,
                                       uint32_t n_keys, const int *key_meter, struct rr_error *err);

/* The functions of one of both. */
struct rr_item_laws {
    /* Reads the next n items, which belong to one account. */
    int (*account)(struct rr_item_laws *items, uint32_t n, struct rr_error *err);
    /* Nothing may be left. */
    int (*end)(struct rr_item_laws *items, struct rr_error *err);
    void (*close)(struct rr_item_laws *items);
    uint64_t extra; /* bytes of states read so far */
};

#endif
