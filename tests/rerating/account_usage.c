/* Shows what a state keeps of accounts, as JSON, an account a line.
 *
 *   account_usage read WORKSPACE INCREMENT MEMORY ACCOUNT...  as explanations read it; increment 0: as it is
 *   account_usage reduce WORKSPACE                            all accounts' cells, as pricing is fed
 */
#include "../../runtime/account_usage.h"
#include "../../jobs/calendar.h"
#include "../../jobs/meters.h"
#include "../../runtime/increments.h"
#include "../../runtime/reduce.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct looked {
    struct rr_state state;
    struct rr_comm comm; /* of one rank that never speaks */
    struct rr_book *book;
    struct rr_calendar *calendar;
    struct rr_meters *meters;
    const struct rr_job *job;
};

static struct rr_error err;

static _Noreturn void give_up(void)
{
    fprintf(stderr, "account_usage: %s\n", err.text);
    exit(err.code);
}

static void look(struct looked *l, const char *dir)
{
    *l = (struct looked){.comm = {.size = 1}};
    snprintf(l->state.dir, sizeof l->state.dir, "%s", dir);
    l->state.comm = &l->comm;
    l->state.manifest = rr_state_look(dir, &err);
    if (l->state.manifest == NULL)
        give_up();
    l->book = rr_book_of_state_text(l->state.manifest->state_text, &err);
    if (l->book == NULL)
        give_up();
    l->calendar = rr_calendar_create(l->book);
    l->meters = rr_meters_create(l->book, l->calendar);
    l->job = rr_meters_job(l->meters);
}

static void forget(struct looked *l)
{
    rr_meters_destroy(l->meters);
    rr_calendar_destroy(l->calendar);
    rr_book_close(l->book);
    rr_manifest_destroy(l->state.manifest);
}

static json_t *text(struct rr_text text)
{
    return json_stringn(text.ptr ? text.ptr : "", text.len);
}

static json_t *hex(const void *bytes, size_t len)
{
    char *out = malloc(2 * len + 1);
    out[0] = '\0';
    for (size_t i = 0; i < len; i++)
        snprintf(out + 2 * i, 3, "%02x", ((const uint8_t *)bytes)[i]);
    json_t *string = json_string(out);
    free(out);
    return string;
}

/* Meter, the values of its `by` dimensions, and the day of the bucket. */
static json_t *show_place(const struct looked *l, struct rr_text key, int meter, int32_t bucket)
{
    json_t *by = json_array();
    bool of_book = meter < l->book->n_meters; /* else it keeps the events of one */
    for (int b = 0; of_book && b < l->book->meters[meter].n_by; b++)
        json_array_append_new(by, text(rr_cell_by(&l->book->meters[meter], key, b)));
    return json_pack("{s:o, s:i, s:o, s:i, s:i}", "key", hex(key.ptr, key.len), "meter", meter,
                     "by", by, "bucket", bucket, "day", rr_bucket_day(l->calendar, bucket));
}

/* The state as it is encoded, and what it comes to. */
static json_t *show_cell(const struct looked *l, const struct rr_cell *cell)
{
    const struct rr_kernel *kernel = l->job->meters[cell->meter].kernel;
    json_t *shown = show_place(l, cell->key, cell->meter, cell->bucket);
    char number[RR_DECIMAL_TEXT] = "out of range";
    rr_decimal value;
    json_object_set_new(shown, "records", json_integer((json_int_t)cell->records));
    uint8_t *bytes = malloc(rr_kernel_encoded_max(kernel, cell->state));
    json_object_set_new(shown, "state", hex(bytes, kernel->encode(cell->state, bytes)));
    if (kernel->finalize(cell->state, 50 * RR_DECIMAL_ONE, &value)) /* of percentiles the median */
        rr_decimal_format(value, number);
    json_object_set_new(shown, "value", json_string(number));
    rr_kernel_fini(kernel, cell->state);
    free(bytes);
    return shown;
}

static json_t *show_cells(const struct looked *l, struct rr_cells *cells)
{
    json_t *shown = json_array();
    struct rr_cell cell;
    int got;
    while ((got = cells->next(cells->self, &cell, &err)) > 0)
        json_array_append_new(shown, show_cell(l, &cell));
    if (got < 0)
        give_up();
    return shown;
}

static void put(json_t *line)
{
    json_dumpf(line, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(line);
}

/* ---- read ---- */

static json_t *show_counts(const struct rr_record_counts *counts)
{
    json_t *shown = json_pack("{s:I}", "counted", (json_int_t)counts->counted);
    for (int w = 0; w < RR_WITHHELD; w++)
        json_object_set_new(shown, rr_withheld_name((enum rr_withheld)w),
                            json_integer((json_int_t)counts->withheld[w]));
    return shown;
}

static json_t *show_origin(const struct looked *l, const struct rr_origin *origin)
{
    json_t *shown = show_place(l, origin->key, origin->meter, origin->bucket);
    json_t *files = json_object();
    for (uint32_t i = 0; i < origin->n_files; i++)
        json_object_set_new(files, origin->files[i].path, show_counts(&origin->files[i].counts));
    json_object_set_new(shown, "counts", show_counts(&origin->counts));
    json_object_set_new(shown, "files", files);
    return shown;
}

static json_t *show_origins(const struct looked *l, struct rr_account_usage *usage)
{
    uint32_t n;
    const struct rr_origin *all = rr_account_usage_origins(usage, &n);
    json_t *shown = json_array();
    for (uint32_t i = 0; i < n; i++)
        json_array_append_new(shown, show_origin(l, &all[i]));
    return shown;
}

/* What became of the account's records. */
static json_t *show_tally(const struct rr_tally *tally)
{
    struct rr_record_counts counts = {.counted = tally->aggregated};
    memcpy(counts.withheld, tally->withheld, sizeof counts.withheld);
    json_t *shown = show_counts(&counts);
    json_object_set_new(shown, "not_metered", json_integer((json_int_t)tally->not_metered));
    json_object_set_new(shown, "conflicts", json_integer((json_int_t)tally->conflicts));
    return shown;
}

/* Whether each cell finds the origin that is its own. */
static bool cells_find_origins(struct rr_account_usage *usage, const struct rr_job *job)
{
    struct rr_cells cells = rr_account_usage_cells(usage);
    struct rr_cell cell;
    bool all = true;
    while (cells.next(cells.self, &cell, &err) > 0) {
        const struct rr_origin *origin = rr_account_usage_origin(usage, &cell);
        all = all && origin && origin->bucket == cell.bucket && origin->meter == cell.meter &&
              rr_text_equal(origin->key, cell.key);
        rr_kernel_fini(job->meters[cell.meter].kernel, cell.state);
    }
    return all;
}

static void show_account(const struct looked *l, struct rr_account_usage *usage,
                         const char *account)
{
    bool has_origins = rr_account_usage_has_origins(usage);
    if (rr_account_usage_read(usage, rr_text_of(account), &err) != 0)
        give_up();
    if (has_origins && !cells_find_origins(usage, l->job))
        exit(1);
    struct rr_cells cells = rr_account_usage_cells(usage);
    put(json_pack("{s:s, s:o, s:b, s:o, s:o}", "account", account, "cells", show_cells(l, &cells),
                  "has_origins", has_origins, "origins", show_origins(l, usage), "tally",
                  show_tally(rr_account_usage_tally(usage))));
}

static void show_accounts(struct looked *l, uint32_t increment, uint64_t memory,
                          char *const accounts[])
{
    if (increment > 0 &&
        rr_increments_look_back(l->state.manifest, increment, l->job->has_event_ids, &err) != 0)
        give_up();
    struct rr_account_usage *usage =
        rr_account_usage_open(l->state.dir, l->state.manifest, l->job, memory);
    for (; *accounts; accounts++)
        show_account(l, usage, *accounts);
    rr_account_usage_close(usage);
}

/* ---- reduce ---- */

static int show_reduced(void *self, struct rr_text account, struct rr_cells *cells,
                        struct rr_error *error)
{
    (void)error;
    put(json_pack("{s:o, s:o}", "account", text(account), "cells", show_cells(self, cells)));
    return 0;
}

int main(int argc, char **argv)
{
    struct looked l;
    if (argc < 3)
        return 64;
    look(&l, argv[2]);
    if (strcmp(argv[1], "reduce") == 0) {
        const struct rr_reducer reducer = {.self = &l, .account = show_reduced};
        if (rr_reduce(&l.state, l.job, &reducer, &err) != 0)
            give_up();
    } else if (argc > 5) {
        show_accounts(&l, (uint32_t)strtoul(argv[3], NULL, 10), strtoull(argv[4], NULL, 10),
                      argv + 5);
    }
    forget(&l);
    return 0;
}
