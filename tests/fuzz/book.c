/* Any bytes are a book or a list of mistakes. The input is a book, then, after a NUL byte (which
 * no YAML holds), its subscriptions file. */
#include "../../jobs/book.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    const char *end = size > 0 ? memchr(bytes, '\0', size) : NULL;
    struct rr_book_files files = {
        .path = (char *)"b.yaml",
        .book = (char *)bytes,
        .book_len = end == NULL ? size : (size_t)(end - bytes),
    };
    if (end != NULL) {
        files.subscriptions_path = (char *)"s.csv";
        files.subscriptions = (char *)end + 1;
        files.subscriptions_len = size - files.book_len - 1;
    }
    struct rr_mistakes mistakes = {0};
    struct rr_error err = {0};
    struct rr_book *book = rr_book_parse(&files, &mistakes, &err);
    if ((book == NULL) != (mistakes.n_found > 0))
        abort();
    if (book != NULL)
        free(rr_book_state_text(book));
    free(rr_mistakes_text(&mistakes));
    rr_mistakes_fini(&mistakes);
    rr_book_close(book);
    return 0;
}
