/* Minimums: one line for each account, contract, plan and period. */
#include "minimums.h"

#include "price.h"

/* Segments of one account and period stand together; those of one plan share a minimum. */
static bool neighbours(const struct rr_segment *a, const struct rr_segment *b)
{
    return a->period == b->period && rr_text_equal(a->account, b->account);
}

static bool same_minimum(const struct rr_segment *a, const struct rr_segment *b)
{
    return a->contract == b->contract && a->plan == b->plan;
}

static bool is_first(const struct rr_segments *s, uint32_t i)
{
    const struct rr_segment *segment = s->segment;
    for (uint32_t j = i; j > 0 && neighbours(&segment[j - 1], &segment[i]); j--)
        if (same_minimum(&segment[j - 1], &segment[i]))
            return false;
    return true;
}

struct tally {
    struct rr_sum metered;
    int32_t days, from, to;
};

static void count(struct tally *tally, const struct rr_segment *segment,
                  const struct rr_rated *rated)
{
    tally->days += segment->to - segment->from;
    tally->from = segment->from < tally->from ? segment->from : tally->from;
    tally->to = segment->to > tally->to ? segment->to : tally->to;
    for (uint32_t l = segment->first_line; l < segment->first_line + segment->n_lines; l++)
        if (rated->lines[l].metered)
            rr_sum_add(&tally->metered, rated->lines[l].money);
}

static struct tally count_all(const struct rr_segments *s, uint32_t first,
                              const struct rr_rated *rated)
{
    const struct rr_segment *head = &s->segment[first];
    struct tally tally = {.from = INT32_MAX, .to = INT32_MIN};
    for (uint32_t i = first; i < s->n && neighbours(head, &s->segment[i]); i++)
        if (same_minimum(head, &s->segment[i]))
            count(&tally, &s->segment[i], rated);
    return tally;
}

/* The minimum for the days, in money, less what was billed; false when it is out of range. */
static bool missing(const struct rr_book *book, const struct rr_segment *segment,
                    const struct tally *tally, const struct rr_trace *trace, rr_decimal *out)
{
    struct rr_amount least;
    rr_decimal money, exact, metered;
    struct rr_sum sum = tally->metered;
    struct rr_sum minus = {{~sum.low[0], ~sum.low[1]}, ~sum.high};
    if (!rr_amount_of(segment->plan->minimum, (uint64_t)tally->days, (uint64_t)segment->period_days,
                      &least) ||
        !rr_amount_round(&least, segment->plan->minor_digits, book->rounding, &money, &exact))
        return false;
    if (rr_sum_decimal(&tally->metered, &metered))
        RR_TELL(trace, .kind = RR_STEP_MINIMUM, .segment = segment, .quantity = metered,
                .price = segment->plan->minimum, .days = tally->days,
                .of_days = segment->period_days, .result = money);
    rr_sum_add(&minus, 1); /* two's complement */
    rr_sum_add(&minus, money);
    return rr_sum_decimal(&minus, out);
}

int rr_minimums_add(struct rr_rated *rated, const struct rr_book *book,
                    const struct rr_segments *segments, uint32_t first, uint32_t end,
                    const struct rr_trace *trace, struct rr_error *err)
{
    for (uint32_t i = first; i < end; i++) {
        const struct rr_segment *segment = &segments->segment[i];
        rr_decimal money;
        if (!segment->plan->has_minimum || segment->idle || !is_first(segments, i))
            continue;
        struct tally tally = count_all(segments, i, rated);
        if (!missing(book, segment, &tally, trace, &money))
            return rr_fail(err, RR_EXIT_DATA,
                           "account '%.*s': the minimum of plan '%.*s' has more than 20 digits",
                           RR_SHOW(segment->account), RR_SHOW(segment->plan->name));
        if (money <= 0)
            continue;
        struct rr_rated_line *line = rr_rated_add_line(rated);
        *line = (struct rr_rated_line){.account = segment->account,
                                       .contract = segment->contract,
                                       .plan = segment->plan,
                                       .charge = rr_text_of("minimum"),
                                       .period = segment->period,
                                       .from = tally.from,
                                       .to = tally.to,
                                       .money = money,
                                       .exact = money};
        RR_TELL(trace, .kind = RR_STEP_LINE, .line = line, .number = 1);
    }
    return 0;
}
