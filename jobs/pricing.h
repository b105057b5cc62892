/* Pricing: accounts and their cells, as they come, to the tables of one result by one book.
 *
 * Several pricings may be fed in one pass over the state.
 */
#ifndef JOBS_PRICING_H
#define JOBS_PRICING_H

#include <signal.h>

#include "../runtime/account_merge.h"
#include "../runtime/gather.h"
#include "carrying.h"
#include "rating.h"
#include "result_tables.h"
#include "span.h"
#include "subscriptions.h"

struct rr_pricing {
    const struct rr_comm *comm;
    const struct rr_state *state;
    struct rr_open_book *open;
    const volatile sig_atomic_t *stop; /* asked to stop */
    const struct rr_job *job;
    struct rr_span span;
    struct rr_result result;
    bool making; /* it was begun and has not appeared */
    struct rr_result_tables tables;
    struct rr_totals totals;
    struct rr_sum *cells;         /* of each meter with an additive kernel: what its cells hold */
    bool *summed;                 /* whether a meter has one, and all cells come by */
    struct rr_carrying *carrying; /* NULL: everything is priced */
    uint64_t computed;            /* lines that were */
    /* While accounts are priced. */
    struct rr_subscriptions *subscriptions;
    struct rr_gather *gather; /* cells of parties */
    struct rr_cells *source;  /* where the cells in hand come from */
    struct rr_rating *rating;
    struct rr_rated_rows rows;
    struct rr_touched_part touch; /* of the account or party in hand */
};

/* What is priced, and where the result is made. Everything is borrowed. */
struct rr_pricing_terms {
    const struct rr_comm *comm;
    const struct rr_state *state; /* complete */
    struct rr_open_book *open;
    struct rr_asked asked;
    bool
        carry; /* what the book can't touch is carried over from an earlier result, where one will do */
    uint64_t memory; /* bytes that a rank may gather before it writes */
    bool compress;
    unsigned nth; /* of the pass, from 0 */
    const volatile sig_atomic_t *stop;
};

/* Collective. Begins a result and brings each account's subscriptions to the rank that bills it. The pricing is
 * to be closed in either case. */
int rr_pricing_begin(struct rr_pricing *pricing, const struct rr_pricing_terms *terms,
                     struct rr_error *err);

/* Accounts with subscriptions, as a source of a merge: those that are billed without usage too. */
int rr_pricing_next(void *pricing, struct rr_account_head *head, struct rr_error *err);

/* Whether an account has to be priced, at which the merge of rr_pricing_next is. */
bool rr_pricing_wants(struct rr_pricing *pricing, struct rr_text account);

/* Whether some may have to be. */
bool rr_pricing_wants_any(const struct rr_pricing *pricing);

/* Prices an account that is wanted, or keeps its cells until its party is priced. Accounts come in their order; the
 * merge of rr_pricing_next is at this one. Errors: RR_EXIT_DATA, an amount or a quantity out of range; RR_EXIT_STOPPED. */
int rr_pricing_account(struct rr_pricing *pricing, struct rr_text account, struct rr_cells *cells,
                       struct rr_error *err);

/* Collective. Prices the parties when all accounts came, `result` being 0 where they did, and sums over ranks
 * what was counted. */
int rr_pricing_end(struct rr_pricing *pricing, int result, struct rr_error *err);

/* Collective. Writes the tables; totals are now those of all lines, priced or carried over. */
int rr_pricing_finish(struct rr_pricing *pricing, struct rr_error *err);

/* Lines that were carried over, when the tables are written. */
uint64_t rr_pricing_carried(const struct rr_pricing *pricing);

/* The result has appeared, or has gone elsewhere. */
void rr_pricing_published(struct rr_pricing *pricing);

/* Frees what pricing holds, which may have failed at any step, or be all zeros. A result that was begun and has
 * not appeared is removed: no rank writes to it any more. Not collective. */
void rr_pricing_close(struct rr_pricing *pricing);

#endif
