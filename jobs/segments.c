/* Segments: periods cut by subscriptions and versions. */
#include "segments.h"

#include "../io/memory.h"

static void append(struct rr_segments *s, struct rr_segment segment)
{
    if (s->n == s->size) {
        s->size = s->size ? s->size * 2 : 16;
        s->segment = rr_realloc(s->segment, s->size * sizeof *s->segment);
    }
    s->segment[s->n++] = segment;
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
static void add_cut(struct rr_segments *s, enum rr_period kind, const struct rr_plan *plan,
                    int32_t period, int32_t from, int32_t to)
{
    const struct rr_version *version = NULL;
    int32_t days = rr_period_start(kind, period + 1) - rr_period_start(kind, period);
    for (int v = 0; v < plan->n_versions && from < to; v++) {
        const struct rr_version *next = &plan->versions[v];
        if (next->from >= to)
            break;
        if (next->from > from) {
            append(s, (struct rr_segment){plan, version, period, from, next->from, days});
            from = next->from;
        }
        version = next;
    }
    if (from < to)
        append(s, (struct rr_segment){plan, version, period, from, to, days});
}

void rr_segments_add_period(struct rr_segments *s, enum rr_period kind, const struct rr_plan *plan,
                            int32_t period)
{
    add_cut(s, kind, plan, period, rr_period_start(kind, period),
            rr_period_start(kind, period + 1));
}

void rr_segments_of_subscriptions(struct rr_segments *s, const struct rr_book *book,
                                  const struct rr_subscription *subscriptions, int n,
                                  const struct rr_span *span)
{
    if (span->first > span->last)
        return;
    int32_t first_day = rr_period_start(book->period, span->first);
    int32_t end_day = rr_period_start(book->period, span->last + 1);
    for (int i = 0; i < n; i++) {
        int32_t from = later(subscriptions[i].start, first_day);
        int32_t to = earlier(earlier(subscriptions[i].end, span->horizon), end_day);
        while (from < to) {
            int32_t period = rr_period_of_day(book->period, from);
            int32_t end = earlier(to, rr_period_start(book->period, period + 1));
            add_cut(s, book->period, &book->plans[subscriptions[i].plan], period, from, end);
            from = end;
        }
    }
}

void rr_segments_fini(struct rr_segments *s)
{
    free(s->segment);
    *s = (struct rr_segments){0};
}
