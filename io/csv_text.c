/* What a CSV field says. */
#include "csv_text.h"

bool rr_csv_plain(struct rr_text text)
{
    const uint64_t high = 0x8080808080808080, low = 0x0101010101010101;
    uint64_t odd = 0, word;
    uint32_t i = 0;
    for (; i + 8 <= text.len; i += 8) {
        memcpy(&word, text.ptr + i, 8);
        odd |= word | (word - low); /* exact for the first NUL among ASCII, which is enough */
    }
    for (; i < text.len; i++)
        odd |= (uint8_t)text.ptr[i] | ((uint8_t)text.ptr[i] - (uint64_t)1);
    return (odd & high) == 0;
}

/* The length of the UTF-8 sequence that starts at `s`, of at most `n` bytes; 0 when there is
 * none. */
static uint32_t utf8_sequence(const unsigned char *s, uint32_t n)
{
    uint32_t len = s[0] < 0x80 ? 1 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;
    if (len == 1)
        return s[0] != 0;
    if (len > n || s[0] < 0xC2 || s[0] > 0xF4)
        return 0;
    /* Overlong forms, surrogates, and what lies above U+10FFFF show in the second byte. */
    unsigned char least = s[0] == 0xE0 ? 0xA0 : s[0] == 0xF0 ? 0x90 : 0x80;
    unsigned char most = s[0] == 0xED ? 0x9F : s[0] == 0xF4 ? 0x8F : 0xBF;
    if (s[1] < least || s[1] > most)
        return 0;
    for (uint32_t i = 2; i < len; i++)
        if ((s[i] & 0xC0) != 0x80)
            return 0;
    return len;
}

bool rr_csv_utf8(struct rr_text text)
{
    const unsigned char *s = (const unsigned char *)text.ptr;
    if (rr_csv_plain(text))
        return true;
    for (uint32_t i = 0; i < text.len;) {
        uint32_t len = utf8_sequence(s + i, text.len - i);
        if (len == 0)
            return false;
        i += len;
    }
    return true;
}

/* Where a quoted field that opens at `at` ends; NULL when it is misquoted. */
static const char *quoted_end(const char *at, const char *end)
{
    for (at++; at < end; at++) {
        at = memchr(at, '"', (size_t)(end - at));
        if (at == NULL || ++at == end || *at == ',')
            return at;
        if (*at != '"')
            return NULL;
    }
    return NULL;
}

bool rr_csv_misquoted(struct rr_text row)
{
    const char *at = row.ptr, *end = row.ptr + row.len;
    while (at < end) {
        bool quoted = *at == '"';
        at = quoted ? quoted_end(at, end) : memchr(at, ',', (size_t)(end - at));
        if (at == NULL)
            return quoted;
        at += at < end; /* over the comma */
    }
    return false;
}

struct rr_text rr_csv_unquote(struct rr_text field, char **scratch)
{
    if (field.len < 2 || field.ptr[0] != '"')
        return field;
    struct rr_text inner = {field.ptr + 1, field.len - 2};
    const char *quote = memchr(inner.ptr, '"', inner.len);
    if (quote == NULL)
        return inner;
    const char *at = inner.ptr, *end = inner.ptr + inner.len;
    char *to = *scratch;
    for (; quote != NULL; quote = memchr(at, '"', (size_t)(end - at))) {
        size_t n = (size_t)(quote - at) + 1; /* with the first of the two */
        memcpy(to, at, n);
        to += n;
        at = quote + 2;
    }
    memcpy(to, at, (size_t)(end - at));
    to += end - at;
    struct rr_text text = {*scratch, (uint32_t)(to - *scratch)};
    *scratch = to;
    return text;
}
