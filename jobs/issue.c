/* Issuing. */
#include "issue.h"

#include "../io/commit.h"
#include "../io/memory.h"
#include "../io/text_file.h"
#include "booked.h"
#include "command.h"
#include "compared.h"
#include "history.h"
#include "impact_folder.h"
#include "issued.h"
#include "own_digest.h"

#include <stdio.h>
#include <string.h>

#define MAKING ".making"

struct issue {
    const struct rr_issue_options *options;
    struct rr_lock lock;  /* of impacts and what is issued */
    struct rr_lock state; /* of the workspace, for its history */
    struct rr_issued issued;
    struct rr_booked booked;      /* the impact whose corrections go out; no name: none do */
    struct rr_result_facts facts; /* of the result that goes out; no number: corrections alone */
    json_t *periods;              /* that are from then on those of the result */
    unsigned number;              /* of the entry */
};

/* ---- what goes out ---- */

/* Which of the result's periods are new, or, beside corrections, all that are open. */
static bool goes_out(const struct issue *i, const char *period)
{
    unsigned owner = rr_issued_owner(&i->issued, rr_text_of(period));
    if (i->options->through && strcmp(period, i->options->through) > 0)
        return false;
    if (i->booked.name[0] != '\0')
        return strcmp(period, i->booked.closed_through) > 0 && owner != i->facts.number;
    return owner == 0;
}

static int choose_periods(struct issue *i, struct rr_error *err)
{
    const json_t *said = json_object_get(i->facts.json, "periods");
    const char *first = json_string_value(json_object_get(said, "from"));
    const char *last = json_string_value(json_object_get(said, "to"));
    enum rr_period kind, asked;
    int32_t from, to;
    if (first == NULL || last == NULL)
        return 0; /* it rates none */
    if (!rr_period_kind_of(rr_text_of(first), &kind) || !rr_period_parse(kind, first, &from) ||
        !rr_period_parse(kind, last, &to))
        return rr_fail(err, RR_EXIT_DATA, "%s/run.json: has periods that are none", i->facts.dir);
    if (i->options->through &&
        (!rr_period_kind_of(rr_text_of(i->options->through), &asked) || asked != kind))
        return rr_fail(err, RR_EXIT_USAGE, "--through %s: this book's periods are written like %s",
                       i->options->through, first);
    for (int32_t p = from; p <= to; p++) {
        char period[RR_PERIOD_TEXT];
        rr_period_format(kind, p, period);
        if (goes_out(i, period))
            json_array_append_new(i->periods, json_string(period));
    }
    return 0;
}

static int choose_result(struct issue *i, struct rr_error *err)
{
    const char *workspace = i->options->workspace;
    unsigned number = rr_result_number(workspace, i->options->name, err);
    if (number == 0 || rr_issuable(workspace, number, &i->facts, err) != 0 ||
        rr_booked_find(workspace, number, &i->issued, &i->booked, err) != 0)
        return -1;
    return choose_periods(i, err);
}

static int choose(struct issue *i, struct rr_error *err)
{
    const char *workspace = i->options->workspace;
    struct rr_result_facts facts = {0};
    if (strchr(i->options->name, '-') == NULL)
        return choose_result(i, err);
    if (i->options->through)
        return rr_fail(err, RR_EXIT_USAGE,
                       "--through says how much of a result goes out; corrections go out whole");
    if (rr_booked_open(workspace, i->options->name, &i->issued, &i->booked, err) != 0 ||
        rr_issuable(workspace, i->booked.new, &facts, err) != 0)
        return -1;
    rr_result_facts_fini(&facts);
    return 0;
}

/* ---- the entry ---- */

/* What the invoices of these periods come to, by currency and period. */
static json_t *invoices_json(const struct issue *i, struct rr_error *err)
{
    char path[RR_RESULT_PATH + 64], *text;
    size_t len, at, p;
    json_t *total, *period, *out = json_array();
    snprintf(path, sizeof path, "%s/reconciliation.json", i->facts.dir);
    if (rr_read_file(path, &text, &len, err) != 0) {
        json_decref(out);
        return NULL;
    }
    json_t *said = json_loadb(text, len, 0, NULL);
    free(text);
    json_array_foreach(json_object_get(said, "totals"), at, total)
    {
        json_array_foreach(i->periods, p, period)
        {
            if (json_equal(json_object_get(total, "period"), period))
                json_array_append_new(out, json_pack("{s:O, s:O, s:O}", "currency",
                                                     json_object_get(total, "currency"), "period",
                                                     period, "amount",
                                                     json_object_get(total, "amount")));
        }
    }
    json_decref(said);
    return out;
}

static void set_result(json_t *out, const struct issue *i, json_t *invoices,
                       struct rr_digest digest)
{
    char name[16], text[RR_DIGEST_TEXT];
    snprintf(name, sizeof name, "%04u", i->facts.number);
    rr_digest_format(digest, text);
    json_object_set_new(out, "result", json_string(name));
    json_object_set_new(out, "run", json_string(text));
    json_object_set(out, "periods", i->periods);
    json_object_set_new(out, "invoices", invoices);
}

/* An entry depends on what goes out and on the entry before alone. */
static json_t *entry_json(const struct issue *i, struct rr_error *err)
{
    char path[RR_RESULT_PATH + 64], text[RR_DIGEST_TEXT];
    json_t *out = json_pack("{s:s, s:s}", "rerate", RR_VERSION, "digest", "xxh3-128");
    rr_digest_format(i->issued.last, text);
    json_object_set_new(out, "previous", i->issued.n > 0 ? json_string(text) : json_null());
    if (i->facts.number > 0) {
        struct rr_digest digest;
        uint64_t size;
        snprintf(path, sizeof path, "%s/run.json", i->facts.dir);
        json_t *invoices =
            rr_digest_file(path, &size, &digest, err) == 0 ? invoices_json(i, err) : NULL;
        if (invoices == NULL) {
            json_decref(out);
            return NULL;
        }
        set_result(out, i, invoices, digest);
    }
    if (i->booked.name[0] != '\0')
        rr_booked_describe(&i->booked, out);
    return out;
}

static int write_entry(const struct issue *i, const char *making, struct rr_error *err)
{
    char path[RR_ISSUED_PATH];
    if (rr_remove_dir(making, err) != 0 || rr_make_dir(making, err) != 0)
        return -1;
    snprintf(path, sizeof path, "%s/corrections.csv", making);
    if (rr_booked_any(&i->booked) && rr_booked_copy(&i->booked, path, err) != 0)
        return -1;
    json_t *entry = entry_json(i, err);
    if (entry == NULL)
        return -1;
    char *text = rr_own_digest_format(entry);
    json_decref(entry);
    snprintf(path, sizeof path, "%s/issue.json", making);
    int result = rr_commit_bytes(path, text, strlen(text), err);
    free(text);
    return result == 0 ? rr_sync_dir(making, err) : -1;
}

/* Nothing goes out without a line of it: after a crash there may be one for an entry that never was. */
static int tell_history(const struct issue *i, struct rr_error *err)
{
    char entry[16];
    snprintf(entry, sizeof entry, "%04u", i->number);
    json_t *more = json_pack("{s:s, s:O}", "entry", entry, "periods", i->periods);
    if (rr_booked_any(&i->booked))
        json_object_set_new(more, "impact", json_string(i->booked.name));
    unsigned result = i->facts.number ? i->facts.number : i->booked.new;
    return rr_history_add(i->options->workspace, RR_MOVE_ISSUE, 0, result, more, err);
}

/* The entry appears whole. */
static int appear(struct issue *i, struct rr_error *err)
{
    char making[RR_ISSUED_PATH - 32], final[RR_ISSUED_PATH];
    snprintf(making, sizeof making, "%s/" MAKING, i->issued.dir);
    i->number = i->issued.n + 1;
    snprintf(final, sizeof final, "%s/%04u", i->issued.dir, i->number);
    if (write_entry(i, making, err) != 0 || rr_lock_check(&i->lock, err) != 0 ||
        tell_history(i, err) != 0)
        return -1;
    if (rename(making, final) != 0)
        return rr_fail_errno(err, RR_EXIT_CREATE, final, "rename");
    return rr_sync_dir(i->issued.dir, err);
}

/* ---- what is said ---- */

static void print_periods(const struct issue *i)
{
    size_t n = json_array_size(i->periods);
    if (n == 0)
        return;
    const char *first = json_string_value(json_array_get(i->periods, 0));
    const char *last = json_string_value(json_array_get(i->periods, n - 1));
    if (n == 1)
        printf("issued    %s as results/%04u has it\n", first, i->facts.number);
    else
        printf("issued    %zu periods, %s to %s, as results/%04u has them\n", n, first, last,
               i->facts.number);
}

static void print_text(const struct issue *i)
{
    print_periods(i);
    if (rr_booked_any(&i->booked))
        printf("issued    %lld corrections of impact/%s, booked in %s\n", i->booked.rows,
               i->booked.name, i->booked.book_in);
    if (i->number == 0)
        printf("nothing to issue: all of it went out before\n");
    else
        printf("entry     %s/%04u\n", i->issued.dir, i->number);
}

static void print_json(const struct issue *i)
{
    char entry[16];
    snprintf(entry, sizeof entry, "%04u", i->number);
    json_t *out = json_pack("{s:s, s:o, s:O, s:I}", "workspace", i->options->workspace, "entry",
                            i->number ? json_string(entry) : json_null(), "periods", i->periods,
                            "corrections", (json_int_t)i->booked.rows);
    char *text = json_dumps(out, JSON_COMPACT);
    rr_check(text != NULL, "a summary that is no JSON");
    puts(text);
    free(text);
    json_decref(out);
}

static int issue(struct issue *i, struct rr_error *err)
{
    if (rr_impact_lock(i->options->workspace, &i->lock, err) != 0 ||
        rr_lock_take(&i->state, i->options->workspace, err) != 0 ||
        rr_issued_read(i->options->workspace, &i->issued, err) != 0 || choose(i, err) != 0)
        return -1;
    bool any = json_array_size(i->periods) > 0 || rr_booked_any(&i->booked);
    if (any && appear(i, err) != 0)
        return -1;
    if (i->options->json)
        print_json(i);
    else
        print_text(i);
    fflush(stdout);
    return 0;
}

int rr_issue_run(const struct rr_issue_options *options, struct rr_error *err)
{
    struct issue i = {.options = options, .lock.fd = -1, .state.fd = -1, .periods = json_array()};
    int result = issue(&i, err);
    rr_result_facts_fini(&i.facts);
    rr_issued_fini(&i.issued);
    json_decref(i.periods);
    rr_lock_release(&i.state);
    rr_lock_release(&i.lock);
    return result;
}

int rr_command_issue(const struct rr_comm *comm, const struct rr_arguments *a, struct rr_error *err)
{
    (void)comm;
    if (a->n_rest != 1)
        return rr_fail(err, RR_EXIT_USAGE,
                       "issue wants one result, or an impact; see `rerate issue --help`");
    const struct rr_issue_options options = {.workspace = a->workspace,
                                             .name = a->rest[0],
                                             .through = a->through,
                                             .json = a->billing.json};
    return rr_issue_run(&options, err);
}
