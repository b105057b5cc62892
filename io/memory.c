/* Memory that must be there. */
#include "memory.h"

#include <rerate/error.h>

#include <stdio.h>
#include <sys/mman.h>

_Noreturn void rr_check_failed(const char *what, const char *file, int line)
{
    fprintf(stderr, "rerate: this is a bug: %s (%s:%d)\n", what, file, line);
    _Exit(RR_EXIT_BUG);
}

void *rr_malloc(size_t size)
{
    void *memory = malloc(size ? size : 1);
    rr_check(memory != NULL, "out of memory");
    return memory;
}

void *rr_calloc(size_t n, size_t size)
{
    void *memory = calloc(n ? n : 1, size ? size : 1);
    rr_check(memory != NULL, "out of memory");
    return memory;
}

void *rr_realloc(void *old, size_t size)
{
    void *memory = realloc(old, size ? size : 1);
    rr_check(memory != NULL, "out of memory");
    return memory;
}

void *rr_malloc_huge(size_t size)
{
    enum { HUGE_PAGE = 2 * 1024 * 1024 };
    if (size < HUGE_PAGE)
        return rr_malloc(size);
    size = (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    void *memory = aligned_alloc(HUGE_PAGE, size);
    rr_check(memory != NULL, "out of memory");
    madvise(memory, size, MADV_HUGEPAGE);
    return memory;
}
