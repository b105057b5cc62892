/* Verifying a result: its files, run.json, the reconciliation, and the state that it names. */
#include "verify.h"

#include "../io/commit.h"
#include "../io/memory.h"
#include "../io/runfile.h"
#include "result_facts.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long long number;

static void file_path(const struct rr_verify *v, const char *name, char path[RR_VERIFY_PATH])
{
    snprintf(path, RR_VERIFY_PATH, "%s/%s", v->result, name);
}

static struct rr_digest digest_of(const json_t *value)
{
    char *text = json_dumps(value, JSON_INDENT(2));
    rr_check(text != NULL, "JSON that is none");
    struct rr_digest digest = rr_digest_bytes(text, strlen(text));
    free(text);
    return digest;
}

json_t *rr_verify_load(const struct rr_verify *v, const char *name, struct rr_error *err)
{
    char path[RR_VERIFY_PATH], *text;
    size_t len;
    json_error_t at;
    file_path(v, name, path);
    if (rr_read_file(path, &text, &len, err) != 0)
        return NULL;
    json_t *value = json_loadb(text, len, JSON_REJECT_DUPLICATES, &at);
    free(text);
    if (!json_is_object(value)) {
        rr_fail(err, RR_EXIT_DATA, "%s: line %d: %s", path, at.line,
                value ? "is no object" : at.text);
        json_decref(value);
        return NULL;
    }
    return value;
}

/* ---- run.json and the files it names ---- */

bool rr_verify_digest(const json_t *object, const char *name, struct rr_digest *digest)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text && rr_digest_parse(text, digest);
}

static int check_own_digest(const struct rr_verify *v, json_t *facts, struct rr_error *err)
{
    struct rr_digest said;
    if (!rr_verify_digest(facts, "own_digest", &said))
        return rr_fail(err, RR_EXIT_DATA, "%s/run.json: has no digest of its own", v->result);
    json_object_del(facts, "own_digest");
    if (rr_digest_equal(said, digest_of(facts)))
        return 0;
    return rr_fail(err, RR_EXIT_DATA, "%s/run.json: its digest is wrong: it is damaged", v->result);
}

static int read_facts(struct rr_verify *v, struct rr_finding *f)
{
    v->facts = rr_verify_load(v, "run.json", &f->err);
    if (v->facts == NULL)
        return -1;
    int result = check_own_digest(v, v->facts, &f->err);
    const char *version = json_string_value(json_object_get(v->facts, "rerate"));
    rr_seen(f, "run.json is whole, by rerate %s", version ? version : "?");
    return result;
}

static int check_file(const struct rr_verify *v, const char *name, const json_t *said,
                      struct rr_error *err)
{
    char path[RR_VERIFY_PATH];
    struct rr_digest digest, found;
    uint64_t size, bytes = (uint64_t)json_integer_value(json_object_get(said, "bytes"));
    if (strchr(name, '/') || !rr_verify_digest(said, "digest", &digest))
        return rr_fail(err, RR_EXIT_DATA, "%s/run.json: has no digest of %s", v->result, name);
    file_path(v, name, path);
    if (rr_digest_file(path, &size, &found, err) != 0)
        return -1;
    if (size != bytes)
        return rr_fail(err, RR_EXIT_DATA, "%s: has %llu bytes where run.json says %llu", path,
                       (number)size, (number)bytes);
    return rr_digest_equal(found, digest)
               ? 0
               : rr_fail(err, RR_EXIT_DATA, "%s: its digest is not that of run.json", path);
}

/* Every file that a result has, plain or compressed. */
static int check_all_named(const struct rr_verify *v, const json_t *files, struct rr_error *err)
{
    static const char *const names[] = {
        "lines.csv",      "invoices.csv", "shares.csv",          "unrated.csv", "conflicts.csv",
        "quarantine.csv", "book.yaml",    "reconciliation.json", "inputs.json", NULL};
    for (int i = 0; names[i]; i++) {
        char packed[64];
        snprintf(packed, sizeof packed, "%s.zst", names[i]);
        if ((json_object_get(files, names[i]) != NULL) + (json_object_get(files, packed) != NULL) !=
            1)
            return rr_fail(err, RR_EXIT_DATA, "%s/run.json: does not name %s once", v->result,
                           names[i]);
    }
    return 0;
}

static int check_success(const struct rr_verify *v, struct rr_error *err)
{
    char path[RR_VERIFY_PATH];
    struct rr_digest digest;
    uint64_t size;
    file_path(v, "_SUCCESS", path);
    if (rr_digest_file(path, &size, &digest, err) != 0)
        return rr_fail(err, RR_EXIT_DATA, "%s: is not there: the result is not whole", path);
    return size == 0 ? 0 : rr_fail(err, RR_EXIT_DATA, "%s: is not empty", path);
}

static int check_book(const struct rr_verify *v, const json_t *files, struct rr_error *err)
{
    struct rr_digest said, book;
    if (rr_verify_digest(v->facts, "book", &said) &&
        rr_verify_digest(json_object_get(files, "book.yaml"), "digest", &book) &&
        rr_digest_equal(said, book))
        return 0;
    return rr_fail(err, RR_EXIT_DATA, "%s/run.json: book.yaml is not the book that it says",
                   v->result);
}

static int check_files(struct rr_verify *v, struct rr_finding *f)
{
    static const char *const besides[] = {"run.json", "_SUCCESS", NULL};
    const char *name;
    json_t *files = json_object_get(v->facts, "files"), *said;
    struct rr_error err;
    unsigned failures = 0;
    json_object_foreach(files, name, said)
    {
        if (check_file(v, name, said, &err) != 0 && failures++ == 0)
            f->err = err;
    }
    size_t used = strlen(f->err.text);
    if (failures > 1)
        snprintf(f->err.text + used, sizeof f->err.text - used, "; and %u more files",
                 failures - 1);
    rr_seen(f, "%zu files, each with its digest", json_object_size(files));
    if (failures > 0 || rr_verify_names(v, files, besides, &f->err) != 0 ||
        check_all_named(v, files, &f->err) != 0 || check_success(v, &f->err) != 0)
        return -1;
    return check_book(v, files, &f->err);
}

/* ---- the reconciliation ---- */

static int broken(const struct rr_verify *v, struct rr_error *err, const char *what,
                  const char *name)
{
    return rr_fail(err, RR_EXIT_DATA, "%s/reconciliation.json: %s%s%s", v->result, what,
                   name ? " of " : "", name ? name : "");
}

static uint64_t count_in(const json_t *item)
{
    uint64_t sum = 0;
    const char *name;
    json_t *value;
    if (!json_is_object(item))
        return (uint64_t)json_integer_value(item);
    json_object_foreach((json_t *)(uintptr_t)item, name, value)
    {
        sum += (uint64_t)json_integer_value(value);
    }
    return sum;
}

/* Each record is of one of the classes. */
static int check_records(const struct rr_verify *v, uint64_t *read, struct rr_error *err)
{
    json_t *records = json_object_get(v->reconciliation, "records"), *item;
    const char *name;
    uint64_t sum = 0;
    *read = (uint64_t)json_integer_value(json_object_get(records, "read"));
    json_object_foreach(records, name, item)
    {
        if (strcmp(name, "read") != 0)
            sum += count_in(item);
    }
    if (json_is_object(records) && sum == *read)
        return 0;
    return rr_fail(err, RR_EXIT_DATA,
                   "%s/reconciliation.json: %llu records were read, and the classes sum to %llu",
                   v->result, (number)*read, (number)sum);
}

static int check_meter(const struct rr_verify *v, const char *name, json_t *meter,
                       struct rr_error *err)
{
    struct rr_sum read, sum = {0}, part;
    const char *class;
    json_t *item;
    if (!rr_sum_in(meter, "read", &read))
        return broken(v, err, "lacks the quantity", name);
    json_object_foreach(meter, class, item)
    {
        if (strcmp(class, "read") == 0)
            continue;
        if (!rr_sum_in(meter, class, &part))
            return broken(v, err, "no quantity", name);
        rr_sum_merge(&sum, &part);
    }
    return rr_sum_equal(&read, &sum)
               ? 0
               : broken(v, err, "what was read is not the sum of its classes: quantity", name);
}

static int check_residue(const struct rr_verify *v, const json_t *total, struct rr_error *err)
{
    struct rr_sum amount, exact, residue;
    const char *period = json_string_value(json_object_get(total, "period"));
    if (!rr_sum_in(total, "amount", &amount) || !rr_sum_in(total, "exact", &exact) ||
        !rr_sum_in(total, "residue", &residue))
        return broken(v, err, "lacks an amount", period);
    rr_sum_merge(&exact, &residue);
    return rr_sum_equal(&amount, &exact)
               ? 0
               : broken(v, err, "exact + residue is not the amount", period);
}

/* Every law of reconciliation.json, from what it says itself. */
static int check_reconciliation(struct rr_verify *v, struct rr_finding *f)
{
    json_t *item;
    const char *name;
    size_t i;
    uint64_t read;
    v->reconciliation = rr_verify_load(v, "reconciliation.json", &f->err);
    if (v->reconciliation == NULL || check_records(v, &read, &f->err) != 0)
        return -1;
    if (!json_is_true(json_object_get(v->reconciliation, "balanced")))
        return broken(v, &f->err, "does not say that it is balanced", NULL);
    json_t *meters = json_object_get(v->reconciliation, "meters");
    json_t *totals = json_object_get(v->reconciliation, "totals");
    json_object_foreach(meters, name, item)
    {
        if (check_meter(v, name, item, &f->err) != 0)
            return -1;
    }
    json_array_foreach(totals, i, item)
    {
        if (check_residue(v, item, &f->err) != 0)
            return -1;
    }
    rr_seen(f, "%llu records, quantities of %zu meters, %zu sums of money balance", (number)read,
            json_object_size(meters), json_array_size(totals));
    return 0;
}

/* Lines that were computed and lines that were carried over are all lines. */
static int check_priced(struct rr_verify *v, struct rr_finding *f)
{
    const json_t *priced = json_object_get(v->facts, "priced");
    const json_t *computed = json_object_get(priced, "computed");
    const json_t *carried = json_object_get(priced, "carried");
    number lines = 0;
    json_t *item;
    size_t i;
    json_array_foreach(json_object_get(v->reconciliation, "totals"), i, item)
    {
        lines += (number)json_integer_value(json_object_get(item, "lines"));
    }
    if (!json_is_integer(computed) || !json_is_integer(carried))
        return rr_fail(&f->err, RR_EXIT_DATA,
                       "%s/run.json: does not say how many lines were priced", v->result);
    number sum = (number)json_integer_value(computed) + (number)json_integer_value(carried);
    if (json_integer_value(computed) < 0 || json_integer_value(carried) < 0 || sum != lines)
        return rr_fail(&f->err, RR_EXIT_DATA,
                       "%s/run.json: %lld lines computed and %lld carried over are not the %llu of "
                       "the reconciliation",
                       v->result, (long long)json_integer_value(computed),
                       (long long)json_integer_value(carried), lines);
    rr_seen(f, "%lld lines computed, %lld carried over", (long long)json_integer_value(computed),
            (long long)json_integer_value(carried));
    return 0;
}

/* ---- the state ---- */

/* Whether run.json names the inputs of the manifest, in the order of their paths, and no others. */
static bool same_inputs(const struct rr_verify *v)
{
    const struct rr_manifest *m = v->manifest;
    const json_t *inputs = json_object_get(v->facts, "inputs");
    size_t at = 0;
    uint32_t *place_of, *file_of;
    bool same = true;
    rr_state_file_order(m, &place_of, &file_of);
    for (uint32_t i = 0; i < m->n_files && same; i++) {
        const struct rr_file_entry *file = &m->files[file_of[i]];
        struct rr_digest digest;
        if (file->path[0] == '\0')
            continue;
        const json_t *said = json_array_get(inputs, at++);
        const char *path = json_string_value(json_object_get(said, "path"));
        same = path && strcmp(path, file->path) == 0 && rr_verify_digest(said, "digest", &digest) &&
               rr_digest_equal(digest, file->digest);
    }
    free(place_of);
    free(file_of);
    return same && at == json_array_size(inputs);
}

static bool same_state(const struct rr_verify *v)
{
    struct rr_digest said, state;
    if (v->manifest == NULL || v->meters == NULL || !rr_verify_digest(v->facts, "state", &said))
        return false;
    state = rr_digest_bytes(v->manifest->state_text, strlen(v->manifest->state_text));
    return rr_digest_equal(said, state) && rr_manifest_all_read(v->manifest) &&
           rr_manifest_all_resolved(v->manifest) && same_inputs(v);
}

static int compare_count(const struct rr_verify *v, const json_t *object, const char *name,
                         uint64_t counted, struct rr_error *err)
{
    uint64_t said = (uint64_t)json_integer_value(json_object_get(object, name));
    if (said == counted)
        return 0;
    return rr_fail(err, RR_EXIT_DATA,
                   "%s/reconciliation.json: says %llu records are '%s', and the state %llu",
                   v->result, (number)said, name, (number)counted);
}

static int compare_records(const struct rr_verify *v, struct rr_error *err)
{
    const struct rr_tally *in = &v->manifest->ingested, *out = &v->manifest->resolved;
    const json_t *records = json_object_get(v->reconciliation, "records");
    const json_t *quarantined = json_object_get(records, "quarantined");
    const json_t *repaired = json_object_get(records, "repaired");
    if (compare_count(v, records, "read", in->read, err) != 0 ||
        compare_count(v, records, "aggregated", out->aggregated, err) != 0 ||
        compare_count(v, records, "not_metered", out->not_metered, err) != 0)
        return -1;
    for (int w = 0; w < RR_WITHHELD; w++)
        if (compare_count(v, records, rr_withheld_name((enum rr_withheld)w), out->withheld[w],
                          err) != 0)
            return -1;
    for (int c = RR_ACCEPT + 1; c < RR_REJECT_CODES; c++) {
        enum rr_reject code = (enum rr_reject)c;
        if (compare_count(v, quarantined, rr_reject_name(code),
                          rr_tally_quarantined_as(in, out, code), err) != 0 ||
            compare_count(v, repaired, rr_reject_name(code), out->repaired[code], err) != 0)
            return -1;
    }
    return compare_count(v, v->reconciliation, "conflicts", out->conflicts, err);
}

static int compare_quantity(const struct rr_verify *v, int meter, const char *class,
                            const struct rr_sum *counted, struct rr_error *err)
{
    struct rr_text name = v->book->meters[meter].name;
    const json_t *said =
        json_object_getn(json_object_get(v->reconciliation, "meters"), name.ptr, name.len);
    struct rr_sum sum;
    char text[RR_SUM_TEXT];
    if (rr_sum_in(said, class, &sum) && rr_sum_equal(&sum, counted))
        return 0;
    rr_sum_format(counted, text);
    return rr_fail(err, RR_EXIT_DATA,
                   "%s/reconciliation.json: meter '%.*s': '%s' is not %s, as the state says",
                   v->result, RR_SHOW(name), class, text);
}

static int compare_meters(const struct rr_verify *v, struct rr_error *err)
{
    const struct rr_manifest *m = v->manifest;
    for (int i = 0; i < v->book->n_meters; i++) {
        const struct rr_meter_tally *out = &m->resolved.meters[i];
        if (compare_quantity(v, i, "read", &m->ingested.meters[i].read, err) != 0 ||
            compare_quantity(v, i, "aggregated", &out->aggregated, err) != 0)
            return -1;
        for (int w = 0; w < RR_WITHHELD; w++)
            if (compare_quantity(v, i, rr_withheld_name((enum rr_withheld)w), &out->withheld[w],
                                 err) != 0)
                return -1;
    }
    return 0;
}

/* A result names its state: by the inputs, and by what it made of them. */
static int check_state(struct rr_verify *v, struct rr_finding *f)
{
    if (!same_state(v)) {
        rr_seen(f, "of %zu inputs; the state has moved on",
                json_array_size(json_object_get(v->facts, "inputs")));
        return 0;
    }
    rr_seen(f, "counts and quantities are those of the state, generation %llu",
            (number)v->manifest->generation);
    return compare_records(v, &f->err) == 0 ? compare_meters(v, &f->err) : -1;
}

const struct rr_verify_check rr_result_checks[] = {
    {"facts", 0, RR_GROUND_FACTS, read_facts},
    {"files", RR_GROUND_FACTS, 0, check_files},
    {"books", RR_GROUND_FACTS, 0, rr_verify_books},
    {"reconciliation", 0, RR_GROUND_RECONCILIATION, check_reconciliation},
    {"priced", RR_GROUND_FACTS | RR_GROUND_RECONCILIATION, 0, check_priced},
    {"inputs of result", RR_GROUND_FACTS | RR_GROUND_RECONCILIATION, 0, rr_verify_input_facts},
    {"lines", RR_GROUND_FACTS, 0, rr_verify_lines},
    {"invoices", RR_GROUND_FACTS, 0, rr_verify_invoices},
    {"totals", RR_GROUND_RECONCILIATION, 0, rr_verify_totals},
    {"shares", 0, 0, rr_verify_shares},
    {"unrated", 0, 0, rr_verify_unrated},
    {"quarantine", RR_GROUND_FACTS | RR_GROUND_RECONCILIATION, 0, rr_verify_quarantine},
    {"conflicts", RR_GROUND_FACTS | RR_GROUND_RECONCILIATION, 0, rr_verify_conflicts},
    {"state of result", RR_GROUND_FACTS | RR_GROUND_RECONCILIATION, 0, check_state},
    {0},
};

const struct rr_verify_check rr_result_file_checks[] = {
    {"facts", 0, RR_GROUND_FACTS, read_facts},
    {"files", RR_GROUND_FACTS, 0, check_files},
    {"books", RR_GROUND_FACTS, 0, rr_verify_books},
    {0},
};

/* As long as results are but staged there is none. */
static bool may_lack(const struct rr_verify *v)
{
    struct rr_history history;
    bool may = rr_history_read(v->dir, &history, NULL) == 0 && rr_history_allows(&history, 0);
    rr_history_fini(&history);
    return may;
}

static bool is_what_if(const struct rr_verify *v, unsigned result)
{
    struct rr_result_facts facts;
    if (rr_result_facts_read(v->dir, result, &facts, NULL) != 0)
        return false;
    bool what_if = facts.what_if;
    rr_result_facts_fini(&facts);
    return what_if;
}

/* `latest` names a whole result, and one that may be billed. */
int rr_verify_latest(struct rr_verify *v, struct rr_finding *f)
{
    char path[RR_VERIFY_PATH], success[RR_VERIFY_PATH + 32], target[64] = "";
    snprintf(path, sizeof path, "%s/results/latest", v->dir);
    ssize_t n = readlink(path, target, sizeof target - 1);
    if (n < 0 && may_lack(v)) {
        rr_seen(f, "nothing was published yet");
        return 0;
    }
    if (n < 0)
        return rr_fail(&f->err, RR_EXIT_DATA, "%s: is no link to a result", path);
    snprintf(success, sizeof success, "%s/_SUCCESS", path);
    if (access(success, F_OK) != 0 || rr_result_latest(v->dir) == 0)
        return rr_fail(&f->err, RR_EXIT_DATA, "%s: names %s, which is no whole result", path,
                       target);
    if (is_what_if(v, rr_result_latest(v->dir)))
        return rr_fail(&f->err, RR_EXIT_DATA, "%s: names %s, which only says what would be", path,
                       target);
    rr_seen(f, "names %s", target);
    return 0;
}
