/* Kept books: the files that results were priced by.
 *
 * A result holds its book. The files of subscriptions and contracts that the book names are kept beside the
 * results, each once and compressed, under the digest of its content, as run.json has it: DIR/books/DIGEST.zst.
 * So an earlier result can be compared and priced again, whatever became of those files.
 */
#ifndef JOBS_KEPT_BOOKS_H
#define JOBS_KEPT_BOOKS_H

#include "book.h"
#include "result_facts.h"

void rr_kept_book_path(const char *workspace, struct rr_digest digest, char path[RR_RESULT_PATH]);

/* Keeps the files that a book names, unless they are kept. RR_EXIT_INPUT where one is not any more what was
 * read. Not collective. */
int rr_kept_books_put(const char *workspace, const struct rr_book *book, struct rr_error *err);

/* rr_book_read_apart for the book that a result was priced by. Not collective. */
int rr_kept_book_read(const char *workspace, const struct rr_result_facts *facts,
                      struct rr_book_files *files, struct rr_error *err);

/* Whether a book that was read, with the files beside it, is what the result was priced by. RR_EXIT_DATA where it is
 * not. Not collective. */
int rr_kept_book_check(const struct rr_result_facts *facts, const struct rr_book *book,
                       struct rr_error *err);

#endif
