/* Price keys: what a quantity costs, in a charge or in one of its cases. */
#include "book_reader.h"

static void read_flat(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_price *price = into;
    rr_read_decimal(reader, node, "`flat`", &price->amount);
}

static void read_per_unit(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_price *price = into;
    rr_read_decimal(reader, node, "`per_unit`", &price->amount);
}

/* ---- tiers ---- */

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

static void read_tier_rate(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_tier *tier = into;
    rr_read_decimal(reader, node, "`rate`", &tier->unit);
}

static void read_tier_flat(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_tier *tier = into;
    rr_read_decimal(reader, node, "`flat`", &tier->flat);
}

const struct rr_book_key rr_tier_keys[] = {
    {"up_to", read_up_to, RR_KEY_OPTIONAL},
    {"unit", read_unit, RR_KEY_OPTIONAL},
    {"flat", read_tier_flat, RR_KEY_OPTIONAL},
    {0},
};

const struct rr_book_key rr_percent_tier_keys[] = {
    {"up_to", read_up_to, RR_KEY_OPTIONAL},
    {"rate", read_tier_rate, RR_KEY_OPTIONAL},
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
                       const struct rr_book_key *keys, struct rr_price *price)
{
    if (node->kind != RR_YAML_LIST || node->n == 0 || node->n > RR_TIERS_MAX) {
        RR_WRONG(reader, node,
                 "tiers are a list of 1 to %d mappings; write [{up_to: 10, %s: \"5\"}, "
                 "{%s: \"4\"}]",
                 RR_TIERS_MAX, keys[1].name, keys[1].name);
        return;
    }
    int found_before = reader->mistakes->n_found;
    price->n_tiers = node->n;
    price->tiers = rr_book_alloc(reader, (size_t)node->n, sizeof *price->tiers);
    price->tier_places = rr_book_alloc(reader, (size_t)node->n, sizeof *price->tier_places);
    for (int i = 0; i < node->n; i++) {
        price->tier_places[i] = node->item[i]->place;
        rr_read_keys(reader, node->item[i], "a tier", keys, &price->tiers[i]);
    }
    if (reader->mistakes->n_found == found_before)
        check_tiers(reader, node, price->tiers, node->n);
}

static void read_unit_tiers(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    read_tiers(reader, node, rr_tier_keys, into);
}

static void read_percent_tiers(struct rr_book_reader *reader, const struct rr_yaml *node,
                               void *into)
{
    read_tiers(reader, node, rr_percent_tier_keys, into);
}

/* ---- package ---- */

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

const struct rr_book_key rr_package_keys[] = {
    {"size", read_size, RR_KEY_REQUIRED},
    {"amount", read_amount, RR_KEY_REQUIRED},
    {"round", read_round, RR_KEY_OPTIONAL},
    {0},
};

static void read_package(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    rr_read_keys(reader, node, "`package`", rr_package_keys, into);
}

/* ---- percent ---- */

static void read_rate(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_price *price = into;
    rr_read_decimal(reader, node, "`rate`", &price->amount);
}

static void read_fixed(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_price *price = into;
    rr_read_decimal(reader, node, "`fixed`", &price->fixed);
}

static void read_min(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_bounds *bounds = into;
    bounds->has_least = rr_read_decimal(reader, node, "`min`", &bounds->least);
}

static void read_max(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_bounds *bounds = into;
    bounds->has_most = rr_read_decimal(reader, node, "`max`", &bounds->most);
}

const struct rr_book_key rr_per_event_keys[] = {
    {"min", read_min, RR_KEY_OPTIONAL},
    {"max", read_max, RR_KEY_OPTIONAL},
    {0},
};

static void read_per_event(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_price *price = into;
    int found_before = reader->mistakes->n_found;
    const struct rr_bounds *bounds = &price->bounds;
    price->key = RR_PER_EVENT;
    if (!rr_read_keys(reader, node, "`per_event`", rr_per_event_keys, &price->bounds) ||
        reader->mistakes->n_found > found_before)
        return;
    if (!bounds->has_least && !bounds->has_most)
        RR_WRONG(reader, node,
                 "`per_event` bounds nothing; give it a `min` or a `max`, or leave it out");
    else if (bounds->has_least && bounds->has_most && bounds->least > bounds->most)
        RR_WRONG(reader, node, "`per_event`: `min` is above `max`; exchange them");
}

const struct rr_book_key rr_percent_keys[] = {
    {"rate", read_rate, RR_KEY_REQUIRED},
    {"fixed", read_fixed, RR_KEY_OPTIONAL},
    {"per_event", read_per_event, RR_KEY_OPTIONAL},
    {0},
};

static void read_percent(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    rr_read_keys(reader, node, "`percent`", rr_percent_keys, into);
}

/* ---- the one price ---- */

static const struct price_key {
    const char *name;
    enum rr_price_key key;
    void (*read)(struct rr_book_reader *reader, const struct rr_yaml *node, void *price);
} price_keys[] = {
    {"flat", RR_FLAT, read_flat},
    {"per_unit", RR_PER_UNIT, read_per_unit},
    {"graduated", RR_GRADUATED, read_unit_tiers},
    {"volume", RR_VOLUME, read_unit_tiers},
    {"package", RR_PACKAGE, read_package},
    {"percent", RR_PERCENT, read_percent},
    {"graduated_percent", RR_GRADUATED_PERCENT, read_percent_tiers},
    {"cases", RR_PER_UNIT, rr_leave_key},
};

static const struct price_key *find_price_key(struct rr_text text)
{
    for (size_t i = 0; i < sizeof price_keys / sizeof *price_keys; i++) {
        if (rr_text_equal(rr_text_of(price_keys[i].name), text))
            return &price_keys[i];
    }
    return NULL;
}

bool rr_read_price(struct rr_book_reader *reader, const struct rr_yaml *node,
                   struct rr_price *price)
{
    const struct price_key *first = NULL;
    for (int i = 0; i < node->n; i++) {
        const struct price_key *found = find_price_key(node->key[i]->text);
        if (found != NULL && first != NULL)
            RR_WRONG(reader, node->key[i],
                     "a second price key, `%s` beside `%s`; a charge has one, so make two charges",
                     found->name, first->name);
        if (found == NULL || first != NULL)
            continue;
        first = found;
        price->key = found->key;
        found->read(reader, node->item[i], price);
    }
    return first != NULL;
}
