/* The exchange: blocks of rows between ranks, in epochs. */
#include "exchange.h"

#include "../io/memory.h"

#include <rerate/batch.h>

#include <sched.h>
#include <stdio.h>
#include <string.h>

enum {
    TAG = 1,
    BLOCK_MAX = 256 * 1024,
    BLOCK_MIN = 16 * 1024,
    QUEUE_MAX = 32, /* blocks for one destination: it may be busy writing a run for a while */
    RECEIVES = 4,
    NAME_HEAD = 3 * sizeof(uint32_t), /* kind, code, length */
};

enum block_kind { BLOCK_ROWS = 1, BLOCK_STOP, BLOCK_END };

/* A block on our side: while it fills, rows grow from the front and names from the back. */
struct outgoing {
    struct rr_block *block;
    uint32_t rows_len;
    uint32_t names_len;
    MPI_Request request; /* MPI_REQUEST_NULL while it is filled or idle */
};

/* A ring: one is filled while the others are under way. Blocks get their memory when first used. */
struct destination {
    struct outgoing *ring;
    int filling;
};

struct rr_exchange {
    const struct rr_comm *comm;
    struct rr_receiver receiver;
    uint32_t row_size;
    uint32_t capacity; /* bytes of a block behind its head */
    uint32_t full; /* a block is sent when the next row would bring it above these; a name that is
                        * longer goes alone */
    int queue;     /* blocks in each ring */
    uint32_t epoch;
    bool stopping;
    bool stop_sent;
    int ended; /* ranks whose end of this epoch has come */
    struct destination *to;
    /* A ring, completed in the order posted: blocks of one sender are taken in the order sent. */
    struct rr_block *in[RECEIVES];
    MPI_Request in_request[RECEIVES];
    int next_in;
    struct rr_block *stops; /* one head for each destination */
    MPI_Request *stop_request;
    uint64_t heard; /* messages received: what the watchdog looks at */
};

static size_t block_bytes(const struct rr_exchange *x)
{
    return sizeof(struct rr_block) + x->capacity;
}

static void post_receive(struct rr_exchange *x, int i)
{
    MPI_Irecv(x->in[i], (int)block_bytes(x), MPI_BYTE, MPI_ANY_SOURCE, TAG, x->comm->comm,
              &x->in_request[i]);
}

static uint32_t choose_full(const struct rr_comm *comm, uint64_t memory)
{
    uint64_t share = memory / (4 * (uint64_t)comm->size);
    return (uint32_t)(share > BLOCK_MAX ? BLOCK_MAX : share < BLOCK_MIN ? BLOCK_MIN : share);
}

/* A row or the longest key fits: a meter and all dimensions at their longest. What a block does not use
 * of it is never touched. */
static uint32_t choose_capacity(uint32_t full, uint32_t row_size)
{
    uint32_t least = row_size + NAME_HEAD + 33 * (uint32_t)(RR_NAME_MAX + sizeof(uint32_t));
    return full > least ? full : least;
}

static int choose_queue(const struct rr_comm *comm, uint64_t memory, uint32_t full)
{
    uint64_t n = memory / (full * (uint64_t)comm->size);
    return n > QUEUE_MAX ? QUEUE_MAX : n < 2 ? 2 : (int)n;
}

struct rr_exchange *rr_exchange_create(const struct rr_comm *comm, uint32_t row_size,
                                       uint64_t memory, struct rr_receiver receiver)
{
    struct rr_exchange *x = rr_calloc(1, sizeof *x);
    size_t n = (size_t)comm->size;
    x->comm = comm;
    x->receiver = receiver;
    x->row_size = row_size;
    x->full = choose_full(comm, memory);
    x->capacity = choose_capacity(x->full, row_size);
    x->queue = choose_queue(comm, memory, x->full);
    x->to = rr_calloc(n, sizeof *x->to);
    x->stops = rr_calloc(n, sizeof *x->stops);
    x->stop_request = rr_malloc(n * sizeof *x->stop_request);
    for (size_t d = 0; d < n; d++) {
        x->stop_request[d] = MPI_REQUEST_NULL;
        x->to[d].ring = rr_calloc((size_t)x->queue, sizeof *x->to[d].ring);
        for (int i = 0; i < x->queue; i++)
            x->to[d].ring[i].request = MPI_REQUEST_NULL;
        x->to[d].ring[0].block = rr_malloc(block_bytes(x));
    }
    for (int i = 0; i < RECEIVES; i++) {
        x->in[i] = rr_malloc(block_bytes(x));
        post_receive(x, i);
    }
    return x;
}

void rr_exchange_destroy(struct rr_exchange *x)
{
    if (x == NULL)
        return;
    for (int i = 0; i < RECEIVES; i++) {
        MPI_Cancel(&x->in_request[i]);
        MPI_Wait(&x->in_request[i], MPI_STATUS_IGNORE);
        free(x->in[i]);
    }
    for (int d = 0; d < x->comm->size; d++) {
        for (int i = 0; i < x->queue; i++)
            free(x->to[d].ring[i].block);
        free(x->to[d].ring);
    }
    free(x->to);
    free(x->stops);
    free(x->stop_request);
    free(x);
}

void rr_exchange_begin(struct rr_exchange *x)
{
    x->epoch++;
    x->stopping = false;
    x->stop_sent = false;
    x->ended = 0;
}

static void deliver(struct rr_exchange *x, int source, const struct rr_block *block)
{
    const uint8_t *rows = block->bytes;
    const uint8_t *name = rows + (size_t)block->n_rows * x->row_size;
    for (const uint8_t *end = name + block->names_len; name < end;) {
        uint32_t head[3];
        memcpy(head, name, sizeof head);
        struct rr_text text = {(const char *)name + NAME_HEAD, head[2]};
        x->receiver.name(x->receiver.self, source, (enum rr_name_kind)head[0], head[1], text);
        name += NAME_HEAD + head[2];
    }
    if (block->n_rows > 0)
        x->receiver.rows(x->receiver.self, source, rows, block->n_rows);
}

static void receive(struct rr_exchange *x, int source, const struct rr_block *block)
{
    x->heard++;
    if (block->kind == BLOCK_STOP) {
        /* A stop may arrive after its epoch has ended for another reason. */
        x->stopping |= block->epoch == x->epoch;
        return;
    }
    rr_check(block->epoch == x->epoch, "a block of another epoch");
    if (block->kind == BLOCK_END)
        x->ended++;
    else
        deliver(x, source, block);
}

void rr_exchange_poll(struct rr_exchange *x)
{
    for (;;) {
        int i = x->next_in, found = 0;
        MPI_Status status;
        MPI_Test(&x->in_request[i], &found, &status);
        if (!found)
            return;
        x->next_in = (i + 1) % RECEIVES;
        receive(x, status.MPI_SOURCE, x->in[i]);
        post_receive(x, i);
    }
}

/* Receives until `request` is done. */
static void wait_and_receive(struct rr_exchange *x, MPI_Request *request)
{
    int done = 0;
    uint64_t heard = x->heard;
    int64_t deadline = 0;
    for (;;) {
        MPI_Test(request, &done, MPI_STATUS_IGNORE);
        if (done)
            return;
        rr_exchange_poll(x);
        if (heard != x->heard || deadline == 0) {
            heard = x->heard;
            deadline = rr_now_ns() + x->comm->patience_s * 1000000000;
        } else if (rr_now_ns() > deadline) {
            rr_comm_wait(x->comm, request, "a block to be received");
            return;
        }
        sched_yield();
    }
}

static void begin_filling(const struct rr_exchange *x, struct outgoing *out)
{
    if (out->block == NULL)
        out->block = rr_malloc(block_bytes(x));
    out->rows_len = 0;
    out->names_len = 0;
}

/* Moves the names next to the rows: a block travels without its gap. */
static size_t close_gap(struct rr_exchange *x, struct outgoing *out)
{
    memmove(out->block->bytes + out->rows_len, out->block->bytes + x->capacity - out->names_len,
            out->names_len);
    return sizeof(struct rr_block) + out->rows_len + out->names_len;
}

static void send_block(struct rr_exchange *x, int d)
{
    struct destination *to = &x->to[d];
    struct outgoing *out = &to->ring[to->filling];
    *out->block =
        (struct rr_block){BLOCK_ROWS, x->epoch, out->rows_len / x->row_size, out->names_len};
    size_t len = close_gap(x, out);
    if (d == x->comm->rank) {
        deliver(x, d, out->block);
        begin_filling(x, out);
        return;
    }
    MPI_Isend(out->block, (int)len, MPI_BYTE, d, TAG, x->comm->comm, &out->request);
    to->filling = (to->filling + 1) % x->queue;
    out = &to->ring[to->filling];
    wait_and_receive(x, &out->request);
    begin_filling(x, out);
}

static struct outgoing *with_room(struct rr_exchange *x, int d, size_t bytes)
{
    struct outgoing *out = &x->to[d].ring[x->to[d].filling];
    uint32_t used = out->rows_len + out->names_len;
    if (used > 0 && used + bytes > x->full) {
        send_block(x, d);
        out = &x->to[d].ring[x->to[d].filling];
    }
    rr_check(bytes <= x->capacity, "a name longer than a block");
    return out;
}

void *rr_exchange_put(struct rr_exchange *x, int d)
{
    struct outgoing *out = with_room(x, d, x->row_size);
    void *row = out->block->bytes + out->rows_len;
    out->rows_len += x->row_size;
    return row;
}

void rr_exchange_name(struct rr_exchange *x, int d, enum rr_name_kind kind, uint32_t code,
                      struct rr_text text)
{
    struct outgoing *out = with_room(x, d, NAME_HEAD + text.len);
    uint32_t head[3] = {kind, code, text.len};
    out->names_len += (uint32_t)NAME_HEAD + text.len;
    uint8_t *at = out->block->bytes + x->capacity - out->names_len;
    memcpy(at, head, sizeof head);
    if (text.len > 0)
        memcpy(at + NAME_HEAD, text.ptr, text.len);
}

static void send_head(struct rr_exchange *x, struct rr_block *head, uint32_t kind, int d,
                      MPI_Request *request)
{
    *head = (struct rr_block){.kind = kind, .epoch = x->epoch};
    MPI_Isend(head, sizeof *head, MPI_BYTE, d, TAG, x->comm->comm, request);
}

void rr_exchange_ask_stop(struct rr_exchange *x)
{
    x->stopping = true;
    if (x->stop_sent)
        return;
    x->stop_sent = true;
    for (int d = 0; d < x->comm->size; d++)
        if (d != x->comm->rank)
            send_head(x, &x->stops[d], BLOCK_STOP, d, &x->stop_request[d]);
}

bool rr_exchange_stop_asked(const struct rr_exchange *x)
{
    return x->stopping;
}

static void send_ends(struct rr_exchange *x)
{
    int size = x->comm->size;
    struct rr_block *heads = rr_calloc((size_t)size, sizeof *heads);
    MPI_Request *requests = rr_malloc((size_t)size * sizeof *requests);
    for (int d = 0; d < size; d++) {
        requests[d] = MPI_REQUEST_NULL;
        if (d != x->comm->rank)
            send_head(x, &heads[d], BLOCK_END, d, &requests[d]);
    }
    for (int d = 0; d < size; d++)
        wait_and_receive(x, &requests[d]);
    free(heads);
    free(requests);
}

static void wait_for_ends(struct rr_exchange *x)
{
    uint64_t heard = x->heard;
    int64_t deadline = 0;
    while (x->ended < x->comm->size - 1) {
        rr_exchange_poll(x);
        int64_t now = rr_now_ns();
        if (heard != x->heard || deadline == 0) {
            heard = x->heard;
            deadline = now + x->comm->patience_s * 1000000000;
        } else if (now > deadline) {
            MPI_Request never;
            MPI_Ibarrier(x->comm->comm, &never);
            rr_comm_wait(x->comm, &never, "the other ranks to end an epoch");
        }
        sched_yield();
    }
}

void rr_exchange_end(struct rr_exchange *x)
{
    for (int d = 0; d < x->comm->size; d++) {
        struct destination *to = &x->to[d];
        if (to->ring[to->filling].rows_len + to->ring[to->filling].names_len > 0)
            send_block(x, d);
        for (int i = 0; i < x->queue; i++)
            wait_and_receive(x, &to->ring[i].request);
    }
    send_ends(x);
    wait_for_ends(x);
    for (int d = 0; d < x->comm->size; d++)
        wait_and_receive(x, &x->stop_request[d]);
}
