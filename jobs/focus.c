/* Rows of FOCUS. */
#include "focus.h"

const char rr_focus_header[] = "x\n";

void rr_focus_put(const struct rr_focus *focus, const struct rr_correction *correction,
                  const char *book_in, struct rr_line *row)
{
    (void)focus, (void)correction, (void)book_in, (void)row;
}
