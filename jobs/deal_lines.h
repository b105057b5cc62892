/* A contract's lines, as what comes after the charges sees them. */
#ifndef JOBS_DEAL_LINES_H
#define JOBS_DEAL_LINES_H

#include "rated.h"
#include "segments.h"
#include "trace.h"

struct rr_deal_lines {
    const struct rr_book *book;
    const struct rr_contract *contract;
    const struct rr_span *span;
    struct rr_rated *rated;
    const uint32_t *line; /* numbers of the contract's lines, in rr_line_order */
    uint32_t n;
    struct rr_arena *texts;       /* lives as long as the lines */
    const struct rr_trace *trace; /* or NULL */
};

/* Adds a line that a contract makes: quantity 0, the bounds of the period within the contract. */
static inline void rr_deal_add(const struct rr_deal_lines *deal, int32_t period,
                               struct rr_text account, struct rr_text charge, rr_decimal money,
                               rr_decimal exact)
{
    const struct rr_contract *contract = deal->contract;
    int32_t start = rr_period_start(deal->book->period, period);
    int32_t end = rr_period_start(deal->book->period, period + 1);
    if (money == 0)
        return;
    struct rr_rated_line *line = rr_rated_add_line(deal->rated);
    *line = (struct rr_rated_line){.account = account,
                                   .contract = contract,
                                   .plan = &contract->plan,
                                   .charge = charge,
                                   .period = period,
                                   .from = contract->start > start ? contract->start : start,
                                   .to = contract->end < end ? contract->end : end,
                                   .money = money,
                                   .exact = exact};
    RR_TELL(deal->trace, .kind = RR_STEP_LINE, .line = line, .number = 1);
}

/* What is left of a positive line, up to a balance. */
static inline rr_decimal rr_deal_take(struct rr_rated_line *line, rr_decimal balance)
{
    rr_decimal left = line->money - line->offset;
    rr_decimal taken = line->money <= 0 || left <= 0 ? 0 : left < balance ? left : balance;
    line->offset += taken;
    return taken;
}

#endif
