/* Sums of money under keys, the same on every rank in the end. For totals: their keys are few. */
#ifndef JOBS_KEYED_SUMS_H
#define JOBS_KEYED_SUMS_H

#include "../io/line.h"
#include "../runtime/comm.h"

#include <rerate/dictionary.h>
#include <rerate/sum.h>

enum { RR_SUMS_MAX = 6 };

struct rr_keyed_sum {
    uint64_t count;
    struct rr_sum sum[RR_SUMS_MAX];
};

/* Zeroed before use. */
struct rr_keyed_sums {
    struct rr_dictionary *keys;
    struct rr_keyed_sum *sums; /* by their codes */
    uint32_t size;
    struct rr_line key; /* that is being made */
};

void rr_keyed_sums_fini(struct rr_keyed_sums *sums);

/* The sums under a key of so many texts, made when there are none: valid until the next call. */
struct rr_keyed_sum *rr_keyed_sums_at(struct rr_keyed_sums *sums, const struct rr_text *part,
                                      int n_parts);

/* Collective. Leaves the sums over all ranks on each of them. */
void rr_keyed_sums_combine(struct rr_keyed_sums *sums, const struct rr_comm *comm);

/* How many keys there are: their codes are below it. */
uint32_t rr_keyed_sums_size(const struct rr_keyed_sums *sums);

/* The codes of all keys in bytewise order of their parts, the caller's to free. */
uint32_t *rr_keyed_sums_order(const struct rr_keyed_sums *sums);

/* A part of a key: keys are their parts with a NUL behind each. */
struct rr_text rr_keyed_sums_part(const struct rr_keyed_sums *sums, uint32_t code, int part);

/* Adds each of `from` to `into`. */
void rr_keyed_sum_merge(struct rr_keyed_sum *into, const struct rr_keyed_sum *from);

#endif
