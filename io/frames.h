/* Where the frames of a zstd file start, so that reading can begin in its middle. */
#ifndef IO_FRAMES_H
#define IO_FRAMES_H

#include "stream.h"

/* Where a frame with content starts. */
struct rr_frame {
    uint64_t stored; /* in the file */
    uint64_t offset; /* in its uncompressed bytes */
};

/* Lists the frames of a zstd file by their headers alone, without decompressing. `*n` is 0 when a
 * frame does not declare the size of its content, or is damaged: such a file can only be read
 * from its start. `*total` is the size of all content. `*frames` is the caller's to free. */
int rr_stored_frames(const struct rr_stored *stored, struct rr_frame **frames, size_t *n,
                     uint64_t *total, struct rr_error *err);

#endif
