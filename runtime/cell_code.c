/* Cells as bytes. */
#include "cell_code.h"

#include "../io/memory.h"

/* Before each cell: then its key, then its state. */
struct cell_head {
    uint64_t records;
    uint32_t key_len, state_len;
    int32_t bucket, meter;
};

int rr_cell_encode(const struct rr_job *job, const struct rr_cell *cell, struct rr_line *bytes,
                   struct rr_error *err)
{
    const struct rr_kernel *kernel = job->meters[cell->meter].kernel;
    struct cell_head head = {cell->records, cell->key.len, 0, cell->bucket, cell->meter};
    size_t at = bytes->used, most = rr_kernel_encoded_max(kernel, cell->state);
    rr_line_put(bytes, (const char *)&head, sizeof head);
    rr_line_put(bytes, cell->key.ptr, cell->key.len);
    char *state = rr_line_room(bytes, most);
    size_t len = kernel->encode(cell->state, (uint8_t *)state);
    rr_kernel_fini(kernel, cell->state);
    bytes->used += len;
    if (bytes->used > UINT32_MAX / 2)
        return rr_fail(err, RR_EXIT_DATA, "a %s of one cell takes more than 2 GB", kernel->name);
    head.state_len = (uint32_t)len;
    memcpy(bytes->bytes + at, &head, sizeof head);
    return 0;
}

void rr_cell_decode(const struct rr_job *job, struct rr_text *bytes, uint64_t state[RR_STATE_WORDS],
                    struct rr_cell *cell)
{
    struct cell_head head;
    memcpy(&head, bytes->ptr, sizeof head);
    const char *key = bytes->ptr + sizeof head, *encoded = key + head.key_len;
    const struct rr_kernel *kernel = job->meters[head.meter].kernel;
    rr_check(kernel->decode(state, (const uint8_t *)encoded, head.state_len, kernel->version),
             "a state changed on its way");
    *cell = (struct rr_cell){{key, head.key_len}, head.meter, head.bucket, head.records, state};
    bytes->ptr = encoded + head.state_len;
    bytes->len -= (uint32_t)sizeof head + head.key_len + head.state_len;
}
