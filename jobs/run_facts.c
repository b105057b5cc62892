/* run.json. */
#include "run_facts.h"

#include "../io/memory.h"
#include "../runtime/state.h"

#include <jansson.h>
#include <string.h>

static json_t *digest_json(struct rr_digest digest)
{
    char text[RR_DIGEST_TEXT];
    rr_digest_format(digest, text);
    return json_string(text);
}

/* In order of path: the order in which files were consumed has no meaning. */
static json_t *inputs_json(const struct rr_manifest *m)
{
    uint32_t *place, *file_of;
    json_t *out = json_array();
    rr_state_file_order(m, &place, &file_of);
    for (uint32_t i = 0; i < m->n_files; i++) {
        const struct rr_file_entry *file = &m->files[file_of[i]];
        if (file->path[0] == '\0')
            continue;
        json_t *entry = json_object();
        json_object_set_new(entry, "path", json_string(file->path));
        json_object_set_new(entry, "bytes", json_integer((json_int_t)file->size));
        json_object_set_new(entry, "digest", digest_json(file->digest));
        json_array_append_new(out, entry);
    }
    free(place);
    free(file_of);
    return out;
}

static json_t *files_json(const struct rr_result *result)
{
    json_t *out = json_object();
    for (int i = 0; i < result->n_files; i++) {
        json_t *entry = json_object();
        json_object_set_new(entry, "bytes", json_integer((json_int_t)result->file[i].bytes));
        json_object_set_new(entry, "digest", digest_json(result->file[i].digest));
        json_object_set_new(out, result->file[i].name, entry);
    }
    return out;
}

static json_t *periods_json(const struct rr_book *book, const struct rr_span *span)
{
    char first[RR_PERIOD_TEXT], last[RR_PERIOD_TEXT];
    if (span->first > span->last)
        return json_null();
    rr_period_format(book->period, span->first, first);
    rr_period_format(book->period, span->last, last);
    return json_pack("{s:s, s:s}", "from", first, "to", last);
}

/* The periods that the user asked for, where not all were. */
static json_t *asked_json(struct rr_asked asked_for)
{
    json_t *asked = json_object();
    if (asked_for.from)
        json_object_set_new(asked, "from", json_string(asked_for.from));
    if (asked_for.to)
        json_object_set_new(asked, "to", json_string(asked_for.to));
    return asked;
}

/* Who pays for the lines of each contract that has one payer: lines and invoices can be compared by it. */
static json_t *payers_json(const struct rr_book *book)
{
    json_t *payers = json_object();
    for (int c = 0; c < book->n_contracts; c++) {
        struct rr_text name = book->contracts[c].name, payer = book->contracts[c].bill_to;
        if (payer.len > 0)
            json_object_setn_new(payers, name.ptr, name.len, json_stringn(payer.ptr, payer.len));
    }
    return payers;
}

static char *dump(const json_t *facts)
{
    char *text = json_dumps(facts, JSON_INDENT(2));
    rr_check(text != NULL, "run facts that are no JSON");
    return text;
}

static json_t *state_json(const struct rr_manifest *m)
{
    return digest_json(rr_digest_bytes(m->state_text, strlen(m->state_text)));
}

/* Whether an object says this under a name; the value is released. */
static bool says(const json_t *object, const char *name, json_t *value)
{
    const json_t *said = json_object_get(object, name);
    bool same = value == NULL ? said == NULL : said && json_equal(said, value);
    json_decref(value);
    return same;
}

bool rr_run_facts_fit(const struct rr_run_facts *f, const json_t *run)
{
    bool asked = f->asked.from || f->asked.to;
    return says(run, "rerate", json_string(RR_VERSION)) &&
           says(run, "state", state_json(f->manifest)) &&
           says(run, "periods", periods_json(f->book, f->span)) &&
           says(run, "asked", asked ? asked_json(f->asked) : NULL) &&
           says(run, "inputs", inputs_json(f->manifest));
}

char *rr_run_facts_format(const struct rr_run_facts *f)
{
    const struct rr_book *book = f->book;
    json_t *out = json_object();
    json_object_set_new(out, "rerate", json_string(RR_VERSION));
    json_object_set_new(out, "digest", json_string("xxh3-128"));
    if (f->what_if)
        json_object_set_new(out, "kind", json_string("what-if"));
    json_object_set_new(out, "book",
                        digest_json(rr_digest_bytes(book->source.ptr, book->source.len)));
    if (book->subscriptions_path.len > 0)
        json_object_set_new(out, "subscriptions", digest_json(book->subscriptions_digest));
    if (book->contracts_path.len > 0)
        json_object_set_new(out, "contracts", digest_json(book->contracts_digest));
    if (book->n_contracts > 0)
        json_object_set_new(out, "payers", payers_json(book));
    if (f->control)
        json_object_set_new(out, "control", digest_json(f->control->digest));
    json_object_set_new(out, "state", state_json(f->manifest));
    json_object_set_new(out, "periods", periods_json(book, f->span));
    if (f->asked.from || f->asked.to)
        json_object_set_new(out, "asked", asked_json(f->asked));
    json_object_set_new(out, "inputs", inputs_json(f->manifest));
    json_object_set_new(out, "files", files_json(f->result));
    json_object_set_new(out, "priced",
                        json_pack("{s:I, s:I}", "computed", (json_int_t)f->computed, "carried",
                                  (json_int_t)f->carried));
    char *text = dump(out);
    json_object_set_new(out, "own_digest", digest_json(rr_digest_bytes(text, strlen(text))));
    free(text);
    text = dump(out);
    json_decref(out);
    return text;
}
