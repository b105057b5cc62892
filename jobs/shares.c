/* Shares of pooled lines. */
#include "shares.h"

#include "../io/memory.h"
#include "../io/wide.h"

struct part {
    struct rr_share *share;
    struct rr_wide rest; /* of the division: its fraction */
};

/* Keeps the shares with a positive quantity; returns how many. */
static uint32_t keep_positive(struct rr_share *shares, uint32_t n)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++)
        if (shares[i].quantity > 0)
            shares[kept++] = shares[i];
    return kept;
}

static struct rr_wide wide_of_sum(const struct rr_sum *sum)
{
    return (struct rr_wide){{sum->low[0], sum->low[1], (uint64_t)sum->high}, false};
}

/* floor(units × quantity ÷ total), and what is left over. */
static rr_decimal divide(rr_decimal units, rr_decimal quantity, const struct rr_wide *total,
                         struct rr_wide *rest)
{
    rr_decimal part;
    *rest = rr_wide_product(units, quantity);
    rr_check(rr_wide_divide(rest, total, RR_ROUND_DOWN, &part), "a share above its line");
    struct rr_wide taken = *total, times = rr_wide_of(part);
    rr_check(rr_wide_multiply(&taken, &times), "a share above its line");
    rr_wide_negate(&taken);
    rr_check(rr_wide_add(rest, &taken), "a share above its line");
    return part;
}

static int compare_parts(const void *a, const void *b)
{
    const struct part *x = a, *y = b;
    int order = rr_wide_compare(&y->rest, &x->rest);
    return order ? order : rr_text_compare(x->share->account, y->share->account);
}

/* `parts` has room for n. */
static void divide_line(const struct rr_rated_line *line, struct rr_share *shares, uint32_t n,
                        struct part *parts)
{
    rr_decimal unit =
        (rr_decimal)rr_pow10((unsigned)(RR_DECIMAL_PLACES - line->plan->minor_digits));
    rr_decimal sign = line->money < 0 ? -1 : 1, units = sign * line->money / unit, left = units;
    struct rr_sum sum = {0};
    for (uint32_t i = 0; i < n; i++)
        rr_sum_add(&sum, shares[i].quantity);
    struct rr_wide total = wide_of_sum(&sum);
    for (uint32_t i = 0; i < n; i++) {
        parts[i].share = &shares[i];
        shares[i].money = divide(units, shares[i].quantity, &total, &parts[i].rest);
        left -= shares[i].money;
    }
    qsort(parts, n, sizeof *parts, compare_parts);
    for (uint32_t i = 0; i < n; i++)
        parts[i].share->money = sign * unit * (parts[i].share->money + (i < left));
}

/* The whole line, on its account. */
static void keep_line(struct rr_rated *rated, uint32_t number)
{
    struct rr_share whole = {.account = rated->lines[number].account,
                             .money = rated->lines[number].money};
    struct rr_rated_line *line = &rated->lines[number];
    for (uint32_t i = line->first_share; i < line->first_share + line->n_share; i++)
        if (rr_text_equal(rated->shares[i].account, whole.account))
            whole.quantity = rated->shares[i].quantity;
    line->first_share = rated->n_shares;
    line->n_share = 1;
    *rr_rated_add_share(rated) = whole;
}

static uint32_t most_shares(const struct rr_rated *rated)
{
    uint32_t most = 0;
    for (uint32_t i = 0; i < rated->n_lines; i++)
        most = rated->lines[i].n_share > most ? rated->lines[i].n_share : most;
    return most;
}

void rr_shares_divide(struct rr_rated *rated)
{
    struct part *parts = rr_malloc(most_shares(rated) * sizeof *parts);
    for (uint32_t i = 0; i < rated->n_lines; i++) {
        struct rr_rated_line *line = &rated->lines[i];
        if (line->contract == NULL || !line->contract->pool)
            continue;
        struct rr_share *shares = rated->shares + line->first_share;
        uint32_t n = 0;
        for (uint32_t s = 0; s < line->n_share; s++)
            n += shares[s].quantity > 0;
        if (n == 0) {
            keep_line(rated, i);
            continue;
        }
        line->n_share = keep_positive(shares, line->n_share);
        divide_line(line, shares, n, parts);
    }
    free(parts);
}
