/* Rows of CSV. */
#include "line.h"

#include "memory.h"

char *rr_line_room(struct rr_line *line, size_t len)
{
    if (line->used + len > line->size) {
        line->size = (line->used + len) * 2 + 256;
        line->bytes = rr_realloc(line->bytes, line->size);
    }
    return line->bytes + line->used;
}

void rr_line_clear(struct rr_line *line)
{
    line->used = 0;
    line->fields = 0;
}

void rr_line_fini(struct rr_line *line)
{
    free(line->bytes);
    *line = (struct rr_line){0};
}

void rr_line_put(struct rr_line *line, const char *bytes, size_t len)
{
    char *to = rr_line_room(line, len);
    if (len > 0)
        memcpy(to, bytes, len);
    line->used += len;
}

static bool needs_quotes(struct rr_text text)
{
    unsigned found = 0; /* no early exit: texts are short, and whole vectors are compared */
    for (uint32_t i = 0; i < text.len; i++)
        found |= (text.ptr[i] == ',') | (text.ptr[i] == '"') | (text.ptr[i] == '\n') |
                 (text.ptr[i] == '\r');
    return found != 0;
}

void rr_line_field(struct rr_line *line, struct rr_text text)
{
    char *to = rr_line_room(line, 2 * (size_t)text.len + 3);
    if (line->fields++ > 0)
        *to++ = ',';
    if (!needs_quotes(text)) {
        if (text.len > 0)
            memcpy(to, text.ptr, text.len);
        line->used = (size_t)(to - line->bytes) + text.len;
        return;
    }
    *to++ = '"';
    for (uint32_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"')
            *to++ = '"';
        *to++ = text.ptr[i];
    }
    *to++ = '"';
    line->used = (size_t)(to - line->bytes);
}

void rr_line_plain(struct rr_line *line, const char *text, size_t len)
{
    char *to = rr_line_room(line, len + 1);
    if (line->fields++ > 0)
        *to++ = ',';
    memcpy(to, text, len);
    line->used = (size_t)(to - line->bytes) + len;
}

void rr_line_number(struct rr_line *line, uint64_t number)
{
    char digits[20];
    size_t n = sizeof digits;
    do
        digits[--n] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    rr_line_plain(line, digits + n, sizeof digits - n);
}

void rr_line_end(struct rr_line *line)
{
    rr_line_put(line, "\n", 1);
    line->fields = 0;
}
