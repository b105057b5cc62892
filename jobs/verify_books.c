/* Verifying that what a result was priced by is kept. */
#include "verify.h"

#include "../io/memory.h"
#include "../io/stream.h"
#include "kept_books.h"

#include <stdlib.h>
#include <unistd.h>

enum { PIECE = 256 * 1024 };

/* The digest of what a compressed file holds. */
static int digest_content(const char *path, struct rr_digest *digest, struct rr_error *err)
{
    const struct rr_stored stored = {.path = path, .zstd = true};
    struct rr_stream *stream = rr_stream_open(&stored, 0, false, err);
    struct rr_digester *digester = rr_digester_create();
    char *piece = rr_malloc(PIECE);
    size_t got = PIECE;
    int result = stream ? 0 : -1;
    while (result == 0 && got == PIECE) {
        result = rr_stream_read(stream, piece, PIECE, &got, err);
        if (result == 0)
            rr_digester_add(digester, piece, got);
    }
    *digest = rr_digester_finish(digester);
    free(piece);
    rr_stream_close(stream);
    return result;
}

static int check_kept(const struct rr_verify *v, const char *name, struct rr_error *err)
{
    char path[RR_RESULT_PATH];
    struct rr_digest said, found;
    if (!rr_verify_digest(v->facts, name, &said))
        return 0;
    rr_kept_book_path(v->dir, said, path);
    if (access(path, F_OK) != 0)
        return rr_fail(
            err, RR_EXIT_DATA,
            "%s: is not there: the %s that %s was priced by; put it back, or this result "
            "can't be priced again",
            path, name, v->result);
    if (digest_content(path, &found, err) != 0)
        return -1;
    return rr_digest_equal(said, found)
               ? 0
               : rr_fail(err, RR_EXIT_DATA, "%s: its content has not the digest of its name", path);
}

int rr_verify_books(struct rr_verify *v, struct rr_finding *f)
{
    struct rr_digest digest;
    int n = rr_verify_digest(v->facts, "subscriptions", &digest) +
            rr_verify_digest(v->facts, "contracts", &digest);
    if (check_kept(v, "subscriptions", &f->err) != 0 || check_kept(v, "contracts", &f->err) != 0)
        return -1;
    rr_seen(f, "%d files beside the book are kept, each with its digest", n);
    return 0;
}
