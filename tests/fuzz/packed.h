/* Files that are compressed. */
#ifndef TESTS_FUZZ_PACKED_H
#define TESTS_FUZZ_PACKED_H

#include <stddef.h>

/* A scratch file with these bytes as one zstd frame. */
const char *packed_file(const char *name, const void *bytes, size_t len);

#endif
