/* Lines and unrated usage while they are carried over, of accounts that are touched in part: lines of charges that
 * the book changed go, and everything in periods in which more than prices changed. */
#ifndef JOBS_CARRIED_LINES_H
#define JOBS_CARRIED_LINES_H

#include "book_change.h"
#include "carried_invoices.h"
#include "carried_rows.h"
#include "rated.h"

/* Zeroed but for the first three, which are borrowed. */
struct rr_carried_lines {
    enum rr_period kind;
    const struct rr_book_change *change;
    struct rr_carried_invoices *invoices;
    struct rr_carried_rows lines, unrated;
    struct rr_text periods; /* as rr_carried_note has them */
    struct rr_stamp period; /* of the row before: mostly it is this one's */
    struct rr_line unquoted;
};

void rr_carried_lines_fini(struct rr_carried_lines *lines);

/* What tables are for (jobs/carried_table.h). Lines that go are taken off the totals of the invoices. RR_EXIT_DATA
 * where rows are none. */
struct rr_carried_user rr_carried_lines_user(struct rr_carried_lines *lines);
struct rr_carried_user rr_carried_unrated_user(struct rr_carried_lines *lines);

/* The note under which periods go as a whole, for rr_output_add; n may be 0. */
void rr_carried_lines_note(enum rr_period kind, const int32_t *period, int n, struct rr_line *note);

#endif
