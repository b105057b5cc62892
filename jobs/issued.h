/* What was issued: the ledger of what customers were sent.
 *
 * DIR/issued/NNNN holds one entry each: issue.json, and corrections.csv where corrections went out. It
 * appears by rename, is never changed, and names the digest of the entry before. Replayed in order, each entry
 * says which periods are from then on those of its result, as they stand there; corrections add to the periods
 * that they correct.
 */
#ifndef JOBS_ISSUED_H
#define JOBS_ISSUED_H

#include "../io/digest.h"
#include "calendar.h"

#include <jansson.h>

enum { RR_ISSUED_PATH = 4096 };

struct rr_issued_period {
    char period[RR_PERIOD_TEXT];
    unsigned result;
};

struct rr_issued {
    char dir[RR_ISSUED_PATH - 64]; /* WORKSPACE/issued */
    json_t **entry;                /* issue.json of each, without its own digest, which was right */
    unsigned n;
    struct rr_digest last;          /* of the last issue.json; zeros when there is none */
    struct rr_issued_period *owned; /* sorted by period */
    unsigned n_owned;
    char closed_through[RR_PERIOD_TEXT]; /* the last period that corrections went out for; or "" */
};

/* Reads and proves the ledger. Errors: RR_EXIT_DATA (damaged), RR_EXIT_IO. */
int rr_issued_read(const char *workspace, struct rr_issued *issued, struct rr_error *err);
void rr_issued_fini(struct rr_issued *issued);

/* The result that a period was issued as; 0 when it was not. */
unsigned rr_issued_owner(const struct rr_issued *issued, struct rr_text period);

/* The result that was issued last, but for `other`; 0 when there is none. */
unsigned rr_issued_last_result(const struct rr_issued *issued, unsigned other);

/* The corrections of entry i; false when it has none. */
bool rr_issued_corrections(const struct rr_issued *issued, unsigned i, char path[RR_ISSUED_PATH]);

/* The kind of period that a text is of; false when it is none. */
bool rr_period_kind_of(struct rr_text text, enum rr_period *kind);

#endif
