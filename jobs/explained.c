/* Rating one account again. */
#include "explained.h"

#include "../io/memory.h"
#include "../runtime/increments.h"
#include "../runtime/state.h"
#include "kept_books.h"
#include "rating.h"
#include "span.h"

#include <stdlib.h>

/* Records of the account that are in memory at once, and runs that are open. */
enum { USAGE_MEMORY = 256 * 1024 * 1024, LOOKS = 3 };

/* ---- the book ---- */

static int open_book(const struct rr_explained_terms *terms, struct rr_explained *e,
                     struct rr_error *err)
{
    const struct rr_book_source source = {
        .workspace = terms->workspace, .result = terms->book->number, .is_proved = true};
    uint32_t party;
    if (rr_open_book(&e->alone, &source, USAGE_MEMORY, &e->open, err) != 0 ||
        rr_open_book_deal(&e->open, 1, err) != 0 ||
        rr_kept_book_check(terms->book, e->open.dealt, err) != 0)
        return -1;
    if (rr_parties_find(e->open.parties, terms->account, &party))
        e->party = rr_parties_at(e->open.parties, party);
    if (terms->span == NULL)
        return rr_span_of_result(terms->book, e->open.dealt, &e->span, err);
    e->span = *terms->span;
    return 0;
}

/* ---- the usage ---- */

static int find_increment(const struct rr_explained_terms *terms, struct rr_manifest *m,
                          bool keeps_records, struct rr_error *err)
{
    struct rr_digest state;
    uint32_t increment = 0;
    if (rr_result_digest(terms->usage, "state", &state) &&
        rr_digest_equal(state, rr_digest_bytes(m->state_text, strlen(m->state_text))))
        increment = rr_result_increment(terms->usage, m);
    if (increment == 0)
        return rr_fail(
            err, RR_EXIT_INPUT,
            "%s: the state does not know any more what result %04u is of: it was made "
            "anew, or with other inputs. A result that `rerate rate` makes now can be explained",
            terms->workspace, terms->usage->number);
    if (rr_increments_look_back(m, increment, keeps_records, err) == 0)
        return 0;
    return rr_fail_prefix(err, "%s: result %04u is of increment %u", terms->workspace,
                          terms->usage->number, increment);
}

static int look(const struct rr_explained_terms *terms, struct rr_explained *e,
                struct rr_error *err)
{
    const struct rr_job *job = rr_meters_job(e->open.meters);
    e->manifest = rr_state_look(terms->workspace, err);
    if (e->manifest == NULL || find_increment(terms, e->manifest, job->has_event_ids, err) != 0)
        return -1;
    e->usage = rr_account_usage_open(terms->workspace, e->manifest, job, USAGE_MEMORY);
    return 0;
}

static void look_away(struct rr_explained *e)
{
    rr_account_usage_close(e->usage);
    rr_manifest_destroy(e->manifest);
    e->usage = NULL;
    e->manifest = NULL;
}

static const struct rr_origin *origin_of(void *self, const struct rr_cell *cell)
{
    const struct rr_explained *e = self;
    return rr_account_usage_origin(e->usage, cell);
}

/* ---- subscriptions ---- */

struct subscriptions {
    struct rr_subscription *row;
    int n, size;
    const struct rr_text *account; /* sorted */
    uint32_t n_accounts;
};

static int compare_names(const void *a, const void *b)
{
    return rr_text_compare(*(const struct rr_text *)a, *(const struct rr_text *)b);
}

/* Keeps it under the account's own name, which stays. */
static int take_subscription(void *self, const struct rr_subscription *row, struct rr_error *err)
{
    struct subscriptions *s = self;
    const struct rr_text *account =
        bsearch(&row->account, s->account, s->n_accounts, sizeof *account, compare_names);
    (void)err;
    if (account == NULL)
        return 0;
    if (s->n == s->size) {
        s->size = s->size ? 2 * s->size : 16;
        s->row = rr_realloc(s->row, (size_t)s->size * sizeof *s->row);
    }
    s->row[s->n] = *row;
    s->row[s->n++].account = *account;
    return 0;
}

static int compare_rows(const void *a, const void *b)
{
    const struct rr_subscription *x = a, *y = b;
    int order = rr_text_compare(x->account, y->account);
    return order ? order : (x->start > y->start) - (x->start < y->start);
}

static int find_subscriptions(struct rr_explained *e, struct subscriptions *s, struct rr_error *err)
{
    const struct rr_open_book *o = &e->open;
    for (int i = 0; i < o->dealt->n_subscriptions; i++)
        take_subscription(s, &o->dealt->subscriptions[i], err);
    if (o->subscribers && rr_subscribers_of(o->subscribers, o->dealt, s->account, s->n_accounts,
                                            take_subscription, s, err) != 0)
        return -1;
    if (s->n > 1)
        qsort(s->row, (size_t)s->n, sizeof *s->row, compare_rows);
    return 0;
}

/* ---- rating ---- */

/* Rows of all that is told are wanted, and of the account itself. */
static void want_rows(struct rr_explained *e, struct rr_text account, const struct rr_told *told)
{
    rr_proved_rows_want(&e->rows, RR_PROVED_LINES, account);
    rr_proved_rows_want(&e->rows, RR_PROVED_INVOICES, account);
    rr_proved_rows_want(&e->rows, RR_PROVED_UNRATED, account);
    for (uint32_t i = 0; i < told->n_lines; i++) {
        const struct rr_rated_line *line = &told->line[i].line;
        rr_proved_rows_want(&e->rows, RR_PROVED_LINES, line->account);
        rr_proved_rows_want(&e->rows, RR_PROVED_INVOICES, rr_line_payer(line));
        if (told->line[i].n_shares > 0)
            rr_proved_rows_want(&e->rows, RR_PROVED_SHARES, line->contract->name);
    }
}

struct rating {
    struct rr_explained *explained;
    struct rr_text account;
};

static int take_rated(void *self, struct rr_rated *rated, struct rr_error *err)
{
    struct rating *rating = self;
    struct rr_explained *e = rating->explained;
    rr_trace_record_take(e->record, rated);
    want_rows(e, rating->account, rr_trace_record_told(e->record));
    const struct rr_rated_sink sink = rr_proved_rows_sink(&e->rows);
    return rr_rated_write(rated, e->open.dealt->period, &e->making, &sink, &e->totals, err);
}

static int add_account(struct rr_explained *e, struct rr_rating *rating, struct rr_text account,
                       const struct subscriptions *s, struct rr_error *err)
{
    int first = 0, n = 0;
    while (first < s->n && rr_text_compare(s->row[first].account, account) < 0)
        first++;
    while (first + n < s->n && rr_text_equal(s->row[first + n].account, account))
        n++;
    if (rr_account_usage_read(e->usage, account, err) != 0)
        return -1;
    struct rr_cells cells = rr_account_usage_cells(e->usage);
    return rr_rating_add(rating, account, s->row + first, n, &cells, err);
}

/* Records of the account that count in no cell, in the periods of the result. */
static void note_withheld(struct rr_explained *e)
{
    uint32_t n;
    const struct rr_origin *origin = rr_account_usage_origins(e->usage, &n);
    for (uint32_t i = 0; i < n; i++) {
        if (origin[i].counts.counted > 0 || origin[i].meter >= e->open.dealt->n_meters)
            continue;
        int32_t period = rr_bucket_period(e->open.calendar, origin[i].bucket);
        if (period >= e->span.first && period <= e->span.last)
            rr_trace_record_withhold(e->record, period, &origin[i]);
    }
}

static int rate_accounts(struct rr_explained *e, struct rr_rating *rating, struct rr_text account,
                         const struct subscriptions *s, struct rr_error *err)
{
    struct rating taker = {e, account};
    rr_rating_begin(rating, e->party.contract, e->party.n_contracts);
    for (uint32_t i = 0; i < s->n_accounts; i++) {
        if (add_account(e, rating, s->account[i], s, err) != 0)
            return -1;
        if (rr_text_equal(s->account[i], account))
            note_withheld(e);
    }
    return rr_rating_finish(rating, take_rated, &taker, err);
}

static void forget(struct rr_explained *e)
{
    rr_trace_record_destroy(e->record);
    rr_proved_rows_fini(&e->rows);
    rr_rated_rows_fini(&e->making);
    rr_totals_fini(&e->totals);
    e->record = NULL;
    e->making = (struct rr_rated_rows){0};
    e->totals = (struct rr_totals){0};
}

static int rate(struct rr_explained *e, struct rr_text account, const struct subscriptions *s,
                struct rr_error *err)
{
    const struct rr_open_book *o = &e->open;
    const struct rr_told_origins origins = {e, origin_of};
    struct rr_rating *rating = rr_rating_create(o->dealt, o->calendar, o->meters, e->span);
    bool known = rr_account_usage_has_origins(e->usage);
    e->record = rr_trace_record_create(o->dealt, account, e->span.first, known ? &origins : NULL);
    rr_rating_trace(rating, rr_trace_record_trace(e->record));
    int result = rate_accounts(e, rating, account, s, err);
    rr_rating_destroy(rating);
    return result;
}

/* A job that writes the state may take runs away between a look at the manifest and at them: then the manifest
 * has changed. */
static int look_and_rate(const struct rr_explained_terms *terms, struct rr_explained *e,
                         const struct subscriptions *s, struct rr_error *err)
{
    uint64_t generation = 0;
    for (int n = 0; n < LOOKS; n++) {
        look_away(e);
        forget(e);
        if (look(terms, e, err) != 0)
            return -1;
        if (e->manifest->generation == generation)
            return -1; /* err is that of the look before */
        generation = e->manifest->generation;
        if (rate(e, terms->account, s, err) == 0)
            return 0;
    }
    return -1;
}

int rr_explained_open(const struct rr_explained_terms *terms, struct rr_explained *e,
                      struct rr_error *err)
{
    struct subscriptions s = {.account = &terms->account, .n_accounts = 1};
    *e = (struct rr_explained){0};
    rr_comm_alone(&e->alone);
    if (open_book(terms, e, err) != 0)
        return -1;
    if (e->party.n_accounts > 0) {
        s.account = e->party.account;
        s.n_accounts = e->party.n_accounts;
    }
    int result = find_subscriptions(e, &s, err);
    e->has_deal = s.n > 0 || e->party.n_accounts > 0;
    if (result == 0)
        result = look_and_rate(terms, e, &s, err);
    free(s.row);
    if (result != 0)
        return -1;
    e->told = rr_trace_record_told(e->record);
    return terms->book == terms->usage ? rr_proved_rows_prove(&e->rows, terms->book, err) : 0;
}

void rr_explained_close(struct rr_explained *e)
{
    look_away(e);
    forget(e);
    rr_open_book_close(&e->open);
    rr_comm_fini(&e->alone);
}

/* ---- what lies between two results ---- */

static const char *asked(const struct rr_result_facts *facts, const char *name)
{
    return json_string_value(json_object_get(json_object_get(facts->json, "asked"), name));
}

/* Where no periods were asked for, they begin with the first usage or deal and end with the last usage: as the old
 * result says, unless it was asked for others. What lies before all deals and usage makes no difference. */
bool rr_explained_middle_span(const struct rr_result_facts *old, const struct rr_result_facts *new,
                              const struct rr_book *book, struct rr_span *span)
{
    struct rr_span of_old;
    if ((!asked(new, "to") && asked(old, "to")) || (!asked(new, "from") && asked(old, "from")) ||
        rr_span_of_result(old, book, &of_old, NULL) != 0 ||
        rr_span_of_result(new, book, span, NULL) != 0)
        return false;
    if (!asked(new, "to"))
        span->last = of_old.last;
    if (!asked(new, "from") && of_old.first < span->first)
        span->first = of_old.first;
    span->begin = span->first < span->begin ? span->first : span->begin;
    span->horizon =
        span->first <= span->last ? rr_period_start(book->period, span->last + 1) : INT32_MIN;
    return true;
}
