/* A book from its state text: what rr_book_state_text wrote, read back. */
#include "book.h"

#include <rerate/kernel.h>

#include <stdlib.h>
#include <string.h>

struct state_reader {
    struct rr_book *book;
    struct rr_arena *arena;
    struct rr_meter *meter; /* the last one begun */
    struct rr_value value;  /* what it aggregates, */
    bool has_value;         /* if anything */
};

/* A line of the text: its key, and its value with the escapes undone. */
struct state_line {
    struct rr_text key, value;
};

static int digit_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* `\xHH` stands for a byte. */
static struct rr_text unescape(struct rr_arena *arena, const char *text, size_t len)
{
    struct rr_text out = rr_arena_text(arena, text, len);
    char *to = (char *)(uintptr_t)out.ptr;
    for (size_t i = 0; i < len; i++) {
        bool escape = text[i] == '\\' && len - i >= 4;
        int high = escape ? digit_of(text[i + 2]) : -1, low = escape ? digit_of(text[i + 3]) : -1;
        char byte = text[i];
        if (high >= 0 && low >= 0) {
            byte = (char)(high << 4 | low);
            i += 3;
        }
        *to++ = byte;
    }
    *to = '\0';
    out.len = (uint32_t)(to - out.ptr);
    return out;
}

static bool is(struct rr_text text, const char *word)
{
    return rr_text_equal(text, rr_text_of(word));
}

/* The place of a word in a list that NULL ends; -1 when it is not in it. */
static int place_in(const char *const *words, struct rr_text text)
{
    for (int i = 0; words[i]; i++)
        if (is(text, words[i]))
            return i;
    return -1;
}

/* ---- usage ---- */

/* The columns have no order of their own here: nobody reads usage with this book. */
static struct rr_field field_of(struct rr_usage *usage, const struct state_line *line,
                                bool constant)
{
    if (constant)
        return (struct rr_field){RR_NO_COLUMN, line->value};
    for (int c = 0; c < usage->n_columns; c++)
        if (rr_text_equal(usage->columns[c], line->value))
            return (struct rr_field){c, {0}};
    if (usage->n_columns == RR_BATCH_COLUMNS)
        return (struct rr_field){RR_NO_COLUMN, line->value};
    usage->columns[usage->n_columns] = line->value;
    return (struct rr_field){usage->n_columns++, {0}};
}

static bool ends_in(struct rr_text text, const char *end)
{
    size_t n = strlen(end);
    return text.len >= n && memcmp(text.ptr + text.len - n, end, n) == 0;
}

static bool begins_with(struct rr_text text, const char *begin)
{
    size_t n = strlen(begin);
    return text.len >= n && memcmp(text.ptr, begin, n) == 0;
}

/* Appends to a list of few texts. */
static bool add_to(struct rr_arena *arena, struct rr_text **texts, int *n, struct rr_text text)
{
    struct rr_text *more = rr_arena_alloc(arena, ((size_t)*n + 1) * sizeof *more);
    if (*n > 0)
        memcpy(more, *texts, (size_t)*n * sizeof *more);
    more[(*n)++] = text;
    *texts = more;
    return true;
}

static bool read_usage(struct state_reader *r, const struct state_line *line)
{
    static const char *const duplicates[] = {
        [RR_FIRST] = "first", [RR_LAST] = "last", [RR_REFUSE] = "error", NULL};
    struct rr_usage *usage = &r->book->usage;
    struct rr_field field = {0};
    if (ends_in(line->key, ".column") || ends_in(line->key, ".const"))
        field = field_of(usage, line, ends_in(line->key, ".const"));
    if (begins_with(line->key, "usage.account."))
        usage->account = field;
    else if (begins_with(line->key, "usage.timestamp."))
        usage->timestamp = field;
    else if (begins_with(line->key, "usage.event_id.")) {
        usage->event_id = field;
        usage->has_event_id = true;
    } else if (begins_with(line->key, "usage.version.")) {
        usage->version = field;
        usage->has_version = true;
    } else if (begins_with(line->key, "usage.void.")) {
        usage->voids = field;
        usage->has_void = true;
    } else if (begins_with(line->key, "usage.meter.")) {
        usage->meter = field;
        usage->has_meter = true;
    } else if (is(line->key, "usage.quantity")) {
        usage->quantity = field_of(usage, line, false).column;
    } else if (is(line->key, "usage.dimension")) {
        if (usage->n_dimensions == RR_DIMENSIONS_MAX)
            return false;
        usage->dimensions[usage->n_dimensions++] = line->value;
    } else if (is(line->key, "usage.unknown_meters")) {
        usage->skip_unknown_meters = is(line->value, "skip");
    } else if (is(line->key, "usage.duplicates")) {
        int which = place_in(duplicates, line->value);
        usage->duplicates = (enum rr_duplicates)which;
        return which >= 0;
    } else {
        return is(line->key, "usage.no_value") &&
               add_to(r->arena, &usage->no_value, &usage->n_no_value, line->value);
    }
    return true;
}

/* ---- meters ---- */

static int dimension_of(const struct rr_book *book, struct rr_text name)
{
    for (int d = 0; d < book->usage.n_dimensions; d++)
        if (rr_text_equal(book->usage.dimensions[d], name))
            return d;
    return -1;
}

/* The value of the meter that was read: values are numbered as they first come. */
static bool settle_value(struct state_reader *r)
{
    struct rr_usage *usage = &r->book->usage;
    if (!r->has_value)
        return true;
    r->has_value = false;
    for (int v = 0; v < usage->n_values; v++) {
        const struct rr_value *value = &usage->values[v];
        if (value->is_text == r->value.is_text && value->field.column == r->value.field.column &&
            rr_text_equal(value->field.constant, r->value.field.constant)) {
            r->meter->value = v;
            return true;
        }
    }
    if (usage->n_values == RR_VALUES_MAX)
        return false;
    usage->values[usage->n_values] = r->value;
    r->meter->value = usage->n_values++;
    return true;
}

static bool begin_meter(struct state_reader *r, struct rr_text name)
{
    struct rr_book *book = r->book;
    if (!settle_value(r) || book->n_meters == RR_METERS_MAX)
        return false;
    r->meter = &book->meters[book->n_meters++];
    *r->meter = (struct rr_meter){.name = name, .match = name, .value = RR_NO_COLUMN};
    r->meter->by = rr_arena_alloc(r->arena, RR_DIMENSIONS_MAX * sizeof *r->meter->by);
    r->meter->where = rr_arena_alloc(r->arena, RR_DIMENSIONS_MAX * sizeof *r->meter->where);
    return true;
}

/* The kernel `level` is what levels of `time_weighted` are folded by. */
static bool set_kernel(struct rr_meter *meter, struct rr_text name)
{
    meter->kernel = name;
    meter->aggregate = is(name, "level") ? rr_text_of("time_weighted") : name;
    return true;
}

static bool add_where(struct state_reader *r, struct rr_text dimension)
{
    int d = dimension_of(r->book, dimension);
    if (d < 0 || r->meter->n_where == RR_DIMENSIONS_MAX)
        return false;
    r->meter->where[r->meter->n_where++] = (struct rr_condition){.dimension = d};
    return true;
}

static bool add_text(struct state_reader *r, struct rr_text text)
{
    if (r->meter->n_where == 0)
        return false;
    struct rr_condition *where = &r->meter->where[r->meter->n_where - 1];
    return add_to(r->arena, &where->any, &where->n_any, text);
}

static bool add_by(struct state_reader *r, struct rr_text dimension)
{
    int d = dimension_of(r->book, dimension);
    if (d < 0 || r->meter->n_by == RR_DIMENSIONS_MAX)
        return false;
    r->meter->by[r->meter->n_by++] = d;
    return true;
}

static bool read_meter(struct state_reader *r, const struct state_line *line)
{
    if (is(line->key, "meter"))
        return begin_meter(r, line->value);
    if (r->meter == NULL)
        return false;
    if (is(line->key, "meter.aggregate"))
        return set_kernel(r->meter, line->value);
    if (is(line->key, "meter.match"))
        r->meter->match = line->value;
    else if (is(line->key, "meter.of.column") || is(line->key, "meter.of.const")) {
        bool constant = is(line->key, "meter.of.const");
        r->value = (struct rr_value){.field = field_of(&r->book->usage, line, constant)};
        r->has_value = true;
    } else if (is(line->key, "meter.of.is"))
        r->value.is_text = is(line->value, "text");
    else if (is(line->key, "meter.keeps"))
        r->meter->per_event = is(line->value, "values");
    else if (is(line->key, "meter.by"))
        return add_by(r, line->value);
    else if (is(line->key, "meter.where"))
        return add_where(r, line->value);
    else
        return is(line->key, "meter.where.is") && add_text(r, line->value);
    return true;
}

/* ---- the whole ---- */

static bool read_line(struct state_reader *r, const struct state_line *line)
{
    static const char *const periods[] = {"day", "week", "month", "quarter", "year", NULL};
    static const char *const buckets[] = {"hour", "day", "period", NULL};
    struct rr_book *book = r->book;
    if (begins_with(line->key, "usage."))
        return read_usage(r, line);
    if (begins_with(line->key, "meter"))
        return read_meter(r, line);
    if (is(line->key, "timezone")) {
        book->timezone = line->value;
        book->zone = rr_zone_open(line->value.ptr, NULL);
        return book->zone != NULL;
    }
    int which = place_in(is(line->key, "bucket") ? buckets : periods, line->value);
    if (is(line->key, "bucket"))
        book->bucket = (enum rr_bucket)which;
    else if (is(line->key, "period"))
        book->period = (enum rr_period)which;
    else
        return is(line->key, "rerate") && is(line->value, "1");
    return which >= 0;
}

static struct rr_book *create_book(void)
{
    struct rr_arena *arena = rr_arena_create();
    struct rr_book *book = rr_arena_alloc(arena, sizeof *book);
    *book = (struct rr_book){.arena = arena, .path = "", .default_plan = RR_NO_COLUMN};
    struct rr_usage *usage = &book->usage;
    usage->quantity = RR_NO_COLUMN;
    usage->columns = rr_arena_alloc(arena, RR_BATCH_COLUMNS * sizeof *usage->columns);
    usage->values = rr_arena_alloc(arena, RR_VALUES_MAX * sizeof *usage->values);
    usage->dimensions = rr_arena_alloc(arena, RR_DIMENSIONS_MAX * sizeof *usage->dimensions);
    book->meters = rr_arena_alloc(arena, RR_METERS_MAX * sizeof *book->meters);
    return book;
}

/* What must be known at the end. */
static bool is_whole(const struct rr_book *book)
{
    for (int i = 0; i < book->n_meters; i++) {
        struct rr_text kernel = book->meters[i].kernel;
        if (kernel.len == 0 || rr_kernel_find(kernel.ptr, kernel.len) == NULL)
            return false;
    }
    return book->zone != NULL && book->n_meters > 0;
}

/* The book must say all that the text says: what is not known here must not be passed over. */
static bool says(const struct rr_book *book, const char *text)
{
    char *again = rr_book_state_text(book);
    bool same = again && strcmp(again, text) == 0;
    free(again);
    return same;
}

struct rr_book *rr_book_of_state_text(const char *text, struct rr_error *err)
{
    const char *whole = text;
    struct state_reader r = {.book = create_book()};
    r.arena = r.book->arena;
    for (int number = 1; *text; number++) {
        size_t len = strcspn(text, "\n"), key = strcspn(text, "=");
        if (key >= len || text[len] != '\n')
            goto fail;
        struct state_line line = {{text, (uint32_t)key},
                                  unescape(r.arena, text + key + 1, len - key - 1)};
        if (!read_line(&r, &line)) {
            rr_fail(err, RR_EXIT_IO, "its state text can't be understood at line %d: %.*s", number,
                    len < 200 ? (int)len : 200, text);
            rr_book_close(r.book);
            return NULL;
        }
        text += len + 1;
    }
    if (settle_value(&r) && is_whole(r.book) && says(r.book, whole))
        return r.book;
fail:
    rr_fail(err, RR_EXIT_IO, "its state text says what this program does not know");
    rr_book_close(r.book);
    return NULL;
}
