/* Names on a terminal: whatever they hold, they draw what they are and move nothing. */
#ifndef JOBS_SHOWN_NAME_H
#define JOBS_SHOWN_NAME_H

#include "../io/line.h"

/* Adds a name of the user's (an account, a path, a dimension's value). Control characters, line ends, characters that
 * draw nothing or turn the direction of writing, and bytes that are no UTF-8 are shown by their numbers: \x1b,
 * \u202e. */
void rr_shown_name_put(struct rr_line *out, struct rr_text name);

#endif
