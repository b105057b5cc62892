/* `rerate check`: proves a book, and reads usage by it without keeping anything. */
#include "command.h"

#include "../io/csv.h"
#include "../io/memory.h"
#include "meters.h"

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

static int report_usage(const char *path, const struct reading *reading, struct rr_error *err)
{
    printf("%s: %llu records read, %llu accepted", path, (unsigned long long)reading->read,
           (unsigned long long)reading->accepted);
    for (int code = RR_ACCEPT + 1; code < RR_REJECT_CODES; code++)
        if (reading->rejected[code] > 0)
            printf(", %llu %s", (unsigned long long)reading->rejected[code],
                   rr_reject_name((enum rr_reject)code));
    putchar('\n');
    if (reading->accepted == reading->read)
        return 0;
    return rr_fail(err, RR_EXIT_DATA, "%s: %llu records would be quarantined", path,
                   (unsigned long long)(reading->read - reading->accepted));
}

static int check_usage(const struct rr_book *book, const char *path, struct rr_error *err)
{
    struct reading reading = {0};
    struct rr_calendar *calendar = rr_calendar_create(book);
    struct rr_meters *meters = rr_meters_create(book, calendar);
    int result = read_usage(rr_meters_job(meters), path, &reading, err);
    rr_meters_destroy(meters);
    rr_calendar_destroy(calendar);
    return result == 0 ? report_usage(path, &reading, err) : -1;
}

static struct rr_book *prove(const char *path, struct rr_error *err)
{
    struct rr_book_files files = {0};
    struct rr_mistakes mistakes = {0};
    if (rr_book_read(path, &files, err) != 0)
        return NULL;
    struct rr_book *book = rr_book_parse(&files, &mistakes, err);
    if (book == NULL) {
        char *text = rr_mistakes_text(&mistakes);
        fputs(text, stderr);
        free(text);
        rr_fail(err, RR_EXIT_BOOK, "%s: %d mistake%s", path, mistakes.n_found,
                mistakes.n_found == 1 ? "" : "s");
    }
    rr_mistakes_fini(&mistakes);
    rr_book_files_fini(&files);
    return book;
}

int rr_command_check(const struct rr_comm *comm, const struct rr_arguments *arguments,
                     struct rr_error *err)
{
    (void)comm;
    if (arguments->n_rest != 1)
        return rr_fail(err, RR_EXIT_USAGE, "check wants one book; see `rerate check --help`");
    struct rr_book *book = prove(arguments->rest[0], err);
    if (book == NULL)
        return -1;
    printf("%s: good: %d meters, %d plans, %d subscriptions\n", book->path, book->n_meters,
           book->n_plans, book->n_subscriptions);
    int result = arguments->usage ? check_usage(book, arguments->usage, err) : 0;
    rr_book_close(book);
    return result;
}
