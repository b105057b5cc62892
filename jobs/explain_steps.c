/* Steps as JSON: one object each, with the numbers that it was computed from. */
#include "explain_steps.h"

#include "../io/memory.h"

json_t *rr_json_decimal(rr_decimal value)
{
    char text[RR_DECIMAL_TEXT];
    rr_decimal_format(value, text);
    return json_string(text);
}

json_t *rr_json_text(struct rr_text text)
{
    return json_stringn(text.ptr ? text.ptr : "", text.len);
}

static void put(json_t *out, const char *name, rr_decimal value)
{
    json_object_set_new(out, name, rr_json_decimal(value));
}

static void put_count(json_t *out, const char *name, uint64_t count)
{
    json_object_set_new(out, name, json_integer((json_int_t)count));
}

static void put_text(json_t *out, const char *name, struct rr_text text)
{
    json_object_set_new(out, name, rr_json_text(text));
}

static void put_day(json_t *out, const char *name, int32_t day)
{
    char text[RR_PERIOD_TEXT];
    rr_day_format(day, text);
    json_object_set_new(out, name, json_string(text));
}

/* The amount after a step. */
static void put_amount(json_t *out, const struct rr_amount *amount)
{
    rr_decimal value;
    bool has_more;
    if (amount == NULL || !rr_amount_value(amount, &value, &has_more))
        return;
    put(out, "after", value);
    if (has_more)
        json_object_set_new(out, "after_has_more", json_true());
}

/* A step on its way. */
struct step_in {
    const struct rr_told_line *line;
    const struct rr_step *step;
    enum rr_period kind;
};

static const struct rr_price *price_of(const struct rr_told_line *line)
{
    return &line->step[0].which->price;
}

static void put_days(json_t *out, const struct rr_step *step)
{
    if (step->of_days == 0)
        return;
    put_count(out, "days", (uint64_t)step->days);
    put_count(out, "of_days", (uint64_t)step->of_days);
}

/* ---- usage ---- */

static void metered(const struct step_in *in, json_t *out)
{
    put(out, "quantity", in->step->quantity);
    put_count(out, "records", in->step->count);
}

static void units(const struct step_in *in, json_t *out)
{
    static const char *const rounds[] = {"none", "up", "down", "half_up"};
    const struct rr_units *units = &in->line->step[0].charge->units;
    put(out, "quantity", in->step->quantity);
    put(out, "divide_by", units->divide_by);
    json_object_set_new(out, "round", json_string(rounds[units->round]));
    if (units->round != RR_UNITS_NONE)
        put_count(out, "places", (uint64_t)units->places);
    put(out, "result", in->step->result);
}

static void negative(const struct step_in *in, json_t *out)
{
    put(out, "quantity", in->step->quantity);
}

static void free_units(const struct step_in *in, json_t *out)
{
    put(out, "quantity", in->step->quantity);
    put(out, "free", in->step->price);
    put(out, "result", in->step->result);
}

/* ---- prices ---- */

/* A price of a whole period: a fee, or a bound. */
static void priced_by_days(const struct step_in *in, json_t *out)
{
    put(out, "price", in->step->price);
    put_days(out, in->step);
}

static void per_unit(const struct step_in *in, json_t *out)
{
    put(out, "quantity", in->step->quantity);
    put(out, "price", in->step->price);
}

static void tier(const struct step_in *in, json_t *out)
{
    const struct rr_tier *tier = in->step->tier;
    put_count(out, "number", (uint64_t)in->step->number);
    if (tier->bounded)
        put(out, "up_to", tier->up_to);
    put(out, "quantity", in->step->quantity);
    put(out, "unit", tier->unit);
    put(out, "flat", tier->flat);
}

static void package(const struct step_in *in, json_t *out)
{
    char packages[64];
    rr_decimal n = in->step->result; /* a whole number, perhaps too large for a decimal */
    rr_u128 left = (rr_u128)(n < 0 ? -n : n);
    char *at = packages + sizeof packages;
    *--at = '\0';
    do
        *--at = (char)('0' + (int)(left % 10));
    while ((left /= 10) > 0);
    put(out, "quantity", in->step->quantity);
    put(out, "size", price_of(in->line)->package_size);
    json_object_set_new(out, "packages", json_string(at));
    put(out, "price", in->step->price);
}

static void percent(const struct step_in *in, json_t *out)
{
    put(out, "quantity", in->step->quantity);
    put(out, "percent", in->step->price);
}

static void fixed(const struct step_in *in, json_t *out)
{
    put_count(out, "records", in->step->count);
    put(out, "price", in->step->price);
}

static void event(const struct step_in *in, json_t *out)
{
    const struct rr_bounds *bounds = &price_of(in->line)->bounds;
    put_count(out, "records", in->step->count);
    put_count(out, "values", (uint64_t)in->step->number);
    if (in->step->number == 1)
        put(out, "quantity", in->step->quantity);
    put(out, "percent", in->step->price);
    put(out, "fixed", in->step->result);
    if (bounds->has_least)
        put(out, "minimum", bounds->least);
    if (bounds->has_most)
        put(out, "maximum", bounds->most);
}

static void discount(const struct step_in *in, json_t *out)
{
    put(out, "percent", in->step->price);
}

static void rounded(const struct step_in *in, json_t *out)
{
    put(out, "exact", in->step->quantity);
    put(out, "amount", in->step->result);
}

/* ---- plans and contracts ---- */

static void plan_minimum(const struct step_in *in, json_t *out)
{
    put(out, "metered", in->step->quantity);
    priced_by_days(in, out);
    put(out, "result", in->step->result);
}

static void term(const struct step_in *in, json_t *out)
{
    put_text(out, "contract", in->step->contract->name);
    put_day(out, "from", in->step->from);
    put_day(out, "to", in->step->to);
    priced_by_days(in, out);
    put(out, "result", in->step->result);
}

static void credit(const struct step_in *in, json_t *out)
{
    put_text(out, "credit", in->step->credit->id);
    put_text(out, "contract", in->step->contract->name);
    put(out, "balance", in->step->quantity);
}

static void counted(const struct step_in *in, json_t *out)
{
    const struct rr_rated_line *line = in->step->line;
    char period[RR_PERIOD_TEXT];
    rr_period_format(in->kind, line->period, period);
    json_object_set_new(out, "period", json_string(period));
    put_text(out, "account", line->account);
    put_text(out, "charge", line->charge);
    put_count(out, "lines", in->step->count);
    put(out, "amount", in->step->result);
}

static void taken(const struct step_in *in, json_t *out)
{
    counted(in, out);
    put(out, "left", in->step->quantity);
}

static void beyond(const struct step_in *in, json_t *out)
{
    put(out, "before", in->step->quantity);
    put(out, "result", in->step->result);
    put(out, "factor", in->step->price);
}

static const struct {
    const char *name;
    void (*put)(const struct step_in *in, json_t *out);
} steps[] = {
    [RR_STEP_MINIMUM] = {"plan_minimum", plan_minimum},
    [RR_STEP_TERM] = {"term", term},
    [RR_STEP_CREDIT] = {"credit", credit},
    [RR_STEP_METERED] = {"metered", metered},
    [RR_STEP_UNITS] = {"units", units},
    [RR_STEP_NEGATIVE] = {"negative", negative},
    [RR_STEP_FREE] = {"free", free_units},
    [RR_STEP_FEE] = {"fee", priced_by_days},
    [RR_STEP_PER_UNIT] = {"per_unit", per_unit},
    [RR_STEP_TIER] = {"tier", tier},
    [RR_STEP_VOLUME] = {"volume", tier},
    [RR_STEP_PACKAGE] = {"package", package},
    [RR_STEP_PERCENT] = {"percent", percent},
    [RR_STEP_FIXED] = {"fixed", fixed},
    [RR_STEP_EVENT] = {"per_event", event},
    [RR_STEP_DISCOUNT] = {"discount", discount},
    [RR_STEP_MOST] = {"maximum", priced_by_days},
    [RR_STEP_LEAST] = {"minimum", priced_by_days},
    [RR_STEP_CONTRACT_DISCOUNT] = {"contract_discount", discount},
    [RR_STEP_ROUND] = {"rounded", rounded},
    [RR_STEP_COUNTED] = {"counted", counted},
    [RR_STEP_TAKEN] = {"taken", taken},
    [RR_STEP_BEYOND] = {"beyond", beyond},
};

json_t *rr_step_json(const struct rr_told_line *line, uint32_t n, enum rr_period kind)
{
    const struct step_in in = {line, &line->step[n], kind};
    if (in.step->kind == RR_STEP_CHARGE)
        return NULL;
    json_t *out = json_object();
    bool percents = in.step->kind == RR_STEP_TIER && price_of(line)->key == RR_GRADUATED_PERCENT;
    json_object_set_new(out, "step",
                        json_string(percents ? "tier_percent" : steps[in.step->kind].name));
    steps[in.step->kind].put(&in, out);
    if (in.step->kind != RR_STEP_ROUND)
        put_amount(out, in.step->amount);
    return out;
}
