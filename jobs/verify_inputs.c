/* Verifying inputs.json: what it says of each input sums to the reconciliation, and is what the state says
 * of that input, even where the state has moved on. */
#include "verify.h"

#include "../io/memory.h"

#include <stdio.h>
#include <string.h>

typedef unsigned long long number;

/* What all inputs come to. */
struct sums {
    uint64_t records, bad;
    json_t *meters; /* their sums, as texts, by name */
};

static int wrong(const struct rr_verify *v, const json_t *input, const char *what,
                 struct rr_error *err)
{
    const char *path = json_string_value(json_object_get(input, "path"));
    return rr_fail(err, RR_EXIT_DATA, "%s/inputs.json: %s: %s", v->result,
                   path ? path : "an input without a path", what);
}

static uint64_t count_codes(const json_t *input)
{
    uint64_t n = 0;
    const char *code;
    json_t *item;
    json_object_foreach(json_object_get(input, "quarantined"), code, item)
    {
        n += (uint64_t)json_integer_value(item);
    }
    return n;
}

static bool add_meters(struct sums *sums, const json_t *input)
{
    const char *name;
    json_t *item;
    json_object_foreach(json_object_get(input, "meters"), name, item)
    {
        struct rr_sum sum = {0}, more;
        char text[RR_SUM_TEXT];
        if (!rr_sum_in(json_object_get(input, "meters"), name, &more))
            return false;
        rr_sum_in(sums->meters, name, &sum);
        rr_sum_merge(&sum, &more);
        rr_sum_format(&sum, text);
        json_object_set_new(sums->meters, name, json_string(text));
    }
    return true;
}

/* inputs.json and run.json list the same files. */
static int compare_named(const struct rr_verify *v, const json_t *input, size_t i,
                         struct rr_error *err)
{
    const json_t *named = json_array_get(json_object_get(v->facts, "inputs"), i);
    if (json_equal(json_object_get(input, "path"), json_object_get(named, "path")) &&
        json_equal(json_object_get(input, "digest"), json_object_get(named, "digest")) &&
        json_equal(json_object_get(input, "size"), json_object_get(named, "bytes")))
        return 0;
    return wrong(v, input, "is not what run.json says of it", err);
}

/* The input in the state; NULL when it is not there, or is another by now. */
static const struct rr_file_entry *find_input(const struct rr_verify *v, const json_t *input)
{
    const char *path = json_string_value(json_object_get(input, "path"));
    struct rr_digest digest;
    if (path == NULL || !rr_verify_digest(input, "digest", &digest))
        return NULL;
    for (uint32_t i = 0; i < v->manifest->n_files; i++)
        if (strcmp(v->manifest->files[i].path, path) == 0 &&
            rr_digest_equal(v->manifest->files[i].digest, digest))
            return &v->manifest->files[i];
    return NULL;
}

static bool same_meters(const struct rr_verify *v, const json_t *input,
                        const struct rr_input_tally *tally)
{
    const json_t *meters = json_object_get(input, "meters");
    size_t n = 0;
    for (uint32_t i = 0; i < tally->n_fed; i++) {
        if (tally->fed[i].meter >= (uint32_t)v->book->n_meters)
            continue;
        struct rr_text name = v->book->meters[tally->fed[i].meter].name;
        const char *text = json_string_value(json_object_getn(meters, name.ptr, name.len));
        struct rr_sum sum;
        if (text == NULL || !rr_sum_parse(text, strlen(text), &sum) ||
            !rr_sum_equal(&sum, &tally->fed[i].quantity))
            return false;
        n++;
    }
    return n == json_object_size(meters);
}

static bool same_codes(const json_t *input, const struct rr_input_tally *tally)
{
    const json_t *codes = json_object_get(input, "quarantined");
    for (int code = RR_ACCEPT + 1; code < RR_REJECT_CODES; code++)
        if ((uint64_t)json_integer_value(json_object_get(
                codes, rr_reject_name((enum rr_reject)code))) != tally->quarantined[code])
            return false;
    return true;
}

static int compare_input(const struct rr_verify *v, const json_t *input, struct rr_error *err)
{
    const struct rr_file_entry *file = find_input(v, input);
    struct rr_sum quantity;
    if (file == NULL)
        return 0;
    const struct rr_input_tally *tally = &file->tally;
    if ((uint64_t)json_integer_value(json_object_get(input, "records")) != tally->read)
        return wrong(v, input, "has another number of records than the state says", err);
    if (!same_codes(input, tally))
        return wrong(v, input, "has another number of bad records than the state says", err);
    if (rr_sum_in(input, "quantity", &quantity) && !rr_sum_equal(&quantity, &tally->quantity))
        return wrong(v, input, "has another quantity than the state says", err);
    return same_meters(v, input, tally)
               ? 0
               : wrong(v, input, "has another quantity of a meter than the state says", err);
}

/* What was made of usage by other rules can't be compared. */
static bool same_rules(const struct rr_verify *v)
{
    struct rr_digest said;
    return v->manifest && v->meters && rr_verify_digest(v->facts, "state", &said) &&
           rr_digest_equal(
               said, rr_digest_bytes(v->manifest->state_text, strlen(v->manifest->state_text)));
}

static int read_inputs(const struct rr_verify *v, const json_t *inputs, struct sums *sums,
                       struct rr_error *err)
{
    json_t *input;
    size_t i;
    bool compares = same_rules(v);
    json_array_foreach(inputs, i, input)
    {
        sums->records += (uint64_t)json_integer_value(json_object_get(input, "records"));
        sums->bad += count_codes(input);
        if (!add_meters(sums, input))
            return wrong(v, input, "has a quantity that is none", err);
        if (compare_named(v, input, i, err) != 0 || (compares && compare_input(v, input, err) != 0))
            return -1;
    }
    if (i == json_array_size(json_object_get(v->facts, "inputs")))
        return 0;
    return rr_fail(err, RR_EXIT_DATA, "%s/inputs.json: names %zu inputs, and run.json %zu",
                   v->result, i, json_array_size(json_object_get(v->facts, "inputs")));
}

static uint64_t sum_of_codes(const json_t *records, const char *class)
{
    uint64_t n = 0;
    const char *code;
    json_t *item;
    json_object_foreach(json_object_get(records, class), code, item)
    {
        n += (uint64_t)json_integer_value(item);
    }
    return n;
}

static int check_meters(const struct rr_verify *v, const struct sums *sums, struct rr_error *err)
{
    const char *name;
    json_t *meter;
    json_object_foreach(json_object_get(v->reconciliation, "meters"), name, meter)
    {
        struct rr_sum found = {0}, said;
        rr_sum_in(sums->meters, name, &found);
        if (!rr_sum_in(meter, "read", &said) || !rr_sum_equal(&found, &said))
            return rr_fail(err, RR_EXIT_DATA,
                           "%s/inputs.json: the quantities of '%s' do not sum to what "
                           "reconciliation.json says was read",
                           v->result, name);
    }
    return 0;
}

static int check_sums(const struct rr_verify *v, const struct sums *sums, struct rr_error *err)
{
    const json_t *records = json_object_get(v->reconciliation, "records");
    uint64_t read = (uint64_t)json_integer_value(json_object_get(records, "read"));
    uint64_t bad = sum_of_codes(records, "quarantined") + sum_of_codes(records, "repaired");
    if (read != sums->records || bad != sums->bad)
        return rr_fail(err, RR_EXIT_DATA,
                       "%s/inputs.json: %llu records, %llu of them bad, where reconciliation.json "
                       "says %llu and %llu",
                       v->result, (number)sums->records, (number)sums->bad, (number)read,
                       (number)bad);
    return check_meters(v, sums, err);
}

int rr_verify_input_facts(struct rr_verify *v, struct rr_finding *f)
{
    struct sums sums = {.meters = json_object()};
    json_t *facts = rr_verify_load(v, "inputs.json", &f->err);
    json_t *inputs = json_object_get(facts, "inputs");
    int result = facts ? read_inputs(v, inputs, &sums, &f->err) : -1;
    if (result == 0)
        result = check_sums(v, &sums, &f->err);
    rr_seen(f, "%zu inputs sum to the %llu records of the reconciliation", json_array_size(inputs),
            (number)sums.records);
    json_decref(sums.meters);
    json_decref(facts);
    return result;
}
