/* What an edit of a book touches beside its plans: subscriptions and parties. */
#include "touched.h"

#include "../io/memory.h"
#include "book_equal.h"

#include <stdlib.h>
#include <string.h>

struct rr_touched {
    const struct rr_comm *comm;
    const struct rr_open_book *was, *is;
    uint32_t n_shards;
    struct rr_span span;
    struct rr_book_change *change;
    bool subscriptions; /* they differ */
    bool of_plans;      /* some plan, or which is the default, differs */
    /* Counts, so that ranks can add them up. */
    uint64_t *party;  /* of the book: reasons why it is touched */
    uint64_t *stands; /* of the earlier book: it is still there */
};

/* ---- subscriptions ---- */

static bool both_or_none(struct rr_text a, struct rr_text b)
{
    return (a.len > 0) == (b.len > 0);
}

static struct rr_text plan_name(const struct rr_book *book, const struct rr_subscription *s)
{
    return book->plans[s->plan].name;
}

static bool same_subscriptions(const struct rr_book *a, const struct rr_book *b)
{
    if (!both_or_none(a->subscriptions_path, b->subscriptions_path) ||
        (a->subscriptions_path.len > 0 &&
         !rr_digest_equal(a->subscriptions_digest, b->subscriptions_digest)) ||
        a->n_subscriptions != b->n_subscriptions)
        return false;
    for (int i = 0; i < a->n_subscriptions; i++) {
        const struct rr_subscription *x = &a->subscriptions[i], *y = &b->subscriptions[i];
        if (!rr_text_equal(x->account, y->account) || x->start != y->start || x->end != y->end ||
            !rr_text_equal(plan_name(a, x), plan_name(b, y)))
            return false;
    }
    return true;
}

/* The periods in which a subscription holds; none when first > last. */
static struct rr_span span_of(const struct rr_touched *t, const struct rr_subscription *row)
{
    enum rr_period kind = t->is->dealt->period;
    struct rr_span span = {.first = rr_period_of_day(kind, row->start), .last = INT32_MAX};
    if (row->end != RR_OPEN_END)
        span.last = rr_period_of_day(kind, row->end - 1);
    span.first = span.first > t->span.first ? span.first : t->span.first;
    span.last = span.last < t->span.last ? span.last : t->span.last;
    return span;
}

static enum rr_touch touch_of_row(const struct rr_touched *t, const struct rr_subscription *row)
{
    struct rr_span span = span_of(t, row);
    return rr_book_change_of_plan(t->change, plan_name(t->is->dealt, row), span.first, span.last);
}

bool rr_touched_see(struct rr_touched *t, const struct rr_subscription *row)
{
    uint32_t party;
    if (!rr_parties_find(t->is->parties, row->account, &party))
        return false;
    t->party[party] += t->subscriptions || touch_of_row(t, row) != RR_UNTOUCHED;
    return true;
}

bool rr_touched_see_earlier(struct rr_touched *t, const struct rr_subscription *row)
{
    uint32_t party;
    if (!rr_parties_find(t->is->parties, row->account, &party))
        return false;
    t->party[party]++;
    return true;
}

/* ---- parties ---- */

static bool same_stays(const struct rr_book *a, const struct rr_book *b, struct rr_text account)
{
    int n, m;
    const struct rr_stay *x = rr_find_stays(a, account, &n), *y = rr_find_stays(b, account, &m);
    bool same = n == m;
    for (int i = 0; i < n && same; i++)
        same = x[i].start == y[i].start && x[i].end == y[i].end &&
               rr_text_equal(a->contracts[x[i].contract].name, b->contracts[y[i].contract].name);
    return same;
}

static bool same_party(const struct rr_touched *t, struct rr_party was, struct rr_party is)
{
    if (was.n_accounts != is.n_accounts || was.n_contracts != is.n_contracts)
        return false;
    for (uint32_t i = 0; i < is.n_accounts; i++)
        if (!rr_text_equal(was.account[i], is.account[i]) ||
            !same_stays(t->was->dealt, t->is->dealt, is.account[i]))
            return false;
    for (uint32_t i = 0; i < is.n_contracts; i++)
        if (!rr_contract_equal(was.contract[i], is.contract[i]))
            return false;
    return true;
}

/* Who pays and is no member has the default plan where it has no other. */
static bool has_default(const struct rr_touched *t, struct rr_party party)
{
    for (uint32_t i = 0; i < party.n_accounts; i++) {
        int n;
        rr_find_stays(t->is->dealt, party.account[i], &n);
        if (n == 0)
            return true;
    }
    return false;
}

static enum rr_touch touch_of_default(const struct rr_touched *t)
{
    const struct rr_book *book = t->is->dealt;
    if (rr_book_change_of_default(t->change))
        return RR_TOUCHES_ACCOUNT;
    if (book->default_plan == RR_NO_COLUMN)
        return RR_UNTOUCHED;
    return rr_book_change_of_plan(t->change, book->plans[book->default_plan].name, t->span.first,
                                  t->span.last);
}

/* Parties that this rank rates: what has not changed has the same accounts, so this rank holds the contracts of
 * both books whole. */
static void compare_parties(struct rr_touched *t)
{
    const struct rr_parties *parties = t->is->parties;
    bool of_default = touch_of_default(t) != RR_UNTOUCHED;
    for (uint32_t i = 0; i < rr_parties_size(parties); i++) {
        struct rr_party is = rr_parties_at(parties, i);
        uint32_t earlier;
        if (rr_billing_rank(t->comm, t->n_shards, parties, is.account[0]) != t->comm->rank)
            continue;
        bool same = rr_parties_find(t->was->parties, is.account[0], &earlier) &&
                    same_party(t, rr_parties_at(t->was->parties, earlier), is);
        if (same)
            t->stands[earlier] = 1;
        t->party[i] += !same || (of_default && has_default(t, is));
    }
}

/* ---- the whole ---- */

struct rr_touched *rr_touched_create(const struct rr_open_book *was, const struct rr_open_book *is,
                                     uint32_t n_shards, const struct rr_span *span)
{
    struct rr_touched *t = rr_calloc(1, sizeof *t);
    t->comm = is->comm;
    t->was = was;
    t->is = is;
    t->n_shards = n_shards;
    t->span = *span;
    t->change = rr_book_change_create(was->dealt, is->dealt, span);
    t->of_plans = rr_book_change_of_plans(t->change) || rr_book_change_of_default(t->change);
    t->subscriptions = !same_subscriptions(was->dealt, is->dealt);
    t->party = rr_calloc(rr_parties_size(is->parties) + 1, sizeof *t->party);
    t->stands = rr_calloc(rr_parties_size(was->parties) + 1, sizeof *t->stands);
    compare_parties(t);
    return t;
}

void rr_touched_destroy(struct rr_touched *t)
{
    if (t == NULL)
        return;
    rr_book_change_destroy(t->change);
    free(t->party);
    free(t->stands);
    free(t);
}

const struct rr_book_change *rr_touched_change(const struct rr_touched *t)
{
    return t->change;
}

bool rr_touched_wants_earlier(const struct rr_touched *t)
{
    return t->subscriptions;
}

void rr_touched_settle(struct rr_touched *t)
{
    rr_comm_sum_all(t->comm, t->party, rr_parties_size(t->is->parties));
    rr_comm_sum_all(t->comm, t->stands, rr_parties_size(t->was->parties));
}

bool rr_touched_nothing(const struct rr_touched *t)
{
    bool nothing = !t->of_plans && !t->subscriptions;
    for (uint32_t i = 0; i < rr_parties_size(t->is->parties) && nothing; i++)
        nothing = t->party[i] == 0;
    for (uint32_t i = 0; i < rr_parties_size(t->was->parties) && nothing; i++)
        nothing = t->stands[i] > 0;
    return nothing;
}

/* ---- an account that stands alone ---- */

/* A plan that an account has in some periods. */
static void touch_by_plan(const struct rr_touched *t, struct rr_text plan, struct rr_span span,
                          struct rr_touched_part *part)
{
    enum rr_touch touch = rr_book_change_of_plan(t->change, plan, span.first, span.last);
    if (touch != RR_UNTOUCHED)
        part->most = RR_TOUCHES_CHARGES;
    for (int32_t p = span.first; touch == RR_TOUCHES_ACCOUNT && p <= span.last; p++)
        if (rr_book_change_of_whole(t->change, plan, p))
            rr_touched_part_add(part, p);
}

static void touch_all_of(const struct rr_touched *t, const struct rr_subscription *row,
                         struct rr_touched_part *part)
{
    struct rr_span span = span_of(t, row);
    part->most = RR_TOUCHES_CHARGES;
    for (int32_t p = span.first; p <= span.last; p++)
        rr_touched_part_add(part, p);
}

static bool same_row(const struct rr_subscription *a, const struct rr_subscription *b)
{
    return a->plan == b->plan && a->start == b->start && a->end == b->end;
}

/* Subscriptions that only one of the books has. */
static void touch_by_difference(const struct rr_touched *t, struct rr_touched_rows is,
                                struct rr_touched_rows was, struct rr_touched_part *part)
{
    int i = 0, j = 0;
    while (i < is.n || j < was.n) {
        const struct rr_subscription *a = i < is.n ? &is.row[i] : NULL;
        const struct rr_subscription *b = j < was.n ? &was.row[j] : NULL;
        if (a && b && same_row(a, b)) {
            i++;
            j++;
        } else if (b == NULL || (a && a->start < b->start)) {
            touch_all_of(t, a, part);
            i++;
        } else {
            touch_all_of(t, b, part);
            j++;
        }
    }
}

/* One without subscriptions has the default plan, whenever it is used. */
static void touch_by_default(const struct rr_touched *t, struct rr_touched_part *part)
{
    const struct rr_book *book = t->is->dealt;
    if (rr_book_change_of_default(t->change))
        part->most = RR_TOUCHES_ACCOUNT;
    else if (book->default_plan != RR_NO_COLUMN)
        touch_by_plan(t, book->plans[book->default_plan].name, t->span, part);
}

void rr_touched_account(const struct rr_touched *t, struct rr_text account,
                        struct rr_touched_rows is, struct rr_touched_rows was,
                        struct rr_touched_part *part)
{
    uint32_t party;
    part->most = RR_UNTOUCHED;
    part->n = 0;
    if (rr_parties_find(t->was->parties, account, &party) ||
        (t->subscriptions && (is.n == 0) != (was.n == 0))) {
        part->most = RR_TOUCHES_ACCOUNT;
        return;
    }
    if (t->subscriptions)
        touch_by_difference(t, is, was, part);
    if (is.n == 0)
        touch_by_default(t, part);
    for (int i = 0; i < is.n; i++)
        touch_by_plan(t, plan_name(t->is->dealt, &is.row[i]), span_of(t, &is.row[i]), part);
}

bool rr_touched_party(const struct rr_touched *t, uint32_t party)
{
    return t->party[party] > 0;
}

bool rr_touched_earlier_party(const struct rr_touched *t, uint32_t party)
{
    return t->stands[party] == 0;
}
