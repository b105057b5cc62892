/* Ingest: reading, sending, receiving and committing, in epochs. */
#include "ingest.h"

#include "../io/memory.h"
#include "owner.h"
#include "plan.h"
#include "queue.h"
#include "router.h"

#include <stdio.h>
#include <string.h>

const char rr_quarantine_header[] = "file,record,offset,code,raw\n";

struct ingest {
    struct rr_state *state;
    const struct rr_job *job;
    const struct rr_pace *pace;
    struct rr_budget budget;
    struct rr_progress *progress;
    uint32_t *place_of, *file_of;
    uint32_t *todo; /* splits that are not done */
    uint32_t n_todo;
    struct rr_queue queue;
    bool queue_empty;
    uint64_t weight_taken, taken_seen; /* rank 0, for progress */
    struct rr_exchange *exchange;
    struct rr_owner *owner;
    struct rr_router *router;
    struct rr_texts quarantine;
    struct rr_changes changes;
    struct rr_input_counter counter; /* of the split being read */
    struct rr_csv *csv;              /* the split being read, or NULL */
    uint32_t split;
    int64_t deadline_ns; /* of the epoch */
};

static void list_todo(struct ingest *in)
{
    const struct rr_manifest *m = in->state->manifest;
    in->todo = rr_malloc(m->n_splits * sizeof *in->todo);
    for (uint32_t s = 0; s < m->n_splits; s++)
        if (!m->splits[s].done)
            in->todo[in->n_todo++] = s;
}

static const char *path_of(const struct ingest *in, uint32_t split)
{
    const struct rr_manifest *m = in->state->manifest;
    return m->files[m->splits[split].split.file].path;
}

static int open_split(struct ingest *in, uint32_t split, struct rr_error *err)
{
    const struct rr_split_entry *entry = &in->state->manifest->splits[split];
    in->split = split;
    in->csv = rr_csv_open(path_of(in, split), &entry->split, in->job->columns, in->job->n_columns,
                          entry->next, entry->next_record, err);
    return in->csv ? 0 : -1;
}

/* Takes the next split, if there is one. */
static int next_split(struct ingest *in, struct rr_error *err)
{
    uint64_t item;
    if (in->queue_empty || !rr_queue_take(&in->queue, &item)) {
        in->queue_empty = true;
        return 0;
    }
    return open_split(in, in->todo[item], err);
}

static uint32_t file_of_split(const struct ingest *in)
{
    return in->state->manifest->splits[in->split].split.file;
}

static void note_progress(struct ingest *in, bool done)
{
    struct rr_split_progress p = {.split = in->split, .done = done};
    uint64_t stored;
    rr_csv_position(in->csv, &p.next, &p.next_record, &stored);
    p.has_facts = done && rr_csv_facts(in->csv, &p.facts);
    rr_changes_add_progress(&in->changes, &p);
    rr_input_parts_add(&in->changes.inputs, file_of_split(in), &in->counter);
}

static void close_split(struct ingest *in)
{
    rr_csv_close(in->csv);
    in->csv = NULL;
}

static int write_quarantine(struct ingest *in, struct rr_error *err)
{
    struct rr_run_entry entry;
    char path[4096];
    if (in->quarantine.n == 0)
        return 0;
    rr_state_new_run(in->state, RR_RUN_QUARANTINE, &entry, path);
    entry.items = in->quarantine.n;
    if (rr_text_run_write(path, &in->quarantine, &entry.bytes, &entry.digest, err) != 0)
        return -1;
    rr_texts_clear(&in->quarantine);
    rr_changes_add_run(&in->changes, &entry);
    return 0;
}

/* Reads and sends one batch. */
static int read_batch(struct ingest *in, struct rr_error *err)
{
    const struct rr_batch *batch;
    int got = rr_csv_read(in->csv, &batch, err);
    if (got < 0)
        return -1;
    if (got == 0) {
        note_progress(in, true);
        close_split(in);
        return 0;
    }
    rr_router_send(in->router, batch, path_of(in, in->split), in->place_of[file_of_split(in)]);
    return in->quarantine.used > in->budget.texts ? write_quarantine(in, err) : 0;
}

static void show_progress(struct ingest *in)
{
    uint64_t taken = rr_queue_taken(&in->queue);
    for (; in->taken_seen < taken; in->taken_seen++)
        in->weight_taken += in->state->manifest->splits[in->todo[in->taken_seen]].split.weight;
    rr_progress_at(in->progress, in->weight_taken);
}

/* Names can only be forgotten between epochs. */
static bool names_are_many(const struct ingest *in)
{
    return rr_router_name_bytes(in->router) + rr_owner_name_bytes(in->owner) > in->budget.names;
}

static bool should_stop(const struct ingest *in)
{
    return *in->pace->stop || rr_owner_error(in->owner) || rr_now_ns() > in->deadline_ns ||
           names_are_many(in);
}

/* Reads until the inputs end or a rank asks to stop. */
static int read_epoch(struct ingest *in, struct rr_error *err)
{
    int result = 0;
    while (result == 0) {
        rr_exchange_poll(in->exchange);
        if (rr_exchange_stop_asked(in->exchange))
            break;
        if (in->csv == NULL && (result = next_split(in, err)) == 0 && in->csv == NULL)
            break;
        if (result == 0)
            result = read_batch(in, err);
        show_progress(in);
        if (should_stop(in)) /* only now: every epoch reads something */
            rr_exchange_ask_stop(in->exchange);
    }
    if (result != 0)
        rr_exchange_ask_stop(in->exchange);
    else if (in->csv)
        note_progress(in, false);
    return result;
}

static int flush(struct ingest *in, struct rr_error *err)
{
    const struct rr_error *failed = rr_owner_error(in->owner);
    if (failed) {
        *err = *failed;
        return -1;
    }
    if (rr_owner_flush(in->owner, err) != 0)
        return -1;
    return write_quarantine(in, err);
}

/* Collective. One epoch: read, exchange, flush, commit. */
static int run_epoch(struct ingest *in, struct rr_error *err)
{
    in->deadline_ns = rr_now_ns() + in->pace->checkpoint_every_s * 1000000000;
    rr_exchange_begin(in->exchange);
    int result = read_epoch(in, err);
    rr_exchange_end(in->exchange);
    if (result == 0)
        result = flush(in, err);
    if (rr_agree(in->state->comm, result, err) != 0)
        return -1;
    in->progress->checkpoints++;
    return rr_state_commit(in->state, &in->changes, err);
}

/* Collective. Where a rank knows too many names all forget theirs, which is as well: codes mean one
 * name for sender and owner. */
static void forget_names(struct ingest *in)
{
    if (rr_comm_max(in->state->comm, names_are_many(in)) == 0)
        return;
    rr_router_forget(in->router);
    rr_owner_forget(in->owner);
}

static int run_epochs(struct ingest *in, struct rr_error *err)
{
    const struct rr_comm *comm = in->state->comm;
    for (;;) {
        if (run_epoch(in, err) != 0)
            return -1;
        forget_names(in);
        bool stop = rr_comm_max(comm, *in->pace->stop != 0) != 0;
        bool more = rr_comm_max(comm, in->csv != NULL || !in->queue_empty) != 0;
        if (!more)
            return 0;
        if (stop)
            return rr_fail(err, RR_EXIT_STOPPED,
                           "stopped with a checkpoint; give the same command again to go on");
    }
}

static uint64_t total_weight(const struct ingest *in)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < in->n_todo; i++)
        sum += in->state->manifest->splits[in->todo[i]].split.weight;
    return sum;
}

int rr_ingest(struct rr_state *state, const struct rr_job *job, const struct rr_pace *pace,
              uint64_t memory, struct rr_progress *progress, struct rr_error *err)
{
    struct ingest in = {.state = state, .job = job, .pace = pace, .progress = progress};
    list_todo(&in);
    if (in.n_todo == 0) {
        free(in.todo);
        return 0;
    }
    rr_state_file_order(state->manifest, &in.place_of, &in.file_of);
    rr_progress_phase(progress, "reading", total_weight(&in));
    rr_changes_init(&in.changes, job->n_meters);
    rr_input_counter_init(&in.counter, job->n_meters);
    rr_queue_init(&in.queue, state->comm, in.n_todo);
    in.budget = rr_budget_of(memory, job->has_event_ids);
    in.owner = rr_owner_create(state, job, in.file_of, &in.budget, &in.changes);
    in.exchange = rr_exchange_create(state->comm, rr_row_size(job), in.budget.blocks,
                                     rr_owner_receiver(in.owner));
    in.router = rr_router_create(state->comm, job, state->manifest->n_shards, in.exchange,
                                 &in.quarantine, &in.counter);
    int result = run_epochs(&in, err);
    close_split(&in);
    rr_router_destroy(in.router);
    rr_exchange_destroy(in.exchange);
    rr_owner_destroy(in.owner);
    rr_queue_fini(&in.queue);
    rr_changes_fini(&in.changes);
    rr_input_counter_fini(&in.counter);
    rr_texts_fini(&in.quarantine);
    free(in.todo);
    free(in.place_of);
    free(in.file_of);
    return result;
}
