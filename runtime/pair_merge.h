/* Merging sorted segments: their pairs in the order of keys; of one key those without rows first, then in the
 * order of segments. */
#ifndef RUNTIME_PAIR_MERGE_H
#define RUNTIME_PAIR_MERGE_H

#include "segment.h"

struct rr_pair_merge {
    struct rr_cursor *cursors;
    uint32_t n;
    uint32_t *heap; /* cursors that hold a pair; the first is the least */
    uint32_t n_heap;
    bool started; /* the first of the heap was handed out */
};

void rr_pair_merge_init(struct rr_pair_merge *merge, uint32_t max_segments);
void rr_pair_merge_close(struct rr_pair_merge *merge);

/* Adds the pairs between two offsets of a segment, read `buffer` bytes at a time. */
int rr_pair_merge_add(struct rr_pair_merge *merge, const char *path, uint64_t from, uint64_t to,
                      size_t buffer, struct rr_error *err);

/* 1 and the next pair, valid until the next call; 0 at the end, -1 on error. */
int rr_pair_merge_next(struct rr_pair_merge *merge, struct rr_text *key, struct rr_text *rows,
                       struct rr_error *err);

#endif
