/* Billing: the book, its meters and the engine, brought together. */
#include "billing.h"

#include "../io/memory.h"
#include "contract_parts.h"
#include "control.h"
#include "kept_books.h"
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
    struct rr_contract_parts *parts;    /* NULL where all know all contracts */
    struct rr_subscribers *subscribers; /* NULL where the book names no file */
    struct rr_control *control;         /* rank 0; NULL without control totals */
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

static int read_book(const struct rr_billing_options *o, struct rr_book_files *files,
                     struct rr_error *err)
{
    struct rr_result_facts facts;
    if (o->of_result == 0)
        return rr_book_read_apart(o->book_path, files, err);
    if (rr_result_facts_read(o->dir, o->of_result, &facts, err) != 0)
        return -1;
    int result = rr_kept_book_read(o->dir, &facts, files, err);
    rr_result_facts_fini(&facts);
    return result;
}

/* Collective. Rank 0 reads the book; all ranks read what lies beside it, in parts. */
static int read_files(struct billing *b, struct rr_error *err)
{
    struct rr_book_files *f = &b->files;
    int result = 0;
    if (b->comm->rank == 0)
        result = read_book(b->options, f, err);
    if (rr_agree(b->comm, result, err) != 0)
        return -1;
    share_file(b->comm, &f->path, &f->book, &f->book_len);
    share_file(b->comm, &f->subscriptions_path, &f->subscriptions, &f->subscriptions_len);
    share_file(b->comm, &f->contracts_path, &f->contracts, &f->contracts_len);
    if (f->contracts_path && rr_contract_parts_read(b->comm, f, &b->parts, err) != 0)
        return -1;
    return f->subscriptions_path ? rr_subscribers_open(b->comm, f, &b->subscribers, err) : 0;
}

/* Rank 0. 0 when nothing is wrong. */
static int find_mistake(const struct billing *b, struct rr_error *err)
{
    struct rr_book *book = rr_book_open(b->options->book_path, err);
    rr_book_close(book);
    return book ? 0 : -1;
}

/* Collective. A part of the files shows a part of what is wrong: the whole is read to tell it. 0 when
 * nothing is. */
static int explain(const struct billing *b, struct rr_error *err)
{
    return rr_agree(b->comm, b->comm->rank == 0 ? find_mistake(b, err) : 0, err);
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
    if (rr_agree(b->comm, b->book ? 0 : -1, err) != 0) {
        explain(b, err);
        return -1;
    }
    if (b->parts)
        share_events(b->comm, b->book);
    return 0;
}

/* Collective. */
static int prove_subscribers(struct billing *b, struct rr_error *err)
{
    bool wrong;
    if (b->subscribers == NULL)
        return 0;
    if (rr_subscribers_prove(b->subscribers, b->book, b->memory / 2, &wrong, err) != 0)
        return -1;
    return wrong ? explain(b, err) : 0;
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
    const struct rr_publishing publishing = {.comm = b->comm,
                                             .options = b->options,
                                             .files = &b->files,
                                             .book = book,
                                             .calendar = b->calendar,
                                             .meters = b->meters,
                                             .subscribers = b->subscribers,
                                             .parties = parties,
                                             .control = b->control,
                                             .memory = b->memory};
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
    rr_subscribers_close(b->subscribers);
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
    b.memory = options->memory ? options->memory : default_memory(comm);
    rr_memory_keep(b.memory);
    int result = open_book(&b, err);
    if (result == 0)
        result = read_control(&b, err);
    if (result == 0)
        result = prove_subscribers(&b, err);
    if (result == 0) {
        b.calendar = rr_calendar_create(b.book);
        b.meters = rr_meters_create(b.book, b.calendar);
        result = run_engine(&b, err);
    }
    close_billing(&b);
    return result;
}
