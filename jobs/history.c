/* The history of `latest`. */
#include "history.h"

#include "../io/commit.h"
#include "../io/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MOST_RESULTS = 99999999 };

static const char *const moves[RR_MOVES] = {"found", "publish", "rollback", "issue"};

/* ---- reading ---- */

static bool read_move(const json_t *json, enum rr_move *move)
{
    const char *name = json_string_value(json_object_get(json, "move"));
    for (int m = 0; name && m < RR_MOVES; m++)
        if (strcmp(name, moves[m]) == 0) {
            *move = (enum rr_move)m;
            return true;
        }
    return false;
}

static unsigned read_result(const json_t *json, const char *name)
{
    const char *text = json_string_value(json_object_get(json, name));
    unsigned long number = text ? strtoul(text, NULL, 10) : 0;
    return number <= MOST_RESULTS ? (unsigned)number : 0;
}

/* Takes back publications down to the last one of this result; false when there is none. */
static bool take_back(struct rr_history *h, unsigned to)
{
    size_t n = h->n_named;
    while (n > 0 && h->named[n - 1] != to)
        n--;
    if (n > 0)
        h->n_named = n;
    return n > 0;
}

void rr_history_go(struct rr_history *h, enum rr_move move, unsigned to)
{
    if (move == RR_MOVE_ISSUE || to == rr_history_latest(h))
        return;
    if (to == 0)
        h->n_named = 0;
    else if (move == RR_MOVE_PUBLISH || !take_back(h, to)) {
        h->named = rr_realloc(h->named, (h->n_named + 1) * sizeof *h->named);
        h->named[h->n_named++] = to;
    }
}

/* `json` becomes the history's. */
static void take_line(struct rr_history *h, enum rr_move move, json_t *json)
{
    h->line = rr_realloc(h->line, (h->n + 1) * sizeof *h->line);
    h->line[h->n++] =
        (struct rr_history_line){move, read_result(json, "from"), read_result(json, "to"), json};
    rr_history_go(h, move, h->line[h->n - 1].to);
}

static void note_wrong(struct rr_history *h, size_t number, const char *what)
{
    if (h->wrong.code == RR_OK)
        rr_fail(&h->wrong, RR_EXIT_DATA,
                "%s: line %zu: %s; put it back from a copy, or move it away: a new one begins with "
                "what `latest` names",
                h->path, number, what);
}

/* Whether the line says of the one before what that is. */
static bool follows(const struct rr_history *h, const json_t *json)
{
    const char *before = json_string_value(json_object_get(json, "before"));
    return strcmp(before ? before : "", h->before) == 0;
}

static void read_line(struct rr_history *h, json_t *json, size_t number)
{
    enum rr_move move;
    if (!read_move(json, &move)) {
        note_wrong(h, number, "is damaged");
        json_decref(json);
        return;
    }
    if (!follows(h, json))
        note_wrong(h, number, "does not follow the one before it: lines were changed or removed");
    take_line(h, move, json);
}

/* What stands behind the last line end is a line if it is whole, and else was cut off. */
static void read_lines(struct rr_history *h, const char *text, size_t len)
{
    const char *at = text, *end = text + len;
    for (size_t number = 1; at < end; number++) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        size_t n = (size_t)((line_end ? line_end : end) - at);
        json_t *json = json_loadb(at, n, JSON_REJECT_DUPLICATES, NULL);
        if (line_end == NULL && json == NULL)
            return;
        read_line(h, json, number);
        rr_digest_format(rr_digest_bytes(at, n), h->before);
        h->unended = line_end == NULL;
        at += h->unended ? n : n + 1;
        h->end = (uint64_t)(at - text);
    }
}

int rr_history_read(const char *workspace, struct rr_history *h, struct rr_error *err)
{
    char *text;
    size_t len;
    *h = (struct rr_history){0};
    snprintf(h->path, sizeof h->path, "%s/history.log", workspace);
    if (access(h->path, F_OK) != 0 && errno == ENOENT)
        return 0;
    if (rr_read_file(h->path, &text, &len, err) != 0)
        return -1;
    read_lines(h, text, len);
    free(text);
    return 0;
}

void rr_history_fini(struct rr_history *h)
{
    for (size_t i = 0; i < h->n; i++)
        json_decref(h->line[i].json);
    free(h->line);
    free(h->named);
    *h = (struct rr_history){0};
}

unsigned rr_history_latest(const struct rr_history *h)
{
    return h->n_named > 0 ? h->named[h->n_named - 1] : 0;
}

unsigned rr_history_before(const struct rr_history *h)
{
    return h->n_named > 1 ? h->named[h->n_named - 2] : 0;
}

bool rr_history_allows(const struct rr_history *h, unsigned latest)
{
    unsigned from = 0;
    for (size_t i = 0; i < h->n; i++)
        if (h->line[i].move != RR_MOVE_ISSUE)
            from = h->line[i].from;
    return latest == rr_history_latest(h) || latest == from;
}

bool rr_history_published(const struct rr_history *h, unsigned number)
{
    for (size_t i = 0; i < h->n; i++)
        if (h->line[i].move != RR_MOVE_ISSUE && h->line[i].to == number)
            return true;
    return false;
}

/* ---- adding ---- */

static void put_text(json_t *line, const char *name, const char *text)
{
    json_t *value = json_string(text);
    json_object_set_new(line, name, value ? value : json_string("?")); /* no UTF-8 */
}

static void put_time(json_t *line)
{
    char text[32];
    time_t now = time(NULL);
    struct tm parts;
    gmtime_r(&now, &parts);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    put_text(line, "time", text);
}

/* A user without a name, as in many containers, is a number. */
static void put_user(json_t *line)
{
    char number[32];
    const struct passwd *user = getpwuid(geteuid());
    const char *on_behalf = getenv("RERATE_USER");
    snprintf(number, sizeof number, "%lu", (unsigned long)geteuid());
    put_text(line, "user", user ? user->pw_name : number);
    if (on_behalf && *on_behalf)
        put_text(line, "for", on_behalf);
}

static void put_host(json_t *line)
{
    char host[256] = "?";
    gethostname(host, sizeof host - 1);
    put_text(line, "host", host);
}

static void put_result(json_t *line, const char *name, unsigned number)
{
    char text[16];
    snprintf(text, sizeof text, "%04u", number);
    json_object_set_new(line, name, number > 0 ? json_string(text) : json_null());
}

/* Of its run.json; null when that is not there. */
static void put_digest(json_t *line, const char *name, const char *workspace, unsigned number)
{
    char path[4096], text[RR_DIGEST_TEXT];
    uint64_t size;
    struct rr_digest digest;
    snprintf(path, sizeof path, "%s/results/%04u/run.json", workspace, number);
    bool there = number > 0 && rr_digest_file(path, &size, &digest, NULL) == 0;
    if (there)
        rr_digest_format(digest, text);
    json_object_set_new(line, name, there ? json_string(text) : json_null());
}

/* After an error what was written is taken off again, as far as that goes. */
static int write_at(int fd, uint64_t end, const char *text, size_t len, const char *path,
                    struct rr_error *err)
{
    if (ftruncate(fd, (off_t)end) != 0)
        return rr_fail_errno(err, RR_EXIT_IO, path, "truncate");
    int result = rr_pwrite_all(fd, text, len, end, path, err);
    if (result == 0 && fsync(fd) != 0)
        result = rr_fail_errno(err, RR_EXIT_IO, path, "fsync");
    if (result != 0 && ftruncate(fd, (off_t)end) != 0)
        rr_fail_prefix(err, "a part of a line is left there");
    return result;
}

static int append(const struct rr_history *h, const char *workspace, const json_t *line,
                  struct rr_error *err)
{
    char *text = json_dumps(line, JSON_COMPACT);
    rr_check(text != NULL, "a line of history that is no JSON");
    size_t size = strlen(text) + 3;
    char *bytes = rr_malloc(size);
    int n = snprintf(bytes, size, "%s%s\n", h->unended ? "\n" : "", text);
    int fd = open(h->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    int result = fd < 0 ? rr_fail_errno(err, RR_EXIT_CREATE, h->path, "open")
                        : write_at(fd, h->end, bytes, (size_t)n, h->path, err);
    if (fd >= 0)
        close(fd);
    free(bytes);
    free(text);
    return result == 0 ? rr_sync_dir(workspace, err) : -1;
}

static json_t *make_line(const struct rr_history *h, const char *workspace, enum rr_move move,
                         unsigned from, unsigned to, json_t *more)
{
    json_t *line = json_object();
    put_time(line);
    put_user(line);
    put_host(line);
    put_text(line, "rerate", RR_VERSION);
    put_text(line, "move", moves[move]);
    put_result(line, "from", from);
    put_result(line, "to", to);
    put_digest(line, "from_digest", workspace, from);
    put_digest(line, "to_digest", workspace, to);
    json_object_update_missing(line, more);
    json_object_set_new(line, "before", *h->before ? json_string(h->before) : json_null());
    return line;
}

int rr_history_add(const char *workspace, enum rr_move move, unsigned from, unsigned to,
                   json_t *more, struct rr_error *err)
{
    struct rr_history h;
    int result = rr_history_read(workspace, &h, err);
    if (result == 0) {
        json_t *line = make_line(&h, workspace, move, from, to, more);
        result = append(&h, workspace, line, err);
        json_decref(line);
    }
    rr_history_fini(&h);
    json_decref(more);
    return result;
}
