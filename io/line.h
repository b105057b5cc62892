/* Writing rows of CSV by hand: fields into a growing text. */
#ifndef IO_LINE_H
#define IO_LINE_H

#include <rerate/text.h>

/* Text that grows; freed with rr_line_fini. Zeroed is empty. */
struct rr_line {
    char *bytes;
    size_t used, size;
    unsigned fields; /* in the row that is being written */
};

void rr_line_clear(struct rr_line *line);
void rr_line_fini(struct rr_line *line);

/* Raw bytes, as they are. */
void rr_line_put(struct rr_line *line, const char *bytes, size_t len);

/* Where `len` more bytes may be written; they count when `used` is raised by them. */
char *rr_line_room(struct rr_line *line, size_t len);

/* A field with RFC 4180 quotes where it needs them, and before it a comma unless it starts a row. */
void rr_line_field(struct rr_line *line, struct rr_text text);
/* The same for texts that never need quotes: dates, numbers, codes. */
void rr_line_plain(struct rr_line *line, const char *text, size_t len);
void rr_line_number(struct rr_line *line, uint64_t number);
void rr_line_end(struct rr_line *line);

static inline struct rr_text rr_line_text(const struct rr_line *line)
{
    return (struct rr_text){line->bytes, (uint32_t)line->used};
}

#endif
