/* Commitments, term by term. */
#include "commitments.h"

#include "price.h"

struct term {
    int32_t start, end;   /* days; the contract's end may cut it */
    int32_t whole;        /* days of the term uncut */
    int32_t first, last;  /* periods that begin in it; none when first > last */
    rr_decimal amount;    /* promised, in money */
    uint32_t from, until; /* the contract's lines of its periods: deal->line[from .. until) */
};

static int32_t earlier(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static int32_t days_of_month(int year, int month)
{
    int next = month == 12 ? 1 : month + 1;
    return rr_day_of_date(month == 12 ? year + 1 : year, next, 1) - rr_day_of_date(year, month, 1);
}

/* The same day of a later month, or that month's last day where it has no such day. */
static int32_t months_after(int32_t day, int months)
{
    int year, month, mday;
    rr_date_of_day(day, &year, &month, &mday);
    int number = year * 12 + month - 1 + months;
    int32_t days = days_of_month(number / 12, number % 12 + 1);
    return rr_day_of_date(number / 12, number % 12 + 1, mday < days ? mday : days);
}

/* The k-th term, whether or not it is reached. */
static struct term term_at(const struct rr_deal_lines *deal, int k)
{
    const struct rr_contract *contract = deal->contract;
    enum rr_period kind = deal->book->period;
    struct term term = {.start = contract->start, .end = contract->end};
    int months = contract->commit.every == RR_TERM_QUARTER ? 3 : 12;
    int32_t period = rr_period_of_day(kind, contract->start) + k;
    switch (contract->commit.every) {
    case RR_TERM_CONTRACT:
        term.whole = term.end - term.start;
        break;
    case RR_TERM_PERIOD:
        term.start = k == 0 ? contract->start : rr_period_start(kind, period);
        term.end = rr_period_start(kind, period + 1);
        term.whole = term.end - rr_period_start(kind, period);
        break;
    default:
        term.start = months_after(contract->start, k * months);
        term.end = months_after(contract->start, (k + 1) * months);
        term.whole = term.end - term.start;
    }
    term.end = earlier(term.end, contract->end);
    return term;
}

/* The periods that begin in a term. Only the contract's first period may begin inside a period. */
static void find_periods(const struct rr_deal_lines *deal, struct term *term)
{
    enum rr_period kind = deal->book->period;
    term->first = rr_period_of_day(kind, term->start);
    if (term->start > deal->contract->start && rr_period_start(kind, term->first) < term->start)
        term->first++;
    term->last = rr_period_of_day(kind, term->end - 1);
}

static void find_lines(const struct rr_deal_lines *deal, struct term *term)
{
    const struct rr_rated_line *lines = deal->rated->lines;
    while (term->from < deal->n && lines[deal->line[term->from]].period < term->first)
        term->from++;
    term->until = term->from;
    while (term->until < deal->n && lines[deal->line[term->until]].period <= term->last)
        term->until++;
}

static int out_of_range(const struct rr_deal_lines *deal, struct rr_error *err)
{
    return rr_fail(err, RR_EXIT_DATA,
                   "contract '%.*s': an amount of its commitment has more than 20 digits",
                   RR_SHOW(deal->contract->name));
}

static int round_money(const struct rr_deal_lines *deal, const struct rr_amount *amount,
                       rr_decimal *money, rr_decimal *exact, struct rr_error *err)
{
    if (!rr_amount_round(amount, deal->contract->plan.minor_digits, deal->book->rounding, money,
                         exact))
        return out_of_range(deal, err);
    return 0;
}

/* The promise, prorated by days where the term is cut. */
static int find_amount(const struct rr_deal_lines *deal, struct term *term, struct rr_error *err)
{
    struct rr_amount amount;
    rr_decimal exact;
    if (!rr_amount_of(deal->contract->commit.amount, (uint64_t)(term->end - term->start),
                      (uint64_t)term->whole, &amount))
        return out_of_range(deal, err);
    return round_money(deal, &amount, &term->amount, &exact, err);
}

static void tell_term(const struct rr_deal_lines *deal, const struct term *term)
{
    RR_TELL(deal->trace, .kind = RR_STEP_TERM, .contract = deal->contract, .from = term->start,
            .to = term->end, .price = deal->contract->commit.amount,
            .days = term->end - term->start, .of_days = term->whole, .result = term->amount);
}

static void tell_counted(const struct rr_deal_lines *deal, const struct rr_rated_line *line)
{
    RR_TELL(deal->trace, .kind = RR_STEP_COUNTED, .line = line);
}

static bool is_rated(const struct rr_deal_lines *deal, int32_t period)
{
    return rr_period_start(deal->book->period, period) < deal->span->horizon;
}

static int add_arrears(const struct rr_deal_lines *deal, const struct term *term,
                       struct rr_error *err)
{
    struct rr_sum missing = {0};
    rr_decimal money;
    if (!is_rated(deal, term->last))
        return 0;
    tell_term(deal, term);
    rr_sum_add(&missing, term->amount);
    for (uint32_t i = term->from; i < term->until; i++) {
        const struct rr_rated_line *line = &deal->rated->lines[deal->line[i]];
        if (!line->metered)
            continue;
        rr_sum_add(&missing, -line->money);
        tell_counted(deal, line);
    }
    if (!rr_sum_decimal(&missing, &money))
        return out_of_range(deal, err);
    if (money > 0)
        rr_deal_add(deal, term->last, deal->contract->bill_to, rr_text_of("commit"), money, money);
    return 0;
}

static int add_upfront(const struct rr_deal_lines *deal, const struct term *term,
                       struct rr_error *err)
{
    struct rr_text payer = deal->contract->bill_to;
    rr_decimal balance = term->amount;
    (void)err;
    if (!is_rated(deal, term->first))
        return 0;
    tell_term(deal, term);
    rr_deal_add(deal, term->first, payer, rr_text_of("commit"), balance, balance);
    for (uint32_t i = term->from; i < term->until;) {
        int32_t period = deal->rated->lines[deal->line[i]].period;
        rr_decimal used = 0;
        tell_term(deal, term);
        for (; i < term->until && deal->rated->lines[deal->line[i]].period == period; i++) {
            struct rr_rated_line *line = &deal->rated->lines[deal->line[i]];
            rr_decimal taken = line->metered ? rr_deal_take(line, balance) : 0;
            balance -= taken;
            used += taken;
            if (taken != 0)
                RR_TELL(deal->trace, .kind = RR_STEP_TAKEN, .line = line, .result = taken,
                        .quantity = balance);
        }
        rr_deal_add(deal, period, payer, rr_text_of("commit_used"), -used, -used);
    }
    return 0;
}

/* How much of a running sum is beyond the promise. */
static bool beyond(const struct rr_sum *sum, rr_decimal amount, rr_decimal *out)
{
    struct rr_sum over = *sum;
    rr_sum_add(&over, -amount);
    if (!rr_sum_decimal(&over, out))
        return false;
    *out = *out > 0 ? *out : 0;
    return true;
}

/* A line for each period with (overage - 1) x the part beyond the amount that fell in it. */
static int add_overage(const struct rr_deal_lines *deal, const struct term *term,
                       struct rr_error *err)
{
    struct rr_sum sum = {0};
    for (uint32_t i = term->from; i < term->until;) {
        int32_t period = deal->rated->lines[deal->line[i]].period;
        rr_decimal before, after, money, exact;
        if (!beyond(&sum, term->amount, &before))
            return out_of_range(deal, err);
        tell_term(deal, term);
        for (; i < term->until && deal->rated->lines[deal->line[i]].period == period; i++) {
            const struct rr_rated_line *line = &deal->rated->lines[deal->line[i]];
            if (!line->metered)
                continue;
            rr_sum_add(&sum, line->money);
            tell_counted(deal, line);
        }
        if (!beyond(&sum, term->amount, &after))
            return out_of_range(deal, err);
        struct rr_amount amount = {
            rr_wide_product(after - before, deal->contract->commit.overage - RR_DECIMAL_ONE),
            {{1}, false}};
        if (round_money(deal, &amount, &money, &exact, err) != 0)
            return -1;
        RR_TELL(deal->trace, .kind = RR_STEP_BEYOND, .quantity = before, .result = after,
                .price = deal->contract->commit.overage, .amount = &amount);
        RR_TELL(deal->trace, .kind = RR_STEP_ROUND, .quantity = exact, .result = money,
                .amount = &amount);
        rr_deal_add(deal, period, deal->contract->bill_to, rr_text_of("overage"), money, exact);
    }
    return 0;
}

static int add_term(const struct rr_deal_lines *deal, struct term *term, struct rr_error *err)
{
    find_periods(deal, term);
    if (term->first > term->last)
        return 0;
    find_lines(deal, term);
    if (find_amount(deal, term, err) != 0)
        return -1;
    int result = deal->contract->commit.upfront ? add_upfront(deal, term, err)
                                                : add_arrears(deal, term, err);
    if (result == 0 && deal->contract->commit.has_overage)
        result = add_overage(deal, term, err);
    return result;
}

int rr_commitment_add(const struct rr_deal_lines *deal, struct rr_error *err)
{
    const struct rr_commit *commit = &deal->contract->commit;
    int32_t end = earlier(deal->contract->end, deal->span->horizon);
    if (!commit->given)
        return 0;
    for (int k = 0;; k++) {
        struct term term = term_at(deal, k);
        if (term.start >= end || (k > 0 && commit->every == RR_TERM_CONTRACT))
            return 0;
        if (add_term(deal, &term, err) != 0)
            return -1;
    }
}
