/* Verifying what several runs must keep together: each record that was read is kept once, each event
 * counts once, and the cells are what the records that count come to.
 *
 * One pass over the kept records feeds all three, made by the check that asks first.
 */
#include "verify.h"

#include "../io/memory.h"
#include "../runtime/cell_run.h"
#include "../runtime/coverage.h"
#include "../runtime/text_run.h"
#include "ledger.h"
#include "row_source.h"

#include <stdio.h>
#include <string.h>

typedef unsigned long long number;

enum { STATE_WORDS = RR_STATE_MAX / 8 };

/* Numbers of records: how many there are, and a digest of which. */
struct numbers {
    uint64_t n;
    rr_u128 digest;
};

/* What is kept of an input: its good records in runs, its bad ones as texts. */
struct kept {
    struct numbers numbers;
    uint64_t bad;
    int64_t first_ns, last_ns; /* of the good ones; first_ns > last_ns while there are none */
};

/* Copies of one event that do not count as far as is known, by what they may become. */
enum { BESIDE, BELOW, BELOW_VOID, GROUPS }; /* of the rank of the best copy, or of a lower one */

struct copies {
    uint64_t n;
    struct rr_sum *quantity; /* one for each meter */
};

/* A rejected record that tells of the event. */
struct marker {
    uint64_t position, code;
    int64_t rank;
};

/* One event, while its copies go by in the order of (time, position). */
struct event {
    uint64_t fingerprint[2];
    bool any;      /* it has a good copy */
    uint8_t *best; /* the one that counts so far */
    int64_t rank;  /* its rank */
    struct copies copies[GROUPS];
    struct marker *markers;
    uint32_t n_markers, markers_size;
};

struct rr_verify_events {
    struct rr_verify *v;
    const struct rr_job *job;
    struct rr_dictionary *keys;
    struct rr_plans *plans;
    struct rr_gap *gaps;   /* whose records are in no cells */
    uint32_t n_gaps, gap;  /* gap: the first of this shard, or of one behind it */
    struct rr_tally found; /* of the records that are in cells */
    struct kept *kept;     /* of each input */
    struct numbers
        repaired[2]; /* bad records that good ones took the place of: as is found, as is said */
    struct event event;
    uint32_t *file_of;
    struct rr_ledger *ledger; /* left: what records come to; right: what cells hold */
    char *cell;               /* a key of the ledger */
    size_t cell_size;
    bool tallies; /* not while a difference is searched */
    int result;   /* of the pass */
    struct rr_error err;
};

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u; /* SplitMix64 */
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static void add_number(struct numbers *numbers, uint64_t record)
{
    numbers->n++;
    numbers->digest += (rr_u128)mix(record) << 64 | mix(~record);
}

/* ---- events ---- */

/* The cell that a record feeds, as a key: account, cell key, bucket. */
static struct rr_text cell_of(struct rr_verify_events *e, struct rr_text account,
                              struct rr_text key, int32_t bucket)
{
    size_t size = (size_t)account.len + 1 + key.len + sizeof bucket;
    if (size > e->cell_size) {
        e->cell_size = 2 * size;
        e->cell = rr_realloc(e->cell, e->cell_size);
    }
    char *to = e->cell;
    if (account.len > 0)
        memcpy(to, account.ptr, account.len);
    to += account.len;
    *to++ = '\0';
    memcpy(to, key.ptr, key.len);
    memcpy(to + key.len, &bucket, sizeof bucket);
    return (struct rr_text){e->cell, (uint32_t)size};
}

/* What the ledger compares beside the number of records: quantities where cells sum them. */
static bool is_summed(const struct rr_job *job, uint32_t meter)
{
    return job->meters[meter].kernel->additive;
}

/* The record that counts of its event. */
static void count_winner(struct rr_verify_events *e, struct rr_text account, const uint8_t *bytes)
{
    struct rr_row row;
    int32_t bucket;
    memcpy(&row, bytes, sizeof row);
    struct rr_plan_targets plan = rr_plans_of(e->plans, row.key);
    e->job->bucket(e->job->self, 1, &row.time_ns, &bucket);
    if (e->tallies) {
        e->found.aggregated += plan.n > 0;
        e->found.not_metered += plan.n == 0;
    }
    for (uint32_t t = 0; t < plan.n; t++) {
        uint32_t meter = plan.target[t].meter;
        struct rr_text key =
            rr_dictionary_text(rr_plans_cell_keys(e->plans), plan.target[t].cell_key);
        if (e->tallies)
            rr_sum_add(&e->found.meters[meter].aggregated, rr_row_quantity(e->job, bytes, meter));
        rr_ledger_post(e->ledger, RR_LEFT, cell_of(e, account, key, bucket), 1,
                       is_summed(e->job, meter) ? rr_row_value(e->job, bytes, meter) : 0);
    }
}

/* Adds a copy to those of a group, by its quantities. */
static void put_aside(struct rr_verify_events *e, struct copies *group, const uint8_t *bytes)
{
    struct rr_row row;
    memcpy(&row, bytes, sizeof row);
    struct rr_plan_targets plan = rr_plans_of(e->plans, row.key);
    group->n++;
    for (uint32_t t = 0; t < plan.n; t++)
        rr_sum_add(&group->quantity[plan.target[t].meter],
                   rr_row_quantity(e->job, bytes, plan.target[t].meter));
}

/* All copies of a group are of another class now. */
static void move(struct rr_verify_events *e, struct copies *from, uint64_t *n,
                 struct rr_sum *(*quantity)(struct rr_verify_events *e, int meter, int class),
                 int class)
{
    if (from->n == 0)
        return;
    *n += from->n;
    from->n = 0;
    for (int m = 0; m < e->job->n_meters; m++) {
        rr_sum_merge(quantity(e, m, class), &from->quantity[m]);
        from->quantity[m] = (struct rr_sum){0};
    }
}

static struct rr_sum *quantity_of_group(struct rr_verify_events *e, int meter, int group)
{
    return &e->event.copies[group].quantity[meter];
}

static struct rr_sum *quantity_withheld(struct rr_verify_events *e, int meter, int withheld)
{
    return &e->found.meters[meter].withheld[withheld];
}

static void withhold(struct rr_verify_events *e, int group, enum rr_withheld withheld)
{
    move(e, &e->event.copies[group], &e->found.withheld[withheld], quantity_withheld,
         (int)withheld);
}

/* A copy of a higher rank: those that were best are below now. */
static void sink(struct rr_verify_events *e)
{
    struct event *event = &e->event;
    int below = rr_rank_withdraws(event->rank) ? BELOW_VOID : BELOW;
    put_aside(e, &event->copies[below], event->best);
    move(e, &event->copies[BESIDE], &event->copies[below].n, quantity_of_group, below);
}

static void take_copy(struct rr_verify_events *e, const uint8_t *bytes)
{
    struct event *event = &e->event;
    int64_t rank = rr_row_rank(e->job, bytes);
    bool best = !event->any || rank > event->rank;
    if (event->any && rank > event->rank) {
        sink(e);
    } else if (event->any && rank < event->rank) {
        put_aside(e, &event->copies[rr_rank_withdraws(rank) ? BELOW_VOID : BELOW], bytes);
    } else if (event->any) {
        best = e->job->copies == RR_COPIES_LAST;
        put_aside(e, &event->copies[BESIDE], best ? event->best : bytes);
    }
    if (best) {
        memcpy(event->best, bytes, rr_row_size(e->job));
        event->rank = rank;
        event->any = true;
    }
}

static void take_marker(struct rr_verify_events *e, const struct rr_row *row, int64_t rank)
{
    struct event *event = &e->event;
    if (event->n_markers == event->markers_size) {
        event->markers_size = 2 * event->markers_size + 16;
        event->markers = rr_realloc(event->markers, event->markers_size * sizeof *event->markers);
    }
    uint64_t position =
        rr_position(e->file_of[rr_position_file(row->position)], rr_position_record(row->position));
    event->markers[event->n_markers++] = (struct marker){position, (uint64_t)row->time_ns, rank};
}

/* Bad records leave the quarantine where a good one is as high in rank. */
static void repair(struct rr_verify_events *e)
{
    for (uint32_t i = 0; i < e->event.n_markers && e->event.any; i++) {
        const struct marker *marker = &e->event.markers[i];
        if (marker->rank > e->event.rank || marker->code >= RR_REJECT_CODES)
            continue;
        e->found.repaired[marker->code]++;
        add_number(&e->repaired[0], marker->position);
    }
    e->event.n_markers = 0;
}

/* All copies of the event have gone by. */
static void end_event(struct rr_verify_events *e, struct rr_text account)
{
    struct event *event = &e->event;
    bool withdrawn = event->any && rr_rank_withdraws(event->rank);
    repair(e);
    if (withdrawn)
        put_aside(e, &event->copies[BESIDE], event->best);
    else if (event->any)
        count_winner(e, account, event->best);
    withhold(e, BESIDE, withdrawn ? RR_VOID : RR_DUPLICATE);
    withhold(e, BELOW, withdrawn ? RR_VOIDED : RR_SUPERSEDED);
    withhold(e, BELOW_VOID, withdrawn ? RR_VOID : RR_SUPERSEDED);
    event->any = false;
}

static void keep_good(struct kept *kept, const struct rr_row *row)
{
    add_number(&kept->numbers, rr_position_record(row->position));
    kept->first_ns = row->time_ns < kept->first_ns ? row->time_ns : kept->first_ns;
    kept->last_ns = row->time_ns > kept->last_ns ? row->time_ns : kept->last_ns;
}

static void keep_bad(struct kept *kept, uint64_t record)
{
    add_number(&kept->numbers, record);
    kept->bad++;
}

/* Whether a record of a shard is in cells. */
static bool is_covered(const struct rr_verify_events *e, uint32_t shard, uint64_t fingerprint)
{
    for (uint32_t g = e->gap; g < e->n_gaps && e->gaps[g].shard == shard; g++)
        if (fingerprint >= e->gaps[g].low && fingerprint <= e->gaps[g].high)
            return false;
    return true;
}

static void take_row(struct rr_verify_events *e, const uint8_t *bytes, uint32_t shard)
{
    struct rr_row row;
    memcpy(&row, bytes, sizeof row);
    bool covered = is_covered(e, shard, row.fingerprint[0]);
    bool marker = row.key == rr_plans_marker(e->plans);
    if (!marker && e->tallies)
        keep_good(&e->kept[e->file_of[rr_position_file(row.position)]], &row);
    if (covered && marker)
        take_marker(e, &row, rr_row_rank(e->job, bytes));
    else if (covered)
        take_copy(e, bytes);
}

/* The account's rows, which come event by event. */
static int read_account(struct rr_verify_events *e, struct rr_row_source *rows,
                        struct rr_text account, uint32_t shard, struct rr_error *err)
{
    const uint8_t *row;
    struct event *event = &e->event;
    bool first = true;
    int got;
    while ((got = rr_row_source_row(rows, &row, err)) > 0) {
        if (first || memcmp(event->fingerprint, row, sizeof event->fingerprint) != 0) {
            end_event(e, account);
            memcpy(event->fingerprint, row, sizeof event->fingerprint);
        }
        first = false;
        take_row(e, row, shard);
    }
    end_event(e, account);
    return got;
}

static int read_accounts(struct rr_verify_events *e, struct rr_row_source *rows,
                         struct rr_error *err)
{
    struct rr_text account;
    uint32_t shard;
    int got;
    rr_plans_update(e->plans);
    e->gap = 0;
    while ((got = rr_row_source_account(rows, &account, &shard, err)) > 0) {
        while (e->gap < e->n_gaps && e->gaps[e->gap].shard < shard)
            e->gap++;
        if (read_account(e, rows, account, shard, err) != 0)
            return -1;
    }
    return got;
}

static int read_records(struct rr_verify_events *e, struct rr_error *err)
{
    struct rr_row_source *rows =
        rr_row_source_open(e->v->dir, e->v->manifest, e->job, e->v->place_of, e->keys, err);
    int result = rows ? read_accounts(e, rows, err) : -1;
    rr_row_source_close(rows);
    return result;
}

/* ---- quarantine ---- */

/* The file of a path, among all; -1 when there is none. */
static int64_t find_file(const struct rr_manifest *m, const char *path)
{
    for (uint32_t i = 0; i < m->n_files; i++)
        if (strcmp(m->files[i].path, path) == 0)
            return i;
    return -1;
}

struct quarantine {
    struct rr_verify_events *events;
    enum rr_run_kind kind;
    int64_t file; /* that of the last one: they come file by file */
};

/* A bad record is sorted by its path, with a NUL, and its number. */
static int take_bad(void *self, struct rr_text key, struct rr_text text, struct rr_error *err)
{
    struct quarantine *q = self;
    const struct rr_manifest *m = q->events->v->manifest;
    const char *end = memchr(key.ptr, '\0', key.len);
    uint64_t record;
    if (end == NULL || (size_t)(key.ptr + key.len - end - 1) != sizeof record)
        return rr_fail(err, RR_EXIT_DATA, "a bad record has no place: %.*s", RR_SHOW(text));
    memcpy(&record, end + 1, sizeof record);
    record = __builtin_bswap64(record);
    if (q->file < 0 || strcmp(m->files[q->file].path, key.ptr) != 0)
        q->file = find_file(m, key.ptr);
    if (q->file < 0)
        return rr_fail(err, RR_EXIT_DATA, "a bad record is of %s, which is no input", key.ptr);
    if (q->kind == RR_RUN_QUARANTINE)
        keep_bad(&q->events->kept[q->file], record);
    else
        add_number(&q->events->repaired[1], rr_position((uint32_t)q->file, record));
    return 0;
}

/* Bad records, and those of them that are said to be repaired. */
static int read_quarantine(struct rr_verify_events *e, struct rr_error *err)
{
    const struct rr_manifest *m = e->v->manifest;
    struct rr_state state = {0};
    snprintf(state.dir, sizeof state.dir, "%s", e->v->dir);
    for (uint32_t i = 0; i < m->n_runs; i++) {
        char path[RR_VERIFY_PATH];
        struct quarantine q = {e, m->runs[i].kind, -1};
        if (q.kind != RR_RUN_QUARANTINE && q.kind != RR_RUN_REPAIRED)
            continue;
        rr_state_run_path(&state, m->runs[i].name, path);
        if (rr_text_run_read(path, take_bad, &q, err) != 0)
            return rr_fail_prefix(err, "%s", m->runs[i].name);
    }
    return 0;
}

/* ---- the pass ---- */

static struct rr_verify_events *pass(struct rr_verify *v)
{
    if (v->events)
        return v->events;
    struct rr_verify_events *e = v->events = rr_calloc(1, sizeof *e);
    e->v = v;
    e->job = rr_meters_job(v->meters);
    e->keys = rr_dictionary_create();
    e->plans = rr_plans_create(e->job, e->keys);
    e->kept = rr_calloc((size_t)v->manifest->n_files + 1, sizeof *e->kept);
    for (uint32_t i = 0; i < v->manifest->n_files; i++)
        e->kept[i] = (struct kept){.first_ns = INT64_MAX, .last_ns = INT64_MIN};
    e->ledger = rr_ledger_create();
    e->event.best = rr_malloc(rr_row_size(e->job));
    for (int g = 0; g < GROUPS; g++)
        e->event.copies[g].quantity =
            rr_calloc((size_t)e->job->n_meters, sizeof *e->event.copies[g].quantity);
    uint32_t *place_of;
    rr_state_file_order(v->manifest, &place_of, &e->file_of);
    free(place_of);
    e->gaps = rr_coverage_gaps(v->manifest, &e->n_gaps);
    rr_tally_init(&e->found, e->job->n_meters);
    e->tallies = true;
    e->result = read_records(e, &e->err);
    if (e->result == 0)
        e->result = read_quarantine(e, &e->err);
    e->tallies = false;
    return e;
}

void rr_verify_events_destroy(struct rr_verify_events *e)
{
    if (e == NULL)
        return;
    rr_plans_destroy(e->plans);
    rr_dictionary_destroy(e->keys);
    rr_ledger_destroy(e->ledger);
    rr_tally_fini(&e->found);
    for (int g = 0; g < GROUPS; g++)
        free(e->event.copies[g].quantity);
    free(e->event.best);
    free(e->event.markers);
    free(e->file_of);
    free(e->gaps);
    free(e->kept);
    free(e->cell);
    free(e);
}

/* ---- each record that was read is in a run, once ---- */

static struct numbers numbers_read(const struct rr_manifest *m, uint32_t file)
{
    struct numbers numbers = {0};
    for (uint32_t s = 0; s < m->files[file].n_splits; s++) {
        const struct rr_split_entry *split = &m->splits[m->files[file].first_split + s];
        for (uint64_t r = split->split.first_record; r < split->next_record; r++)
            add_number(&numbers, r);
    }
    return numbers;
}

static int check_input(const struct rr_file_entry *file, const struct kept *kept,
                       const struct numbers *read, struct rr_error *err)
{
    uint64_t bad = 0;
    for (int code = 0; code < RR_REJECT_CODES; code++)
        bad += file->tally.quarantined[code];
    if (read->n != kept->numbers.n)
        return rr_fail(err, RR_EXIT_DATA,
                       "%s: %llu records were read, and %llu are kept, good or bad", file->path,
                       (number)read->n, (number)kept->numbers.n);
    if (read->digest != kept->numbers.digest)
        return rr_fail(err, RR_EXIT_DATA,
                       "%s: %llu records are kept, as many as were read, but one of them more than "
                       "once, and another not at all",
                       file->path, (number)read->n);
    if (bad != kept->bad)
        return rr_fail(err, RR_EXIT_DATA, "%s: %llu bad records are kept, and %llu were counted",
                       file->path, (number)kept->bad, (number)bad);
    if (kept->first_ns <= kept->last_ns &&
        (kept->first_ns != file->tally.first_ns || kept->last_ns != file->tally.last_ns))
        return rr_fail(err, RR_EXIT_DATA,
                       "%s: its records are of %lld to %lld (ns), and %lld to %lld is said",
                       file->path, (long long)kept->first_ns, (long long)kept->last_ns,
                       (long long)file->tally.first_ns, (long long)file->tally.last_ns);
    return 0;
}

int rr_verify_records(struct rr_verify *v, struct rr_finding *f)
{
    const struct rr_manifest *m = v->manifest;
    struct rr_verify_events *e = pass(v);
    uint64_t records = 0;
    f->err = e->err;
    if (e->result != 0)
        return -1;
    if (!e->job->has_event_ids) {
        rr_seen(f, "records were folded as they came; none is kept");
        return 0;
    }
    for (uint32_t i = 0; i < m->n_files; i++) {
        struct numbers read = numbers_read(m, i);
        records += read.n;
        if (m->files[i].path[0] != '\0' &&
            check_input(&m->files[i], &e->kept[i], &read, &f->err) != 0)
            return -1;
    }
    rr_seen(f, "each of %llu records is kept once, good or bad", (number)records);
    return 0;
}

/* ---- each event counts once ---- */

static int check_count(const char *what, uint64_t found, uint64_t said, struct rr_error *err)
{
    if (found == said)
        return 0;
    return rr_fail(err, RR_EXIT_DATA, "by the records kept, %llu are %s; the manifest says %llu",
                   (number)found, what, (number)said);
}

static struct rr_text meter_name(const struct rr_verify *v, int meter)
{
    return meter < v->book->n_meters ? v->book->meters[meter].name : rr_text_of("(by event)");
}

static int check_sum(const struct rr_verify *v, int meter, const char *what,
                     const struct rr_sum *found, const struct rr_sum *said, struct rr_error *err)
{
    char left[RR_SUM_TEXT], right[RR_SUM_TEXT];
    if (rr_sum_equal(found, said))
        return 0;
    rr_sum_format(found, left);
    rr_sum_format(said, right);
    return rr_fail(err, RR_EXIT_DATA, "meter '%.*s': %s %s; the manifest says %s",
                   RR_SHOW(meter_name(v, meter)), what, left, right);
}

static int check_counts(const struct rr_tally *found, const struct rr_tally *said,
                        struct rr_error *err)
{
    if (check_count("events that are metered", found->aggregated, said->aggregated, err) != 0 ||
        check_count("events outside of all meters", found->not_metered, said->not_metered, err) !=
            0)
        return -1;
    for (int w = 0; w < RR_WITHHELD; w++)
        if (check_count(rr_withheld_name((enum rr_withheld)w), found->withheld[w],
                        said->withheld[w], err) != 0)
            return -1;
    for (int code = 0; code < RR_REJECT_CODES; code++)
        if (check_count("bad and repaired", found->repaired[code], said->repaired[code], err) != 0)
            return -1;
    return 0;
}

static int check_sums(const struct rr_verify *v, int meter, const struct rr_meter_tally *found,
                      const struct rr_meter_tally *said, struct rr_error *err)
{
    if (check_sum(v, meter, "events bring", &found->aggregated, &said->aggregated, err) != 0)
        return -1;
    for (int w = 0; w < RR_WITHHELD; w++)
        if (check_sum(v, meter, rr_withheld_name((enum rr_withheld)w), &found->withheld[w],
                      &said->withheld[w], err) != 0)
            return -1;
    return 0;
}

int rr_verify_events(struct rr_verify *v, struct rr_finding *f)
{
    struct rr_verify_events *e = pass(v);
    const struct rr_tally *said = &v->manifest->resolved, *found = &e->found;
    f->err = e->err;
    if (e->result != 0)
        return -1;
    if (!e->job->has_event_ids) {
        rr_seen(f, "records have no event ids");
        return 0;
    }
    if (check_counts(found, said, &f->err) != 0)
        return -1;
    for (int i = 0; i < e->job->n_meters; i++)
        if (check_sums(v, i, &found->meters[i], &said->meters[i], &f->err) != 0)
            return -1;
    if (e->repaired[0].digest != e->repaired[1].digest)
        return rr_fail(&f->err, RR_EXIT_DATA,
                       "the records that are said to be repaired are not those whose place good "
                       "ones took");
    uint64_t copies = 0;
    for (int w = 0; w < RR_WITHHELD; w++)
        copies += found->withheld[w];
    rr_seen(f, "%llu events count once, %llu other records of events do not",
            (number)(found->aggregated + found->not_metered), (number)copies);
    return 0;
}

/* ---- cells ---- */

/* What cells hold of each meter. */
struct held {
    uint64_t cells;
    struct rr_sum *quantity; /* of meters that sum */
    uint64_t *records;
};

static int post_cell(struct rr_verify_events *e, struct rr_text account, const struct rr_cell *cell,
                     struct held *held, struct rr_error *err)
{
    rr_decimal value = 0;
    uint32_t meter = (uint32_t)cell->meter;
    const struct rr_kernel *kernel = e->job->meters[meter].kernel;
    bool good = !is_summed(e->job, meter) || kernel->finalize(cell->state, 0, &value);
    rr_kernel_fini(kernel, cell->state);
    if (!good)
        return rr_fail(err, RR_EXIT_DATA, "account '%.*s': a quantity has more than 20 digits",
                       RR_SHOW(account));
    held->cells++;
    held->records[meter] += cell->records;
    rr_sum_add(&held->quantity[meter], value);
    rr_ledger_post(e->ledger, RR_RIGHT, cell_of(e, account, cell->key, cell->bucket), cell->records,
                   value);
    return 0;
}

static int read_cells_of(struct rr_verify_events *e, struct rr_cell_reader *reader,
                         const struct rr_dictionary *keys, struct held *held, struct rr_error *err)
{
    struct rr_account_head head;
    uint64_t state[STATE_WORDS];
    int got;
    while ((got = rr_cell_reader_next(reader, &head, err)) > 0)
        for (uint32_t i = 0; i < head.items; i++) {
            struct rr_cell cell = {.state = state};
            uint32_t key;
            if (rr_cell_reader_cell(reader, &key, &cell, state, err) != 0)
                return -1;
            cell.key = rr_dictionary_text(keys, key);
            if (post_cell(e, head.name, &cell, held, err) != 0)
                return -1;
        }
    return got;
}

static int read_cells(struct rr_verify_events *e, struct held *held, struct rr_error *err)
{
    const struct rr_manifest *m = e->v->manifest;
    struct rr_state state = {0};
    struct rr_dictionary *keys = rr_dictionary_create();
    int result = 0;
    snprintf(state.dir, sizeof state.dir, "%s", e->v->dir);
    for (uint32_t i = 0; i < m->n_runs && result == 0; i++) {
        char path[RR_VERIFY_PATH];
        if (m->runs[i].kind != RR_RUN_CELLS)
            continue;
        rr_state_run_path(&state, m->runs[i].name, path);
        struct rr_cell_reader *reader = rr_cell_reader_open(path, e->job, m->n_shards, 0,
                                                            m->n_shards, keys, e->v->place_of, err);
        result = reader ? read_cells_of(e, reader, keys, held, err) : -1;
        rr_cell_reader_close(reader);
    }
    rr_dictionary_destroy(keys);
    return result;
}

/* Σ over cells is what was aggregated: quantities where the kernel sums, else a record each where the
 * manifest counts records. */
static int check_totals(const struct rr_verify *v, const struct rr_job *job,
                        const struct held *held, struct rr_error *err)
{
    for (int i = 0; i < job->n_meters; i++) {
        struct rr_sum found = held->quantity[i];
        if (!is_summed(job, (uint32_t)i)) {
            if (job->meters[i].tallied)
                continue;
            found = (struct rr_sum){0};
            rr_sum_add(&found, (rr_decimal)held->records[i] * RR_DECIMAL_ONE);
        }
        if (check_sum(v, i, "cells hold", &found, &v->manifest->resolved.meters[i].aggregated,
                      err) != 0)
            return -1;
    }
    return 0;
}

static void show_difference(const struct rr_verify_events *e, const struct rr_ledger_difference *d,
                            struct rr_error *err)
{
    char left[RR_SUM_TEXT], right[RR_SUM_TEXT];
    size_t account = strlen(d->key.ptr);
    struct rr_text cell = {d->key.ptr + account + 1, d->key.len - (uint32_t)account - 1};
    rr_sum_format(&d->amount[RR_LEFT], left);
    rr_sum_format(&d->amount[RR_RIGHT], right);
    rr_fail(err, RR_EXIT_DATA,
            "account '%s', meter '%.*s': %llu records of quantity %s count for a cell that holds "
            "%llu of quantity %s",
            d->key.ptr, RR_SHOW(meter_name(e->v, e->job->meter_of(e->job->self, cell))),
            (number)d->count[RR_LEFT], left, (number)d->count[RR_RIGHT], right);
}

/* Reads records and cells once more to say which cell is not what its records are. */
static int find_cell(struct rr_verify_events *e, struct held *held, struct rr_error *err)
{
    struct rr_ledger_difference difference;
    rr_ledger_search(e->ledger);
    if (read_records(e, err) != 0 || read_cells(e, held, err) != 0)
        return -1;
    if (rr_ledger_first(e->ledger, &difference))
        show_difference(e, &difference, err);
    else
        rr_fail(err, RR_EXIT_DATA, "files change while they are read");
    return -1;
}

int rr_verify_cells(struct rr_verify *v, struct rr_finding *f)
{
    struct rr_verify_events *e = pass(v);
    f->err = e->err;
    if (e->result != 0)
        return -1;
    size_t n = (size_t)e->job->n_meters;
    struct held held = {0, rr_calloc(n, sizeof *held.quantity), rr_calloc(n, sizeof *held.records)};
    int result = read_cells(e, &held, &f->err);
    uint64_t cells = held.cells;
    if (result == 0 && e->job->has_event_ids && !rr_ledger_balances(e->ledger))
        result = find_cell(e, &held, &f->err);
    if (result == 0)
        result = check_totals(v, e->job, &held, &f->err);
    rr_seen(f, "%llu cells hold %s", (number)cells,
            e->job->has_event_ids ? "what the events that count come to" : "what was aggregated");
    free(held.quantity);
    free(held.records);
    return result;
}
