/* The frames of a zstd file, after RFC 8878: headers are read, content is stepped over. */
#include "frames.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>
#include <zstd.h>

struct walk {
    const struct rr_stored *stored;
    int fd;
    uint64_t at;
    struct rr_frame *frames;
    size_t n, room;
    uint64_t total;
};

enum {
    HEADER_MAX = 18,         /* of a frame: magic, descriptor, window, dictionary, content size */
    SKIP_MAGIC = 0x184D2A50, /* to ...5F */
};

/* Reads up to `len` bytes at the walk's place; the count, or -1 on a failed read. */
static ssize_t peek(const struct walk *walk, unsigned char *to, size_t len, struct rr_error *err)
{
    if (walk->stored->bytes != NULL) {
        size_t left = walk->at < walk->stored->len ? walk->stored->len - walk->at : 0;
        len = len < left ? len : left;
        memcpy(to, (const char *)walk->stored->bytes + (left ? walk->at : 0), len);
        return (ssize_t)len;
    }
    ssize_t n;
    do
        n = pread(walk->fd, to, len, (off_t)walk->at);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        rr_fail_errno(err, RR_EXIT_IO, walk->stored->path, "read failed");
    return n;
}

static uint32_t little_endian(const unsigned char *bytes, unsigned n)
{
    uint32_t value = 0;
    while (n-- > 0)
        value = value << 8 | bytes[n];
    return value;
}

/* Walks over the blocks of a frame: 1, 0 when damaged, -1 on a failed read. */
static int walk_blocks(struct walk *walk, struct rr_error *err)
{
    for (bool last = false; !last;) {
        unsigned char bytes[3];
        ssize_t n = peek(walk, bytes, sizeof bytes, err);
        if (n < (ssize_t)sizeof bytes)
            return n < 0 ? -1 : 0;
        uint32_t header = little_endian(bytes, 3), type = header >> 1 & 3, size = header >> 3;
        if (type == 3)
            return 0;
        last = header & 1;
        walk->at += 3 + (type == 1 ? 1 : size); /* type 1 repeats one byte */
    }
    return 1;
}

static int add_frame(struct walk *walk, uint64_t content, struct rr_error *err)
{
    if (walk->n == walk->room) {
        size_t room = walk->room ? 2 * walk->room : 16;
        struct rr_frame *frames = realloc(walk->frames, room * sizeof *frames);
        if (frames == NULL)
            return rr_fail(err, RR_EXIT_IO, "%s: no memory for its frames", walk->stored->path);
        walk->frames = frames;
        walk->room = room;
    }
    walk->frames[walk->n++] = (struct rr_frame){walk->at, walk->total};
    walk->total += content;
    return 1;
}

/* Walks over one frame: 1, 0 when it is damaged or its content's size unknown, -1 on failure. */
static int walk_frame(struct walk *walk, const unsigned char *header, size_t n,
                      struct rr_error *err)
{
    static const unsigned id_sizes[] = {0, 1, 2, 4}, content_sizes[] = {0, 2, 4, 8};
    uint32_t magic = n >= 8 ? little_endian(header, 4) : 0;
    if ((magic & 0xFFFFFFF0) == SKIP_MAGIC) {
        walk->at += 8 + (uint64_t)little_endian(header + 4, 4);
        return 1;
    }
    if (magic != ZSTD_MAGICNUMBER) /* or of a format from before zstd's first version */
        return 0;
    unsigned long long content = ZSTD_getFrameContentSize(header, n);
    if (content == ZSTD_CONTENTSIZE_UNKNOWN || content == ZSTD_CONTENTSIZE_ERROR ||
        content > INT64_MAX - walk->total)
        return 0;
    if (add_frame(walk, content, err) < 0)
        return -1;
    unsigned descriptor = header[4], single = descriptor >> 5 & 1, size_code = descriptor >> 6;
    walk->at += 5 + (single ? 0U : 1U) + id_sizes[descriptor & 3];
    walk->at += size_code == 0 ? single : content_sizes[size_code];
    int ok = walk_blocks(walk, err);
    walk->at += (descriptor >> 2 & 1) * 4; /* the checksum */
    return ok;
}

static int walk_file(struct walk *walk, uint64_t size, struct rr_error *err)
{
    int ok = 1;
    while (ok > 0 && walk->at < size) {
        unsigned char header[HEADER_MAX] = {0};
        ssize_t n = peek(walk, header, sizeof header, err);
        ok = n < 0 ? -1 : walk_frame(walk, header, (size_t)n, err);
    }
    return ok > 0 ? walk->at == size : ok;
}

int rr_stored_frames(const struct rr_stored *stored, struct rr_frame **frames, size_t *n,
                     uint64_t *total, struct rr_error *err)
{
    struct walk walk = {.stored = stored, .fd = -1};
    uint64_t size;
    if (rr_stored_size(stored, &size, err) < 0)
        return -1;
    if (stored->bytes == NULL && (walk.fd = open(stored->path, O_RDONLY | O_CLOEXEC)) < 0)
        return rr_fail_errno(err, RR_EXIT_INPUT, stored->path, "can't be opened");
    int ok = walk_file(&walk, size, err);
    if (walk.fd >= 0)
        close(walk.fd);
    *n = ok > 0 ? walk.n : 0;
    *total = ok > 0 ? walk.total : 0;
    *frames = walk.frames;
    if (ok <= 0) {
        free(walk.frames);
        *frames = NULL;
    }
    return ok < 0 ? -1 : 0;
}
