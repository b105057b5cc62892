/* Whom a book can bill otherwise than an earlier one that a result was priced by.
 *
 * An account that stands alone under both books is touched by its plans (jobs/book_change.h), and in the periods in
 * which its subscriptions differ. A party is touched as a whole: by any difference in its contracts and their members, and by a
 * plan or a file of subscriptions that differs where a member has subscriptions of its own.
 */
#ifndef JOBS_TOUCHED_H
#define JOBS_TOUCHED_H

#include "book_change.h"
#include "open_book.h"
#include "subscriptions.h"
#include "touched_part.h"

struct rr_touched;

/* Subscriptions of one account, by start. */
struct rr_touched_rows {
    const struct rr_subscription *row;
    int n;
};

/* Collective. Both books are dealt (rr_open_book_deal), have one state text, and live as long. */
struct rr_touched *rr_touched_create(const struct rr_open_book *was, const struct rr_open_book *is,
                                     uint32_t n_shards, const struct rr_span *span);
void rr_touched_destroy(struct rr_touched *touched);

const struct rr_book_change *rr_touched_change(const struct rr_touched *touched);

/* Whether subscriptions differ, so that those of the earlier book are wanted. */
bool rr_touched_wants_earlier(const struct rr_touched *touched);

/* Sees a subscription of the book, and one of the earlier book where these are wanted. True when it is of a
 * party. Each is seen by one rank. */
bool rr_touched_see(struct rr_touched *touched, const struct rr_subscription *subscription);
bool rr_touched_see_earlier(struct rr_touched *touched, const struct rr_subscription *subscription);

/* Collective. All were seen. */
void rr_touched_settle(struct rr_touched *touched);

/* The rest is known once that is settled. */

/* Whether nothing at all is touched. */
bool rr_touched_nothing(const struct rr_touched *touched);

/* An account that stands alone, with its subscriptions and, where they are wanted, those of the earlier book. */
void rr_touched_account(const struct rr_touched *touched, struct rr_text account,
                        struct rr_touched_rows is, struct rr_touched_rows was,
                        struct rr_touched_part *part);

/* A party of the book, and one of the earlier book: whether they are not the same any more. */
bool rr_touched_party(const struct rr_touched *touched, uint32_t party);
bool rr_touched_earlier_party(const struct rr_touched *touched, uint32_t party);

#endif
