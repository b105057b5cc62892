/* The state of a workspace. */
#include "state.h"

#include "../io/commit.h"
#include "../io/memory.h"
#include "../io/runfile.h"
#include "increments.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATH = 4096 };

void rr_changes_init(struct rr_changes *c, int n_meters)
{
    *c = (struct rr_changes){0};
    rr_tally_init(&c->resolved, n_meters);
}

void rr_changes_fini(struct rr_changes *c)
{
    free(c->runs);
    free(c->progress);
    rr_input_parts_fini(&c->inputs);
    rr_tally_fini(&c->resolved);
}

void rr_changes_add_run(struct rr_changes *c, const struct rr_run_entry *run)
{
    c->runs = rr_realloc(c->runs, (c->n_runs + 1) * sizeof *c->runs);
    c->runs[c->n_runs++] = *run;
}

void rr_changes_add_progress(struct rr_changes *c, const struct rr_split_progress *progress)
{
    c->progress = rr_realloc(c->progress, (c->n_progress + 1) * sizeof *c->progress);
    c->progress[c->n_progress++] = *progress;
}

static void manifest_path(const char *dir, bool previous, char path[PATH])
{
    snprintf(path, PATH, "%s/state/manifest%s.json", dir, previous ? ".previous" : "");
}

void rr_state_run_path(const struct rr_state *state, const char *name, char path[PATH])
{
    snprintf(path, PATH, "%s/state/runs/%s", state->dir, name);
}

void rr_state_new_run(struct rr_state *state, enum rr_run_kind kind, struct rr_run_entry *entry,
                      char path[PATH])
{
    uint32_t increment = state->manifest->n_increments;
    *entry = (struct rr_run_entry){.kind = kind,
                                   .high = UINT64_MAX,
                                   .first_increment = increment,
                                   .last_increment = increment};
    snprintf(entry->name, sizeof entry->name, "%s-%s-%d-%u.h5", rr_run_kind_name(kind),
             state->run_id, state->comm->rank, state->sequence++);
    rr_state_run_path(state, entry->name, path);
}

static struct rr_manifest *load(const char *dir, bool previous, struct rr_error *err)
{
    char path[PATH], *text;
    size_t len;
    manifest_path(dir, previous, path);
    if (rr_read_file(path, &text, &len, err) != 0)
        return NULL;
    struct rr_manifest *m = rr_manifest_parse(path, text, len, err);
    free(text);
    return m;
}

static bool exists(const char *dir, bool previous)
{
    char path[PATH];
    manifest_path(dir, previous, path);
    return access(path, F_OK) == 0;
}

struct rr_manifest *rr_state_look_at(const char *dir, bool previous, bool *there,
                                     struct rr_error *err)
{
    *there = exists(dir, previous);
    return *there ? load(dir, previous, err) : NULL;
}

struct rr_manifest *rr_state_look(const char *dir, struct rr_error *err)
{
    if (!exists(dir, false) && !exists(dir, true)) {
        rr_fail(err, RR_EXIT_INPUT, "%s: holds no state; `rerate run` makes one", dir);
        return NULL;
    }
    struct rr_manifest *m = load(dir, false, err);
    return m ? m : load(dir, true, err);
}

/* Collective. Checks all runs, dealt out over the ranks. */
static int check_runs(const struct rr_state *state, const struct rr_manifest *m,
                      struct rr_error *err)
{
    int result = 0;
    for (uint32_t i = 0; i < m->n_runs && result == 0; i++) {
        char path[PATH];
        if ((int)(i % (uint32_t)state->comm->size) != state->comm->rank)
            continue;
        rr_state_run_path(state, m->runs[i].name, path);
        result = rr_run_check(path, m->runs[i].bytes, m->runs[i].digest, err);
    }
    return rr_agree(state->comm, result, err);
}

/* Collective. Loads one generation on every rank and checks its runs. */
static int try_generation(struct rr_state *state, bool previous, struct rr_error *err)
{
    struct rr_manifest *m = load(state->dir, previous, err);
    int result = rr_agree(state->comm, m ? 0 : -1, err);
    if (result == 0)
        result = check_runs(state, m, err);
    if (result == 0) {
        state->manifest = m;
        return 0;
    }
    if (m && state->lost == NULL)
        state->lost = m;
    else
        rr_manifest_destroy(m);
    return -1;
}

static void say(const struct rr_state *state, const char *what, const struct rr_error *err)
{
    if (state->comm->rank == 0)
        fprintf(stderr, "rerate: %s; %s\n", err->text, what);
}

/* Collective. The newest good generation; -1 when there is one but none is good. */
static int load_newest(struct rr_state *state, struct rr_error *err)
{
    if (try_generation(state, false, err) == 0)
        return 0;
    if (rr_comm_max(state->comm, exists(state->dir, true)) == 0)
        return -1;
    say(state, "going back to the checkpoint before", err);
    state->newest_damaged = true;
    return try_generation(state, true, err);
}

static int prepare_dirs(const struct rr_state *state, struct rr_error *err)
{
    char path[PATH];
    snprintf(path, sizeof path, "%s/state/runs", state->dir);
    if (rr_make_dir(path, err) != 0)
        return -1;
    snprintf(path, sizeof path, "%s/results", state->dir);
    return rr_make_dir(path, err);
}

static int take_lock(struct rr_state *state, bool must_exist, struct rr_error *err)
{
    if (must_exist && !exists(state->dir, false) && !exists(state->dir, true))
        return rr_fail(err, RR_EXIT_INPUT, "%s: holds no state; `rerate run` makes one",
                       state->dir);
    if (prepare_dirs(state, err) != 0)
        return -1;
    return rr_lock_take(&state->lock, state->dir, err);
}

static int drop_manifests(const struct rr_state *state, struct rr_error *err)
{
    for (int previous = 0; previous <= 1; previous++) {
        char path[PATH];
        manifest_path(state->dir, previous, path);
        if (exists(state->dir, previous) && unlink(path) != 0)
            return rr_fail_errno(err, RR_EXIT_CREATE, path, "remove");
    }
    return 0;
}

static bool names_run(const struct rr_manifest *m, const char *name)
{
    for (uint32_t i = 0; m && i < m->n_runs; i++)
        if (strcmp(m->runs[i].name, name) == 0)
            return true;
    return false;
}

/* True when the generation before names a run that the newest does not. */
static bool has_replaced(const struct rr_manifest *newest, const struct rr_manifest *previous)
{
    for (uint32_t i = 0; previous && i < previous->n_runs; i++)
        if (!names_run(newest, previous->runs[i].name))
            return true;
    return false;
}

/* Removes runs that no generation names: what a crash left over, and what was replaced. */
static int remove_leftovers(struct rr_state *state, struct rr_error *err)
{
    char path[PATH];
    struct rr_error ignored;
    rr_check(!state->looks_back, "what looks back does not know all runs");
    struct rr_manifest *previous =
        exists(state->dir, true) ? load(state->dir, true, &ignored) : NULL;
    snprintf(path, sizeof path, "%s/state/runs", state->dir);
    DIR *dir = opendir(path);
    int result = dir ? 0 : rr_fail_errno(err, RR_EXIT_CREATE, path, "open directory");
    for (struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir)) {
        if (entry->d_name[0] == '.' || names_run(state->manifest, entry->d_name) ||
            names_run(previous, entry->d_name))
            continue;
        rr_state_run_path(state, entry->d_name, path);
        unlink(path);
    }
    if (dir)
        closedir(dir);
    state->has_replaced = has_replaced(state->manifest, previous);
    rr_manifest_destroy(previous);
    return result;
}

/* The first line in which two state texts differ. */
static void first_difference(const char *a, const char *b, char *out, size_t size)
{
    size_t line = 0;
    for (size_t i = 0; a[i] && a[i] == b[i]; i++)
        if (a[i] == '\n')
            line = i + 1;
    snprintf(out, size, "the state has '%.*s', the book '%.*s'", (int)strcspn(a + line, "\n"),
             a + line, (int)strcspn(b + line, "\n"), b + line);
}

static int check_state_text(const struct rr_state *state, const struct rr_state_options *options,
                            struct rr_error *err)
{
    const struct rr_manifest *m = state->manifest;
    if (strcmp(m->job, options->job) != 0)
        return rr_fail(err, RR_EXIT_BOOK, "%s: its state belongs to the job %s", state->dir,
                       m->job);
    if (strcmp(m->state_text, options->state_text) == 0)
        return 0;
    char difference[512];
    first_difference(m->state_text, options->state_text, difference, sizeof difference);
    return rr_fail(err, RR_EXIT_BOOK,
                   "%s: its state was made with other meters or another way to read usage (%s); "
                   "read the usage again with `rerate run --fresh`, or use another workspace",
                   state->dir, difference);
}

static int open_locked(struct rr_state *state, const struct rr_state_options *options,
                       struct rr_error *err)
{
    int result = 0;
    if (options->fresh && state->comm->rank == 0)
        result = drop_manifests(state, err);
    if (rr_agree(state->comm, result, err) != 0)
        return -1;
    bool there =
        rr_comm_max(state->comm, exists(state->dir, false) || exists(state->dir, true)) != 0;
    if (there && load_newest(state, err) != 0) {
        bool readable = rr_comm_sum(state->comm, state->lost == NULL) == 0;
        if (options->must_exist || !readable)
            return rr_fail_prefix(err,
                                  "%s: the state is damaged; make it anew with `rerate run "
                                  "--fresh` and all inputs",
                                  state->dir);
        say(state, "the state can't be used and is made anew from the inputs", err);
    } else if (state->lost) { /* the newest could not be used, but the one before can */
        rr_manifest_destroy(state->lost);
        state->lost = NULL;
    }
    if (state->manifest == NULL)
        state->manifest = rr_manifest_create(options->n_shards, options->job, options->state_text,
                                             options->n_meters);
    return check_state_text(state, options, err);
}

int rr_state_open(struct rr_state *state, const struct rr_comm *comm,
                  const struct rr_state_options *options, struct rr_error *err)
{
    *state = (struct rr_state){.comm = comm, .lock = {.fd = -1}};
    snprintf(state->dir, sizeof state->dir, "%s", options->dir);
    int result = comm->rank == 0 ? take_lock(state, options->must_exist, err) : 0;
    if (rr_agree(comm, result, err) != 0)
        return -1;
    memcpy(state->run_id, state->lock.id, sizeof state->run_id);
    rr_comm_bcast(comm, state->run_id, sizeof state->run_id, 0);
    result = open_locked(state, options, err);
    if (result == 0 && comm->rank == 0)
        result = remove_leftovers(state, err);
    if (rr_agree(comm, result, err) == 0)
        return 0;
    rr_state_close(state);
    return -1;
}

int rr_state_look_back(struct rr_state *state, uint32_t n, bool keeps_records, struct rr_error *err)
{
    uint32_t last = state->manifest->n_increments;
    if (rr_increments_look_back(state->manifest, n, keeps_records, err) != 0)
        return -1;
    state->looks_back = n < last;
    return 0;
}

/* Runs that were made while looking back are named by no manifest that is written. */
static void remove_looked_back(struct rr_state *state)
{
    struct rr_error ignored;
    struct rr_manifest *newest = load(state->dir, false, &ignored);
    if (newest == NULL)
        return;
    rr_manifest_destroy(state->manifest);
    state->manifest = newest;
    state->looks_back = false;
    remove_leftovers(state, &ignored);
}

void rr_state_close(struct rr_state *state)
{
    if (state->looks_back && state->comm->rank == 0)
        remove_looked_back(state);
    rr_manifest_destroy(state->manifest);
    rr_manifest_destroy(state->lost);
    state->manifest = NULL;
    state->lost = NULL;
    rr_lock_release(&state->lock);
}

/* Adds what all ranks counted of inputs. */
static void apply_inputs(struct rr_state *state, const struct rr_input_parts *mine)
{
    char *parts;
    size_t len;
    rr_comm_concat(state->comm, mine->bytes, mine->used, &parts, &len, NULL);
    for (size_t at = 0; at < len;) {
        struct rr_input_tally part;
        uint32_t file;
        at = rr_input_parts_next(parts, at, &file, &part);
        rr_input_tally_merge(&state->manifest->files[file].tally, &part);
        rr_input_tally_fini(&part);
    }
    free(parts);
}

/* Adds the changes of every rank, in order of rank, to this rank's copy of the manifest. */
static void apply(struct rr_state *state, const struct rr_changes *c)
{
    struct rr_manifest *m = state->manifest;
    char *runs, *progress;
    size_t runs_len, progress_len;
    rr_comm_concat(state->comm, c->runs, c->n_runs * sizeof *c->runs, &runs, &runs_len, NULL);
    rr_comm_concat(state->comm, c->progress, c->n_progress * sizeof *c->progress, &progress,
                   &progress_len, NULL);
    for (size_t at = 0; at < runs_len; at += sizeof(struct rr_run_entry)) {
        struct rr_run_entry run;
        memcpy(&run, runs + at, sizeof run);
        rr_manifest_add_run(m, &run);
    }
    for (size_t at = 0; at < progress_len; at += sizeof(struct rr_split_progress)) {
        struct rr_split_progress p;
        memcpy(&p, progress + at, sizeof p);
        struct rr_split_entry *split = &m->splits[p.split];
        split->next = p.next;
        split->next_record = p.next_record;
        split->done = p.done;
        if (p.has_facts) {
            struct rr_file_entry *file = &m->files[split->split.file];
            file->has_digest = true;
            file->size = p.facts.size;
            file->digest = (struct rr_digest){p.facts.digest[0], p.facts.digest[1]};
        }
    }
    free(runs);
    free(progress);
}

static void empty(struct rr_changes *c)
{
    c->n_runs = 0;
    c->n_progress = 0;
    c->inputs.used = 0;
    rr_tally_clear(&c->resolved);
}

static int sync_runs(const struct rr_state *state, const struct rr_changes *c, struct rr_error *err)
{
    for (uint32_t i = 0; i < c->n_runs; i++) {
        char path[PATH];
        rr_state_run_path(state, c->runs[i].name, path);
        if (rr_sync_file(path, err) != 0)
            return -1;
    }
    return 0;
}

/* Rank 0: the newest manifest becomes the previous one, the new one takes its place. There is a
 * whole manifest.json at every moment. */
static int write_manifest(struct rr_state *state, struct rr_error *err)
{
    char path[PATH], previous[PATH], runs[PATH];
    manifest_path(state->dir, false, path);
    manifest_path(state->dir, true, previous);
    snprintf(runs, sizeof runs, "%s/state/runs", state->dir);
    if (rr_lock_check(&state->lock, err) != 0 || rr_sync_dir(runs, err) != 0)
        return -1;
    if (!state->newest_damaged) {
        unlink(previous);
        if (access(path, F_OK) == 0 && link(path, previous) != 0)
            return rr_fail_errno(err, RR_EXIT_CREATE, previous, "link");
    }
    state->newest_damaged = false;
    char *text = rr_manifest_format(state->manifest);
    int result = rr_commit_bytes(path, text, strlen(text), err);
    free(text);
    return result;
}

int rr_state_commit(struct rr_state *state, struct rr_changes *c, struct rr_error *err)
{
    int result = state->looks_back ? 0 : sync_runs(state, c, err);
    if (rr_agree(state->comm, result, err) != 0)
        return -1;
    apply(state, c);
    apply_inputs(state, &c->inputs);
    rr_tally_combine(&c->resolved, state->comm);
    rr_increments_add_resolved(state->manifest, &c->resolved);
    rr_manifest_count(state->manifest);
    state->manifest->generation++;
    empty(c);
    if (state->looks_back)
        return 0;
    result = state->comm->rank == 0 ? write_manifest(state, err) : 0;
    if (result == 0 && state->has_replaced && state->comm->rank == 0)
        result = remove_leftovers(state, err);
    return rr_agree(state->comm, result, err);
}

int rr_state_replace(struct rr_state *state, const bool *marks, struct rr_changes *c,
                     struct rr_error *err)
{
    rr_manifest_drop_marked(state->manifest, marks);
    if (rr_state_commit(state, c, err) != 0)
        return -1;
    state->has_replaced = true;
    return 0;
}

static int compare_paths(const void *a, const void *b, void *manifest)
{
    const struct rr_manifest *m = manifest;
    return strcmp(m->files[*(const uint32_t *)a].path, m->files[*(const uint32_t *)b].path);
}

void rr_state_file_order(const struct rr_manifest *m, uint32_t **place, uint32_t **file_of)
{
    *place = rr_malloc(m->n_files * sizeof **place);
    *file_of = rr_malloc(m->n_files * sizeof **file_of);
    for (uint32_t i = 0; i < m->n_files; i++)
        (*file_of)[i] = i;
    qsort_r(*file_of, m->n_files, sizeof **file_of, compare_paths, (void *)(uintptr_t)m);
    for (uint32_t i = 0; i < m->n_files; i++) {
        uint32_t file = (*file_of)[i];
        (*place)[file] = m->files[file].path[0] == '\0' ? RR_NO_PLACE : i;
    }
}
