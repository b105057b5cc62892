/* Pricing accounts. */
#include "pricing.h"

#include "../io/memory.h"

#include <stdlib.h>

/* Memory is divided: what the tables leave of sixteen parts goes to cells on their way and to subscriptions.
 * What is rated of one account or party comes on top. */
enum { MEMORY_PARTS = 16, GATHER_PARTS = 2, SUBSCRIPTION_PARTS = 1 };

/* ---- begin ---- */

static int spread(void *self, const struct rr_subscription *subscription, struct rr_error *err)
{
    struct rr_pricing *p = self;
    if (p->carrying)
        rr_carrying_see(p->carrying, subscription);
    return rr_subscriptions_add(p->subscriptions, subscription, err);
}

/* Collective. Each account's rows go to the rank that bills it. */
static int spread_subscriptions(struct rr_pricing *p, struct rr_error *err)
{
    const struct rr_open_book *o = p->open;
    int n =
        p->comm->rank == 0 ? o->dealt->n_subscriptions : 0; /* all ranks know those of the book */
    int result = 0;
    for (int i = 0; i < n && result == 0; i++)
        result = spread(p, &o->dealt->subscriptions[i], err);
    if (result == 0 && o->subscribers)
        result = rr_subscribers_spread(o->subscribers, o->dealt, spread, p, err);
    if (result == 0 && p->carrying)
        result = rr_carrying_spread(p->carrying, p->subscriptions, err);
    if (rr_agree(p->comm, result, err) != 0)
        return -1;
    return rr_subscriptions_exchange(p->subscriptions, err);
}

/* Collective. Cells that are not asked for can't be summed. */
static int begin_carrying(struct rr_pricing *p, const struct rr_pricing_terms *terms,
                          struct rr_error *err)
{
    const struct rr_run_facts facts = {.book = p->open->dealt,
                                       .manifest = p->state->manifest,
                                       .span = &p->span,
                                       .asked = terms->asked};
    const struct rr_carrying_terms carrying = {p->comm, p->state,   p->open,
                                               &facts,  &p->tables, terms->memory / 2};
    if (rr_carrying_begin(&carrying, &p->carrying, err) != 0)
        return -1;
    for (int m = 0; m < p->job->n_meters && p->carrying; m++)
        p->summed[m] = false;
    return 0;
}

static void open_rating(struct rr_pricing *p, uint64_t memory)
{
    const struct rr_open_book *o = p->open;
    char path[RR_RESULT_PATH + 64];
    size_t part = (size_t)(memory / MEMORY_PARTS);
    rr_result_tables_open(&p->tables, &p->result, memory);
    p->rating = rr_rating_create(o->dealt, o->calendar, o->meters, p->span);
    rr_result_beside(&p->result, "cells", path);
    p->gather = rr_gather_create(p->comm, p->job, path, GATHER_PARTS * part);
    rr_result_beside(&p->result, "subscriptions", path);
    p->subscriptions = rr_subscriptions_create(p->comm, p->state->manifest->n_shards, o->parties,
                                               path, SUBSCRIPTION_PARTS * part);
}

int rr_pricing_begin(struct rr_pricing *p, const struct rr_pricing_terms *terms,
                     struct rr_error *err)
{
    const struct rr_state *state = terms->state;
    struct rr_span span;
    *p = (struct rr_pricing){.comm = terms->comm,
                             .state = state,
                             .open = terms->open,
                             .stop = terms->stop,
                             .job = rr_meters_job(terms->open->meters)};
    p->cells = rr_calloc((size_t)p->job->n_meters, sizeof *p->cells);
    p->summed = rr_calloc((size_t)p->job->n_meters, sizeof *p->summed);
    for (int m = 0; m < p->job->n_meters; m++)
        p->summed[m] = p->job->meters[m].kernel->additive;
    if (rr_span_choose(terms->open, state, terms->asked, &span, err) != 0 ||
        rr_result_begin(&p->result, p->comm, state->dir, state->run_id, terms->nth, terms->compress,
                        err) != 0)
        return -1;
    p->making = true;
    p->span = span;
    open_rating(p, terms->memory);
    if ((terms->carry && begin_carrying(p, terms, err) != 0) || spread_subscriptions(p, err) != 0)
        return -1;
    return p->carrying ? rr_carrying_settle(p->carrying, err) : 0;
}

int rr_pricing_next(void *self, struct rr_account_head *head, struct rr_error *err)
{
    struct rr_pricing *p = self;
    return rr_subscriptions_next(p->subscriptions, head, err);
}

/* ---- cells ---- */

/* Counts what a cell of a summed meter holds, before rating merges it into others. */
static int count_cell(struct rr_pricing *p, const struct rr_cell *cell, struct rr_error *err)
{
    rr_decimal value;
    if (!p->summed[cell->meter])
        return 0;
    if (!p->job->meters[cell->meter].kernel->finalize(cell->state, 0, &value)) {
        struct rr_text name = p->open->dealt->meters[cell->meter].name;
        return rr_fail(err, RR_EXIT_DATA, "a quantity of meter '%.*s' has more than 20 digits",
                       RR_SHOW(name));
    }
    rr_sum_add(&p->cells[cell->meter], value);
    return 0;
}

static int next_counted(void *self, struct rr_cell *cell, struct rr_error *err)
{
    struct rr_pricing *p = self;
    int got = p->source->next(p->source->self, cell, err);
    return got > 0 && count_cell(p, cell, err) != 0 ? -1 : got;
}

/* ---- accounts and parties ---- */

static int take_rated(void *self, struct rr_rated *rated, struct rr_error *err)
{
    struct rr_pricing *p = self;
    const struct rr_rated_sink sink = rr_result_tables_sink(&p->tables);
    if (p->touch.most == RR_TOUCHES_CHARGES)
        return rr_rated_write_part(rated, p->open->dealt->period, &p->rows, &sink, &p->totals, err);
    return rr_rated_write(rated, p->open->dealt->period, &p->rows, &sink, &p->totals, err);
}

/* The state is committed; a result is made whole or not at all. */
static int check_stop(const struct rr_pricing *p, struct rr_error *err)
{
    if (p->stop && *p->stop)
        return rr_fail(err, RR_EXIT_STOPPED,
                       "stopped before anything was published; give the same "
                       "command again to go on");
    return 0;
}

static int bill_alone(struct rr_pricing *p, struct rr_text account, struct rr_cells *cells,
                      struct rr_error *err)
{
    int n;
    const struct rr_subscription *rows = rr_subscriptions_of(p->subscriptions, account, &n);
    rr_rating_begin(p->rating, NULL, 0);
    if (p->carrying && rr_carrying_replace(p->carrying, account, &p->touch, err) != 0)
        return -1;
    if (p->touch.most == RR_TOUCHES_CHARGES)
        rr_rating_restrict(p->rating, rr_carrying_change(p->carrying), &p->touch);
    if (rr_rating_add(p->rating, account, rows, n, cells, err) != 0)
        return -1;
    return rr_rating_finish(p->rating, take_rated, p, err);
}

bool rr_pricing_wants(struct rr_pricing *p, struct rr_text account)
{
    uint32_t party;
    p->touch.most = RR_TOUCHES_ACCOUNT;
    if (p->carrying == NULL)
        return true;
    if (rr_parties_find(p->open->parties, account, &party))
        return rr_carrying_touches_party(p->carrying, party);
    rr_carrying_touch(p->carrying, account, p->subscriptions, &p->touch);
    return p->touch.most != RR_UNTOUCHED;
}

bool rr_pricing_wants_any(const struct rr_pricing *p)
{
    return p->carrying == NULL || !rr_carrying_is_all(p->carrying);
}

int rr_pricing_account(struct rr_pricing *p, struct rr_text account, struct rr_cells *cells,
                       struct rr_error *err)
{
    const struct rr_parties *parties = p->open->parties;
    struct rr_cells counted = {p, next_counted};
    uint32_t party;
    if (check_stop(p, err) != 0)
        return -1;
    p->source = cells;
    if (!rr_parties_find(parties, account, &party))
        return bill_alone(p, account, &counted, err);
    int rank = rr_billing_rank(p->comm, p->state->manifest->n_shards, parties, account);
    return rr_gather_put(p->gather, rank, party, account, &counted, err);
}

static int bill_party(struct rr_pricing *p, uint32_t number, struct rr_error *err)
{
    struct rr_party party = rr_parties_at(p->open->parties, number);
    struct rr_cells cells = {p->gather, rr_gather_next};
    if (p->carrying && !rr_carrying_touches_party(p->carrying, number))
        return 0;
    if (check_stop(p, err) != 0)
        return -1;
    p->touch.most = RR_TOUCHES_ACCOUNT;
    rr_rating_begin(p->rating, party.contract, party.n_contracts);
    for (uint32_t i = 0; i < party.n_accounts; i++) {
        struct rr_text account = party.account[i];
        const struct rr_subscription *rows;
        int n;
        rr_gather_begin(p->gather, number, account);
        if (rr_subscriptions_of_member(p->subscriptions, number, account, &rows, &n, err) != 0 ||
            rr_rating_add(p->rating, account, rows, n, &cells, err) != 0)
            return -1;
    }
    return rr_rating_finish(p->rating, take_rated, p, err);
}

/* Collective. */
static int bill_parties(struct rr_pricing *p, struct rr_error *err)
{
    const struct rr_parties *parties = p->open->parties;
    int result = 0;
    if (rr_parties_size(parties) == 0)
        return 0;
    if (rr_gather_exchange(p->gather, err) != 0)
        return -1;
    for (uint32_t i = 0; i < rr_parties_size(parties) && result == 0; i++)
        if (rr_billing_rank(p->comm, p->state->manifest->n_shards, parties,
                            rr_parties_at(parties, i).account[0]) == p->comm->rank)
            result = bill_party(p, i, err);
    return rr_agree(p->comm, result, err);
}

/* ---- end ---- */

/* Collective. Sums over all ranks what was counted while rating. */
static void combine(struct rr_pricing *p)
{
    char *all;
    size_t len, each = (size_t)p->job->n_meters * sizeof *p->cells;
    rr_totals_combine(&p->totals, p->comm);
    rr_comm_concat(p->comm, p->cells, each, &all, &len, NULL);
    memset(p->cells, 0, each);
    for (size_t at = 0; at < len; at += sizeof *p->cells) {
        struct rr_sum sum;
        memcpy(&sum, all + at, sizeof sum);
        rr_sum_merge(&p->cells[at % each / sizeof sum], &sum);
    }
    free(all);
}

static void close_rating(struct rr_pricing *p)
{
    rr_gather_destroy(p->gather);
    rr_subscriptions_destroy(p->subscriptions);
    rr_rating_destroy(p->rating);
    rr_rated_rows_fini(&p->rows);
    p->gather = NULL;
    p->subscriptions = NULL;
    p->rating = NULL;
}

int rr_pricing_end(struct rr_pricing *p, int result, struct rr_error *err)
{
    result = rr_agree(p->comm, result, err);
    if (result == 0)
        result = bill_parties(p, err);
    close_rating(p);
    if (result != 0 || rr_result_tables_put_texts(&p->tables, p->comm, p->state, err) != 0)
        return -1;
    combine(p);
    return 0;
}

static uint64_t count_lines(const struct rr_totals *totals)
{
    uint64_t lines = 0;
    for (uint32_t i = 0; i < totals->n; i++)
        lines += totals->total[i].lines;
    return lines;
}

int rr_pricing_finish(struct rr_pricing *p, struct rr_error *err)
{
    p->computed = count_lines(&p->totals);
    if (p->carrying)
        return rr_carrying_finish(p->carrying, &p->result, &p->totals, err);
    return rr_result_tables_finish(&p->tables, &p->result, NULL, err);
}

uint64_t rr_pricing_carried(const struct rr_pricing *p)
{
    return count_lines(&p->totals) - p->computed;
}

void rr_pricing_published(struct rr_pricing *p)
{
    p->making = false;
}

void rr_pricing_close(struct rr_pricing *p)
{
    close_rating(p);
    rr_carrying_end(p->carrying);
    rr_result_tables_close(&p->tables);
    if (p->making && p->comm->rank == 0)
        rr_result_abandon(&p->result);
    rr_totals_fini(&p->totals);
    rr_touched_part_fini(&p->touch);
    free(p->cells);
    free(p->summed);
}
