/* `rerate status`: what a workspace holds, and how far a run in it is. */
#include "command.h"

#include "../io/commit.h"
#include "../io/memory.h"
#include "../runtime/state.h"
#include "result.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

struct status {
    uint64_t files, files_done, runs, run_bytes, records;
    unsigned latest;
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

static void collect(struct status *s, const char *dir, const struct rr_manifest *m)
{
    char path[4096];
    *s = (struct status){.latest = rr_result_latest(dir), .running = is_running(dir)};
    snprintf(path, sizeof path, "%s/state/progress.json", dir);
    if (s->running)
        s->progress = json_load_file(path, 0, NULL);
    if (m == NULL)
        return;
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
}

static void print_json(const struct status *s, const char *dir)
{
    json_t *out = json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:i, s:b, s:O?}", "workspace", dir,
                            "files", (json_int_t)s->files, "files_read", (json_int_t)s->files_done,
                            "records", (json_int_t)s->records, "runs", (json_int_t)s->runs,
                            "state_bytes", (json_int_t)s->run_bytes, "latest", (int)s->latest,
                            "running", s->running, "progress", s->progress);
    char *text = json_dumps(out, JSON_COMPACT);
    rr_check(text != NULL, "a status that is no JSON");
    puts(text);
    free(text);
    json_decref(out);
}

static void print_text(const struct status *s, const char *dir)
{
    printf("state     %llu of %llu inputs read, %llu records, %llu runs, %llu bytes\n",
           (unsigned long long)s->files_done, (unsigned long long)s->files,
           (unsigned long long)s->records, (unsigned long long)s->runs,
           (unsigned long long)s->run_bytes);
    if (s->latest > 0)
        printf("result    %s/results/%04u\n", dir, s->latest);
    else
        printf("result    none yet\n");
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
    collect(&status, arguments->workspace, m);
    if (arguments->billing.json)
        print_json(&status, arguments->workspace);
    else
        print_text(&status, arguments->workspace);
    json_decref(status.progress);
    rr_manifest_destroy(m);
    return 0;
}
