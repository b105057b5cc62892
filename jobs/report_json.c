/* JSON inside a web page. */
#include "report_json.h"

#include "../io/memory.h"

#include <stdio.h>

/* Outside of its strings JSON has none of these three, and inside an escape means the same. */
static void put_escaped(const char *text, size_t len, struct rr_line *out)
{
    size_t from = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] != '<' && text[i] != '>' && text[i] != '&')
            continue;
        char escape[8];
        snprintf(escape, sizeof escape, "\\u%04x", (unsigned)text[i]);
        rr_line_put(out, text + from, i - from);
        rr_line_put(out, escape, 6);
        from = i + 1;
    }
    rr_line_put(out, text + from, len - from);
}

void rr_script_json(const json_t *value, struct rr_line *out)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENSURE_ASCII);
    rr_check(text != NULL, "a report that is no JSON");
    put_escaped(text, strlen(text), out);
    free(text);
}
