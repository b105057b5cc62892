/* Digests of files and bytes. */
#include "digest.h"

#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

enum { PIECE = 256 * 1024 };

static struct rr_digest digest_of(XXH128_hash_t hash)
{
    return (struct rr_digest){hash.low64, hash.high64};
}

struct rr_digest rr_digest_bytes(const void *bytes, size_t len)
{
    return digest_of(XXH3_128bits(bytes, len));
}

int rr_digest_file(const char *path, uint64_t *size, struct rr_digest *digest, struct rr_error *err)
{
    int result = -1;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return rr_fail_errno(err, errno == ENOENT ? RR_EXIT_INPUT : RR_EXIT_IO, path, "open");
    char *piece = malloc(PIECE);
    XXH3_state_t *state = XXH3_createState();
    if (piece == NULL || state == NULL) {
        rr_fail(err, RR_EXIT_BUG, "%s: out of memory", path);
        goto done;
    }
    XXH3_128bits_reset(state);
    *size = 0;
    ssize_t n;
    while ((n = read(fd, piece, PIECE)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            rr_fail_errno(err, RR_EXIT_IO, path, "read");
            goto done;
        }
        XXH3_128bits_update(state, piece, (size_t)n);
        *size += (uint64_t)n;
    }
    *digest = digest_of(XXH3_128bits_digest(state));
    result = 0;
done:
    XXH3_freeState(state);
    free(piece);
    close(fd);
    return result;
}

struct rr_digester *rr_digester_create(void)
{
    XXH3_state_t *state = XXH3_createState();
    rr_check(state != NULL, "out of memory");
    XXH3_128bits_reset(state);
    return (struct rr_digester *)(void *)state;
}

void rr_digester_add(struct rr_digester *digester, const void *bytes, size_t len)
{
    XXH3_128bits_update((XXH3_state_t *)(void *)digester, bytes, len);
}

struct rr_digest rr_digester_finish(struct rr_digester *digester)
{
    XXH3_state_t *state = (XXH3_state_t *)(void *)digester;
    struct rr_digest digest = digest_of(XXH3_128bits_digest(state));
    XXH3_freeState(state);
    return digest;
}

void rr_digest_format(struct rr_digest digest, char out[RR_DIGEST_TEXT])
{
    snprintf(out, RR_DIGEST_TEXT, "%016" PRIx64 "%016" PRIx64, digest.high, digest.low);
}

bool rr_digest_parse(const char *text, struct rr_digest *digest)
{
    if (strlen(text) != RR_DIGEST_TEXT - 1 ||
        strspn(text, "0123456789abcdef") != RR_DIGEST_TEXT - 1)
        return false;
    return sscanf(text, "%16" SCNx64 "%16" SCNx64, &digest->high, &digest->low) == 2;
}
