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
    free(s->moved);
    free(s->spare);
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
                             struct rr_text account, const struct rr_subscription *subscription,
                             const struct rr_stay *stays, int n, const struct rr_span *span)
{
    struct rr_segment base = {.account = account, .plan = &book->plans[subscription->plan]};
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

/* Room for n more windows at `at`, which lies among those of the last account. */
static void open_gap(struct rr_segments *s, uint32_t at, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        append_window(s, (struct rr_window){0});
    memmove(s->window + at + n, s->window + at, (s->n_windows - n - at) * sizeof *s->window);
}

void rr_segments_add_default(struct rr_segments *s, const struct rr_book *book,
                             struct rr_text account, uint32_t first, int32_t period)
{
    struct rr_segment base = {
        .account = account, .plan = &book->plans[book->default_plan], .if_used = true};
    int32_t start = rr_period_start(book->period, period);
    uint32_t at = s->n_windows, segment = s->n;
    while (at > first && s->window[at - 1].from > start)
        at--;
    if (at < s->n_windows && s->window[at].from == start)
        return;
    if (at > first && s->window[at - 1].to > start)
        return;
    add_cut(s, book->period, base, period, start, rr_period_start(book->period, period + 1));
    open_gap(s, at, s->n - segment);
    for (; segment < s->n; segment++, at++)
        s->window[at] =
            (struct rr_window){s->segment[segment].from, s->segment[segment].to, segment};
}

static void reserve_moves(struct rr_segments *s, uint32_t n)
{
    if (n <= s->moved_size)
        return;
    s->moved_size = 2 * n;
    s->moved = rr_realloc(s->moved, s->moved_size * sizeof *s->moved);
    s->spare = rr_realloc(s->spare, s->moved_size * sizeof *s->spare);
}

const uint32_t *rr_segments_order_default(struct rr_segments *s, uint32_t first)
{
    uint32_t n = s->n_windows - first, base = s->n - n;
    bool rises = true;
    for (uint32_t i = 0; i < n && rises; i++)
        rises = s->window[first + i].segment == base + i;
    if (rises)
        return NULL;
    reserve_moves(s, n);
    memcpy(s->spare, s->segment + base, n * sizeof *s->spare);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t was = s->window[first + i].segment - base;
        s->segment[base + i] = s->spare[was];
        s->window[first + i].segment = base + i;
        s->moved[was] = base + i;
    }
    return s->moved;
}

bool rr_segments_add_account(struct rr_segments *s, const struct rr_book *book,
                             struct rr_text account, const struct rr_subscription *subscriptions,
                             int n, const uint32_t *pool, const struct rr_span *span)
{
    int n_stays;
    uint32_t first = s->n_windows;
    const struct rr_stay *stays = rr_find_stays(book, account, &n_stays);
    if (span->first > span->last)
        return false;
    for (int i = 0; i < n; i++)
        add_subscription(s, book, account, &subscriptions[i], stays, n_stays, span);
    for (int i = 0; i < n_stays; i++)
        add_stay(s, book, &stays[i], pool, span);
    if (n_stays > 0 && s->n_windows > first + 1)
        qsort(s->window + first, s->n_windows - first, sizeof *s->window, compare_windows);
    return n + n_stays == 0 && book->default_plan != RR_NO_COLUMN;
}
