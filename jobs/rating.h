/* Rating: the usage of a party of accounts to lines, shares and unrated usage.
 *
 * A party is an account, or the accounts that contracts bind together. It is rated as one, in memory that
 * is used again for the next, and that follows its groups, not its cells. Rating knows neither ranks nor
 * files.
 */
#ifndef JOBS_RATING_H
#define JOBS_RATING_H

#include "groups.h"
#include "rated.h"
#include "touched_part.h"

struct rr_rating;

/* Everything is borrowed. */
struct rr_rating *rr_rating_create(const struct rr_book *book, const struct rr_calendar *calendar,
                                   const struct rr_meters *meters, struct rr_span span);
void rr_rating_destroy(struct rr_rating *rating);

/* From now on the trace is told every step; NULL: nobody is. */
void rr_rating_trace(struct rr_rating *rating, const struct rr_trace *trace);

/* Begins a party that these contracts bind. */
void rr_rating_begin(struct rr_rating *rating, const struct rr_contract *const *contracts,
                     uint32_t n_contracts);

/* The account that was begun, which no contract binds, comes to those lines alone that the change touches, and to
 * everything in the periods of the part; to no others, and no other unrated usage. Both are borrowed until it is
 * rated. */
void rr_rating_restrict(struct rr_rating *rating, const struct rr_book_change *change,
                        const struct rr_touched_part *part);

/* Adds an account of the party, in the order of names, with its n subscriptions, sorted by start, and its
 * cells. The name lives until the party is rated. Errors are those of the cells. */
int rr_rating_add(struct rr_rating *rating, struct rr_text account,
                  const struct rr_subscription *subscriptions, int n, struct rr_cells *cells,
                  struct rr_error *err);

/* Takes what was rated; it lives until the call returns, and may be sorted. */
typedef int (*rr_rated_taker)(void *self, struct rr_rated *rated, struct rr_error *err);

/* Rates the party. An account without contracts that has very many groups comes in parts, one for each
 * period, rising; all others at once. Errors: RR_EXIT_DATA, an amount or a quantity out of range. */
int rr_rating_finish(struct rr_rating *rating, rr_rated_taker take, void *self,
                     struct rr_error *err);

#endif
