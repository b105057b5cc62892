/* Outputs: result files whose rows come in any order on any rank, and stand in one order in one file.
 *
 * Rows are pairs (runtime/pairs.h) of a key and whole lines. At the end every rank takes one range of the
 * keys and writes it at its place in the final file: the bytes depend on the pairs alone.
 */
#ifndef RUNTIME_OUTPUTS_H
#define RUNTIME_OUTPUTS_H

#include "../io/digest.h"
#include "pairs.h"

#include <rerate/text.h>

struct rr_output;

/* `path` is the final file, `header` its first row (with its line end). Segments are written to
 * PATH.RANK.N and removed again. `memory` bytes are what a rank gathers of pairs, and later keeps of rows. Not
 * collective. */
struct rr_output *rr_output_create(const struct rr_comm *comm, const char *path, const char *header,
                                   size_t memory);

/* Adds rows (whole lines) under a key. Rows with equal keys must come from one rank, and stay in
 * the order added. No rows under a key, from any rank, take away all that others add under it, unless the
 * output is blended, which gives them its own meaning. */
int rr_output_add(struct rr_output *output, struct rr_text key, struct rr_text rows,
                  struct rr_error *err);

/* Where the rows of a rank's range go, in their order. */
struct rr_output_sink;
int rr_output_put(struct rr_output_sink *sink, struct rr_text rows, struct rr_error *err);

/* What makes rows of a range of keys out of what was added and of what stands elsewhere. */
struct rr_output_blend {
    void *self;
    const struct rr_text *splitter; /* where the ranges of all ranks but the first begin */
    /* Takes the pairs of this rank's range to their end, and puts all rows of the range. Where these are more than
     * memory holds it is called again, and puts the same. */
    int (*put)(void *self, struct rr_pairs *pairs, struct rr_output_sink *sink,
               struct rr_error *err);
};

/* Collective. Writes and syncs the file; its length and digest are known on rank 0. `blend` is NULL where
 * nothing stands elsewhere. */
int rr_output_finish(struct rr_output *output, const struct rr_output_blend *blend, uint64_t *bytes,
                     struct rr_digest *digest, struct rr_error *err);
void rr_output_destroy(struct rr_output *output);

#endif
