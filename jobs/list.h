/* Lists in the states of kernels: items that are kept in order, each once, put in order when it is
 * needed. */
#ifndef JOBS_LIST_H
#define JOBS_LIST_H

#include <stddef.h>
#include <stdint.h>

/* What a list holds. `combine`, where it is not NULL, adds an item to an equal one; else one of
 * equal items is dropped. */
struct rr_list_kind {
    size_t item; /* bytes, a multiple of 8 */
    int (*compare)(const void *a, const void *b);
    void (*combine)(void *into, const void *from);
};

/* Zeroed before use. */
struct rr_list {
    void *at;
    uint32_t n, size;
    uint32_t ordered; /* items at the front that are in order, each once */
};

void rr_list_add(struct rr_list *list, const struct rr_list_kind *kind, const void *item);
void rr_list_merge(struct rr_list *into, const struct rr_list_kind *kind,
                   const struct rr_list *from);
void rr_list_order(struct rr_list *list, const struct rr_list_kind *kind);
void rr_list_fini(struct rr_list *list);

#endif
