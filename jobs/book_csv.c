/* CSV beside a book: records with the places of their fields. */
#include "book_csv.h"

const char *const rr_row_names[RR_ROW_COLUMNS + 1] = {"account", "plan",     "start",
                                                      "end",     "contract", NULL};

void rr_book_csv_start(struct rr_book_csv *csv, struct rr_text text, int line)
{
    csv->p = csv->line_start = text.ptr;
    csv->end = text.ptr + text.len;
    csv->line = line;
}

static struct rr_place here(const struct rr_book_csv *csv)
{
    return (struct rr_place){csv->line, (int)(csv->p - csv->line_start) + 1};
}

void rr_book_csv_wrong(struct rr_book_csv *csv, struct rr_place place, const char *text)
{
    rr_mistake_add(csv->mistakes, csv->path, place, "%s", text);
}

static bool at_line_end(const struct rr_book_csv *csv)
{
    return csv->p == csv->end || *csv->p == '\n' ||
           (*csv->p == '\r' && (csv->p + 1 == csv->end || csv->p[1] == '\n'));
}

static void next_line(struct rr_book_csv *csv)
{
    while (csv->p < csv->end && *csv->p++ != '\n')
        continue;
    csv->line_start = csv->p;
    csv->line++;
}

/* Moves to the quote that closes a field, counting the doubled ones before it. `csv->p` is after
 * the first quote. */
static bool find_closing_quote(struct rr_book_csv *csv, uint32_t *doubled)
{
    struct rr_place place = here(csv);
    for (; csv->p < csv->end; csv->p++) {
        if (*csv->p == '\n') {
            csv->line++;
            csv->line_start = csv->p + 1;
        }
        if (*csv->p != '"')
            continue;
        if (csv->p + 1 == csv->end || csv->p[1] != '"')
            return true;
        csv->p++;
        ++*doubled;
    }
    rr_book_csv_wrong(csv, place, "a quote opens here and is never closed; close it");
    return false;
}

/* The text between quotes, each doubled quote made one. */
static bool read_quoted(struct rr_book_csv *csv, struct rr_text *field)
{
    const char *from = csv->p;
    uint32_t doubled = 0;
    if (!find_closing_quote(csv, &doubled))
        return false;
    uint32_t n = (uint32_t)(csv->p - from);
    csv->p++;
    *field = (struct rr_text){from, n};
    if (doubled == 0)
        return true;
    char *text = rr_arena_alloc(csv->arena, n);
    *field = (struct rr_text){text, n - doubled};
    for (uint32_t i = 0; i < n; i++) {
        *text++ = from[i];
        i += from[i] == '"';
    }
    return true;
}

static bool read_csv_field(struct rr_book_csv *csv, struct rr_text *field)
{
    if (csv->p < csv->end && *csv->p == '"') {
        csv->p++;
        if (!read_quoted(csv, field))
            return false;
        if (at_line_end(csv) || *csv->p == ',')
            return true;
        rr_book_csv_wrong(csv, here(csv),
                          "text after a closing quote; put all of the field in quotes");
        return false;
    }
    const char *from = csv->p;
    while (!at_line_end(csv) && *csv->p != ',' && *csv->p != '"')
        csv->p++;
    *field = (struct rr_text){from, (uint32_t)(csv->p - from)};
    if (csv->p < csv->end && *csv->p == '"') {
        rr_book_csv_wrong(csv, here(csv),
                          "a quote inside a field without quotes; put all of it in quotes");
        return false;
    }
    return true;
}

/* The next record, empty lines passed over. False when its fields can't be told; a record that
 * ends the file has none. */
bool rr_book_csv_record(struct rr_book_csv *csv)
{
    while (csv->p < csv->end && at_line_end(csv))
        next_line(csv);
    csv->n_fields = 0;
    bool good = csv->p < csv->end;
    while (good) {
        if (csv->n_fields == RR_BOOK_CSV_FIELDS) {
            rr_book_csv_wrong(csv, here(csv), "more than 64 fields; no row has so many");
            good = false;
            break;
        }
        csv->place[csv->n_fields] = here(csv);
        good = read_csv_field(csv, &csv->field[csv->n_fields]);
        csv->n_fields += good;
        if (!good || at_line_end(csv))
            break;
        csv->p++; /* the comma */
    }
    next_line(csv);
    return good;
}

static void check_header(struct rr_book_csv *csv)
{
    for (int c = RR_ROW_ACCOUNT; c <= RR_ROW_END; c++) {
        if (csv->column[c] == RR_NO_COLUMN)
            rr_mistake_add(csv->mistakes, csv->path, (struct rr_place){1, 1},
                           "no column `%s` in the header; it names "
                           "account,plan,start,end[,contract]",
                           rr_row_names[c]);
    }
}

bool rr_book_csv_header(struct rr_book_csv *csv)
{
    int found_before = csv->mistakes->n_found;
    for (int c = 0; c < RR_ROW_COLUMNS; c++)
        csv->column[c] = RR_NO_COLUMN;
    if (!rr_book_csv_record(csv) && csv->mistakes->n_found > found_before)
        return false;
    for (int i = 0; i < csv->n_fields; i++) {
        for (int c = 0; c < RR_ROW_COLUMNS; c++) {
            if (!rr_text_equal(csv->field[i], rr_text_of(rr_row_names[c])))
                continue;
            if (csv->column[c] != RR_NO_COLUMN)
                rr_book_csv_wrong(csv, csv->place[i], "this column stands twice; keep one of them");
            csv->column[c] = i;
        }
    }
    csv->n_header = csv->n_fields;
    check_header(csv);
    return csv->mistakes->n_found == found_before;
}
