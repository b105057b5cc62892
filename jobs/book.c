/* The book: its files, its top level, and its life. The sections are read in book_*.c. */
#include "book.h"

#include "../io/memory.h"
#include "../io/stream.h"
#include "book_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define BOOK_BYTES_MAX          (64 * 1024 * 1024)
#define CONTRACTS_BYTES_MAX     (1024 * 1024 * 1024)
#define SUBSCRIPTIONS_BYTES_MAX (1024 * 1024 * 1024)

/* ---- the top level ---- */

static void read_format(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_text text;
    (void)into;
    if (rr_read_text(reader, node, "`rerate`", &text) && !rr_text_equal(text, rr_text_of("1")))
        RR_WRONG(reader, node, "`rerate`: a book of format `%.*s`; this program reads format 1",
                 RR_SHOW(text));
}

static void read_currency(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_book *book = into;
    rr_read_currency(reader, node, book->currency, &book->minor_digits);
}

static void read_timezone(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_book *book = into;
    struct rr_error err;
    if (!rr_read_text(reader, node, "`timezone`", &book->timezone))
        return;
    book->zone = rr_zone_open(book->timezone.ptr, &err);
    if (book->zone == NULL)
        RR_WRONG(reader, node, "%s", err.text);
}

static void read_period(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    static const char *const names[] = {
        [RR_DAY] = "day",         [RR_WEEK] = "week", [RR_MONTH] = "month",
        [RR_QUARTER] = "quarter", [RR_YEAR] = "year", NULL};
    struct rr_book *book = into;
    int chosen;
    if (rr_read_choice(reader, node, "`period`", names, &chosen))
        book->period = (enum rr_period)chosen;
}

static void read_rounding(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    static const char *const names[] = {[RR_HALF_UP] = "half_up",
                                        [RR_HALF_EVEN] = "half_even",
                                        [RR_UP] = "up",
                                        [RR_DOWN] = "down",
                                        NULL};
    struct rr_book *book = into;
    int chosen;
    if (rr_read_choice(reader, node, "`rounding`", names, &chosen))
        book->rounding = (enum rr_rounding)chosen;
}

static void read_bucket(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    static const char *const names[] = {
        [RR_BUCKET_HOUR] = "hour", [RR_BUCKET_DAY] = "day", [RR_BUCKET_PERIOD] = "period", NULL};
    struct rr_book *book = into;
    int chosen;
    if (rr_read_choice(reader, node, "`bucket`", names, &chosen))
        book->bucket = (enum rr_bucket)chosen;
}

static void read_default_plan(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_book *book = into;
    struct rr_text name;
    if (!rr_read_text(reader, node, "`default_plan`", &name))
        return;
    book->default_plan = rr_book_find_plan(book, name);
    if (book->default_plan == RR_NO_COLUMN && !reader->plans_wrong)
        RR_WRONG(reader, node, "`default_plan`: `%.*s` is not among `plans`%s", RR_SHOW(name),
                 rr_suggest(reader, name, rr_plan_names(reader)));
}

/* In the order in which they are read: each may count on those above. */
const struct rr_book_key rr_top_keys[] = {
    {"rerate", read_format, RR_KEY_REQUIRED},
    {"currency", read_currency, RR_KEY_REQUIRED},
    {"timezone", read_timezone, RR_KEY_OPTIONAL},
    {"period", read_period, RR_KEY_OPTIONAL},
    {"rounding", read_rounding, RR_KEY_OPTIONAL},
    {"bucket", read_bucket, RR_KEY_OPTIONAL},
    {"usage", rr_read_usage, RR_KEY_REQUIRED},
    {"meters", rr_read_meters, RR_KEY_REQUIRED},
    {"plans", rr_read_plans, RR_KEY_OPTIONAL},
    {"default_plan", read_default_plan, RR_KEY_OPTIONAL},
    {"contracts", rr_read_contracts, RR_KEY_OPTIONAL},
    {"subscriptions", rr_read_subscriptions, RR_KEY_OPTIONAL},
    {0},
};

/* ---- from bytes ---- */

/* The records of a file that was read in parts, if it was. */
static void take_rows(struct rr_book *book, const struct rr_book_files *files)
{
    book->subscriptions_digest =
        files->rows ? files->subscriptions_digest
                    : rr_digest_bytes(files->subscriptions, files->subscriptions_len);
    book->n_rows = files->n_rows;
    book->rows = rr_arena_alloc(book->arena, (files->n_rows + 1) * sizeof *book->rows);
    for (uint32_t i = 0; i < files->n_rows; i++) {
        struct rr_text text = files->rows[i].text;
        book->rows[i] = (struct rr_book_row){rr_arena_text(book->arena, text.ptr, text.len),
                                             files->rows[i].line};
    }
}

/* What holds where the book says nothing. */
static struct rr_book *create_book(const struct rr_book_files *files)
{
    static const char *const only_empty = "";
    struct rr_arena *arena = rr_arena_create();
    struct rr_book *book = rr_arena_alloc(arena, sizeof *book);
    *book = (struct rr_book){.arena = arena,
                             .timezone = rr_text_of("UTC"),
                             .period = RR_MONTH,
                             .rounding = RR_HALF_UP,
                             .bucket = RR_BUCKET_DAY,
                             .default_plan = RR_NO_COLUMN};
    book->path = rr_arena_text(arena, files->path, strlen(files->path)).ptr;
    book->source = rr_arena_text(arena, files->book, files->book_len);
    if (files->subscriptions_path != NULL) {
        const char *path = files->subscriptions_path;
        book->subscriptions_path = rr_arena_text(arena, path, strlen(path));
        book->subscriptions_source =
            rr_arena_text(arena, files->subscriptions, files->subscriptions_len);
        take_rows(book, files);
    }
    if (files->contracts_path != NULL) {
        const char *path = files->contracts_path;
        book->contracts_path = rr_arena_text(arena, path, strlen(path));
        book->contracts_source = rr_arena_text(arena, files->contracts, files->contracts_len);
        book->contracts_digest = files->contracts_apart
                                     ? files->contracts_digest
                                     : rr_digest_bytes(files->contracts, files->contracts_len);
    }
    struct rr_usage *usage = &book->usage;
    usage->quantity = RR_NO_COLUMN;
    usage->columns = rr_arena_alloc(arena, RR_BATCH_COLUMNS * sizeof *usage->columns);
    usage->values = rr_arena_alloc(arena, RR_VALUES_MAX * sizeof *usage->values);
    usage->no_value = rr_arena_alloc(arena, sizeof *usage->no_value);
    usage->no_value[0] = rr_text_of(only_empty);
    usage->n_no_value = 1;
    return book;
}

static void read_book(struct rr_book_reader *reader)
{
    struct rr_book *book = reader->book;
    const struct rr_yaml *root =
        rr_yaml_parse(book->path, book->source, book->arena, reader->mistakes);
    if (root == NULL)
        return;
    rr_read_keys(reader, root, "the book", rr_top_keys, book);
    rr_settle_contracts(reader);
    if (book->zone == NULL && rr_yaml_get(root, "timezone") == NULL)
        book->zone = rr_zone_open("UTC", NULL);
}

static void fill_error(const struct rr_mistakes *mistakes, struct rr_error *err)
{
    const struct rr_mistake *first = &mistakes->item[0];
    char more[64] = "";
    if (mistakes->n_found > 1)
        snprintf(more, sizeof more, " (and %d more: run `rerate check`)", mistakes->n_found - 1);
    rr_fail(err, RR_EXIT_BOOK, "%s:%d:%d: %s%s", first->file, first->place.line,
            first->place.column, first->text, more);
}

struct rr_book *rr_book_parse(const struct rr_book_files *files, struct rr_mistakes *mistakes,
                              struct rr_error *err)
{
    struct rr_mistakes own = {0};
    struct rr_book_reader reader = {.mistakes = mistakes != NULL ? mistakes : &own};
    reader.book = create_book(files);
    reader.file = reader.book->path;
    read_book(&reader);
    if (reader.mistakes->n_found > 0) {
        rr_mistakes_sort(reader.mistakes);
        fill_error(reader.mistakes, err);
        rr_book_close(reader.book);
        reader.book = NULL;
    }
    rr_mistakes_fini(&own);
    return reader.book;
}

void rr_book_close(struct rr_book *book)
{
    if (book == NULL)
        return;
    rr_zone_close(book->zone);
    rr_arena_destroy(book->arena);
}

/* ---- from files ---- */

static int read_all(int fd, const char *path, char *into, size_t len, struct rr_error *err)
{
    for (size_t at = 0; at < len;) {
        ssize_t n = read(fd, into + at, len - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return rr_fail_errno(err, RR_EXIT_IO, path, "read");
        if (n == 0)
            return rr_fail(err, RR_EXIT_IO, "%s: it shrank while it was read; try again", path);
        at += (size_t)n;
    }
    return 0;
}

static int fail_too_big(const char *path, off_t most, struct rr_error *err)
{
    return rr_fail(err, RR_EXIT_INPUT, "%s: the file is too big; name a file of at most %lld MB",
                   path, (long long)most / (1024 * 1024));
}

/* A whole regular file, with a NUL behind it. */
static int read_plain(const char *path, off_t most, char **bytes, size_t *len, struct rr_error *err)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return rr_fail_errno(err, RR_EXIT_INPUT, path, "open");
    int status = -1;
    *bytes = NULL;
    if (fstat(fd, &st) != 0) {
        rr_fail_errno(err, RR_EXIT_IO, path, "read");
        goto done;
    }
    if (!S_ISREG(st.st_mode)) {
        rr_fail(err, RR_EXIT_INPUT, "%s: this is not a file; name one", path);
        goto done;
    }
    if (st.st_size > most) {
        fail_too_big(path, most, err);
        goto done;
    }
    *len = (size_t)st.st_size;
    *bytes = calloc(1, *len + 1);
    if (*bytes == NULL)
        rr_fail_errno(err, RR_EXIT_IO, path, "read");
    else
        status = read_all(fd, path, *bytes, *len, err);
done:
    close(fd);
    if (status != 0) {
        free(*bytes);
        *bytes = NULL;
    }
    return status;
}

static int read_zstd(const char *path, off_t most, char **bytes, size_t *len, struct rr_error *err)
{
    const struct rr_stored stored = {.path = path, .zstd = true};
    struct rr_stream *stream = rr_stream_open(&stored, 0, false, err);
    size_t room = 64 * 1024, got = 0;
    int status = stream == NULL ? -1 : 0;
    *bytes = NULL;
    *len = 0;
    do {
        room *= 2;
        *bytes = rr_realloc(*bytes, room + 1);
        if (status == 0)
            status = rr_stream_read(stream, *bytes + *len, room - *len, &got, err);
        *len += got;
    } while (status == 0 && *len == room && *len <= (size_t)most);
    if (status == 0 && *len > (size_t)most)
        status = fail_too_big(path, most, err);
    rr_stream_close(stream);
    if (status != 0) {
        free(*bytes);
        *bytes = NULL;
        return -1;
    }
    (*bytes)[*len] = '\0';
    return 0;
}

/* A whole file, unpacked. */
static int read_file(const char *path, off_t most, char **bytes, size_t *len, struct rr_error *err)
{
    size_t n = strlen(path);
    bool zstd = n > 4 && strcmp(path + n - 4, ".zst") == 0;
    return (zstd ? read_zstd : read_plain)(path, most, bytes, len, err);
}

/* `name` seen from the folder that `beside` is in. */
static char *resolve(const char *beside, const char *name)
{
    const char *slash = strrchr(beside, '/');
    int folder = name[0] == '/' || slash == NULL ? 0 : (int)(slash - beside) + 1;
    char *path = NULL;
    return asprintf(&path, "%.*s%s", folder, beside, name) < 0 ? NULL : path;
}

/* Where the bytes of a file beside the book go. */
struct beside {
    const char *key;  /* of the book: it names the file */
    const char *kept; /* where it is instead; NULL: there */
    off_t most;
    char **path;
    char **bytes;
    size_t *len;
};

static int read_bytes(const struct beside *beside, struct rr_error *err)
{
    return read_file(*beside->path, beside->most, beside->bytes, beside->len, err);
}

/* Where the file is that a key of the book names, if it does, and with `whole` its bytes. */
static int read_beside(const char *book, const struct rr_yaml *root, const struct beside *beside,
                       bool whole, struct rr_error *err)
{
    const struct rr_yaml *name = rr_yaml_get(root, beside->key);
    if (name == NULL || name->kind != RR_YAML_TEXT || name->text.len == 0 || rr_yaml_is_null(name))
        return 0;
    *beside->path = beside->kept ? strdup(beside->kept) : resolve(book, name->text.ptr);
    int status = 0;
    if (*beside->path == NULL)
        status = rr_fail_errno(err, RR_EXIT_IO, book, "read");
    else if (whole)
        status = read_bytes(beside, err);
    else if (access(*beside->path, R_OK) != 0)
        status = rr_fail_errno(err, RR_EXIT_INPUT, *beside->path, "open");
    if (status != 0)
        rr_fail_prefix(err, "%s:%d:%d: `%s`", book, name->place.line, name->place.column,
                       beside->key);
    return status;
}

static struct beside subscriptions_of(struct rr_book_files *files)
{
    return (struct beside){"subscriptions",         NULL,
                           SUBSCRIPTIONS_BYTES_MAX, &files->subscriptions_path,
                           &files->subscriptions,   &files->subscriptions_len};
}

static struct beside contracts_of(struct rr_book_files *files)
{
    return (struct beside){"contracts",         NULL,
                           CONTRACTS_BYTES_MAX, &files->contracts_path,
                           &files->contracts,   &files->contracts_len};
}

/* Where files are kept that a book names, in their place; NULL: they are where it says. */
struct kept {
    const char *subscriptions, *contracts;
};

static int read_others(struct rr_book_files *files, struct kept kept, bool apart,
                       struct rr_error *err)
{
    struct beside subscriptions = subscriptions_of(files);
    struct beside contracts = contracts_of(files);
    subscriptions.kept = kept.subscriptions;
    contracts.kept = kept.contracts;
    struct rr_mistakes ignored = {0}; /* rr_book_parse finds them again */
    struct rr_arena *arena = rr_arena_create();
    struct rr_text bytes = {files->book, (uint32_t)files->book_len};
    const struct rr_yaml *root = rr_yaml_parse(files->path, bytes, arena, &ignored);
    int status = read_beside(files->path, root, &subscriptions, !apart, err);
    if (status == 0)
        status = read_beside(files->path, root, &contracts, !apart, err);
    rr_mistakes_fini(&ignored);
    rr_arena_destroy(arena);
    return status;
}

static int read_files(const char *path, struct rr_book_files *files, struct kept kept, bool apart,
                      struct rr_error *err)
{
    *files = (struct rr_book_files){.path = strdup(path)};
    int status = files->path == NULL
                     ? rr_fail_errno(err, RR_EXIT_IO, path, "read")
                     : read_file(path, BOOK_BYTES_MAX, &files->book, &files->book_len, err);
    if (status == 0)
        status = read_others(files, kept, apart, err);
    if (status != 0)
        rr_book_files_fini(files);
    return status;
}

int rr_book_read(const char *path, struct rr_book_files *files, struct rr_error *err)
{
    return read_files(path, files, (struct kept){0}, false, err);
}

int rr_book_read_apart(const char *path, struct rr_book_files *files, struct rr_error *err)
{
    return read_files(path, files, (struct kept){0}, true, err);
}

int rr_book_read_kept(const char *path, const char *subscriptions, const char *contracts,
                      struct rr_book_files *files, struct rr_error *err)
{
    return read_files(path, files, (struct kept){subscriptions, contracts}, true, err);
}

int rr_book_read_subscriptions(struct rr_book_files *files, struct rr_error *err)
{
    const struct beside subscriptions = subscriptions_of(files);
    free(files->subscriptions);
    free(files->rows);
    free(files->row_bytes);
    files->rows = NULL;
    files->row_bytes = NULL;
    files->n_rows = 0;
    return read_bytes(&subscriptions, err);
}

int rr_book_read_contracts(struct rr_book_files *files, struct rr_error *err)
{
    const struct beside contracts = contracts_of(files);
    free(files->contracts);
    files->contracts = NULL;
    files->contracts_apart = false;
    return read_bytes(&contracts, err);
}

void rr_book_files_fini(struct rr_book_files *files)
{
    free(files->path);
    free(files->book);
    free(files->subscriptions_path);
    free(files->subscriptions);
    free(files->rows);
    free(files->row_bytes);
    free(files->contracts_path);
    free(files->contracts);
    *files = (struct rr_book_files){0};
}

struct rr_book *rr_book_open(const char *path, struct rr_error *err)
{
    struct rr_book_files files;
    if (rr_book_read(path, &files, err) != 0)
        return NULL;
    struct rr_book *book = rr_book_parse(&files, NULL, err);
    rr_book_files_fini(&files);
    return book;
}
