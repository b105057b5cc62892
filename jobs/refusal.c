/* What keeps a state from being published. */
#include "refusal.h"

#include "../io/commit.h"
#include "../runtime/ingest.h"
#include "control.h"
#include "result.h"
#include "texts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct refusal {
    const struct rr_publishing *in;
    const struct rr_state *state;
    size_t memory;
};

static int check_quarantine(const struct refusal *r, struct rr_error *err)
{
    const struct rr_tally *in = &r->state->manifest->ingested, *out = &r->state->manifest->resolved;
    uint64_t n = rr_tally_quarantined(in, out), most = r->in->options->max_quarantine;
    bool percent = r->in->options->max_quarantine_is_percent;
    bool too_many = percent ? (rr_u128)n * 100 > (rr_u128)in->read * most : n > most;
    if (!too_many)
        return 0;
    char codes[512] = "";
    for (int c = RR_ACCEPT + 1; c < RR_REJECT_CODES; c++) {
        enum rr_reject code = (enum rr_reject)c;
        uint64_t of_code = rr_tally_quarantined_as(in, out, code);
        size_t used = strlen(codes);
        if (of_code > 0)
            snprintf(codes + used, sizeof codes - used, "%s%s %llu", used ? ", " : "",
                     rr_reject_name(code), (unsigned long long)of_code);
    }
    return rr_fail(err, RR_EXIT_DATA,
                   "%llu of %llu records are quarantined (%s) and --max-quarantine is %llu%s; "
                   "nothing was published; they are listed in %s/quarantine.csv%s",
                   (unsigned long long)n, (unsigned long long)in->read, codes,
                   (unsigned long long)most, percent ? "%" : "", r->state->dir,
                   rr_meters_job(r->in->books[0].meters)->has_event_ids
                       ? "; give good records with the same event ids in one more file"
                       : "");
}

/* Adds to what an error says, as far as there is room. */
static void __attribute__((format(printf, 2, 3)))
append(struct rr_error *err, const char *format, ...)
{
    size_t used = strlen(err->text);
    va_list args;
    va_start(args, format);
    vsnprintf(err->text + used, sizeof err->text - used, format, args);
    va_end(args);
}

/* Rank 0: lists the inputs that are not as control totals say beside the state. */
static int list_differences(const struct refusal *r, const struct rr_line *rows,
                            struct rr_error *err)
{
    char path[RR_RESULT_PATH];
    struct rr_line text = {0};
    snprintf(path, sizeof path, "%s/control.csv", r->state->dir);
    if (rows->used == 0) {
        unlink(path);
        return 0;
    }
    rr_line_put(&text, rr_control_header, strlen(rr_control_header));
    rr_line_put(&text, rows->bytes, rows->used);
    int result = rr_commit_bytes(path, text.bytes, text.used, err);
    rr_line_fini(&text);
    return result;
}

/* Collective. Whether the inputs are as control totals say; the list goes when they are. */
static int check_control(const struct refusal *r, struct rr_error *err)
{
    struct rr_line rows = {0};
    int result = 0;
    if (r->in->comm->rank == 0) {
        struct rr_error failed;
        if (r->in->control)
            result = rr_control_compare(r->in->control, r->state->manifest, &rows, err);
        if (list_differences(r, &rows, &failed) != 0) {
            *err = failed;
            result = -1;
        }
        if (rows.used > 0 && err->code == RR_EXIT_DATA)
            append(err, "; nothing was published; all differences are in %s/control.csv",
                   r->state->dir);
    }
    rr_line_fini(&rows);
    return rr_agree(r->in->comm, result, err);
}

/* Collective. Records that block publishing are listed beside the state, for repair. The list goes
 * when they no longer do. */
static void drop_list(const struct refusal *r, char path[RR_RESULT_PATH])
{
    snprintf(path, RR_RESULT_PATH, "%s/quarantine.csv", r->state->dir);
    if (r->in->comm->rank == 0)
        unlink(path);
    rr_comm_barrier(r->in->comm);
}

/* Collective. */
static int list_quarantine(const struct refusal *r, struct rr_error *err)
{
    char path[RR_RESULT_PATH];
    uint64_t bytes;
    struct rr_digest digest;
    drop_list(r, path);
    struct rr_output *output = rr_output_create(r->in->comm, path, rr_quarantine_header, r->memory);
    int result = rr_agree(r->in->comm, rr_quarantine_put(r->in->comm, r->state, output, err), err);
    if (result == 0)
        result = rr_output_finish(output, NULL, &bytes, &digest, err);
    rr_output_destroy(output);
    return result;
}

int rr_refusal_check(const struct rr_publishing *in, const struct rr_state *state, size_t memory,
                     struct rr_error *err)
{
    const struct refusal r = {in, state, memory};
    struct rr_error refusal, differences = {0};
    char list[RR_RESULT_PATH];
    bool as_expected = check_control(&r, &differences) == 0;
    if (check_quarantine(&r, &refusal) != 0) {
        if (list_quarantine(&r, err) != 0)
            return -1;
        *err = refusal;
        if (!as_expected)
            append(err, "; besides, %s", differences.text);
        return -1;
    }
    drop_list(&r, list);
    if (!as_expected)
        *err = differences;
    return as_expected ? 0 : -1;
}
