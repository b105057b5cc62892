/* `rerate status`: what a workspace holds, and how far a run in it is. */
#include "command.h"

#include "../io/commit.h"
#include "../io/memory.h"
#include "../runtime/state.h"
#include "latest.h"
#include "result_list.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* What came with one `run`. */
struct increment {
    const char *when;
    uint64_t files, records, quarantined;
};

struct status {
    uint64_t files, files_done, runs, run_bytes, records;
    struct increment *increments;
    uint32_t n_increments;
    unsigned latest;
    struct rr_result_list results;
    bool running;
    json_t *progress; /* of the run that lives, or NULL */
};

/* A run lives while its process holds the lock; only then is its progress worth showing. */
static bool is_running(const char *dir)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/lock", dir);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool running = flock(fd, LOCK_SH | LOCK_NB) != 0;
    close(fd);
    return running;
}

static void collect_increments(struct status *s, const struct rr_manifest *m)
{
    s->n_increments = m->n_increments;
    s->increments = rr_calloc(m->n_increments, sizeof *s->increments);
    for (uint32_t n = 0; n < m->n_increments; n++)
        s->increments[n].when = m->increments[n].when;
    for (uint32_t i = 0; i < m->n_files; i++) {
        const struct rr_file_entry *file = &m->files[i];
        struct increment *increment = &s->increments[file->increment - 1];
        if (file->path[0] == '\0')
            continue;
        increment->files++;
        increment->records += file->tally.read;
        for (int code = RR_ACCEPT + 1; code < RR_REJECT_CODES; code++)
            increment->quarantined += file->tally.quarantined[code];
    }
}

static int collect(struct status *s, const char *dir, const struct rr_manifest *m,
                   struct rr_error *err)
{
    char path[4096];
    *s = (struct status){.latest = rr_result_latest(dir), .running = is_running(dir)};
    if (rr_result_list_read(dir, &s->results, err) != 0)
        return -1;
    snprintf(path, sizeof path, "%s/state/progress.json", dir);
    if (s->running)
        s->progress = json_load_file(path, 0, NULL);
    if (m == NULL)
        return 0;
    collect_increments(s, m);
    s->runs = m->n_runs;
    s->records = m->ingested.read;
    for (uint32_t i = 0; i < m->n_files; i++) {
        if (m->files[i].path[0] == '\0')
            continue;
        s->files++;
        s->files_done += rr_manifest_file_done(m, i);
    }
    for (uint32_t i = 0; i < m->n_runs; i++)
        s->run_bytes += m->runs[i].bytes;
    return 0;
}

static json_t *increments_json(const struct status *s)
{
    json_t *out = json_array();
    for (uint32_t n = 0; n < s->n_increments; n++) {
        const struct increment *i = &s->increments[n];
        json_array_append_new(
            out, json_pack("{s:I, s:s, s:I, s:I, s:I}", "number", (json_int_t)n + 1, "when",
                           i->when, "files", (json_int_t)i->files, "records",
                           (json_int_t)i->records, "quarantined", (json_int_t)i->quarantined));
    }
    return out;
}

static json_t *results_json(const struct status *s)
{
    json_t *out = json_array();
    for (int i = 0; i < s->results.n; i++) {
        char name[16];
        snprintf(name, sizeof name, "%04u", s->results.result[i].number);
        json_array_append_new(out, json_pack("{s:s, s:s}", "result", name, "is",
                                             rr_standing_name(s->results.result[i].standing)));
    }
    return out;
}

static void print_json(const struct status *s, const char *dir)
{
    json_t *out =
        json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:i, s:o, s:b, s:O?, s:o}", "workspace", dir,
                  "files", (json_int_t)s->files, "files_read", (json_int_t)s->files_done, "records",
                  (json_int_t)s->records, "runs", (json_int_t)s->runs, "state_bytes",
                  (json_int_t)s->run_bytes, "latest", (int)s->latest, "results", results_json(s),
                  "running", s->running, "progress", s->progress, "increments", increments_json(s));
    char *text = json_dumps(out, JSON_COMPACT);
    rr_check(text != NULL, "a status that is no JSON");
    puts(text);
    free(text);
    json_decref(out);
}

/* `latest` first: it is what most look for. */
static void print_results(const struct status *s, const char *dir)
{
    if (s->latest > 0)
        printf("result    %s/results/%04u\n", dir, s->latest);
    else
        printf("result    none yet\n");
    for (int i = 0; i < s->results.n; i++) {
        const struct rr_listed_result *result = &s->results.result[i];
        const char *is = rr_standing_name(result->standing);
        if (result->standing != RR_STANDS_LATEST)
            printf("          %04u%s%s\n", result->number, *is ? " " : "", is);
    }
}

static void print_text(const struct status *s, const char *dir)
{
    printf("state     %llu of %llu inputs read, %llu records, %llu runs, %llu bytes\n",
           (unsigned long long)s->files_done, (unsigned long long)s->files,
           (unsigned long long)s->records, (unsigned long long)s->runs,
           (unsigned long long)s->run_bytes);
    for (uint32_t n = 0; n < s->n_increments; n++) {
        const struct increment *i = &s->increments[n];
        printf("increment %u: %s, %llu inputs, %llu records, %llu quarantined\n", n + 1, i->when,
               (unsigned long long)i->files, (unsigned long long)i->records,
               (unsigned long long)i->quarantined);
    }
    print_results(s, dir);
    if (!s->running) {
        printf("running   no\n");
        return;
    }
    json_int_t done = json_integer_value(json_object_get(s->progress, "done"));
    json_int_t total = json_integer_value(json_object_get(s->progress, "total"));
    const char *phase = json_string_value(json_object_get(s->progress, "phase"));
    printf("running   yes: %s", phase ? phase : "starting");
    if (total > 0)
        printf(", %lld of %lld bytes", (long long)done, (long long)total);
    putchar('\n');
}

int rr_command_status(const struct rr_comm *comm, const struct rr_arguments *arguments,
                      struct rr_error *err)
{
    (void)comm;
    struct status status;
    struct rr_manifest *m = rr_state_look(arguments->workspace, err);
    if (m == NULL && !is_running(arguments->workspace))
        return -1;
    int result = collect(&status, arguments->workspace, m, err);
    if (result == 0 && arguments->billing.json)
        print_json(&status, arguments->workspace);
    else if (result == 0)
        print_text(&status, arguments->workspace);
    json_decref(status.progress);
    free(status.increments);
    rr_result_list_fini(&status.results);
    rr_manifest_destroy(m);
    return result;
}
