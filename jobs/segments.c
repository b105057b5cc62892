/* Segments: periods cut by subscriptions, contracts and versions. */
#include "segments.h"

#include "../io/memory.h"

static uint32_t append(struct rr_segments *s, struct rr_segment segment)
{
    if (s->n == s->size) {
        s->size = s->size ? s->size * 2 : 16;
        s->segment = rr_realloc(s->segment, s->size * sizeof *s->segment);
    }
    s->segment[s->n] = segment;
    return s->n++;
}

static void append_window(struct rr_segments *s, struct rr_window window)
{
    if (s->n_windows == s->windows_size) {
        s->windows_size = s->windows_size ? s->windows_size * 2 : 16;
        s->window = rr_realloc(s->window, s->windows_size * sizeof *s->window);
    }
    s->window[s->n_windows++] = window;
}

void rr_segments_clear(struct rr_segments *s)
{
    s->n = 0;
    s->n_windows = 0;
}

void rr_segments_fini(struct rr_segments *s)
{
    free(s->segment);
    free(s->window);
    *s = (struct rr_segments){0};
}

static int32_t later(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

static int32_t earlier(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

/* Adds [from, to) of a period, cut where versions of the plan begin. */
static void add_cut(struct rr_segments *s, enum rr_period kind, struct rr_segment base,
                    int32_t period, int32_t from, int32_t to)
{
    int32_t start = rr_period_start(kind, period);
    base.period = period;
    base.period_days = rr_period_start(kind, period + 1) - start;
    base.version = NULL;
    base.from = from;
    for (int v = 0; v < base.plan->n_versions && base.from < to; v++) {
        const struct rr_version *next = &base.plan->versions[v];
        if (next->from >= to)
            break;
        if (next->from > base.from) {
            base.to = next->from;
            append(s, base);
            base.from = next->from;
        }
        base.version = next;
    }
    base.to = to;
    if (base.from < to)
        append(s, base);
}

/* Adds [from, to), within the span, cut at the bounds of periods too. */
static void add_stretch(struct rr_segments *s, const struct rr_book *book, struct rr_segment base,
                        int32_t from, int32_t to, const struct rr_span *span)
{
    from = later(from, rr_period_start(book->period, span->first));
    to = earlier(to, span->horizon);
    while (from < to) {
        int32_t period = rr_period_of_day(book->period, from);
        int32_t end = earlier(to, rr_period_start(book->period, period + 1));
        add_cut(s, book->period, base, period, from, end);
        from = end;
    }
}

/* The account's own segments from `first` on are windows too. */
static void add_windows(struct rr_segments *s, uint32_t first)
{
    for (uint32_t i = first; i < s->n; i++)
        append_window(s, (struct rr_window){s->segment[i].from, s->segment[i].to, i});
}

uint32_t rr_segments_add_pool(struct rr_segments *s, const struct rr_book *book,
                              const struct rr_contract *contract, const struct rr_span *span)
{
    struct rr_segment base = {
        .account = contract->bill_to, .contract = contract, .plan = &contract->plan};
    uint32_t first = s->n;
    add_stretch(s, book, base, contract->start, contract->end, span);
    return first;
}

/* The parts of a stay in a pooled contract's segments, the first of which is `pool`. */
static void add_pool_windows(struct rr_segments *s, const struct rr_stay *stay,
                             const struct rr_contract *contract, uint32_t pool)
{
    for (uint32_t i = pool; i < s->n && s->segment[i].contract == contract; i++) {
        int32_t from = later(stay->start, s->segment[i].from);
        int32_t to = earlier(stay->end, s->segment[i].to);
        if (from < to)
            append_window(s, (struct rr_window){from, to, i});
    }
}

static void add_stay(struct rr_segments *s, const struct rr_book *book, const struct rr_stay *stay,
                     const uint32_t *pool, const struct rr_span *span)
{
    const struct rr_contract *contract = &book->contracts[stay->contract];
    if (contract->pool) {
        add_pool_windows(s, stay, contract, pool[stay->contract]);
        return;
    }
    struct rr_segment base = {
        .account = stay->account, .contract = contract, .plan = &contract->plan};
    uint32_t first = s->n;
    add_stretch(s, book, base, stay->start, stay->end, span);
    add_windows(s, first);
}

/* What a subscription has outside of the stays: a contract takes its place. */
static void add_subscription(struct rr_segments *s, const struct rr_book *book,
                             const struct rr_subscription *subscription,
                             const struct rr_stay *stays, int n, const struct rr_span *span)
{
    struct rr_segment base = {.account = subscription->account,
                              .plan = &book->plans[subscription->plan]};
    int32_t from = subscription->start;
    uint32_t first = s->n;
    for (int i = 0; i < n; i++) {
        if (stays[i].start >= stays[i].end)
            continue;
        add_stretch(s, book, base, from, earlier(stays[i].start, subscription->end), span);
        from = later(from, stays[i].end);
    }
    add_stretch(s, book, base, from, subscription->end, span);
    add_windows(s, first);
}

/* The account's subscriptions stand together, sorted by start. */
static const struct rr_subscription *find_subscriptions(const struct rr_book *book,
                                                        struct rr_text account, int *n)
{
    int low = 0, high = book->n_subscriptions;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (rr_text_compare(book->subscriptions[middle].account, account) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *n = 0;
    while (low + *n < book->n_subscriptions &&
           rr_text_equal(book->subscriptions[low + *n].account, account))
        ++*n;
    return book->subscriptions + low;
}

const struct rr_stay *rr_find_stays(const struct rr_book *book, struct rr_text account, int *n)
{
    int low = 0, high = book->n_stays;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (rr_text_compare(book->stays[middle].account, account) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *n = 0;
    while (low + *n < book->n_stays && rr_text_equal(book->stays[low + *n].account, account))
        ++*n;
    return book->stays + low;
}

static int compare_windows(const void *a, const void *b)
{
    int32_t x = ((const struct rr_window *)a)->from, y = ((const struct rr_window *)b)->from;
    return (x > y) - (x < y);
}

static void add_default(struct rr_segments *s, const struct rr_book *book, struct rr_text account,
                        const int32_t *periods, uint32_t n, const struct rr_span *span)
{
    struct rr_segment base = {
        .account = account, .plan = &book->plans[book->default_plan], .if_used = true};
    uint32_t first = s->n;
    for (uint32_t i = 0; i < n; i++)
        if (periods[i] >= span->first && periods[i] <= span->last)
            add_cut(s, book->period, base, periods[i], rr_period_start(book->period, periods[i]),
                    rr_period_start(book->period, periods[i] + 1));
    add_windows(s, first);
}

void rr_segments_add_account(struct rr_segments *s, const struct rr_book *book,
                             struct rr_text account, const int32_t *periods, uint32_t n,
                             const uint32_t *pool, const struct rr_span *span)
{
    int n_subscriptions, n_stays;
    uint32_t first = s->n_windows;
    const struct rr_subscription *subscriptions =
        find_subscriptions(book, account, &n_subscriptions);
    const struct rr_stay *stays = rr_find_stays(book, account, &n_stays);
    if (span->first > span->last)
        return;
    for (int i = 0; i < n_subscriptions; i++)
        add_subscription(s, book, &subscriptions[i], stays, n_stays, span);
    for (int i = 0; i < n_stays; i++)
        add_stay(s, book, &stays[i], pool, span);
    if (n_subscriptions + n_stays == 0 && book->default_plan != RR_NO_COLUMN)
        add_default(s, book, account, periods, n, span);
    if (n_stays > 0 && s->n_windows > first + 1)
        qsort(s->window + first, s->n_windows - first, sizeof *s->window, compare_windows);
}
