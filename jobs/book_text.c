/* The canonical text of what the state depends on: lines `key=value`, in an order of their own,
 * so that a book may be laid out anew, commented and priced anew over the same state. */
#include "book_reader.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const period_names[] = {"day", "week", "month", "quarter", "year"};
static const char *const bucket_names[] = {"hour", "day", "period"};
static const char *const duplicates_names[] = {"first", "last", "error"};

/* A value reaches to the end of its line: backslashes and control characters are escaped. */
static void put(FILE *out, const char *key, struct rr_text value)
{
    fprintf(out, "%s=", key);
    for (uint32_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if (c < 0x20 || c == 0x7f || c == '\\')
            fprintf(out, "\\x%02x", c);
        else
            fputc(c, out);
    }
    fputc('\n', out);
}

static void put_word(FILE *out, const char *key, const char *value)
{
    put(out, key, rr_text_of(value));
}

/* `KEY.column=NAME` or `KEY.const=TEXT` */
static void put_field(FILE *out, const struct rr_usage *usage, const char *key,
                      struct rr_field field)
{
    bool constant = field.column == RR_NO_COLUMN;
    char full[64];
    snprintf(full, sizeof full, "%s.%s", key, constant ? "const" : "column");
    put(out, full, constant ? field.constant : usage->columns[field.column]);
}

static int compare_texts(const void *left, const void *right)
{
    return rr_text_compare(*(const struct rr_text *)left, *(const struct rr_text *)right);
}

/* Texts whose order in the book has no meaning. */
static bool put_sorted(FILE *out, const char *key, const struct rr_text *texts, int n)
{
    struct rr_text *sorted = malloc(((size_t)n + 1) * sizeof *sorted);
    if (sorted == NULL)
        return false;
    if (n > 0)
        memcpy(sorted, texts, (size_t)n * sizeof *sorted);
    qsort(sorted, (size_t)n, sizeof *sorted, compare_texts);
    for (int i = 0; i < n; i++)
        put(out, key, sorted[i]);
    free(sorted);
    return true;
}

static bool put_usage(FILE *out, const struct rr_usage *usage)
{
    put_field(out, usage, "usage.account", usage->account);
    put_field(out, usage, "usage.timestamp", usage->timestamp);
    if (usage->has_event_id)
        put_field(out, usage, "usage.event_id", usage->event_id);
    if (usage->has_version)
        put_field(out, usage, "usage.version", usage->version);
    if (usage->has_void)
        put_field(out, usage, "usage.void", usage->voids);
    if (usage->has_meter)
        put_field(out, usage, "usage.meter", usage->meter);
    if (usage->quantity != RR_NO_COLUMN)
        put(out, "usage.quantity", usage->columns[usage->quantity]);
    for (int i = 0; i < usage->n_dimensions; i++)
        put(out, "usage.dimension", usage->dimensions[i]);
    put_word(out, "usage.unknown_meters", usage->skip_unknown_meters ? "skip" : "quarantine");
    put_word(out, "usage.duplicates", duplicates_names[usage->duplicates]);
    return put_sorted(out, "usage.no_value", usage->no_value, usage->n_no_value);
}

/* A meter names a dimension at most once in its `where`: by dimension is an order. */
static bool put_where(FILE *out, const struct rr_usage *usage, const struct rr_meter *meter)
{
    for (int d = 0; d < usage->n_dimensions; d++) {
        for (int i = 0; i < meter->n_where; i++) {
            const struct rr_condition *condition = &meter->where[i];
            if (condition->dimension != d)
                continue;
            put(out, "meter.where", usage->dimensions[d]);
            if (!put_sorted(out, "meter.where.is", condition->any, condition->n_any))
                return false;
        }
    }
    return true;
}

static bool put_meter(FILE *out, const struct rr_usage *usage, const struct rr_meter *meter)
{
    put(out, "meter", meter->name);
    put(out, "meter.aggregate", meter->kernel);
    if (usage->has_meter)
        put(out, "meter.match", meter->match);
    if (meter->value != RR_NO_COLUMN)
        put_field(out, usage, "meter.of", usage->values[meter->value].field);
    if (meter->value != RR_NO_COLUMN && usage->values[meter->value].is_text)
        put_word(out, "meter.of.is", "text");
    if (meter->per_event)
        put_word(out, "meter.keeps", "values");
    for (int i = 0; i < meter->n_by; i++)
        put(out, "meter.by", usage->dimensions[meter->by[i]]);
    return put_where(out, usage, meter);
}

char *rr_book_state_text(const struct rr_book *book)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (out == NULL)
        return NULL;
    put_word(out, "rerate", "1");
    put_word(out, "bucket", bucket_names[book->bucket]);
    put(out, "timezone", book->timezone);
    put_word(out, "period", period_names[book->period]);
    bool good = put_usage(out, &book->usage);
    for (int i = 0; good && i < book->n_meters; i++)
        good = put_meter(out, &book->usage, &book->meters[i]);
    good = fclose(out) == 0 && good;
    if (good)
        return text;
    free(text);
    return NULL;
}
