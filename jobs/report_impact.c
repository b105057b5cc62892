/* An impact in a report. */
#include "report_data.h"

#include "../io/digest.h"
#include "../io/memory.h"
#include "own_digest.h"
#include "report_accounts.h"
#include "report_rows.h"

#include <stdio.h>
#include <string.h>

struct pass {
    struct rr_rollup *adjusted; /* currency: old, new, delta */
    struct rr_rollup *lines;    /* currency: delta, price, usage, rounding */
    struct rr_rollup *causes;   /* currency, period, charge: the same */
    struct rr_accounts *accounts;
};

static const char adjustments_header[] = "account,period,currency,old,new,delta,kind\n";
static const char lines_header[] =
    "account,period,charge,detail,currency,old,new,delta,price_effect,usage_effect,rounding\n";

enum { ADJUSTED_ACCOUNT, ADJUSTED_PERIOD, ADJUSTED_CURRENCY, ADJUSTED_OLD };

static int take_adjustment(void *self, const struct rr_text *field, struct rr_error *err)
{
    struct pass *p = self;
    rr_decimal values[3];
    if (rr_report_decimals(field + ADJUSTED_OLD, 3, values, err) != 0)
        return -1;
    rr_rollup_add(p->adjusted, &field[ADJUSTED_CURRENCY], values);
    rr_accounts_add(p->accounts, field[ADJUSTED_ACCOUNT], field[ADJUSTED_CURRENCY], values);
    return 0;
}

enum { LINE_PERIOD = 1, LINE_CHARGE = 2, LINE_CURRENCY = 4, LINE_DELTA = 7 };

static int take_line(void *self, const struct rr_text *field, struct rr_error *err)
{
    struct pass *p = self;
    rr_decimal values[4];
    if (rr_report_decimals(field + LINE_DELTA, 4, values, err) != 0)
        return -1;
    rr_rollup_add(p->lines, &field[LINE_CURRENCY], values);
    rr_rollup_add(p->causes,
                  (struct rr_text[]){field[LINE_CURRENCY], field[LINE_PERIOD], field[LINE_CHARGE]},
                  values);
    return 0;
}

/* ---- files ---- */

static int read_table(const char *dir, const json_t *impact, const char *name, const char *header,
                      rr_report_take *take, struct pass *p, struct rr_error *err)
{
    char path[RR_RESULT_PATH + 64];
    struct rr_digest said, have;
    uint64_t bytes;
    const json_t *file = json_object_get(json_object_get(impact, "files"), name);
    const char *digest = json_string_value(json_object_get(file, "digest"));
    snprintf(path, sizeof path, "%s/%s", dir, name);
    if (rr_digest_file(path, &bytes, &have, err) != 0)
        return -1;
    if (digest == NULL || !rr_digest_parse(digest, &said) || !rr_digest_equal(said, have))
        return rr_fail(err, RR_EXIT_DATA, "%s: is not what impact.json says: another digest", path);
    return rr_report_rows(path, header, take, p, err);
}

static int read_tables(const char *dir, const json_t *impact, struct pass *p, struct rr_error *err)
{
    if (read_table(dir, impact, "adjustments.csv", adjustments_header, take_adjustment, p, err) !=
        0)
        return -1;
    return read_table(dir, impact, "lines.csv", lines_header, take_line, p, err);
}

/* ---- laws ---- */

static struct rr_sum sum_in(const json_t *object, const char *name)
{
    struct rr_sum sum = {0};
    const char *text = json_string_value(json_object_get(object, name));
    if (text)
        rr_sum_parse(text, strlen(text), &sum);
    return sum;
}

static struct rr_sum plus(struct rr_sum a, const struct rr_sum *b)
{
    rr_sum_merge(&a, b);
    return a;
}

static void put_currency_laws(struct pass *p, const json_t *total, json_t *laws)
{
    const char *currency = json_string_value(json_object_get(total, "currency"));
    struct rr_text code = rr_text_of(currency ? currency : "");
    struct rr_rollup_row adjusted = *rr_rollup_at(p->adjusted, &code);
    struct rr_rollup_row lines = *rr_rollup_at(p->lines, &code);
    struct rr_sum old = sum_in(total, "old"), new = sum_in(total, "new");
    struct rr_sum billed = plus(old, &adjusted.sum[2]);
    struct rr_sum effects = plus(plus(lines.sum[1], &lines.sum[2]), &lines.sum[3]);
    rr_report_law(laws, "Old total + adjustments = new total", code.ptr,
                  rr_money_json(&billed, code), rr_money_json(&new, code));
    rr_report_law(laws, "Differences of lines = adjustments of invoices", code.ptr,
                  rr_money_json(&lines.sum[0], code), rr_money_json(&adjusted.sum[2], code));
    rr_report_law(laws, "Price + usage + rounding = difference", code.ptr,
                  rr_money_json(&effects, code), rr_money_json(&lines.sum[0], code));
}

static json_t *laws_json(struct pass *p, const json_t *impact)
{
    size_t i;
    json_t *total, *laws = json_array();
    json_array_foreach(json_object_get(impact, "totals"), i, total)
        put_currency_laws(p, total, laws);
    return laws;
}

/* ---- all of it ---- */

static json_t *side_json(const char *workspace, unsigned number, struct rr_error *err)
{
    struct rr_result_facts facts;
    if (rr_result_facts_read(workspace, number, &facts, err) != 0)
        return NULL;
    json_t *records = NULL, *out = NULL;
    json_t *reconciliation = rr_report_load(facts.dir, "reconciliation.json", err);
    if (reconciliation) {
        out = rr_report_facts(&facts);
        records = json_object_get(reconciliation, "records");
        json_object_set(out, "records", records);
        json_object_set(out, "conflicts", json_object_get(reconciliation, "conflicts"));
    }
    json_decref(reconciliation);
    rr_result_facts_fini(&facts);
    return out;
}

/* Lists of impact.json that grow with a book's periods or accounts are cut to what a page can show. */
static void cut_list(json_t *impact, const char *name)
{
    json_t *list = json_object_get(impact, name);
    size_t n = json_array_size(list);
    char note[64];
    if (n <= RR_REPORT_ROWS)
        return;
    while (json_array_size(list) > RR_REPORT_ROWS)
        json_array_remove(list, json_array_size(list) - 1);
    snprintf(note, sizeof note, "%s_left_out", name);
    json_object_set_new(impact, note, json_integer((json_int_t)(n - RR_REPORT_ROWS)));
}

static json_t *data_json(struct pass *p, json_t *impact, json_t *old, json_t *new)
{
    json_t *out = json_object();
    json_object_set_new(out, "kind", json_string("impact"));
    json_object_set_new(out, "old", old);
    json_object_set_new(out, "new", new);
    json_object_set_new(out, "laws", laws_json(p, impact));
    json_object_del(impact, "top");
    cut_list(impact, "by_period");
    cut_list(impact, "by_charge");
    cut_list(impact, "by_plan");
    json_object_set(out, "impact", impact);
    for (uint32_t len = 7; len >= 4 && rr_rollup_size(p->causes) > RR_REPORT_ROWS; len -= 3)
        p->causes = rr_rollup_shorten(p->causes, 1, len);
    json_object_set_new(out, "causes", rr_rollup_json(p->causes, RR_REPORT_ROWS));
    json_object_set_new(out, "accounts", rr_accounts_json(p->accounts));
    return out;
}

static json_t *read_impact(const char *workspace, const char *dir, json_t *impact, unsigned old,
                           unsigned new, struct rr_error *err)
{
    struct pass p = {rr_rollup_create(1, "mmm"), rr_rollup_create(1, "mxxx"),
                     rr_rollup_create(3, "mxxx"), rr_accounts_create(3, RR_REPORT_ACCOUNTS)};
    json_t *data = NULL, *old_side = NULL, *new_side = NULL;
    if (read_tables(dir, impact, &p, err) == 0 &&
        (old_side = side_json(workspace, old, err)) != NULL &&
        (new_side = side_json(workspace, new, err)) != NULL)
        data = data_json(&p, impact, json_incref(old_side), json_incref(new_side));
    json_decref(old_side);
    json_decref(new_side);
    rr_rollup_destroy(p.adjusted);
    rr_rollup_destroy(p.lines);
    rr_rollup_destroy(p.causes);
    rr_accounts_destroy(p.accounts);
    return data;
}

json_t *rr_report_impact(const char *workspace, unsigned old, unsigned new, struct rr_error *err)
{
    char dir[RR_RESULT_PATH], path[RR_RESULT_PATH + 32];
    json_t *impact = NULL;
    snprintf(dir, sizeof dir, "%s/impact/%04u-%04u", workspace, old, new);
    snprintf(path, sizeof path, "%s/impact.json", dir);
    if (rr_own_digest_load(path, &impact, err) != 0 && err->code == RR_EXIT_INPUT)
        rr_fail(err, RR_EXIT_INPUT,
                "%s: there is no such impact; `rerate impact -w %s %u %u` makes it", dir, workspace,
                old, new);
    if (impact == NULL)
        return NULL;
    json_t *data = read_impact(workspace, dir, impact, old, new, err);
    json_decref(impact);
    return data;
}
