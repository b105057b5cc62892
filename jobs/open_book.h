/* A book opened by all ranks, with the files beside it read in parts, and what pricing needs of it.
 *
 * It is opened from a file, or is the one that a result was priced by (jobs/kept_books.h).
 */
#ifndef JOBS_OPEN_BOOK_H
#define JOBS_OPEN_BOOK_H

#include "calendar.h"
#include "contract_parts.h"
#include "meters.h"
#include "parties.h"
#include "subscribers.h"

struct rr_book_source {
    const char *path;      /* of a book; NULL: a result's */
    const char *workspace; /* of the result */
    unsigned result;
    bool
        is_proved; /* as a result's is: subscriptions in a file are not proved again, and no first start is known */
};

struct rr_open_book {
    const struct rr_comm *comm;
    struct rr_book_source source;
    struct rr_book_files files;
    struct rr_book
        *book; /* as this rank read it: of contracts in a file perhaps only some are whole */
    struct rr_calendar *calendar;
    struct rr_meters *meters;
    struct rr_subscribers *subscribers; /* NULL where the book holds all subscriptions */
    /* Since rr_open_book_deal: the book with whole contracts of the parties that this rank rates. */
    struct rr_book *dealt;
    struct rr_parties *parties;
    struct rr_contract_parts *parts; /* NULL where all ranks know all contracts */
};

/* Collective. Reads and proves the book and the files beside it. `memory` is what a rank may hold for that.
 * The source's texts are borrowed. Errors: RR_EXIT_BOOK, RR_EXIT_INPUT, RR_EXIT_IO, RR_EXIT_DATA; `open` is
 * to be closed in either case. */
int rr_open_book(const struct rr_comm *comm, const struct rr_book_source *source, uint64_t memory,
                 struct rr_open_book *open, struct rr_error *err);

/* Collective. Deals contracts and parties to the ranks that rate them. */
int rr_open_book_deal(struct rr_open_book *open, uint32_t n_shards, struct rr_error *err);

/* Not collective. */
void rr_open_book_close(struct rr_open_book *open);

#endif
