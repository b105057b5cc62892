/* Numbers as bytes that sort like them, for the keys of pairs. */
#ifndef RUNTIME_BIG_ENDIAN_H
#define RUNTIME_BIG_ENDIAN_H

#include "../io/line.h"

#include <stdint.h>

static inline void rr_store_u32(char out[4], uint32_t number)
{
    for (int i = 0; i < 4; i++)
        out[i] = (char)(number >> (24 - 8 * i));
}

static inline uint32_t rr_load_u32(const char in[4])
{
    uint32_t number = 0;
    for (int i = 0; i < 4; i++)
        number = number << 8 | (unsigned char)in[i];
    return number;
}

static inline void rr_put_u32(struct rr_line *line, uint32_t number)
{
    char bytes[4];
    rr_store_u32(bytes, number);
    rr_line_put(line, bytes, sizeof bytes);
}

static inline void rr_put_u64(struct rr_line *line, uint64_t number)
{
    rr_put_u32(line, (uint32_t)(number >> 32));
    rr_put_u32(line, (uint32_t)number);
}

#endif
