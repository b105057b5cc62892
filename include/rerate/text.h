/* A view of bytes that somebody else owns: not terminated, may hold NUL. */
#ifndef RERATE_TEXT_H
#define RERATE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct rr_text {
    const char *ptr; /* may be NULL when len is 0 */
    uint32_t len;    /* bytes */
};

/* Arguments for `%.*s`: a text of the user's in a message, cut between characters when it is long. */
#define RR_SHOW(t) rr_show_len(t), (t).ptr

static inline int rr_show_len(struct rr_text text)
{
    enum { SHOWN_BYTES = 60 };
    uint32_t len = text.len < SHOWN_BYTES ? text.len : SHOWN_BYTES;
    while (len > 0 && len < text.len && ((unsigned char)text.ptr[len] & 0xc0) == 0x80)
        len--;
    return (int)len;
}

static inline struct rr_text rr_text_of(const char *terminated)
{
    return (struct rr_text){terminated, (uint32_t)strlen(terminated)};
}

static inline uint64_t rr_text_word(const char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

/* Names are short and compared for each record: without a call where two words hold them. */
static inline bool rr_text_equal(struct rr_text a, struct rr_text b)
{
    if (a.len != b.len || a.len == 0)
        return a.len == b.len;
    if (a.len < 8 || a.len > 16)
        return memcmp(a.ptr, b.ptr, a.len) == 0;
    return rr_text_word(a.ptr) == rr_text_word(b.ptr) &&
           rr_text_word(a.ptr + a.len - 8) == rr_text_word(b.ptr + b.len - 8);
}

/* Bytewise order, a prefix before what it begins: the order of every published file. */
static inline int rr_text_compare(struct rr_text a, struct rr_text b)
{
    uint32_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter && a.ptr != b.ptr ? memcmp(a.ptr, b.ptr, shorter) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

#endif
