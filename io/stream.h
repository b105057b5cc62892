/* The uncompressed bytes of a plain or zstd file, read from front to back.
 *
 * A stream that starts at the file's first byte keeps the digest of the stored bytes, if asked.
 * Damage to a zstd file is RR_EXIT_INPUT and names the file and the place; a failed read is
 * RR_EXIT_IO.
 */
#ifndef IO_STREAM_H
#define IO_STREAM_H

#include <rerate/error.h>
#include <stdbool.h>
#include <stdint.h>

/* Where stored bytes come from. */
struct rr_stored {
    const char *path;  /* named in errors, and opened unless `bytes` is given */
    bool zstd;         /* frames of zstd, else plain bytes */
    const void *bytes; /* the stored bytes themselves, in memory: tests and fuzzing; else NULL */
    size_t len;        /* how many there are */
    size_t piece;      /* stored bytes of a zstd file read at once; 0: as is best */
};

struct rr_stream;

/* Opens `stored`, whose path must live as long as the stream, at the stored offset `from`: any in
 * a plain file, the start of a frame in a zstd file. `digest` needs `from` 0. */
struct rr_stream *rr_stream_open(const struct rr_stored *stored, uint64_t from, bool digest,
                                 struct rr_error *err);
void rr_stream_close(struct rr_stream *stream);

/* Reads `room` bytes to `to`; `*got` is less only at the end of the file. */
int rr_stream_read(struct rr_stream *stream, char *to, size_t room, size_t *got,
                   struct rr_error *err);

/* Passes over `n` bytes; fewer being left is RR_EXIT_INPUT. A plain file is not read for it unless
 * there is a digest to keep. */
int rr_stream_skip(struct rr_stream *stream, uint64_t n, struct rr_error *err);

/* The stored offset that has been reached. */
uint64_t rr_stream_stored(const struct rr_stream *stream);

/* Size and XXH3-128 (low, high) of the stored bytes, once a stream with a digest has been read to
 * its end; false before. */
bool rr_stream_facts(const struct rr_stream *stream, uint64_t *size, uint64_t digest[2]);

/* How many bytes are stored; 0 for what has no size (a pipe). */
int rr_stored_size(const struct rr_stored *stored, uint64_t *size, struct rr_error *err);

#endif
