/* DIR/history.log: every move of `latest`, and everything that was issued, one JSON object a line.
 *
 *   time (UTC), user, for (whom, where $RERATE_USER says it), host, rerate (version), move,
 *   from and to (results, or null), from_digest and to_digest (of their run.json), what the move adds
 *   (as `delta`), and before: the digest of the line before, null in the first
 *
 * Lines are appended and synced, never changed; but a last one that a crash cut off counts for nothing, and
 * goes when the next is written. No result depends on this file.
 */
#ifndef JOBS_HISTORY_H
#define JOBS_HISTORY_H

#include "../io/digest.h"

#include <jansson.h>

enum rr_move {
    RR_MOVE_FOUND,   /* `latest` was not where the move before should have left it */
    RR_MOVE_PUBLISH, /* by `run`, `rate` or `publish` */
    RR_MOVE_ROLLBACK,
    RR_MOVE_ISSUE, /* `latest` stays */
    RR_MOVES
};

struct rr_history_line {
    enum rr_move move;
    unsigned from, to; /* numbers of results; 0: none */
    json_t *json;      /* the whole of it */
};

struct rr_history {
    char path[4096];
    struct rr_history_line *line;
    size_t n;
    uint64_t end;                /* of its last whole line, in bytes */
    bool unended;                /* which lacks its line end */
    char before[RR_DIGEST_TEXT]; /* of that line; empty when there is none */
    struct rr_error wrong;       /* of the first damaged line; code 0 where none is */
    unsigned
        *named; /* publications that were not taken back; the last is what `latest` should name */
    size_t n_named;
};

/* Reads what there is; no file is an empty history. Damaged lines are left out. Errors: RR_EXIT_INPUT.
 * Not collective. */
int rr_history_read(const char *workspace, struct rr_history *history, struct rr_error *err);
void rr_history_fini(struct rr_history *history);

/* Takes in that `latest` went to a result: back to where it was before, or to another one. */
void rr_history_go(struct rr_history *history, enum rr_move move, unsigned to);

/* What `latest` should name; 0: nothing. */
unsigned rr_history_latest(const struct rr_history *history);

/* What it named before: rollbacks take publications back, so each goes one further. 0 when nothing is known
 * of it. */
unsigned rr_history_before(const struct rr_history *history);

/* Whether `latest` may be there: where the last move took it, or where it took it from, since a crash may
 * have come between the line and the move. */
bool rr_history_allows(const struct rr_history *history, unsigned latest);

/* Whether `latest` ever named it. */
bool rr_history_published(const struct rr_history *history, unsigned number);

/* Appends a line and syncs it. `more`, which may be NULL, is what the move adds; it is the callee's. The
 * caller holds the lock of the workspace. After an error nothing was appended, or a part of a line. */
int rr_history_add(const char *workspace, enum rr_move move, unsigned from, unsigned to,
                   json_t *more, struct rr_error *err);

#endif
