/* Planning slices. */
#include "slices.h"

#include "../io/memory.h"

#include <rerate/decimal.h>

enum {
    READER_BYTES = 1280 * 1024, /* of an open run: a chunk of each column */
    READERS_MIN = 8,
    READERS_MAX = 256,
    RECORDS_MIN = 4096,
    BYTES_MIN = 256 * 1024,
    RECORDS_MAX = 4 * 1024 * 1024,
    SORTING_BYTES = 40,       /* for each record, while copies are found */
    WRITING_BYTES = 160,      /* for each record, while a run is written */
    WORTH_OPENING = 4096,     /* records that a run should bring to a slice */
    SLICES_FOR_EACH_RANK = 8, /* so that all ranks end at about the same time */
    WORTH_CUTTING = 64 * 1024,
};

static uint64_t within(uint64_t value, uint64_t least, uint64_t most)
{
    return value < least ? least : value > most ? most : value;
}

/* Half of the memory holds records: once as they are read, once those that count. A quarter is for open
 * runs, and a quarter for cells, folded and written. */
struct rr_slice_budget rr_slice_budget(uint64_t memory, uint32_t row_size)
{
    uint64_t half = memory / 2;
    struct rr_slice_budget budget = {
        .records =
            within(half / (2 * (uint64_t)row_size + SORTING_BYTES), RECORDS_MIN, RECORDS_MAX),
        .written = within(half / (row_size + WRITING_BYTES), RECORDS_MIN, RECORDS_MAX),
        .cell_bytes = within(memory / 8, BYTES_MIN, UINT64_MAX),
        .image_bytes = within(memory / 16, BYTES_MIN, UINT64_MAX),
        .readers = (uint32_t)within(memory / 4 / READER_BYTES, READERS_MIN, READERS_MAX),
    };
    budget.most_runs = (uint32_t)within(budget.records / WORTH_OPENING, READERS_MIN, READERS_MAX);
    return budget;
}

uint64_t rr_slice_size(const struct rr_slice_budget *budget, uint64_t records, int ranks)
{
    uint64_t share = records / ((uint64_t)ranks * SLICES_FOR_EACH_RANK);
    share = share < WORTH_CUTTING ? WORTH_CUTTING : share;
    return share < budget->records ? share : budget->records;
}

struct plan {
    struct rr_slice *slice;
    uint32_t n;
    size_t size;
};

static void add_slice(struct plan *plan, const struct rr_slice *slice)
{
    if (plan->n == plan->size) {
        plan->size = plan->size ? plan->size * 2 : 64;
        plan->slice = rr_realloc(plan->slice, plan->size * sizeof *plan->slice);
    }
    plan->slice[plan->n++] = *slice;
}

static bool is_whole(const struct rr_gap *gap)
{
    return gap->low == 0 && gap->high == UINT64_MAX;
}

/* How many of a shard's records lie in a gap, as fingerprints are evenly spread. */
static uint64_t share_of(const struct rr_gap *gap, uint64_t records)
{
    rr_u128 width = (rr_u128)(gap->high - gap->low) + 1;
    return (uint64_t)(width * records >> 64);
}

/* Cuts a gap into equal ranges. */
static void cut_gap(struct plan *plan, const struct rr_gap *gap, uint64_t records, uint64_t most)
{
    rr_u128 width = (rr_u128)(gap->high - gap->low) + 1;
    uint64_t parts = records > most ? (records + most - 1) / most : 1;
    for (uint64_t i = 0; i < parts; i++) {
        struct rr_slice slice = {.first = gap->shard,
                                 .end = gap->shard + 1,
                                 .low = gap->low + (uint64_t)(width / parts * i),
                                 .high = gap->low + (uint64_t)(width / parts * (i + 1) - 1),
                                 .records = records / parts};
        if (i + 1 == parts)
            slice.high = gap->high;
        add_slice(plan, &slice);
    }
}

static int compare_slices(const void *a, const void *b)
{
    const struct rr_slice *x = a, *y = b;
    if (x->records != y->records)
        return x->records > y->records ? -1 : 1;
    if (x->first != y->first)
        return x->first < y->first ? -1 : 1;
    return (x->low > y->low) - (x->low < y->low);
}

struct rr_slice *rr_slices_plan(const struct rr_gap *gaps, uint32_t n_gaps, const uint64_t *records,
                                uint64_t most, uint32_t *n)
{
    struct plan plan = {0};
    struct rr_slice open = {.high = UINT64_MAX}; /* whole shards that go together */
    for (uint32_t i = 0; i < n_gaps; i++) {
        const struct rr_gap *gap = &gaps[i];
        uint64_t here = share_of(gap, records[gap->shard]);
        if (open.end > open.first &&
            (!is_whole(gap) || gap->shard != open.end || open.records + here > most)) {
            add_slice(&plan, &open);
            open.end = open.first;
        }
        if (!is_whole(gap) || here > most) {
            cut_gap(&plan, gap, here, most);
            continue;
        }
        if (open.end == open.first)
            open = (struct rr_slice){gap->shard, gap->shard, 0, UINT64_MAX, 0};
        open.end++;
        open.records += here;
    }
    if (open.end > open.first)
        add_slice(&plan, &open);
    if (plan.n > 0)
        qsort(plan.slice, plan.n, sizeof *plan.slice, compare_slices);
    *n = plan.n;
    return plan.slice;
}
