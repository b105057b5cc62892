/* Moving `latest`. */
#include "latest.h"

#include "../io/commit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

unsigned rr_result_latest(const char *workspace)
{
    char path[4096], target[64];
    unsigned number = 0;
    snprintf(path, sizeof path, "%s/results/latest", workspace);
    ssize_t n = readlink(path, target, sizeof target - 1);
    if (n <= 0)
        return 0;
    target[n] = '\0';
    return sscanf(target, "%u", &number) == 1 ? number : 0;
}

static int move_link(const char *workspace, unsigned to, struct rr_error *err)
{
    char name[16], results[3500], link[4096], beside[4096];
    snprintf(name, sizeof name, "%04u", to);
    snprintf(results, sizeof results, "%s/results", workspace);
    snprintf(link, sizeof link, "%s/latest", results);
    snprintf(beside, sizeof beside, "%s/.latest", results);
    unlink(beside);
    if (symlink(name, beside) != 0)
        return rr_fail_errno(err, RR_EXIT_CREATE, beside, "link");
    if (rename(beside, link) != 0)
        return rr_fail_errno(err, RR_EXIT_CREATE, link, "rename");
    return rr_sync_dir(results, err);
}

/* Where `latest` is not what the history should have made it, the history says so first. */
static int settle(const char *workspace, unsigned latest, struct rr_error *err)
{
    struct rr_history history;
    if (rr_history_read(workspace, &history, err) != 0)
        return -1;
    unsigned named = rr_history_latest(&history);
    rr_history_fini(&history);
    return named == latest ? 0 : rr_history_add(workspace, RR_MOVE_FOUND, named, latest, NULL, err);
}

int rr_latest_move(const char *workspace, enum rr_move move, unsigned to, json_t *more,
                   struct rr_error *err)
{
    unsigned latest = rr_result_latest(workspace);
    if (settle(workspace, latest, err) != 0) {
        json_decref(more);
        return -1;
    }
    if (rr_history_add(workspace, move, latest, to, more, err) != 0)
        return -1;
    return move_link(workspace, to, err);
}

int rr_latest_history(const char *workspace, struct rr_history *history, struct rr_error *err)
{
    if (rr_history_read(workspace, history, err) != 0)
        return -1;
    rr_history_go(history, RR_MOVE_FOUND, rr_result_latest(workspace));
    return 0;
}

unsigned rr_result_before_latest(const char *workspace)
{
    struct rr_history history;
    if (rr_latest_history(workspace, &history, NULL) != 0)
        return 0;
    unsigned before = rr_history_before(&history);
    rr_history_fini(&history);
    return before;
}
