/* Reading back what a result says of itself. */
#include "result_facts.h"

#include "../io/memory.h"
#include "own_digest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

unsigned rr_result_number(const char *workspace, const char *name, struct rr_error *err)
{
    char path[RR_RESULT_PATH + 64], *end;
    unsigned long number =
        strcmp(name, "latest") == 0 ? rr_result_latest(workspace) : strtoul(name, &end, 10);
    if (strcmp(name, "latest") != 0 && (*name < '0' || *name > '9' || *end != '\0'))
        return rr_fail(err, RR_EXIT_USAGE, "%s: is no result; they are named like 0001, or latest",
                       name),
               0;
    snprintf(path, sizeof path, "%s/results/%04lu/run.json", workspace, number);
    if (number > 0 && number < 100000000 && access(path, F_OK) == 0)
        return (unsigned)number;
    rr_fail(err, RR_EXIT_INPUT,
            "%s/results: there is no result %s; `rerate status -w %s` lists them", workspace, name,
            workspace);
    return 0;
}

static bool digest_in(const json_t *object, const char *name, struct rr_digest *digest)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text && rr_digest_parse(text, digest);
}

int rr_result_facts_read(const char *workspace, unsigned number, struct rr_result_facts *facts,
                         struct rr_error *err)
{
    char path[RR_RESULT_PATH + 64];
    *facts = (struct rr_result_facts){.number = number};
    snprintf(facts->dir, sizeof facts->dir, "%s/results/%04u", workspace, number);
    snprintf(path, sizeof path, "%s/run.json", facts->dir);
    if (rr_own_digest_load(path, &facts->json, err) != 0)
        return -1;
    const char *kind = json_string_value(json_object_get(facts->json, "kind"));
    facts->what_if = kind && strcmp(kind, "what-if") == 0;
    return 0;
}

void rr_result_facts_fini(struct rr_result_facts *facts)
{
    json_decref(facts->json);
    facts->json = NULL;
}

bool rr_result_table(const struct rr_result_facts *facts, const char *name,
                     char path[RR_RESULT_PATH + 64])
{
    char packed[80];
    const json_t *files = json_object_get(facts->json, "files");
    snprintf(packed, sizeof packed, "%s.zst", name);
    bool plain = json_object_get(files, name) != NULL;
    snprintf(path, RR_RESULT_PATH + 64, "%s/%.60s", facts->dir, plain ? name : packed);
    return plain || json_object_get(files, packed) != NULL;
}

bool rr_result_file_digest(const struct rr_result_facts *facts, const char *name,
                           struct rr_digest *digest)
{
    char path[RR_RESULT_PATH + 64];
    const json_t *files = json_object_get(facts->json, "files");
    rr_result_table(facts, name, path);
    return digest_in(json_object_get(files, strrchr(path, '/') + 1), "digest", digest);
}

bool rr_result_digest(const struct rr_result_facts *facts, const char *name,
                      struct rr_digest *digest)
{
    return digest_in(facts->json, name, digest);
}

bool rr_sum_in(const json_t *object, const char *name, struct rr_sum *sum)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text && rr_sum_parse(text, strlen(text), sum);
}

struct rr_text rr_result_payer(const struct rr_result_facts *facts, struct rr_text contract)
{
    const json_t *payer =
        json_object_getn(json_object_get(facts->json, "payers"), contract.ptr, contract.len);
    if (payer == NULL)
        return (struct rr_text){0};
    return (struct rr_text){json_string_value(payer), (uint32_t)json_string_length(payer)};
}

static bool equal_parts(const struct rr_result_facts *a, const struct rr_result_facts *b,
                        const char *const *names)
{
    for (int i = 0; names[i]; i++) {
        const json_t *x = json_object_get(a->json, names[i]);
        const json_t *y = json_object_get(b->json, names[i]);
        if ((x || y) && !(x && y && json_equal(x, y)))
            return false;
    }
    return true;
}

bool rr_result_same_book(const struct rr_result_facts *a, const struct rr_result_facts *b)
{
    static const char *const names[] = {"book", "subscriptions", "contracts", "asked", NULL};
    return equal_parts(a, b, names);
}

bool rr_result_same_inputs(const struct rr_result_facts *a, const struct rr_result_facts *b)
{
    static const char *const names[] = {"state", "inputs", NULL};
    return equal_parts(a, b, names);
}

/* Whether the inputs, by path, hold this one. */
static bool holds(const json_t *by_path, const struct rr_file_entry *file)
{
    struct rr_digest digest;
    return digest_in(json_object_get(by_path, file->path), "digest", &digest) &&
           rr_digest_equal(digest, file->digest);
}

static json_t *inputs_by_path(const struct rr_result_facts *facts)
{
    json_t *by_path = json_object(), *input;
    size_t i;
    json_array_foreach(json_object_get(facts->json, "inputs"), i, input)
    {
        const char *path = json_string_value(json_object_get(input, "path"));
        if (path)
            json_object_set(by_path, path, input);
    }
    return by_path;
}

uint32_t rr_result_increment(const struct rr_result_facts *facts, const struct rr_manifest *m)
{
    json_t *by_path = inputs_by_path(facts);
    size_t known = 0, held = 0;
    uint32_t last = 0;
    for (uint32_t i = 0; i < m->n_files; i++)
        if (m->files[i].path[0] != '\0' && holds(by_path, &m->files[i])) {
            known++;
            last = m->files[i].increment > last ? m->files[i].increment : last;
        }
    for (uint32_t i = 0; i < m->n_files; i++)
        held += m->files[i].path[0] != '\0' && m->files[i].increment <= last;
    bool same = known == held && known == json_object_size(by_path);
    json_decref(by_path);
    return same ? last : 0;
}
