/* JSON files that hold the digest of their own text: that of what they are without `own_digest`, indented by
 * two. */
#ifndef JOBS_OWN_DIGEST_H
#define JOBS_OWN_DIGEST_H

#include <jansson.h>
#include <rerate/error.h>

/* The text of an object with its own digest, ended by a line end: the caller's to free. */
char *rr_own_digest_format(json_t *object);

/* Reads such a file and takes its digest off; the object is the caller's to release. Errors: RR_EXIT_INPUT,
 * RR_EXIT_DATA where the digest is wrong. */
int rr_own_digest_load(const char *path, json_t **object, struct rr_error *err);

#endif
