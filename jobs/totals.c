/* Totals by currency and period. */
#include "totals.h"

#include "../io/memory.h"

#include <string.h>

static int compare(const struct rr_total *total, const char currency[4], int32_t period)
{
    int order = memcmp(total->currency, currency, sizeof total->currency);
    return order ? order : (total->period > period) - (total->period < period);
}

struct rr_total *rr_totals_at(struct rr_totals *t, const char currency[4], int32_t period,
                              int minor_digits)
{
    if (t->last < t->n && compare(&t->total[t->last], currency, period) == 0)
        return &t->total[t->last];
    uint32_t low = 0, high = t->n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (compare(&t->total[middle], currency, period) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    t->last = low;
    if (low < t->n && compare(&t->total[low], currency, period) == 0)
        return &t->total[low];
    if (t->n == t->size) {
        t->size = t->size ? t->size * 2 : 16;
        t->total = rr_realloc(t->total, t->size * sizeof *t->total);
    }
    memmove(&t->total[low + 1], &t->total[low], (t->n - low) * sizeof *t->total);
    t->total[low] = (struct rr_total){.period = period, .minor_digits = minor_digits};
    memcpy(t->total[low].currency, currency, sizeof t->total[low].currency);
    t->n++;
    return &t->total[low];
}

void rr_totals_fini(struct rr_totals *t)
{
    free(t->total);
    *t = (struct rr_totals){0};
}

static void add(struct rr_totals *t, const struct rr_total *from)
{
    struct rr_total *into = rr_totals_at(t, from->currency, from->period, from->minor_digits);
    into->lines += from->lines;
    into->invoiced_lines += from->invoiced_lines;
    rr_sum_merge(&into->amount, &from->amount);
    rr_sum_merge(&into->exact, &from->exact);
    rr_sum_merge(&into->invoiced, &from->invoiced);
}

void rr_totals_add(struct rr_totals *t, const struct rr_totals *other)
{
    for (uint32_t i = 0; i < other->n; i++)
        add(t, &other->total[i]);
}

static bool is_empty(const struct rr_total *total)
{
    static const struct rr_sum zero;
    return total->lines == 0 && total->invoiced_lines == 0 && rr_sum_equal(&total->amount, &zero) &&
           rr_sum_equal(&total->exact, &zero) && rr_sum_equal(&total->invoiced, &zero);
}

void rr_totals_drop_empty(struct rr_totals *t)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->n; i++)
        if (!is_empty(&t->total[i]))
            t->total[n++] = t->total[i];
    t->n = n;
    t->last = n;
}

void rr_totals_combine(struct rr_totals *t, const struct rr_comm *comm)
{
    char *all;
    size_t len;
    rr_comm_concat(comm, t->total, t->n * sizeof *t->total, &all, &len, NULL);
    t->n = 0;
    for (size_t at = 0; at < len; at += sizeof(struct rr_total)) {
        struct rr_total total;
        memcpy(&total, all + at, sizeof total);
        add(t, &total);
    }
    free(all);
}
