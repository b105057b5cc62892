/* The text of CSV fields and rows, once their bounds are known. */
#ifndef IO_CSV_TEXT_H
#define IO_CSV_TEXT_H

#include <rerate/text.h>

/* True when all bytes are ASCII and none is NUL. */
bool rr_csv_plain(struct rr_text text);

/* True when the text is UTF-8 (RFC 3629) and holds no NUL. */
bool rr_csv_utf8(struct rr_text text);

/* True when the row holds a quoted field with something else than a comma or its end behind the
 * closing quote, or with no closing quote. */
bool rr_csv_misquoted(struct rr_text row);

/* The content of a well-formed field: without its quotes, if it has them. Where quotes are doubled
 * inside, the content is written to `*scratch`, which is moved on behind it. */
struct rr_text rr_csv_unquote(struct rr_text field, char **scratch);

#endif
