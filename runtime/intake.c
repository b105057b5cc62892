/* Intake: inputs, old and new. */
#include "intake.h"

#include "../io/memory.h"
#include "increments.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* What one rank found out about a new file. */
struct found {
    uint64_t index; /* in the list of new paths */
    uint64_t size;
    int64_t mtime_ns;
    bool scanned;
    struct rr_file_facts facts;
    uint64_t n_splits; /* they follow */
};

struct paths {
    char *bytes; /* each path with its NUL */
    size_t len;
    char **path;
    size_t n;
};

static int look(const char *path, uint64_t *size, int64_t *mtime_ns, struct rr_error *err)
{
    struct stat facts;
    if (stat(path, &facts) != 0)
        return rr_fail_errno(err, RR_EXIT_INPUT, path, "input");
    *size = (uint64_t)facts.st_size;
    *mtime_ns = (int64_t)facts.st_mtim.tv_sec * 1000000000 + facts.st_mtim.tv_nsec;
    return 0;
}

static int changed(const char *path, const char *how, struct rr_error *err)
{
    return rr_fail(err, RR_EXIT_INPUT,
                   "%s: was read into the state before and has %s since; put the old file back, or "
                   "read everything again with --fresh",
                   path, how);
}

static int check_file(const struct rr_manifest *m, uint32_t i, struct rr_error *err)
{
    const struct rr_file_entry *file = &m->files[i];
    uint64_t size = 0;
    int64_t mtime_ns = 0;
    if (look(file->path, &size, &mtime_ns, NULL) != 0)
        return changed(file->path, errno == ENOENT ? "vanished" : "become unreadable", err);
    if (size != file->size)
        return changed(file->path, "changed its size", err);
    if (!file->has_digest)
        return mtime_ns == file->mtime_ns ? 0 : changed(file->path, "been written to", err);
    struct rr_digest digest;
    if (rr_digest_file(file->path, &size, &digest, err) != 0)
        return -1;
    return rr_digest_equal(digest, file->digest) ? 0
                                                 : changed(file->path, "changed its content", err);
}

static void index_paths(struct paths *p)
{
    p->n = 0;
    for (size_t at = 0; at < p->len; at += strlen(p->bytes + at) + 1)
        p->n++;
    p->path = rr_malloc(p->n * sizeof *p->path);
    size_t i = 0;
    for (size_t at = 0; at < p->len; at += strlen(p->bytes + at) + 1)
        p->path[i++] = p->bytes + at;
}

static void fini_paths(struct paths *p)
{
    free(p->path);
    free(p->bytes);
}

/* Collective. Rank 0 looks at the file system, so that all see one list. */
static int expand(const struct rr_comm *comm, char *const *given, int n_given, struct paths *paths,
                  struct rr_error *err)
{
    char **list = NULL;
    size_t n = 0;
    int result = comm->rank == 0 ? rr_inputs_expand(given, n_given, &list, &n, err) : 0;
    if (rr_agree(comm, result, err) != 0)
        return -1;
    *paths = (struct paths){0};
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(list[i]) + 1;
        paths->bytes = rr_realloc(paths->bytes, paths->len + len);
        memcpy(paths->bytes + paths->len, list[i], len);
        paths->len += len;
        free(list[i]);
    }
    free(list);
    rr_comm_share(comm, &paths->bytes, &paths->len, 0);
    index_paths(paths);
    return 0;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool holds(char *const *sorted, size_t n, const char *path)
{
    return n > 0 && bsearch(&path, sorted, n, sizeof *sorted, compare_paths) != NULL;
}

static void append(char **bytes, size_t *len, const void *more, size_t n)
{
    *bytes = rr_realloc(*bytes, *len + n);
    if (n > 0)
        memcpy(*bytes + *len, more, n);
    *len += n;
}

/* Checks this rank's share of the files in the manifest. Files of which nothing was read, and that
 * changed or are not asked for any more, are no harm: they are listed in `dropped`. */
static int check_share(const struct rr_state *state, const struct paths *paths, char **dropped,
                       size_t *len, struct rr_error *err)
{
    const struct rr_manifest *m = state->manifest;
    uint32_t step = (uint32_t)state->comm->size;
    for (uint32_t i = (uint32_t)state->comm->rank; i < m->n_files; i += step) {
        const char *path = m->files[i].path;
        if (path[0] == '\0')
            continue;
        bool untouched = rr_manifest_file_untouched(m, i);
        if (untouched && (!holds(paths->path, paths->n, path) || check_file(m, i, NULL) != 0))
            append(dropped, len, &i, sizeof i);
        else if (!untouched && check_file(m, i, err) != 0)
            return -1;
    }
    return 0;
}

/* Collective. */
static int check_files(struct rr_state *state, const struct paths *paths, struct rr_error *err)
{
    char *mine = NULL, *all = NULL;
    size_t len = 0, total = 0;
    int result = rr_agree(state->comm, check_share(state, paths, &mine, &len, err), err);
    if (result == 0)
        rr_comm_concat(state->comm, mine, len, &all, &total, NULL);
    for (size_t at = 0; at < total; at += sizeof(uint32_t)) {
        uint32_t file;
        memcpy(&file, all + at, sizeof file);
        rr_manifest_drop_file(state->manifest, file);
    }
    rr_increments_trim(state->manifest);
    free(mine);
    free(all);
    return result;
}

/* Keeps the paths that the manifest does not have. Both orders are bytewise. */
static void keep_new(const struct rr_manifest *m, struct paths *paths)
{
    char **known = rr_malloc(m->n_files * sizeof *known);
    for (uint32_t i = 0; i < m->n_files; i++)
        known[i] = m->files[i].path;
    qsort(known, m->n_files, sizeof *known, compare_paths);
    size_t kept = 0;
    for (size_t i = 0; i < paths->n; i++)
        if (!holds(known, m->n_files, paths->path[i]))
            paths->path[kept++] = paths->path[i];
    paths->n = kept;
    free(known);
}

/* Refuses a new path to a file that was read under another before: its usage would count twice. */
static int check_distinct(const struct rr_state *state, const struct paths *paths,
                          struct rr_error *err)
{
    const struct rr_manifest *m = state->manifest;
    const char **all = rr_malloc((m->n_files + paths->n) * sizeof *all);
    size_t n = 0;
    for (uint32_t i = 0; i < m->n_files; i++)
        if (m->files[i].path[0] != '\0')
            all[n++] = m->files[i].path;
    for (size_t i = 0; i < paths->n; i++)
        all[n++] = paths->path[i];
    int result = rr_inputs_check_distinct(all, n, err);
    free(all);
    return result;
}

/* A state that was lost is only made anew when the command names all it had read. */
static int check_lost(const struct rr_state *state, const struct paths *paths, struct rr_error *err)
{
    for (uint32_t i = 0; state->lost && i < state->lost->n_files; i++)
        if (!holds(paths->path, paths->n, state->lost->files[i].path))
            return rr_fail(err, RR_EXIT_IO,
                           "%s: the state is damaged, and %s, which it had read, is not among the "
                           "inputs given; give all inputs, with --fresh",
                           state->dir, state->lost->files[i].path);
    return 0;
}

/* Finds out about this rank's share of the new files. */
static int find_out(const struct rr_comm *comm, const struct paths *paths, uint32_t first_file,
                    uint64_t split_bytes, char **mine, size_t *len, struct rr_error *err)
{
    for (size_t i = (size_t)comm->rank; i < paths->n; i += (size_t)comm->size) {
        struct found found = {.index = i};
        struct rr_split *splits = NULL;
        size_t n = 0;
        if (look(paths->path[i], &found.size, &found.mtime_ns, err) != 0 ||
            rr_csv_split(paths->path[i], first_file + (uint32_t)i, split_bytes, &splits, &n,
                         &found.facts, &found.scanned, err) != 0)
            return -1;
        found.n_splits = n;
        append(mine, len, &found, sizeof found);
        append(mine, len, splits, n * sizeof *splits);
        free(splits);
    }
    return 0;
}

static void add_found(struct rr_manifest *m, const char *path, const char *at)
{
    struct found found;
    memcpy(&found, at, sizeof found);
    at += sizeof found;
    uint32_t file = rr_manifest_add_file(m, path, found.size, found.mtime_ns);
    if (found.scanned) {
        m->files[file].has_digest = true;
        m->files[file].size = found.facts.size;
        m->files[file].digest = (struct rr_digest){found.facts.digest[0], found.facts.digest[1]};
    }
    for (uint64_t s = 0; s < found.n_splits; s++) {
        struct rr_split split;
        memcpy(&split, at + s * sizeof split, sizeof split);
        rr_manifest_add_split(m, &split);
    }
}

/* Collective. All ranks note the time of rank 0. */
static void begin_increment(struct rr_state *state)
{
    char when[RR_WHEN_TEXT] = "";
    time_t now = time(NULL);
    struct tm utc;
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    rr_comm_bcast(state->comm, when, sizeof when, 0);
    rr_increments_begin(state->manifest, when);
}

/* Collective. Adds the new files to every rank's manifest, in order of path. */
static int add_new(struct rr_state *state, const struct paths *paths, uint64_t split_bytes,
                   struct rr_error *err)
{
    struct rr_manifest *m = state->manifest;
    char *mine = NULL, *all = NULL;
    size_t len = 0, total = 0;
    int result = find_out(state->comm, paths, m->n_files, split_bytes, &mine, &len, err);
    result = rr_agree(state->comm, result, err);
    if (result == 0) {
        rr_comm_concat(state->comm, mine, len, &all, &total, NULL);
        const char **where = rr_calloc(paths->n, sizeof *where);
        for (size_t at = 0; at < total;) {
            struct found found;
            memcpy(&found, all + at, sizeof found);
            where[found.index] = all + at;
            at += sizeof found + found.n_splits * sizeof(struct rr_split);
        }
        begin_increment(state);
        for (size_t i = 0; i < paths->n; i++)
            add_found(m, paths->path[i], where[i]);
        free(where);
    }
    free(mine);
    free(all);
    return result;
}

static int commit_new(struct rr_state *state, bool resolves_records, struct rr_error *err)
{
    struct rr_manifest *m = state->manifest;
    struct rr_changes none;
    if (resolves_records) {
        rr_manifest_drop_runs(m, RR_RUN_CELLS);
        rr_manifest_drop_runs(m, RR_RUN_CONFLICTS);
        rr_manifest_drop_runs(m, RR_RUN_REPAIRED);
        rr_increments_clear_resolved(m);
    }
    rr_changes_init(&none, m->resolved.n_meters);
    int result = rr_state_commit(state, &none, err);
    rr_changes_fini(&none);
    state->has_replaced |= resolves_records;
    return result;
}

int rr_intake(struct rr_state *state, char *const *given, int n_given, bool resolves_records,
              uint64_t split_bytes, struct rr_error *err)
{
    struct paths paths;
    if (expand(state->comm, given, n_given, &paths, err) != 0)
        return -1;
    int result = rr_agree(state->comm, check_lost(state, &paths, err), err);
    if (result == 0)
        result = check_files(state, &paths, err);
    keep_new(state->manifest, &paths);
    if (result == 0 && paths.n > 0 && state->comm->rank == 0)
        result = check_distinct(state, &paths, err);
    result = rr_agree(state->comm, result, err);
    if (result == 0 && paths.n > 0) {
        result = add_new(state, &paths, split_bytes, err);
        if (result == 0)
            result = commit_new(state, resolves_records, err);
    }
    fini_paths(&paths);
    return result;
}
