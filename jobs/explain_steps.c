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

static void metered(const struct rr_step *step, json_t *out)
{
    put(out, "quantity", step->quantity);
    put_count(out, "records", step->count);
}

static void units(const struct rr_told_line *line, const struct rr_step *step, json_t *out)
{
    static const char *const rounds[] = {"none", "up", "down", "half_up"};
    const struct rr_units *units = &line->step[0].charge->units;
    put(out, "quantity", step->quantity);
    put(out, "divide_by", units->divide_by);
    json_object_set_new(out, "round", json_string(rounds[units->round]));
    if (units->round != RR_UNITS_NONE)
        put_count(out, "places", (uint64_t)units->places);
    put(out, "result", step->result);
}

/* ---- prices ---- */

static void tier(const struct rr_step *step, json_t *out)
{
    put_count(out, "number", (uint64_t)step->number);
    if (step->tier->bounded)
        put(out, "up_to", step->tier->up_to);
    put(out, "quantity", step->quantity);
    put(out, "unit", step->tier->unit);
    put(out, "flat", step->tier->flat);
}

static void package(const struct rr_told_line *line, const struct rr_step *step, json_t *out)
{
    char packages[64];
    put(out, "quantity", step->quantity);
    put(out, "size", price_of(line)->package_size);
    rr_u128 n = (rr_u128)(step->result < 0 ? -step->result : step->result);
    char *at = packages + sizeof packages;
    *--at = '\0';
    do
        *--at = (char)('0' + (int)(n % 10));
    while ((n /= 10) > 0);
    json_object_set_new(out, "packages", json_string(at));
    put(out, "price", step->price);
}

static void event(const struct rr_told_line *line, const struct rr_step *step, json_t *out)
{
    const struct rr_bounds *bounds = &price_of(line)->bounds;
    put_count(out, "records", step->count);
    put_count(out, "values", (uint64_t)step->number);
    if (step->number == 1)
        put(out, "quantity", step->quantity);
    put(out, "percent", step->price);
    put(out, "fixed", step->result);
    if (bounds->has_least)
        put(out, "minimum", bounds->least);
    if (bounds->has_most)
        put(out, "maximum", bounds->most);
}

/* ---- plans and contracts ---- */

static void term(const struct rr_step *step, json_t *out)
{
    put_text(out, "contract", step->contract->name);
    put_day(out, "from", step->from);
    put_day(out, "to", step->to);
    put(out, "price", step->price);
    put_days(out, step);
    put(out, "result", step->result);
}

static void counted(const struct rr_step *step, enum rr_period kind, json_t *out)
{
    char period[RR_PERIOD_TEXT];
    rr_period_format(kind, step->line->period, period);
    json_object_set_new(out, "period", json_string(period));
    put_text(out, "account", step->line->account);
    put_text(out, "charge", step->line->charge);
    put_count(out, "lines", step->count);
    put(out, "amount", step->result);
    if (step->kind == RR_STEP_TAKEN)
        put(out, "left", step->quantity);
}

static const char *name_of(const struct rr_told_line *line, enum rr_step_kind kind)
{
    static const char *const names[] = {
        [RR_STEP_MINIMUM] = "plan_minimum",
        [RR_STEP_TERM] = "term",
        [RR_STEP_CREDIT] = "credit",
        [RR_STEP_METERED] = "metered",
        [RR_STEP_UNITS] = "units",
        [RR_STEP_NEGATIVE] = "negative",
        [RR_STEP_FREE] = "free",
        [RR_STEP_FEE] = "fee",
        [RR_STEP_PER_UNIT] = "per_unit",
        [RR_STEP_TIER] = "tier",
        [RR_STEP_VOLUME] = "volume",
        [RR_STEP_PACKAGE] = "package",
        [RR_STEP_PERCENT] = "percent",
        [RR_STEP_FIXED] = "fixed",
        [RR_STEP_EVENT] = "per_event",
        [RR_STEP_DISCOUNT] = "discount",
        [RR_STEP_MOST] = "maximum",
        [RR_STEP_LEAST] = "minimum",
        [RR_STEP_ROUND] = "rounded",
        [RR_STEP_CONTRACT_DISCOUNT] = "contract_discount",
        [RR_STEP_COUNTED] = "counted",
        [RR_STEP_TAKEN] = "taken",
        [RR_STEP_BEYOND] = "beyond",
    };
    bool percent = kind == RR_STEP_TIER && price_of(line)->key == RR_GRADUATED_PERCENT;
    return percent ? "tier_percent" : names[kind];
}

json_t *rr_step_json(const struct rr_told_line *line, uint32_t n, enum rr_period kind)
{
    const struct rr_step *step = &line->step[n];
    if (step->kind == RR_STEP_CHARGE)
        return NULL;
    json_t *out = json_pack("{s:s}", "step", name_of(line, step->kind));
    rr_check(out != NULL, "a step that is no JSON");
    switch (step->kind) {
    case RR_STEP_METERED:
        metered(step, out);
        break;
    case RR_STEP_UNITS:
        units(line, step, out);
        break;
    case RR_STEP_NEGATIVE:
        put(out, "quantity", step->quantity);
        break;
    case RR_STEP_FREE:
        put(out, "quantity", step->quantity);
        put(out, "free", step->price);
        put(out, "result", step->result);
        break;
    case RR_STEP_PER_UNIT:
        put(out, "quantity", step->quantity);
        put(out, "price", step->price);
        break;
    case RR_STEP_TIER:
    case RR_STEP_VOLUME:
        tier(step, out);
        break;
    case RR_STEP_PACKAGE:
        package(line, step, out);
        break;
    case RR_STEP_PERCENT:
        put(out, "quantity", step->quantity);
        put(out, "percent", step->price);
        break;
    case RR_STEP_FIXED:
        put_count(out, "records", step->count);
        put(out, "price", step->price);
        break;
    case RR_STEP_EVENT:
        event(line, step, out);
        break;
    case RR_STEP_DISCOUNT:
    case RR_STEP_CONTRACT_DISCOUNT:
        put(out, "percent", step->price);
        break;
    case RR_STEP_FEE:
    case RR_STEP_MOST:
    case RR_STEP_LEAST:
        put(out, "price", step->price);
        put_days(out, step);
        break;
    case RR_STEP_MINIMUM:
        put(out, "metered", step->quantity);
        put(out, "price", step->price);
        put_days(out, step);
        put(out, "result", step->result);
        break;
    case RR_STEP_TERM:
        term(step, out);
        break;
    case RR_STEP_CREDIT:
        put_text(out, "credit", step->credit->id);
        put_text(out, "contract", step->contract->name);
        put(out, "balance", step->quantity);
        break;
    case RR_STEP_COUNTED:
    case RR_STEP_TAKEN:
        counted(step, kind, out);
        break;
    case RR_STEP_BEYOND:
        put(out, "before", step->quantity);
        put(out, "result", step->result);
        put(out, "factor", step->price);
        break;
    case RR_STEP_ROUND:
        put(out, "exact", step->quantity);
        put(out, "amount", step->result);
        return out;
    default:
        rr_check(false, "a step of no line");
    }
    put_amount(out, step->amount);
    return out;
}
