/* Keeping what results were priced by. */
#include "kept_books.h"

#include "../io/commit.h"
#include "../io/memory.h"
#include "../io/stream.h"
#include "../io/text_file.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 1024 * 1024 };

void rr_kept_book_path(const char *workspace, struct rr_digest digest, char path[RR_RESULT_PATH])
{
    char name[RR_DIGEST_TEXT];
    rr_digest_format(digest, name);
    snprintf(path, RR_RESULT_PATH, "%s/books/%s.zst", workspace, name);
}

/* Copies the content of a file, plain or compressed, into `out`, and takes its digest. */
static int copy_content(struct rr_stream *in, struct rr_text_file *out, struct rr_digest *digest,
                        struct rr_error *err)
{
    struct rr_digester *digester = rr_digester_create();
    char *piece = rr_malloc(PIECE);
    size_t got = PIECE;
    int result = 0;
    while (result == 0 && got == PIECE) {
        result = rr_stream_read(in, piece, PIECE, &got, err);
        if (result == 0) {
            rr_digester_add(digester, piece, got);
            result = rr_text_file_put(out, piece, got, err);
        }
    }
    free(piece);
    *digest = rr_digester_finish(digester);
    return result;
}

static int copy_file(const char *from, const char *to, struct rr_digest *digest,
                     struct rr_error *err)
{
    size_t len = strlen(from);
    const struct rr_stored stored = {.path = from,
                                     .zstd = len > 4 && strcmp(from + len - 4, ".zst") == 0};
    struct rr_stream *in = rr_stream_open(&stored, 0, false, err);
    struct rr_text_file *out = in ? rr_text_file_create(to, err) : NULL;
    int result = out ? copy_content(in, out, digest, err) : -1;
    if (out && rr_text_file_finish(out, result == 0 ? err : NULL) != 0)
        result = -1;
    rr_stream_close(in);
    return result;
}

static int keep(const char *workspace, const char *from, struct rr_digest digest,
                struct rr_error *err)
{
    char path[RR_RESULT_PATH], making[RR_RESULT_PATH], books[RR_RESULT_PATH];
    struct rr_digest found;
    rr_kept_book_path(workspace, digest, path);
    if (access(path, F_OK) == 0)
        return 0;
    snprintf(books, sizeof books, "%s/books", workspace);
    snprintf(making, sizeof making, "%s/books/.making.zst", workspace);
    if (rr_make_dir(books, err) != 0 || copy_file(from, making, &found, err) != 0)
        return -1;
    if (!rr_digest_equal(found, digest)) {
        unlink(making);
        return rr_fail(err, RR_EXIT_INPUT,
                       "%s: it changed while it was used; give the same command again", from);
    }
    if (rename(making, path) != 0)
        return rr_fail_errno(err, RR_EXIT_CREATE, path, "rename");
    return rr_sync_dir(books, err);
}

int rr_kept_books_put(const char *workspace, const struct rr_book *book, struct rr_error *err)
{
    if (book->subscriptions_path.len > 0 &&
        keep(workspace, book->subscriptions_path.ptr, book->subscriptions_digest, err) != 0)
        return -1;
    return book->contracts_path.len > 0
               ? keep(workspace, book->contracts_path.ptr, book->contracts_digest, err)
               : 0;
}

/* Where a file that run.json names is kept; NULL when it names none. */
static const char *kept_as(const char *workspace, const struct rr_result_facts *facts,
                           const char *name, char path[RR_RESULT_PATH])
{
    struct rr_digest digest;
    if (!rr_result_digest(facts, name, &digest))
        return NULL;
    rr_kept_book_path(workspace, digest, path);
    return path;
}

int rr_kept_book_read(const char *workspace, const struct rr_result_facts *facts,
                      struct rr_book_files *files, struct rr_error *err)
{
    char path[RR_RESULT_PATH + 64], subscriptions[RR_RESULT_PATH], contracts[RR_RESULT_PATH];
    snprintf(path, sizeof path, "%s/book.yaml", facts->dir);
    return rr_book_read_kept(path, kept_as(workspace, facts, "subscriptions", subscriptions),
                             kept_as(workspace, facts, "contracts", contracts), files, err);
}

/* ---- whether it is that ---- */

static int check_digest(const struct rr_result_facts *facts, const char *name, struct rr_text path,
                        struct rr_digest digest, struct rr_error *err)
{
    struct rr_digest expected;
    if (path.len == 0 || !rr_result_digest(facts, name, &expected) ||
        rr_digest_equal(digest, expected))
        return 0;
    return rr_fail(err, RR_EXIT_DATA, "%.*s: is not what result %04u was priced by", (int)path.len,
                   path.ptr, facts->number);
}

int rr_kept_book_check(const struct rr_result_facts *facts, const struct rr_book *book,
                       struct rr_error *err)
{
    if (check_digest(facts, "book", rr_text_of(book->path),
                     rr_digest_bytes(book->source.ptr, book->source.len), err) != 0 ||
        check_digest(facts, "subscriptions", book->subscriptions_path, book->subscriptions_digest,
                     err) != 0)
        return -1;
    return check_digest(facts, "contracts", book->contracts_path, book->contracts_digest, err);
}
