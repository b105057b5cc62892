/* The sides of an impact, and which result's rows stand for which.
 *
 * An impact holds a base against a new result, with a side between them: the new book on the usage that the old
 * result knew. Without closed periods the base is the old result. With them, the base of a closed period is
 * what was issued for it (issued.h), corrections among it, and the old result where nothing was; that of an open
 * period is the old result, but all sides are the new one once that is what was issued.
 */
#ifndef JOBS_IMPACT_SIDES_H
#define JOBS_IMPACT_SIDES_H

#include "issued.h"
#include "result_facts.h"

/* As bits. */
enum { RR_BASE = 1, RR_MIDDLE = 2, RR_NEW = 4, RR_ALL_SIDES = 7 };

enum rr_middle { RR_MIDDLE_IS_NEW, RR_MIDDLE_IS_OLD, RR_MIDDLE_IS_RATED };

/* A result that rows are read of. */
struct rr_impact_source {
    unsigned number; /* 0: it was rated for this */
    struct rr_result_facts facts;
};

/* Corrections of closed periods, to be booked in an open one. */
struct rr_booking {
    char closed_through[RR_PERIOD_TEXT]; /* "": no periods are closed */
    char book_in[RR_PERIOD_TEXT];
};

struct rr_impact_sides {
    struct rr_impact_source *source; /* old, new, then others */
    int n;
    enum rr_middle middle;
    uint32_t increment; /* whose usage the middle was rated on */
    struct rr_booking booking;
    struct rr_issued issued;
};

enum { RR_SOURCE_OLD, RR_SOURCE_NEW, RR_SOURCE_OTHERS };

/* Reads what both results say, and the ledger where periods are closed. Not collective. */
int rr_impact_sides_open(const char *workspace, unsigned old, unsigned new,
                         const struct rr_booking *booking, struct rr_impact_sides *sides,
                         struct rr_error *err);
void rr_impact_sides_close(struct rr_impact_sides *sides);

/* The middle, rated into a folder on the usage of an increment: a source of its own. */
void rr_impact_sides_add_middle(struct rr_impact_sides *sides, const char *dir, uint32_t increment);

/* The sides that rows of a period in a source are on. */
unsigned rr_impact_sides_of(const struct rr_impact_sides *sides, int source, struct rr_text period);

/* Whether corrections are written for a period. */
bool rr_impact_is_closed(const struct rr_impact_sides *sides, struct rr_text period);

/* Who pays for a line of a source. */
struct rr_text rr_impact_payer(const struct rr_impact_sides *sides, int source,
                               struct rr_text account, struct rr_text contract);

/* Whether contracts have other payers in some sources than in others. */
bool rr_impact_payers_differ(const struct rr_impact_sides *sides);

#endif
