/* Publishing: one pass over the state, and a result of each book. */
#include "publishing.h"

#include "../io/memory.h"
#include "../runtime/cell_tape.h"
#include "../runtime/reduce.h"
#include "input_facts.h"
#include "kept_books.h"
#include "pricing.h"
#include "reconcile.h"
#include "refusal.h"
#include "run_facts.h"
#include "summary.h"

#include <stdlib.h>

struct publishing {
    const struct rr_publishing *in;
    struct rr_state *state;
    struct rr_pricing *pricing; /* of each book */
    struct rr_summary *summary;
    int n_begun;
    struct rr_account_merge merge; /* of the accounts that books know */
    struct rr_cell_tape *tape;     /* where several books play an account's cells */
};

/* ---- the pass ---- */

static uint64_t memory_of_one(const struct publishing *p)
{
    return p->in->memory / (uint64_t)p->in->n_books;
}

/* Collective. */
static int begin_all(struct publishing *p, struct rr_error *err)
{
    const struct rr_billing_options *options = p->in->options;
    for (; p->n_begun < p->in->n_books; p->n_begun++) {
        struct rr_open_book *open = &p->in->books[p->n_begun];
        const struct rr_pricing_terms terms = {.comm = p->in->comm,
                                               .state = p->state,
                                               .open = open,
                                               .asked = {options->from, options->to},
                                               .carry = options->carry && options->as_of == 0,
                                               .memory = memory_of_one(p),
                                               .compress = options->compress,
                                               .nth = (unsigned)p->n_begun,
                                               .stop = options->stop};
        if (rr_open_book_deal(open, p->state->manifest->n_shards, err) != 0 ||
            rr_pricing_begin(&p->pricing[p->n_begun], &terms, err) != 0)
            return -1;
    }
    return 0;
}

/* An account that any of the books knows, as a source of the reducer's merge. */
static int next_known(void *self, struct rr_account_head *head, struct rr_error *err)
{
    struct publishing *p = self;
    int got = rr_account_merge_next(&p->merge, err);
    if (got > 0)
        *head = p->merge.head[p->merge.here[0]];
    return got;
}

static bool wants(void *self, struct rr_text account)
{
    struct publishing *p = self;
    bool wanted = false;
    for (int b = 0; b < p->in->n_books; b++)
        wanted |= rr_pricing_wants(&p->pricing[b], account);
    return wanted;
}

static int price_account(void *self, struct rr_text account, struct rr_cells *cells,
                         struct rr_error *err)
{
    struct publishing *p = self;
    if (p->tape == NULL)
        return rr_pricing_account(&p->pricing[0], account, cells, err);
    if (rr_cell_tape_record(p->tape, cells, err) != 0)
        return -1;
    for (int b = 0; b < p->in->n_books; b++) {
        struct rr_cells again = rr_cell_tape_play(p->tape);
        if (rr_pricing_wants(&p->pricing[b], account) &&
            rr_pricing_account(&p->pricing[b], account, &again, err) != 0)
            return -1;
    }
    return 0;
}

static void open_tape(struct publishing *p)
{
    char path[RR_RESULT_PATH + 64], name[32];
    if (p->in->n_books == 1)
        return;
    snprintf(name, sizeof name, "tape.%d", p->in->comm->rank);
    rr_result_beside(&p->pricing[0].result, name, path);
    p->tape = rr_cell_tape_create(p->pricing[0].job, path, (size_t)(memory_of_one(p) / 4));
}

/* Each rank goes through its own accounts. */
static int pass(struct publishing *p, struct rr_error *err)
{
    const struct rr_reducer reducer = {
        .self = p, .also = next_known, .also_self = p, .wants = wants, .account = price_account};
    int result = 0;
    rr_account_merge_init(&p->merge, (uint32_t)p->in->n_books, p->state->manifest->n_shards);
    open_tape(p);
    for (int b = 0; b < p->in->n_books && result == 0; b++)
        result = rr_account_merge_add(&p->merge, rr_pricing_next, &p->pricing[b], err);
    if (result == 0)
        result = rr_reduce(p->state, p->pricing[0].job, &reducer, err);
    rr_account_merge_fini(&p->merge);
    rr_cell_tape_destroy(p->tape);
    return result;
}

static bool wants_any(const struct publishing *p)
{
    for (int b = 0; b < p->in->n_books; b++)
        if (rr_pricing_wants_any(&p->pricing[b]))
            return true;
    return false;
}

/* Collective. */
static int price_all(struct publishing *p, struct rr_error *err)
{
    if (begin_all(p, err) != 0)
        return -1;
    int result = wants_any(p) ? pass(p, err) : 0;
    for (int b = 0; b < p->in->n_books; b++)
        if (rr_pricing_end(&p->pricing[b], result, err) != 0)
            return -1;
    return 0;
}

/* ---- a result ---- */

/* Rank 0: writes a JSON text with its line end, and frees it. */
static int put_json(struct rr_result *result, const char *name, char *text, struct rr_error *err)
{
    struct rr_line line = {0};
    rr_line_put(&line, text, strlen(text));
    rr_line_put(&line, "\n", 1);
    free(text);
    int done = rr_result_put(result, name, line.bytes, line.used, err);
    rr_line_fini(&line);
    return done;
}

/* Rank 0: what is known of the result as a whole, and the book it was priced by. */
static int write_facts(struct publishing *p, struct rr_pricing *pricing, struct rr_error *err)
{
    const struct rr_open_book *open = pricing->open;
    const struct rr_manifest *manifest = p->state->manifest;
    const struct rr_billing_options *options = p->in->options;
    const struct rr_reconciliation reconciliation = {open->dealt, manifest, &pricing->totals,
                                                     pricing->cells, pricing->summed};
    const struct rr_run_facts facts = {open->dealt,
                                       manifest,
                                       &pricing->span,
                                       {options->from, options->to},
                                       p->in->control,
                                       options->n_what_if > 0,
                                       &pricing->result,
                                       pricing->computed,
                                       rr_pricing_carried(pricing)};
    struct rr_result *result = &pricing->result;
    if (rr_reconcile(&reconciliation, err) != 0 ||
        put_json(result, "reconciliation.json", rr_reconciliation_format(&reconciliation), err) !=
            0 ||
        rr_result_put(result, "book.yaml", open->files.book, open->files.book_len, err) != 0 ||
        put_json(result, "inputs.json", rr_input_facts_format(open->dealt, manifest), err) != 0 ||
        put_json(result, "run.json", rr_run_facts_format(&facts), err) != 0)
        return -1;
    return options->scratch ? 0 : rr_kept_books_put(p->state->dir, open->dealt, err);
}

/* What was priced by an earlier state is no successor of `latest`. */
static enum rr_destination destination(const struct rr_billing_options *options)
{
    if (options->n_what_if > 0)
        return RR_TO_WHAT_IF;
    return options->stage || options->as_of > 0 ? RR_TO_STAGE : RR_TO_LATEST;
}

/* Rank 0. */
static int let_appear(struct publishing *p, struct rr_pricing *pricing, struct rr_summary *summary,
                      struct rr_error *err)
{
    const struct rr_billing_options *options = p->in->options;
    if (rr_lock_check(&p->state->lock, err) != 0 || write_facts(p, pricing, err) != 0)
        return -1;
    return options->scratch ? rr_result_move(&pricing->result, options->scratch, err)
                            : rr_result_publish(&pricing->result, destination(options),
                                                &summary->number, &summary->unchanged, err);
}

/* Collective. */
static int finish_result(struct publishing *p, int nth, struct rr_error *err)
{
    struct rr_pricing *pricing = &p->pricing[nth];
    const struct rr_billing_options *options = p->in->options;
    struct rr_summary *summary = &p->summary[nth];
    if (rr_pricing_finish(pricing, err) != 0)
        return -1;
    *summary =
        (struct rr_summary){.manifest = p->state->manifest,
                            .totals = &pricing->totals,
                            .carries = pricing->carrying != NULL,
                            .computed = pricing->computed,
                            .carried = rr_pricing_carried(pricing),
                            .dir = p->state->dir,
                            .staged = options->stage,
                            .as_of = options->as_of,
                            .what_if = options->n_what_if > 0 ? options->what_if[nth] : NULL};
    int result = p->in->comm->rank == 0 ? let_appear(p, pricing, summary, err) : 0;
    if (rr_agree(p->in->comm, result, err) != 0)
        return -1;
    rr_pricing_published(pricing);
    return 0;
}

/* Collective. */
static int publish(struct publishing *p, struct rr_error *err)
{
    size_t memory = rr_result_table_memory(RR_QUARANTINED, p->in->memory);
    if (rr_refusal_check(p->in, p->state, memory, err) != 0 || price_all(p, err) != 0)
        return -1;
    for (int b = 0; b < p->in->n_books; b++)
        if (finish_result(p, b, err) != 0)
            return -1;
    if (p->in->comm->rank == 0 && p->in->options->scratch == NULL)
        rr_summary_print(p->in->options->json, p->summary, p->in->n_books);
    return 0;
}

int rr_publish(const struct rr_publishing *in, struct rr_state *state, struct rr_error *err)
{
    struct publishing p = {.in = in, .state = state};
    p.pricing = rr_calloc((size_t)in->n_books, sizeof *p.pricing);
    p.summary = rr_calloc((size_t)in->n_books, sizeof *p.summary);
    int result = publish(&p, err);
    rr_comm_barrier(in->comm);
    for (int b = 0; b < in->n_books; b++)
        rr_pricing_close(&p.pricing[b]);
    free(p.pricing);
    free(p.summary);
    return result;
}
