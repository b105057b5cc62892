/* `rerate report`: one self-contained page about a result or an impact. */
#include "command.h"

#include "../io/commit.h"
#include "../io/memory.h"
#include "report_data.h"
#include "report_json.h"

#include <report_page.h>

#include <stdio.h>
#include <string.h>

struct subject {
    unsigned old; /* 0: a result */
    unsigned number;
};

/* "0001-0002", as the folders of impacts are named. */
static bool split_pair(const char *word, char old[16], char new[16])
{
    return sscanf(word, "%15[0-9]-%15[0-9]", old, new) == 2;
}

static int choose(const struct rr_arguments *a, struct subject *subject, struct rr_error *err)
{
    char old[16], new[16];
    const char *names[2] = {NULL, a->n_rest > 0 ? a->rest[a->n_rest - 1] : "latest"};
    if (a->n_rest > 2)
        return rr_fail(err, RR_EXIT_USAGE,
                       "report wants one result, or two of which there is an "
                       "impact; see `rerate report --help`");
    if (a->n_rest == 2)
        names[0] = a->rest[0];
    if (a->n_rest == 1 && split_pair(a->rest[0], old, new)) {
        names[0] = old;
        names[1] = new;
    }
    if (names[0] && (subject->old = rr_result_number(a->workspace, names[0], err)) == 0)
        return -1;
    subject->number = rr_result_number(a->workspace, names[1], err);
    return subject->number > 0 ? 0 : -1;
}

static void put_page(const json_t *data, struct rr_line *page)
{
    rr_line_put(page, rr_report_head, rr_report_head_bytes);
    rr_script_json(data, page);
    rr_line_put(page, rr_report_tail, rr_report_tail_bytes);
}

/* Where the page goes; makes the folder of those that are not asked for elsewhere. */
static int choose_path(const struct rr_arguments *a, const struct subject *subject,
                       char path[RR_RESULT_PATH], struct rr_error *err)
{
    if (a->output) {
        snprintf(path, RR_RESULT_PATH, "%s", a->output);
        return 0;
    }
    if (subject->old > 0) {
        snprintf(path, RR_RESULT_PATH, "%s/impact/%04u-%04u/report.html", a->workspace,
                 subject->old, subject->number);
        return 0;
    }
    snprintf(path, RR_RESULT_PATH, "%s/reports", a->workspace);
    if (rr_make_dir(path, err) != 0)
        return -1;
    snprintf(path, RR_RESULT_PATH, "%s/reports/%04u.html", a->workspace, subject->number);
    return 0;
}

int rr_command_report(const struct rr_comm *comm, const struct rr_arguments *a,
                      struct rr_error *err)
{
    (void)comm;
    struct subject subject = {0};
    struct rr_line page = {0};
    char path[RR_RESULT_PATH];
    if (choose(a, &subject, err) != 0)
        return -1;
    json_t *data = subject.old > 0
                       ? rr_report_impact(a->workspace, subject.old, subject.number, err)
                       : rr_report_result(a->workspace, subject.number, err);
    if (data == NULL)
        return -1;
    put_page(data, &page);
    json_decref(data);
    int result = choose_path(a, &subject, path, err);
    if (result == 0)
        result = rr_commit_bytes(path, page.bytes, page.used, err);
    rr_line_fini(&page);
    if (result == 0)
        printf("report    %s\n", path);
    return result;
}
