/* Pairs: (key, rows) that any rank adds in any order, and that come back in the order of their keys.
 *
 * Each rank gathers pairs; what exceeds its memory is written, sorted, as a segment, and many segments
 * become one. Then the key space is cut into one range for each rank, and every rank merges its range from
 * the segments of all. The file system does the exchange; memory is bounded, whatever the number of pairs.
 */
#ifndef RUNTIME_PAIRS_H
#define RUNTIME_PAIRS_H

#include "comm.h"

#include <rerate/text.h>

struct rr_pairs;

/* Segments are written to PATH.RANK.N and removed again; where a run dies, whoever owns the directory
 * removes them. `memory` bytes are what a rank gathers, and what it reads by. Not collective. */
struct rr_pairs *rr_pairs_create(const struct rr_comm *comm, const char *path, size_t memory);

/* No rank reads any more. */
void rr_pairs_destroy(struct rr_pairs *pairs);

/* Copies a pair. Pairs with equal keys must come from one rank, and stay in the order added; but those
 * without rows, from any rank, come before all others of their key. */
int rr_pairs_add(struct rr_pairs *pairs, struct rr_text key, struct rr_text rows,
                 struct rr_error *err);

/* Collective. Nothing is added after it. Rank r reads the keys from splitter[r - 1] on, below splitter[r];
 * NULL: ranges that are about equally long. */
int rr_pairs_exchange(struct rr_pairs *pairs, const struct rr_text *splitter, struct rr_error *err);

/* Collective. The same where the first four bytes of each key are the rank that reads it, big endian. */
int rr_pairs_exchange_by_rank(struct rr_pairs *pairs, struct rr_error *err);

/* Bytes of rows in the ranges of lower ranks. */
uint64_t rr_pairs_rows_before(const struct rr_pairs *pairs);

/* 1 and the next pair of this rank's range, valid until the next call; 0 at the end, -1 on error. */
int rr_pairs_next(struct rr_pairs *pairs, struct rr_text *key, struct rr_text *rows,
                  struct rr_error *err);

/* Goes back to the first pair of the range. */
int rr_pairs_rewind(struct rr_pairs *pairs, struct rr_error *err);

#endif
