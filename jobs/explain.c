/* `rerate explain`: how the amounts of one account came to be. */
#include "explain.h"

#include "../io/memory.h"
#include "command.h"
#include "shown_name.h"

#include <stdio.h>
#include <string.h>

struct explain {
    const struct rr_arguments *arguments;
    struct rr_explain_view view;
    struct rr_result_facts facts[2]; /* of each side */
    struct rr_explained side[2];
    bool is_open[2];
    struct rr_explained middle;
    bool has_middle;
};

/* ---- which results ---- */

/* "0001-0002", as the folders of impacts are named. */
static bool split_pair(const char *word, char old[16], char new[16])
{
    char rest;
    return sscanf(word, "%15[0-9]-%15[0-9]%c", old, new, &rest) == 2;
}

static int read_facts(struct explain *x, int side, const char *name, struct rr_error *err)
{
    const char *workspace = x->arguments->workspace;
    unsigned number = rr_result_number(workspace, name, err);
    if (number == 0)
        return -1;
    x->view.side[side] = (struct rr_explain_side){number, &x->side[side]};
    x->view.n_sides = side + 1;
    return rr_result_facts_read(workspace, number, &x->facts[side], err);
}

static int choose(struct explain *x, struct rr_error *err)
{
    const struct rr_arguments *a = x->arguments;
    char old[16], new[16];
    const char *names[2] = {a->n_rest > 0 ? a->rest[0] : "latest",
                            a->n_rest > 1 ? a->rest[1] : NULL};
    if (a->account == NULL || a->n_rest > 2)
        return rr_fail(
            err, RR_EXIT_USAGE,
            "explain wants --account, and one result or two; see `rerate explain --help`");
    if (a->n_rest == 1 && split_pair(a->rest[0], old, new)) {
        names[0] = old;
        names[1] = new;
    }
    if (read_facts(x, 0, names[0], err) != 0)
        return -1;
    return names[1] ? read_facts(x, 1, names[1], err) : 0;
}

/* ---- rating again ---- */

static int open_side(struct explain *x, int side, struct rr_error *err)
{
    const struct rr_explained_terms terms = {.workspace = x->arguments->workspace,
                                             .account = x->view.account,
                                             .book = &x->facts[side],
                                             .usage = &x->facts[side]};
    x->is_open[side] = true;
    return rr_explained_open(&terms, &x->side[side], err);
}

static int open_middle(struct explain *x, struct rr_error *err)
{
    struct rr_span span;
    const struct rr_explained_terms terms = {.workspace = x->arguments->workspace,
                                             .account = x->view.account,
                                             .book = &x->facts[1],
                                             .usage = &x->facts[0],
                                             .span = &span};
    if (!rr_explained_middle_span(&x->facts[0], &x->facts[1], x->side[1].open.dealt, &span)) {
        x->view.no_effects = "the results were asked for other periods; `rerate impact` tells "
                             "effects of prices and usage apart";
        return 0;
    }
    x->has_middle = true;
    return rr_explained_open(&terms, &x->middle, err);
}

/* What the new book makes of the old usage: one of the two results, or rated as well. */
static int compare(struct explain *x, struct rr_error *err)
{
    const struct rr_told *told[RR_EXPLAIN_SIDES] = {x->side[0].told, x->side[1].told, NULL};
    if (rr_result_same_inputs(&x->facts[0], &x->facts[1]))
        told[RR_SIDE_MIDDLE] = x->side[1].told;
    else if (rr_result_same_book(&x->facts[0], &x->facts[1]))
        told[RR_SIDE_MIDDLE] = x->side[0].told;
    else if (open_middle(x, err) != 0)
        return -1;
    if (x->has_middle)
        told[RR_SIDE_MIDDLE] = x->middle.told;
    rr_explain_pairs_make(told, x->view.account, &x->view.pairs);
    return 0;
}

/* ---- what is not there ---- */

static bool is_empty(const struct explain *x)
{
    uint32_t n = 0;
    for (int s = 0; s < x->view.n_sides; s++)
        n += x->side[s].told->n_lines + x->side[s].told->n_unrated + x->side[s].told->n_withheld;
    return n == 0;
}

static bool shows_anything(const struct explain *x)
{
    bool any = false;
    for (int s = 0; s < x->view.n_sides; s++) {
        const struct rr_told *told = x->side[s].told;
        for (uint32_t i = 0; i < told->n_lines && !any; i++)
            any = rr_explain_shows_line(&x->view, &told->line[i].line);
        for (uint32_t i = 0; i < told->n_unrated && !any; i++)
            any = rr_explain_shows_unrated(&x->view, &told->unrated[i].row);
        for (uint32_t i = 0; i < told->n_withheld && !any; i++)
            any = rr_explain_shows_unrated(&x->view, &told->withheld[i].row);
    }
    return any;
}

static int refuse_account(const struct explain *x, struct rr_error *err)
{
    int last = x->view.n_sides - 1;
    const struct rr_explain_side *side = &x->view.side[last];
    if (x->side[last].has_deal)
        return rr_fail(err, RR_EXIT_INPUT,
                       "account '%.*s': result %04u has no line of it: it has a subscription or a "
                       "contract, but neither usage nor a fee in the periods of the result",
                       RR_SHOW(x->view.account), side->result);
    return rr_fail(
        err, RR_EXIT_INPUT,
        "account '%.*s': result %04u has neither a line nor usage of it. Names are compared byte "
        "by byte; lines.csv and unrated.csv in %s list those that there are",
        RR_SHOW(x->view.account), side->result, x->facts[last].dir);
}

/* Adds ", NAME" to a list, unless it is there. */
static void list(struct rr_line *names, struct rr_text name)
{
    struct rr_line entry = {0};
    rr_line_put(&entry, ", ", 2);
    rr_shown_name_put(&entry, name);
    size_t len = entry.used;
    rr_line_put(&entry, ", ", 2); /* or the list ends */
    bool known =
        names->used >= len && (memmem(names->bytes, names->used, entry.bytes, entry.used) != NULL ||
                               memcmp(names->bytes + names->used - len, entry.bytes, len) == 0);
    if (!known)
        rr_line_put(names, entry.bytes, len);
    rr_line_fini(&entry);
}

/* What is there instead: charges of the period that is asked for, or periods. */
static int refuse_filter(const struct explain *x, struct rr_error *err)
{
    enum { SHOWN = 600 };
    const struct rr_explain_filter *asked = &x->view.filter;
    struct rr_explain_view wider = x->view;
    struct rr_line names = {0};
    char period[RR_PERIOD_TEXT];
    wider.filter = (struct rr_explain_filter){.period = asked->charge ? asked->period : NULL};
    for (int s = 0; s < x->view.n_sides; s++)
        for (uint32_t i = 0; i < x->side[s].told->n_lines; i++) {
            const struct rr_rated_line *line = &x->side[s].told->line[i].line;
            rr_period_format(x->view.kind, line->period, period);
            if (rr_explain_shows_line(&wider, line))
                list(&names, asked->charge ? line->charge : rr_text_of(period));
        }
    bool any = names.used > 0;
    rr_fail(err, RR_EXIT_INPUT,
            "account '%.*s': no line is what is asked for%s%s; there are lines %s %.*s",
            RR_SHOW(x->view.account), asked->charge && asked->period ? " in " : "",
            asked->charge && asked->period ? asked->period : "",
            asked->charge ? "of the charges" : "in",
            any ? (int)(names.used < SHOWN ? names.used - 2 : SHOWN) : 2,
            any ? names.bytes + 2 : "no");
    rr_line_fini(&names);
    return -1;
}

/* ---- saying it ---- */

static void print(const struct explain *x)
{
    struct rr_line out = {0};
    if (x->arguments->billing.json) {
        json_t *object = rr_explain_json(&x->view);
        char *text = json_dumps(object, JSON_COMPACT);
        rr_check(text != NULL, "an explanation that is no JSON");
        puts(text);
        free(text);
        json_decref(object);
    } else {
        rr_explain_text(&x->view, &out);
        fwrite(out.bytes, 1, out.used, stdout);
    }
    fflush(stdout);
    rr_line_fini(&out);
}

static int explain(struct explain *x, struct rr_error *err)
{
    if (choose(x, err) != 0)
        return -1;
    for (int s = 0; s < x->view.n_sides; s++)
        if (open_side(x, s, err) != 0)
            return -1;
    x->view.kind = x->side[0].open.dealt->period;
    if (is_empty(x))
        return refuse_account(x, err);
    if (!shows_anything(x))
        return refuse_filter(x, err);
    if (x->view.n_sides == 2 && compare(x, err) != 0)
        return -1;
    print(x);
    return 0;
}

int rr_command_explain(const struct rr_comm *comm, const struct rr_arguments *a,
                       struct rr_error *err)
{
    struct explain x = {.arguments = a};
    (void)comm;
    if (a->account)
        x.view.account = rr_text_of(a->account);
    x.view.workspace = a->workspace;
    x.view.filter = (struct rr_explain_filter){a->period, a->charge, a->detail};
    int result = explain(&x, err);
    rr_explain_pairs_fini(&x.view.pairs);
    for (int s = 0; s < 2; s++) {
        if (x.is_open[s])
            rr_explained_close(&x.side[s]);
        rr_result_facts_fini(&x.facts[s]);
    }
    if (x.has_middle)
        rr_explained_close(&x.middle);
    return result;
}
