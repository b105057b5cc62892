/* Carrying lines over. */
#include "carrying.h"

#include "../io/memory.h"
#include "base_result.h"
#include "carried_lines.h"
#include "kept_books.h"

#include <stdio.h>
#include <stdlib.h>

/* Tables whose rows are rated: the others are of the state alone. */
enum { CARRIED = RR_UNRATED + 1 };

struct rr_carrying {
    const struct rr_comm *comm;
    const struct rr_open_book *open;
    struct rr_result_tables *tables;
    struct rr_result_facts base;
    struct rr_open_book was;
    struct rr_touched *touched;
    int *plan_now; /* of each plan of the earlier book: the one of that name, or RR_NO_COLUMN */
    struct rr_totals totals;
    struct rr_carried_invoices invoices;
    struct rr_carried_lines lines;
    struct rr_line note;
    struct rr_carried_table table[CARRIED];
};

/* ---- begin ---- */

/* Collective. The book of the base, with all that it was priced by. */
static int open_earlier(struct rr_carrying *c, const struct rr_carrying_terms *terms,
                        struct rr_error *err)
{
    const struct rr_book_source source = {
        .workspace = terms->state->dir, .result = c->base.number, .is_proved = true};
    if (rr_open_book(c->comm, &source, terms->memory, &c->was, err) != 0 ||
        rr_open_book_deal(&c->was, terms->state->manifest->n_shards, err) != 0)
        return -1;
    return rr_agree(c->comm, rr_kept_book_check(&c->base, c->was.dealt, err), err);
}

static void name_plans(struct rr_carrying *c)
{
    const struct rr_book *was = c->was.dealt, *is = c->open->dealt;
    c->plan_now = rr_calloc((size_t)was->n_plans + 1, sizeof *c->plan_now);
    for (int i = 0, j = 0; i < was->n_plans; i++) {
        while (j < is->n_plans && rr_text_compare(is->plans[j].name, was->plans[i].name) < 0)
            j++;
        bool here = j < is->n_plans && rr_text_equal(is->plans[j].name, was->plans[i].name);
        c->plan_now[i] = here ? j : RR_NO_COLUMN;
    }
}

/* Collective. */
static int open_tables(struct rr_carrying *c, struct rr_error *err)
{
    enum rr_period kind = c->open->dealt->period;
    c->invoices = (struct rr_carried_invoices){
        .kind = kind, .totals = &c->totals, .output = c->tables->output[RR_INVOICES]};
    c->lines = (struct rr_carried_lines){
        .kind = kind, .change = rr_touched_change(c->touched), .invoices = &c->invoices};
    const struct rr_carried_user user[CARRIED] = {
        [RR_LINES] = rr_carried_lines_user(&c->lines),
        [RR_INVOICES] = {&c->invoices, rr_carried_invoices_gone, NULL},
        [RR_UNRATED] = rr_carried_unrated_user(&c->lines)};
    for (int t = 0; t < CARRIED; t++) {
        char path[RR_RESULT_PATH + 64];
        const struct rr_result_table_form form = rr_result_table_form((enum rr_table_kind)t);
        rr_result_table(&c->base, form.name, path);
        if (rr_carried_table_open(c->comm, path, form.header, user[t], &c->table[t], err) != 0)
            return -1;
    }
    return 0;
}

/* Collective. 1 when there is something to carry over. */
static int begin(struct rr_carrying *c, const struct rr_carrying_terms *terms, struct rr_error *err)
{
    struct rr_error damage;
    bool found;
    if (rr_base_result_find(c->comm, terms->state->dir, terms->facts, &c->base, &found, err) != 0)
        return -1;
    if (!found)
        return 0;
    if (open_earlier(c, terms, &damage) != 0) {
        if (c->comm->rank == 0)
            fprintf(stderr, "rerate: %s; all is priced anew\n", damage.text);
        return 0;
    }
    c->touched =
        rr_touched_create(&c->was, c->open, terms->state->manifest->n_shards, terms->facts->span);
    if (rr_book_change_is_general(rr_touched_change(c->touched)))
        return 0;
    name_plans(c);
    int result = c->comm->rank == 0
                     ? rr_base_result_totals(&c->base, c->open->dealt->period, &c->totals, err)
                     : 0;
    if (rr_agree(c->comm, result, err) != 0 || open_tables(c, err) != 0)
        return -1;
    return 1;
}

int rr_carrying_begin(const struct rr_carrying_terms *terms, struct rr_carrying **carrying,
                      struct rr_error *err)
{
    struct rr_carrying *c = rr_calloc(1, sizeof *c);
    c->comm = terms->comm;
    c->open = terms->open;
    c->tables = terms->tables;
    int got = begin(c, terms, err);
    if (got <= 0)
        rr_carrying_end(c);
    *carrying = got > 0 ? c : NULL;
    return got < 0 ? -1 : 0;
}

void rr_carrying_end(struct rr_carrying *c)
{
    if (c == NULL)
        return;
    for (int t = 0; t < CARRIED; t++)
        rr_carried_table_close(&c->table[t]);
    rr_carried_lines_fini(&c->lines);
    rr_carried_invoices_fini(&c->invoices);
    rr_line_fini(&c->note);
    rr_totals_fini(&c->totals);
    rr_touched_destroy(c->touched);
    free(c->plan_now);
    rr_open_book_close(&c->was);
    rr_result_facts_fini(&c->base);
    free(c);
}

/* ---- who is touched ---- */

void rr_carrying_see(struct rr_carrying *c, const struct rr_subscription *row)
{
    rr_touched_see(c->touched, row);
}

/* A subscription of the earlier book, with the plan that now has its plan's name. */
struct spreading {
    struct rr_carrying *carrying;
    struct rr_subscriptions *subscriptions;
};

static int spread(void *self, const struct rr_subscription *row, struct rr_error *err)
{
    const struct spreading *s = self;
    struct rr_subscription earlier = *row;
    earlier.plan = s->carrying->plan_now[row->plan];
    if (rr_touched_see_earlier(s->carrying->touched, &earlier))
        return 0;
    return rr_subscriptions_add_earlier(s->subscriptions, &earlier, err);
}

int rr_carrying_spread(struct rr_carrying *c, struct rr_subscriptions *subscriptions,
                       struct rr_error *err)
{
    const struct rr_open_book *was = &c->was;
    struct spreading spreading = {c, subscriptions};
    int n = c->comm->rank == 0 ? was->dealt->n_subscriptions : 0;
    if (!rr_touched_wants_earlier(c->touched))
        return 0;
    for (int i = 0; i < n; i++)
        if (spread(&spreading, &was->dealt->subscriptions[i], err) != 0)
            return -1;
    return was->subscribers
               ? rr_subscribers_spread(was->subscribers, was->dealt, spread, &spreading, err)
               : 0;
}

/* Everything that the earlier result has of an account goes. */
static int drop_account(struct rr_carrying *c, struct rr_text account, struct rr_error *err)
{
    static const enum rr_table_kind kinds[] = {RR_LINES, RR_INVOICES, RR_UNRATED};
    for (int i = 0; i < 3; i++)
        if (rr_output_add(c->tables->output[kinds[i]], account, (struct rr_text){0}, err) != 0)
            return -1;
    return 0;
}

static int drop_party(struct rr_carrying *c, struct rr_party party, struct rr_error *err)
{
    for (uint32_t i = 0; i < party.n_accounts; i++)
        if (drop_account(c, party.account[i], err) != 0)
            return -1;
    for (uint32_t i = 0; i < party.n_contracts; i++)
        if (rr_output_add(c->tables->output[RR_SHARES], party.contract[i]->name,
                          (struct rr_text){0}, err) != 0)
            return -1;
    return 0;
}

/* Rank 0. */
static int drop_parties(struct rr_carrying *c, struct rr_error *err)
{
    const struct rr_parties *is = c->open->parties, *was = c->was.parties;
    for (uint32_t i = 0; i < rr_parties_size(is); i++)
        if (rr_touched_party(c->touched, i) && drop_party(c, rr_parties_at(is, i), err) != 0)
            return -1;
    for (uint32_t i = 0; i < rr_parties_size(was); i++)
        if (rr_touched_earlier_party(c->touched, i) &&
            drop_party(c, rr_parties_at(was, i), err) != 0)
            return -1;
    return 0;
}

int rr_carrying_settle(struct rr_carrying *c, struct rr_error *err)
{
    rr_touched_settle(c->touched);
    return rr_agree(c->comm, c->comm->rank == 0 ? drop_parties(c, err) : 0, err);
}

bool rr_carrying_is_all(const struct rr_carrying *c)
{
    return rr_touched_nothing(c->touched);
}

void rr_carrying_touch(const struct rr_carrying *c, struct rr_text account,
                       const struct rr_subscriptions *subscriptions, struct rr_touched_part *part)
{
    struct rr_touched_rows is, was;
    is.row = rr_subscriptions_of(subscriptions, account, &is.n);
    was.row = rr_subscriptions_earlier(subscriptions, account, &was.n);
    rr_touched_account(c->touched, account, is, was, part);
}

bool rr_carrying_touches_party(const struct rr_carrying *c, uint32_t party)
{
    return rr_touched_party(c->touched, party);
}

const struct rr_book_change *rr_carrying_change(const struct rr_carrying *c)
{
    return rr_touched_change(c->touched);
}

int rr_carrying_replace(struct rr_carrying *c, struct rr_text account,
                        const struct rr_touched_part *part, struct rr_error *err)
{
    if (part->most == RR_TOUCHES_ACCOUNT)
        return drop_account(c, account, err);
    rr_carried_lines_note(c->open->dealt->period, part->period, part->n, &c->note);
    struct rr_text note = rr_line_text(&c->note);
    if (part->n > 0 && rr_output_add(c->tables->output[RR_UNRATED], account, note, err) != 0)
        return -1;
    return rr_output_add(c->tables->output[RR_LINES], account, note, err);
}

/* ---- end ---- */

int rr_carrying_finish(struct rr_carrying *c, struct rr_result *result, struct rr_totals *totals,
                       struct rr_error *err)
{
    const struct rr_output_blend *blend[RR_RESULT_TABLES] = {0};
    for (int t = 0; t < CARRIED; t++)
        blend[t] = &c->table[t].blend;
    if (rr_result_tables_finish(c->tables, result, blend, err) != 0)
        return -1;
    rr_totals_combine(&c->totals, c->comm);
    rr_totals_add(totals, &c->totals);
    rr_totals_drop_empty(totals);
    return 0;
}
