/* The book's `usage`: where the fields of a record come from. */
#include "book_reader.h"

#include "../io/timestamp.h"

int rr_usage_column(struct rr_book_reader *reader, const struct rr_yaml *node, struct rr_text name)
{
    struct rr_usage *usage = &reader->book->usage;
    int found = rr_find_text(usage->columns, usage->n_columns, name);
    if (found != RR_NO_COLUMN)
        return found;
    if (usage->n_columns == RR_BATCH_COLUMNS) {
        RR_WRONG(reader, node, "column `%.*s` is one more than the %d that a book may name",
                 RR_SHOW(name), RR_BATCH_COLUMNS);
        return 0;
    }
    usage->columns[usage->n_columns] = name;
    return usage->n_columns++;
}

/* ---- fields ---- */

struct field_text {
    struct rr_text text;
    const char *what;
    bool constant;
};

static void read_const(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct field_text *field = into;
    field->constant = rr_read_text(reader, node, field->what, &field->text);
}

const struct rr_book_key rr_const_keys[] = {{"const", read_const, RR_KEY_REQUIRED}, {0}};

/* A column name or `{const: text}`, which is not yet a column in use. */
static bool read_field_text(struct rr_book_reader *reader, const struct rr_yaml *node,
                            struct field_text *field)
{
    if (node->kind == RR_YAML_TEXT)
        return rr_read_text(reader, node, field->what, &field->text);
    if (node->kind == RR_YAML_MAP)
        return rr_read_keys(reader, node, field->what, rr_const_keys, field) && field->constant;
    RR_WRONG(reader, node, "%s is a column name or {const: text}, not a list", field->what);
    return false;
}

bool rr_read_field(struct rr_book_reader *reader, const struct rr_yaml *node, const char *what,
                   struct rr_field *out)
{
    struct field_text field = {.what = what};
    if (!read_field_text(reader, node, &field))
        return false;
    if (field.constant)
        *out = (struct rr_field){RR_NO_COLUMN, field.text};
    else
        *out = (struct rr_field){.column = rr_usage_column(reader, node, field.text)};
    return true;
}

static void read_account(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_usage *usage = into;
    rr_read_field(reader, node, "`account`", &usage->account);
}

static void read_timestamp(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_usage *usage = into;
    int64_t timestamp_ns;
    if (!rr_read_field(reader, node, "`timestamp`", &usage->timestamp))
        return;
    const struct rr_text constant = usage->timestamp.constant;
    if (usage->timestamp.column != RR_NO_COLUMN || reader->book->zone == NULL)
        return;
    if (rr_timestamp_parse(constant, reader->book->zone, &timestamp_ns) != RR_TIMESTAMP_OK)
        RR_WRONG(reader, node,
                 "`timestamp`: `%.*s` is not a time of the years 1678 to 2261; write "
                 "2025-03-01T00:00:00Z",
                 RR_SHOW(constant));
}

static void read_event_id(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_usage *usage = into;
    reader->event_id_given = true;
    usage->has_event_id = rr_read_field(reader, node, "`event_id`", &usage->event_id);
    if (usage->has_event_id && usage->event_id.column == RR_NO_COLUMN)
        RR_WRONG(reader, node,
                 "`event_id` is constant, so all records of an account would be one; name a "
                 "column, or leave `event_id` out for no de-duplication");
}

/* A column that corrects events, so that there must be event ids. */
static bool read_correction(struct rr_book_reader *reader, const struct rr_yaml *node,
                            const char *what, const char *constant, struct rr_field *out)
{
    if (!rr_read_field(reader, node, what, out))
        return false;
    if (out->column == RR_NO_COLUMN)
        RR_WRONG(reader, node, "%s is constant, so %s; name a column, or leave %s out", what,
                 constant, what);
    if (!reader->event_id_given)
        RR_WRONG(reader, node,
                 "%s without `event_id`: it says which record of an event counts; name the column "
                 "of event ids, or leave %s out",
                 what, what);
    return true;
}

static void read_version(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_usage *usage = into;
    usage->has_version = read_correction(reader, node, "`version`",
                                         "no record is later than another", &usage->version);
}

static void read_void(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_usage *usage = into;
    usage->has_void = read_correction(reader, node, "`void`",
                                      "either all events are withdrawn or none", &usage->voids);
}

static void read_meter(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_usage *usage = into;
    usage->has_meter = rr_read_field(reader, node, "`meter`", &usage->meter);
    if (usage->has_meter && usage->meter.column == RR_NO_COLUMN)
        reader->meter_const = node;
}

/* The column is in use whatever meters take: its sums are held against control totals. */
static void read_quantity(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_usage *usage = into;
    struct field_text field = {.what = "`quantity`"};
    rr_decimal ignored;
    bool good = read_field_text(reader, node, &field);
    if (good && field.constant)
        good = rr_read_decimal(reader, rr_yaml_get(node, "const"), field.what, &ignored);
    if (good && !field.constant)
        usage->quantity = rr_usage_column(reader, node, field.text);
    reader->quantity = good ? node : NULL;
    reader->quantity_wrong = !good;
}

/* ---- the rest ---- */

static void read_dimensions(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_usage *usage = into;
    struct rr_text *names;
    int n;
    reader->dimensions_wrong = true;
    if (!rr_read_texts(reader, node, "`dimensions`", false, &names, &n))
        return;
    if (n > RR_DIMENSIONS_MAX) {
        RR_WRONG(reader, node, "%d dimensions; at most %d would do", n, RR_DIMENSIONS_MAX);
        return;
    }
    usage->dimension_fields = rr_book_alloc(reader, (size_t)n, sizeof *usage->dimension_fields);
    for (int i = 0; i < n; i++) {
        if (names[i].len == 0)
            RR_WRONG(reader, node->item[i], "a dimension is empty; name a column");
        usage->dimension_fields[i].column = rr_usage_column(reader, node->item[i], names[i]);
    }
    reader->dimensions_wrong = false;
    usage->dimensions = names;
    usage->n_dimensions = n;
}

static void read_no_value(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_usage *usage = into;
    rr_read_texts(reader, node, "`no_value`", false, &usage->no_value, &usage->n_no_value);
}

static void read_unknown_meters(struct rr_book_reader *reader, const struct rr_yaml *node,
                                void *into)
{
    static const char *const names[] = {"quarantine", "skip", NULL};
    struct rr_usage *usage = into;
    int chosen;
    if (rr_read_choice(reader, node, "`unknown_meters`", names, &chosen))
        usage->skip_unknown_meters = chosen == 1;
}

static void read_duplicates(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    static const char *const names[] = {
        [RR_FIRST] = "first", [RR_LAST] = "last", [RR_REFUSE] = "error", NULL};
    struct rr_usage *usage = into;
    int chosen;
    if (rr_read_choice(reader, node, "`duplicates`", names, &chosen))
        usage->duplicates = (enum rr_duplicates)chosen;
}

const struct rr_book_key rr_usage_keys[] = {
    {"account", read_account, RR_KEY_REQUIRED},
    {"timestamp", read_timestamp, RR_KEY_REQUIRED},
    {"event_id", read_event_id, RR_KEY_OPTIONAL},
    {"version", read_version, RR_KEY_OPTIONAL},
    {"void", read_void, RR_KEY_OPTIONAL},
    {"meter", read_meter, RR_KEY_OPTIONAL},
    {"quantity", read_quantity, RR_KEY_OPTIONAL},
    {"dimensions", read_dimensions, RR_KEY_OPTIONAL},
    {"no_value", read_no_value, RR_KEY_OPTIONAL},
    {"unknown_meters", read_unknown_meters, RR_KEY_OPTIONAL},
    {"duplicates", read_duplicates, RR_KEY_OPTIONAL},
    {0},
};

void rr_read_usage(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    (void)into;
    rr_read_keys(reader, node, "`usage`", rr_usage_keys, &reader->book->usage);
}
