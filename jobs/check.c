/* `rerate check`: proves a book, says what in it is likely wrong, and reads usage by it without
 * keeping anything. */
#include "command.h"

#include "../io/csv.h"
#include "../io/memory.h"
#include "meters.h"

#include <jansson.h>
#include <stdio.h>

enum { EXAMPLES = 5 };

struct reading {
    uint64_t read, accepted, rejected[RR_REJECT_CODES];
    int shown;
};

static void show_rejected(struct reading *reading, const char *path, const struct rr_batch *batch,
                          uint32_t i, enum rr_reject code)
{
    reading->rejected[code]++;
    if (reading->shown++ >= EXAMPLES)
        return;
    int len = batch->raw[i].len > 200 ? 200 : (int)batch->raw[i].len;
    fprintf(stderr, "%s: record %llu (byte %llu): %s: %.*s\n", path,
            (unsigned long long)(batch->first_record + i), (unsigned long long)batch->offset[i],
            rr_reject_name(code), len, batch->raw[i].ptr);
}

static int read_usage(const struct rr_job *job, const char *path, struct reading *reading,
                      struct rr_error *err)
{
    const struct rr_split whole = {.end = UINT64_MAX, .first_record = 1};
    const struct rr_batch *batch;
    struct rr_csv *csv = rr_csv_open(path, &whole, job->columns, job->n_columns, 0, 1, err);
    if (csv == NULL)
        return -1;
    struct rr_facts *facts = rr_calloc(1, sizeof *facts);
    facts->keys = rr_dictionary_create();
    int got;
    while ((got = rr_csv_read(csv, &batch, err)) > 0) {
        facts->n = batch->n;
        job->map(job->self, batch, facts);
        reading->read += batch->n;
        for (uint32_t i = 0; i < batch->n; i++)
            if (facts->reject[i] != RR_ACCEPT)
                show_rejected(reading, path, batch, i, (enum rr_reject)facts->reject[i]);
            else
                reading->accepted++;
    }
    rr_dictionary_destroy(facts->keys);
    free(facts);
    rr_csv_close(csv);
    return got;
}

/* What was found, in the order in which it is told. */
struct checking {
    const char *path;
    const char *usage_path; /* NULL: none was asked for */
    struct rr_book *book;   /* NULL with mistakes */
    struct rr_mistakes mistakes, warnings;
    struct reading usage;
};

static int prove(struct checking *c, struct rr_error *err)
{
    struct rr_book_files files = {0};
    if (rr_book_read(c->path, &files, err) != 0)
        return -1;
    c->book = rr_book_parse(&files, &c->mistakes, err);
    rr_book_files_fini(&files);
    if (c->book == NULL)
        return rr_fail(err, RR_EXIT_BOOK, "%s: %d mistake%s", c->path, c->mistakes.n_found,
                       c->mistakes.n_found == 1 ? "" : "s");
    rr_book_warn(c->book, &c->warnings);
    return 0;
}

static int read_all(struct checking *c, struct rr_error *err)
{
    struct rr_calendar *calendar = rr_calendar_create(c->book);
    struct rr_meters *meters = rr_meters_create(c->book, calendar);
    int result = read_usage(rr_meters_job(meters), c->usage_path, &c->usage, err);
    rr_meters_destroy(meters);
    rr_calendar_destroy(calendar);
    return result;
}

/* ---- telling it ---- */

static void print_list(const struct rr_mistakes *mistakes)
{
    char *text = rr_mistakes_text(mistakes);
    fputs(text, stderr);
    free(text);
}

static void print_book(const struct checking *c)
{
    const struct rr_book *book = c->book;
    printf("%s: good: %d meters, %d plans, %d subscriptions", book->path, book->n_meters,
           book->n_plans, book->n_subscriptions);
    if (book->n_contracts > 0)
        printf(", %d contracts", book->n_contracts);
    if (c->warnings.n_found > 0)
        printf("; %d warning%s", c->warnings.n_found, c->warnings.n_found == 1 ? "" : "s");
    putchar('\n');
}

static void print_usage(const struct checking *c)
{
    const struct reading *usage = &c->usage;
    printf("%s: %llu records read, %llu accepted", c->usage_path, (unsigned long long)usage->read,
           (unsigned long long)usage->accepted);
    for (int code = RR_ACCEPT + 1; code < RR_REJECT_CODES; code++)
        if (usage->rejected[code] > 0)
            printf(", %llu %s", (unsigned long long)usage->rejected[code],
                   rr_reject_name((enum rr_reject)code));
    putchar('\n');
}

/* A name of a file may be any bytes. */
static json_t *text_json(const char *text)
{
    json_t *string = json_string(text);
    return string != NULL ? string : json_string("?");
}

static json_t *list_json(const struct rr_mistakes *mistakes)
{
    json_t *list = json_array();
    for (int i = 0; i < mistakes->n; i++) {
        const struct rr_mistake *m = &mistakes->item[i];
        json_array_append_new(list, json_pack("{s:o, s:i, s:i, s:o}", "file", text_json(m->file),
                                              "line", m->place.line, "column", m->place.column,
                                              "text", text_json(m->text)));
    }
    return list;
}

static json_t *usage_json(const struct checking *c)
{
    json_t *rejected = json_object();
    for (int code = RR_ACCEPT + 1; code < RR_REJECT_CODES; code++)
        if (c->usage.rejected[code] > 0)
            json_object_set_new(rejected, rr_reject_name((enum rr_reject)code),
                                json_integer((json_int_t)c->usage.rejected[code]));
    return json_pack("{s:o, s:I, s:I, s:o}", "file", text_json(c->usage_path), "read",
                     (json_int_t)c->usage.read, "accepted", (json_int_t)c->usage.accepted,
                     "quarantined", rejected);
}

static void print_json(const struct checking *c)
{
    const struct rr_book *book = c->book;
    json_t *out = json_pack("{s:o, s:b, s:i, s:o, s:i, s:o}", "book", text_json(c->path), "good",
                            book != NULL, "n_mistakes", c->mistakes.n_found, "mistakes",
                            list_json(&c->mistakes), "n_warnings", c->warnings.n_found, "warnings",
                            list_json(&c->warnings));
    if (book != NULL)
        json_object_update_new(
            out, json_pack("{s:i, s:i, s:i, s:i}", "meters", book->n_meters, "plans", book->n_plans,
                           "subscriptions", book->n_subscriptions, "contracts", book->n_contracts));
    if (book != NULL && c->usage_path != NULL)
        json_object_set_new(out, "usage", usage_json(c));
    char *text = json_dumps(out, JSON_COMPACT);
    rr_check(text != NULL, "a summary that is no JSON");
    puts(text);
    free(text);
    json_decref(out);
}

/* Whether the book is good and all of the usage could be read and would be kept. */
static int check(struct checking *c, bool json, struct rr_error *err)
{
    int result = prove(c, err);
    print_list(&c->mistakes);
    print_list(&c->warnings);
    if (result == 0 && !json)
        print_book(c);
    if (result == 0 && c->usage_path != NULL && read_all(c, err) != 0)
        return -1;
    if (json && (result == 0 || c->mistakes.n_found > 0))
        print_json(c);
    if (result != 0 || c->usage_path == NULL)
        return result;
    if (!json)
        print_usage(c);
    if (c->usage.accepted == c->usage.read)
        return 0;
    return rr_fail(err, RR_EXIT_DATA, "%s: %llu records would be quarantined", c->usage_path,
                   (unsigned long long)(c->usage.read - c->usage.accepted));
}

int rr_command_check(const struct rr_comm *comm, const struct rr_arguments *arguments,
                     struct rr_error *err)
{
    (void)comm;
    if (arguments->n_rest != 1)
        return rr_fail(err, RR_EXIT_USAGE, "check wants one book; see `rerate check --help`");
    struct checking c = {.path = arguments->rest[0], .usage_path = arguments->usage};
    int result = check(&c, arguments->billing.json, err);
    rr_book_close(c.book);
    rr_mistakes_fini(&c.mistakes);
    rr_mistakes_fini(&c.warnings);
    return result;
}
