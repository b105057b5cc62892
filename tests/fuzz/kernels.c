/* Any bytes as encoded states of a kernel: they are refused, or they are just what encode writes;
 * and what was read can be merged in any order, put into another order of files and finalized.
 *
 * Byte 0 chooses the kernel, byte 1 the length of the first of two states, byte 2 the parameter. */
#include "../../jobs/kernel_lists.h"
#include "fuzz.h"

struct state {
    uint64_t bytes[RR_STATE_MAX / sizeof(uint64_t)];
};

static uint8_t *encode(const struct rr_kernel *kernel, struct state *state, size_t *len)
{
    size_t most = rr_kernel_encoded_max(kernel, state->bytes);
    uint8_t *out = malloc(most ? most : 1);
    CHECK(out != NULL);
    *len = kernel->encode(state->bytes, out);
    CHECK(*len <= most);
    return out;
}

/* Reads bytes, and checks that writing gives them back. */
static bool decode(const struct rr_kernel *kernel, const uint8_t *bytes, size_t len,
                   struct state *state)
{
    if (!kernel->decode(state->bytes, bytes, len, kernel->version))
        return false;
    size_t again;
    uint8_t *out = encode(kernel, state, &again);
    CHECK(again == len && (len == 0 || memcmp(out, bytes, len) == 0));
    free(out);
    return true;
}

static void check_same(const struct rr_kernel *kernel, struct state *a, struct state *b)
{
    size_t n, m;
    uint8_t *x = encode(kernel, a, &n), *y = encode(kernel, b, &m);
    CHECK(n == m && memcmp(x, y, n) == 0);
    free(x);
    free(y);
}

/* Both orders come to the same, and what they come to is canonical again. Where states hold the positions
 * of records, equal ones are of one record, which two states of any bytes don't know. */
static void check_merge(const struct rr_kernel *kernel, const struct state *a,
                        const struct state *b)
{
    struct state ab, ba, back;
    size_t len;
    kernel->init(ab.bytes);
    kernel->init(ba.bytes);
    kernel->merge(ab.bytes, a->bytes);
    kernel->merge(ab.bytes, b->bytes);
    kernel->merge(ba.bytes, b->bytes);
    kernel->merge(ba.bytes, a->bytes);
    check_same(kernel, &ab, &ba);
    uint8_t *bytes = encode(kernel, &ab, &len);
    CHECK(decode(kernel, bytes, len, &back));
    free(bytes);
    rr_kernel_fini(kernel, ab.bytes);
    rr_kernel_fini(kernel, ba.bytes);
    rr_kernel_fini(kernel, back.bytes);
}

/* All files become the first: pages of zeros that are never touched cost nothing. */
static void reposition(const struct rr_kernel *kernel, struct state *state)
{
    static uint32_t *map;
    if (map == NULL)
        map = calloc((size_t)1 << (64 - RR_POSITION_FILE), sizeof *map);
    CHECK(map != NULL);
    if (kernel->reposition)
        kernel->reposition(state->bytes, map);
}

/* Counts of records are good for 2^64: there are never more, but any bytes may say so. */
static bool counts_too_much(const struct rr_kernel *kernel, struct state *state)
{
    uint32_t n = 0;
    const struct rr_counted *item = NULL;
    if (kernel == &rr_kernel_percentile)
        item = rr_percentile_values(state->bytes, &n);
    for (uint32_t i = 0; i < n; i++)
        if (item[i].records >> 63)
            return true;
    return false;
}

static void use(const struct rr_kernel *kernel, struct state *state, rr_decimal parameter)
{
    rr_decimal value;
    if (kernel->finalize(state->bytes, parameter, &value))
        CHECK(rr_decimal_fits(value));
    reposition(kernel, state);
    size_t len;
    free(encode(kernel, state, &len));
}

static const struct rr_kernel *choose(unsigned choice)
{
    unsigned n = 0;
    while (rr_kernels[n] != NULL)
        n++;
    return rr_kernels[choice % n];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    const struct rr_kernel *kernel = choose(take_byte(&in));
    size_t first = take_byte(&in), n, m;
    rr_decimal parameter = RR_DECIMAL_ONE * (1 + take_byte(&in) % 100);
    uint8_t *x = take_copy(&in, first, &n), *y = take_copy(&in, in.left, &m);
    struct state a, b;
    bool has_a = decode(kernel, x, n, &a), has_b = decode(kernel, y, m, &b);
    if (has_a && has_b && !counts_too_much(kernel, &a) && !counts_too_much(kernel, &b))
        check_merge(kernel, &a, kernel->reposition ? &a : &b);
    if (has_a) {
        use(kernel, &a, parameter);
        rr_kernel_fini(kernel, a.bytes);
    }
    if (has_b) {
        use(kernel, &b, parameter);
        rr_kernel_fini(kernel, b.bytes);
    }
    free(x);
    free(y);
    return 0;
}
