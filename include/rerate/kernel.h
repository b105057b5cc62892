/* Kernels: how aggregates are folded.
 *
 * A kernel is one row of functions over an opaque state of fixed size, which may own memory that
 * grows, and may be moved byte by byte. The life cycle is ClickHouse's (init, add, merge, serialize), the vectors are DuckDB's, the
 * laws PostgreSQL's:
 *
 *   merge is associative and commutative, and a state fresh from init is neutral;
 *   updating two states and merging them equals updating one state with both inputs;
 *   decode(encode(s)) equals s, and equal states have equal bytes (the encoding is canonical);
 *   none of it depends on the order of records.
 *
 * A kernel knows neither files nor ranks. Where the order of records matters (`latest`) the
 * state holds (timestamp, position). A position names a record: the file above, the record number
 * below. In files the upper part is the file's number in the manifest, in memory its place in
 * the order of all files by path; `reposition` goes from one to the other.
 */
#ifndef RERATE_KERNEL_H
#define RERATE_KERNEL_H

#include <rerate/decimal.h>

enum {
    RR_STATE_MAX = 64,    /* bytes of a state in memory, without what it owns */
    RR_ENCODED_MAX = 64,  /* bytes of an encoded state that owns nothing */
    RR_POSITION_FILE = 40 /* bits of the record number in a position */
};

static inline uint64_t rr_position(uint32_t file, uint64_t record)
{
    return (uint64_t)file << RR_POSITION_FILE | record;
}

static inline uint32_t rr_position_file(uint64_t position)
{
    return (uint32_t)(position >> RR_POSITION_FILE);
}

static inline uint64_t rr_position_record(uint64_t position)
{
    return position & (((uint64_t)1 << RR_POSITION_FILE) - 1);
}

/* Rows of records, column by column. */
struct rr_rows {
    uint32_t n;
    const rr_decimal *value;
    const int64_t *time_ns;
    const uint64_t *position;
};

struct rr_kernel {
    const char *name;
    unsigned version;    /* of the encoding */
    uint32_t state_size; /* bytes, a multiple of 8, at most RR_STATE_MAX */
    uint32_t grows;      /* bytes of memory that a record may add; 0: a state owns nothing */
    bool needs_value;    /* reads rr_rows.value */
    bool additive;       /* the values of all states sum to what was fed: a law that is checked */

    void (*init)(void *state);
    /* Frees what the state owns. NULL where it owns nothing. */
    void (*fini)(void *state);
    /* Row i belongs to states[i]; a state may occur more than once. */
    void (*update)(void *const states[], const struct rr_rows *rows);
    void (*merge)(void *into, const void *from);
    /* The most bytes that encode may write. NULL: RR_ENCODED_MAX. */
    size_t (*encoded_max)(const void *state);
    /* Returns how many bytes it wrote. May put what the state owns in order. */
    size_t (*encode)(void *state, uint8_t *out);
    /* Makes a state, as init does. False, and nothing is owned, when the bytes are not what encode
     * writes. */
    bool (*decode)(void *state, const uint8_t *bytes, size_t len, unsigned version);
    /* `parameter` is the meter's: the p of a percentile. False when the value leaves the range of a
     * decimal. A neutral state is 0. */
    bool (*finalize)(void *state, rr_decimal parameter, rr_decimal *value);
    /* Puts file_map[file] in place of each position's file. NULL where there are no
     * positions. */
    void (*reposition)(void *state, const uint32_t *file_map);
};

static inline void rr_kernel_fini(const struct rr_kernel *kernel, void *state)
{
    if (kernel->fini)
        kernel->fini(state);
}

static inline size_t rr_kernel_encoded_max(const struct rr_kernel *kernel, const void *state)
{
    return kernel->encoded_max ? kernel->encoded_max(state) : RR_ENCODED_MAX;
}

/* The kernels that come with the program; NULL when the name is not one of them. */
const struct rr_kernel *rr_kernel_find(const char *name, size_t len);
/* All of them, ended by NULL. */
extern const struct rr_kernel *const rr_kernels[];

/* Decimals in few bytes, canonical: a scale and a zigzag number in groups of 7 bits. Returns the
 * length, at most 20. */
size_t rr_decimal_encode(rr_decimal value, uint8_t *out);
/* Returns the bytes read, 0 when they are not canonical. */
size_t rr_decimal_decode(const uint8_t *bytes, size_t len, rr_decimal *value);

/* Numbers in groups of 7 bits, lowest first, canonical: at most 10 bytes; 0 when they are not. */
size_t rr_varint_encode(uint64_t number, uint8_t *out);
size_t rr_varint_decode(const uint8_t *bytes, size_t len, uint64_t *number);

#endif
