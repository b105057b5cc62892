/* Names on a terminal. */
#include "shown_name.h"

#include <stdio.h>

/* The character at `at` and how many bytes it has; 0 bytes where there is none. */
static uint32_t decode(const unsigned char *at, uint32_t len, uint32_t *bytes)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t n = at[0] < 0x80 ? 1 : at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : at[0] >= 0xc2 ? 2 : 0;
    uint32_t code = n == 1 ? at[0] : at[0] & (0x7fu >> n);
    *bytes = 0;
    if (n == 0 || n > len || at[0] > 0xf4)
        return 0;
    for (uint32_t i = 1; i < n; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (at[i] & 0x3f);
    }
    if (code < least[n] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return 0;
    *bytes = n;
    return code;
}

static bool draws(uint32_t code)
{
    static const uint32_t hidden[][2] = {
        {0x00, 0x1f},     {0x7f, 0xa0},     {0xad, 0xad},      {0x61c, 0x61c},   {0x180e, 0x180e},
        {0x2000, 0x200f}, {0x2028, 0x202f}, {0x205f, 0x206f},  {0x3000, 0x3000}, {0xfe00, 0xfe0f},
        {0xfeff, 0xfeff}, {0xfff0, 0xffff}, {0xe0000, 0xe0fff}};
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
        if (code >= hidden[i][0] && code <= hidden[i][1])
            return false;
    return true;
}

void rr_shown_name_put(struct rr_line *out, struct rr_text name)
{
    const unsigned char *at = (const unsigned char *)name.ptr;
    char number[16];
    for (uint32_t i = 0, bytes; i < name.len; i += bytes ? bytes : 1) {
        uint32_t code = decode(at + i, name.len - i, &bytes);
        if (bytes > 0 && draws(code)) {
            rr_line_put(out, name.ptr + i, bytes);
            continue;
        }
        snprintf(number, sizeof number, bytes > 1 ? "\\u%04x" : "\\x%02x",
                 bytes > 1 ? code : at[i]);
        rr_line_put(out, number, strlen(number));
    }
}
