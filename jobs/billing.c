/* Billing: the book, its meters and the engine, brought together. */
#include "billing.h"

#include "../io/memory.h"
#include "meters.h"
#include "publishing.h"
#include "subscribers.h"

#include <stdlib.h>

struct billing {
    const struct rr_comm *comm;
    const struct rr_billing_options *options;
    struct rr_book_files files;
    struct rr_book *book;
    struct rr_calendar *calendar;
    struct rr_meters *meters;
    uint64_t memory;
};

/* Collective. Gives every rank a file that the book may name: path and bytes, NULL where it names none. */
static void share_file(const struct rr_comm *comm, char **path, char **bytes, size_t *len)
{
    size_t path_len = *path ? strlen(*path) + 1 : 0;
    rr_comm_share(comm, path, &path_len, 0);
    rr_comm_share(comm, bytes, len, 0);
    if (path_len == 0) {
        free(*path);
        *path = NULL;
    }
}

/* Collective. Rank 0 reads the book; several ranks read its subscriptions in parts. */
static int read_files(struct billing *b, struct rr_error *err)
{
    struct rr_book_files *f = &b->files;
    int result = 0;
    if (b->comm->size == 1)
        return rr_book_read(b->options->book_path, f, err);
    if (b->comm->rank == 0)
        result = rr_book_read_apart(b->options->book_path, f, err);
    if (rr_agree(b->comm, result, err) != 0)
        return -1;
    share_file(b->comm, &f->path, &f->book, &f->book_len);
    share_file(b->comm, &f->subscriptions_path, &f->subscriptions, &f->subscriptions_len);
    share_file(b->comm, &f->contracts_path, &f->contracts, &f->contracts_len);
    return f->subscriptions_path ? rr_subscribers_read(b->comm, f, err) : 0;
}

/* Collective. A part of the rows shows a part of what is wrong: the whole book is read to tell it. */
static int explain(struct billing *b, struct rr_error *err)
{
    int result = -1;
    if (b->comm->rank == 0 && b->files.rows) {
        struct rr_error first;
        if (rr_book_read_subscriptions(&b->files, &first) == 0) {
            struct rr_book *book = rr_book_parse(&b->files, NULL, &first);
            *err = book ? *err : first;
            rr_book_close(book);
        }
    }
    return rr_agree(b->comm, result, err);
}

/* Collective. */
static int open_book(struct billing *b, struct rr_error *err)
{
    if (read_files(b, err) != 0)
        return -1;
    b->book = rr_book_parse(&b->files, NULL, err);
    if (rr_agree(b->comm, b->book ? 0 : -1, err) == 0)
        return 0;
    return explain(b, err);
}

/* Half of the node's memory, shared by its ranks. */
static uint64_t default_memory(const struct rr_comm *comm)
{
    return rr_node_memory() / 2 / (uint64_t)rr_comm_local_size(comm);
}

/* Collective. */
static int publish(void *self, struct rr_state *state, struct rr_progress *progress,
                   struct rr_error *err)
{
    struct billing *b = self;
    struct rr_parties *parties = rr_parties_create(b->book);
    if (b->files.rows)
        rr_subscribers_spread(b->comm, state->manifest->n_shards, parties, b->book);
    const struct rr_publishing publishing = {b->comm,     b->options, &b->files, b->book,
                                             b->calendar, b->meters,  parties,   b->memory};
    (void)progress;
    int result = rr_publish(&publishing, state, err);
    rr_parties_destroy(parties);
    return result;
}

static void close_billing(struct billing *b)
{
    rr_meters_destroy(b->meters);
    rr_calendar_destroy(b->calendar);
    rr_book_close(b->book);
    rr_book_files_fini(&b->files);
}

static int run_engine(struct billing *b, struct rr_error *err)
{
    const struct rr_billing_options *o = b->options;
    char *state_text = rr_book_state_text(b->book);
    struct rr_engine engine = {
        .comm = b->comm,
        .dir = o->dir,
        .job = rr_meters_job(b->meters),
        .state_text = state_text,
        .reads = o->reads,
        .fresh = o->fresh,
        .inputs = o->inputs,
        .n_inputs = o->n_inputs,
        .n_shards = o->n_shards,
        .memory = b->memory,
        .split_bytes = o->split_bytes,
        .pace = {o->checkpoint_every_s, o->stop},
        .progress = o->progress,
        .metrics_path = o->metrics_path,
        .publish = publish,
        .self = b,
    };
    int result = rr_engine_run(&engine, err);
    free(state_text);
    return result;
}

int rr_billing_run(const struct rr_comm *comm, const struct rr_billing_options *options,
                   struct rr_error *err)
{
    struct billing b = {.comm = comm, .options = options};
    int result = open_book(&b, err);
    if (result == 0) {
        b.memory = options->memory ? options->memory : default_memory(comm);
        b.calendar = rr_calendar_create(b.book);
        b.meters = rr_meters_create(b.book, b.calendar);
        result = run_engine(&b, err);
    }
    close_billing(&b);
    return result;
}
