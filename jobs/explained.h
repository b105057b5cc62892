/* One account, rated again: as a result rated it, with every step recorded, and proved to be what the result
 * says.
 *
 * The book is the one that is kept with the result, the usage that of the increment that it knew, read from the
 * state; the accounts that contracts bind to this one are rated with it. Of the result, what is proved are the
 * rows of this account and of the invoices and shares that they are on; whether the result is whole is for
 * `verify`. Nothing is written and no lock is taken. Of subscriptions in a file only the account's are kept.
 */
#ifndef JOBS_EXPLAINED_H
#define JOBS_EXPLAINED_H

#include "open_book.h"
#include "proved_rows.h"
#include "trace_record.h"

#include "../runtime/account_usage.h"

struct rr_explained {
    struct rr_comm alone;
    struct rr_open_book open;
    struct rr_manifest *manifest;
    struct rr_account_usage *usage;
    struct rr_span span;
    struct rr_party party; /* no accounts: it stands alone */
    struct rr_trace_record *record;
    const struct rr_told *told;
    struct rr_proved_rows rows;
    struct rr_rated_rows making;
    struct rr_totals totals;
    bool has_deal; /* a subscription, or a contract */
};

/* What is rated. Everything is borrowed, for as long as what is explained. */
struct rr_explained_terms {
    const char *workspace;
    struct rr_text account;
    const struct rr_result_facts *book;  /* of which result */
    const struct rr_result_facts *usage; /* the same; or another's, where nothing is to be proved */
    const struct rr_span *span;          /* periods; NULL: those of the result */
};

/* Errors: RR_EXIT_INPUT where the state does not know the usage any more; RR_EXIT_DATA where the result says
 * otherwise; those of books and of the state. To be closed in either case. Not collective. */
int rr_explained_open(const struct rr_explained_terms *terms, struct rr_explained *explained,
                      struct rr_error *err);
void rr_explained_close(struct rr_explained *explained);

/* What lies between two results: `new`'s book on the usage of `old`. Its periods; false where they can't be told
 * from the results alone. */
bool rr_explained_middle_span(const struct rr_result_facts *old, const struct rr_result_facts *new,
                              const struct rr_book *book, struct rr_span *span);

#endif
