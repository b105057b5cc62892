/* Memory that must be there, and promises that must hold: otherwise the program says so and stops
 * with exit 70. Both are for what no input can cause; what data can cause is an rr_error. */
#ifndef IO_MEMORY_H
#define IO_MEMORY_H

#include <stdbool.h>
#include <stdlib.h>

void *rr_malloc(size_t size);
void *rr_calloc(size_t n, size_t size);
void *rr_realloc(void *old, size_t size);

/* Large blocks that are touched at random: on huge pages where the system has them. */
void *rr_malloc_huge(size_t size);

#define rr_check(condition, what)                                                                  \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0))                                                     \
            rr_check_failed(what, __FILE__, __LINE__);                                             \
    } while (0)

_Noreturn void rr_check_failed(const char *what, const char *file, int line);

#endif
