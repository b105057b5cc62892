/* A run file as columns in memory, so that a fuzzer can damage it where no digest would let it pass, and
 * write it again. It knows columns and attributes by what the file says, not what they mean. */
#ifndef TESTS_FUZZ_RUN_COLUMNS_H
#define TESTS_FUZZ_RUN_COLUMNS_H

#include "fuzz.h"

struct run_columns;

struct run_columns *run_columns_load(const char *path);
void run_columns_free(struct run_columns *run);

/* Damages it as the next bytes of the input say: an element, a length, a width, an attribute. */
void run_columns_damage(struct run_columns *run, struct input *in);
void run_columns_write(const struct run_columns *run, const char *path);

#endif
