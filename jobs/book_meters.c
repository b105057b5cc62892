/* The book's `meters`, and the conditions and dimensions that meters and charges share. */
#include "book_reader.h"

#include <rerate/kernel.h>

static const char *const aggregates[] = {"count", "sum", "min", "max", "latest", NULL};

static const char *const later_aggregates[] = {"average", "unique", "percentile", "time_weighted",
                                               NULL};

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
    const struct rr_yaml *of;
    bool aggregate_wrong;
};

static void read_aggregate(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct meter_draft *draft = into;
    struct rr_text text;
    int chosen;
    draft->aggregate_wrong = true;
    if (!rr_read_text(reader, node, "`aggregate`", &text))
        return;
    for (int i = 0; later_aggregates[i] != NULL; i++) {
        if (!rr_text_equal(text, rr_text_of(later_aggregates[i])))
            continue;
        RR_WRONG(reader, node, "`aggregate: %s` is not in this version of rerate%s",
                 later_aggregates[i], rr_suggest(reader, (struct rr_text){0}, aggregates));
        return;
    }
    if (!rr_read_choice(reader, node, "`aggregate`", aggregates, &chosen))
        return;
    draft->aggregate_wrong = false;
    draft->meter->aggregate = draft->meter->kernel = rr_text_of(aggregates[chosen]);
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

static const struct rr_book_key meter_keys[] = {
    {"aggregate", read_aggregate, RR_KEY_REQUIRED},
    {"of", read_of, RR_KEY_OPTIONAL},
    {"match", read_match, RR_KEY_OPTIONAL},
    {"where", read_meter_where, RR_KEY_OPTIONAL},
    {"by", read_by, RR_KEY_OPTIONAL},
    {"p", NULL, RR_KEY_LATER},
    {"values", NULL, RR_KEY_LATER},
    {0},
};

static bool same_field(struct rr_field a, struct rr_field b)
{
    return a.column == b.column &&
           (a.column != RR_NO_COLUMN || rr_text_equal(a.constant, b.constant));
}

/* The field's index in usage.values, where it is added when it is new. */
static int add_value(struct rr_book_reader *reader, const struct rr_yaml *node,
                     struct rr_field field)
{
    struct rr_usage *usage = &reader->book->usage;
    for (int i = 0; i < usage->n_values; i++) {
        if (same_field(usage->values[i].field, field))
            return i;
    }
    if (usage->n_values == RR_VALUES_MAX) {
        RR_WRONG(reader, node, "meters aggregate more than %d different columns; use fewer",
                 RR_VALUES_MAX);
        return 0;
    }
    usage->values[usage->n_values] = (struct rr_value){.field = field};
    return usage->n_values++;
}

/* What a meter aggregates: its `of`, else usage.quantity. */
static void settle_value(struct rr_book_reader *reader, const struct rr_entry *entry,
                         struct meter_draft *draft)
{
    struct rr_text name = draft->meter->aggregate;
    draft->meter->value = RR_NO_COLUMN;
    const struct rr_kernel *kernel = rr_kernel_find(name.ptr, name.len); /* NULL if left out */
    if (draft->aggregate_wrong || kernel == NULL || !kernel->needs_value)
        return; /* the `of` of a meter that reads no values has no meaning */
    struct rr_field field;
    const struct rr_yaml *node = draft->of != NULL ? draft->of : reader->quantity;
    if (node == NULL && !reader->quantity_wrong)
        RR_WRONG(reader, entry->key,
                 "meter `%.*s` has nothing to aggregate; add `of` to it, or `quantity` to `usage`",
                 RR_SHOW(entry->name));
    if (node != NULL &&
        rr_read_field(reader, node, draft->of != NULL ? "`of`" : "`quantity`", &field))
        draft->meter->value = add_value(reader, node, field);
}

static void read_meter(struct rr_book_reader *reader, const struct rr_entry *entry,
                       struct rr_meter *meter)
{
    struct meter_draft draft = {.meter = meter};
    *meter = (struct rr_meter){.name = entry->name,
                               .match = entry->name,
                               .value = RR_NO_COLUMN,
                               .place = entry->key->place};
    if (rr_read_keys(reader, entry->value, "a meter", meter_keys, &draft))
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
