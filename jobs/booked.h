/* Impacts whose corrections are to go out. */
#ifndef JOBS_BOOKED_H
#define JOBS_BOOKED_H

#include "issued.h"
#include "result_facts.h"

/* An impact with closed periods. An empty name: none. */
struct rr_booked {
    char name[32]; /* 0001-0002 */
    char dir[RR_RESULT_PATH];
    unsigned new;
    char closed_through[RR_PERIOD_TEXT], book_in[RR_PERIOD_TEXT];
    long long rows;               /* corrections */
    struct rr_digest facts;       /* of impact.json */
    struct rr_digest corrections; /* of corrections.csv */
    uint64_t bytes;
};

/* Reads a result and proves that it may go out: it is no what-if, and not staged. RR_EXIT_DATA. */
int rr_issuable(const char *workspace, unsigned result, struct rr_result_facts *facts,
                struct rr_error *err);

/* The impact of this name. RR_EXIT_INPUT when there is none, RR_EXIT_DATA when it has no corrections to book,
 * they went out, or something went out since it was made. */
int rr_booked_open(const char *workspace, const char *name, const struct rr_issued *issued,
                   struct rr_booked *booked, struct rr_error *err);

/* The impact on `result` with corrections that did not go out; without a name when there is none.
 * RR_EXIT_DATA when there are several, or something went out since it was made. */
int rr_booked_find(const char *workspace, unsigned result, const struct rr_issued *issued,
                   struct rr_booked *booked, struct rr_error *err);

bool rr_booked_any(const struct rr_booked *booked);

/* Copies corrections.csv and proves that it is what impact.json says. */
int rr_booked_copy(const struct rr_booked *booked, const char *to, struct rr_error *err);

/* Says in an entry of the ledger what went out. */
void rr_booked_describe(const struct rr_booked *booked, json_t *entry);

#endif
