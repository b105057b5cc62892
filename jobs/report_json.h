/* JSON inside a web page: text that no browser takes for anything else. */
#ifndef JOBS_REPORT_JSON_H
#define JOBS_REPORT_JSON_H

#include "../io/line.h"

#include <jansson.h>

/* Writes `value` as it may stand in a script element: ASCII only, and `<`, `>`, `&` as \u003c, \u003e, \u0026
 * (so no name can end the element or begin a comment); marks that turn the direction of writing, U+2028 and
 * U+2029 are escapes like all that is not ASCII. The same value gives the same bytes. */
void rr_script_json(const json_t *value, struct rr_line *out);

#endif
