/* Rating: groups to lines.
 *
 * Each charge of a segment takes the groups of its meter that it asks for and prices them. Then come the
 * minimums of plans, commitments and credits. Groups that no charge took are unrated.
 */
#include "rating_parts.h"

#include "../io/memory.h"
#include "commitments.h"
#include "credits.h"
#include "minimums.h"
#include "shares.h"

/* From how many groups on an account is rated period by period. */
enum { MANY_GROUPS = 4096 };

struct rr_rating *rr_rating_create(const struct rr_book *book, const struct rr_calendar *calendar,
                                   const struct rr_meters *meters, struct rr_span span)
{
    struct rr_rating *r = rr_calloc(1, sizeof *r);
    r->by = (struct rr_grouping){book, calendar, meters, &r->segments, span, NULL};
    r->span = span;
    r->job = rr_meters_job(meters);
    r->pool = rr_calloc((size_t)book->n_contracts + 1, sizeof *r->pool);
    r->texts = rr_arena_create();
    rr_groups_init(&r->groups);
    return r;
}

void rr_rating_destroy(struct rr_rating *r)
{
    if (r == NULL)
        return;
    rr_rated_fini(&r->rated);
    rr_segments_fini(&r->segments);
    rr_groups_free(&r->groups);
    rr_arena_destroy(r->texts);
    rr_line_fini(&r->text);
    free(r->account);
    free(r->pool);
    free(r->by_segment);
    free(r->loose);
    free(r->chosen);
    free(r->list);
    free(r->segment_start);
    free(r->unrated);
    free(r->of_contract);
    free(r->events);
    free(r);
}

void rr_rating_trace(struct rr_rating *r, const struct rr_trace *trace)
{
    r->by.trace = trace;
}

/* ---- the groups of each segment ---- */

static void reserve(struct rr_rating *r)
{
    if (r->groups.n > r->groups_size) {
        r->groups_size = r->groups.n * 2;
        r->by_segment = rr_realloc(r->by_segment, r->groups_size * sizeof *r->by_segment);
        r->loose = rr_realloc(r->loose, r->groups_size * sizeof *r->loose);
    }
    if (r->segments.n + 2 > r->segment_size) {
        r->segment_size = (r->segments.n + 2) * 2;
        r->segment_start = rr_realloc(r->segment_start, r->segment_size * sizeof *r->segment_start);
    }
}

static int compare_loose(const void *a, const void *b)
{
    const struct rr_group *x = *(struct rr_group *const *)a, *y = *(struct rr_group *const *)b;
    if (x->period != y->period)
        return x->period < y->period ? -1 : 1;
    return (x > y) - (x < y);
}

/* Counting sort of the groups by segment; within one they stay in order. */
static void sort_by_segment(struct rr_rating *r)
{
    reserve(r);
    uint32_t *start = r->segment_start, n = r->segments.n;
    memset(start, 0, (n + 2) * sizeof *start);
    r->n_loose = 0;
    for (uint32_t g = 0; g < r->groups.n; g++)
        if (r->groups.group[g].segment != RR_NO_SEGMENT)
            start[r->groups.group[g].segment + 2]++;
    for (uint32_t s = 2; s < n + 2; s++)
        start[s] += start[s - 1];
    for (uint32_t g = 0; g < r->groups.n; g++) {
        struct rr_group *group = &r->groups.group[g];
        if (group->segment != RR_NO_SEGMENT)
            r->by_segment[start[group->segment + 1]++] = group;
        else
            r->loose[r->n_loose++] = group;
    }
    if (r->n_loose > 1)
        qsort(r->loose, r->n_loose, sizeof *r->loose, compare_loose);
}

/* The default plan holds in whole periods: a period's segments are idle together. */
static void find_idle(struct rr_rating *r)
{
    struct rr_segment *segment = r->segments.segment;
    for (uint32_t s = 0; s < r->segments.n;) {
        uint32_t end = s + 1;
        while (end < r->segments.n && segment[end].if_used &&
               segment[end].account.ptr == segment[s].account.ptr &&
               segment[end].period == segment[s].period)
            end++;
        bool idle = segment[s].if_used && r->segment_start[s] == r->segment_start[end];
        for (; s < end; s++)
            segment[s].idle = idle;
    }
}

/* Where nothing is touched, nothing is rated. */
static void pass_over_untouched(struct rr_rating *r)
{
    for (uint32_t s = 0; s < r->segments.n; s++) {
        struct rr_segment *segment = &r->segments.segment[s];
        int32_t period = segment->period;
        segment->idle |=
            !rr_rating_is_whole(r, period) &&
            rr_book_change_of_plan(r->only, segment->plan->name, period, period) == RR_UNTOUCHED;
    }
}

/* ---- what contracts add to their lines ---- */

static int compare_contract_lines(const void *a, const void *b, void *lines)
{
    const struct rr_rated_line *x = (struct rr_rated_line *)lines + *(const uint32_t *)a;
    const struct rr_rated_line *y = (struct rr_rated_line *)lines + *(const uint32_t *)b;
    if (x->contract != y->contract)
        return x->contract < y->contract ? -1 : 1;
    return rr_line_order(x, y);
}

/* The lines of contracts, by contract, then in their order; returns how many. */
static uint32_t list_contract_lines(struct rr_rating *r)
{
    uint32_t n = 0;
    if (r->rated.n_lines > r->of_contract_size) {
        r->of_contract_size = 2 * r->rated.n_lines;
        r->of_contract = rr_realloc(r->of_contract, r->of_contract_size * sizeof *r->of_contract);
    }
    for (uint32_t i = 0; i < r->rated.n_lines; i++)
        if (r->rated.lines[i].contract)
            r->of_contract[n++] = i;
    if (n > 1)
        qsort_r(r->of_contract, n, sizeof *r->of_contract, compare_contract_lines, r->rated.lines);
    return n;
}

typedef int (*settlement)(const struct rr_deal_lines *deal, struct rr_error *err);

/* Hands each contract its lines. Contracts rise. One without lines has its commitment too. */
static int settle(struct rr_rating *r, settlement add, struct rr_error *err)
{
    uint32_t n = list_contract_lines(r);
    for (uint32_t c = 0, first = 0, end; c < r->n_contracts; c++, first = end) {
        const struct rr_contract *contract = r->contracts[c];
        for (end = first; end < n && r->rated.lines[r->of_contract[end]].contract == contract;)
            end++;
        const struct rr_deal_lines deal = {
            r->by.book,  contract, &r->by.span, &r->rated, r->of_contract + first,
            end - first, r->texts, r->by.trace};
        if (add(&deal, err) != 0)
            return -1;
    }
    return 0;
}

/* Negative quantities of charges that are wanted in periods that are not. */
static void drop_carried(struct rr_rating *r)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->rated.n_unrated; i++)
        if (rr_rating_is_whole(r, r->rated.unrated[i].period))
            r->rated.unrated[n++] = r->rated.unrated[i];
    r->rated.n_unrated = n;
}

/* Contracts are followed from their begin, whatever periods are asked for. */
static void drop_earlier(struct rr_rated *rated, int32_t first)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < rated->n_lines; i++)
        if (rated->lines[i].period >= first)
            rated->lines[n++] = rated->lines[i];
    rated->n_lines = n;
    n = 0;
    for (uint32_t i = 0; i < rated->n_unrated; i++)
        if (rated->unrated[i].period >= first)
            rated->unrated[n++] = rated->unrated[i];
    rated->n_unrated = n;
}

/* ---- a party ---- */

void rr_rating_begin(struct rr_rating *r, const struct rr_contract *const *contracts,
                     uint32_t n_contracts)
{
    const struct rr_book *book = r->by.book;
    r->contracts = contracts;
    r->n_contracts = n_contracts;
    r->n_accounts = 0;
    r->only = NULL;
    r->by.span = r->span;
    if (n_contracts > 0)
        r->by.span.first = r->span.begin;
    rr_segments_clear(&r->segments);
    rr_groups_clear(&r->groups);
    for (uint32_t c = 0; c < n_contracts; c++)
        if (contracts[c]->pool)
            r->pool[contracts[c] - book->contracts] =
                rr_segments_add_pool(&r->segments, book, contracts[c], &r->by.span);
}

void rr_rating_restrict(struct rr_rating *r, const struct rr_book_change *change,
                        const struct rr_touched_part *part)
{
    rr_check(r->n_contracts == 0, "what contracts bind is rated in part");
    r->only = change;
    r->part = part;
}

int rr_rating_add(struct rr_rating *r, struct rr_text account,
                  const struct rr_subscription *subscriptions, int n, struct rr_cells *cells,
                  struct rr_error *err)
{
    struct rr_grouped_account grouped = {account, r->n_accounts, r->segments.n_windows, false};
    if (r->n_accounts == r->accounts_size) {
        r->accounts_size = r->accounts_size ? 2 * r->accounts_size : 16;
        r->account = rr_realloc(r->account, r->accounts_size * sizeof *r->account);
    }
    r->account[r->n_accounts++] = account;
    grouped.has_default = rr_segments_add_account(&r->segments, r->by.book, account, subscriptions,
                                                  n, r->pool, &r->by.span);
    return rr_groups_add(&r->groups, &r->by, &grouped, cells, err);
}

static int rate_part(struct rr_rating *r, struct rr_rating_part part, rr_rated_taker take,
                     void *self, struct rr_error *err)
{
    rr_rated_clear(&r->rated);
    rr_arena_reset(r->texts);
    if (rr_rating_lines(r, part, err) != 0 ||
        rr_minimums_add(&r->rated, r->by.book, &r->segments, part.first, part.end, r->by.trace,
                        err) != 0 ||
        settle(r, rr_commitment_add, err) != 0 || settle(r, rr_credits_add, err) != 0 ||
        rr_rating_unrated(r, part, err) != 0)
        return -1;
    if (r->only)
        drop_carried(r);
    if (r->n_contracts > 0) {
        drop_earlier(&r->rated, r->span.first);
        rr_shares_divide(&r->rated);
    }
    return take(self, &r->rated, err);
}

/* The part of the next period; false when there is none. */
static bool next_period(const struct rr_rating *r, struct rr_rating_part *part)
{
    const struct rr_segment *segment = r->segments.segment;
    int32_t period = INT32_MAX;
    part->first = part->end;
    part->first_loose = part->end_loose;
    if (part->first < r->segments.n)
        period = segment[part->first].period;
    if (part->first_loose < r->n_loose && r->loose[part->first_loose]->period < period)
        period = r->loose[part->first_loose]->period;
    while (part->end < r->segments.n && segment[part->end].period == period)
        part->end++;
    while (part->end_loose < r->n_loose && r->loose[part->end_loose]->period == period)
        part->end_loose++;
    return period != INT32_MAX;
}

int rr_rating_finish(struct rr_rating *r, rr_rated_taker take, void *self, struct rr_error *err)
{
    struct rr_rating_part part = {0};
    sort_by_segment(r);
    find_idle(r);
    if (r->only)
        pass_over_untouched(r);
    if (r->n_contracts > 0 || r->groups.n < MANY_GROUPS)
        return rate_part(r, (struct rr_rating_part){0, r->segments.n, 0, r->n_loose}, take, self,
                         err);
    while (next_period(r, &part))
        if (rate_part(r, part, take, self, err) != 0)
            return -1;
    return 0;
}
