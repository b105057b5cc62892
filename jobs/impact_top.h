/* The accounts that change most, by currency. */
#ifndef JOBS_IMPACT_TOP_H
#define JOBS_IMPACT_TOP_H

#include "../io/line.h"
#include "../runtime/comm.h"

#include <rerate/sum.h>

struct rr_top_account {
    struct rr_text account;
    char currency[4];
    struct rr_sum old, new, delta;
};

/* Zeroed before use. */
struct rr_impact_top {
    struct rr_top_account *item;
    size_t n, size;
    struct rr_line names; /* of the accounts, in the order of items */
};

void rr_impact_top_fini(struct rr_impact_top *top);

/* Remembers an account, of which each currency keeps `keep`. */
void rr_impact_top_add(struct rr_impact_top *top, size_t keep,
                       const struct rr_top_account *account);

/* Collective. Leaves the `keep` of each currency among all ranks on each of them, sorted by currency, then the
 * greatest change first, then by name. */
void rr_impact_top_combine(struct rr_impact_top *top, size_t keep, const struct rr_comm *comm);

#endif
