/* Summing where records came from. */
#include "told_usage.h"

#include "../io/memory.h"

#include <stdlib.h>
#include <string.h>

static void add_file(struct rr_told_usage_sum *sum, const struct rr_origin_file *file)
{
    struct rr_told_usage *usage = &sum->usage;
    uint32_t at = usage->n_files;
    while (at > 0 && strcmp(usage->file[at - 1].path, file->path) > 0)
        at--;
    if (at > 0 && usage->file[at - 1].file == file->file) {
        rr_record_counts_add(&usage->file[at - 1].counts, &file->counts);
        return;
    }
    if (usage->n_files == sum->size) {
        sum->size = sum->size ? 2 * sum->size : 4;
        usage->file = rr_realloc(usage->file, sum->size * sizeof *usage->file);
    }
    memmove(usage->file + at + 1, usage->file + at, (usage->n_files - at) * sizeof *usage->file);
    usage->file[at] = *file;
    usage->n_files++;
}

void rr_told_usage_add(struct rr_told_usage_sum *sum, const struct rr_record_counts *counts,
                       const struct rr_origin_file *file, uint32_t n)
{
    rr_record_counts_add(&sum->usage.counts, counts);
    for (uint32_t i = 0; i < n; i++)
        add_file(sum, &file[i]);
}

struct rr_told_usage rr_told_usage_keep(struct rr_told_usage_sum *sum, struct rr_arena *arena)
{
    struct rr_told_usage kept = sum->usage;
    size_t len = kept.n_files * sizeof *kept.file;
    kept.file = len > 0 ? memcpy(rr_arena_alloc(arena, len), sum->usage.file, len) : NULL;
    free(sum->usage.file);
    *sum = (struct rr_told_usage_sum){0};
    return kept;
}
