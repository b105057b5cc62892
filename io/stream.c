/* Streams of uncompressed bytes.
 *
 * Files are read, not mapped: a page that is mapped costs a fault, and an input that shrinks would
 * kill the process. What is read from a plain file goes straight to the caller's buffer.
 */
#include "stream.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>
#include <zstd.h>

enum {
    PIECE = 256 * 1024,
    MAGIC = 4,   /* bytes that tell what a frame is */
    HEADER = 18, /* and how long its content is, at most */
};

struct rr_stream {
    struct rr_stored stored;
    int fd;             /* -1 for bytes in memory */
    uint64_t at;        /* stored bytes that have been fetched, from the start of the file */
    bool drained;       /* all have been */
    XXH3_state_t *hash; /* NULL without a digest */
    ZSTD_DStream *zstd; /* NULL for a plain file, and so is `input` */
    ZSTD_inBuffer input;
    void *piece;
    bool within;       /* a frame has begun and not ended */
    uint64_t declared; /* bytes of its content, or UINT64_MAX where it does not say */
    uint64_t produced; /* of these so far */
};

static int open_stored(const struct rr_stored *stored, int *fd, struct rr_error *err)
{
    *fd = -1;
    if (stored->bytes != NULL)
        return 0;
    *fd = open(stored->path, O_RDONLY | O_CLOEXEC);
    if (*fd < 0)
        return rr_fail_errno(err, RR_EXIT_INPUT, stored->path, "can't be opened");
    return 0;
}

static int open_zstd(struct rr_stream *stream, struct rr_error *err)
{
    size_t piece = stream->stored.piece ? stream->stored.piece : PIECE;
    piece = piece < HEADER ? HEADER : piece;
    stream->stored.piece = piece;
    stream->zstd = ZSTD_createDStream();
    stream->piece = malloc(piece);
    if (stream->zstd == NULL || stream->piece == NULL)
        return rr_fail(err, RR_EXIT_IO, "%s: no memory to decompress", stream->stored.path);
    stream->input.src = stream->piece;
    return 0;
}

static int open_digest(struct rr_stream *stream, struct rr_error *err)
{
    stream->hash = XXH3_createState();
    if (stream->hash == NULL || XXH3_128bits_reset(stream->hash) != XXH_OK)
        return rr_fail(err, RR_EXIT_IO, "%s: no memory for a digest", stream->stored.path);
    return 0;
}

static int seek_stored(struct rr_stream *stream, uint64_t to, struct rr_error *err)
{
    if (stream->fd >= 0 && lseek(stream->fd, (off_t)to, SEEK_SET) < 0)
        return rr_fail_errno(err, RR_EXIT_IO, stream->stored.path, "can't be positioned");
    stream->at = to;
    return 0;
}

struct rr_stream *rr_stream_open(const struct rr_stored *stored, uint64_t from, bool digest,
                                 struct rr_error *err)
{
    assert(from == 0 || !digest);
    struct rr_stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL) {
        rr_fail(err, RR_EXIT_IO, "%s: no memory to read", stored->path);
        return NULL;
    }
    stream->stored = *stored;
    if (open_stored(stored, &stream->fd, err) < 0)
        goto fail;
    if (from > 0 && seek_stored(stream, from, err) < 0)
        goto fail;
    if (stored->zstd && open_zstd(stream, err) < 0)
        goto fail;
    if (digest && open_digest(stream, err) < 0)
        goto fail;
    return stream;
fail:
    rr_stream_close(stream);
    return NULL;
}

void rr_stream_close(struct rr_stream *stream)
{
    if (stream == NULL)
        return;
    if (stream->fd >= 0)
        close(stream->fd);
    ZSTD_freeDStream(stream->zstd);
    XXH3_freeState(stream->hash);
    free(stream->piece);
    free(stream);
}

/* Reads once; 0 bytes mean the end. */
static int fetch_once(const struct rr_stream *stream, char *to, size_t room, size_t *got,
                      struct rr_error *err)
{
    if (stream->stored.bytes != NULL) {
        size_t left = stream->at < stream->stored.len ? stream->stored.len - stream->at : 0;
        *got = left < room ? left : room;
        memcpy(to, (const char *)stream->stored.bytes + stream->at, *got);
        return 0;
    }
    ssize_t n;
    do
        n = read(stream->fd, to, room);
    while (n < 0 && errno == EINTR);
    if (n < 0) {
        int cause = errno;
        return rr_fail(err, RR_EXIT_IO, "%s: read failed at byte %" PRIu64 ": %s",
                       stream->stored.path, stream->at, strerror(cause));
    }
    *got = (size_t)n;
    return 0;
}

/* Fetches stored bytes until `room` is full or none are left. */
static int fetch(struct rr_stream *stream, char *to, size_t room, size_t *got, struct rr_error *err)
{
    *got = 0;
    while (*got < room && !stream->drained) {
        size_t n = 0;
        if (fetch_once(stream, to + *got, room - *got, &n, err) < 0)
            return -1;
        stream->drained = n == 0;
        if (stream->hash != NULL)
            XXH3_128bits_update(stream->hash, to + *got, n);
        stream->at += n;
        *got += n;
    }
    return 0;
}

static int damaged(const struct rr_stream *stream, const char *cause, struct rr_error *err)
{
    return rr_fail(err, RR_EXIT_INPUT, "%s: damaged zstd data before byte %" PRIu64 ": %s",
                   stream->stored.path, rr_stream_stored(stream), cause);
}

/* Fills the piece up behind what is left of it. */
static int refill(struct rr_stream *stream, struct rr_error *err)
{
    char *piece = stream->piece;
    size_t left = stream->input.size - stream->input.pos, got;
    memmove(piece, piece + stream->input.pos, left);
    if (fetch(stream, piece + left, stream->stored.piece - left, &got, err) < 0)
        return -1;
    stream->input.pos = 0;
    stream->input.size = left + got;
    return 0;
}

/* The library also reads formats from before zstd's first version, with old decoders that let damage pass:
 * those are refused. Too few bytes are a frame that is cut short, which zstd finds. */
static int begin_frame(struct rr_stream *stream, struct rr_error *err)
{
    const char *at = (const char *)stream->piece + stream->input.pos;
    size_t left = stream->input.size - stream->input.pos;
    uint32_t magic = ZSTD_MAGICNUMBER;
    if (left >= MAGIC)
        memcpy(&magic, at, MAGIC);
    if (magic != ZSTD_MAGICNUMBER &&
        (magic & ZSTD_MAGIC_SKIPPABLE_MASK) != ZSTD_MAGIC_SKIPPABLE_START)
        return damaged(stream, "no zstd frame begins here", err);
    unsigned long long content = ZSTD_getFrameContentSize(at, left);
    stream->declared = content < ZSTD_CONTENTSIZE_ERROR ? content : UINT64_MAX;
    stream->produced = 0;
    return 0;
}

/* Makes stored bytes ready: 1, 0 at the end of them, -1 on error. Within a frame that was cut there are none
 * left, but output may still wait in zstd's buffer. */
static int make_ready(struct rr_stream *stream, struct rr_error *err)
{
    size_t needed = stream->within ? 1 : HEADER;
    if (stream->input.size - stream->input.pos < needed && refill(stream, err) < 0)
        return -1;
    if (stream->within)
        return 1;
    if (stream->input.pos == stream->input.size)
        return 0;
    return begin_frame(stream, err) < 0 ? -1 : 1;
}

/* Decompresses once. When no stored bytes are left and nothing comes out any more, and the frame has not
 * ended, the file was cut. */
static int decompress(struct rr_stream *stream, ZSTD_outBuffer *output, struct rr_error *err)
{
    int ready = make_ready(stream, err);
    if (ready <= 0)
        return ready;
    size_t before = output->pos;
    bool flushing = stream->input.size == 0;
    size_t rest = ZSTD_decompressStream(stream->zstd, output, &stream->input);
    if (ZSTD_isError(rest))
        return damaged(stream, ZSTD_getErrorName(rest), err);
    stream->within = rest != 0;
    stream->produced += output->pos - before;
    /* Where a frame ends with an empty block, zstd does not compare. */
    if (!stream->within && stream->declared != UINT64_MAX && stream->produced != stream->declared)
        return damaged(stream, "a frame's content is not as long as it says", err);
    if (flushing && stream->within && output->pos == before)
        return damaged(stream, "it ends within a frame", err);
    return 1;
}

int rr_stream_read(struct rr_stream *stream, char *to, size_t room, size_t *got,
                   struct rr_error *err)
{
    if (stream->zstd == NULL)
        return fetch(stream, to, room, got, err);
    ZSTD_outBuffer output = {to, room, 0};
    int more = 1;
    while (more > 0 && output.pos < room)
        more = decompress(stream, &output, err);
    *got = output.pos;
    return more < 0 ? -1 : 0;
}

static int too_short(const struct rr_stream *stream, struct rr_error *err)
{
    return rr_fail(err, RR_EXIT_INPUT, "%s: has changed: it is shorter than when it was first read",
                   stream->stored.path);
}

static int skip_by_seek(struct rr_stream *stream, uint64_t n, struct rr_error *err)
{
    uint64_t size;
    if (rr_stored_size(&stream->stored, &size, err) < 0)
        return -1;
    if (stream->at + n > size)
        return too_short(stream, err);
    return seek_stored(stream, stream->at + n, err);
}

int rr_stream_skip(struct rr_stream *stream, uint64_t n, struct rr_error *err)
{
    if (n == 0)
        return 0;
    if (stream->zstd == NULL && stream->hash == NULL)
        return skip_by_seek(stream, n, err);
    char *waste = malloc(PIECE);
    if (waste == NULL)
        return rr_fail(err, RR_EXIT_IO, "%s: no memory to read", stream->stored.path);
    int failed = 0;
    while (n > 0 && !failed) {
        size_t room = n < PIECE ? (size_t)n : PIECE, got;
        failed = rr_stream_read(stream, waste, room, &got, err);
        if (!failed && got < room)
            failed = too_short(stream, err);
        n -= room;
    }
    free(waste);
    return failed;
}

uint64_t rr_stream_stored(const struct rr_stream *stream)
{
    return stream->at - (stream->input.size - stream->input.pos);
}

bool rr_stream_facts(const struct rr_stream *stream, uint64_t *size, uint64_t digest[2])
{
    if (stream->hash == NULL || !stream->drained || stream->within)
        return false;
    if (stream->input.pos < stream->input.size)
        return false;
    XXH128_hash_t hash = XXH3_128bits_digest(stream->hash);
    *size = stream->at;
    digest[0] = hash.low64;
    digest[1] = hash.high64;
    return true;
}

int rr_stored_size(const struct rr_stored *stored, uint64_t *size, struct rr_error *err)
{
    struct stat st;
    *size = stored->len;
    if (stored->bytes != NULL)
        return 0;
    if (stat(stored->path, &st) < 0)
        return rr_fail_errno(err, RR_EXIT_INPUT, stored->path, "can't be read");
    *size = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
    return 0;
}
