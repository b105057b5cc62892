/* Verifying the state: the manifest, the files that it names, and what it says of itself. */
#include "verify.h"

#include "../io/commit.h"
#include "../io/memory.h"
#include "../io/runfile.h"
#include "../runtime/coverage.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

typedef unsigned long long number;

/* ---- the manifest ---- */

static int load_newest(struct rr_verify *v, struct rr_finding *f)
{
    bool there;
    v->newest = rr_state_look_at(v->dir, false, &there, &f->err);
    if (!there)
        return rr_fail(&f->err, RR_EXIT_DATA, "%s/state/manifest.json: is not there", v->dir);
    if (v->newest == NULL)
        return -1;
    rr_seen(f, "generation %llu, %u inputs, %u runs", (number)v->newest->generation,
            v->newest->n_files, v->newest->n_runs);
    return 0;
}

static int load_before(struct rr_verify *v, struct rr_finding *f)
{
    bool there;
    v->before = rr_state_look_at(v->dir, true, &there, &f->err);
    v->manifest = v->newest ? v->newest : v->before;
    if (there && v->before == NULL)
        return -1;
    if (!there)
        rr_seen(f, "there is none");
    else if (v->newest && v->before->generation >= v->newest->generation)
        return rr_fail(&f->err, RR_EXIT_DATA,
                       "%s/state/manifest.previous.json: is generation %llu, and the one after it "
                       "%llu",
                       v->dir, (number)v->before->generation, (number)v->newest->generation);
    else
        rr_seen(f, "generation %llu, %u runs", (number)v->before->generation, v->before->n_runs);
    return 0;
}

/* What the state was made by: all else is read by it. */
static int read_meters(struct rr_verify *v, struct rr_finding *f)
{
    uint32_t *file_of;
    if (v->manifest == NULL)
        return rr_fail(&f->err, RR_EXIT_DATA, "%s: no manifest can be read", v->dir);
    v->book = rr_book_of_state_text(v->manifest->state_text, &f->err);
    if (v->book == NULL)
        return rr_fail_prefix(&f->err, "%s/state/manifest.json", v->dir);
    v->calendar = rr_calendar_create(v->book);
    v->meters = rr_meters_create(v->book, v->calendar);
    rr_state_file_order(v->manifest, &v->place_of, &file_of);
    free(file_of);
    const struct rr_job *job = rr_meters_job(v->meters);
    if (job->n_meters != v->manifest->resolved.n_meters)
        return rr_fail(&f->err, RR_EXIT_DATA,
                       "%s/state/manifest.json: counts %d meters, and its state text has %d",
                       v->dir, v->manifest->resolved.n_meters, job->n_meters);
    rr_seen(f, "%d meters, %s", v->book->n_meters,
            job->has_event_ids ? "records kept by event id" : "records folded as they came");
    return 0;
}

/* ---- runs ---- */

/* Several failures make one line: the first, and how many more. */
static void note_failure(struct rr_finding *f, unsigned *failures, const struct rr_error *err)
{
    if ((*failures)++ == 0)
        f->err = *err;
}

static int conclude(struct rr_finding *f, unsigned failures, const char *of)
{
    size_t used = strlen(f->err.text);
    if (failures > 1)
        snprintf(f->err.text + used, sizeof f->err.text - used, "; and %u more %s", failures - 1,
                 of);
    f->err.code = RR_EXIT_DATA;
    return failures > 0 ? -1 : 0;
}

static const struct rr_run_entry *find_run(const struct rr_manifest *m, const char *name,
                                           uint32_t end)
{
    for (uint32_t i = 0; m && i < end; i++)
        if (strcmp(m->runs[i].name, name) == 0)
            return &m->runs[i];
    return NULL;
}

static int check_run(const struct rr_verify *v, const struct rr_manifest *m, uint32_t i,
                     struct rr_error *err)
{
    struct rr_state state = {0};
    char path[RR_VERIFY_PATH];
    const struct rr_run_entry *run = &m->runs[i];
    if (find_run(m, run->name, i))
        return rr_fail(err, RR_EXIT_DATA, "%s/state/manifest.json: names %s twice", v->dir,
                       run->name);
    snprintf(state.dir, sizeof state.dir, "%s", v->dir);
    rr_state_run_path(&state, run->name, path);
    return rr_run_check(path, run->bytes, run->digest, err);
}

/* Both generations share most runs, which are looked at once. */
static bool is_shared(const struct rr_verify *v, const struct rr_run_entry *run)
{
    const struct rr_run_entry *other =
        v->newest ? find_run(v->newest, run->name, v->newest->n_runs) : NULL;
    return other && other->bytes == run->bytes && rr_digest_equal(other->digest, run->digest);
}

static unsigned count_leftovers(const struct rr_verify *v)
{
    char path[RR_VERIFY_PATH];
    unsigned n = 0;
    snprintf(path, sizeof path, "%s/state/runs", v->dir);
    DIR *dir = opendir(path);
    for (struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir))
        n += entry->d_name[0] != '.' &&
             !find_run(v->newest, entry->d_name, v->newest ? v->newest->n_runs : 0) &&
             !find_run(v->before, entry->d_name, v->before ? v->before->n_runs : 0);
    if (dir)
        closedir(dir);
    return n;
}

/* Lengths and digests of the runs of both generations. */
static int check_runs(struct rr_verify *v, struct rr_finding *f)
{
    const struct rr_manifest *both[] = {v->newest, v->before};
    struct rr_error err;
    uint64_t bytes = 0;
    unsigned failures = 0, runs = 0;
    for (int g = 0; g < 2; g++)
        for (uint32_t i = 0; both[g] && i < both[g]->n_runs; i++) {
            if (g == 1 && is_shared(v, &both[g]->runs[i]))
                continue;
            runs++;
            bytes += both[g]->runs[i].bytes;
            if (check_run(v, both[g], i, &err) != 0)
                note_failure(f, &failures, &err);
        }
    unsigned leftovers = count_leftovers(v);
    rr_seen(f, "%u runs, %llu bytes", runs, (number)bytes);
    if (leftovers > 0)
        rr_seen(f, "%u runs, %llu bytes; %u leftovers, which the next run removes", runs,
                (number)bytes, leftovers);
    return conclude(f, failures, "runs");
}

/* ---- what is covered ---- */

/* Whether two runs of cells were made from some of the same records: they name some of the same
 * fingerprints, and not one slice, which may have several runs. */
static bool share_records(const struct rr_run_entry *a, const struct rr_run_entry *b)
{
    bool meet = a->first < b->end && b->first < a->end && a->low <= b->high && b->low <= a->high;
    bool one_slice =
        a->first == b->first && a->end == b->end && a->low == b->low && a->high == b->high;
    return meet && !one_slice;
}

/* A run of cells that shares records with another; NULL when there is none. */
static const struct rr_run_entry *find_doubled(const struct rr_manifest *m)
{
    for (uint32_t i = 0; i < m->n_runs; i++)
        for (uint32_t j = i + 1; m->runs[i].kind == RR_RUN_CELLS && j < m->n_runs; j++)
            if (m->runs[j].kind == RR_RUN_CELLS && share_records(&m->runs[i], &m->runs[j]))
                return &m->runs[j];
    return NULL;
}

static uint32_t count_shards(const struct rr_gap *gaps, uint32_t n)
{
    uint32_t shards = 0;
    for (uint32_t i = 0; i < n; i++)
        shards += i == 0 || gaps[i].shard != gaps[i - 1].shard;
    return shards;
}

static bool keeps_records(const struct rr_manifest *m)
{
    for (uint32_t i = 0; i < m->n_runs; i++)
        if (m->runs[i].kind == RR_RUN_RECORDS)
            return true;
    return false;
}

/* Each record is in cells at most once while some are still to be resolved, and once when all are said to
 * be. Cells of a resolved state may have been merged, and where records are folded as they come any number
 * of runs may hold cells of a shard: there the checks of cells against records tell. */
static int check_coverage(struct rr_verify *v, struct rr_finding *f)
{
    const struct rr_manifest *m = v->manifest;
    if (!v->book->usage.has_event_id) {
        rr_seen(f, "records were folded as they came");
        return 0;
    }
    uint32_t n, first_open = 0;
    struct rr_gap *gaps = rr_coverage_gaps(m, &n);
    uint32_t open = count_shards(gaps, n);
    if (n > 0)
        first_open = gaps[0].shard;
    free(gaps);
    const struct rr_run_entry *doubled = open > 0 ? find_doubled(m) : NULL;
    if (doubled)
        return rr_fail(&f->err, RR_EXIT_DATA, "%s: its records are in the cells of another run too",
                       doubled->name);
    rr_seen(f, "%u of %u shards are resolved%s", m->n_shards - open, m->n_shards,
            open ? "; the next run goes on" : "");
    if (open > 0 && keeps_records(m) && rr_manifest_all_read(m) &&
        rr_tally_accounted(&m->ingested, &m->resolved) == m->ingested.read)
        return rr_fail(
            &f->err, RR_EXIT_DATA,
            "no run holds all cells of shard %u and %u more, and all records are said to "
            "be in cells",
            first_open, open - 1);
    return 0;
}

/* ---- what was read ---- */

static int check_splits_of(const struct rr_manifest *m, uint32_t file, struct rr_error *err)
{
    const struct rr_file_entry *entry = &m->files[file];
    uint64_t first = 1, records = 0;
    bool known = true; /* the split before was read to its end */
    for (uint32_t s = 0; s < entry->n_splits; s++) {
        const struct rr_split_entry *split = &m->splits[entry->first_split + s];
        uint64_t start = split->split.first_record;
        if (split->next_record < start || (known ? start != first : start < first))
            return rr_fail(err, RR_EXIT_DATA,
                           "%s: part %u begins with record %llu and was read to %llu, and the one "
                           "before ends at %llu",
                           entry->path, s + 1, (number)start, (number)split->next_record,
                           (number)first - 1);
        first = split->next_record;
        known = split->done;
        records += split->next_record - start;
    }
    if (records == entry->tally.read)
        return 0;
    return rr_fail(err, RR_EXIT_DATA, "%s: its parts hold %llu records, and %llu were counted",
                   entry->path, (number)records, (number)entry->tally.read);
}

/* The parts of each input follow each other without a gap, and hold as many records as were counted. */
static int check_progress(struct rr_verify *v, struct rr_finding *f)
{
    const struct rr_manifest *m = v->manifest;
    uint32_t done = 0, files = 0;
    for (uint32_t i = 0; i < m->n_files; i++) {
        if (m->files[i].path[0] == '\0')
            continue;
        if (check_splits_of(m, i, &f->err) != 0)
            return -1;
        files++;
        done += rr_manifest_file_done(m, i);
    }
    rr_seen(f, "%u of %u inputs read, in %u increments, %u parts, %llu records", done, files,
            m->n_increments, m->n_splits, (number)m->ingested.read);
    return 0;
}

static int check_quantity(const struct rr_verify *v, int meter, struct rr_error *err)
{
    const struct rr_manifest *m = v->manifest;
    char read[RR_SUM_TEXT], found[RR_SUM_TEXT];
    struct rr_sum sum = rr_tally_accounted_quantity(&m->resolved, meter);
    if (rr_sum_equal(&sum, &m->ingested.meters[meter].read))
        return 0;
    rr_sum_format(&m->ingested.meters[meter].read, read);
    rr_sum_format(&sum, found);
    struct rr_text name =
        meter < v->book->n_meters ? v->book->meters[meter].name : rr_text_of("(events)");
    return rr_fail(err, RR_EXIT_DATA,
                   "quantity of meter '%.*s': read %s, and its classes sum to %s", RR_SHOW(name),
                   read, found);
}

/* What was read is the sum of its classes, in records and quantities. */
static int check_balance(struct rr_verify *v, struct rr_finding *f)
{
    const struct rr_manifest *m = v->manifest;
    uint64_t found = rr_tally_accounted(&m->ingested, &m->resolved);
    bool whole = rr_manifest_all_read(m) && rr_manifest_all_resolved(m);
    for (int code = 0; code < RR_REJECT_CODES; code++)
        if (m->resolved.repaired[code] > m->ingested.quarantined[code])
            return rr_fail(
                &f->err, RR_EXIT_DATA, "%llu records that are %s were read, and %llu repaired",
                (number)m->ingested.quarantined[code], rr_reject_name((enum rr_reject)code),
                (number)m->resolved.repaired[code]);
    if (found > m->ingested.read || (whole && found != m->ingested.read))
        return rr_fail(
            &f->err, RR_EXIT_DATA,
            "%llu records were read, and their classes sum to %llu: aggregated %llu, not "
            "metered %llu, quarantined %llu, repaired %llu, the rest copies",
            (number)m->ingested.read, (number)found, (number)m->resolved.aggregated,
            (number)m->resolved.not_metered,
            (number)rr_tally_quarantined(&m->ingested, &m->resolved),
            (number)rr_tally_repaired(&m->resolved));
    if (!whole) { /* a stopped run: nothing was published from it */
        rr_seen(f, "%llu of %llu records are accounted for; the next run goes on", (number)found,
                (number)m->ingested.read);
        return 0;
    }
    for (int i = 0; i < m->ingested.n_meters; i++)
        if (check_quantity(v, i, &f->err) != 0)
            return -1;
    rr_seen(f, "%llu records, quantities of %d meters", (number)m->ingested.read,
            m->ingested.n_meters);
    return 0;
}

/* ---- inputs ---- */

static int check_input(const struct rr_file_entry *file, struct rr_error *err)
{
    uint64_t size;
    struct rr_digest digest;
    struct stat facts;
    if (stat(file->path, &facts) != 0)
        return rr_fail_errno(err, RR_EXIT_INPUT, file->path, "input");
    if ((uint64_t)facts.st_size != file->size)
        return rr_fail(err, RR_EXIT_DATA, "%s: has %llu bytes, and had %llu when it was read",
                       file->path, (number)facts.st_size, (number)file->size);
    if (!file->has_digest)
        return 0;
    if (rr_digest_file(file->path, &size, &digest, err) != 0)
        return -1;
    return rr_digest_equal(digest, file->digest)
               ? 0
               : rr_fail(err, RR_EXIT_DATA, "%s: has changed its content since it was read",
                         file->path);
}

/* Inputs that are still where they were are what was read. They may be moved away, unless --inputs. */
static int check_inputs(struct rr_verify *v, struct rr_finding *f)
{
    const struct rr_manifest *m = v->manifest;
    unsigned failures = 0, checked = 0, gone = 0;
    struct rr_error err;
    for (uint32_t i = 0; i < m->n_files; i++) {
        struct stat facts;
        const char *path = m->files[i].path;
        if (path[0] == '\0' || rr_manifest_file_untouched(m, i))
            continue;
        if (!v->need_inputs && stat(path, &facts) != 0 && errno == ENOENT) {
            gone++;
            continue;
        }
        checked++;
        if (check_input(&m->files[i], &err) != 0)
            note_failure(f, &failures, &err);
    }
    rr_seen(f, "%u inputs are what was read", checked);
    if (gone > 0)
        rr_seen(f, "%u inputs are what was read; %u are not there (any more)", checked, gone);
    return conclude(f, failures, "inputs");
}

const struct rr_verify_check rr_state_checks[] = {
    {"manifest", 0, 0, load_newest},
    {"manifest before", 0, 0, load_before},
    {"meters", 0, RR_GROUND_MANIFEST, read_meters},
    {"runs", RR_GROUND_MANIFEST, RR_GROUND_RUNS, check_runs},
    {"coverage", RR_GROUND_MANIFEST, 0, check_coverage},
    {"progress", RR_GROUND_MANIFEST, 0, check_progress},
    {"balance", RR_GROUND_MANIFEST, 0, check_balance},
    {"order", RR_GROUND_RUNS, RR_GROUND_ORDER, rr_verify_run_laws},
    {"texts", RR_GROUND_ORDER, 0, rr_verify_texts},
    {"records", RR_GROUND_ORDER, 0, rr_verify_records},
    {"events", RR_GROUND_ORDER, 0, rr_verify_events},
    {"cells", RR_GROUND_ORDER, 0, rr_verify_cells},
    {"inputs", RR_GROUND_MANIFEST, 0, check_inputs},
    {0},
};
