/* inputs.json. */
#include "input_facts.h"

#include "../io/memory.h"
#include "../io/timestamp.h"
#include "../runtime/state.h"

#include <jansson.h>

static json_t *sum_json(const struct rr_sum *sum)
{
    char text[RR_SUM_TEXT];
    rr_sum_format(sum, text);
    return json_string(text);
}

static json_t *digest_json(struct rr_digest digest)
{
    char text[RR_DIGEST_TEXT];
    rr_digest_format(digest, text);
    return json_string(text);
}

static json_t *time_json(int64_t time_ns)
{
    char text[RR_TIMESTAMP_TEXT];
    rr_timestamp_format(time_ns, text);
    return json_string(text);
}

/* By the names of the meters that were fed. A job's meters beyond the book's measure these once more. */
static json_t *meters_json(const struct rr_book *book, const struct rr_input_tally *tally)
{
    json_t *out = json_object();
    for (uint32_t i = 0; i < tally->n_fed; i++) {
        const struct rr_fed *fed = &tally->fed[i];
        if (fed->meter >= (uint32_t)book->n_meters)
            continue;
        struct rr_text name = book->meters[fed->meter].name;
        json_object_setn_new(out, name.ptr, name.len, sum_json(&fed->quantity));
    }
    return out;
}

static json_t *quarantined_json(const struct rr_input_tally *tally)
{
    json_t *out = json_object();
    for (int code = RR_ACCEPT + 1; code < RR_REJECT_CODES; code++)
        if (tally->quarantined[code] > 0)
            json_object_set_new(out, rr_reject_name((enum rr_reject)code),
                                json_integer((json_int_t)tally->quarantined[code]));
    return out;
}

static json_t *input_json(const struct rr_book *book, const struct rr_file_entry *file)
{
    const struct rr_input_tally *tally = &file->tally;
    json_t *out = json_object();
    json_object_set_new(out, "path", json_string(file->path));
    json_object_set_new(out, "size", json_integer((json_int_t)file->size));
    json_object_set_new(out, "digest", digest_json(file->digest));
    json_object_set_new(out, "records", json_integer((json_int_t)tally->read));
    if (book->usage.quantity != RR_NO_COLUMN)
        json_object_set_new(out, "quantity", sum_json(&tally->quantity));
    json_object_set_new(out, "meters", meters_json(book, tally));
    json_object_set_new(out, "quarantined", quarantined_json(tally));
    if (tally->first_ns <= tally->last_ns) {
        json_object_set_new(out, "first", time_json(tally->first_ns));
        json_object_set_new(out, "last", time_json(tally->last_ns));
    }
    return out;
}

char *rr_input_facts_format(const struct rr_book *book, const struct rr_manifest *m)
{
    uint32_t *place, *file_of;
    json_t *out = json_object(), *inputs = json_array();
    rr_state_file_order(m, &place, &file_of);
    for (uint32_t i = 0; i < m->n_files; i++)
        if (place[file_of[i]] != RR_NO_PLACE)
            json_array_append_new(inputs, input_json(book, &m->files[file_of[i]]));
    free(place);
    free(file_of);
    json_object_set_new(out, "inputs", inputs);
    char *text = json_dumps(out, JSON_INDENT(2));
    rr_check(text != NULL, "input facts that are no JSON");
    json_decref(out);
    return text;
}
