/* Versions and voids. */
#include "corrections.h"

#include <strings.h>

enum { VERSION_DIGITS = 18 };

bool rr_version_parse(struct rr_text text, int64_t *version)
{
    bool negative = text.len > 0 && text.ptr[0] == '-';
    uint32_t at = text.len > 0 && (text.ptr[0] == '-' || text.ptr[0] == '+');
    if (at == text.len || text.len - at > VERSION_DIGITS)
        return false;
    int64_t sum = 0;
    for (; at < text.len; at++) {
        if (text.ptr[at] < '0' || text.ptr[at] > '9')
            return false;
        sum = sum * 10 + (text.ptr[at] - '0');
    }
    *version = negative ? -sum : sum;
    return true;
}

bool rr_void_parse(struct rr_text text, bool *is_void)
{
    static const struct {
        const char *word;
        bool is_void;
    } words[] = {{"false", false}, {"true", true}, {"0", false},  {"1", true},  {"f", false},
                 {"t", true},      {"no", false},  {"yes", true}, {"n", false}, {"y", true}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strlen(words[i].word) == text.len &&
            strncasecmp(words[i].word, text.ptr, text.len) == 0) {
            *is_void = words[i].is_void;
            return true;
        }
    return false;
}
