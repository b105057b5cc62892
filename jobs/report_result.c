/* A result in a report. */
#include "report_data.h"

#include "../io/commit.h"
#include "../io/memory.h"
#include "rated.h"
#include "report_accounts.h"
#include "report_rows.h"

#include <stdio.h>
#include <string.h>

struct pass {
    struct rr_rollup *lines;    /* currency: amount, exact */
    struct rr_rollup *revenue;  /* currency, period, charge: amount, exact */
    struct rr_rollup *plans;    /* currency, plan, charge: amount, exact */
    struct rr_rollup *invoices; /* currency, period: total, lines */
    struct rr_rollup *unrated;  /* reason, meter: quantity, records */
    struct rr_accounts *accounts;
};

/* ---- rows ---- */

static int take_line(void *self, const struct rr_text *field, struct rr_error *err)
{
    struct pass *p = self;
    rr_decimal read[2];
    if (rr_report_decimals(field + RR_LINE_EXACT, 2, read, err) != 0)
        return -1;
    rr_decimal values[] = {read[1], read[0]}; /* amount, exact */
    struct rr_text currency = field[RR_LINE_CURRENCY];
    rr_rollup_add(p->lines, &currency, values);
    rr_rollup_add(p->revenue,
                  (struct rr_text[]){currency, field[RR_LINE_PERIOD], field[RR_LINE_CHARGE]},
                  values);
    rr_rollup_add(p->plans,
                  (struct rr_text[]){currency, field[RR_LINE_PLAN], field[RR_LINE_CHARGE]}, values);
    return 0;
}

enum { INVOICE_ACCOUNT, INVOICE_PERIOD, INVOICE_CURRENCY, INVOICE_LINES };

static int take_invoice(void *self, const struct rr_text *field, struct rr_error *err)
{
    struct pass *p = self;
    rr_decimal read[2];
    if (rr_report_decimals(field + INVOICE_LINES, 2, read, err) != 0)
        return -1;
    rr_decimal values[] = {read[1], read[0]}; /* total, lines */
    struct rr_text currency = field[INVOICE_CURRENCY];
    rr_rollup_add(p->invoices, (struct rr_text[]){currency, field[INVOICE_PERIOD]}, values);
    rr_accounts_add(p->accounts, field[INVOICE_ACCOUNT], currency, values);
    return 0;
}

enum { UNRATED_METER = 2, UNRATED_QUANTITY = 4, UNRATED_REASON = 6 };

static int take_unrated(void *self, const struct rr_text *field, struct rr_error *err)
{
    struct pass *p = self;
    rr_decimal values[2];
    if (rr_report_decimals(field + UNRATED_QUANTITY, 2, values, err) != 0)
        return -1;
    rr_rollup_add(p->unrated, (struct rr_text[]){field[UNRATED_REASON], field[UNRATED_METER]},
                  values);
    return 0;
}

/* Reads one table, after its digest has been proved. */
static int read_table(const struct rr_result_facts *facts, const char *name, const char *header,
                      rr_report_take *take, struct pass *p, struct rr_error *err)
{
    char path[RR_RESULT_PATH + 64];
    struct rr_digest said, have;
    uint64_t bytes;
    if (!rr_result_table(facts, name, path) || !rr_result_file_digest(facts, name, &said))
        return rr_fail(err, RR_EXIT_DATA, "%s/run.json: names no %s", facts->dir, name);
    if (rr_digest_file(path, &bytes, &have, err) != 0)
        return -1;
    if (!rr_digest_equal(said, have))
        return rr_fail(err, RR_EXIT_DATA,
                       "%s: is not as it was published: another digest; `rerate verify` tells more",
                       path);
    return rr_report_rows(path, header, take, p, err);
}

static int read_tables(const struct rr_result_facts *facts, struct pass *p, struct rr_error *err)
{
    if (read_table(facts, "lines.csv", rr_lines_header, take_line, p, err) != 0 ||
        read_table(facts, "invoices.csv", rr_invoices_header, take_invoice, p, err) != 0)
        return -1;
    return read_table(facts, "unrated.csv", rr_unrated_header, take_unrated, p, err);
}

/* ---- JSON files ---- */

json_t *rr_report_load(const char *dir, const char *name, struct rr_error *err)
{
    char path[RR_RESULT_PATH + 64], *text;
    size_t len;
    json_error_t at;
    snprintf(path, sizeof path, "%s/%s", dir, name);
    if (rr_read_file(path, &text, &len, err) != 0)
        return NULL;
    json_t *value = json_loadb(text, len, JSON_REJECT_DUPLICATES, &at);
    free(text);
    if (json_is_object(value))
        return value;
    rr_fail(err, RR_EXIT_DATA, "%s: line %d: %s", path, at.line, value ? "is no object" : at.text);
    json_decref(value);
    return NULL;
}

/* A JSON file of the result, with the digest that run.json says. */
static json_t *load_proved(const struct rr_result_facts *facts, const char *name,
                           struct rr_error *err)
{
    char path[RR_RESULT_PATH + 64];
    struct rr_digest said, have;
    uint64_t bytes;
    snprintf(path, sizeof path, "%s/%s", facts->dir, name);
    if (rr_digest_file(path, &bytes, &have, err) != 0)
        return NULL;
    if (!rr_result_file_digest(facts, name, &said) || !rr_digest_equal(said, have)) {
        rr_fail(err, RR_EXIT_DATA, "%s: is not as it was published: another digest", path);
        return NULL;
    }
    return rr_report_load(facts->dir, name, err);
}

json_t *rr_report_facts(const struct rr_result_facts *facts)
{
    char name[16];
    json_t *out = json_copy(facts->json);
    snprintf(name, sizeof name, "%04u", facts->number);
    json_object_set_new(out, "result", json_string(name));
    json_object_set_new(
        out, "inputs",
        json_integer((json_int_t)json_array_size(json_object_get(facts->json, "inputs"))));
    json_object_del(out, "payers");
    json_object_del(out, "files");
    return out;
}

static json_t *files_json(const struct rr_result_facts *facts)
{
    const char *name;
    json_t *file, *out = json_array();
    json_object_foreach(json_object_get(facts->json, "files"), name, file)
        json_array_append_new(out, json_pack("[s, O, O]", name, json_object_get(file, "bytes"),
                                             json_object_get(file, "digest")));
    return out;
}

static json_t *inputs_json(const json_t *inputs)
{
    size_t i;
    json_t *input, *rows = json_array();
    const json_t *list = json_object_get(inputs, "inputs");
    json_array_foreach(list, i, input)
    {
        if (i >= RR_REPORT_INPUTS)
            break;
        json_array_append(rows, input);
    }
    size_t left_out = json_array_size(list) - json_array_size(rows);
    return json_pack("{s:o, s:I}", "rows", rows, "left_out", (json_int_t)left_out);
}

/* ---- laws ---- */

void rr_report_law(json_t *laws, const char *name, const char *of, json_t *left, json_t *right)
{
    json_array_append_new(
        laws, json_pack("[s, s, o, o, b]", name, of, left, right, json_equal(left, right)));
}

static json_int_t sum_values(const json_t *value)
{
    const char *name;
    json_t *item;
    json_int_t sum = json_integer_value(value);
    json_object_foreach((json_t *)value, name, item) sum += json_integer_value(item);
    return sum;
}

static const char *const classes[] = {"aggregated",  "duplicate", "superseded",  "voided", "void",
                                      "quarantined", "repaired",  "not_metered", NULL};

static void put_record_law(const json_t *records, json_t *laws)
{
    json_int_t sum = 0;
    for (int i = 0; classes[i]; i++)
        sum += sum_values(json_object_get(records, classes[i]));
    rr_report_law(laws, "Records read = sum of their classes", "all inputs",
                  json_integer(json_integer_value(json_object_get(records, "read"))),
                  json_integer(sum));
}

static void add_text(struct rr_sum *sum, const json_t *text)
{
    struct rr_sum term;
    const char *s = json_string_value(text);
    if (s && rr_sum_parse(s, strlen(s), &term))
        rr_sum_merge(sum, &term);
}

static void put_meter_laws(const json_t *meters, json_t *laws)
{
    const char *name;
    json_t *meter;
    json_object_foreach((json_t *)meters, name, meter)
    {
        struct rr_sum read = {0}, sum = {0};
        add_text(&read, json_object_get(meter, "read"));
        for (int i = 0; i < 5; i++)
            add_text(&sum, json_object_get(meter, classes[i]));
        rr_report_law(laws, "Quantity read = sum of its classes", name, rr_sum_json(&read),
                      rr_sum_json(&sum));
    }
}

/* What the reconciliation says of one currency, over all periods. */
static void sum_totals(const json_t *totals, const char *currency, const char *field,
                       struct rr_sum *sum)
{
    size_t i;
    json_t *total;
    *sum = (struct rr_sum){0};
    json_array_foreach(totals, i, total)
    {
        const char *have = json_string_value(json_object_get(total, "currency"));
        if (have && strcmp(have, currency) == 0)
            add_text(sum, json_object_get(total, field));
    }
}

static void put_money_laws(struct pass *p, const json_t *totals, const json_t *currencies,
                           json_t *laws)
{
    size_t i;
    json_t *row;
    json_array_foreach(currencies, i, row)
    {
        const char *currency = json_string_value(json_array_get(row, 0));
        struct rr_text code = rr_text_of(currency);
        const struct rr_rollup_row *line = rr_rollup_at(p->lines, &code);
        struct rr_rollup *by_currency = rr_rollup_create(1, "mx");
        rr_rollup_take(by_currency, p->invoices);
        const struct rr_rollup_row *invoice = rr_rollup_at(by_currency, &code);
        struct rr_sum amount, exact, residue;
        sum_totals(totals, currency, "amount", &amount);
        sum_totals(totals, currency, "exact", &exact);
        sum_totals(totals, currency, "residue", &residue);
        rr_report_law(laws, "Sum of lines = sum of invoices", currency,
                      rr_money_json(&line->sum[0], code), rr_money_json(&invoice->sum[0], code));
        rr_report_law(laws, "Sum of lines = total of the reconciliation", currency,
                      rr_money_json(&line->sum[0], code), rr_money_json(&amount, code));
        rr_report_law(laws, "Lines = lines counted on invoices", currency,
                      json_sprintf("%llu", (unsigned long long)line->n),
                      rr_sum_json(&invoice->sum[1]));
        exact = line->sum[1];
        rr_sum_merge(&exact, &residue);
        rr_report_law(laws, "Exact amounts + rounding = amounts", currency,
                      rr_money_json(&exact, code), rr_money_json(&line->sum[0], code));
        rr_rollup_destroy(by_currency);
    }
}

static json_t *laws_json(struct pass *p, const json_t *reconciliation, const json_t *currencies)
{
    json_t *laws = json_array();
    put_record_law(json_object_get(reconciliation, "records"), laws);
    put_meter_laws(json_object_get(reconciliation, "meters"), laws);
    put_money_laws(p, json_object_get(reconciliation, "totals"), currencies, laws);
    return laws;
}

/* ---- all of it ---- */

/* Days become months, months years, until there are few enough. */
static json_t *by_period_json(struct rr_rollup **rollup)
{
    for (uint32_t len = 7; len >= 4 && rr_rollup_size(*rollup) > RR_REPORT_ROWS; len -= 3)
        *rollup = rr_rollup_shorten(*rollup, 1, len);
    return rr_rollup_json(*rollup, RR_REPORT_ROWS);
}

static json_t *data_json(const struct rr_result_facts *facts, struct pass *p,
                         const json_t *reconciliation, const json_t *inputs)
{
    json_t *out = json_object();
    json_object_set_new(out, "kind", json_string("result"));
    json_object_set_new(out, "facts", rr_report_facts(facts));
    json_object_set_new(out, "files", files_json(facts));
    json_object_set_new(out, "inputs", inputs_json(inputs));
    json_object_set_new(out, "totals", rr_rollup_json(p->lines, UINT32_MAX));
    json_object_set_new(
        out, "laws",
        laws_json(p, reconciliation, json_object_get(json_object_get(out, "totals"), "rows")));
    json_object_set_new(out, "revenue", by_period_json(&p->revenue));
    json_object_set_new(out, "plans", rr_rollup_json(p->plans, RR_REPORT_ROWS));
    json_object_set_new(out, "invoices", by_period_json(&p->invoices));
    json_object_set_new(out, "accounts", rr_accounts_json(p->accounts));
    json_object_set_new(out, "unrated", rr_rollup_json(p->unrated, RR_REPORT_ROWS));
    json_object_set(out, "reconciliation", (json_t *)reconciliation);
    return out;
}

static struct pass begin(void)
{
    return (struct pass){rr_rollup_create(1, "mx"), rr_rollup_create(3, "mx"),
                         rr_rollup_create(3, "mx"), rr_rollup_create(2, "mx"),
                         rr_rollup_create(2, "xx"), rr_accounts_create(1, RR_REPORT_ACCOUNTS)};
}

static void end(struct pass *p)
{
    rr_rollup_destroy(p->lines);
    rr_rollup_destroy(p->revenue);
    rr_rollup_destroy(p->plans);
    rr_rollup_destroy(p->invoices);
    rr_rollup_destroy(p->unrated);
    rr_accounts_destroy(p->accounts);
}

json_t *rr_report_result(const char *workspace, unsigned number, struct rr_error *err)
{
    struct rr_result_facts facts;
    if (rr_result_facts_read(workspace, number, &facts, err) != 0)
        return NULL;
    struct pass pass = begin();
    json_t *data = NULL, *inputs = NULL, *reconciliation = NULL;
    if ((reconciliation = load_proved(&facts, "reconciliation.json", err)) != NULL &&
        (inputs = load_proved(&facts, "inputs.json", err)) != NULL &&
        read_tables(&facts, &pass, err) == 0)
        data = data_json(&facts, &pass, reconciliation, inputs);
    json_decref(reconciliation);
    json_decref(inputs);
    end(&pass);
    rr_result_facts_fini(&facts);
    return data;
}
