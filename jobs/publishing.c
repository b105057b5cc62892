/* Publishing: pricing every account, and making the result appear. */
#include "publishing.h"

#include "../io/memory.h"
#include "../runtime/events.h"
#include "../runtime/gather.h"
#include "../runtime/reduce.h"
#include "input_facts.h"
#include "kept_books.h"
#include "rating.h"
#include "reconcile.h"
#include "refusal.h"
#include "result.h"
#include "run_facts.h"
#include "subscriptions.h"
#include "summary.h"
#include "texts.h"

enum output { LINES, INVOICES, SHARES, UNRATED, CONFLICTS, QUARANTINE, OUTPUTS };

/* Memory is divided: the outputs, cells on their way and subscriptions each get some parts of it. What is
 * rated of one account or party comes on top. */
enum { MEMORY_PARTS = 16, GATHER_PARTS = 2, SUBSCRIPTION_PARTS = 1 };

static const struct {
    const char *name;
    const char *header;
    unsigned parts;
} outputs[OUTPUTS] = {
    [LINES] = {"lines.csv", rr_lines_header, 4},
    [INVOICES] = {"invoices.csv", rr_invoices_header, 1},
    [SHARES] = {"shares.csv", rr_shares_header, 1},
    [UNRATED] = {"unrated.csv", rr_unrated_header, 1},
    [CONFLICTS] = {"conflicts.csv", rr_conflicts_header, 1},
    [QUARANTINE] = {"quarantine.csv", rr_quarantine_header, 1},
};

struct publishing {
    const struct rr_publishing *in;
    const struct rr_state *state;
    struct rr_span span;
    const struct rr_job *job;
    struct rr_subscriptions *subscriptions;
    struct rr_gather *gather; /* cells of parties */
    struct rr_cells *source;  /* where the cells in hand come from */
    struct rr_rating *rating;
    struct rr_rated_rows rows;
    struct rr_totals totals;
    struct rr_sum *cells; /* of each meter with an additive kernel: what its cells hold */
    bool *summed;         /* whether a meter has one */
    struct rr_result result;
    struct rr_output *output[OUTPUTS];
    unsigned number;
    bool same;
};

static size_t part_of(const struct publishing *p, unsigned parts)
{
    return (size_t)(p->in->memory / MEMORY_PARTS * parts);
}

/* The first and last period that the state's cells lie in; false when there are none. */
static bool usage_periods(const struct publishing *p, int32_t *first, int32_t *last)
{
    const struct rr_manifest *m = p->state->manifest;
    bool any = false;
    int32_t first_bucket = INT32_MAX, last_bucket = INT32_MIN;
    for (uint32_t i = 0; i < m->n_runs; i++) {
        const struct rr_run_entry *run = &m->runs[i];
        if (run->kind != RR_RUN_CELLS || run->items == 0)
            continue;
        any = true;
        first_bucket = run->first_bucket < first_bucket ? run->first_bucket : first_bucket;
        last_bucket = run->last_bucket > last_bucket ? run->last_bucket : last_bucket;
    }
    if (any) {
        *first = rr_bucket_period(p->in->calendar, first_bucket);
        *last = rr_bucket_period(p->in->calendar, last_bucket);
    }
    return any;
}

static int parse_period(const struct publishing *p, const char *option, const char *text,
                        int32_t *period, struct rr_error *err)
{
    static const char *const form[] = {[RR_DAY] = "2025-03-09",
                                       [RR_WEEK] = "2025-W09",
                                       [RR_MONTH] = "2025-03",
                                       [RR_QUARTER] = "2025-Q1",
                                       [RR_YEAR] = "2025"};
    if (text == NULL || rr_period_parse(p->in->book->period, text, period))
        return 0;
    return rr_fail(err, RR_EXIT_USAGE, "%s %s: this book's periods are written like %s", option,
                   text, form[p->in->book->period]);
}

static void include_day(const struct publishing *p, struct rr_span *span, int32_t day)
{
    int32_t period = rr_period_of_day(p->in->book->period, day);
    span->first = period < span->first ? period : span->first;
}

/* Collective. Ranks may know different subscriptions. */
static void share_first(const struct rr_comm *comm, struct rr_span *span)
{
    uint64_t before_end = (uint64_t)((int64_t)INT32_MAX - span->first);
    span->first = (int32_t)(INT32_MAX - (int64_t)rr_comm_max(comm, before_end));
}

/* From the first usage, subscription or contract to the last usage, unless the user says otherwise. */
static int choose_span(struct publishing *p, struct rr_error *err)
{
    const struct rr_book *book = p->in->book;
    struct rr_span span = {INT32_MAX, INT32_MIN, 0, INT32_MIN};
    usage_periods(p, &span.first, &span.last);
    for (int i = 0; i < book->n_subscriptions; i++)
        include_day(p, &span, book->subscriptions[i].start);
    if (p->in->subscribers && rr_subscribers_first_start(p->in->subscribers) != INT32_MAX)
        include_day(p, &span, rr_subscribers_first_start(p->in->subscribers));
    for (int c = 0; c < book->n_contracts; c++)
        include_day(p, &span, book->contracts[c].start);
    share_first(p->in->comm, &span);
    span.begin = span.first;
    if (parse_period(p, "--from", p->in->options->from, &span.first, err) != 0 ||
        parse_period(p, "--to", p->in->options->to, &span.last, err) != 0)
        return -1;
    if (p->in->options->from && p->in->options->to && span.first > span.last)
        return rr_fail(err, RR_EXIT_USAGE, "--from %s is after --to %s", p->in->options->from,
                       p->in->options->to);
    if (span.first <= span.last)
        span.horizon = rr_period_start(book->period, span.last + 1);
    p->span = span;
    return 0;
}

/* Counts what a cell of a summed meter holds, before rating merges it into others. */
static int count_cell(struct publishing *p, const struct rr_cell *cell, struct rr_error *err)
{
    rr_decimal value;
    if (!p->summed[cell->meter])
        return 0;
    if (!p->job->meters[cell->meter].kernel->finalize(cell->state, 0, &value)) {
        struct rr_text name = p->in->book->meters[cell->meter].name;
        return rr_fail(err, RR_EXIT_DATA, "a quantity of meter '%.*s' has more than 20 digits",
                       RR_SHOW(name));
    }
    rr_sum_add(&p->cells[cell->meter], value);
    return 0;
}

static int next_counted(void *self, struct rr_cell *cell, struct rr_error *err)
{
    struct publishing *p = self;
    int got = p->source->next(p->source->self, cell, err);
    return got > 0 && count_cell(p, cell, err) != 0 ? -1 : got;
}

static int add_rows(struct publishing *p, enum output output, struct rr_text key,
                    const struct rr_line *rows, struct rr_error *err)
{
    return rr_output_add(p->output[output], key, rr_line_text(rows), err);
}

static int take_lines(void *self, struct rr_text account, const struct rr_line *rows,
                      struct rr_error *err)
{
    return add_rows(self, LINES, account, rows, err);
}

static int take_invoices(void *self, struct rr_text payer, const struct rr_line *rows,
                         struct rr_error *err)
{
    return add_rows(self, INVOICES, payer, rows, err);
}

static int take_shares(void *self, struct rr_text contract, const struct rr_line *rows,
                       struct rr_error *err)
{
    return add_rows(self, SHARES, contract, rows, err);
}

static int take_unrated(void *self, struct rr_text account, const struct rr_line *rows,
                        struct rr_error *err)
{
    return add_rows(self, UNRATED, account, rows, err);
}

static int take_rated(void *self, struct rr_rated *rated, struct rr_error *err)
{
    struct publishing *p = self;
    const struct rr_rated_sink sink = {p, take_lines, take_invoices, take_shares, take_unrated};
    return rr_rated_write(rated, p->in->book->period, &p->rows, &sink, &p->totals, err);
}

/* The state is committed; a result is made whole or not at all. */
static int check_stop(const struct publishing *p, struct rr_error *err)
{
    if (*p->in->options->stop)
        return rr_fail(err, RR_EXIT_STOPPED,
                       "stopped before anything was published; give the same "
                       "command again to go on");
    return 0;
}

static int bill_alone(struct publishing *p, struct rr_text account, struct rr_cells *cells,
                      struct rr_error *err)
{
    int n;
    const struct rr_subscription *rows = rr_subscriptions_of(p->subscriptions, account, &n);
    rr_rating_begin(p->rating, NULL, 0);
    if (rr_rating_add(p->rating, account, rows, n, cells, err) != 0)
        return -1;
    return rr_rating_finish(p->rating, take_rated, p, err);
}

/* An account that stands alone is billed here and now; others wait for their party. */
static int bill_account(void *self, struct rr_text account, struct rr_cells *cells,
                        struct rr_error *err)
{
    struct publishing *p = self;
    struct rr_cells counted = {p, next_counted};
    uint32_t party;
    if (check_stop(p, err) != 0)
        return -1;
    p->source = cells;
    if (!rr_parties_find(p->in->parties, account, &party))
        return bill_alone(p, account, &counted, err);
    int rank = rr_billing_rank(p->in->comm, p->state->manifest->n_shards, p->in->parties, account);
    return rr_gather_put(p->gather, rank, party, account, &counted, err);
}

static int bill_party(struct publishing *p, uint32_t number, struct rr_error *err)
{
    struct rr_party party = rr_parties_at(p->in->parties, number);
    struct rr_cells cells = {p->gather, rr_gather_next};
    if (check_stop(p, err) != 0)
        return -1;
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
static int bill_parties(struct publishing *p, struct rr_error *err)
{
    int result = 0;
    if (rr_parties_size(p->in->parties) == 0)
        return 0;
    if (rr_gather_exchange(p->gather, err) != 0)
        return -1;
    for (uint32_t i = 0; i < rr_parties_size(p->in->parties) && result == 0; i++)
        if (rr_billing_rank(p->in->comm, p->state->manifest->n_shards, p->in->parties,
                            rr_parties_at(p->in->parties, i).account[0]) == p->in->comm->rank)
            result = bill_party(p, i, err);
    return rr_agree(p->in->comm, result, err);
}

/* Collective. Each account's rows go to the rank that bills it. */
static int spread_subscriptions(struct publishing *p, struct rr_error *err)
{
    const struct rr_book *book = p->in->book;
    int n =
        p->in->comm->rank == 0 ? book->n_subscriptions : 0; /* all ranks know those of the book */
    int result = 0;
    for (int i = 0; i < n && result == 0; i++)
        result = rr_subscriptions_add(p->subscriptions, &book->subscriptions[i], err);
    if (result == 0 && p->in->subscribers)
        result = rr_subscribers_spread(p->in->subscribers, p->in->book, p->subscriptions, err);
    if (rr_agree(p->in->comm, result, err) != 0)
        return -1;
    return rr_subscriptions_exchange(p->subscriptions, err);
}

/* Collective. */
static int rate_accounts(struct publishing *p, struct rr_error *err)
{
    const struct rr_reducer reducer = {p, rr_subscriptions_next, p->subscriptions, bill_account};
    if (spread_subscriptions(p, err) != 0)
        return -1;
    if (rr_agree(p->in->comm, rr_reduce(p->state, p->job, &reducer, err), err) != 0)
        return -1;
    return bill_parties(p, err);
}

/* Collective. */
static int rate_all(struct publishing *p, struct rr_error *err)
{
    const struct rr_publishing *in = p->in;
    char path[RR_RESULT_PATH + 64];
    p->rating = rr_rating_create(in->book, in->calendar, in->meters, p->span);
    rr_result_beside(&p->result, "cells", path);
    p->gather = rr_gather_create(in->comm, p->job, path, part_of(p, GATHER_PARTS));
    rr_result_beside(&p->result, "subscriptions", path);
    p->subscriptions = rr_subscriptions_create(in->comm, p->state->manifest->n_shards, in->parties,
                                               path, part_of(p, SUBSCRIPTION_PARTS));
    for (int m = 0; m < p->job->n_meters; m++)
        p->summed[m] = p->job->meters[m].kernel->additive;
    int result = rate_accounts(p, err);
    rr_gather_destroy(p->gather);
    rr_subscriptions_destroy(p->subscriptions);
    rr_rating_destroy(p->rating);
    if (result == 0)
        result = rr_texts_put(in->comm, p->state, RR_RUN_CONFLICTS, p->output[CONFLICTS], err);
    if (result == 0)
        result = rr_quarantine_put(in->comm, p->state, p->output[QUARANTINE], err);
    return rr_agree(in->comm, result, err);
}

/* Collective. Sums over all ranks what was counted while rating. */
static void combine(struct publishing *p)
{
    char *all;
    size_t len, each = (size_t)p->job->n_meters * sizeof *p->cells;
    rr_totals_combine(&p->totals, p->in->comm);
    rr_comm_concat(p->in->comm, p->cells, each, &all, &len, NULL);
    memset(p->cells, 0, each);
    for (size_t at = 0; at < len; at += sizeof *p->cells) {
        struct rr_sum sum;
        memcpy(&sum, all + at, sizeof sum);
        rr_sum_merge(&p->cells[at % each / sizeof sum], &sum);
    }
    free(all);
}

/* Rank 0: writes a JSON text with its line end, and frees it. */
static int put_json(struct publishing *p, const char *name, char *text, struct rr_error *err)
{
    struct rr_line line = {0};
    rr_line_put(&line, text, strlen(text));
    rr_line_put(&line, "\n", 1);
    free(text);
    int result = rr_result_put(&p->result, name, line.bytes, line.used, err);
    rr_line_fini(&line);
    return result;
}

/* Rank 0: what is known of the result as a whole, and the book it was priced by. */
static int write_facts(struct publishing *p, const struct rr_reconciliation *reconciliation,
                       struct rr_error *err)
{
    char *text = rr_reconciliation_format(reconciliation);
    if (put_json(p, "reconciliation.json", text, err) != 0 ||
        rr_result_put(&p->result, "book.yaml", p->in->files->book, p->in->files->book_len, err) !=
            0 ||
        put_json(p, "inputs.json", rr_input_facts_format(p->in->book, p->state->manifest), err) !=
            0)
        return -1;
    text = rr_run_facts_format(p->in->book, p->state->manifest, &p->span, p->in->options->from,
                               p->in->options->to, p->in->control, &p->result);
    if (put_json(p, "run.json", text, err) != 0)
        return -1;
    return p->in->options->scratch ? 0 : rr_kept_books_put(p->state->dir, p->in->book, err);
}

/* What was priced by an earlier state is no successor of `latest`. */
static enum rr_destination destination(const struct rr_billing_options *options)
{
    return options->stage || options->as_of > 0 ? RR_TO_STAGE : RR_TO_LATEST;
}

static int finish_result(struct publishing *p, struct rr_error *err)
{
    struct rr_reconciliation reconciliation = {p->in->book, p->state->manifest, &p->totals,
                                               p->cells, p->summed};
    for (int o = 0; o < OUTPUTS; o++) {
        struct rr_output *output = p->output[o];
        p->output[o] = NULL;
        if (rr_result_finish_output(&p->result, outputs[o].name, output, err) != 0)
            return -1;
    }
    int result = rr_reconcile(&reconciliation, err);
    if (result == 0 && p->in->comm->rank == 0) {
        result = rr_lock_check(&p->state->lock, err);
        if (result == 0)
            result = write_facts(p, &reconciliation, err);
        if (result == 0 && p->in->options->scratch)
            result = rr_result_move(&p->result, p->in->options->scratch, err);
        else if (result == 0)
            result = rr_result_publish(&p->result, destination(p->in->options), &p->number,
                                       &p->same, err);
    }
    return rr_agree(p->in->comm, result, err);
}

static int make_result(struct publishing *p, struct rr_error *err)
{
    const struct rr_publishing *in = p->in;
    if (choose_span(p, err) != 0 ||
        rr_result_begin(&p->result, in->comm, p->state->dir, p->state->run_id,
                        in->options->compress, err) != 0)
        return -1;
    for (int o = 0; o < OUTPUTS; o++)
        p->output[o] = rr_result_output(&p->result, outputs[o].name, outputs[o].header,
                                        part_of(p, outputs[o].parts));
    int result = rate_all(p, err);
    if (result == 0) {
        combine(p);
        result = finish_result(p, err);
    }
    if (result != 0) {
        rr_comm_barrier(in->comm);
        if (in->comm->rank == 0)
            rr_result_abandon(&p->result);
    }
    return result;
}

/* Collective. */
static int publish(struct publishing *p, struct rr_error *err)
{
    if (rr_refusal_check(p->in, p->state, part_of(p, outputs[QUARANTINE].parts), err) != 0 ||
        make_result(p, err) != 0)
        return -1;
    if (p->in->comm->rank == 0 && p->in->options->scratch == NULL)
        rr_summary_print(p->in->options->json, p->state->manifest, &p->totals, p->state->dir,
                         p->number, p->same, p->in->options->stage, p->in->options->as_of);
    return 0;
}

int rr_publish(const struct rr_publishing *in, struct rr_state *state, struct rr_error *err)
{
    struct publishing p = {.in = in, .state = state, .job = rr_meters_job(in->meters)};
    p.cells = rr_calloc((size_t)p.job->n_meters, sizeof *p.cells);
    p.summed = rr_calloc((size_t)p.job->n_meters, sizeof *p.summed);
    int result = publish(&p, err);
    for (int o = 0; o < OUTPUTS; o++)
        rr_output_destroy(p.output[o]);
    rr_rated_rows_fini(&p.rows);
    rr_totals_fini(&p.totals);
    free(p.cells);
    free(p.summed);
    return result;
}
