/* CSV read the plain way, a byte at a time: what the reader is compared with.
 *
 * It shares no code with io/: the rules of io/csv.h are written down here a second time.
 */
#ifndef TESTS_CSV_MODEL_H
#define TESTS_CSV_MODEL_H

#include "../../io/csv_source.h"

#include <stdlib.h>

struct model_row {
    size_t start, len;  /* without the line end */
    size_t first_field; /* in the model's fields */
    uint32_t n_fields;
    bool misquoted;
};

/* Row 0 is the header, row i record i. */
struct model {
    const char *text;
    struct model_row *rows;
    size_t n;
    struct rr_text *fields;
    char *content;
};

struct model_cursor {
    size_t at, len, content, fields;
};

static inline void model_end_field(struct model *m, struct model_cursor *c, size_t *from)
{
    m->fields[c->fields++] = (struct rr_text){m->content + *from, (uint32_t)(c->content - *from)};
    *from = c->content;
}

static inline bool model_crlf(const struct model *m, const struct model_cursor *c, size_t at)
{
    return at + 1 < c->len && m->text[at] == '\r' && m->text[at + 1] == '\n';
}

/* Reads the line at the cursor into `row`, and goes behind its end. */
static inline void model_line(struct model *m, struct model_cursor *c, struct model_row *row)
{
    enum { START, UNQUOTED, QUOTED, CLOSED } state = START;
    size_t from = c->content;
    *row = (struct model_row){.start = c->at, .first_field = c->fields};
    for (; c->at < c->len; c->at++) {
        char b = m->text[c->at];
        if (state == QUOTED && b == '"') {
            state = CLOSED;
        } else if (state == QUOTED) {
            m->content[c->content++] = b;
        } else if (b == '\n' || model_crlf(m, c, c->at)) {
            break;
        } else if (b == ',') {
            model_end_field(m, c, &from);
            state = START;
        } else if (b == '"' && state == START) {
            state = QUOTED;
        } else if (b == '"' && state == CLOSED) {
            m->content[c->content++] = b;
            state = QUOTED;
        } else {
            row->misquoted |= state == CLOSED;
            m->content[c->content++] = b;
            state = UNQUOTED;
        }
    }
    row->misquoted |= state == QUOTED;
    row->len = c->at - row->start;
    model_end_field(m, c, &from);
    row->n_fields = (uint32_t)(c->fields - row->first_field);
    c->at += model_crlf(m, c, c->at) ? 2 : 1;
}

static inline void model_init(struct model *m, const char *text, size_t len)
{
    struct model_cursor c = {.len = len};
    *m = (struct model){.text = text};
    m->rows = calloc(len + 1, sizeof *m->rows);
    m->fields = calloc(2 * len + 2, sizeof *m->fields);
    m->content = malloc(len + 1);
    if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        c.at = 3;
    while (c.at < len) {
        size_t fields = c.fields;
        model_line(m, &c, &m->rows[m->n]);
        if (m->rows[m->n].len > 0)
            m->n++;
        else
            c.fields = fields;
    }
}

static inline void model_fini(struct model *m)
{
    free(m->rows);
    free(m->fields);
    free(m->content);
}

static inline struct rr_text model_field(const struct model *m, size_t row, uint32_t field)
{
    return m->fields[m->rows[row].first_field + field];
}

/* Decodes UTF-8 by value: the number a sequence stands for must need its length, and be one. */
static inline bool model_utf8(struct rr_text text)
{
    static const uint32_t least[] = {1, 0x80, 0x800, 0x10000};
    for (uint32_t i = 0; i < text.len;) {
        unsigned char lead = (unsigned char)text.ptr[i++];
        uint32_t more = lead < 0x80 ? 0 : lead >> 5 == 6 ? 1 : lead >> 4 == 14 ? 2 : 3;
        if (more == 3 && lead >> 3 != 30)
            return false;
        uint32_t value = more == 0 ? lead : lead & (0x3Fu >> more);
        for (uint32_t k = 0; k < more; k++, i++) {
            if (i == text.len || ((unsigned char)text.ptr[i] & 0xC0) != 0x80)
                return false;
            value = value << 6 | ((unsigned char)text.ptr[i] & 0x3F);
        }
        if (value < least[more] || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000))
            return false;
    }
    return true;
}

static inline enum rr_reject model_reject(const struct model *m, size_t row, size_t record_max,
                                          const uint32_t *wanted, int n_wanted)
{
    if (m->rows[row].len > record_max)
        return RR_TOO_LONG;
    if (m->rows[row].misquoted || m->rows[row].n_fields != m->rows[0].n_fields)
        return RR_BAD_ROW;
    for (int i = 0; i < n_wanted; i++)
        if (!model_utf8(model_field(m, row, wanted[i])))
            return RR_BAD_ENCODING;
    return RR_ACCEPT;
}

/* What is wrong with record `i` of a batch, NULL if nothing. */
static inline const char *model_compare(const struct model *m, size_t record_max,
                                        const uint32_t *wanted, int n_wanted,
                                        const struct rr_batch *batch, uint32_t i)
{
    size_t row = batch->first_record + i;
    if (row >= m->n)
        return "more records than the model has";
    const struct model_row *r = &m->rows[row];
    size_t len = r->len < record_max ? r->len : record_max;
    struct rr_text raw = {m->text + r->start, (uint32_t)len};
    if (batch->offset[i] != r->start)
        return "another offset";
    if (!rr_text_equal(batch->raw[i], raw))
        return "another raw text";
    enum rr_reject reject = model_reject(m, row, record_max, wanted, n_wanted);
    if (batch->reject[i] != reject)
        return "another reject code";
    for (int c = 0; c < n_wanted; c++) {
        struct rr_text expected = {"", 0};
        if (reject == RR_ACCEPT)
            expected = model_field(m, row, wanted[c]);
        if (!rr_text_equal(batch->column[c][i], expected))
            return "another field";
    }
    return NULL;
}

#endif
