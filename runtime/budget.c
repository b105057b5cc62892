/* The budget. */
#include "budget.h"

enum {
    BLOCKS_MAX = 64 * 1024 * 1024,
    ROWS_MAX = 24 * 1024 * 1024, /* more rows at once only cost fresh memory */
    UNFOLDED = 256 * 1024,       /* they are folded while they are in the cache */
    TEXTS_MAX = 32 * 1024 * 1024,
};

static uint64_t at_most(uint64_t bytes, uint64_t most)
{
    return bytes < most ? bytes : most;
}

struct rr_budget rr_budget_of(uint64_t memory, bool has_event_ids)
{
    if (memory < RR_MEMORY_LEAST)
        memory = RR_MEMORY_LEAST;
    return (struct rr_budget){
        .blocks = at_most(memory / 8, BLOCKS_MAX),
        /* Tables of names grow to twice their size, and hold both for a moment. */
        .names = memory / 4,
        /* The order of the rows and the run's image take as much again and half. */
        .rows = has_event_ids ? at_most(memory / 5, ROWS_MAX) : UNFOLDED,
        /* Cells lie in tables up to twice as large, and take as much as they are to be written. */
        .cells = has_event_ids ? 0 : memory / 4,
        .texts = at_most(memory / 32, TEXTS_MAX),
    };
}
