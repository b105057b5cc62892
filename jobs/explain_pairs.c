/* Matching the lines of two results. */
#include "explain_pairs.h"

#include "../io/memory.h"
#include "money.h"

#include <stdlib.h>

/* A line on its way. */
struct item {
    const struct rr_told_line *line;
    int side;
    bool is_share;
};

static int compare_keys(const struct item *x, const struct item *y)
{
    const struct rr_rated_line *a = &x->line->line, *b = &y->line->line;
    if (a->period != b->period)
        return a->period < b->period ? -1 : 1;
    int order = rr_text_compare(a->account, b->account);
    if (order == 0)
        order = (int)x->line->step->kind - (int)y->line->step->kind;
    if (order == 0)
        order = rr_text_compare(a->charge, b->charge);
    if (order == 0)
        order = rr_text_compare(a->detail, b->detail);
    return order ? order : strcmp(a->plan->currency, b->plan->currency);
}

static int compare_items(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    int order = compare_keys(x, y);
    if (order == 0)
        order = x->side - y->side;
    return order ? order : (x->line > y->line) - (x->line < y->line);
}

/* What the account has of the line. */
static rr_decimal amount_of(const struct item *item, struct rr_text account)
{
    if (!item->is_share)
        return item->line->line.money;
    rr_decimal amount = 0;
    for (uint32_t i = 0; i < item->line->n_shares; i++)
        if (rr_text_equal(item->line->share[i].account, account))
            amount += item->line->share[i].money;
    return amount;
}

static void add(struct rr_explain_pair *pair, const struct item *item, struct rr_text account)
{
    rr_sum_add(&pair->amount[item->side], amount_of(item, account));
    if (!item->is_share)
        rr_sum_add(&pair->exact[item->side], item->line->line.exact);
}

static struct rr_explain_pair begin(const struct item *item)
{
    const struct rr_rated_line *line = &item->line->line;
    return (struct rr_explain_pair){.account = line->account,
                                    .charge = line->charge,
                                    .detail = line->detail,
                                    .period = line->period,
                                    .plan = line->plan,
                                    .is_share = item->is_share};
}

static uint32_t collect(const struct rr_told *const side[RR_EXPLAIN_SIDES], struct rr_text account,
                        struct item *items)
{
    uint32_t n = 0;
    for (int s = 0; s < RR_EXPLAIN_SIDES; s++)
        for (uint32_t i = 0; side[s] && i < side[s]->n_lines; i++) {
            const struct rr_told_line *line = &side[s]->line[i];
            items[n++] = (struct item){line, s, !rr_text_equal(line->line.account, account)};
        }
    if (n > 1)
        qsort(items, n, sizeof *items, compare_items);
    return n;
}

void rr_explain_pairs_make(const struct rr_told *const side[RR_EXPLAIN_SIDES],
                           struct rr_text account, struct rr_explain_pairs *pairs)
{
    uint32_t n = 0, n_lines = 0;
    for (int s = 0; s < RR_EXPLAIN_SIDES; s++)
        n += side[s] ? side[s]->n_lines : 0;
    struct item *items = rr_malloc((n + 1) * sizeof *items);
    *pairs = (struct rr_explain_pairs){.pair = rr_malloc((n + 1) * sizeof *pairs->pair),
                                       .lines = rr_malloc((n + 1) * sizeof *pairs->lines)};
    collect(side, account, items);
    for (uint32_t i = 0; i < n; i++) {
        if (i == 0 || compare_keys(&items[i - 1], &items[i]) != 0)
            pairs->pair[pairs->n++] = begin(&items[i]);
        struct rr_explain_pair *pair = &pairs->pair[pairs->n - 1];
        add(pair, &items[i], account);
        if (items[i].side == RR_SIDE_MIDDLE)
            continue;
        if (pair->n_lines[items[i].side]++ == 0)
            pair->line[items[i].side] = &pairs->lines[n_lines];
        pairs->lines[n_lines++] = items[i].line;
    }
    free(items);
}

void rr_explain_pairs_fini(struct rr_explain_pairs *pairs)
{
    free(pairs->pair);
    free(pairs->lines);
    *pairs = (struct rr_explain_pairs){0};
}

struct rr_effects rr_explain_effects(const struct rr_explain_pair *pair)
{
    const struct rr_sum *exact = pair->exact;
    struct rr_effects e = {.delta =
                               rr_sum_minus(&pair->amount[RR_SIDE_NEW], &pair->amount[RR_SIDE_OLD]),
                           .price = rr_sum_minus(&exact[RR_SIDE_MIDDLE], &exact[RR_SIDE_OLD]),
                           .usage = rr_sum_minus(&exact[RR_SIDE_NEW], &exact[RR_SIDE_MIDDLE])};
    struct rr_sum both = e.price;
    rr_sum_merge(&both, &e.usage);
    e.rounding = rr_sum_minus(&e.delta, &both);
    return e;
}
