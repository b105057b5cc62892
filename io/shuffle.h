/* Byte shuffle, as HDF5's filter 2: all first bytes of the elements, then all second bytes, … */
#ifndef IO_SHUFFLE_H
#define IO_SHUFFLE_H

#include <stddef.h>
#include <stdint.h>

/* n is a multiple of 16; width is 2, 4 or 8. */
void rr_shuffle(uint8_t *out, const uint8_t *in, size_t n, unsigned width);
void rr_unshuffle(uint8_t *out, const uint8_t *in, size_t n, unsigned width);

#endif
