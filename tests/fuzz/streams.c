/* Any bytes as a stored file, plain or of zstd frames, damaged ones too: the stream gives what one call of
 * zstd over all of them gives, piece by piece, skipped, and from every frame that the headers tell.
 *
 * Byte 0: bit 0 says zstd, bits 1 to 3 choose how much is fetched and read at once. */
#include "../../io/digest.h"
#include "../../io/frames.h"
#include "../../io/memory.h"
#include "fuzz.h"

#include <zstd.h>

/* A few stored bytes can stand for gigabytes: what is beyond is not looked at. */
enum { MOST = 1 << 20 };

struct text {
    char *bytes; /* MOST + 1 of room */
    size_t len;
    bool whole; /* it ended by itself, without damage */
};

/* What a frame says of its content; zstd itself does not always look. */
static bool is_long(const ZSTD_inBuffer *from, size_t begin, size_t produced)
{
    unsigned long long said =
        ZSTD_getFrameContentSize((const char *)from->src + begin, from->size - begin);
    return said >= ZSTD_CONTENTSIZE_ERROR || said == produced;
}

/* Formats from before zstd's first version are refused. */
static bool is_old(const ZSTD_inBuffer *from)
{
    uint32_t magic = 0;
    if (from->size - from->pos < sizeof magic)
        return false;
    memcpy(&magic, (const char *)from->src + from->pos, sizeof magic);
    return magic != ZSTD_MAGICNUMBER && magic >> 4 != ZSTD_MAGIC_SKIPPABLE_START >> 4;
}

static struct text decompress(const struct rr_stored *stored)
{
    struct text out = {.bytes = rr_malloc(MOST + 1)};
    ZSTD_inBuffer from = {stored->bytes, stored->len, 0};
    ZSTD_outBuffer to = {out.bytes, MOST + 1, 0};
    ZSTD_DStream *zstd = ZSTD_createDStream();
    size_t rest = 0, before, begin = 0, first = 0;
    bool good = true;
    do {
        before = to.pos + from.pos;
        if (rest == 0) {
            if (is_old(&from))
                break;
            begin = from.pos;
            first = to.pos;
        }
        rest = from.pos < from.size || rest > 0 ? ZSTD_decompressStream(zstd, &to, &from) : 0;
        if (rest == 0 && from.pos > begin)
            good = is_long(&from, begin, to.pos - first);
    } while (good && !ZSTD_isError(rest) && to.pos + from.pos > before && to.pos < to.size);
    ZSTD_freeDStream(zstd);
    out.len = to.pos;
    out.whole = good && rest == 0 && from.pos == from.size;
    return out;
}

static struct text expected(const struct rr_stored *stored)
{
    if (stored->zstd)
        return decompress(stored);
    struct text out = {rr_malloc(MOST + 1), stored->len < MOST ? stored->len : MOST, true};
    memcpy(out.bytes, stored->bytes, out.len);
    return out;
}

/* What is read is what stands in `want` from `from` on. Before damage, pieces may give more than one call
 * does, which reads a whole frame or nothing. */
static void check_rest(struct rr_stream *stream, const struct text *want, size_t from, size_t piece)
{
    char *room = rr_malloc(piece);
    size_t at = from, got = piece;
    int result = 0;
    while (result == 0 && got == piece && at <= MOST) {
        struct rr_error err = {0};
        result = rr_stream_read(stream, room, piece, &got, &err);
        CHECK((result != 0) == (err.text[0] != '\0') && got <= piece);
        size_t both = at + got < want->len ? got : want->len > at ? want->len - at : 0;
        CHECK(both == got || want->len > MOST || !want->whole);
        CHECK(memcmp(room, want->bytes + at, both) == 0);
        at += got;
    }
    if (want->len <= MOST)
        CHECK(want->whole ? result == 0 && at == want->len : result != 0);
    free(room);
}

static void check_facts(const struct rr_stream *stream, const struct rr_stored *stored)
{
    uint64_t size, digest[2];
    struct rr_digest right = rr_digest_bytes(stored->bytes, stored->len);
    if (!rr_stream_facts(stream, &size, digest))
        return;
    CHECK(size == stored->len && digest[0] == right.low && digest[1] == right.high);
}

static void check_all(const struct rr_stored *stored, const struct text *want, size_t piece)
{
    struct rr_stream *stream = rr_stream_open(stored, 0, true, NULL);
    CHECK(stream != NULL);
    check_rest(stream, want, 0, piece);
    check_facts(stream, stored);
    rr_stream_close(stream);
}

static void check_skip(const struct rr_stored *stored, const struct text *want, uint64_t skip,
                       size_t piece)
{
    struct rr_stream *stream = rr_stream_open(stored, 0, false, NULL);
    CHECK(stream != NULL);
    int result = rr_stream_skip(stream, skip, NULL);
    if (want->len <= MOST && want->whole)
        CHECK((result == 0) == (skip <= want->len));
    if (result == 0 && skip <= want->len)
        check_rest(stream, want, skip, piece);
    rr_stream_close(stream);
}

static void check_frames(const struct rr_stored *stored, const struct text *want, size_t piece)
{
    struct rr_frame *frames;
    uint64_t total;
    size_t n;
    CHECK(rr_stored_frames(stored, &frames, &n, &total, NULL) == 0);
    CHECK(n == 0 || !want->whole || want->len > MOST || total == want->len);
    for (size_t i = 0; i < n && i < 16 && want->whole && want->len <= MOST; i++) {
        CHECK(frames[i].stored < stored->len && frames[i].offset <= total);
        struct rr_stream *stream = rr_stream_open(stored, frames[i].stored, false, NULL);
        CHECK(stream != NULL);
        check_rest(stream, want, frames[i].offset, piece);
        rr_stream_close(stream);
    }
    free(frames);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t pieces[] = {1, 7, 100, 5000};
    struct input in = {data, size};
    unsigned choice = take_byte(&in);
    uint64_t skip = take_number(&in, choice & 16 ? 8 : 2);
    size_t len, piece = pieces[choice >> 2 & 3];
    uint8_t *bytes = take_copy(&in, in.left, &len);
    struct rr_stored stored = {.path = "fuzz",
                               .zstd = choice & 1,
                               .bytes = bytes,
                               .len = len,
                               .piece = choice & 2 ? 1 : 64};
    struct text want = expected(&stored);
    check_all(&stored, &want, piece);
    check_skip(&stored, &want, skip, piece);
    if (stored.zstd)
        check_frames(&stored, &want, piece);
    free(want.bytes);
    free(bytes);
    return 0;
}
