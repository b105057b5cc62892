/* Verifying: the order of checks, and what is said of them. */
#include "verify.h"

#include "../io/memory.h"
#include "command.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What has been found so far. */
struct report {
    json_t *checks;   /* with --json; else NULL */
    bool only_failed; /* is told, and on standard error */
    unsigned passed, failed, not_made;
    char names[RR_ERROR_TEXT / 2]; /* of the failed */
};

void rr_seen(struct rr_finding *f, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(f->seen, sizeof f->seen, format, arguments);
    va_end(arguments);
}

static void name_failed(struct report *r, const char *name, const char *subject)
{
    char item[128];
    size_t used = strlen(r->names);
    snprintf(item, sizeof item, "%s%s (%s)", used ? ", " : "", name, subject);
    if (used + strlen(item) < sizeof r->names)
        strcpy(r->names + used, item);
}

static void tell(struct report *r, const char *verdict, const char *name, const char *subject,
                 const char *text)
{
    if (r->only_failed) {
        if (strcmp(verdict, "FAILED") == 0)
            fprintf(stderr, "%-7s %s: %s: %s\n", verdict, name, subject, text);
    } else if (r->checks)
        json_array_append_new(r->checks, json_pack("{s:s, s:s, s:s, s:s}", "check", name, "of",
                                                   subject, "verdict", verdict, "text", text));
    else
        printf("%-7s %s: %s: %s\n", verdict, name, subject, text);
}

/* One line a check: what is in a text of a file must not begin another. */
static void flatten(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20)
            *text = ' ';
}

static void make_checks(struct report *r, struct rr_verify *v, const struct rr_verify_check *checks,
                        const char *subject)
{
    unsigned ground = 0;
    for (const struct rr_verify_check *check = checks; check->name; check++) {
        struct rr_finding f = {0};
        if ((check->needs & ~ground) != 0) {
            r->not_made++;
            tell(r, "-", check->name, subject, "not checked, for what failed above");
            continue;
        }
        if (check->run(v, &f) == 0) {
            r->passed++;
            ground |= check->gives;
            tell(r, "ok", check->name, subject, f.seen);
            continue;
        }
        r->failed++;
        name_failed(r, check->name, subject);
        flatten(f.err.text);
        tell(r, "FAILED", check->name, subject, f.err.text);
    }
}

static int only_results(const struct dirent *entry)
{
    return strlen(entry->d_name) >= 4 &&
           strspn(entry->d_name, "0123456789") == strlen(entry->d_name);
}

static void verify_result(struct report *r, struct rr_verify *v,
                          const struct rr_verify_check *checks, const char *name)
{
    char subject[300];
    snprintf(subject, sizeof subject, "results/%s", name);
    snprintf(v->result, sizeof v->result, "%s/%s", v->dir, subject);
    make_checks(r, v, checks, subject);
    json_decref(v->facts);
    json_decref(v->reconciliation);
    v->facts = v->reconciliation = NULL;
}

/* All results in the order of their numbers, then `latest` and how it moved. */
static void verify_results(struct report *r, struct rr_verify *v)
{
    static const struct rr_verify_check latest[] = {
        {"latest", 0, 0, rr_verify_latest}, {"history", 0, 0, rr_verify_history}, {0}};
    char path[RR_VERIFY_PATH];
    struct dirent **entries = NULL;
    snprintf(path, sizeof path, "%s/results", v->dir);
    int n = scandir(path, &entries, only_results, alphasort);
    for (int i = 0; i < n; i++) {
        verify_result(r, v, rr_result_checks, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    make_checks(r, v, latest, "results");
}

static bool is_there(const char *dir, const char *name)
{
    char path[RR_VERIFY_PATH];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return access(path, F_OK) == 0;
}

static int only_impacts(const struct dirent *entry)
{
    unsigned old, new;
    return sscanf(entry->d_name, "%u-%u", &old, &new) == 2;
}

/* What compares results, and what went out of them. */
static void verify_impacts(struct report *r, struct rr_verify *v)
{
    static const struct rr_verify_check issued[] = {{"issued", 0, 0, rr_verify_issued}, {0}};
    char path[RR_VERIFY_PATH], subject[300];
    struct dirent **entries = NULL;
    snprintf(path, sizeof path, "%s/impact", v->dir);
    int n = scandir(path, &entries, only_impacts, alphasort);
    for (int i = 0; i < n; i++) {
        snprintf(subject, sizeof subject, "impact/%s", entries[i]->d_name);
        snprintf(v->result, sizeof v->result, "%s/%s", v->dir, subject);
        make_checks(r, v, rr_impact_checks, subject);
        json_decref(v->facts);
        v->facts = NULL;
        free(entries[i]);
    }
    free(entries);
    if (is_there(v->dir, "issued"))
        make_checks(r, v, issued, "issued");
}

static void fini_verify(struct rr_verify *v)
{
    rr_verify_events_destroy(v->events);
    rr_manifest_destroy(v->newest);
    rr_manifest_destroy(v->before);
    rr_meters_destroy(v->meters);
    rr_calendar_destroy(v->calendar);
    rr_book_close(v->book);
    free(v->place_of);
}

static void print_summary(const struct report *r)
{
    if (r->checks == NULL) {
        printf("%u ok, %u failed%s", r->passed, r->failed, r->not_made ? "" : "\n");
        if (r->not_made)
            printf(", %u not checked\n", r->not_made);
        return;
    }
    json_t *out = json_pack("{s:i, s:i, s:i, s:O}", "ok", (int)r->passed, "failed", (int)r->failed,
                            "not_checked", (int)r->not_made, "checks", r->checks);
    char *text = json_dumps(out, JSON_COMPACT);
    rr_check(text != NULL, "a report that is no JSON");
    puts(text);
    free(text);
    json_decref(out);
}

/* Neither state nor result: there is nothing to prove, and likely the name is wrong. */
static int find_workspace(const char *dir, struct rr_error *err)
{
    struct stat facts;
    if (stat(dir, &facts) != 0)
        return rr_fail_errno(err, RR_EXIT_INPUT, dir, "workspace");
    if (!is_there(dir, "state/manifest.json") && !is_there(dir, "state/manifest.previous.json") &&
        !is_there(dir, "results/0001"))
        return rr_fail(err, RR_EXIT_INPUT, "%s: holds no state; `rerate run` makes one", dir);
    return 0;
}

static int end(const struct report *r, const struct rr_verify *v, struct rr_error *err)
{
    if (r->failed == 0)
        return 0;
    return rr_fail(err, RR_EXIT_DATA, "%s: %u checks failed: %s", v->dir, r->failed, r->names);
}

int rr_verify_result(const char *workspace, unsigned result, enum rr_verify_extent what,
                     unsigned *passed, struct rr_error *err)
{
    char name[16];
    struct rr_verify v = {.dir = workspace};
    struct report r = {.only_failed = true};
    if (find_workspace(workspace, err) != 0)
        return -1;
    snprintf(name, sizeof name, "%04u", result);
    if (what == RR_VERIFY_ALL)
        make_checks(&r, &v, rr_state_checks, "state");
    verify_result(&r, &v, what == RR_VERIFY_ALL ? rr_result_checks : rr_result_file_checks, name);
    fini_verify(&v);
    *passed = r.passed;
    return end(&r, &v, err);
}

int rr_command_verify(const struct rr_comm *comm, const struct rr_arguments *arguments,
                      struct rr_error *err)
{
    (void)comm;
    struct rr_verify v = {.dir = arguments->workspace, .need_inputs = arguments->need_inputs};
    struct report r = {.checks = arguments->billing.json ? json_array() : NULL};
    if (find_workspace(v.dir, err) != 0)
        return -1;
    make_checks(&r, &v, rr_state_checks, "state");
    verify_results(&r, &v);
    verify_impacts(&r, &v);
    print_summary(&r);
    fflush(stdout);
    json_decref(r.checks);
    fini_verify(&v);
    return end(&r, &v, err);
}
