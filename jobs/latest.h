/* `latest`: the link that names the result that counts, and how it moves. */
#ifndef JOBS_LATEST_H
#define JOBS_LATEST_H

#include "history.h"

/* The number that WORKSPACE/results/latest names; 0 when there is none. */
unsigned rr_result_latest(const char *workspace);

/* Moves it at once, after a line in the history; `more` as in rr_history_add. A crash between the two
 * leaves a line whose move never was: then the next move begins with a line that says where `latest` was
 * found. The caller holds the lock of the workspace. Not collective. */
int rr_latest_move(const char *workspace, enum rr_move move, unsigned to, json_t *more,
                   struct rr_error *err);

/* The history with `latest` where it is in truth. */
int rr_latest_history(const char *workspace, struct rr_history *history, struct rr_error *err);

/* What `latest` named before what it names now; 0 when nothing is known of it. */
unsigned rr_result_before_latest(const char *workspace);

#endif
