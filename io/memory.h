/* Memory that must be there, and promises that must hold: otherwise the program says so and stops
 * with exit 70. Both are for what no input can cause; what data can cause is an rr_error. */
#ifndef IO_MEMORY_H
#define IO_MEMORY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

void *rr_malloc(size_t size);
void *rr_calloc(size_t n, size_t size);
void *rr_realloc(void *old, size_t size);

/* Large blocks that are touched at random: on huge pages where the system has them. */
void *rr_malloc_huge(size_t size);

/* How much freed memory this process keeps for itself. Large blocks come and go (a run's image, a table
 * that grows). Kept, they are used again; given back, each next one is fresh pages, which cost more than
 * what is done in them. Under a limit on memory it is a part of that. */
void rr_memory_keep(uint64_t limit);

/* Bytes that processes here may use together: the machine's, or what this process's cgroup (version 2)
 * is limited to, as in a container or a batch job. */
uint64_t rr_node_memory(void);

#define rr_check(condition, what)                                                                  \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0))                                                     \
            rr_check_failed(what, __FILE__, __LINE__);                                             \
    } while (0)

_Noreturn void rr_check_failed(const char *what, const char *file, int line);

#endif
