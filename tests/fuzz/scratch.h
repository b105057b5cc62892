/* Files for what reads nothing but files. */
#ifndef TESTS_FUZZ_SCRATCH_H
#define TESTS_FUZZ_SCRATCH_H

#include <stddef.h>

/* A file with these bytes, in a scratch folder that goes with the process; the name is kept until the next
 * file of that name. */
const char *scratch_file(const char *name, const void *bytes, size_t len);

#endif
