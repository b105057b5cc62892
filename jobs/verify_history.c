/* Verifying history.log: that it is whole, and that it says of `latest` and of results what they are. */
#include "verify.h"

#include "history.h"
#include "result.h"

#include <stdio.h>

/* A result that is no longer there can't be held against it. */
static int check_digest(const struct rr_verify *v, const struct rr_history *h, size_t line,
                        const char *name, unsigned result, struct rr_error *err)
{
    char path[RR_VERIFY_PATH];
    uint64_t size;
    struct rr_digest said, found;
    snprintf(path, sizeof path, "%s/results/%04u/run.json", v->dir, result);
    if (!rr_verify_digest(h->line[line].json, name, &said) ||
        rr_digest_file(path, &size, &found, NULL) != 0 || rr_digest_equal(said, found))
        return 0;
    return rr_fail(
        err, RR_EXIT_DATA,
        "%s: move %zu: results/%04u/run.json is no longer what it was then; where results "
        "were removed on purpose, move this file away",
        h->path, line + 1, result);
}

static int check_latest(const struct rr_verify *v, const struct rr_history *h, struct rr_finding *f)
{
    unsigned latest = rr_result_latest(v->dir), named = rr_history_latest(h);
    rr_seen(f, "%zu lines, the last move to %04u%s", h->n, named,
            latest == named ? "" : "; a crash came before it was made");
    if (rr_history_allows(h, latest))
        return 0;
    return rr_fail(&f->err, RR_EXIT_DATA,
                   "%s: the last move was to %04u, and `latest` names %04u: it was moved by hand",
                   h->path, named, latest);
}

static int check_history(const struct rr_verify *v, const struct rr_history *h,
                         struct rr_finding *f)
{
    if (h->wrong.code != RR_OK) {
        f->err = h->wrong;
        return -1;
    }
    if (h->n == 0) {
        rr_seen(f, "nothing has moved yet");
        return 0;
    }
    for (size_t i = 0; i < h->n; i++)
        if (check_digest(v, h, i, "from_digest", h->line[i].from, &f->err) != 0 ||
            check_digest(v, h, i, "to_digest", h->line[i].to, &f->err) != 0)
            return -1;
    return check_latest(v, h, f);
}

int rr_verify_history(struct rr_verify *v, struct rr_finding *f)
{
    struct rr_history history;
    if (rr_history_read(v->dir, &history, &f->err) != 0)
        return -1;
    int result = check_history(v, &history, f);
    rr_history_fini(&history);
    return result;
}
