/* Digests (XXH3-128) of files and bytes, and their 32 hexadecimal digits. */
#ifndef IO_DIGEST_H
#define IO_DIGEST_H

#include <rerate/error.h>
#include <stdbool.h>
#include <stdint.h>

struct rr_digest {
    uint64_t low, high;
};

enum { RR_DIGEST_TEXT = 33 };

struct rr_digest rr_digest_bytes(const void *bytes, size_t len);
int rr_digest_file(const char *path, uint64_t *size, struct rr_digest *digest,
                   struct rr_error *err);

/* Of bytes that come in pieces. */
struct rr_digester;
struct rr_digester *rr_digester_create(void);
void rr_digester_add(struct rr_digester *digester, const void *bytes, size_t len);
/* The digester is gone. */
struct rr_digest rr_digester_finish(struct rr_digester *digester);

void rr_digest_format(struct rr_digest digest, char out[RR_DIGEST_TEXT]);
bool rr_digest_parse(const char *text, struct rr_digest *digest);

static inline bool rr_digest_equal(struct rr_digest a, struct rr_digest b)
{
    return a.low == b.low && a.high == b.high;
}

#endif
