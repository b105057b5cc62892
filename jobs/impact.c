/* Impact: the order of its steps. */
#include "impact.h"

#include "../io/memory.h"
#include "booking.h"
#include "command.h"
#include "compared.h"
#include "impact_facts.h"
#include "impact_invoices.h"
#include "impact_laws.h"
#include "impact_lines.h"
#include "impact_middle.h"
#include "impact_summary.h"
#include "open_book.h"
#include "own_digest.h"

#include <stdio.h>
#include <string.h>

/* Memory is divided: each matching and each output gets some parts of it. */
enum { MEMORY_PARTS = 8, MATCHING_PARTS = 3 };

struct impact {
    const struct rr_comm *comm;
    const struct rr_impact_options *options;
    struct rr_compared compared;
    struct rr_impact_sides sides;
    struct rr_impact_folder folder;
    struct rr_impact_totals totals;
    struct rr_impact_top top;
    struct rr_output *lines, *adjustments;
    struct rr_corrections_out corrections;
    struct rr_open_book open; /* the book of the new result, where corrections are written */
    struct rr_focus *focus;
    bool booked;
    uint64_t memory;
    char name[32]; /* of the folder: 0001-0002 */
    bool same;
};

static size_t part_of(const struct impact *i, unsigned parts)
{
    return (size_t)(i->memory / MEMORY_PARTS * parts);
}

static struct rr_output *open_output(const struct impact *i, const char *name, const char *header)
{
    char path[RR_IMPACT_PATH];
    rr_impact_folder_path(&i->folder, name, path);
    return rr_output_create(i->comm, path, header, part_of(i, 1));
}

static void open_outputs(struct impact *i)
{
    i->lines = open_output(i, "lines.csv", rr_impact_lines_header);
    i->adjustments = open_output(i, "adjustments.csv", rr_adjustments_header);
    if (!i->booked)
        return;
    i->corrections.book_in = i->sides.booking.book_in;
    i->corrections.of = i->focus;
    i->corrections.rows = open_output(i, "corrections.csv", rr_corrections_header);
    i->corrections.focus = open_output(i, "focus.csv", rr_focus_header);
}

/* Collective. */
static int match(struct impact *i, struct rr_error *err)
{
    char beside[RR_IMPACT_PATH];
    rr_impact_folder_path(&i->folder, "rows", beside);
    const struct rr_impact_lines lines = {.comm = i->comm,
                                          .sides = &i->sides,
                                          .totals = &i->totals,
                                          .output = i->lines,
                                          .corrections = i->booked ? &i->corrections : NULL,
                                          .beside = beside,
                                          .memory = part_of(i, MATCHING_PARTS)};
    const struct rr_impact_invoices invoices = {.comm = i->comm,
                                                .sides = &i->sides,
                                                .totals = &i->totals,
                                                .output = i->adjustments,
                                                .top = &i->top,
                                                .top_n = i->options->top,
                                                .beside = beside,
                                                .memory = part_of(i, MATCHING_PARTS)};
    if (rr_impact_lines_match(&lines, err) != 0 || rr_impact_invoices_match(&invoices, err) != 0)
        return -1;
    rr_impact_totals_combine(&i->totals, i->comm);
    rr_impact_top_combine(&i->top, i->options->top, i->comm);
    return rr_agree(i->comm, rr_impact_laws_prove(&i->totals, &i->sides, err), err);
}

/* Collective. */
static int finish_output(struct impact *i, const char *name, struct rr_output **output,
                         struct rr_error *err)
{
    struct rr_output *finished = *output;
    *output = NULL;
    return finished ? rr_impact_folder_finish(&i->folder, name, finished, err) : 0;
}

/* Collective. */
static int finish_outputs(struct impact *i, struct rr_error *err)
{
    if (finish_output(i, "adjustments.csv", &i->adjustments, err) != 0 ||
        finish_output(i, "lines.csv", &i->lines, err) != 0 ||
        finish_output(i, "corrections.csv", &i->corrections.rows, err) != 0)
        return -1;
    return finish_output(i, "focus.csv", &i->corrections.focus, err);
}

/* Rank 0. */
static int publish(struct impact *i, struct rr_error *err)
{
    json_t *facts = rr_impact_facts(&i->sides, &i->totals, &i->top, &i->folder, err);
    if (facts == NULL)
        return -1;
    char *text = rr_own_digest_format(facts);
    int result = rr_impact_folder_publish(&i->folder, i->name, text, &i->same, err);
    if (result == 0)
        rr_impact_summary_print(i->options->json, i->options->workspace, i->name, facts, i->same);
    free(text);
    json_decref(facts);
    return result;
}

/* Collective. */
static int make(struct impact *i, struct rr_error *err)
{
    open_outputs(i);
    /* No rank's segments are in the folder any more when it appears. */
    if (match(i, err) != 0 || rr_agree(i->comm, finish_outputs(i, err), err) != 0)
        return -1;
    return rr_agree(i->comm, i->comm->rank == 0 ? publish(i, err) : 0, err);
}

static void close_impact(struct impact *i)
{
    rr_output_destroy(i->lines);
    rr_output_destroy(i->adjustments);
    rr_output_destroy(i->corrections.rows);
    rr_output_destroy(i->corrections.focus);
    rr_corrections_out_fini(&i->corrections);
    rr_focus_destroy(i->focus);
    rr_open_book_close(&i->open);
    rr_impact_totals_fini(&i->totals);
    rr_impact_top_fini(&i->top);
    rr_impact_sides_close(&i->sides);
}

/* Collective. Every rank reads what the results say. */
static int open_sides(struct impact *i, struct rr_error *err)
{
    const struct rr_impact_options *o = i->options;
    struct rr_booking booking = {0};
    int result = rr_booking_read(o->closed_through, o->book_in, &booking, err);
    if (result == 0)
        result = rr_impact_sides_open(o->workspace, i->compared.old, i->compared.new, &booking,
                                      &i->sides, err);
    if (result == 0)
        result = rr_booking_check(&i->sides, err);
    i->booked = booking.closed_through[0] != '\0';
    return rr_agree(i->comm, result, err);
}

/* Collective. */
static int rate_middle(struct impact *i, struct rr_error *err)
{
    char dir[RR_IMPACT_PATH];
    if (i->sides.middle != RR_MIDDLE_IS_RATED)
        return 0;
    rr_impact_folder_path(&i->folder, "middle", dir);
    return rr_impact_rate_middle(i->comm, i->options, dir, &i->sides, err);
}

/* Collective. The book says in which zone periods begin, and what charges are. */
static int open_book(struct impact *i, struct rr_error *err)
{
    const struct rr_book_source source = {
        .workspace = i->options->workspace, .result = i->compared.new, .is_proved = true};
    if (!i->booked)
        return 0;
    if (rr_open_book(i->comm, &source, part_of(i, MATCHING_PARTS), &i->open, err) != 0)
        return -1;
    i->focus = rr_focus_create(i->comm, i->open.book, i->options->provider);
    return 0;
}

/* Collective. */
static int choose(struct impact *i, struct rr_error *err)
{
    const struct rr_impact_options *o = i->options;
    int result = 0;
    if (i->comm->rank == 0)
        result = rr_compared_choose(o->workspace, o->names, o->n_names, &i->compared, err);
    if (rr_agree(i->comm, result, err) != 0)
        return -1;
    rr_comm_bcast(i->comm, &i->compared, sizeof i->compared, 0);
    snprintf(i->name, sizeof i->name, "%04u-%04u", i->compared.old, i->compared.new);
    return 0;
}

int rr_impact_run(const struct rr_comm *comm, const struct rr_impact_options *options,
                  struct rr_error *err)
{
    struct impact i = {.comm = comm, .options = options};
    i.memory = options->memory ? options->memory : rr_comm_memory(comm);
    if (choose(&i, err) != 0)
        return -1;
    int result = rr_impact_folder_open(comm, options->workspace, &i.folder, err);
    if (result == 0)
        result = open_sides(&i, err);
    if (result == 0)
        result = rate_middle(&i, err);
    if (result == 0)
        result = open_book(&i, err);
    if (result == 0)
        result = make(&i, err);
    close_impact(&i);
    rr_impact_folder_close(&i.folder);
    return result;
}

int rr_command_impact(const struct rr_comm *comm, const struct rr_arguments *a,
                      struct rr_error *err)
{
    const struct rr_impact_options options = {.workspace = a->workspace,
                                              .names = a->rest,
                                              .n_names = a->n_rest,
                                              .closed_through = a->closed_through,
                                              .book_in = a->book_in,
                                              .provider = a->provider,
                                              .top = (size_t)a->top,
                                              .memory = a->billing.memory,
                                              .stop = a->billing.stop,
                                              .json = a->billing.json};
    return rr_impact_run(comm, &options, err);
}
