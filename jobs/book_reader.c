/* Reading mappings by tables of keys, and the values that stand in them. */
#include "book_reader.h"

#include "currency.h"

#include <stdio.h>
#include <stdlib.h>

enum { NAME_BYTES = 32 }; /* longer texts are not compared for likeness */

void *rr_book_alloc(struct rr_book_reader *reader, size_t n, size_t item)
{
    return rr_arena_alloc(reader->book->arena, n * item);
}

int rr_find_text(const struct rr_text *texts, int n, struct rr_text text)
{
    for (int i = 0; i < n; i++) {
        if (rr_text_equal(texts[i], text))
            return i;
    }
    return RR_NO_COLUMN;
}

/* ---- likeness ---- */

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Edits that turn one text into the other (Levenshtein), over one row. */
static unsigned distance(struct rr_text a, struct rr_text b)
{
    unsigned row[NAME_BYTES + 1];
    for (unsigned j = 0; j <= b.len; j++)
        row[j] = j;
    for (unsigned i = 1; i <= a.len; i++) {
        unsigned corner = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= b.len; j++) {
            unsigned changed = corner + (a.ptr[i - 1] != b.ptr[j - 1]);
            corner = row[j];
            row[j] = least(changed, least(row[j], row[j - 1]) + 1);
        }
    }
    return row[b.len];
}

/* Edits that a text may be away from what was meant. */
static unsigned patience(struct rr_text text)
{
    return text.len < 4 ? 1 : text.len < 8 ? 2 : 3;
}

/* `fix` for `fixed`. */
static bool shortens(struct rr_text text, struct rr_text name)
{
    return text.len >= 3 && text.len < name.len && memcmp(text.ptr, name.ptr, text.len) == 0;
}

const char *rr_nearest(struct rr_text text, const char *const *names)
{
    const char *nearest = NULL;
    unsigned best = patience(text) + 1;
    if (text.len > NAME_BYTES)
        return NULL;
    for (; *names != NULL; names++) {
        struct rr_text name = rr_text_of(*names);
        if (name.len > NAME_BYTES)
            continue;
        unsigned edits = shortens(text, name) ? 1 : distance(text, name);
        if (edits < best && edits < name.len) {
            best = edits;
            nearest = *names;
        }
    }
    return nearest;
}

const char *rr_suggest(struct rr_book_reader *reader, struct rr_text text, const char *const *names)
{
    char line[256] = "";
    size_t at = 0;
    if (reader->mistakes->n == RR_MISTAKES_MAX)
        return ""; /* nobody will read it */
    const char *nearest = rr_nearest(text, names);
    if (nearest != NULL)
        at = (size_t)snprintf(line, sizeof line, "; did you mean `%s`?", nearest);
    for (int i = 0; nearest == NULL && names[i] != NULL; i++) {
        if (at + strlen(names[i]) + 16 > sizeof line) {
            at += (size_t)snprintf(line + at, sizeof line - at, ", ...");
            break;
        }
        at += (size_t)snprintf(line + at, sizeof line - at, "%s`%s`", i == 0 ? "; known: " : ", ",
                               names[i]);
    }
    return rr_arena_text(reader->book->arena, line, at).ptr;
}

/* ---- keys ---- */

static int count_keys(const struct rr_book_key *keys)
{
    int n = 0;
    while (keys[n].name != NULL)
        n++;
    return n;
}

static const struct rr_book_key *find_key(const struct rr_book_key *keys, struct rr_text name)
{
    for (; keys->name != NULL; keys++) {
        if (rr_text_equal(rr_text_of(keys->name), name))
            return keys;
    }
    return NULL;
}

static void refuse_unknown(struct rr_book_reader *reader, const struct rr_yaml *key,
                           const char *what, const struct rr_book_key *keys)
{
    const char **names = rr_book_alloc(reader, (size_t)count_keys(keys) + 1, sizeof *names);
    int n = 0;
    for (const struct rr_book_key *row = keys; row->name != NULL; row++) {
        if (row->state < RR_KEY_REFUSED)
            names[n++] = row->name;
    }
    RR_WRONG(reader, key, "unknown key `%.*s` in %s%s", RR_SHOW(key->text), what,
             rr_suggest(reader, key->text, names));
}

static void refuse_odd_keys(struct rr_book_reader *reader, const struct rr_yaml *node,
                            const char *what, const struct rr_book_key *keys)
{
    for (int i = 0; i < node->n; i++) {
        if (find_key(keys, node->key[i]->text) == NULL)
            refuse_unknown(reader, node->key[i], what, keys);
    }
}

bool rr_read_keys(struct rr_book_reader *reader, const struct rr_yaml *node, const char *what,
                  const struct rr_book_key *keys, void *into)
{
    if (node->kind != RR_YAML_MAP) {
        RR_WRONG(reader, node, "%s is a mapping of keys, not %s; docs/book.md shows one", what,
                 rr_yaml_kind_name(node->kind));
        return false;
    }
    refuse_odd_keys(reader, node, what, keys);
    for (; keys->name != NULL; keys++) {
        const struct rr_yaml *value = rr_yaml_get(node, keys->name);
        if (value != NULL)
            keys->read(reader, value, into);
        else if (keys->state == RR_KEY_REQUIRED)
            RR_WRONG(reader, node, "%s has no `%s`; add it", what, keys->name);
    }
    return true;
}

void rr_leave_key(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    (void)reader, (void)node, (void)into;
}

/* ---- values ---- */

bool rr_read_any_text(struct rr_book_reader *reader, const struct rr_yaml *node, const char *what,
                      struct rr_text *out)
{
    if (node->kind != RR_YAML_TEXT) {
        RR_WRONG(reader, node, "%s is a text, not %s", what, rr_yaml_kind_name(node->kind));
        return false;
    }
    if (rr_yaml_is_null(node)) {
        RR_WRONG(reader, node,
                 "%s has no value (`%.*s` without quotes is none); give one, leave the key out, or "
                 "put quotes around a text that is meant",
                 what, RR_SHOW(node->text));
        return false;
    }
    *out = node->text;
    return true;
}

bool rr_read_text(struct rr_book_reader *reader, const struct rr_yaml *node, const char *what,
                  struct rr_text *out)
{
    struct rr_text text;
    if (!rr_read_any_text(reader, node, what, &text))
        return false;
    if (text.len == 0) {
        RR_WRONG(reader, node, "%s is empty; give it a text", what);
        return false;
    }
    *out = text;
    return true;
}

bool rr_read_decimal(struct rr_book_reader *reader, const struct rr_yaml *node, const char *what,
                     rr_decimal *out)
{
    struct rr_text text;
    if (!rr_read_text(reader, node, what, &text))
        return false;
    enum rr_decimal_status status = rr_decimal_parse(text.ptr, text.len, false, out);
    if (status == RR_DECIMAL_RANGE)
        RR_WRONG(reader, node,
                 "%s: `%.*s` has more than 20 digits before the point or 18 after it; a book's "
                 "numbers are never rounded, so shorten it",
                 what, RR_SHOW(text));
    else if (status != RR_DECIMAL_OK)
        RR_WRONG(reader, node,
                 "%s: `%.*s` is not a decimal number; write digits with at most one point, as 0.05",
                 what, RR_SHOW(text));
    return status == RR_DECIMAL_OK;
}

bool rr_read_not_negative(struct rr_book_reader *reader, const struct rr_yaml *node,
                          const char *what, rr_decimal *out)
{
    if (!rr_read_decimal(reader, node, what, out))
        return false;
    if (*out < 0)
        RR_WRONG(reader, node, "%s is below 0; give 0 or more", what);
    return *out >= 0;
}

bool rr_read_whole(struct rr_book_reader *reader, const struct rr_yaml *node, const char *what,
                   int least, int most, int *out)
{
    rr_decimal value;
    if (!rr_read_decimal(reader, node, what, &value))
        return false;
    if (value % RR_DECIMAL_ONE != 0 || value < least * RR_DECIMAL_ONE ||
        value > most * RR_DECIMAL_ONE) {
        RR_WRONG(reader, node, "%s: `%.*s` is no whole number from %d to %d; give one", what,
                 RR_SHOW(node->text), least, most);
        return false;
    }
    *out = (int)(value / RR_DECIMAL_ONE);
    return true;
}

bool rr_read_money(struct rr_book_reader *reader, const struct rr_yaml *node, const char *what,
                   const struct rr_plan *currency_of, rr_decimal *out)
{
    if (!rr_read_not_negative(reader, node, what, out))
        return false;
    if (currency_of->currency[0] == '\0') /* which is a mistake already */
        return true;
    unsigned places = (unsigned)(RR_DECIMAL_PLACES - currency_of->minor_digits);
    if ((rr_u128)*out % rr_pow10(places) == 0)
        return true;
    RR_WRONG(reader, node,
             "%s: `%.*s` is finer than the minor unit of %s, and is billed as it stands; give at "
             "most %d digits after the point",
             what, RR_SHOW(node->text), currency_of->currency, currency_of->minor_digits);
    return false;
}

static void read_percent_of(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    rr_decimal *percent = into;
    if (rr_read_not_negative(reader, node, "`percent`", percent) && *percent > 100 * RR_DECIMAL_ONE)
        RR_WRONG(reader, node,
                 "`percent`: a discount of more than 100 would pay the customer; give 0 to 100");
}

const struct rr_book_key rr_discount_keys[] = {
    {"percent", read_percent_of, RR_KEY_REQUIRED},
    {0},
};

bool rr_read_discount(struct rr_book_reader *reader, const struct rr_yaml *node, rr_decimal *out)
{
    return rr_read_keys(reader, node, "`discount`", rr_discount_keys, out);
}

bool rr_read_day(struct rr_book_reader *reader, const struct rr_yaml *node, const char *what,
                 int32_t *out)
{
    struct rr_text text;
    if (!rr_read_text(reader, node, what, &text))
        return false;
    if (rr_day_parse(text, out))
        return true;
    RR_WRONG(reader, node, "%s: `%.*s` is not a date of the years 1678 to 2261; write YYYY-MM-DD",
             what, RR_SHOW(text));
    return false;
}

bool rr_read_choice(struct rr_book_reader *reader, const struct rr_yaml *node, const char *what,
                    const char *const *names, int *out)
{
    struct rr_text text;
    if (!rr_read_text(reader, node, what, &text))
        return false;
    for (int i = 0; names[i] != NULL; i++) {
        if (rr_text_equal(text, rr_text_of(names[i]))) {
            *out = i;
            return true;
        }
    }
    RR_WRONG(reader, node, "%s: unknown `%.*s`%s", what, RR_SHOW(text),
             rr_suggest(reader, text, names));
    return false;
}

bool rr_read_bool(struct rr_book_reader *reader, const struct rr_yaml *node, const char *what,
                  bool *out)
{
    static const char *const names[] = {"false", "true", NULL};
    int chosen;
    if (!rr_read_choice(reader, node, what, names, &chosen))
        return false;
    *out = chosen == 1;
    return true;
}

static int compare_texts(const void *left, const void *right)
{
    return rr_text_compare(*(const struct rr_text *)left, *(const struct rr_text *)right);
}

/* The first text that a list holds twice is a mistake. */
static bool all_different(struct rr_book_reader *reader, const struct rr_yaml *node,
                          const char *what, const struct rr_text *texts, int n)
{
    if (n < 2)
        return true;
    struct rr_text *sorted = rr_book_alloc(reader, (size_t)n, sizeof *sorted);
    memcpy(sorted, texts, (size_t)n * sizeof *sorted);
    qsort(sorted, (size_t)n, sizeof *sorted, compare_texts);
    for (int i = 1; i < n; i++) {
        if (!rr_text_equal(sorted[i - 1], sorted[i]))
            continue;
        RR_WRONG(reader, node, "%s holds `%.*s` twice; keep one of them", what, RR_SHOW(sorted[i]));
        return false;
    }
    return true;
}

bool rr_read_texts(struct rr_book_reader *reader, const struct rr_yaml *node, const char *what,
                   bool one, struct rr_text **out, int *n)
{
    struct rr_yaml *single = (struct rr_yaml *)node;
    struct rr_yaml **items = node->kind == RR_YAML_LIST ? node->item : &single;
    int n_items = node->kind == RR_YAML_LIST ? node->n : 1;
    if (node->kind != RR_YAML_LIST && !one) {
        RR_WRONG(reader, node, "%s is a list, not %s; write [a, b]", what,
                 rr_yaml_kind_name(node->kind));
        return false;
    }
    if (n_items == 0 && one) {
        RR_WRONG(reader, node, "%s is an empty list; leave it out or name something", what);
        return false;
    }
    struct rr_text *texts = rr_book_alloc(reader, (size_t)n_items, sizeof *texts);
    bool good = true;
    for (int i = 0; i < n_items; i++)
        good = rr_read_any_text(reader, items[i], what, &texts[i]) && good;
    if (!good || !all_different(reader, node, what, texts, n_items))
        return false;
    *out = texts;
    *n = n_items;
    return true;
}

bool rr_read_currency(struct rr_book_reader *reader, const struct rr_yaml *node, char code[4],
                      int *digits)
{
    struct rr_text text;
    if (!rr_read_text(reader, node, "`currency`", &text))
        return false;
    int known = rr_currency_digits(text);
    if (known < 0) {
        RR_WRONG(reader, node,
                 "`currency`: `%.*s` is not a currency of ISO 4217; write three capitals, as USD",
                 RR_SHOW(text));
        return false;
    }
    memcpy(code, text.ptr, 3);
    code[3] = '\0';
    *digits = known;
    return true;
}

/* ---- tables ---- */

static int compare_entries(const void *left, const void *right)
{
    const struct rr_entry *a = left, *b = right;
    return rr_text_compare(a->name, b->name);
}

int rr_read_entries(struct rr_book_reader *reader, const struct rr_yaml *node, const char *what,
                    int most, struct rr_entry **out)
{
    if (node->kind != RR_YAML_MAP) {
        RR_WRONG(reader, node, "%s is a mapping of names, not %s", what,
                 rr_yaml_kind_name(node->kind));
        return 0;
    }
    if (node->n == 0 || node->n > most) {
        RR_WRONG(reader, node, "%s has %d entries; 1 to %d would do", what, node->n, most);
        return 0;
    }
    struct rr_entry *entries = rr_book_alloc(reader, (size_t)node->n, sizeof *entries);
    for (int i = 0; i < node->n; i++) {
        entries[i] = (struct rr_entry){node->key[i]->text, node->key[i], node->item[i]};
        if (entries[i].name.len == 0)
            RR_WRONG(reader, node->key[i], "a name in %s is empty; give it a text", what);
    }
    qsort(entries, (size_t)node->n, sizeof *entries, compare_entries);
    *out = entries;
    return node->n;
}

/* The tables are sorted by the name that each row begins with. */
static int find_name(const void *rows, int n, size_t row_bytes, struct rr_text name)
{
    int low = 0, high = n;
    while (low < high) {
        int middle = low + (high - low) / 2;
        const struct rr_text *found =
            (const void *)((const char *)rows + (size_t)middle * row_bytes);
        int order = rr_text_compare(*found, name);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return RR_NO_COLUMN;
}

_Static_assert(offsetof(struct rr_meter, name) == 0, "find_name reads the first field");
_Static_assert(offsetof(struct rr_plan, name) == 0, "find_name reads the first field");
_Static_assert(offsetof(struct rr_contract, name) == 0, "find_name reads the first field");

int rr_book_find_meter(const struct rr_book *book, struct rr_text name)
{
    return find_name(book->meters, book->n_meters, sizeof *book->meters, name);
}

int rr_book_find_plan(const struct rr_book *book, struct rr_text name)
{
    return find_name(book->plans, book->n_plans, sizeof *book->plans, name);
}

int rr_book_find_contract(const struct rr_book *book, struct rr_text name)
{
    return find_name(book->contracts, book->n_contracts, sizeof *book->contracts, name);
}

const char **rr_plan_names(struct rr_book_reader *reader)
{
    const struct rr_book *book = reader->book;
    if (reader->plan_names != NULL)
        return reader->plan_names;
    reader->plan_names = rr_book_alloc(reader, (size_t)book->n_plans + 1, sizeof(char *));
    for (int i = 0; i < book->n_plans; i++)
        reader->plan_names[i] = book->plans[i].name.ptr;
    return reader->plan_names;
}

const char **rr_contract_names(struct rr_book_reader *reader)
{
    const struct rr_book *book = reader->book;
    if (reader->contract_names != NULL)
        return reader->contract_names;
    reader->contract_names = rr_book_alloc(reader, (size_t)book->n_contracts + 1, sizeof(char *));
    for (int i = 0; i < book->n_contracts; i++)
        reader->contract_names[i] = book->contracts[i].name.ptr;
    return reader->contract_names;
}

/* ---- cuts ---- */

static bool starts_period(enum rr_period period, int32_t day)
{
    int year, month, mday;
    rr_date_of_day(day, &year, &month, &mday);
    switch (period) {
    case RR_DAY:
        return true;
    case RR_WEEK:
        return ((day + 3) % 7 + 7) % 7 == 0; /* 1970-01-01 was a Thursday */
    case RR_MONTH:
        return mday == 1;
    case RR_QUARTER:
        return mday == 1 && month % 3 == 1;
    case RR_YEAR:
        return mday == 1 && month == 1;
    }
    return false;
}

bool rr_check_cut(struct rr_book_reader *reader, const char *file, struct rr_place place,
                  const char *what, int32_t day)
{
    static const char *const names[] = {"day", "week", "month", "quarter", "year"};
    const struct rr_book *book = reader->book;
    if (book->bucket != RR_BUCKET_PERIOD || starts_period(book->period, day))
        return true;
    char date[11];
    rr_day_format(day, date);
    rr_mistake_add(reader->mistakes, file, place,
                   "%s %s is inside a %s, which `bucket: period` can't cut; this line needs "
                   "`bucket: day`",
                   what, date, names[book->period]);
    return false;
}
