/* Corrections: the texts of the columns `usage.version` and `usage.void`, and the rank that they give a
 * record among the copies of its event.
 */
#ifndef JOBS_CORRECTIONS_H
#define JOBS_CORRECTIONS_H

#include <rerate/decimal.h>
#include <rerate/text.h>

/* An integer of up to 18 digits, with or without a sign. */
bool rr_version_parse(struct rr_text text, int64_t *version);

/* true and false, 1 and 0, yes and no, t and f, y and n, in any case of ASCII. */
bool rr_void_parse(struct rr_text text, bool *is_void);

/* Later versions rank higher, and of equal ones those that are void, whose rank is odd: what struct
 * rr_job asks of a rank. */
static inline rr_decimal rr_correction_rank(int64_t version, bool is_void)
{
    return 2 * version + is_void;
}

static inline bool rr_correction_is_void(rr_decimal rank)
{
    return rank & 1;
}

#endif
