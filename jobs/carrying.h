/* Carrying over: what of an earlier result stands in a new one, and what must be priced anew.
 *
 * The base (jobs/base_result.h) is of the same state and the same periods, so all that differs is the book: what it
 * can't touch (jobs/touched.h) has the same rows in both. Those are taken over as they are (jobs/carried_table.h),
 * and only the touched is rated. The rows of whoever is touched as a whole are replaced; of an account touched in
 * part, the lines of some charges and everything in some periods, and its invoices are summed again.
 *
 * Totals are those of the base, less the rows that go, and what comes. Lines and invoices are counted apart.
 */
#ifndef JOBS_CARRYING_H
#define JOBS_CARRYING_H

#include "result_tables.h"
#include "run_facts.h"
#include "subscriptions.h"
#include "touched.h"

#include "../runtime/state.h"

struct rr_carrying;

/* Everything is borrowed. */
struct rr_carrying_terms {
    const struct rr_comm *comm;
    const struct rr_state *state;
    const struct rr_open_book *open;  /* dealt */
    const struct rr_run_facts *facts; /* of the new result, as far as they are known */
    struct rr_result_tables *tables;  /* of the new result */
    uint64_t memory;                  /* to read the earlier book with */
};

/* Collective. *carrying is NULL where everything has to be priced: there is no base, or the books differ in what
 * all amounts depend on. */
int rr_carrying_begin(const struct rr_carrying_terms *terms, struct rr_carrying **carrying,
                      struct rr_error *err);
void rr_carrying_end(struct rr_carrying *carrying);

/* Sees a subscription on its way; each is seen by one rank. */
void rr_carrying_see(struct rr_carrying *carrying, const struct rr_subscription *subscription);

/* Adds subscriptions of the earlier book that those of an account are to be held against. Not collective. */
int rr_carrying_spread(struct rr_carrying *carrying, struct rr_subscriptions *subscriptions,
                       struct rr_error *err);

/* Collective. All were seen: it is known who is touched, and the rows of touched parties go. */
int rr_carrying_settle(struct rr_carrying *carrying, struct rr_error *err);

/* Whether nobody is touched. */
bool rr_carrying_is_all(const struct rr_carrying *carrying);

/* An account that stands alone, at which the subscriptions' merge is. */
void rr_carrying_touch(const struct rr_carrying *carrying, struct rr_text account,
                       const struct rr_subscriptions *subscriptions, struct rr_touched_part *part);
bool rr_carrying_touches_party(const struct rr_carrying *carrying, uint32_t party);

/* Says what of the earlier rows of an account that stands alone goes, before its new rows are added. */
int rr_carrying_replace(struct rr_carrying *carrying, struct rr_text account,
                        const struct rr_touched_part *part, struct rr_error *err);

/* The lines that go where only some charges are touched. */
const struct rr_book_change *rr_carrying_change(const struct rr_carrying *carrying);

/* Collective. Writes all tables, and makes the totals of the rated lines those of all lines. */
int rr_carrying_finish(struct rr_carrying *carrying, struct rr_result *result,
                       struct rr_totals *totals, struct rr_error *err);

#endif
