/* CSV texts and zstd files for tests. */
#ifndef TESTS_CSV_FILES_H
#define TESTS_CSV_FILES_H

#include "../../io/csv_source.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <zstd.h>

/* A small generator, so that every run tests the same (splitmix64). */
static inline uint64_t random_next(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

static inline uint32_t random_below(uint64_t *state, uint32_t n)
{
    return (uint32_t)(random_next(state) % n);
}

struct bytes {
    char *ptr;
    size_t len, room;
};

static inline void bytes_add(struct bytes *b, const void *from, size_t len)
{
    if (b->len + len > b->room) {
        b->room = 2 * (b->len + len) + 64;
        b->ptr = realloc(b->ptr, b->room);
        ck_assert_ptr_nonnull(b->ptr);
    }
    if (len > 0)
        memcpy(b->ptr + b->len, from, len);
    b->len += len;
}

static inline void bytes_text(struct bytes *b, const char *text)
{
    bytes_add(b, text, strlen(text));
}

/* Text made of what CSV gives a meaning to. */
static inline void bytes_soup(struct bytes *b, size_t n, uint64_t *seed)
{
    static const char *const pieces[] = {
        ",",  ",", ",", ",", "\n",   "\n",  "\r\n",           "\r", "\"", "\"",   "\"\"",
        "\"", "a", "b", "c", "word", "1.5", "a longer field", "",   "é",  "\xFF", "\n\n",
    };
    uint32_t kinds = 1 + random_below(seed, sizeof pieces / sizeof *pieces);
    for (size_t i = 0; i < n; i++)
        bytes_text(b, pieces[random_below(seed, kinds)]);
    if (random_below(seed, 8) == 0)
        bytes_add(b, "\0", 1);
}

static inline void bytes_skippable_frame(struct bytes *b)
{
    bytes_add(b, "\x53\x2A\x4D\x18\x03\0\0\0abc", 11);
}

/* Compresses into frames of `frame` bytes, with their sizes or not, some with checksums and
 * skippable frames between them. */
static inline struct bytes compress_frames(const char *text, size_t len, size_t frame, bool sizes)
{
    struct bytes out = {0};
    ZSTD_CCtx *zstd = ZSTD_createCCtx();
    size_t room = ZSTD_compressBound(frame);
    char *buffer = malloc(room);
    for (size_t at = 0, i = 0; at < len || i == 0; at += frame, i++) {
        size_t n = len - at < frame ? len - at : frame;
        ZSTD_CCtx_setParameter(zstd, ZSTD_c_contentSizeFlag, sizes);
        ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, i % 2 == 0);
        size_t packed = ZSTD_compress2(zstd, buffer, room, text + at, n);
        ck_assert(!ZSTD_isError(packed));
        bytes_add(&out, buffer, packed);
        if (i % 3 == 1)
            bytes_skippable_frame(&out);
    }
    free(buffer);
    ZSTD_freeCCtx(zstd);
    return out;
}

static inline struct rr_csv_source source_of(struct bytes stored, bool zstd)
{
    return (struct rr_csv_source){
        .stored = {.path = "test.csv",
                   .zstd = zstd,
                   .bytes = stored.ptr ? stored.ptr : "",
                   .len = stored.len,
                   .piece = 7},
        .kernel = rr_csv_kernel(0),
        .window = 64,
        .record_max = RR_RECORD_MAX,
    };
}

static inline struct rr_split whole_file(void)
{
    return (struct rr_split){.end = UINT64_MAX, .first_record = 1};
}

#endif
