/* The laws of an impact. */
#include "impact_laws.h"

#include "../io/commit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int broken(struct rr_error *err, const char *law, struct rr_text currency,
                  struct rr_text period, const struct rr_sum *left, const struct rr_sum *right)
{
    char a[RR_SUM_TEXT], b[RR_SUM_TEXT];
    rr_sum_format(left, a);
    rr_sum_format(right, b);
    return rr_fail(err, RR_EXIT_DATA,
                   "%s: %.*s %.*s: %s and %s; nothing was published. `rerate verify` tells more",
                   law, RR_SHOW(currency), RR_SHOW(period), a, b);
}

/* Effects that cancel each other are not written of closed periods. */
static int prove_effects(const struct rr_impact_sides *sides, const struct rr_effects *all,
                         const struct rr_keyed_sum *said, struct rr_text currency,
                         struct rr_text period, struct rr_error *err)
{
    if (!rr_sum_equal(&all->rounding, &said->sum[RR_WRITTEN_ROUNDING]))
        return broken(err, "what rounding made is not that of the lines", currency, period,
                      &all->rounding, &said->sum[RR_WRITTEN_ROUNDING]);
    if (!rr_impact_is_closed(sides, period) &&
        !rr_sum_equal(&all->price, &said->sum[RR_WRITTEN_PRICE]))
        return broken(err, "the effect of prices is not that of the lines", currency, period,
                      &all->price, &said->sum[RR_WRITTEN_PRICE]);
    return 0;
}

/* old + delta = new, and the effects are those of all rows, whether they were written or not. */
static int prove_written(struct rr_impact_totals *t, const struct rr_impact_sides *sides,
                         enum rr_impact_table table, const struct rr_keyed_sums *read,
                         struct rr_error *err)
{
    uint32_t n = rr_keyed_sums_size(read);
    for (uint32_t code = 0; code < n; code++) {
        struct rr_text currency = rr_keyed_sums_part(read, code, 0);
        struct rr_text period = rr_keyed_sums_part(read, code, 1);
        const struct rr_effects all = rr_effects_of(read->sums[code].sum);
        const struct rr_keyed_sum said = rr_impact_written_at(t, table, currency, period);
        if (!rr_sum_equal(&all.delta, &said.sum[RR_WRITTEN_DELTA]))
            return broken(err,
                          table == RR_IMPACT_LINES ? "new - old is not the sum of lines"
                                                   : "new - old is not the sum of adjustments",
                          currency, period, &all.delta, &said.sum[RR_WRITTEN_DELTA]);
        if (table == RR_IMPACT_LINES &&
            prove_effects(sides, &all, &said, currency, period, err) != 0)
            return -1;
    }
    return 0;
}

/* Lines, invoices and, in a closed period, corrections come to the same. */
static int prove_tables_agree(struct rr_impact_totals *t, const struct rr_impact_sides *sides,
                              const struct rr_keyed_sums *read, struct rr_error *err)
{
    uint32_t n = rr_keyed_sums_size(read);
    for (uint32_t code = 0; code < n; code++) {
        struct rr_text currency = rr_keyed_sums_part(read, code, 0);
        struct rr_text period = rr_keyed_sums_part(read, code, 1);
        struct rr_keyed_sum lines = rr_impact_written_at(t, RR_IMPACT_LINES, currency, period);
        struct rr_keyed_sum invoices =
            rr_impact_written_at(t, RR_IMPACT_INVOICES, currency, period);
        struct rr_keyed_sum booked =
            rr_impact_written_at(t, RR_IMPACT_CORRECTIONS, currency, period);
        if (!rr_sum_equal(&lines.sum[RR_WRITTEN_DELTA], &invoices.sum[RR_WRITTEN_DELTA]))
            return broken(err, "lines and adjustments differ", currency, period,
                          &lines.sum[RR_WRITTEN_DELTA], &invoices.sum[RR_WRITTEN_DELTA]);
        if (rr_impact_is_closed(sides, period) &&
            !rr_sum_equal(&booked.sum[RR_WRITTEN_DELTA], &lines.sum[RR_WRITTEN_DELTA]))
            return broken(err, "corrections and lines differ", currency, period,
                          &booked.sum[RR_WRITTEN_DELTA], &lines.sum[RR_WRITTEN_DELTA]);
    }
    return 0;
}

/* A result's reconciliation says what its lines come to: all of them must have been read. */
static int prove_total(struct rr_impact_totals *t, int source, const char *path,
                       const json_t *total, struct rr_error *err)
{
    const char *currency = json_string_value(json_object_get(total, "currency"));
    const char *period = json_string_value(json_object_get(total, "period"));
    struct rr_sum amount, exact;
    if (!currency || !period || !rr_sum_in(total, "amount", &amount) ||
        !rr_sum_in(total, "exact", &exact))
        return rr_fail(err, RR_EXIT_DATA, "%s: has totals that are none", path);
    struct rr_text c = rr_text_of(currency), p = rr_text_of(period);
    struct rr_keyed_sum lines = rr_impact_read_of(t, RR_IMPACT_LINES, source, c, p);
    struct rr_keyed_sum invoices = rr_impact_read_of(t, RR_IMPACT_INVOICES, source, c, p);
    if (!rr_sum_equal(&lines.sum[RR_READ_AMOUNT], &amount) ||
        !rr_sum_equal(&lines.sum[RR_READ_EXACT], &exact))
        return rr_fail_prefix(err, "%s",
                              (broken(err, "the lines read are not those it is of", c, p,
                                      &lines.sum[RR_READ_AMOUNT], &amount),
                               path));
    if (!rr_sum_equal(&invoices.sum[RR_READ_AMOUNT], &amount))
        return rr_fail_prefix(err, "%s",
                              (broken(err, "the invoices read are not those it is of", c, p,
                                      &invoices.sum[RR_READ_AMOUNT], &amount),
                               path));
    return 0;
}

static int prove_source(struct rr_impact_totals *t, const struct rr_impact_sides *sides, int source,
                        struct rr_error *err)
{
    char path[RR_RESULT_PATH + 64], *text;
    size_t len, i;
    json_t *total;
    snprintf(path, sizeof path, "%s/reconciliation.json", sides->source[source].facts.dir);
    if (rr_read_file(path, &text, &len, err) != 0)
        return -1;
    json_t *said = json_loadb(text, len, 0, NULL);
    int result = 0;
    free(text);
    json_array_foreach(json_object_get(said, "totals"), i, total)
    {
        if (result == 0)
            result = prove_total(t, source, path, total, err);
    }
    if (!json_is_array(json_object_get(said, "totals")))
        result = rr_fail(err, RR_EXIT_DATA, "%s: has no totals", path);
    json_decref(said);
    return result;
}

int rr_impact_laws_prove(struct rr_impact_totals *t, const struct rr_impact_sides *sides,
                         struct rr_error *err)
{
    struct rr_keyed_sums lines = {0}, invoices = {0};
    int result = 0;
    for (int s = 0; s < sides->n && result == 0; s++)
        if (sides->source[s].number > 0)
            result = prove_source(t, sides, s, err);
    rr_impact_totals_sides(t, sides, RR_IMPACT_LINES, &lines);
    rr_impact_totals_sides(t, sides, RR_IMPACT_INVOICES, &invoices);
    if (result == 0)
        result = prove_written(t, sides, RR_IMPACT_LINES, &lines, err);
    if (result == 0)
        result = prove_written(t, sides, RR_IMPACT_INVOICES, &invoices, err);
    if (result == 0)
        result = prove_tables_agree(t, sides, &lines, err);
    if (result == 0)
        result = prove_tables_agree(t, sides, &invoices, err);
    rr_keyed_sums_fini(&lines);
    rr_keyed_sums_fini(&invoices);
    return result;
}
