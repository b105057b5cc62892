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

/* In characters. */
static int width_of(struct rr_text text)
{
    int width = 0;
    for (uint32_t i = 0; i < text.len; i++)
        width += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
    return width;
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

static void write_row(const struct rr_text_columns *c, uint32_t row, const int *width,
                      struct rr_line *out)
{
    int blanks = 0; /* due before the next text */
    for (int i = 0; i < c->n; i++) {
        struct rr_text text = cell_at(c, row, i);
        int rest = width[i] - width_of(text);
        bool right = (c->right >> i & 1) != 0;
        if (text.len > 0) {
            put_blanks(out, blanks + (right ? rest : 0));
            rr_line_put(out, text.ptr, text.len);
            blanks = right ? 0 : rest;
        } else {
            blanks += rest;
        }
        blanks += width[i] > 0 ? GAP : 0;
    }
}

void rr_text_columns_write(struct rr_text_columns *c, int indent, struct rr_line *out)
{
    int width[RR_TEXT_COLUMNS] = {0};
    for (uint32_t r = 0; r < c->n_rows; r++)
        for (int i = 0; i < c->n; i++) {
            int cell = width_of(cell_at(c, r, i));
            width[i] = cell > width[i] ? cell : width[i];
        }
    for (uint32_t r = 0; r < c->n_rows; r++) {
        put_blanks(out, indent);
        write_row(c, r, width, out);
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
