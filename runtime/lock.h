/* The workspace lock: one writer at a time.
 *
 * Rank 0 holds an advisory lock on DIR/lock; the kernel drops it when that process ends, however
 * it ends. The file holds the id of the run that has the lock. Before each commit the id is looked up
 * again, so that a run that was taken for dead and comes back can't publish; ranks of a dead run that
 * live on for a moment write only files that carry its id and that no manifest will name.
 */
#ifndef RUNTIME_LOCK_H
#define RUNTIME_LOCK_H

#include <rerate/error.h>

enum { RR_RUN_ID = 32 };

struct rr_lock {
    int fd; /* -1 when not held */
    char path[4096];
    char id[RR_RUN_ID];
};

/* Takes the lock of a workspace; waits some seconds for a dying run to let go. RR_EXIT_CREATE when
 * another run lives. Called by one rank. */
int rr_lock_take(struct rr_lock *lock, const char *dir, struct rr_error *err);

/* 0 while this run still has the lock. */
int rr_lock_check(const struct rr_lock *lock, struct rr_error *err);

void rr_lock_release(struct rr_lock *lock);

#endif
