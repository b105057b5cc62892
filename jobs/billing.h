/* Billing: what `run` and `rate` do. Both are one path: the state is brought up to date (by `run` from
 * usage files), then priced and published.
 */
#ifndef JOBS_BILLING_H
#define JOBS_BILLING_H

#include "../runtime/engine.h"

struct rr_billing_options {
    const char *dir;
    const char *book_path;
    unsigned
        of_result; /* the book is the one that this result was priced by; 0: that of book_path */
    char *const *what_if; /* rate: books that are priced instead, for comparison alone */
    int n_what_if;
    const char *scratch; /* the result becomes this folder, and is not published; NULL: it is */
    char *const *inputs;
    int n_inputs;
    bool reads;     /* run, not rate */
    bool carry;     /* rate: lines that the book can't touch are those of an earlier result */
    uint32_t as_of; /* rate: price the state as it was after this increment; 0: as it is */
    bool fresh;
    uint64_t memory; /* bytes a rank; 0: half of the node's, shared by its ranks */
    uint32_t n_shards;
    uint64_t split_bytes;
    int64_t checkpoint_every_s;
    const volatile sig_atomic_t *stop;
    enum rr_progress_mode progress;
    const char *metrics_path;
    uint64_t max_quarantine; /* records */
    bool max_quarantine_is_percent;
    const char *from, *to;    /* periods; NULL: all */
    const char *control_path; /* control totals; NULL: none */
    bool json;
    bool compress; /* result tables as .csv.zst */
    bool stage;    /* the result waits for `rerate publish`: `latest` stays where it is */
};

/* Collective. Rank 0 prints the closing summary. */
int rr_billing_run(const struct rr_comm *comm, const struct rr_billing_options *options,
                   struct rr_error *err);

#endif
