/* Billing: books, their meters and the engine, brought together. */
#include "billing.h"

#include "../io/memory.h"
#include "control.h"
#include "open_book.h"
#include "publishing.h"

#include <stdlib.h>
#include <string.h>

struct billing {
    const struct rr_comm *comm;
    const struct rr_billing_options *options;
    struct rr_open_book *books; /* those that are priced */
    int n_books;
    struct rr_control *control; /* rank 0; NULL without control totals */
    uint64_t memory;
};

static struct rr_book_source source_of(const struct rr_billing_options *o, int nth)
{
    if (o->of_result > 0)
        return (struct rr_book_source){.workspace = o->dir, .result = o->of_result};
    return (struct rr_book_source){.path = o->n_what_if > 0 ? o->what_if[nth] : o->book_path};
}

/* All read usage alike, so that one pass over the state serves them. */
static int check_state_text(const struct billing *b, int nth, struct rr_error *err)
{
    char *first = rr_book_state_text(b->books[0].book),
         *text = rr_book_state_text(b->books[nth].book);
    bool same = strcmp(first, text) == 0;
    free(first);
    free(text);
    if (same)
        return 0;
    return rr_fail(err, RR_EXIT_BOOK,
                   "%s: reads usage or meters it otherwise than %s: books of one command differ in "
                   "prices alone",
                   b->books[nth].book->path, b->books[0].book->path);
}

/* Collective. */
static int open_books(struct billing *b, struct rr_error *err)
{
    int n = b->options->n_what_if > 0 ? b->options->n_what_if : 1;
    b->books = rr_calloc((size_t)n, sizeof *b->books);
    while (b->n_books < n) {
        struct rr_open_book *open = &b->books[b->n_books];
        const struct rr_book_source source = source_of(b->options, b->n_books++);
        if (rr_open_book(b->comm, &source, b->memory / 2, open, err) != 0 ||
            check_state_text(b, b->n_books - 1, err) != 0)
            return -1;
    }
    return 0;
}

/* Collective. Only rank 0 holds inputs against them. */
static int read_control(struct billing *b, struct rr_error *err)
{
    const char *path = b->options->control_path;
    if (path && b->comm->rank == 0)
        b->control = rr_control_read(path, b->books[0].book, err);
    bool failed = path && b->comm->rank == 0 && b->control == NULL;
    return rr_agree(b->comm, failed ? -1 : 0, err);
}

/* Collective. */
static int publish(void *self, struct rr_state *state, struct rr_progress *progress,
                   struct rr_error *err)
{
    struct billing *b = self;
    (void)progress;
    const struct rr_publishing publishing = {b->comm,    b->options, b->books,
                                             b->n_books, b->control, b->memory};
    return rr_publish(&publishing, state, err);
}

static int run_engine(struct billing *b, struct rr_error *err)
{
    const struct rr_billing_options *o = b->options;
    char *state_text = rr_book_state_text(b->books[0].book);
    struct rr_engine engine = {
        .comm = b->comm,
        .dir = o->dir,
        .job = rr_meters_job(b->books[0].meters),
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

static void close_billing(struct billing *b)
{
    rr_control_destroy(b->control);
    for (int i = 0; i < b->n_books; i++)
        rr_open_book_close(&b->books[i]);
    free(b->books);
}

int rr_billing_run(const struct rr_comm *comm, const struct rr_billing_options *options,
                   struct rr_error *err)
{
    struct billing b = {.comm = comm, .options = options};
    b.memory = options->memory ? options->memory : rr_comm_memory(comm);
    rr_memory_keep(b.memory);
    int result = open_books(&b, err);
    if (result == 0)
        result = read_control(&b, err);
    if (result == 0)
        result = run_engine(&b, err);
    close_billing(&b);
    return result;
}
