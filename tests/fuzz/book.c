/* Any bytes are a book or a list of mistakes. The input is a book, then, after a NUL byte (which
 * no YAML holds), its subscriptions file, then, after another, its file of contracts. */
#include "../../jobs/book.h"
#include "fuzz.h"

/* The bytes up to the next NUL byte, or to the end; NULL when there are none left. */
static size_t take_part(const char **at, size_t *size, char **part)
{
    const char *end = *size > 0 ? memchr(*at, '\0', *size) : NULL;
    size_t n = end == NULL ? *size : (size_t)(end - *at);
    *part = *at == NULL ? NULL : (char *)*at;
    *at = end == NULL ? NULL : end + 1;
    *size -= end == NULL ? *size : n + 1;
    return n;
}

static void use(const struct rr_book *book)
{
    struct rr_mistakes warnings = {0};
    free(rr_book_state_text(book));
    rr_book_warn(book, &warnings);
    free(rr_mistakes_text(&warnings));
    rr_mistakes_fini(&warnings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *at = (const char *)data;
    struct rr_book_files files = {.path = (char *)"b.yaml"};
    files.book_len = take_part(&at, &size, &files.book);
    files.subscriptions_len = take_part(&at, &size, &files.subscriptions);
    files.contracts_len = take_part(&at, &size, &files.contracts);
    if (files.subscriptions != NULL)
        files.subscriptions_path = (char *)"s.csv";
    if (files.contracts != NULL)
        files.contracts_path = (char *)"c.yaml";
    struct rr_mistakes mistakes = {0};
    struct rr_error err = {0};
    struct rr_book *book = rr_book_parse(&files, &mistakes, &err);
    CHECK((book == NULL) == (mistakes.n_found > 0));
    if (book != NULL)
        use(book);
    free(rr_mistakes_text(&mistakes));
    rr_mistakes_fini(&mistakes);
    rr_book_close(book);
    return 0;
}
