/* Charges: of a plan's version, or of a contract. */
#include "book_reader.h"

#include <stdlib.h>

struct charge_draft {
    struct rr_charge *charge;
    const struct rr_meter *meter; /* NULL when none is named, or an unknown one */
    struct rr_text meter_name;
    struct rr_text *by; /* the meter's dimensions by name */
    bool prorate;
    const struct rr_yaml *cases; /* these are NULL when left out */
    const struct rr_yaml *prorate_node, *units, *free, *where, *split;
};

static const char whose_by[] = "its meter's `by`";

/* The lines of a charge are matched by its id: it can't be that of lines which are made. */
static void check_id(struct rr_book_reader *reader, const struct rr_yaml *node, struct rr_text id)
{
    static const char *const made[] = {"minimum", "commit", "commit_used", "overage"};
    bool taken = id.len >= 7 && memcmp(id.ptr, "credit:", 7) == 0;
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        taken = taken || rr_text_equal(id, rr_text_of(made[i]));
    if (taken)
        RR_WRONG(reader, node,
                 "charge id `%.*s` is that of lines which plans and contracts make; give the "
                 "charge another `id`",
                 RR_SHOW(id));
}

static void read_id(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct charge_draft *draft = into;
    if (rr_read_text(reader, node, "`id`", &draft->charge->id))
        check_id(reader, node, draft->charge->id);
}

static const char **meter_names(struct rr_book_reader *reader)
{
    const struct rr_book *book = reader->book;
    const char **names = rr_book_alloc(reader, (size_t)book->n_meters + 1, sizeof *names);
    for (int i = 0; i < book->n_meters; i++)
        names[i] = book->meters[i].name.ptr;
    return names;
}

static void read_meter(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct charge_draft *draft = into;
    if (!rr_read_text(reader, node, "`meter`", &draft->meter_name))
        return;
    if (draft->charge->id.len == 0) {
        draft->charge->id = draft->meter_name;
        check_id(reader, node, draft->meter_name);
    }
    int found = rr_book_find_meter(reader->book, draft->meter_name);
    draft->charge->meter = found;
    if (found != RR_NO_COLUMN)
        draft->meter = &reader->book->meters[found];
    else
        RR_WRONG(reader, node, "meter `%.*s` is not among `meters`%s", RR_SHOW(draft->meter_name),
                 rr_suggest(reader, draft->meter_name, meter_names(reader)));
}

/* ---- what may stand beside every price ---- */

static void read_minimum(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_bounds *bounds = &((struct charge_draft *)into)->charge->bounds;
    bounds->has_least = rr_read_not_negative(reader, node, "`minimum`", &bounds->least);
}

static void read_maximum(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_bounds *bounds = &((struct charge_draft *)into)->charge->bounds;
    bounds->has_most = rr_read_not_negative(reader, node, "`maximum`", &bounds->most);
    if (bounds->has_least && bounds->has_most && bounds->least > bounds->most)
        RR_WRONG(reader, node, "`maximum` is below the `minimum`; exchange them");
}

static void read_discount(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct charge_draft *draft = into;
    rr_read_discount(reader, node, &draft->charge->discount);
}

/* ---- units ---- */

struct units_draft {
    struct rr_units *units;
    const struct rr_yaml *places;
};

static void read_divide_by(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_units *units = ((struct units_draft *)into)->units;
    if (rr_read_decimal(reader, node, "`divide_by`", &units->divide_by) && units->divide_by <= 0)
        RR_WRONG(reader, node, "`divide_by` is not above 0; give a number above 0, as 1000");
}

static void read_units_round(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    static const char *const names[] = {[RR_UNITS_NONE] = "none",
                                        [RR_UNITS_UP] = "up",
                                        [RR_UNITS_DOWN] = "down",
                                        [RR_UNITS_HALF_UP] = "half_up",
                                        NULL};
    struct rr_units *units = ((struct units_draft *)into)->units;
    int chosen;
    if (rr_read_choice(reader, node, "`round`", names, &chosen))
        units->round = (enum rr_units_round)chosen;
}

static void read_places(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct units_draft *draft = into;
    draft->places = node;
    rr_read_whole(reader, node, "`places`", 0, RR_DECIMAL_PLACES, &draft->units->places);
}

const struct rr_book_key rr_units_keys[] = {
    {"divide_by", read_divide_by, RR_KEY_OPTIONAL},
    {"round", read_units_round, RR_KEY_OPTIONAL},
    {"places", read_places, RR_KEY_OPTIONAL},
    {0},
};

static void read_units(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct charge_draft *draft = into;
    struct units_draft units = {.units = &draft->charge->units};
    int found_before = reader->mistakes->n_found;
    draft->units = node;
    rr_read_keys(reader, node, "`units`", rr_units_keys, &units);
    if (reader->mistakes->n_found == found_before && units.places != NULL &&
        draft->charge->units.round == RR_UNITS_NONE)
        RR_WRONG(reader, units.places,
                 "`places` of what is not rounded; add `round: up`, `down` or `half_up`, or leave "
                 "it out");
}

/* ---- what depends on the price and the meter: kept until both are known ---- */

static void read_prorate(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct charge_draft *draft = into;
    draft->prorate_node = node;
    rr_read_bool(reader, node, "`prorate`", &draft->prorate);
}

static void read_free(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct charge_draft *draft = into;
    draft->free = node;
    rr_read_not_negative(reader, node, "`free`", &draft->charge->free);
}

static void read_charge_where(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    (void)reader;
    struct charge_draft *draft = into;
    draft->where = node;
}

static void read_split(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    (void)reader;
    struct charge_draft *draft = into;
    draft->split = node;
}

static void read_cases_key(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    (void)reader;
    struct charge_draft *draft = into;
    draft->cases = node;
}

/* The price keys are read by rr_read_price. */
const struct rr_book_key rr_charge_keys[] = {
    {"id", read_id, RR_KEY_OPTIONAL},
    {"meter", read_meter, RR_KEY_OPTIONAL},
    {"flat", rr_leave_key, RR_KEY_OPTIONAL},
    {"per_unit", rr_leave_key, RR_KEY_OPTIONAL},
    {"graduated", rr_leave_key, RR_KEY_OPTIONAL},
    {"volume", rr_leave_key, RR_KEY_OPTIONAL},
    {"package", rr_leave_key, RR_KEY_OPTIONAL},
    {"percent", rr_leave_key, RR_KEY_OPTIONAL},
    {"graduated_percent", rr_leave_key, RR_KEY_OPTIONAL},
    {"cases", read_cases_key, RR_KEY_OPTIONAL},
    {"prorate", read_prorate, RR_KEY_OPTIONAL},
    {"units", read_units, RR_KEY_OPTIONAL},
    {"free", read_free, RR_KEY_OPTIONAL},
    {"where", read_charge_where, RR_KEY_OPTIONAL},
    {"split", read_split, RR_KEY_OPTIONAL},
    {"minimum", read_minimum, RR_KEY_OPTIONAL},
    {"maximum", read_maximum, RR_KEY_OPTIONAL},
    {"discount", read_discount, RR_KEY_OPTIONAL},
    {0},
};

/* ---- cases ---- */

struct case_draft {
    struct rr_case *into;
    const struct charge_draft *charge;
};

static void read_case_where(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    const struct case_draft *draft = into;
    const struct rr_meter *meter = draft->charge->meter;
    if (meter != NULL)
        rr_read_where(reader, node, draft->charge->by, meter->n_by, whose_by, &draft->into->where,
                      &draft->into->n_where);
}

static void refuse_flat(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    (void)into;
    RR_WRONG(reader, node,
             "a case prices usage, and a `flat` fee has none; make the fee a charge of its own");
}

const struct rr_book_key rr_case_keys[] = {
    {"where", read_case_where, RR_KEY_OPTIONAL},
    {"flat", refuse_flat, RR_KEY_REFUSED},
    {"per_unit", rr_leave_key, RR_KEY_OPTIONAL},
    {"graduated", rr_leave_key, RR_KEY_OPTIONAL},
    {"volume", rr_leave_key, RR_KEY_OPTIONAL},
    {"package", rr_leave_key, RR_KEY_OPTIONAL},
    {"percent", rr_leave_key, RR_KEY_OPTIONAL},
    {"graduated_percent", rr_leave_key, RR_KEY_OPTIONAL},
    {0},
};

/* What a detail of these conditions holds, without its end. */
static size_t detail_bytes(const struct rr_case *c, const struct rr_text *by)
{
    size_t n = 0;
    for (int w = 0; w < c->n_where; w++) {
        n += by[c->where[w].dimension].len + 2;
        for (int i = 0; i < c->where[w].n_any; i++)
            n += c->where[w].any[i].len + 1;
    }
    return n;
}

static char *put(char *to, const char *from, size_t n)
{
    if (n > 0)
        memcpy(to, from, n);
    return to + n;
}

/* `region=eu;model=x|y` */
static struct rr_text make_detail(struct rr_book_reader *reader, const struct rr_case *c,
                                  const struct rr_text *by)
{
    char *text = rr_book_alloc(reader, detail_bytes(c, by) + 1, 1), *at = text;
    for (int w = 0; w < c->n_where; w++) {
        const struct rr_condition *condition = &c->where[w];
        at = put(at, ";", w > 0);
        at = put(at, by[condition->dimension].ptr, by[condition->dimension].len);
        at = put(at, "=", 1);
        for (int i = 0; i < condition->n_any; i++) {
            at = put(at, "|", i > 0);
            at = put(at, condition->any[i].ptr, condition->any[i].len);
        }
    }
    return (struct rr_text){text, (uint32_t)(at - text)};
}

static void read_case(struct rr_book_reader *reader, const struct rr_yaml *node,
                      const struct charge_draft *charge, struct rr_case *into)
{
    struct case_draft draft = {into, charge};
    int found_before = reader->mistakes->n_found;
    into->place = node->place;
    if (!rr_read_keys(reader, node, "a case", rr_case_keys, &draft))
        return;
    if (!rr_read_price(reader, node, &into->price) && reader->mistakes->n_found == found_before)
        RR_WRONG(reader, node,
                 "this case has no price; add one, as {where: {...}, per_unit: \"2\"}");
    if (reader->mistakes->n_found == found_before && charge->meter != NULL &&
        !reader->dimensions_wrong)
        into->detail = make_detail(reader, into, charge->by);
}

static void read_cases(struct rr_book_reader *reader, const struct charge_draft *draft)
{
    const struct rr_yaml *node = draft->cases;
    struct rr_charge *charge = draft->charge;
    if (node->kind != RR_YAML_LIST || node->n == 0 || node->n > RR_CASES_MAX) {
        RR_WRONG(reader, node,
                 "`cases` is a list of 1 to %d mappings; write [{where: {region: eu}, per_unit: "
                 "\"5\"}, {per_unit: \"4\"}]",
                 RR_CASES_MAX);
        return;
    }
    charge->cases = rr_book_alloc(reader, (size_t)node->n, sizeof *charge->cases);
    charge->n_cases = node->n;
    charge->only_used = true;
    for (int i = 0; i < node->n; i++) {
        const struct rr_yaml *where = rr_yaml_get(node->item[i], "where");
        int found_before = reader->mistakes->n_found;
        read_case(reader, node->item[i], draft, &charge->cases[i]);
        bool all = where == NULL || (where->kind == RR_YAML_MAP && where->n == 0);
        if (all && i < node->n - 1 && reader->mistakes->n_found == found_before)
            RR_WRONG(reader, node->item[i],
                     "this case has no `where`, so those after it are never reached; only the "
                     "last case is without");
    }
}

/* ---- one charge ---- */

/* A fee counts no usage: the meter it may name only lends it the id. */
static void settle_flat(struct rr_book_reader *reader, const struct rr_yaml *node,
                        struct charge_draft *draft)
{
    const struct rr_yaml *odd[] = {draft->units, draft->free, draft->where, draft->split};
    draft->charge->meter = RR_NO_COLUMN;
    draft->charge->cases[0].price.prorate = draft->prorate;
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        if (odd[i] != NULL)
            RR_WRONG(reader, odd[i],
                     "`units`, `free`, `where` and `split` are about usage, and a `flat` fee has "
                     "none; leave them out");
    }
    if (draft->charge->id.len == 0)
        RR_WRONG(reader, node, "a flat fee has no `id`; add one, as its lines are matched by it");
}

static bool is_per_event(const struct rr_charge *charge)
{
    for (int i = 0; i < charge->n_cases; i++) {
        if (charge->cases[i].price.key == RR_PER_EVENT)
            return true;
    }
    return false;
}

/* The values of single records are priced: they are kept, and must be what the meter adds up. */
static void settle_per_event(struct rr_book_reader *reader, const struct rr_yaml *node,
                             const struct charge_draft *draft)
{
    const struct rr_yaml *odd[] = {draft->units, draft->free};
    struct rr_meter *meter = &reader->book->meters[draft->charge->meter];
    meter->per_event = true;
    if (meter->aggregate.len > 0 && !rr_text_equal(meter->aggregate, rr_text_of("sum")))
        RR_WRONG(reader, node,
                 "`per_event` prices the records of a sum, and meter `%.*s` is `aggregate: %.*s`; "
                 "name a meter that sums",
                 RR_SHOW(meter->name), RR_SHOW(meter->aggregate));
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        if (odd[i] != NULL)
            RR_WRONG(reader, odd[i],
                     "`units` and `free` change the sum, and `per_event` prices each record; leave "
                     "them out");
    }
}

static void name_by(struct rr_book_reader *reader, struct charge_draft *draft)
{
    const struct rr_meter *meter = draft->meter;
    draft->by = rr_book_alloc(reader, (size_t)meter->n_by, sizeof *draft->by);
    for (int i = 0; i < meter->n_by; i++) {
        if (meter->by[i] != RR_NO_COLUMN)
            draft->by[i] = reader->book->usage.dimensions[meter->by[i]];
    }
}

static void settle_metered(struct rr_book_reader *reader, const struct rr_yaml *node,
                           struct charge_draft *draft)
{
    struct rr_charge *charge = draft->charge;
    const struct rr_meter *meter = draft->meter;
    if (draft->prorate_node != NULL)
        RR_WRONG(reader, draft->prorate_node, "`prorate` is for `flat` fees; leave it out");
    if (draft->meter_name.len == 0)
        RR_WRONG(reader, node, "this charge has no `meter`; name one, or make it a `flat` fee");
    if (meter != NULL)
        name_by(reader, draft);
    if (draft->cases != NULL)
        read_cases(reader, draft);
    if (meter == NULL)
        return;
    if (draft->where != NULL)
        rr_read_where(reader, draft->where, draft->by, meter->n_by, whose_by, &charge->where,
                      &charge->n_where);
    if (draft->split != NULL)
        rr_read_dimensions(reader, draft->split, "`split`", draft->by, meter->n_by, whose_by,
                           &charge->split, &charge->n_split);
    charge->only_used = draft->split != NULL || draft->cases != NULL;
    if (is_per_event(charge))
        settle_per_event(reader, node, draft);
}

static void read_charge(struct rr_book_reader *reader, const struct rr_yaml *node,
                        struct rr_charge *charge)
{
    struct charge_draft draft = {.charge = charge};
    int found_before = reader->mistakes->n_found;
    *charge = (struct rr_charge){.meter = RR_NO_COLUMN,
                                 .cases = rr_book_alloc(reader, 1, sizeof *charge->cases),
                                 .n_cases = 1,
                                 .units.divide_by = RR_DECIMAL_ONE,
                                 .place = node->place};
    charge->cases[0].place = node->place;
    if (!rr_read_keys(reader, node, "a charge", rr_charge_keys, &draft))
        return;
    bool named = reader->mistakes->n_found == found_before; /* else it is likely the key misspelt */
    if (!rr_read_price(reader, node, &charge->cases[0].price)) {
        if (named)
            RR_WRONG(reader, node,
                     "this charge has no price; add one of `flat`, `per_unit`, `graduated`, "
                     "`volume`, `package`, `percent`, `graduated_percent`, `cases`");
        return;
    }
    if (rr_yaml_get(node, "flat") != NULL)
        settle_flat(reader, node, &draft);
    else
        settle_metered(reader, node, &draft);
}

/* ---- lists of charges ---- */

static int compare_ids(const void *left, const void *right)
{
    const struct rr_charge *a = *(const struct rr_charge *const *)left;
    const struct rr_charge *b = *(const struct rr_charge *const *)right;
    int order = rr_text_compare(a->id, b->id);
    return order != 0 ? order : (a > b) - (a < b);
}

static void check_ids(struct rr_book_reader *reader, const struct rr_charge *charges, int n,
                      const char *whose)
{
    if (n < 2)
        return;
    const struct rr_charge **sorted = rr_book_alloc(reader, (size_t)n, sizeof *sorted);
    for (int i = 0; i < n; i++)
        sorted[i] = &charges[i];
    qsort(sorted, (size_t)n, sizeof *sorted, compare_ids);
    for (int i = 1; i < n; i++) {
        if (sorted[i]->id.len > 0 && rr_text_equal(sorted[i - 1]->id, sorted[i]->id))
            RR_WRONG(reader, sorted[i],
                     "charge id `%.*s` stands twice in %s, before on line %d; give one of them "
                     "another `id`",
                     RR_SHOW(sorted[i]->id), whose, sorted[i - 1]->place.line);
    }
}

void rr_read_charges(struct rr_book_reader *reader, const struct rr_yaml *node, const char *whose,
                     struct rr_charge **out, int *n)
{
    if (node->kind != RR_YAML_LIST || node->n > RR_CHARGES_MAX) {
        RR_WRONG(reader, node, "`charges` is a list of at most %d mappings", RR_CHARGES_MAX);
        return;
    }
    struct rr_charge *charges = rr_book_alloc(reader, (size_t)node->n, sizeof *charges);
    for (int i = 0; i < node->n; i++)
        read_charge(reader, node->item[i], &charges[i]);
    check_ids(reader, charges, node->n, whose);
    *out = charges;
    *n = node->n;
}
