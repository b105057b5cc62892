/* Bringing the rows of one owner together, of whom some earlier rows go: those that stay and those that were
 * added, in their order. One row of each side is looked at at a time. */
#ifndef JOBS_CARRIED_ROWS_H
#define JOBS_CARRIED_ROWS_H

#include "carried_table.h"

/* A row of one side. */
struct rr_carried_row {
    struct rr_text row;    /* all of it, with its line end */
    struct rr_text *field; /* views into it, or into `unquoted` */
    struct rr_line unquoted;
    struct rr_text rest; /* rows behind it */
    bool here;
};

struct rr_carried_rows {
    const char *name; /* of the table */
    int n_fields;
    int n_compared; /* the fields behind the owner by which an owner's rows are sorted */
    void *self;
    /* Whether an earlier row goes: 1 or 0. */
    int (*goes)(void *self, const struct rr_text *field, struct rr_error *err);
    /* One that goes, and one that is put; NULL: not asked for. Not called where rows are put again. */
    int (*gone)(void *self, const struct rr_text *field, struct rr_error *err);
    int (*kept)(void *self, const struct rr_text *field, struct rr_error *err);
    struct rr_carried_row earlier, added;
};

void rr_carried_rows_fini(struct rr_carried_rows *rows);

/* Puts all rows of the owner in hand. RR_EXIT_DATA where one can't be read. */
int rr_carried_rows_put(struct rr_carried_rows *rows, struct rr_carried_walk *walk,
                        struct rr_error *err);

/* The error for a row that can't be read. */
int rr_carried_unreadable(const char *table, struct rr_error *err);

#endif
