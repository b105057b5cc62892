/* Billing: the book, its meters and the engine, brought together. */
#include "billing.h"

#include "../io/memory.h"
#include "contract_parts.h"
#include "control.h"
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
    struct rr_contract_parts *parts; /* NULL where all know all contracts */
    struct rr_control *control;      /* rank 0; NULL without control totals */
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
    if (f->contracts_path && rr_contract_parts_read(b->comm, f, &b->parts, err) != 0)
        return -1;
    return f->subscriptions_path ? rr_subscribers_read(b->comm, f, err) : 0;
}

static int read_whole(struct rr_book_files *files, struct rr_error *err)
{
    if (files->rows && rr_book_read_subscriptions(files, err) != 0)
        return -1;
    return files->contracts_apart ? rr_book_read_contracts(files, err) : 0;
}

/* Collective. A part of the files shows a part of what is wrong: the whole is read to tell it. */
static int explain(struct billing *b, struct rr_error *err)
{
    if (b->comm->rank == 0 && (b->files.rows || b->files.contracts_apart)) {
        struct rr_error first;
        if (read_whole(&b->files, &first) == 0) {
            struct rr_book *book = rr_book_parse(&b->files, NULL, &first);
            *err = book ? *err : first;
            rr_book_close(book);
        }
    }
    return rr_agree(b->comm, -1, err);
}

/* Collective. Charges that stand in one rank's contracts only may need events of all. */
static void share_events(const struct rr_comm *comm, struct rr_book *book)
{
    for (int i = 0; i < book->n_meters; i++)
        book->meters[i].per_event = rr_comm_max(comm, book->meters[i].per_event) != 0;
}

/* Collective. */
static int open_book(struct billing *b, struct rr_error *err)
{
    if (read_files(b, err) != 0)
        return -1;
    b->book = rr_book_parse(&b->files, NULL, err);
    if (rr_agree(b->comm, b->book ? 0 : -1, err) != 0)
        return explain(b, err);
    if (b->parts)
        share_events(b->comm, b->book);
    return 0;
}

/* Half of the node's memory, shared by its ranks. */
static uint64_t default_memory(const struct rr_comm *comm)
{
    return rr_node_memory() / 2 / (uint64_t)rr_comm_local_size(comm);
}

/* Collective. The book that this rank prices by: whole contracts of the parties that it rates. */
static struct rr_book *book_for_rating(struct billing *b, uint32_t n_shards, struct rr_error *err)
{
    struct rr_parties *parties = rr_parties_create(b->book);
    rr_contract_parts_gather(b->parts, b->comm, n_shards, parties, b->book, &b->files);
    rr_parties_destroy(parties);
    return rr_book_parse(&b->files, NULL, err);
}

/* Collective. */
static int publish_by(struct billing *b, struct rr_book *book, struct rr_state *state,
                      struct rr_error *err)
{
    struct rr_parties *parties = rr_parties_create(book);
    if (b->files.rows)
        rr_subscribers_spread(b->comm, state->manifest->n_shards, parties, book);
    const struct rr_publishing publishing = {
        b->comm,   b->options, &b->files,  book,      b->calendar,
        b->meters, parties,    b->control, b->memory,
    };
    int result = rr_publish(&publishing, state, err);
    rr_parties_destroy(parties);
    return result;
}

/* Collective. */
static int publish(void *self, struct rr_state *state, struct rr_progress *progress,
                   struct rr_error *err)
{
    struct billing *b = self;
    (void)progress;
    if (b->parts == NULL)
        return publish_by(b, b->book, state, err);
    struct rr_book *book = book_for_rating(b, state->manifest->n_shards, err);
    int result = rr_agree(b->comm, book ? 0 : -1, err);
    if (result == 0)
        result = publish_by(b, book, state, err);
    rr_book_close(book);
    return result;
}

/* Collective. Only rank 0 holds inputs against them. */
static int read_control(struct billing *b, struct rr_error *err)
{
    const char *path = b->options->control_path;
    if (path && b->comm->rank == 0)
        b->control = rr_control_read(path, b->book, err);
    bool failed = path && b->comm->rank == 0 && b->control == NULL;
    return rr_agree(b->comm, failed ? -1 : 0, err);
}

static void close_billing(struct billing *b)
{
    rr_control_destroy(b->control);
    rr_meters_destroy(b->meters);
    rr_calendar_destroy(b->calendar);
    rr_book_close(b->book);
    rr_book_files_fini(&b->files);
    rr_contract_parts_destroy(b->parts);
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
        .as_of = o->as_of,
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
    if (result == 0)
        result = read_control(&b, err);
    if (result == 0) {
        b.memory = options->memory ? options->memory : default_memory(comm);
        b.calendar = rr_calendar_create(b.book);
        b.meters = rr_meters_create(b.book, b.calendar);
        result = run_engine(&b, err);
    }
    close_billing(&b);
    return result;
}
