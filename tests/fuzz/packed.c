/* Scratch files as zstd frames. */
#include "packed.h"

#include "../../io/memory.h"
#include "fuzz.h"
#include "scratch.h"

#include <zstd.h>

const char *packed_file(const char *name, const void *bytes, size_t len)
{
    size_t room = ZSTD_compressBound(len);
    char *frame = rr_malloc(room);
    size_t n = ZSTD_compress(frame, room, bytes, len, 1);
    CHECK(!ZSTD_isError(n));
    const char *path = scratch_file(name, frame, n);
    free(frame);
    return path;
}
