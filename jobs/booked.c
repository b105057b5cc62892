/* Impacts whose corrections are to go out. */
#include "booked.h"

#include "../io/memory.h"
#include "../io/text_file.h"
#include "own_digest.h"
#include "result_list.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int refuse_what_if(const char *workspace, unsigned result, struct rr_error *err)
{
    return rr_fail(
        err, RR_EXIT_DATA,
        "%s/results/%04u: asks what if; it is never issued. `rerate rate` makes a result "
        "that can be",
        workspace, result);
}

/* What was staged goes out once it was published. */
static int check_published(const char *workspace, unsigned result, struct rr_error *err)
{
    struct rr_result_list list;
    bool staged = false;
    if (rr_result_list_read(workspace, &list, err) != 0)
        return -1;
    for (int i = 0; i < list.n; i++)
        staged |= list.result[i].number == result && list.result[i].standing == RR_STANDS_STAGED;
    rr_result_list_fini(&list);
    if (!staged)
        return 0;
    return rr_fail(err, RR_EXIT_DATA,
                   "%s/results/%04u: was never published; `rerate publish -w %s %04u` does that",
                   workspace, result, workspace, result);
}

int rr_issuable(const char *workspace, unsigned result, struct rr_result_facts *facts,
                struct rr_error *err)
{
    if (rr_result_facts_read(workspace, result, facts, err) != 0)
        return -1;
    int allowed = facts->what_if ? refuse_what_if(workspace, result, err)
                                 : check_published(workspace, result, err);
    if (allowed != 0)
        rr_result_facts_fini(facts);
    return allowed;
}

/* ---- reading impact.json ---- */

static const char *text_in(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static bool digest_in(const json_t *object, const char *name, struct rr_digest *digest)
{
    return rr_digest_parse(text_in(object, name), digest);
}

static void read_facts(const json_t *facts, struct rr_booked *b)
{
    const json_t *booking = json_object_get(facts, "booking");
    const json_t *file = json_object_get(json_object_get(facts, "files"), "corrections.csv");
    snprintf(b->closed_through, sizeof b->closed_through, "%s", text_in(booking, "closed_through"));
    snprintf(b->book_in, sizeof b->book_in, "%s", text_in(booking, "book_in"));
    b->rows = (long long)json_integer_value(
        json_object_get(json_object_get(facts, "rows"), "corrections"));
    b->bytes = (uint64_t)json_integer_value(json_object_get(file, "bytes"));
    digest_in(file, "digest", &b->corrections);
    sscanf(text_in(json_object_get(facts, "new"), "result"), "%u", &b->new);
}

/* Both results must be what they were when they were compared. */
static int check_results(const char *workspace, const struct rr_booked *b, const json_t *facts,
                         struct rr_error *err)
{
    static const char *const sides[] = {"old", "new"};
    for (int s = 0; s < 2; s++) {
        const json_t *side = json_object_get(facts, sides[s]);
        char path[RR_RESULT_PATH + 64];
        struct rr_digest said, found;
        uint64_t size;
        snprintf(path, sizeof path, "%s/results/%s/run.json", workspace, text_in(side, "result"));
        if (rr_digest_file(path, &size, &found, err) != 0)
            return -1;
        if (!digest_in(side, "run", &said) || !rr_digest_equal(said, found))
            return rr_fail(err, RR_EXIT_DATA, "%s: is not the one that %s/impact.json compared",
                           path, b->dir);
    }
    return 0;
}

static bool went_out(const struct rr_booked *b, const struct rr_issued *issued)
{
    for (unsigned i = 0; i < issued->n; i++) {
        struct rr_digest said;
        if (digest_in(json_object_get(issued->entry[i], "impact"), "digest", &said) &&
            rr_digest_equal(said, b->facts))
            return true;
    }
    return false;
}

/* It was held against the ledger as it was then. */
static int check_ledger(const struct rr_booked *b, const json_t *facts,
                        const struct rr_issued *issued, struct rr_error *err)
{
    const json_t *booking = json_object_get(facts, "booking");
    struct rr_digest said = {0};
    digest_in(booking, "ledger", &said);
    if (json_integer_value(json_object_get(booking, "entries")) == (json_int_t)issued->n &&
        rr_digest_equal(said, issued->last))
        return 0;
    return rr_fail(err, RR_EXIT_DATA,
                   "%s: something was issued since it was made; give `rerate impact` again with "
                   "--closed-through %s --book-in %s",
                   b->dir, b->closed_through, b->book_in);
}

/* 1 and an impact with corrections that did not go out; 0 when it has none. */
static int open_facts(const char *workspace, const char *name, const struct rr_issued *issued,
                      struct rr_booked *b, bool *gone, struct rr_error *err)
{
    char path[RR_RESULT_PATH + 64];
    json_t *facts;
    uint64_t size;
    *b = (struct rr_booked){0};
    *gone = false;
    snprintf(b->name, sizeof b->name, "%s", name);
    snprintf(b->dir, sizeof b->dir, "%s/impact/%s", workspace, name);
    snprintf(path, sizeof path, "%s/impact.json", b->dir);
    if (rr_own_digest_load(path, &facts, err) != 0)
        return -1;
    int got = json_object_get(facts, "booking") != NULL;
    if (got) {
        read_facts(facts, b);
        got = rr_digest_file(path, &size, &b->facts, err) == 0 ? 1 : -1;
    }
    *gone = got > 0 && went_out(b, issued);
    if (got > 0 && !*gone &&
        (check_ledger(b, facts, issued, err) != 0 || check_results(workspace, b, facts, err) != 0))
        got = -1;
    json_decref(facts);
    return got;
}

int rr_booked_open(const char *workspace, const char *name, const struct rr_issued *issued,
                   struct rr_booked *b, struct rr_error *err)
{
    unsigned old, new;
    bool gone;
    char exact[32], path[RR_RESULT_PATH + 64];
    if (sscanf(name, "%u-%u", &old, &new) != 2)
        return rr_fail(err, RR_EXIT_USAGE,
                       "%s: is neither a result nor an impact; they are named "
                       "like 0002 and 0001-0002",
                       name);
    snprintf(exact, sizeof exact, "%04u-%04u", old, new);
    snprintf(path, sizeof path, "%s/impact/%s/impact.json", workspace, exact);
    if (access(path, F_OK) != 0)
        return rr_fail(err, RR_EXIT_INPUT,
                       "%s/impact: there is no impact %s; `rerate impact` makes it", workspace,
                       exact);
    int got = open_facts(workspace, exact, issued, b, &gone, err);
    if (got < 0)
        return -1;
    if (got == 0)
        return rr_fail(err, RR_EXIT_DATA,
                       "%s: has no corrections; `rerate impact --closed-through P --book-in P` "
                       "makes them",
                       b->dir);
    if (gone)
        b->rows = 0; /* nothing is left to go out */
    return 0;
}

/* Takes it if it is an impact on the result with corrections that did not go out. */
static int consider(const char *workspace, const char *name, unsigned result,
                    const struct rr_issued *issued, struct rr_booked *found, struct rr_error *err)
{
    unsigned old, new;
    int end = 0;
    bool gone;
    struct rr_booked b;
    if (sscanf(name, "%u-%u%n", &old, &new, &end) != 2 || name[end] != '\0' || new != result)
        return 0;
    int got = open_facts(workspace, name, issued, &b, &gone, err);
    if (got <= 0 || gone)
        return got < 0 ? -1 : 0;
    if (found->name[0] != '\0')
        return rr_fail(
            err, RR_EXIT_DATA,
            "%s and %s both have corrections for it; remove the one that is not to go out",
            found->dir, b.dir);
    *found = b;
    return 0;
}

int rr_booked_find(const char *workspace, unsigned result, const struct rr_issued *issued,
                   struct rr_booked *b, struct rr_error *err)
{
    char path[RR_RESULT_PATH + 64];
    *b = (struct rr_booked){0};
    snprintf(path, sizeof path, "%s/impact", workspace);
    DIR *dir = opendir(path);
    int taken = 0;
    for (struct dirent *entry = dir ? readdir(dir) : NULL; entry && taken == 0;
         entry = readdir(dir))
        taken = consider(workspace, entry->d_name, result, issued, b, err);
    if (dir)
        closedir(dir);
    return taken;
}

bool rr_booked_any(const struct rr_booked *b)
{
    return b->name[0] != '\0' && b->rows > 0;
}

int rr_booked_copy(const struct rr_booked *b, const char *to, struct rr_error *err)
{
    char from[RR_RESULT_PATH + 64];
    struct rr_digest digest;
    uint64_t bytes;
    snprintf(from, sizeof from, "%s/corrections.csv", b->dir);
    if (rr_text_file_copy(from, to, err) != 0 || rr_digest_file(to, &bytes, &digest, err) != 0)
        return -1;
    if (bytes == b->bytes && rr_digest_equal(digest, b->corrections))
        return 0;
    return rr_fail(err, RR_EXIT_DATA,
                   "%s: is not what impact.json says; give `rerate impact` again", from);
}

void rr_booked_describe(const struct rr_booked *b, json_t *entry)
{
    char digest[RR_DIGEST_TEXT];
    rr_digest_format(b->facts, digest);
    json_object_set_new(entry, "impact",
                        json_pack("{s:s, s:s}", "name", b->name, "digest", digest));
    if (!rr_booked_any(b))
        return;
    rr_digest_format(b->corrections, digest);
    json_object_set_new(
        entry, "booking",
        json_pack("{s:s, s:s}", "closed_through", b->closed_through, "book_in", b->book_in));
    json_object_set_new(entry, "files",
                        json_pack("{s:{s:I, s:s}}", "corrections.csv", "bytes",
                                  (json_int_t)b->bytes, "digest", digest));
}
