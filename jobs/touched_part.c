/* Periods of an account that are touched as a whole. */
#include "touched_part.h"

#include "../io/memory.h"

#include <stdlib.h>
#include <string.h>

void rr_touched_part_fini(struct rr_touched_part *part)
{
    free(part->period);
}

static int lower_bound(const struct rr_touched_part *part, int32_t period)
{
    int low = 0, high = part->n;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (part->period[middle] < period)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool rr_touched_part_has(const struct rr_touched_part *part, int32_t period)
{
    int at = lower_bound(part, period);
    return at < part->n && part->period[at] == period;
}

void rr_touched_part_add(struct rr_touched_part *part, int32_t period)
{
    int at = lower_bound(part, period);
    if (at < part->n && part->period[at] == period)
        return;
    if (part->n == part->size) {
        part->size = part->size ? 2 * part->size : 16;
        part->period = rr_realloc(part->period, (size_t)part->size * sizeof *part->period);
    }
    memmove(&part->period[at + 1], &part->period[at],
            (size_t)(part->n - at) * sizeof *part->period);
    part->period[at] = period;
    part->n++;
}
