/* Runs of texts: lines of result files that must outlive the pass over the usage (quarantined records,
 * conflicts), each with the key it is sorted by when it is published.
 */
#ifndef RUNTIME_TEXT_RUN_H
#define RUNTIME_TEXT_RUN_H

#include "../io/runfile.h"

#include <rerate/text.h>

/* Texts gathered in memory until they are written as a run. */
struct rr_texts {
    char *bytes;
    size_t used, size;
    uint64_t n;
};

void rr_texts_add(struct rr_texts *texts, struct rr_text key, struct rr_text text);
void rr_texts_clear(struct rr_texts *texts);
void rr_texts_fini(struct rr_texts *texts);

int rr_text_run_write(const char *path, const struct rr_texts *texts, uint64_t *bytes,
                      struct rr_digest *digest, struct rr_error *err);

/* Hands every text of a run to `take`, in the order written. */
int rr_text_run_read(const char *path,
                     int (*take)(void *self, struct rr_text key, struct rr_text text,
                                 struct rr_error *err),
                     void *self, struct rr_error *err);

#endif
