/* Text files, plain or zstd. */
#include "text_file.h"

#include "commit.h"
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

enum { LEVEL = 1 };

struct rr_text_file {
    int fd;
    char *path;
    ZSTD_CCtx *zstd; /* NULL: plain */
    char *in, *out;
    size_t used, in_size, out_size;
};

static bool ends_in(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

struct rr_text_file *rr_text_file_create(const char *path, struct rr_error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) {
        rr_fail_errno(err, RR_EXIT_CREATE, path, "create");
        return NULL;
    }
    struct rr_text_file *f = rr_calloc(1, sizeof *f);
    f->fd = fd;
    f->path = strdup(path);
    f->in_size = ZSTD_CStreamInSize() * 2;
    f->in = rr_malloc(f->in_size);
    if (ends_in(path, ".zst")) {
        f->zstd = ZSTD_createCCtx();
        rr_check(f->zstd != NULL, "out of memory");
        ZSTD_CCtx_setParameter(f->zstd, ZSTD_c_compressionLevel, LEVEL);
        f->out_size = ZSTD_CStreamOutSize();
        f->out = rr_malloc(f->out_size);
    }
    return f;
}

static int flush(struct rr_text_file *f, bool last, struct rr_error *err)
{
    ZSTD_inBuffer in = {f->in, f->used, 0};
    size_t left = 1;
    if (f->zstd == NULL) {
        int result = rr_write_all(f->fd, f->in, f->used, f->path, err);
        f->used = 0;
        return result;
    }
    while (in.pos < in.size || (last && left > 0)) {
        ZSTD_outBuffer out = {f->out, f->out_size, 0};
        left = ZSTD_compressStream2(f->zstd, &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
        if (ZSTD_isError(left))
            return rr_fail(err, RR_EXIT_BUG, "%s: zstd: %s", f->path, ZSTD_getErrorName(left));
        if (rr_write_all(f->fd, f->out, out.pos, f->path, err) != 0)
            return -1;
    }
    f->used = 0;
    return 0;
}

int rr_text_file_put(struct rr_text_file *f, const char *bytes, size_t len, struct rr_error *err)
{
    while (len > 0) {
        size_t room = f->in_size - f->used, take = len < room ? len : room;
        memcpy(f->in + f->used, bytes, take);
        f->used += take;
        bytes += take;
        len -= take;
        if (f->used == f->in_size && flush(f, false, err) != 0)
            return -1;
    }
    return 0;
}

int rr_text_file_finish(struct rr_text_file *f, struct rr_error *err)
{
    int result = flush(f, true, err);
    if (result == 0 && fsync(f->fd) != 0)
        result = rr_fail_errno(err, RR_EXIT_IO, f->path, "fsync");
    if (close(f->fd) != 0 && result == 0)
        result = rr_fail_errno(err, RR_EXIT_IO, f->path, "close");
    ZSTD_freeCCtx(f->zstd);
    free(f->in);
    free(f->out);
    free(f->path);
    free(f);
    return result;
}

static int put_all(struct rr_text_file *f, int fd, const char *from, struct rr_error *err)
{
    char piece[64 * 1024];
    ssize_t n;
    while ((n = read(fd, piece, sizeof piece)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return rr_fail_errno(err, RR_EXIT_IO, from, "read");
        if (rr_text_file_put(f, piece, (size_t)n, err) != 0)
            return -1;
    }
    return 0;
}

int rr_text_file_copy(const char *from, const char *to, struct rr_error *err)
{
    int fd = open(from, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return rr_fail_errno(err, RR_EXIT_IO, from, "open");
    struct rr_text_file *f = rr_text_file_create(to, err);
    int result = f ? put_all(f, fd, from, err) : -1;
    close(fd);
    if (f == NULL)
        return -1;
    int finished = rr_text_file_finish(f, result == 0 ? err : NULL);
    return result == 0 ? finished : result;
}
