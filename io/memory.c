/* Memory that must be there. */
#include "memory.h"

#include <rerate/error.h>

#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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

void rr_memory_keep(uint64_t limit)
{
    enum { KEPT = 512 * 1024 * 1024 };
    int kept = limit / 4 < KEPT ? (int)(limit / 4) : KEPT;
    mallopt(M_MMAP_THRESHOLD, kept);
    mallopt(M_TRIM_THRESHOLD, kept);
}

/* The first line of a small file; false when there is none. */
static bool read_line(const char *path, char *line, int size)
{
    FILE *file = fopen(path, "re");
    bool got = file && fgets(line, size, file);
    if (file)
        fclose(file);
    return got;
}

uint64_t rr_node_memory(void)
{
    uint64_t bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    char own[1024], path[1200], limit[64];
    /* "0::/PATH" is the line of version 2, and the only one where it is used alone. */
    if (!read_line("/proc/self/cgroup", own, sizeof own) || strncmp(own, "0::", 3) != 0)
        return bytes;
    own[strcspn(own, "\n")] = '\0';
    snprintf(path, sizeof path, "/sys/fs/cgroup%s/memory.max", own + 3);
    if (!read_line(path, limit, sizeof limit))
        return bytes;
    uint64_t most = strtoull(limit, NULL, 10); /* "max" is 0: no limit */
    return most > 0 && most < bytes ? most : bytes;
}
