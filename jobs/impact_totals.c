/* Totals of an impact. */
#include "impact_totals.h"

#include "money.h"

#include <stdio.h>
#include <string.h>

void rr_amounts_add(struct rr_sum sum[RR_AMOUNTS], unsigned sides, rr_decimal amount,
                    rr_decimal exact)
{
    if (sides & RR_BASE) {
        rr_sum_add(&sum[RR_BASE_AMOUNT], amount);
        rr_sum_add(&sum[RR_BASE_EXACT], exact);
    }
    if (sides & RR_MIDDLE)
        rr_sum_add(&sum[RR_MIDDLE_EXACT], exact);
    if (sides & RR_NEW) {
        rr_sum_add(&sum[RR_NEW_AMOUNT], amount);
        rr_sum_add(&sum[RR_NEW_EXACT], exact);
    }
}

struct rr_effects rr_effects_of(const struct rr_sum sum[RR_AMOUNTS])
{
    struct rr_effects e = {
        .delta = rr_sum_minus(&sum[RR_NEW_AMOUNT], &sum[RR_BASE_AMOUNT]),
        .price = rr_sum_minus(&sum[RR_MIDDLE_EXACT], &sum[RR_BASE_EXACT]),
        .usage = rr_sum_minus(&sum[RR_NEW_EXACT], &sum[RR_MIDDLE_EXACT]),
    };
    struct rr_sum effects = e.price;
    rr_sum_merge(&effects, &e.usage);
    e.rounding = rr_sum_minus(&e.delta, &effects);
    return e;
}

bool rr_effects_any(const struct rr_effects *e)
{
    return !rr_sum_is_zero(&e->delta) || !rr_sum_is_zero(&e->price) || !rr_sum_is_zero(&e->usage);
}

bool rr_effects_differ(const struct rr_effects *e)
{
    return !rr_sum_is_zero(&e->delta) || !rr_sum_is_zero(&e->rounding);
}

void rr_impact_totals_fini(struct rr_impact_totals *t)
{
    rr_keyed_sums_fini(&t->read);
    rr_keyed_sums_fini(&t->by);
    rr_keyed_sums_fini(&t->written);
    rr_keyed_sums_fini(&t->payers);
    rr_keyed_sums_fini(&t->buckets);
}

void rr_impact_totals_combine(struct rr_impact_totals *t, const struct rr_comm *comm)
{
    rr_keyed_sums_combine(&t->read, comm);
    rr_keyed_sums_combine(&t->by, comm);
    rr_keyed_sums_combine(&t->written, comm);
    rr_keyed_sums_combine(&t->payers, comm);
    rr_keyed_sums_combine(&t->buckets, comm);
}

/* ---- counting ---- */

static struct rr_text table_text(enum rr_impact_table table)
{
    static const char *const names[] = {"lines", "invoices", "corrections"};
    return rr_text_of(names[table]);
}

static struct rr_text source_text(int source, char out[16])
{
    return (struct rr_text){out, (uint32_t)snprintf(out, 16, "%d", source)};
}

void rr_impact_totals_read(struct rr_impact_totals *t, enum rr_impact_table table, int source,
                           struct rr_text currency, struct rr_text period, rr_decimal amount,
                           rr_decimal exact)
{
    char number[16];
    const struct rr_text key[] = {table_text(table), source_text(source, number), currency, period};
    struct rr_keyed_sum *sum = rr_keyed_sums_at(&t->read, key, 4);
    sum->count++;
    rr_sum_add(&sum->sum[RR_READ_AMOUNT], amount);
    rr_sum_add(&sum->sum[RR_READ_EXACT], exact);
}

void rr_impact_totals_write(struct rr_impact_totals *t, enum rr_impact_table table,
                            struct rr_text currency, struct rr_text period,
                            const struct rr_effects *effects)
{
    const struct rr_text key[] = {table_text(table), currency, period};
    struct rr_keyed_sum *sum = rr_keyed_sums_at(&t->written, key, 3);
    sum->count++;
    rr_sum_merge(&sum->sum[RR_WRITTEN_DELTA], &effects->delta);
    rr_sum_merge(&sum->sum[RR_WRITTEN_PRICE], &effects->price);
    rr_sum_merge(&sum->sum[RR_WRITTEN_USAGE], &effects->usage);
    rr_sum_merge(&sum->sum[RR_WRITTEN_ROUNDING], &effects->rounding);
}

/* ---- sides ---- */

static void add_to_sides(struct rr_sum *into, unsigned sides, const struct rr_keyed_sum *from)
{
    if (sides & RR_BASE) {
        rr_sum_merge(&into[RR_BASE_AMOUNT], &from->sum[RR_READ_AMOUNT]);
        rr_sum_merge(&into[RR_BASE_EXACT], &from->sum[RR_READ_EXACT]);
    }
    if (sides & RR_MIDDLE)
        rr_sum_merge(&into[RR_MIDDLE_EXACT], &from->sum[RR_READ_EXACT]);
    if (sides & RR_NEW) {
        rr_sum_merge(&into[RR_NEW_AMOUNT], &from->sum[RR_READ_AMOUNT]);
        rr_sum_merge(&into[RR_NEW_EXACT], &from->sum[RR_READ_EXACT]);
    }
}

static unsigned sides_of(const struct rr_impact_sides *sides, int source, struct rr_text period)
{
    if (source == RR_FROM_ALL)
        return RR_ALL_SIDES;
    return source == RR_FROM_CORRECTIONS ? RR_BASE : rr_impact_sides_of(sides, source, period);
}

void rr_impact_totals_sides(const struct rr_impact_totals *t, const struct rr_impact_sides *sides,
                            enum rr_impact_table table, struct rr_keyed_sums *out)
{
    uint32_t n = rr_keyed_sums_size(&t->read);
    for (uint32_t code = 0; code < n; code++) {
        int source = atoi(rr_keyed_sums_part(&t->read, code, 1).ptr);
        const struct rr_text key[] = {rr_keyed_sums_part(&t->read, code, 2),
                                      rr_keyed_sums_part(&t->read, code, 3)};
        if (!rr_text_equal(rr_keyed_sums_part(&t->read, code, 0), table_text(table)))
            continue;
        struct rr_keyed_sum *into = rr_keyed_sums_at(out, key, 2);
        into->count += t->read.sums[code].count;
        add_to_sides(into->sum, sides_of(sides, source, key[1]), &t->read.sums[code]);
    }
}

struct rr_keyed_sum rr_impact_written_at(struct rr_impact_totals *t, enum rr_impact_table table,
                                         struct rr_text currency, struct rr_text period)
{
    const struct rr_text key[] = {table_text(table), currency, period};
    return *rr_keyed_sums_at(&t->written, key, 3);
}

struct rr_keyed_sum rr_impact_read_of(struct rr_impact_totals *t, enum rr_impact_table table,
                                      int source, struct rr_text currency, struct rr_text period)
{
    struct rr_keyed_sum out = {0};
    const int from[] = {source, RR_FROM_ALL};
    for (int i = 0; i < 2; i++) {
        char number[16];
        const struct rr_text key[] = {table_text(table), source_text(from[i], number), currency,
                                      period};
        rr_keyed_sum_merge(&out, rr_keyed_sums_at(&t->read, key, 4));
    }
    return out;
}
