/* Lines while they are carried over: those of charges that the book changed go, and what was rated of these
 * charges comes in their place. */
#ifndef JOBS_CARRIED_LINES_H
#define JOBS_CARRIED_LINES_H

#include "book_change.h"
#include "carried_invoices.h"
#include "carried_table.h"

/* A line as it stands in a table. */
struct rr_carried_line {
    struct rr_text row;    /* all of it, with its line end */
    struct rr_text *field; /* views into it, or into `unquoted` */
    struct rr_line unquoted;
    struct rr_text rest; /* rows behind it */
    bool here;
};

/* Zeroed but for the first three, which are borrowed. */
struct rr_carried_lines {
    enum rr_period kind;
    const struct rr_book_change *change;
    struct rr_carried_invoices *invoices;
    struct rr_carried_line earlier, added;
    struct rr_line unquoted;
};

void rr_carried_lines_fini(struct rr_carried_lines *lines);

/* What a carried table of lines is for (jobs/carried_table.h): lines that go are taken off the totals of the
 * invoices; RR_EXIT_DATA where they are none. */
struct rr_carried_user rr_carried_lines_user(struct rr_carried_lines *lines);

#endif
