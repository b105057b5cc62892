/* An arena: a chain of chunks, the newest first. Only the newest has room that is still given
 * out; what is bigger than a quarter of a chunk gets a chunk of its own behind it. */
#include "arena.h"

#include <rerate/error.h>
#include <stdio.h>
#include <stdlib.h>

enum { CHUNK_BYTES = 64 * 1024 };

struct chunk {
    struct chunk *next;
    size_t room; /* bytes of data */
    size_t used;
    _Alignas(max_align_t) char data[];
};

struct rr_arena {
    struct chunk *newest;
    size_t used;
};

static _Noreturn void out_of_memory(size_t size)
{
    fprintf(stderr, "rerate: no memory for %zu bytes\n", size);
    exit(RR_EXIT_BUG);
}

static struct chunk *chunk_create(size_t room)
{
    struct chunk *chunk = room > SIZE_MAX / 2 ? NULL : calloc(1, sizeof *chunk + room);
    if (chunk == NULL)
        out_of_memory(room);
    chunk->room = room;
    return chunk;
}

struct rr_arena *rr_arena_create(void)
{
    struct rr_arena *arena = calloc(1, sizeof *arena);
    if (arena == NULL)
        out_of_memory(sizeof *arena);
    arena->newest = chunk_create(CHUNK_BYTES);
    return arena;
}

void rr_arena_destroy(struct rr_arena *arena)
{
    if (arena == NULL)
        return;
    for (struct chunk *chunk = arena->newest; chunk != NULL;) {
        struct chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
    free(arena);
}

static void *alloc_alone(struct rr_arena *arena, size_t size)
{
    struct chunk *chunk = chunk_create(size);
    chunk->used = size;
    chunk->next = arena->newest->next;
    arena->newest->next = chunk;
    return chunk->data;
}

void *rr_arena_alloc(struct rr_arena *arena, size_t size)
{
    size_t align = _Alignof(max_align_t);
    if (size > SIZE_MAX / 4)
        out_of_memory(size);
    size = (size + align - 1) / align * align;
    arena->used += size;
    if (size > CHUNK_BYTES / 4)
        return alloc_alone(arena, size);
    if (arena->newest->room - arena->newest->used < size) {
        struct chunk *chunk = chunk_create(CHUNK_BYTES);
        chunk->next = arena->newest;
        arena->newest = chunk;
    }
    void *memory = arena->newest->data + arena->newest->used;
    arena->newest->used += size;
    return memory;
}

struct rr_text rr_arena_text(struct rr_arena *arena, const char *ptr, size_t len)
{
    if (len >= UINT32_MAX)
        out_of_memory(len);
    char *copy = rr_arena_alloc(arena, len + 1);
    if (len > 0)
        memcpy(copy, ptr, len);
    return (struct rr_text){copy, (uint32_t)len};
}

size_t rr_arena_used(const struct rr_arena *arena)
{
    return arena->used;
}

void rr_arena_reset(struct rr_arena *arena)
{
    struct chunk *kept = NULL;
    for (struct chunk *chunk = arena->newest, *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        if (kept == NULL && chunk->room == CHUNK_BYTES)
            kept = chunk;
        else
            free(chunk);
    }
    memset(kept->data, 0, kept->used);
    kept->next = NULL;
    kept->used = 0;
    arena->newest = kept;
    arena->used = 0;
}
