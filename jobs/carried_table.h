/* Carrying over: the rows of an earlier result's table that stay, and those that were rated anew, as one table.
 *
 * What is rated anew is added to the output of the new table (runtime/outputs.h) under the first field of its
 * rows, which is their owner. Of an owner under whom nothing was added all rows stay. Where the first pair has no
 * rows, all earlier rows go; where it is a note, which begins with RR_SOME_GO, some do, and the table's user brings
 * old and new together.
 */
#ifndef JOBS_CARRIED_TABLE_H
#define JOBS_CARRIED_TABLE_H

#include "../runtime/outputs.h"
#include "account_table.h"

/* No row is empty. */
#define RR_SOME_GO ((struct rr_text){"\n", 1})

/* One owner, while a rank goes through its range. */
struct rr_carried_walk;

struct rr_carried_user {
    void *self;
    /* Earlier rows that go. NULL: that is not asked for. */
    int (*gone)(void *self, struct rr_text rows, struct rr_error *err);
    /* Puts the rows of an owner of whom some go; takes all of both sides. NULL: there are none. */
    int (*some)(void *self, struct rr_text owner, struct rr_carried_walk *walk,
                struct rr_error *err);
};

/* What the note of the owner in hand says behind its beginning, with it. */
struct rr_text rr_carried_note(const struct rr_carried_walk *walk);

/* 1 and the next rows of the owner in hand, of the earlier table and of what was added; 0 when there are no more.
 * They live until the next call for the same side. */
int rr_carried_earlier(struct rr_carried_walk *walk, struct rr_text *rows, struct rr_error *err);
int rr_carried_added(struct rr_carried_walk *walk, struct rr_text *rows, struct rr_error *err);

/* Puts rows of the owner in hand. */
int rr_carried_put(struct rr_carried_walk *walk, struct rr_text rows, struct rr_error *err);

/* An output may be gone through twice (rr_output_blend): what is counted is counted the first time. */
bool rr_carried_counts(const struct rr_carried_walk *walk);

struct rr_carried_table {
    const struct rr_comm *comm;
    struct rr_account_table earlier;
    struct rr_text *splitter;
    struct rr_carried_user user;
    struct rr_output_blend blend; /* to finish the output with */
    bool measured;
};

/* Collective. `path` is the earlier table. Errors: RR_EXIT_INPUT, RR_EXIT_IO, RR_EXIT_DATA. */
int rr_carried_table_open(const struct rr_comm *comm, const char *path, const char *header,
                          struct rr_carried_user user, struct rr_carried_table *table,
                          struct rr_error *err);
void rr_carried_table_close(struct rr_carried_table *table);

#endif
