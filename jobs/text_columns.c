/* Columns of text. */
#include "text_columns.h"

#include "../io/memory.h"

#include <stdlib.h>

enum { GAP = 2 };

void rr_text_columns_row(struct rr_text_columns *c)
{
    size_t row = (size_t)c->n * sizeof *c->cell;
    if (c->n_rows == c->size) {
        c->size = c->size ? 2 * c->size : 16;
        c->cell = rr_realloc(c->cell, c->size * row);
    }
    memset(c->cell + c->n_rows++ * (size_t)c->n, 0, row);
}

void rr_text_columns_put(struct rr_text_columns *c, int column, struct rr_text text)
{
    size_t at = (size_t)(c->n_rows - 1) * (size_t)c->n + (size_t)column;
    c->cell[at].begin = (uint32_t)c->bytes.used;
    c->cell[at].len = text.len;
    rr_line_put(&c->bytes, text.ptr ? text.ptr : "", text.len);
}

/* In characters: all of it, and from its point on where it is a number. */
struct extent {
    int width, behind;
};

static struct extent extent_of(struct rr_text text)
{
    struct extent extent = {0};
    bool number = text.len > 0 && strchr("+-0123456789", text.ptr[0]) != NULL, point = false;
    for (uint32_t i = 0; i < text.len; i++) {
        bool begins = ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
        point |= number && text.ptr[i] == '.';
        extent.width += begins;
        extent.behind += begins && point;
    }
    return extent;
}

static struct rr_text cell_at(const struct rr_text_columns *c, uint32_t row, int column)
{
    size_t at = (size_t)row * (size_t)c->n + (size_t)column;
    return (struct rr_text){c->bytes.bytes + c->cell[at].begin, c->cell[at].len};
}

static void put_blanks(struct rr_line *out, int n)
{
    for (; n > 0; n--)
        rr_line_put(out, " ", 1);
}

static bool is_right(const struct rr_text_columns *c, int column)
{
    return (c->right >> column & 1) != 0;
}

/* How wide each column is; of numbers that is the widest before the point and the widest behind it. */
static void measure(const struct rr_text_columns *c, struct extent *column)
{
    for (int i = 0; i < c->n; i++) {
        int whole = 0, before = 0, behind = 0;
        for (uint32_t r = 0; r < c->n_rows; r++) {
            struct extent cell = extent_of(cell_at(c, r, i));
            whole = cell.width > whole ? cell.width : whole;
            before = cell.width - cell.behind > before ? cell.width - cell.behind : before;
            behind = cell.behind > behind ? cell.behind : behind;
        }
        bool at_point = is_right(c, i) && before + behind > whole;
        column[i] = (struct extent){at_point ? before + behind : whole, behind};
    }
}

static void write_row(const struct rr_text_columns *c, uint32_t row, const struct extent *column,
                      struct rr_line *out)
{
    int blanks = 0; /* due before the next text */
    for (int i = 0; i < c->n; i++) {
        struct rr_text text = cell_at(c, row, i);
        struct extent cell = extent_of(text);
        int rest = column[i].width - cell.width, after = rest;
        if (is_right(c, i))
            after = cell.behind > 0 || (text.len > 0 && strchr("+-0123456789", text.ptr[0]))
                        ? column[i].behind - cell.behind
                        : 0;
        after = after < rest ? after : rest;
        if (text.len > 0) {
            put_blanks(out, blanks + rest - after);
            rr_line_put(out, text.ptr, text.len);
            blanks = after;
        } else {
            blanks += rest;
        }
        blanks += column[i].width > 0 ? GAP : 0;
    }
}

void rr_text_columns_write(struct rr_text_columns *c, int indent, struct rr_line *out)
{
    struct extent column[RR_TEXT_COLUMNS] = {0};
    measure(c, column);
    for (uint32_t r = 0; r < c->n_rows; r++) {
        put_blanks(out, indent);
        write_row(c, r, column, out);
        rr_line_put(out, "\n", 1);
    }
    c->n_rows = 0;
    rr_line_clear(&c->bytes);
}

void rr_text_columns_fini(struct rr_text_columns *c)
{
    rr_line_fini(&c->bytes);
    free(c->cell);
    c->cell = NULL;
}
