/* What fuzz targets share: the entry, checks that stop with the place where they failed, and bytes
 * taken from the front of an input. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* What is left of an input. */
struct input {
    const uint8_t *at;
    size_t left;
};

/* Zeros when there is nothing left. */
static inline uint64_t take_number(struct input *in, unsigned bytes)
{
    uint64_t number = 0;
    for (; bytes > 0 && in->left > 0; bytes--, in->left--)
        number = number << 8 | *in->at++;
    return number;
}

static inline uint8_t take_byte(struct input *in)
{
    return (uint8_t)take_number(in, 1);
}

/* A copy in memory of just its size, at most `len` bytes, so that reading further is noticed. */
static inline uint8_t *take_copy(struct input *in, size_t len, size_t *got)
{
    *got = len < in->left ? len : in->left;
    uint8_t *copy = malloc(*got ? *got : 1);
    CHECK(copy != NULL);
    if (*got > 0)
        memcpy(copy, in->at, *got);
    in->at += *got;
    in->left -= *got;
    return copy;
}

#endif
