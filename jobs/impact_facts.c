/* impact.json. */
#include "impact_facts.h"

#include "../io/memory.h"
#include "impact_invoices.h"
#include "money.h"

#include <stdio.h>
#include <string.h>

static json_t *text_json(struct rr_text text)
{
    return json_stringn(text.ptr, text.len);
}

static json_t *money_json(const struct rr_sum *amount, struct rr_text currency)
{
    char text[RR_SUM_TEXT];
    return json_stringn(text, rr_money_format(amount, currency, text));
}

static json_t *sum_json(const struct rr_sum *sum)
{
    char text[RR_SUM_TEXT];
    return json_stringn(text, rr_sum_format(sum, text));
}

static json_t *digest_json(struct rr_digest digest)
{
    char text[RR_DIGEST_TEXT];
    rr_digest_format(digest, text);
    return json_string(text);
}

/* ---- who is compared ---- */

static json_t *result_json(const struct rr_result_facts *facts, struct rr_error *err)
{
    char path[RR_RESULT_PATH + 64], name[16];
    struct rr_digest digest;
    uint64_t size;
    snprintf(path, sizeof path, "%s/run.json", facts->dir);
    if (rr_digest_file(path, &size, &digest, err) != 0)
        return NULL;
    snprintf(name, sizeof name, "%04u", facts->number);
    json_t *out = json_object();
    json_object_set_new(out, "result", json_string(name));
    json_object_set_new(out, "run", digest_json(digest));
    if (facts->what_if)
        json_object_set_new(out, "kind", json_string("what-if"));
    return out;
}

static json_t *middle_json(const struct rr_impact_sides *s)
{
    static const char *const names[] = {"new", "old", "rated"};
    json_t *out = json_object();
    json_object_set_new(out, "is", json_string(names[s->middle]));
    if (s->middle == RR_MIDDLE_IS_RATED)
        json_object_set_new(out, "increment", json_integer((json_int_t)s->increment));
    return out;
}

/* The ledger that closed periods were compared with: so many entries, up to this one. */
static json_t *booking_json(const struct rr_impact_sides *s)
{
    json_t *out = json_object();
    json_object_set_new(out, "closed_through", json_string(s->booking.closed_through));
    json_object_set_new(out, "book_in", json_string(s->booking.book_in));
    json_object_set_new(out, "entries", json_integer((json_int_t)s->issued.n));
    json_object_set_new(out, "ledger", s->issued.n > 0 ? digest_json(s->issued.last) : json_null());
    return out;
}

/* ---- totals ---- */

static void set_amounts(json_t *out, const struct rr_sum sum[RR_AMOUNTS], struct rr_text currency)
{
    const struct rr_effects e = rr_effects_of(sum);
    json_object_set_new(out, "old", money_json(&sum[RR_BASE_AMOUNT], currency));
    json_object_set_new(out, "new", money_json(&sum[RR_NEW_AMOUNT], currency));
    json_object_set_new(out, "delta", money_json(&e.delta, currency));
    json_object_set_new(out, "price_effect", sum_json(&e.price));
    json_object_set_new(out, "usage_effect", sum_json(&e.usage));
    json_object_set_new(out, "rounding", sum_json(&e.rounding));
}

/* Sums under (currency, name), or under the currency alone. */
static json_t *amounts_json(const struct rr_keyed_sums *sums, const char *name)
{
    json_t *out = json_array();
    uint32_t *order = rr_keyed_sums_order(sums), n = rr_keyed_sums_size(sums);
    for (uint32_t i = 0; i < n; i++) {
        struct rr_text currency = rr_keyed_sums_part(sums, order[i], 0);
        json_t *item = json_object();
        json_object_set_new(item, "currency", text_json(currency));
        if (name)
            json_object_set_new(item, name, text_json(rr_keyed_sums_part(sums, order[i], 1)));
        set_amounts(item, sums->sums[order[i]].sum, currency);
        json_array_append_new(out, item);
    }
    free(order);
    return out;
}

/* The sums of one dimension, under (currency, name). */
static json_t *dimension_json(const struct rr_impact_totals *t, const char *dimension)
{
    struct rr_keyed_sums sums = {0};
    for (uint32_t code = 0; code < rr_keyed_sums_size(&t->by); code++) {
        const struct rr_text key[] = {rr_keyed_sums_part(&t->by, code, 1),
                                      rr_keyed_sums_part(&t->by, code, 2)};
        if (rr_text_equal(rr_keyed_sums_part(&t->by, code, 0), rr_text_of(dimension)))
            rr_keyed_sum_merge(rr_keyed_sums_at(&sums, key, 2), &t->by.sums[code]);
    }
    json_t *out = amounts_json(&sums, dimension);
    rr_keyed_sums_fini(&sums);
    return out;
}

static void set_totals(json_t *out, const struct rr_impact_totals *t,
                       const struct rr_impact_sides *sides)
{
    struct rr_keyed_sums periods = {0}, currencies = {0};
    rr_impact_totals_sides(t, sides, RR_IMPACT_LINES, &periods);
    for (uint32_t code = 0; code < rr_keyed_sums_size(&periods); code++) {
        const struct rr_text key[] = {rr_keyed_sums_part(&periods, code, 0)};
        rr_keyed_sum_merge(rr_keyed_sums_at(&currencies, key, 1), &periods.sums[code]);
    }
    json_object_set_new(out, "totals", amounts_json(&currencies, NULL));
    json_object_set_new(out, "by_period", amounts_json(&periods, "period"));
    json_object_set_new(out, "by_plan", dimension_json(t, "plan"));
    json_object_set_new(out, "by_charge", dimension_json(t, "charge"));
    rr_keyed_sums_fini(&periods);
    rr_keyed_sums_fini(&currencies);
}

/* ---- payers ---- */

static uint64_t payers_who(struct rr_keyed_sums *payers, struct rr_text currency, const char *how)
{
    const struct rr_text key[] = {currency, rr_text_of(how)};
    return rr_keyed_sums_at(payers, key, 2)->count;
}

static json_t *payers_json(struct rr_impact_totals *t)
{
    static const char *const hows[] = {"less", "more", "unchanged"};
    struct rr_keyed_sums currencies = {0};
    json_t *out = json_array();
    for (uint32_t code = 0; code < rr_keyed_sums_size(&t->payers); code++) {
        const struct rr_text key[] = {rr_keyed_sums_part(&t->payers, code, 0)};
        rr_keyed_sums_at(&currencies, key, 1);
    }
    uint32_t *order = rr_keyed_sums_order(&currencies);
    for (uint32_t i = 0; i < rr_keyed_sums_size(&currencies); i++) {
        struct rr_text currency = rr_keyed_sums_part(&currencies, order[i], 0);
        json_t *item = json_object();
        json_object_set_new(item, "currency", text_json(currency));
        for (int h = 0; h < 3; h++)
            json_object_set_new(
                item, hows[h], json_integer((json_int_t)payers_who(&t->payers, currency, hows[h])));
        json_array_append_new(out, item);
    }
    free(order);
    rr_keyed_sums_fini(&currencies);
    return out;
}

/* 10^exponent as plain text. */
static json_t *power_json(int exponent)
{
    struct rr_sum sum = {0};
    rr_sum_add(&sum, (rr_decimal)rr_pow10((unsigned)(exponent + RR_DECIMAL_PLACES)));
    return sum_json(&sum);
}

static json_t *distribution_json(const struct rr_impact_totals *t)
{
    json_t *out = json_array();
    uint32_t *order = rr_keyed_sums_order(&t->buckets);
    for (uint32_t i = 0; i < rr_keyed_sums_size(&t->buckets); i++) {
        const struct rr_keyed_sum *sum = &t->buckets.sums[order[i]];
        struct rr_text currency = rr_keyed_sums_part(&t->buckets, order[i], 0);
        struct rr_impact_bucket bucket;
        json_t *item = json_object();
        rr_impact_bucket_read(rr_keyed_sums_part(&t->buckets, order[i], 1), &bucket);
        json_object_set_new(item, "currency", text_json(currency));
        json_object_set_new(item, "kind", json_string(bucket.less ? "credit" : "debit"));
        json_object_set_new(item, "at_least", power_json(bucket.exponent));
        json_object_set_new(item, "below", power_json(bucket.exponent + 1));
        json_object_set_new(item, "accounts", json_integer((json_int_t)sum->count));
        json_object_set_new(item, "delta", money_json(&sum->sum[0], currency));
        json_array_append_new(out, item);
    }
    free(order);
    return out;
}

static json_t *top_json(const struct rr_impact_top *top)
{
    json_t *out = json_array();
    for (size_t i = 0; i < top->n; i++) {
        const struct rr_top_account *a = &top->item[i];
        struct rr_text currency = rr_text_of(a->currency);
        json_t *item = json_object();
        json_object_set_new(item, "currency", text_json(currency));
        json_object_set_new(item, "account", text_json(a->account));
        json_object_set_new(item, "old", money_json(&a->old, currency));
        json_object_set_new(item, "new", money_json(&a->new, currency));
        json_object_set_new(item, "delta", money_json(&a->delta, currency));
        json_array_append_new(out, item);
    }
    return out;
}

/* ---- rows ---- */

static json_t *rows_json(const struct rr_impact_totals *t, bool booked)
{
    uint64_t rows[3] = {0};
    static const char *const tables[] = {"lines", "invoices", "corrections"};
    static const char *const names[] = {"lines", "adjustments", "corrections"};
    json_t *out = json_object();
    for (uint32_t code = 0; code < rr_keyed_sums_size(&t->written); code++)
        for (int i = 0; i < 3; i++)
            if (rr_text_equal(rr_keyed_sums_part(&t->written, code, 0), rr_text_of(tables[i])))
                rows[i] += t->written.sums[code].count;
    for (int i = 0; i < (booked ? 3 : 2); i++)
        json_object_set_new(out, names[i], json_integer((json_int_t)rows[i]));
    return out;
}

/* What corrections come to, by currency and corrected period. */
static json_t *booked_json(const struct rr_impact_totals *t)
{
    json_t *out = json_array();
    uint32_t *order = rr_keyed_sums_order(&t->written);
    for (uint32_t i = 0; i < rr_keyed_sums_size(&t->written); i++) {
        const struct rr_keyed_sum *sum = &t->written.sums[order[i]];
        struct rr_text currency = rr_keyed_sums_part(&t->written, order[i], 1);
        struct rr_text table = rr_keyed_sums_part(&t->written, order[i], 0);
        if (!rr_text_equal(table, rr_text_of("corrections")) || sum->count == 0)
            continue;
        json_t *item = json_object();
        json_object_set_new(item, "currency", text_json(currency));
        json_object_set_new(item, "corrects",
                            text_json(rr_keyed_sums_part(&t->written, order[i], 2)));
        json_object_set_new(item, "rows", json_integer((json_int_t)sum->count));
        json_object_set_new(item, "amount", money_json(&sum->sum[RR_WRITTEN_DELTA], currency));
        json_array_append_new(out, item);
    }
    free(order);
    return out;
}

json_t *rr_impact_facts(const struct rr_impact_sides *s, struct rr_impact_totals *t,
                        const struct rr_impact_top *top, const struct rr_impact_folder *folder,
                        struct rr_error *err)
{
    bool booked = s->booking.closed_through[0] != '\0';
    json_t *old = result_json(&s->source[RR_SOURCE_OLD].facts, err);
    json_t *new = old ? result_json(&s->source[RR_SOURCE_NEW].facts, err) : NULL;
    if (new == NULL) {
        json_decref(old);
        return NULL;
    }
    json_t *out = json_object();
    json_object_set_new(out, "rerate", json_string(RR_VERSION));
    json_object_set_new(out, "digest", json_string("xxh3-128"));
    json_object_set_new(out, "old", old);
    json_object_set_new(out, "new", new);
    json_object_set_new(out, "middle", middle_json(s));
    if (booked)
        json_object_set_new(out, "booking", booking_json(s));
    set_totals(out, t, s);
    json_object_set_new(out, "accounts", payers_json(t));
    json_object_set_new(out, "distribution", distribution_json(t));
    json_object_set_new(out, "top", top_json(top));
    if (booked)
        json_object_set_new(out, "booked", booked_json(t));
    json_object_set_new(out, "rows", rows_json(t, booked));
    json_object_set_new(out, "files", rr_impact_folder_files(folder));
    return out;
}
