/* Memory that is given back all at once: for what is read once and kept, like a book. */
#ifndef IO_ARENA_H
#define IO_ARENA_H

#include <rerate/text.h>

struct rr_arena;

struct rr_arena *rr_arena_create(void);
void rr_arena_destroy(struct rr_arena *arena);

/* Zeroed memory, aligned for any type. The program stops with exit 70 when there is none left:
 * an arena holds small things. */
void *rr_arena_alloc(struct rr_arena *arena, size_t size);

/* A terminated copy. */
struct rr_text rr_arena_text(struct rr_arena *arena, const char *ptr, size_t len);

/* Gives everything back but keeps some memory for the next round. */
void rr_arena_reset(struct rr_arena *arena);

/* Bytes handed out so far. */
size_t rr_arena_used(const struct rr_arena *arena);

#endif
