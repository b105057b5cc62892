/* Approval: `publish` and `rollback` move `latest` to a result that is there already.
 *
 * Both hold the lock of the workspace, prove what they move to, and write a line of history before they do.
 */
#include "../io/memory.h"
#include "../runtime/lock.h"
#include "command.h"
#include "invoice_delta.h"
#include "latest.h"
#include "verify.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct approval {
    const char *workspace;
    bool json;
    struct rr_lock lock;
    struct rr_delta_bound bound;
    const char *bound_text; /* NULL: none */
    unsigned latest;
    struct rr_result_facts from, to; /* without JSON: none */
    unsigned checks;                 /* that held */
    struct rr_invoice_delta delta;
    bool compared;
};

/* A workspace is not made by looking for one. */
static int find_results(const char *workspace, struct rr_error *err)
{
    char path[4096];
    struct stat facts;
    snprintf(path, sizeof path, "%s/results", workspace);
    if (stat(path, &facts) == 0)
        return 0;
    return rr_fail(err, RR_EXIT_INPUT, "%s: holds no results; `rerate run` makes one", workspace);
}

static int begin(struct approval *a, const struct rr_arguments *arguments, struct rr_error *err)
{
    *a = (struct approval){.workspace = arguments->workspace,
                           .json = arguments->billing.json,
                           .bound_text = arguments->max_delta,
                           .lock.fd = -1};
    if (find_results(a->workspace, err) != 0 || rr_lock_take(&a->lock, a->workspace, err) != 0)
        return -1;
    a->latest = rr_result_latest(a->workspace);
    return 0;
}

static void end(struct approval *a)
{
    rr_invoice_delta_fini(&a->delta);
    rr_result_facts_fini(&a->from);
    rr_result_facts_fini(&a->to);
    rr_lock_release(&a->lock);
}

/* What a move comes to, as one JSON object; `move` has what the history has of it. */
static void print_json(const struct approval *a, bool moved, json_t *move)
{
    char names[2][16];
    snprintf(names[0], sizeof names[0], "%04u", a->latest);
    snprintf(names[1], sizeof names[1], "%04u", a->to.number);
    json_t *out = json_pack("{s:s, s:s?, s:s, s:b}", "workspace", a->workspace, "from",
                            a->latest > 0 ? names[0] : NULL, "result", names[1], "moved", moved);
    json_object_update(out, move);
    char *text = json_dumps(out, JSON_COMPACT);
    rr_check(text != NULL, "a move that is no JSON");
    puts(text);
    free(text);
    json_decref(out);
}

static void print_latest(const struct approval *a)
{
    char before[64] = "";
    if (a->latest > 0)
        snprintf(before, sizeof before, ", which named %04u", a->latest);
    printf("latest    %s/results/%04u%s\n", a->workspace, a->to.number, before);
}

/* Moves `latest` to `a->to`, and says so. `move` is what the history is told of it. */
static int move_latest(struct approval *a, enum rr_move kind, json_t *move, struct rr_error *err)
{
    if (rr_lock_check(&a->lock, err) != 0 ||
        rr_latest_move(a->workspace, kind, a->to.number, json_incref(move), err) != 0)
        return -1;
    if (a->json)
        print_json(a, true, move);
    else
        print_latest(a);
    return 0;
}

static int stays(const struct approval *a)
{
    if (a->json)
        print_json(a, false, NULL);
    else
        printf("latest    %s/results/%04u (it stands)\n", a->workspace, a->to.number);
    return 0;
}

/* ---- publish ---- */

static int read_bound(struct approval *a, struct rr_error *err)
{
    if (a->bound_text == NULL || rr_delta_bound_parse(a->bound_text, &a->bound))
        return 0;
    return rr_fail(err, RR_EXIT_USAGE,
                   "--max-delta %s: wants an amount, as 250 or 99.95, or a percentage, as 0.5%%",
                   a->bound_text);
}

static int refuse_what_if(const struct approval *a, struct rr_error *err)
{
    if (!a->to.what_if)
        return 0;
    return rr_fail(
        err, RR_EXIT_USAGE,
        "%s: only says what would be; to publish what this book makes: `rerate rate -w %s "
        "--stage BOOK`, then `rerate publish`",
        a->to.dir, a->workspace);
}

static int read_result(struct approval *a, const char *name, struct rr_error *err)
{
    unsigned number = rr_result_number(a->workspace, name, err);
    if (number == 0 || rr_result_facts_read(a->workspace, number, &a->to, err) != 0)
        return -1;
    return refuse_what_if(a, err);
}

/* Says for each currency how invoices change. */
static void print_delta(const struct approval *a)
{
    char net[RR_SUM_TEXT], moved[RR_SUM_TEXT], greatest[RR_SUM_TEXT];
    for (int i = 0; i < a->delta.n; i++) {
        const struct rr_currency_delta *c = &a->delta.currency[i];
        struct rr_sum sum = rr_currency_net(c), most = {0};
        rr_sum_add(&most, c->greatest);
        rr_currency_delta_format(c, &sum, net);
        rr_currency_delta_format(c, &c->moved, moved);
        rr_currency_delta_format(c, &most, greatest);
        printf("delta     %s %s in sum, %s up and down, %llu of %llu invoices change", net,
               c->currency, moved, (unsigned long long)c->changed, (unsigned long long)c->invoices);
        if (c->account)
            printf("; the most: %s, %s: %s", c->account, c->period, greatest);
        putchar('\n');
    }
}

static int refuse_delta(const struct approval *a, const struct rr_currency_delta *c,
                        struct rr_error *err)
{
    char net[RR_SUM_TEXT], moved[RR_SUM_TEXT];
    struct rr_sum sum = rr_currency_net(c);
    rr_currency_delta_format(c, &sum, net);
    rr_currency_delta_format(c, &c->moved, moved);
    return rr_fail(
        err, RR_EXIT_DATA,
        "%s: moves %s %s up and down (%s in sum, on %llu invoices), more than --max-delta "
        "%s; `latest` stays. `rerate impact` tells what changes; a greater bound lets it "
        "pass",
        a->to.dir, moved, c->currency, net, (unsigned long long)c->changed, a->bound_text);
}

/* How invoices change against `latest`, as that was published. */
static int read_delta(struct approval *a, struct rr_error *err)
{
    unsigned checks;
    if (a->latest > 0 &&
        (rr_verify_result(a->workspace, a->latest, RR_VERIFY_FILES, &checks, err) != 0 ||
         rr_result_facts_read(a->workspace, a->latest, &a->from, err) != 0))
        return -1;
    return rr_invoice_delta_read(a->latest > 0 ? &a->from : NULL, &a->to, &a->delta, err);
}

/* Without a bound a damaged `latest` is no reason to keep it. */
static int check_delta(struct approval *a, struct rr_error *err)
{
    a->compared = read_delta(a, err) == 0;
    if (!a->compared && a->bound_text)
        return -1;
    if (!a->compared)
        fprintf(stderr, "rerate: not compared with what `latest` names now: %s\n", err->text);
    const struct rr_currency_delta *c =
        a->bound_text ? rr_delta_bound_broken(&a->bound, &a->delta) : NULL;
    return c ? refuse_delta(a, c, err) : 0;
}

static json_t *publication(const struct approval *a)
{
    return json_pack("{s:i, s:s?, s:o}", "checks", (int)a->checks, "max_delta", a->bound_text,
                     "delta", a->compared ? rr_invoice_delta_json(&a->delta) : json_null());
}

static int publish(struct approval *a, const char *name, struct rr_error *err)
{
    if (read_bound(a, err) != 0 || read_result(a, name, err) != 0)
        return -1;
    if (a->to.number == a->latest)
        return stays(a);
    if (rr_verify_result(a->workspace, a->to.number, RR_VERIFY_ALL, &a->checks, err) != 0 ||
        check_delta(a, err) != 0)
        return -1;
    if (!a->json) {
        printf("verified  %u checks of the state and of %s\n", a->checks, a->to.dir);
        print_delta(a);
    }
    json_t *move = publication(a);
    int result = move_latest(a, RR_MOVE_PUBLISH, move, err);
    json_decref(move);
    return result;
}

int rr_command_publish(const struct rr_comm *comm, const struct rr_arguments *arguments,
                       struct rr_error *err)
{
    struct approval a;
    (void)comm;
    if (arguments->n_rest != 1)
        return rr_fail(err, RR_EXIT_USAGE,
                       "publish wants one result, as 0002; `rerate status -w %s` lists them",
                       arguments->workspace);
    int result = begin(&a, arguments, err);
    if (result == 0)
        result = publish(&a, arguments->rest[0], err);
    end(&a);
    return result;
}

/* ---- rollback ---- */

/* The name of what `latest` named before. */
static int choose_before(const struct approval *a, char name[16], struct rr_error *err)
{
    struct rr_history history;
    if (rr_latest_history(a->workspace, &history, err) != 0)
        return -1;
    unsigned before = rr_history_before(&history);
    snprintf(name, 16, "%04u", before);
    rr_history_fini(&history);
    if (before > 0)
        return 0;
    return rr_fail(
        err, RR_EXIT_USAGE,
        "%s/history.log: knows of nothing that `latest` named before; `rerate publish -w "
        "%s RESULT` moves it to any result",
        a->workspace, a->workspace);
}

static int must_have_been_published(const struct approval *a, struct rr_error *err)
{
    struct rr_history history;
    if (rr_history_read(a->workspace, &history, err) != 0)
        return -1;
    bool published = rr_history_published(&history, a->to.number);
    rr_history_fini(&history);
    if (published)
        return 0;
    return rr_fail(err, RR_EXIT_USAGE,
                   "%s: was never published, so there is no way back to it; `rerate publish -w %s "
                   "%04u` publishes it",
                   a->to.dir, a->workspace, a->to.number);
}

static int roll_back(struct approval *a, const char *name, struct rr_error *err)
{
    char before[16];
    if (name == NULL && choose_before(a, before, err) != 0)
        return -1;
    if (read_result(a, name ? name : before, err) != 0)
        return -1;
    if (a->to.number == a->latest)
        return stays(a);
    if (must_have_been_published(a, err) != 0 ||
        rr_verify_result(a->workspace, a->to.number, RR_VERIFY_FILES, &a->checks, err) != 0)
        return -1;
    return move_latest(a, RR_MOVE_ROLLBACK, NULL, err);
}

int rr_command_rollback(const struct rr_comm *comm, const struct rr_arguments *arguments,
                        struct rr_error *err)
{
    struct approval a;
    (void)comm;
    if (arguments->n_rest > 1)
        return rr_fail(err, RR_EXIT_USAGE, "rollback wants one result, or none");
    int result = begin(&a, arguments, err);
    if (result == 0)
        result = roll_back(&a, arguments->n_rest ? arguments->rest[0] : NULL, err);
    end(&a);
    return result;
}
