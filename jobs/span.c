/* Choosing the periods of a result. */
#include "span.h"

/* The first and last period that the state's cells lie in; as they are when there are none. */
static void include_usage(const struct rr_open_book *open, const struct rr_state *state,
                          struct rr_span *span)
{
    const struct rr_manifest *m = state->manifest;
    int32_t first = INT32_MAX, last = INT32_MIN;
    for (uint32_t i = 0; i < m->n_runs; i++) {
        const struct rr_run_entry *run = &m->runs[i];
        if (run->kind != RR_RUN_CELLS || run->items == 0)
            continue;
        first = run->first_bucket < first ? run->first_bucket : first;
        last = run->last_bucket > last ? run->last_bucket : last;
    }
    if (first <= last) {
        span->first = rr_bucket_period(open->calendar, first);
        span->last = rr_bucket_period(open->calendar, last);
    }
}

static void include_day(const struct rr_open_book *open, struct rr_span *span, int32_t day)
{
    int32_t period = rr_period_of_day(open->dealt->period, day);
    span->first = period < span->first ? period : span->first;
}

static void include_deals(const struct rr_open_book *open, struct rr_span *span)
{
    const struct rr_book *book = open->dealt;
    for (int i = 0; i < book->n_subscriptions; i++)
        include_day(open, span, book->subscriptions[i].start);
    if (open->subscribers && rr_subscribers_first_start(open->subscribers) != INT32_MAX)
        include_day(open, span, rr_subscribers_first_start(open->subscribers));
    for (int c = 0; c < book->n_contracts; c++)
        include_day(open, span, book->contracts[c].start);
}

/* Collective. Ranks may know different subscriptions. */
static void share_first(const struct rr_comm *comm, struct rr_span *span)
{
    uint64_t before_end = (uint64_t)((int64_t)INT32_MAX - span->first);
    span->first = (int32_t)(INT32_MAX - (int64_t)rr_comm_max(comm, before_end));
}

static int parse_period(enum rr_period kind, const char *option, const char *text, int32_t *period,
                        struct rr_error *err)
{
    static const char *const form[] = {[RR_DAY] = "2025-03-09",
                                       [RR_WEEK] = "2025-W09",
                                       [RR_MONTH] = "2025-03",
                                       [RR_QUARTER] = "2025-Q1",
                                       [RR_YEAR] = "2025"};
    if (text == NULL || rr_period_parse(kind, text, period))
        return 0;
    return rr_fail(err, RR_EXIT_USAGE, "%s %s: this book's periods are written like %s", option,
                   text, form[kind]);
}

int rr_span_choose(const struct rr_open_book *open, const struct rr_state *state,
                   struct rr_asked asked, struct rr_span *out, struct rr_error *err)
{
    enum rr_period kind = open->dealt->period;
    struct rr_span span = {INT32_MAX, INT32_MIN, 0, INT32_MIN};
    include_usage(open, state, &span);
    include_deals(open, &span);
    share_first(open->comm, &span);
    span.begin = span.first;
    if (parse_period(kind, "--from", asked.from, &span.first, err) != 0 ||
        parse_period(kind, "--to", asked.to, &span.last, err) != 0)
        return -1;
    if (asked.from && asked.to && span.first > span.last)
        return rr_fail(err, RR_EXIT_USAGE, "--from %s is after --to %s", asked.from, asked.to);
    if (span.first <= span.last)
        span.horizon = rr_period_start(kind, span.last + 1);
    *out = span;
    return 0;
}

/* Without a text: as it is. */
static bool read_period(const struct rr_book *book, const json_t *periods, const char *name,
                        int32_t *period)
{
    const char *text = json_string_value(json_object_get(periods, name));
    return text && rr_period_parse(book->period, text, period);
}

int rr_span_of_result(const struct rr_result_facts *facts, const struct rr_book *book,
                      struct rr_span *span, struct rr_error *err)
{
    const json_t *periods = json_object_get(facts->json, "periods");
    *span = (struct rr_span){INT32_MAX, INT32_MIN, INT32_MAX, INT32_MIN};
    if (json_is_null(periods))
        return 0;
    if (!read_period(book, periods, "from", &span->first) ||
        !read_period(book, periods, "to", &span->last))
        return rr_fail(err, RR_EXIT_DATA, "%s/run.json: its periods can't be read", facts->dir);
    span->horizon = rr_period_start(book->period, span->last + 1);
    span->begin = span->first;
    for (int c = 0; c < book->n_contracts; c++) {
        int32_t start = rr_period_of_day(book->period, book->contracts[c].start);
        span->begin = start < span->begin ? start : span->begin;
    }
    return 0;
}
