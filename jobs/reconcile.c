/* Reconciliation: the laws, and reconciliation.json. */
#include "reconcile.h"

#include "../io/memory.h"
#include "calendar.h"

#include <jansson.h>
#include <string.h>

static int broken(struct rr_error *err, const char *law, struct rr_text name, const char *left,
                  const char *right)
{
    return rr_fail(err, RR_EXIT_DATA,
                   "the reconciliation does not balance: %s%s%.*s: %s against %s; nothing was "
                   "published",
                   law, name.len ? " of " : "", (int)name.len, name.len ? name.ptr : "", left,
                   right);
}

static int check_repaired(const struct rr_tally *in, const struct rr_tally *out,
                          struct rr_error *err)
{
    for (int code = 0; code < RR_REJECT_CODES; code++)
        if (out->repaired[code] > in->quarantined[code])
            return broken(err, "records repaired <= records read as bad",
                          rr_text_of(rr_reject_name((enum rr_reject)code)), "more", "fewer");
    return 0;
}

static int check_records(const struct rr_reconciliation *r, struct rr_error *err)
{
    const struct rr_tally *in = &r->manifest->ingested, *out = &r->manifest->resolved;
    uint64_t found = rr_tally_accounted(in, out);
    char left[24], right[24];
    if (found == in->read)
        return check_repaired(in, out, err);
    snprintf(left, sizeof left, "%llu", (unsigned long long)in->read);
    snprintf(right, sizeof right, "%llu", (unsigned long long)found);
    return broken(
        err,
        "records read = aggregated + duplicate + superseded + voided + void + quarantined "
        "+ repaired + not metered",
        (struct rr_text){0}, left, right);
}

static int check_sums(struct rr_error *err, const char *law, struct rr_text name,
                      const struct rr_sum *a, const struct rr_sum *b)
{
    char left[RR_SUM_TEXT], right[RR_SUM_TEXT];
    if (rr_sum_equal(a, b))
        return 0;
    rr_sum_format(a, left);
    rr_sum_format(b, right);
    return broken(err, law, name, left, right);
}

static int check_meters(const struct rr_reconciliation *r, struct rr_error *err)
{
    for (int m = 0; m < r->book->n_meters; m++) {
        struct rr_text name = r->book->meters[m].name;
        const struct rr_meter_tally *out = &r->manifest->resolved.meters[m];
        struct rr_sum found = rr_tally_accounted_quantity(&r->manifest->resolved, m);
        if (check_sums(err, "quantity read = aggregated + duplicate + superseded + voided + void",
                       name, &r->manifest->ingested.meters[m].read, &found) != 0)
            return -1;
        if (r->summed[m] && check_sums(err, "quantity aggregated = quantity of the cells", name,
                                       &out->aggregated, &r->cells[m]) != 0)
            return -1;
    }
    return 0;
}

static int check_money(const struct rr_reconciliation *r, struct rr_error *err)
{
    for (uint32_t i = 0; i < r->totals->n; i++) {
        const struct rr_total *total = &r->totals->total[i];
        char period[RR_PERIOD_TEXT];
        rr_period_format(r->book->period, total->period, period);
        if (check_sums(err, "lines = invoices", rr_text_of(period), &total->amount,
                       &total->invoiced) != 0)
            return -1;
        if (total->lines != total->invoiced_lines)
            return broken(err, "number of lines = number on invoices", rr_text_of(period), "one",
                          "another");
    }
    return 0;
}

int rr_reconcile(const struct rr_reconciliation *r, struct rr_error *err)
{
    if (check_records(r, err) != 0 || check_meters(r, err) != 0)
        return -1;
    return check_money(r, err);
}

static json_t *sum_text(const struct rr_sum *sum)
{
    char text[RR_SUM_TEXT];
    rr_sum_format(sum, text);
    return json_string(text);
}

static json_t *number(uint64_t n)
{
    return json_integer((json_int_t)n);
}

static json_t *records_json(const struct rr_reconciliation *r)
{
    const struct rr_tally *in = &r->manifest->ingested, *out = &r->manifest->resolved;
    json_t *records = json_object(), *quarantined = json_object(), *repaired = json_object();
    for (int c = RR_ACCEPT + 1; c < RR_REJECT_CODES; c++) {
        enum rr_reject code = (enum rr_reject)c;
        if (rr_tally_quarantined_as(in, out, code) > 0)
            json_object_set_new(quarantined, rr_reject_name(code),
                                number(rr_tally_quarantined_as(in, out, code)));
        if (out->repaired[code] > 0)
            json_object_set_new(repaired, rr_reject_name(code), number(out->repaired[code]));
    }
    json_object_set_new(records, "read", number(in->read));
    json_object_set_new(records, "aggregated", number(out->aggregated));
    for (int w = 0; w < RR_WITHHELD; w++)
        json_object_set_new(records, rr_withheld_name((enum rr_withheld)w),
                            number(out->withheld[w]));
    json_object_set_new(records, "quarantined", quarantined);
    json_object_set_new(records, "repaired", repaired);
    json_object_set_new(records, "not_metered", number(out->not_metered));
    return records;
}

static json_t *meters_json(const struct rr_reconciliation *r)
{
    json_t *meters = json_object();
    for (int m = 0; m < r->book->n_meters; m++) {
        json_t *meter = json_object();
        const struct rr_meter_tally *out = &r->manifest->resolved.meters[m];
        json_object_set_new(meter, "read", sum_text(&r->manifest->ingested.meters[m].read));
        json_object_set_new(meter, "aggregated", sum_text(&out->aggregated));
        for (int w = 0; w < RR_WITHHELD; w++)
            json_object_set_new(meter, rr_withheld_name((enum rr_withheld)w),
                                sum_text(&out->withheld[w]));
        json_object_setn_new(meters, r->book->meters[m].name.ptr, r->book->meters[m].name.len,
                             meter);
    }
    return meters;
}

static json_t *total_json(const struct rr_reconciliation *r, const struct rr_total *total)
{
    json_t *out = json_object();
    char period[RR_PERIOD_TEXT], money[RR_DECIMAL_TEXT];
    rr_decimal amount;
    struct rr_sum residue = total->amount, minus = rr_sum_negated(&total->exact);
    rr_sum_merge(&residue, &minus);
    rr_period_format(r->book->period, total->period, period);
    json_object_set_new(out, "currency", json_string(total->currency));
    json_object_set_new(out, "period", json_string(period));
    json_object_set_new(out, "lines", number(total->lines));
    if (rr_sum_decimal(&total->amount, &amount)) {
        rr_decimal_format_fixed(amount, (unsigned)total->minor_digits, money);
        json_object_set_new(out, "amount", json_string(money));
    } else {
        json_object_set_new(out, "amount", sum_text(&total->amount));
    }
    json_object_set_new(out, "exact", sum_text(&total->exact));
    json_object_set_new(out, "residue", sum_text(&residue));
    return out;
}

char *rr_reconciliation_format(const struct rr_reconciliation *r)
{
    json_t *out = json_object(), *totals = json_array();
    for (uint32_t i = 0; i < r->totals->n; i++)
        json_array_append_new(totals, total_json(r, &r->totals->total[i]));
    json_object_set_new(out, "records", records_json(r));
    json_object_set_new(out, "conflicts", number(r->manifest->resolved.conflicts));
    json_object_set_new(out, "meters", meters_json(r));
    json_object_set_new(out, "totals", totals);
    json_object_set_new(out, "balanced", json_true());
    char *text = json_dumps(out, JSON_INDENT(2));
    rr_check(text != NULL, "a reconciliation that is no JSON");
    json_decref(out);
    return text;
}
