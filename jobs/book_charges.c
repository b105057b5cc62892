/* The charges of a plan's version. */
#include "book_reader.h"

#include <stdlib.h>

struct charge_draft {
    struct rr_charge *charge;
    struct rr_price *price;
    const struct rr_meter *meter; /* NULL when none is named, or an unknown one */
    struct rr_text meter_name;
    const struct rr_yaml *prorate, *free, *where, *split; /* NULL when left out */
};

static void read_id(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct charge_draft *draft = into;
    rr_read_text(reader, node, "`id`", &draft->charge->id);
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
    int found = rr_book_find_meter(reader->book, draft->meter_name);
    draft->charge->meter = found;
    if (found != RR_NO_COLUMN)
        draft->meter = &reader->book->meters[found];
    else
        RR_WRONG(reader, node, "meter `%.*s` is not among `meters`%s", RR_SHOW(draft->meter_name),
                 rr_suggest(reader, draft->meter_name, meter_names(reader)));
}

/* ---- prices ---- */

static void read_flat(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct charge_draft *draft = into;
    draft->price->key = RR_FLAT;
    rr_read_decimal(reader, node, "`flat`", &draft->price->amount);
}

static void read_per_unit(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct charge_draft *draft = into;
    draft->price->key = RR_PER_UNIT;
    rr_read_decimal(reader, node, "`per_unit`", &draft->price->amount);
}

static void read_up_to(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_tier *tier = into;
    tier->bounded = true;
    rr_read_decimal(reader, node, "`up_to`", &tier->up_to);
}

static void read_unit(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_tier *tier = into;
    rr_read_decimal(reader, node, "`unit`", &tier->unit);
}

static void read_tier_flat(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_tier *tier = into;
    rr_read_decimal(reader, node, "`flat`", &tier->flat);
}

static const struct rr_book_key tier_keys[] = {
    {"up_to", read_up_to, RR_KEY_OPTIONAL},
    {"unit", read_unit, RR_KEY_OPTIONAL},
    {"flat", read_tier_flat, RR_KEY_OPTIONAL},
    {0},
};

/* Bounds rise from above zero; the last tier has none, and only the last. */
static void check_tiers(struct rr_book_reader *reader, const struct rr_yaml *node,
                        const struct rr_tier *tiers, int n)
{
    for (int i = 0; i < n; i++) {
        const struct rr_yaml *item = node->item[i];
        rr_decimal before = i > 0 ? tiers[i - 1].up_to : 0;
        if (i < n - 1 && !tiers[i].bounded)
            RR_WRONG(reader, item,
                     "this tier has no `up_to`, so those after it are never "
                     "reached; only the last tier is without");
        else if (i == n - 1 && tiers[i].bounded)
            RR_WRONG(reader, item,
                     "the last tier has an `up_to`, so what is above has no price; "
                     "leave it out, or add a tier without");
        else if (tiers[i].bounded && tiers[i].up_to <= before)
            RR_WRONG(reader, item,
                     "`up_to` does not rise above %s; order the tiers by their bounds",
                     i > 0 ? "that of the tier before" : "0");
    }
}

static void read_tiers(struct rr_book_reader *reader, const struct rr_yaml *node,
                       struct rr_price *price)
{
    if (node->kind != RR_YAML_LIST || node->n == 0 || node->n > RR_TIERS_MAX) {
        RR_WRONG(reader, node,
                 "tiers are a list of 1 to %d mappings; write [{up_to: 10, unit: \"5\"}, "
                 "{unit: \"4\"}]",
                 RR_TIERS_MAX);
        return;
    }
    int found_before = reader->mistakes->n_found;
    price->n_tiers = node->n;
    price->tiers = rr_book_alloc(reader, (size_t)node->n, sizeof *price->tiers);
    for (int i = 0; i < node->n; i++)
        rr_read_keys(reader, node->item[i], "a tier", tier_keys, &price->tiers[i]);
    if (reader->mistakes->n_found == found_before)
        check_tiers(reader, node, price->tiers, node->n);
}

static void read_graduated(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct charge_draft *draft = into;
    draft->price->key = RR_GRADUATED;
    read_tiers(reader, node, draft->price);
}

static void read_volume(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct charge_draft *draft = into;
    draft->price->key = RR_VOLUME;
    read_tiers(reader, node, draft->price);
}

static void read_size(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_price *price = into;
    if (rr_read_decimal(reader, node, "`size`", &price->package_size) && price->package_size <= 0)
        RR_WRONG(reader, node, "a package of size `%.*s` holds nothing; give a size above 0",
                 RR_SHOW(node->text));
}

static void read_amount(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_price *price = into;
    rr_read_decimal(reader, node, "`amount`", &price->amount);
}

static void read_round(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    static const char *const names[] = {"up", "down", NULL};
    struct rr_price *price = into;
    int chosen;
    if (rr_read_choice(reader, node, "`round`", names, &chosen))
        price->package_down = chosen == 1;
}

static const struct rr_book_key package_keys[] = {
    {"size", read_size, RR_KEY_REQUIRED},
    {"amount", read_amount, RR_KEY_REQUIRED},
    {"round", read_round, RR_KEY_OPTIONAL},
    {0},
};

static void read_package(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct charge_draft *draft = into;
    draft->price->key = RR_PACKAGE;
    rr_read_keys(reader, node, "`package`", package_keys, draft->price);
}

/* Exactly one of them stands in a charge. */
static const char *const price_keys[] = {"flat",    "per_unit", "graduated",
                                         "volume",  "package",  "graduated_percent",
                                         "percent", "cases",    NULL};

static int find_price_key(struct rr_text text)
{
    for (int i = 0; price_keys[i] != NULL; i++) {
        if (rr_text_equal(rr_text_of(price_keys[i]), text))
            return i;
    }
    return -1;
}

/* How many a charge has; each after the first is a mistake. */
static int count_prices(struct rr_book_reader *reader, const struct rr_yaml *node)
{
    int n = 0, first = 0;
    for (int i = 0; i < node->n; i++) {
        int price = find_price_key(node->key[i]->text);
        if (price < 0)
            continue;
        if (n++ == 0)
            first = price;
        else
            RR_WRONG(reader, node->key[i],
                     "a second price key, `%s` beside `%s`; a charge has one, so make two charges",
                     price_keys[price], price_keys[first]);
    }
    return n;
}

/* ---- what depends on the price and the meter: kept until both are known ---- */

static void read_prorate(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct charge_draft *draft = into;
    draft->prorate = node;
    rr_read_bool(reader, node, "`prorate`", &draft->price->prorate);
}

static void read_free(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct charge_draft *draft = into;
    draft->free = node;
    if (rr_read_decimal(reader, node, "`free`", &draft->charge->free) && draft->charge->free < 0)
        RR_WRONG(reader, node, "`free` is below 0; give 0 or more");
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

static const struct rr_book_key charge_keys[] = {
    {"id", read_id, RR_KEY_OPTIONAL},
    {"meter", read_meter, RR_KEY_OPTIONAL},
    {"flat", read_flat, RR_KEY_OPTIONAL},
    {"per_unit", read_per_unit, RR_KEY_OPTIONAL},
    {"graduated", read_graduated, RR_KEY_OPTIONAL},
    {"volume", read_volume, RR_KEY_OPTIONAL},
    {"package", read_package, RR_KEY_OPTIONAL},
    {"prorate", read_prorate, RR_KEY_OPTIONAL},
    {"free", read_free, RR_KEY_OPTIONAL},
    {"where", read_charge_where, RR_KEY_OPTIONAL},
    {"split", read_split, RR_KEY_OPTIONAL},
    {"units", NULL, RR_KEY_LATER},
    {"minimum", NULL, RR_KEY_LATER},
    {"maximum", NULL, RR_KEY_LATER},
    {"discount", NULL, RR_KEY_LATER},
    {"cases", NULL, RR_KEY_LATER},
    {"percent", NULL, RR_KEY_LATER},
    {"graduated_percent", NULL, RR_KEY_LATER},
    {0},
};

/* A fee counts no usage: the meter it may name only lends it the id. */
static void settle_flat(struct rr_book_reader *reader, const struct rr_yaml *node,
                        struct charge_draft *draft)
{
    const struct rr_yaml *odd[] = {draft->free, draft->where, draft->split};
    draft->charge->meter = RR_NO_COLUMN;
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        if (odd[i] != NULL)
            RR_WRONG(reader, odd[i],
                     "`free`, `where` and `split` choose usage, and a `flat` fee has none; leave "
                     "them out");
    }
    if (draft->charge->id.len == 0)
        RR_WRONG(reader, node, "a flat fee has no `id`; add one, as its lines are matched by it");
}

static void settle_metered(struct rr_book_reader *reader, const struct rr_yaml *node,
                           struct charge_draft *draft)
{
    static const char whose[] = "its meter's `by`";
    struct rr_charge *charge = draft->charge;
    if (draft->prorate != NULL)
        RR_WRONG(reader, draft->prorate, "`prorate` is for `flat` fees; leave it out");
    if (draft->meter_name.len == 0)
        RR_WRONG(reader, node, "this charge has no `meter`; name one, or make it a `flat` fee");
    if (draft->meter == NULL)
        return;
    const struct rr_meter *meter = draft->meter;
    struct rr_text *by = rr_book_alloc(reader, (size_t)meter->n_by, sizeof *by);
    for (int i = 0; i < meter->n_by; i++) {
        if (meter->by[i] != RR_NO_COLUMN)
            by[i] = reader->book->usage.dimensions[meter->by[i]];
    }
    if (draft->where != NULL)
        rr_read_where(reader, draft->where, by, meter->n_by, whose, &charge->where,
                      &charge->n_where);
    if (draft->split != NULL)
        rr_read_dimensions(reader, draft->split, "`split`", by, meter->n_by, whose, &charge->split,
                           &charge->n_split);
    charge->only_used = charge->n_split > 0;
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
    draft.price = &charge->cases[0].price;
    if (!rr_read_keys(reader, node, "a charge", charge_keys, &draft))
        return;
    if (count_prices(reader, node) == 0) {
        if (reader->mistakes->n_found == found_before) /* else it is likely the key misspelt */
            RR_WRONG(reader, node,
                     "this charge has no price; add one of `flat`, `per_unit`, `graduated`, "
                     "`volume`, `package`");
        return;
    }
    if (charge->id.len == 0)
        charge->id = draft.meter_name;
    if (rr_yaml_get(node, "flat") != NULL)
        settle_flat(reader, node, &draft);
    else
        settle_metered(reader, node, &draft);
}

/* ---- all charges of a version ---- */

static int compare_ids(const void *left, const void *right)
{
    const struct rr_charge *a = *(const struct rr_charge *const *)left;
    const struct rr_charge *b = *(const struct rr_charge *const *)right;
    int order = rr_text_compare(a->id, b->id);
    return order != 0 ? order : (a > b) - (a < b);
}

static void check_ids(struct rr_book_reader *reader, const struct rr_version *version)
{
    int n = version->n_charges;
    if (n < 2)
        return;
    const struct rr_charge **sorted = rr_book_alloc(reader, (size_t)n, sizeof *sorted);
    for (int i = 0; i < n; i++)
        sorted[i] = &version->charges[i];
    qsort(sorted, (size_t)n, sizeof *sorted, compare_ids);
    for (int i = 1; i < n; i++) {
        if (sorted[i]->id.len > 0 && rr_text_equal(sorted[i - 1]->id, sorted[i]->id))
            RR_WRONG(reader, sorted[i],
                     "charge id `%.*s` stands twice in this version, before on line %d; give one "
                     "of them another `id`",
                     RR_SHOW(sorted[i]->id), sorted[i - 1]->place.line);
    }
}

void rr_read_charges(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_version *version = into;
    if (node->kind != RR_YAML_LIST || node->n > RR_CHARGES_MAX) {
        RR_WRONG(reader, node, "`charges` is a list of at most %d mappings", RR_CHARGES_MAX);
        return;
    }
    version->charges = rr_book_alloc(reader, (size_t)node->n, sizeof *version->charges);
    version->n_charges = node->n;
    for (int i = 0; i < node->n; i++)
        read_charge(reader, node->item[i], &version->charges[i]);
    check_ids(reader, version);
}
