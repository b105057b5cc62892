/* Rating: the usage of a party of accounts to lines, shares and unrated usage.
 *
 * A party is an account, or the accounts that contracts bind together. It is rated as one, in memory that
 * is used again for the next. Rating knows neither ranks nor files.
 */
#ifndef JOBS_RATING_H
#define JOBS_RATING_H

#include "groups.h"
#include "rated.h"

struct rr_rating;

/* An account of a party, and its cells, sorted by (key, bucket). */
struct rr_member {
    struct rr_text account;
    struct rr_cell *cells;
    uint32_t n;
};

/* Everything is borrowed. */
struct rr_rating *rr_rating_create(const struct rr_book *book, const struct rr_calendar *calendar,
                                   const struct rr_meters *meters, struct rr_span span);
void rr_rating_destroy(struct rr_rating *rating);

/* Rates a party: its members, sorted by name, and the contracts that bind them. States of cells may be
 * merged into each other. What comes out lives until the next call, and may be sorted. Errors:
 * RR_EXIT_DATA, an amount or a quantity out of range. */
int rr_rating_party(struct rr_rating *rating, const struct rr_member *members, uint32_t n,
                    const struct rr_contract *const *contracts, uint32_t n_contracts,
                    struct rr_rated **rated, struct rr_error *err);

#endif
