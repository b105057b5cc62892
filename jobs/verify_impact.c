/* Verifying impacts: that their files are whole and compare the results that are there, and that every row and
 * every sum keeps its law. */
#include "verify.h"

#include "../io/table.h"
#include "corrections_out.h"
#include "impact_invoices.h"
#include "impact_lines.h"
#include "money.h"
#include "own_digest.h"

#include <stdio.h>
#include <string.h>

typedef unsigned long long number;

/* ---- files ---- */

static int check_file(const struct rr_verify *v, const char *name, const json_t *said,
                      struct rr_error *err)
{
    char path[RR_VERIFY_PATH];
    struct rr_digest digest, found;
    uint64_t size;
    snprintf(path, sizeof path, "%s/%s", v->result, name);
    if (strchr(name, '/') || !rr_verify_digest(said, "digest", &digest))
        return rr_fail(err, RR_EXIT_DATA, "%s: has no digest in impact.json", path);
    if (rr_digest_file(path, &size, &found, err) != 0)
        return -1;
    if (size == (uint64_t)json_integer_value(json_object_get(said, "bytes")) &&
        rr_digest_equal(digest, found))
        return 0;
    return rr_fail(err, RR_EXIT_DATA, "%s: is not what impact.json says", path);
}

static int check_compared(const struct rr_verify *v, const char *side, struct rr_error *err)
{
    const json_t *said = json_object_get(v->facts, side);
    const char *name = json_string_value(json_object_get(said, "result"));
    char path[RR_VERIFY_PATH];
    struct rr_digest digest, found;
    uint64_t size;
    snprintf(path, sizeof path, "%s/results/%s/run.json", v->dir, name ? name : "");
    if (!name || strchr(name, '/') || !rr_verify_digest(said, "run", &digest))
        return rr_fail(err, RR_EXIT_DATA, "%s/impact.json: names no %s result", v->result, side);
    if (rr_digest_file(path, &size, &found, err) != 0)
        return -1;
    return rr_digest_equal(digest, found)
               ? 0
               : rr_fail(err, RR_EXIT_DATA, "%s: is not the one that %s compares", path, v->result);
}

static int check_facts(struct rr_verify *v, struct rr_finding *f)
{
    static const char *const besides[] = {"impact.json", "report.html", NULL};
    char path[RR_VERIFY_PATH];
    const char *name;
    json_t *said;
    snprintf(path, sizeof path, "%s/impact.json", v->result);
    if (rr_own_digest_load(path, &v->facts, &f->err) != 0)
        return -1;
    json_t *files = json_object_get(v->facts, "files");
    json_object_foreach(files, name, said)
    {
        if (check_file(v, name, said, &f->err) != 0)
            return -1;
    }
    if (rr_verify_names(v, files, besides, &f->err) != 0 ||
        check_compared(v, "old", &f->err) != 0 || check_compared(v, "new", &f->err) != 0)
        return -1;
    rr_seen(f, "%zu files, each with its digest, of two results that are there",
            json_object_size(files));
    return 0;
}

/* ---- rows ---- */

/* A table whose rows have amounts that must come to what impact.json says of them. */
struct table {
    const char *name, *header;
    int currency, period;     /* columns */
    int old, new, delta;      /* columns; -1: it has none of these */
    int effects;              /* the first of three columns that come to the delta; -1 */
    const char *said, *under; /* the sums by currency and period, and the period's name there */
    const char *amount;       /* the delta's name there */
};

static const struct table tables[] = {
    {"adjustments.csv", rr_adjustments_header, 2, 1, 3, 4, 5, -1, "by_period", "period", "delta"},
    {"lines.csv", rr_impact_lines_header, 4, 1, 5, 6, 7, 8, "by_period", "period", "delta"},
    {"corrections.csv", rr_corrections_header, 6, 3, -1, -1, 7, 8, "booked", "corrects", "amount"},
};

static bool sum_of(struct rr_text text, struct rr_sum *sum)
{
    return rr_sum_parse(text.ptr, text.len, sum);
}

/* old + delta = new, and the effects come to the delta. */
static bool keeps_laws(const struct table *t, const struct rr_text *field, struct rr_sum *delta)
{
    struct rr_sum old, new, effect, effects = {0};
    if (!sum_of(field[t->delta], delta))
        return false;
    if (t->old >= 0) {
        if (!sum_of(field[t->old], &old) || !sum_of(field[t->new], &new))
            return false;
        rr_sum_merge(&old, delta);
        if (!rr_sum_equal(&old, &new))
            return false;
    }
    for (int i = 0; i < 3 && t->effects >= 0; i++) {
        if (!sum_of(field[t->effects + i], &effect))
            return false;
        rr_sum_merge(&effects, &effect);
    }
    return t->effects < 0 || rr_sum_equal(&effects, delta);
}

static int sum_rows(struct rr_table *table, const struct table *t, const char *path,
                    struct rr_keyed_sums *sums, uint64_t *n, struct rr_error *err)
{
    const struct rr_text *field;
    struct rr_sum delta;
    int got;
    *n = 0;
    while ((got = rr_table_next(table, &field, err)) > 0) {
        const struct rr_text key[] = {field[t->currency], field[t->period]};
        if (!keeps_laws(t, field, &delta))
            return rr_fail(err, RR_EXIT_DATA, "%s: row %llu of '%.*s': its amounts don't add up",
                           path, (number)rr_table_row(table), RR_SHOW(field[0]));
        struct rr_keyed_sum *sum = rr_keyed_sums_at(sums, key, 2);
        sum->count++;
        rr_sum_merge(&sum->sum[0], &delta);
        ++*n;
    }
    return got;
}

/* What impact.json says, taken off what the rows come to: nothing must be left. */
static int compare_said(const struct rr_verify *v, const struct table *t, const char *path,
                        struct rr_keyed_sums *sums, struct rr_error *err)
{
    const json_t *said = json_object_get(v->facts, t->said), *item;
    size_t i;
    json_array_foreach((json_t *)(uintptr_t)said, i, item)
    {
        const char *currency = json_string_value(json_object_get(item, "currency"));
        const char *period = json_string_value(json_object_get(item, t->under));
        struct rr_sum amount;
        if (!currency || !period || !rr_sum_in(item, t->amount, &amount))
            return rr_fail(err, RR_EXIT_DATA, "%s/impact.json: %s: lacks an amount", v->result,
                           t->said);
        const struct rr_text key[] = {rr_text_of(currency), rr_text_of(period)};
        struct rr_keyed_sum *sum = rr_keyed_sums_at(sums, key, 2);
        sum->sum[0] = rr_sum_minus(&sum->sum[0], &amount);
    }
    for (uint32_t code = 0; code < rr_keyed_sums_size(sums); code++)
        if (!rr_sum_is_zero(&sums->sums[code].sum[0]))
            return rr_fail(err, RR_EXIT_DATA, "%s: %.*s %.*s: is not what impact.json says", path,
                           RR_SHOW(rr_keyed_sums_part(sums, code, 0)),
                           RR_SHOW(rr_keyed_sums_part(sums, code, 1)));
    return 0;
}

static int check_table(struct rr_verify *v, const struct table *t, uint64_t *n,
                       struct rr_error *err)
{
    char path[RR_VERIFY_PATH];
    struct rr_keyed_sums sums = {0};
    snprintf(path, sizeof path, "%s/%s", v->result, t->name);
    struct rr_table *table = rr_table_open(path, t->header, err);
    int result = table ? sum_rows(table, t, path, &sums, n, err) : -1;
    if (result == 0)
        result = compare_said(v, t, path, &sums, err);
    rr_table_close(table);
    rr_keyed_sums_fini(&sums);
    return result;
}

static int check_tables(struct rr_verify *v, struct rr_finding *f)
{
    uint64_t n[3] = {0};
    int tables_there = json_object_get(v->facts, "booking") ? 3 : 2;
    for (int t = 0; t < tables_there; t++)
        if (check_table(v, &tables[t], &n[t], &f->err) != 0)
            return -1;
    rr_seen(f, "%llu adjustments, %llu lines and %llu corrections add up", (number)n[0],
            (number)n[1], (number)n[2]);
    return 0;
}

const struct rr_verify_check rr_impact_checks[] = {
    {"impact", 0, RR_GROUND_FACTS, check_facts},
    {"rows of impact", RR_GROUND_FACTS, 0, check_tables},
    {0},
};
