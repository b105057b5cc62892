/* What an edit of a book touches of an account that stands alone. */
#ifndef JOBS_TOUCHED_PART_H
#define JOBS_TOUCHED_PART_H

#include "book_change.h"

/* Zeroed before use. */
struct rr_touched_part {
    enum rr_touch
        most; /* RR_TOUCHES_CHARGES: lines that the book's change has, and all in these periods */
    int32_t *period; /* they rise */
    int n, size;
};

void rr_touched_part_fini(struct rr_touched_part *part);
bool rr_touched_part_has(const struct rr_touched_part *part, int32_t period);
void rr_touched_part_add(struct rr_touched_part *part, int32_t period);

#endif
