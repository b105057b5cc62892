/* What is known of one input. */
#include "input_tally.h"

#include "../io/memory.h"

#include <jansson.h>
#include <string.h>

void rr_input_tally_init(struct rr_input_tally *tally)
{
    *tally = (struct rr_input_tally){.first_ns = INT64_MAX, .last_ns = INT64_MIN};
}

void rr_input_tally_fini(struct rr_input_tally *tally)
{
    free(tally->fed);
    rr_input_tally_init(tally);
}

/* The union of two rising lists. */
static void merge_fed(struct rr_input_tally *into, const struct rr_input_tally *from)
{
    struct rr_fed *fed = rr_malloc(((size_t)into->n_fed + from->n_fed) * sizeof *fed);
    uint32_t a = 0, b = 0, n = 0;
    while (a < into->n_fed || b < from->n_fed) {
        bool take_b =
            a == into->n_fed || (b < from->n_fed && from->fed[b].meter < into->fed[a].meter);
        fed[n] = take_b ? from->fed[b++] : into->fed[a++];
        if (!take_b && b < from->n_fed && from->fed[b].meter == fed[n].meter)
            rr_sum_merge(&fed[n].quantity, &from->fed[b++].quantity);
        n++;
    }
    free(into->fed);
    into->fed = fed;
    into->n_fed = n;
}

void rr_input_tally_merge(struct rr_input_tally *into, const struct rr_input_tally *from)
{
    into->read += from->read;
    for (int code = 0; code < RR_REJECT_CODES; code++)
        into->quarantined[code] += from->quarantined[code];
    rr_sum_merge(&into->quantity, &from->quantity);
    into->first_ns = from->first_ns < into->first_ns ? from->first_ns : into->first_ns;
    into->last_ns = from->last_ns > into->last_ns ? from->last_ns : into->last_ns;
    merge_fed(into, from);
}

void rr_input_tally_sum(const struct rr_input_tally *tally, struct rr_tally *into)
{
    into->read += tally->read;
    for (int code = 0; code < RR_REJECT_CODES; code++)
        into->quarantined[code] += tally->quarantined[code];
    for (uint32_t i = 0; i < tally->n_fed; i++)
        rr_sum_merge(&into->meters[tally->fed[i].meter].read, &tally->fed[i].quantity);
}

static json_t *sum_json(const struct rr_sum *sum)
{
    char text[RR_SUM_TEXT];
    rr_sum_format(sum, text);
    return json_string(text);
}

json_t *rr_input_tally_json(const struct rr_input_tally *tally)
{
    json_t *out = json_object(), *quarantined = json_object(), *fed = json_array();
    json_object_set_new(out, "read", json_integer((json_int_t)tally->read));
    json_object_set_new(out, "quantity", sum_json(&tally->quantity));
    for (int code = RR_ACCEPT + 1; code < RR_REJECT_CODES; code++)
        if (tally->quarantined[code] > 0)
            json_object_set_new(quarantined, rr_reject_name((enum rr_reject)code),
                                json_integer((json_int_t)tally->quarantined[code]));
    json_object_set_new(out, "quarantined", quarantined);
    if (tally->first_ns <= tally->last_ns) {
        json_object_set_new(out, "first_ns", json_integer(tally->first_ns));
        json_object_set_new(out, "last_ns", json_integer(tally->last_ns));
    }
    for (uint32_t i = 0; i < tally->n_fed; i++)
        json_array_append_new(
            fed, json_pack("[I, o]", (json_int_t)tally->fed[i].meter, /* its number, its quantity */
                           sum_json(&tally->fed[i].quantity)));
    json_object_set_new(out, "meters", fed);
    return out;
}

static bool get_count(const json_t *value, uint64_t *out)
{
    *out = (uint64_t)json_integer_value(value);
    return json_is_integer(value) && json_integer_value(value) >= 0;
}

static bool get_sum(const json_t *value, struct rr_sum *sum)
{
    const char *text = json_string_value(value);
    return text && rr_sum_parse(text, strlen(text), sum);
}

static bool read_quarantined(const json_t *in, struct rr_input_tally *tally)
{
    for (int code = RR_ACCEPT + 1; code < RR_REJECT_CODES; code++) {
        const json_t *value = json_object_get(in, rr_reject_name((enum rr_reject)code));
        if (value && !get_count(value, &tally->quarantined[code]))
            return false;
    }
    return json_is_object(in);
}

/* Both times, or none. */
static bool read_times(const json_t *in, struct rr_input_tally *tally)
{
    const json_t *first = json_object_get(in, "first_ns"), *last = json_object_get(in, "last_ns");
    if (first == NULL && last == NULL)
        return true;
    tally->first_ns = json_integer_value(first);
    tally->last_ns = json_integer_value(last);
    return json_is_integer(first) && json_is_integer(last) && tally->first_ns <= tally->last_ns;
}

static bool read_fed(const json_t *in, uint32_t n_meters, struct rr_input_tally *tally)
{
    size_t n = json_array_size(in);
    uint64_t next = 0; /* the least number that may come */
    if (!json_is_array(in) || n > n_meters)
        return false;
    tally->fed = rr_malloc(n * sizeof *tally->fed);
    for (size_t i = 0; i < n; i++) {
        const json_t *item = json_array_get(in, i);
        uint64_t meter;
        struct rr_fed *fed = &tally->fed[i];
        if (!get_count(json_array_get(item, 0), &meter) || meter < next || meter >= n_meters ||
            !get_sum(json_array_get(item, 1), &fed->quantity))
            return false;
        fed->meter = (uint32_t)meter;
        next = meter + 1;
        tally->n_fed++;
    }
    return true;
}

bool rr_input_tally_read(const json_t *in, uint32_t n_meters, struct rr_input_tally *tally)
{
    rr_input_tally_init(tally);
    return get_count(json_object_get(in, "read"), &tally->read) &&
           get_sum(json_object_get(in, "quantity"), &tally->quantity) &&
           read_quarantined(json_object_get(in, "quarantined"), tally) && read_times(in, tally) &&
           read_fed(json_object_get(in, "meters"), n_meters, tally);
}

void rr_input_counter_init(struct rr_input_counter *counter, int n_meters)
{
    rr_input_tally_init(&counter->tally);
    counter->n_meters = n_meters;
    counter->meters = rr_calloc((size_t)n_meters, sizeof *counter->meters);
}

void rr_input_counter_fini(struct rr_input_counter *counter)
{
    free(counter->meters);
    counter->meters = NULL;
}

static void put(struct rr_input_parts *parts, const void *bytes, size_t len)
{
    if (parts->used + len > parts->size) {
        parts->size = (parts->used + len) * 2;
        parts->bytes = rr_realloc(parts->bytes, parts->size);
    }
    memcpy(parts->bytes + parts->used, bytes, len);
    parts->used += len;
}

void rr_input_parts_add(struct rr_input_parts *parts, uint32_t file,
                        struct rr_input_counter *counter)
{
    struct rr_input_tally head = counter->tally;
    for (int m = 0; m < counter->n_meters; m++)
        head.n_fed += counter->meters[m].fed;
    put(parts, &file, sizeof file);
    put(parts, &head, sizeof head);
    for (int m = 0; m < counter->n_meters; m++) {
        const struct rr_fed fed = {(uint32_t)m, counter->meters[m].quantity};
        if (counter->meters[m].fed)
            put(parts, &fed, sizeof fed);
        counter->meters[m] = (struct rr_meter_counter){0};
    }
    rr_input_tally_init(&counter->tally);
}

size_t rr_input_parts_next(const char *bytes, size_t at, uint32_t *file,
                           struct rr_input_tally *part)
{
    memcpy(file, bytes + at, sizeof *file);
    at += sizeof *file;
    memcpy(part, bytes + at, sizeof *part);
    at += sizeof *part;
    size_t len = part->n_fed * sizeof *part->fed;
    part->fed = rr_malloc(len);
    if (len > 0)
        memcpy(part->fed, bytes + at, len);
    return at + len;
}

void rr_input_parts_fini(struct rr_input_parts *parts)
{
    free(parts->bytes);
    *parts = (struct rr_input_parts){0};
}
