/* The book's `meters`, and the conditions and dimensions that meters and charges share. */
#include "book_reader.h"

/* What a meter can make of its records. */
static const struct aggregate {
    const char *name;
    bool needs_value;
    bool is_text; /* the value is any text, not a number */
} aggregates[] = {
    {"count", false, false}, {"sum", true, false},        {"min", true, false},
    {"max", true, false},    {"latest", true, false},     {"average", true, false},
    {"unique", true, true},  {"percentile", true, false}, {"time_weighted", true, false},
};

enum { AGGREGATES = sizeof aggregates / sizeof *aggregates };

/* ---- where, by, split ---- */

/* The index of a dimension among names[0..n); a mistake at `node` when it is none of them. */
static int find_dimension(struct rr_book_reader *reader, const struct rr_yaml *node,
                          struct rr_text dimension, const char *what, const struct rr_text *names,
                          int n, const char *whose)
{
    int found = rr_find_text(names, n, dimension);
    if (found != RR_NO_COLUMN || reader->dimensions_wrong)
        return found;
    const char **known = rr_book_alloc(reader, (size_t)n + 1, sizeof *known);
    for (int i = 0; i < n; i++)
        known[i] = names[i].ptr;
    RR_WRONG(reader, node, "%s: `%.*s` is not in %s%s", what, RR_SHOW(dimension), whose,
             n > 0 ? rr_suggest(reader, dimension, known) : ", which is empty; add it there");
    return RR_NO_COLUMN;
}

void rr_read_dimensions(struct rr_book_reader *reader, const struct rr_yaml *node, const char *what,
                        const struct rr_text *names, int n, const char *whose, int **out,
                        int *n_out)
{
    struct rr_text *texts;
    int n_texts;
    if (!rr_read_texts(reader, node, what, false, &texts, &n_texts))
        return;
    int *indexes = rr_book_alloc(reader, (size_t)n_texts, sizeof *indexes);
    for (int i = 0; i < n_texts; i++)
        indexes[i] = find_dimension(reader, node->item[i], texts[i], what, names, n, whose);
    *out = indexes;
    *n_out = n_texts;
}

void rr_read_where(struct rr_book_reader *reader, const struct rr_yaml *node,
                   const struct rr_text *names, int n, const char *whose, struct rr_condition **out,
                   int *n_out)
{
    if (node->kind != RR_YAML_MAP) {
        RR_WRONG(reader, node, "`where` is a mapping {dimension: value or list}, not %s",
                 rr_yaml_kind_name(node->kind));
        return;
    }
    struct rr_condition *conditions = rr_book_alloc(reader, (size_t)node->n, sizeof *conditions);
    for (int i = 0; i < node->n; i++) {
        conditions[i].dimension =
            find_dimension(reader, node->key[i], node->key[i]->text, "`where`", names, n, whose);
        rr_read_texts(reader, node->item[i], "a `where` value", true, &conditions[i].any,
                      &conditions[i].n_any);
    }
    *out = conditions;
    *n_out = node->n;
}

/* ---- one meter ---- */

struct meter_draft {
    struct rr_meter *meter;
    const struct aggregate *aggregate; /* NULL when left out or wrong */
    const struct rr_yaml *of, *p, *values;
};

static bool is(struct rr_text text, const char *name)
{
    return rr_text_equal(text, rr_text_of(name));
}

static void read_aggregate(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct meter_draft *draft = into;
    const char *names[AGGREGATES + 1] = {NULL};
    int chosen;
    for (int i = 0; i < AGGREGATES; i++)
        names[i] = aggregates[i].name;
    if (!rr_read_choice(reader, node, "`aggregate`", names, &chosen))
        return;
    draft->aggregate = &aggregates[chosen];
    draft->meter->aggregate = draft->meter->kernel = rr_text_of(names[chosen]);
}

static void read_p(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct meter_draft *draft = into;
    rr_decimal *p = &draft->meter->p;
    draft->p = node;
    if (rr_read_decimal(reader, node, "`p`", p) && (*p <= 0 || *p > 100 * RR_DECIMAL_ONE))
        RR_WRONG(reader, node, "`p` is a percentage above 0 and at most 100, as 95 or 99.9");
}

static void read_values(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    static const char *const names[] = {"change", "level", NULL};
    struct meter_draft *draft = into;
    int chosen;
    draft->values = node;
    if (rr_read_choice(reader, node, "`values`", names, &chosen) && chosen == 1)
        draft->meter->kernel = rr_text_of("level");
}

static void read_of(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    (void)reader;
    struct meter_draft *draft = into;
    draft->of = node;
}

static void read_match(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct meter_draft *draft = into;
    if (!rr_read_text(reader, node, "`match`", &draft->meter->match))
        return;
    if (!reader->book->usage.has_meter)
        RR_WRONG(reader, node,
                 "`match` has nothing to match, as `usage` has no `meter`; add it there, or "
                 "choose the records by `where`");
}

static void read_meter_where(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct meter_draft *draft = into;
    const struct rr_usage *usage = &reader->book->usage;
    rr_read_where(reader, node, usage->dimensions, usage->n_dimensions, "`usage.dimensions`",
                  &draft->meter->where, &draft->meter->n_where);
}

static void read_by(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct meter_draft *draft = into;
    const struct rr_usage *usage = &reader->book->usage;
    rr_read_dimensions(reader, node, "`by`", usage->dimensions, usage->n_dimensions,
                       "`usage.dimensions`", &draft->meter->by, &draft->meter->n_by);
}

const struct rr_book_key rr_meter_keys[] = {
    {"aggregate", read_aggregate, RR_KEY_REQUIRED},
    {"p", read_p, RR_KEY_OPTIONAL},
    {"values", read_values, RR_KEY_OPTIONAL},
    {"of", read_of, RR_KEY_OPTIONAL},
    {"match", read_match, RR_KEY_OPTIONAL},
    {"where", read_meter_where, RR_KEY_OPTIONAL},
    {"by", read_by, RR_KEY_OPTIONAL},
    {0},
};

/* `p` and `values` belong to one aggregate each. */
static void settle_aggregate(struct rr_book_reader *reader, const struct rr_entry *entry,
                             const struct meter_draft *draft)
{
    struct rr_text name = draft->meter->aggregate;
    if (draft->aggregate == NULL)
        return;
    if (is(name, "percentile") && draft->p == NULL)
        RR_WRONG(reader, entry->key, "meter `%.*s` has no `p`; add the percentile it is, as p: 95",
                 RR_SHOW(entry->name));
    if (!is(name, "percentile") && draft->p != NULL)
        RR_WRONG(reader, draft->p, "`p` is for `aggregate: percentile`; leave it out");
    if (!is(name, "time_weighted") && draft->values != NULL)
        RR_WRONG(reader, draft->values, "`values` is for `aggregate: time_weighted`; leave it out");
}

static bool same_field(struct rr_field a, struct rr_field b)
{
    return a.column == b.column &&
           (a.column != RR_NO_COLUMN || rr_text_equal(a.constant, b.constant));
}

/* The field's index in usage.values, where it is added when it is new. */
static int add_value(struct rr_book_reader *reader, const struct rr_yaml *node,
                     struct rr_value value)
{
    struct rr_usage *usage = &reader->book->usage;
    for (int i = 0; i < usage->n_values; i++) {
        if (usage->values[i].is_text == value.is_text &&
            same_field(usage->values[i].field, value.field))
            return i;
    }
    if (usage->n_values == RR_VALUES_MAX) {
        RR_WRONG(reader, node, "meters aggregate more than %d different columns; use fewer",
                 RR_VALUES_MAX);
        return 0;
    }
    usage->values[usage->n_values] = value;
    return usage->n_values++;
}

/* A constant that is aggregated must be a number, as no record would be good otherwise. */
static void check_constant(struct rr_book_reader *reader, const struct rr_yaml *node,
                           const struct rr_value *value)
{
    rr_decimal ignored;
    if (value->field.column == RR_NO_COLUMN && !value->is_text)
        rr_read_decimal(reader, rr_yaml_get(node, "const"), "`of`", &ignored);
}

/* What a meter aggregates: its `of`, else usage.quantity. */
static void settle_value(struct rr_book_reader *reader, const struct rr_entry *entry,
                         struct meter_draft *draft)
{
    if (draft->aggregate == NULL || !draft->aggregate->needs_value)
        return; /* the `of` of a meter that reads no values has no meaning */
    struct rr_value value = {.is_text = draft->aggregate->is_text};
    const struct rr_yaml *node = draft->of != NULL ? draft->of : reader->quantity;
    if (node == NULL && !reader->quantity_wrong)
        RR_WRONG(reader, entry->key,
                 "meter `%.*s` has nothing to aggregate; add `of` to it, or `quantity` to `usage`",
                 RR_SHOW(entry->name));
    if (node == NULL ||
        !rr_read_field(reader, node, draft->of != NULL ? "`of`" : "`quantity`", &value.field))
        return;
    check_constant(reader, node, &value);
    draft->meter->value = add_value(reader, node, value);
}

static void read_meter(struct rr_book_reader *reader, const struct rr_entry *entry,
                       struct rr_meter *meter)
{
    struct meter_draft draft = {.meter = meter};
    *meter = (struct rr_meter){.name = entry->name,
                               .match = entry->name,
                               .value = RR_NO_COLUMN,
                               .place = entry->key->place};
    if (!rr_read_keys(reader, entry->value, "a meter", rr_meter_keys, &draft))
        return;
    if (!is(meter->aggregate, "time_weighted"))
        meter->kernel = meter->aggregate;
    settle_aggregate(reader, entry, &draft);
    settle_value(reader, entry, &draft);
}

/* ---- all meters ---- */

static void check_constant_meter(struct rr_book_reader *reader)
{
    const struct rr_book *book = reader->book;
    if (reader->meter_const == NULL || book->usage.skip_unknown_meters)
        return;
    for (int i = 0; i < book->n_meters; i++) {
        if (rr_text_equal(book->meters[i].match, book->usage.meter.constant))
            return;
    }
    RR_WRONG(reader, reader->meter_const,
             "every record names the meter `%.*s`, which is not among `meters`; name one of them",
             RR_SHOW(book->usage.meter.constant));
}

void rr_read_meters(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    (void)into;
    struct rr_book *book = reader->book;
    struct rr_entry *entries;
    int n = rr_read_entries(reader, node, "`meters`", RR_METERS_MAX, &entries);
    if (n == 0)
        return;
    book->meters = rr_book_alloc(reader, (size_t)n, sizeof *book->meters);
    book->n_meters = n;
    for (int i = 0; i < n; i++)
        read_meter(reader, &entries[i], &book->meters[i]);
    check_constant_meter(reader);
}
