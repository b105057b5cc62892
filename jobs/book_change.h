/* What a changed book can touch: two books for one state, compared plan by plan and period by period.
 *
 * Where versions begin as they did and differ in nothing but prices, other lines than those of the charges
 * that differ stay what they are, and so does unrated usage. Anything else touches whole accounts: all that
 * have the plan in such a period. Contracts are compared apart (jobs/book_equal.h); whoever has one is priced
 * with its party, or not at all.
 *
 * Not collective; knows neither ranks nor files.
 */
#ifndef JOBS_BOOK_CHANGE_H
#define JOBS_BOOK_CHANGE_H

#include "segments.h"

enum rr_touch {
    RR_UNTOUCHED,
    RR_TOUCHES_CHARGES, /* lines of some charges, in periods that rr_book_change_has knows */
    RR_TOUCHES_ACCOUNT, /* anything */
};

struct rr_book_change;

/* Both have one state text, and so the same meters; neither is needed any more when it returns. Compared are
 * the periods of the span. */
struct rr_book_change *rr_book_change_create(const struct rr_book *was, const struct rr_book *is,
                                             const struct rr_span *span);
void rr_book_change_destroy(struct rr_book_change *change);

/* What can't be told by plan: the book's currency or rounding differs. Everything is priced anew. */
bool rr_book_change_is_general(const struct rr_book_change *change);

/* Accounts without a deal of their own have another plan, or none, or have one now. */
bool rr_book_change_of_default(const struct rr_book_change *change);

/* Whether some plan is touched. */
bool rr_book_change_of_plans(const struct rr_book_change *change);

/* The most that is touched of who has this plan, by name, from the period `first` through `last`. */
enum rr_touch rr_book_change_of_plan(const struct rr_book_change *change, struct rr_text plan,
                                     int32_t first, int32_t last);

/* Whether anything may change in this period of who has the plan in it. */
bool rr_book_change_of_whole(const struct rr_book_change *change, struct rr_text plan,
                             int32_t period);

/* Whether the lines of a charge may change; of RR_TOUCHES_ACCOUNT always. A plan's made lines (`minimum`) are
 * asked for by their charge too. */
bool rr_book_change_has(const struct rr_book_change *change, struct rr_text plan, int32_t period,
                        struct rr_text charge);

#endif
