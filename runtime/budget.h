/* The budget: how a rank's memory (`--memory`) is divided while usage is read.
 *
 * Each part is what its table holds when it asks for room. What a table takes beside that for a while
 * (a block that grows, the order in which rows are written, the image of a run) is reckoned here, so
 * that all of them together keep to the limit. MPI, HDF5 and the program itself, some 40 MB, come on
 * top, and so does what one batch of records may add before anybody looks.
 */
#ifndef RUNTIME_BUDGET_H
#define RUNTIME_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

struct rr_budget {
    uint64_t blocks; /* rows under way to other ranks */
    uint64_t names;  /* accounts and keys, of what is sent and of what is owned */
    uint64_t rows;   /* rows waiting to become a run; or, in jobs without event ids, to be folded */
    uint64_t cells;  /* cells of jobs without event ids */
    uint64_t texts;  /* quarantined records */
};

/* `memory` is what one rank may use. Below RR_MEMORY_LEAST it counts as that: tables smaller than a
 * batch would only cost time. */
enum { RR_MEMORY_LEAST = 16 * 1024 * 1024 };
struct rr_budget rr_budget_of(uint64_t memory, bool has_event_ids);

#endif
