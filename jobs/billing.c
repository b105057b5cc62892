/* Billing: from a complete state to a published result. */
#include "billing.h"

#include "../io/commit.h"
#include "../io/memory.h"
#include "../runtime/reduce.h"
#include "../runtime/text_run.h"
#include "meters.h"
#include "rating.h"
#include "reconcile.h"
#include "result.h"
#include "run_facts.h"
#include "summary.h"

#include <stdio.h>
#include <unistd.h>

enum output { LINES, INVOICES, SHARES, UNRATED, CONFLICTS, QUARANTINE, OUTPUTS };

static const struct {
    const char *name;
    const char *header;
} outputs[OUTPUTS] = {
    [LINES] = {"lines.csv", rr_lines_header},
    [INVOICES] = {"invoices.csv", rr_invoices_header},
    [SHARES] = {"shares.csv", "contract,period,charge,detail,from,account,quantity,amount\n"},
    [UNRATED] = {"unrated.csv", rr_unrated_header},
    [CONFLICTS] = {"conflicts.csv", rr_conflicts_header},
    [QUARANTINE] = {"quarantine.csv", rr_quarantine_header},
};

struct billing {
    const struct rr_comm *comm;
    const struct rr_billing_options *options;
    struct rr_book_files files;
    struct rr_book *book;
    struct rr_calendar *calendar;
    struct rr_meters *meters;
    uint64_t memory;
    struct rr_state *state;
    struct rr_progress *progress;
    struct rr_span span;
    struct rr_dictionary *subscribers;
    struct rr_rating *rating;
    struct rr_rated_rows rows;
    struct rr_totals totals;
    struct rr_sum *cells; /* of each meter with an additive kernel: what its cells hold */
    bool *summed;
    struct rr_result result;
    struct rr_output *output[OUTPUTS];
    unsigned number;
    bool same;
};

/* Collective. Rank 0 reads the book's files; all parse the same bytes. */
static int open_book(struct billing *b, struct rr_error *err)
{
    int result = b->comm->rank == 0 ? rr_book_read(b->options->book_path, &b->files, err) : 0;
    if (rr_agree(b->comm, result, err) != 0)
        return -1;
    size_t path_len = b->comm->rank == 0 ? strlen(b->files.path) : 0;
    size_t more_len = b->files.subscriptions_path ? strlen(b->files.subscriptions_path) + 1 : 0;
    rr_comm_share(b->comm, &b->files.path, &path_len, 0);
    rr_comm_share(b->comm, &b->files.book, &b->files.book_len, 0);
    rr_comm_share(b->comm, &b->files.subscriptions_path, &more_len, 0);
    rr_comm_share(b->comm, &b->files.subscriptions, &b->files.subscriptions_len, 0);
    if (more_len == 0) {
        free(b->files.subscriptions_path);
        b->files.subscriptions_path = NULL;
    }
    b->book = rr_book_parse(&b->files, NULL, err);
    return rr_agree(b->comm, b->book ? 0 : -1, err);
}

/* The first and last period that the state's cells lie in; false when there are none. */
static bool usage_periods(const struct billing *b, int32_t *first, int32_t *last)
{
    const struct rr_manifest *m = b->state->manifest;
    bool any = false;
    int32_t first_bucket = INT32_MAX, last_bucket = INT32_MIN;
    for (uint32_t i = 0; i < m->n_runs; i++) {
        const struct rr_run_entry *run = &m->runs[i];
        if (run->kind != RR_RUN_CELLS || run->items == 0)
            continue;
        any = true;
        first_bucket = run->first_bucket < first_bucket ? run->first_bucket : first_bucket;
        last_bucket = run->last_bucket > last_bucket ? run->last_bucket : last_bucket;
    }
    if (any) {
        *first = rr_bucket_period(b->calendar, first_bucket);
        *last = rr_bucket_period(b->calendar, last_bucket);
    }
    return any;
}

static int parse_period(const struct billing *b, const char *option, const char *text,
                        int32_t *period, struct rr_error *err)
{
    static const char *const form[] = {[RR_DAY] = "2025-03-09",
                                       [RR_WEEK] = "2025-W09",
                                       [RR_MONTH] = "2025-03",
                                       [RR_QUARTER] = "2025-Q1",
                                       [RR_YEAR] = "2025"};
    if (text == NULL || rr_period_parse(b->book->period, text, period))
        return 0;
    return rr_fail(err, RR_EXIT_USAGE, "%s %s: this book's periods are written like %s", option,
                   text, form[b->book->period]);
}

/* From the first usage or subscription to the last usage, unless the user says otherwise. */
static int choose_span(struct billing *b, struct rr_error *err)
{
    const struct rr_book *book = b->book;
    struct rr_span span = {INT32_MAX, INT32_MIN, 0};
    usage_periods(b, &span.first, &span.last);
    for (int i = 0; i < book->n_subscriptions; i++) {
        int32_t period = rr_period_of_day(book->period, book->subscriptions[i].start);
        span.first = period < span.first ? period : span.first;
    }
    if (parse_period(b, "--from", b->options->from, &span.first, err) != 0 ||
        parse_period(b, "--to", b->options->to, &span.last, err) != 0)
        return -1;
    if (b->options->from && b->options->to && span.first > span.last)
        return rr_fail(err, RR_EXIT_USAGE, "--from %s is after --to %s", b->options->from,
                       b->options->to);
    if (span.first <= span.last)
        span.horizon = rr_period_start(book->period, span.last + 1);
    b->span = span;
    return 0;
}

static void list_subscribers(struct billing *b)
{
    b->subscribers = rr_dictionary_create();
    for (int i = 0; i < b->book->n_subscriptions; i++) {
        struct rr_text account = b->book->subscriptions[i].account;
        rr_dictionary_enter(b->subscribers, account, rr_dictionary_hash(account));
    }
}

/* What the cells of the summed meters hold, before rating merges them into each other. */
static int count_cells(struct billing *b, const struct rr_cell *cells, uint32_t n,
                       struct rr_error *err)
{
    const struct rr_job *job = rr_meters_job(b->meters);
    for (uint32_t i = 0; i < n; i++) {
        rr_decimal value;
        if (!b->summed[cells[i].meter])
            continue;
        if (!job->meters[cells[i].meter].kernel->finalize(cells[i].state, &value)) {
            struct rr_text name = b->book->meters[cells[i].meter].name;
            return rr_fail(err, RR_EXIT_DATA, "a quantity of meter '%.*s' has more than 20 digits",
                           RR_SHOW(name));
        }
        rr_sum_add(&b->cells[cells[i].meter], value);
    }
    return 0;
}

static int add_rows(struct billing *b, enum output output, struct rr_text key,
                    const struct rr_line *rows, struct rr_error *err)
{
    if (rows->used == 0)
        return 0;
    if (rows->used > UINT32_MAX / 2)
        return rr_fail(err, RR_EXIT_DATA, "account '%.*s' has more than 2 GB of lines",
                       RR_SHOW(key));
    return rr_output_add(b->output[output], key, rr_line_text(rows), err);
}

static int bill_account(void *self, struct rr_text account, struct rr_cell *cells, uint32_t n,
                        struct rr_error *err)
{
    struct billing *b = self;
    struct rr_rated *rated;
    if (*b->options->stop) /* the state is committed; a result is made whole or not at all */
        return rr_fail(err, RR_EXIT_STOPPED,
                       "stopped before anything was published; give the same "
                       "command again to go on");
    if (count_cells(b, cells, n, err) != 0 ||
        rr_rating_account(b->rating, account, cells, n, &rated, err) != 0 ||
        rr_rated_write(rated, b->book->period, &b->rows, &b->totals, err) != 0)
        return -1;
    if (add_rows(b, LINES, account, &b->rows.lines, err) != 0 ||
        add_rows(b, INVOICES, account, &b->rows.invoices, err) != 0)
        return -1;
    return add_rows(b, UNRATED, account, &b->rows.unrated, err);
}

static int take_text(void *output, struct rr_text key, struct rr_text text, struct rr_error *err)
{
    return rr_output_add(output, key, text, err);
}

/* Quarantined records and conflicts, kept as texts, each run by one rank; to the outputs that are
 * open. */
static int add_texts(struct billing *b, struct rr_error *err)
{
    const struct rr_manifest *m = b->state->manifest;
    for (uint32_t i = 0; i < m->n_runs; i++) {
        char path[4096];
        enum rr_run_kind kind = m->runs[i].kind;
        if (kind != RR_RUN_QUARANTINE && kind != RR_RUN_CONFLICTS)
            continue;
        if ((int)(i % (uint32_t)b->comm->size) != b->comm->rank)
            continue;
        enum output output = kind == RR_RUN_QUARANTINE ? QUARANTINE : CONFLICTS;
        if (b->output[output] == NULL)
            continue;
        rr_state_run_path(b->state, m->runs[i].name, path);
        if (rr_text_run_read(path, take_text, b->output[output], err) != 0)
            return -1;
    }
    return 0;
}

static int rate_all(struct billing *b, struct rr_error *err)
{
    const struct rr_job *job = rr_meters_job(b->meters);
    struct rr_reducer reducer = {b, b->subscribers, bill_account};
    b->rating = rr_rating_create(b->book, b->calendar, job, b->span);
    for (int m = 0; m < job->n_meters; m++)
        b->summed[m] = job->meters[m].kernel->additive;
    int result = rr_reduce(b->state, job, &reducer, err);
    rr_rating_destroy(b->rating);
    if (result == 0)
        result = add_texts(b, err);
    return rr_agree(b->comm, result, err);
}

/* Collective. Sums over all ranks what was counted while rating. */
static void combine(struct billing *b)
{
    char *all;
    size_t len, each = (size_t)b->book->n_meters * sizeof *b->cells;
    rr_totals_combine(&b->totals, b->comm);
    rr_comm_concat(b->comm, b->cells, each, &all, &len, NULL);
    memset(b->cells, 0, each);
    for (size_t at = 0; at < len; at += sizeof *b->cells) {
        struct rr_sum sum;
        memcpy(&sum, all + at, sizeof sum);
        rr_sum_merge(&b->cells[at % each / sizeof sum], &sum);
    }
    free(all);
}

/* Rank 0: writes a JSON text with its line end, and frees it. */
static int put_json(struct billing *b, const char *name, char *text, struct rr_error *err)
{
    struct rr_line line = {0};
    rr_line_put(&line, text, strlen(text));
    rr_line_put(&line, "\n", 1);
    free(text);
    int result = rr_result_put(&b->result, name, line.bytes, line.used, err);
    rr_line_fini(&line);
    return result;
}

/* Rank 0: what is known of the result as a whole, and the book it was priced by. */
static int write_facts(struct billing *b, const struct rr_reconciliation *reconciliation,
                       struct rr_error *err)
{
    char *text = rr_reconciliation_format(reconciliation);
    if (put_json(b, "reconciliation.json", text, err) != 0 ||
        rr_result_put(&b->result, "book.yaml", b->files.book, b->files.book_len, err) != 0)
        return -1;
    text = rr_run_facts_format(b->book, b->state->manifest, &b->span, &b->result);
    return put_json(b, "run.json", text, err);
}

static int finish_result(struct billing *b, struct rr_error *err)
{
    struct rr_reconciliation reconciliation = {b->book, b->state->manifest, &b->totals, b->cells,
                                               b->summed};
    for (int o = 0; o < OUTPUTS; o++) {
        struct rr_output *output = b->output[o];
        b->output[o] = NULL;
        if (rr_result_finish_output(&b->result, outputs[o].name, output, err) != 0)
            return -1;
    }
    int result = rr_reconcile(&reconciliation, err);
    if (result == 0 && b->comm->rank == 0) {
        result = rr_lock_check(&b->state->lock, err);
        if (result == 0)
            result = write_facts(b, &reconciliation, err);
        if (result == 0)
            result = rr_result_publish(&b->result, &b->number, &b->same, err);
    }
    return rr_agree(b->comm, result, err);
}

static int check_quarantine(const struct billing *b, struct rr_error *err)
{
    const struct rr_tally *in = &b->state->manifest->ingested;
    uint64_t n = rr_tally_quarantined(in), most = b->options->max_quarantine;
    bool percent = b->options->max_quarantine_is_percent;
    bool too_many = percent ? (rr_u128)n * 100 > (rr_u128)in->read * most : n > most;
    if (!too_many)
        return 0;
    char codes[256] = "";
    for (int code = RR_ACCEPT + 1; code < RR_REJECT_CODES; code++)
        if (in->quarantined[code] > 0) {
            size_t used = strlen(codes);
            snprintf(codes + used, sizeof codes - used, "%s%s %llu", used ? ", " : "",
                     rr_reject_name((enum rr_reject)code),
                     (unsigned long long)in->quarantined[code]);
        }
    return rr_fail(err, RR_EXIT_DATA,
                   "%llu of %llu records are quarantined (%s) and --max-quarantine is %llu%s; "
                   "nothing was published; they are listed in %s/quarantine.csv",
                   (unsigned long long)n, (unsigned long long)in->read, codes,
                   (unsigned long long)most, percent ? "%" : "", b->state->dir);
}

/* Collective. Records that block publishing are listed beside the state, for repair. The list goes
 * when they no longer do. */
static void drop_list(const struct billing *b, char path[RR_RESULT_PATH])
{
    snprintf(path, RR_RESULT_PATH, "%s/quarantine.csv", b->state->dir);
    if (b->comm->rank == 0)
        unlink(path);
    rr_comm_barrier(b->comm);
}

/* Collective. */
static int list_quarantine(struct billing *b, struct rr_error *err)
{
    char path[RR_RESULT_PATH];
    uint64_t bytes;
    struct rr_digest digest;
    drop_list(b, path);
    b->output[QUARANTINE] =
        rr_output_create(b->comm, path, rr_quarantine_header, b->memory / OUTPUTS);
    int result = rr_agree(b->comm, add_texts(b, err), err);
    if (result == 0)
        result = rr_output_finish(b->output[QUARANTINE], &bytes, &digest, err);
    return result;
}

/* Collective. */
static int publish(void *self, struct rr_state *state, struct rr_progress *progress,
                   struct rr_error *err)
{
    struct billing *b = self;
    b->state = state;
    b->progress = progress;
    struct rr_error refusal;
    char list[RR_RESULT_PATH];
    if (check_quarantine(b, &refusal) != 0) {
        if (list_quarantine(b, err) == 0)
            *err = refusal;
        return -1;
    }
    drop_list(b, list);
    if (choose_span(b, err) != 0 || rr_result_begin(&b->result, b->comm, state->dir, state->run_id,
                                                    b->options->compress, err) != 0)
        return -1;
    list_subscribers(b);
    for (int o = 0; o < OUTPUTS; o++)
        b->output[o] =
            rr_result_output(&b->result, outputs[o].name, outputs[o].header, b->memory / OUTPUTS);
    int result = rate_all(b, err);
    if (result == 0) {
        combine(b);
        result = finish_result(b, err);
    }
    if (result != 0) {
        rr_comm_barrier(b->comm);
        if (b->comm->rank == 0)
            rr_result_abandon(&b->result);
    } else if (b->comm->rank == 0) {
        rr_summary_print(b->options->json, state->manifest, &b->totals, state->dir, b->number,
                         b->same);
    }
    return result;
}

/* Half of the node's memory, shared by its ranks. */
static uint64_t default_memory(const struct rr_comm *comm)
{
    uint64_t bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    return bytes / 2 / (uint64_t)rr_comm_local_size(comm);
}

static void close_billing(struct billing *b)
{
    for (int o = 0; o < OUTPUTS; o++)
        rr_output_destroy(b->output[o]);
    rr_rated_rows_fini(&b->rows);
    rr_totals_fini(&b->totals);
    rr_dictionary_destroy(b->subscribers);
    rr_meters_destroy(b->meters);
    rr_calendar_destroy(b->calendar);
    rr_book_close(b->book);
    rr_book_files_fini(&b->files);
    free(b->cells);
    free(b->summed);
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
        b.cells = rr_calloc((size_t)b.book->n_meters, sizeof *b.cells);
        b.summed = rr_calloc((size_t)b.book->n_meters, sizeof *b.summed);
        result = run_engine(&b, err);
    }
    close_billing(&b);
    return result;
}
