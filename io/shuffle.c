/* Byte shuffle: a transposition of n rows of `width` bytes.
 *
 * Sixteen elements at a time are `width` vectors of 16 bytes. Interleaving the lower and upper
 * halves of two vectors is one perfect shuffle of the index bits; log2(width) rounds of it unshuffle,
 * and four rounds (the index has 4 bits within a vector) minus those shuffle.
 */
#include "shuffle.h"

#include <string.h>

typedef uint8_t vector __attribute__((vector_size(16)));

static vector load(const uint8_t *from)
{
    vector v;
    memcpy(&v, from, sizeof v);
    return v;
}

static void store(uint8_t *to, vector v)
{
    memcpy(to, &v, sizeof v);
}

static vector low_halves(vector a, vector b)
{
    return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

static vector high_halves(vector a, vector b)
{
    return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15,
                                   31);
}

/* One round: the vectors' concatenated bytes are dealt like cards, lower half and upper half. */
static inline void riffle(vector v[], unsigned width)
{
    vector out[8];
    unsigned half = width / 2;
    for (unsigned i = 0; i < half; i++) {
        out[2 * i] = low_halves(v[i], v[i + half]);
        out[2 * i + 1] = high_halves(v[i], v[i + half]);
    }
    memcpy(v, out, width * sizeof v[0]);
}

static inline void transpose(uint8_t *out, const uint8_t *in, size_t in_step, size_t out_step,
                             unsigned width, unsigned rounds)
{
    vector v[8];
    for (unsigned i = 0; i < width; i++)
        v[i] = load(in + i * in_step);
    for (unsigned i = 0; i < rounds; i++)
        riffle(v, width);
    for (unsigned i = 0; i < width; i++)
        store(out + i * out_step, v[i]);
}

static inline void shuffle(uint8_t *out, const uint8_t *in, size_t n, unsigned width)
{
    for (size_t i = 0; i < n; i += 16)
        transpose(out + i, in + i * width, 16, n, width, 4);
}

static inline void unshuffle(uint8_t *out, const uint8_t *in, size_t n, unsigned width,
                             unsigned rounds)
{
    for (size_t i = 0; i < n; i += 16)
        transpose(out + i * width, in + i, n, 16, width, rounds);
}

void rr_shuffle(uint8_t *out, const uint8_t *in, size_t n, unsigned width)
{
    if (width == 8)
        shuffle(out, in, n, 8);
    else if (width == 4)
        shuffle(out, in, n, 4);
    else
        shuffle(out, in, n, 2);
}

void rr_unshuffle(uint8_t *out, const uint8_t *in, size_t n, unsigned width)
{
    if (width == 8)
        unshuffle(out, in, n, 8, 3);
    else if (width == 4)
        unshuffle(out, in, n, 4, 2);
    else
        unshuffle(out, in, n, 2, 1);
}
