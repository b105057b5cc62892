/* Rows and their fields. */
#include "row_fields.h"

#include "../io/csv_text.h"

const char *rr_row_end(const char *at, const char *end)
{
    while (at < end) {
        const char *row_end = memchr(at, '\n', (size_t)(end - at));
        if (row_end == NULL)
            return NULL;
        const char *quote = memchr(at, '"', (size_t)(row_end - at));
        if (quote == NULL)
            return row_end + 1;
        quote = memchr(quote + 1, '"', (size_t)(end - quote - 1));
        if (quote == NULL)
            return NULL;
        at = quote + 1;
    }
    return NULL;
}

/* Behind a field that begins at `at`: its separator, which is a comma or the line end. */
static const char *field_end(const char *at, const char *end)
{
    while (at < end && *at != ',' && *at != '\n') {
        if (*at++ != '"')
            continue;
        at = memchr(at, '"', (size_t)(end - at));
        if (at == NULL)
            return NULL;
        at++;
    }
    return at < end ? at : NULL;
}

struct rr_text rr_row_first(const char *at, const char *end)
{
    const char *behind = field_end(at, end);
    if (behind == NULL || *behind != ',')
        return (struct rr_text){0};
    return (struct rr_text){at, (uint32_t)(behind - at)};
}

/* `unquoted` has room for all fields of the row: it must not move while they are read. */
static struct rr_text unquote(struct rr_text field, struct rr_line *unquoted)
{
    char *room = unquoted->bytes + unquoted->used, *next = room;
    struct rr_text text = rr_csv_unquote(field, &next);
    unquoted->used += (size_t)(next - room);
    return text;
}

/* The fields of a row without quotes. */
static bool split_plain(const char *at, const char *row_end, struct rr_text *field, int n)
{
    int found = 0;
    for (const char *c = at; c < row_end; c++) {
        if (*c != ',' && *c != '\n')
            continue;
        if (found == n)
            return false;
        field[found++] = (struct rr_text){at, (uint32_t)(c - at)};
        at = c + 1;
    }
    return found == n;
}

bool rr_row_take(struct rr_text *rows, struct rr_text *field, int n, struct rr_line *unquoted)
{
    const char *at = rows->ptr, *end = at + rows->len;
    const char *row_end = rows->len > 0 ? memchr(at, '\n', rows->len) : NULL;
    if (row_end && memchr(at, '"', (size_t)(row_end - at)) == NULL) {
        *rows = (struct rr_text){row_end + 1, (uint32_t)(end - row_end - 1)};
        return split_plain(at, row_end + 1, field, n);
    }
    row_end = rr_row_end(at, end);
    if (row_end == NULL)
        return false;
    rr_line_clear(unquoted);
    rr_line_room(unquoted, (size_t)(row_end - at));
    for (int i = 0; i < n; i++) {
        const char *behind = field_end(at, row_end);
        if (behind == NULL || *behind != (i + 1 < n ? ',' : '\n'))
            return false;
        field[i] = (struct rr_text){at, (uint32_t)(behind - at)};
        if (*at == '"')
            field[i] = unquote(field[i], unquoted);
        at = behind + 1;
    }
    *rows = (struct rr_text){at, (uint32_t)(end - at)};
    return true;
}
