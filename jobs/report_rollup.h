/* A rollup: what rows come to that have something in common, as lines by currency, period and charge.
 *
 * A row of it has up to four parts that name it, how many rows it stands for, and exact sums. Memory follows
 * the rows of the rollup, which follow the book and its periods, never accounts. */
#ifndef JOBS_REPORT_ROLLUP_H
#define JOBS_REPORT_ROLLUP_H

#include <rerate/sum.h>
#include <rerate/text.h>

#include <jansson.h>

enum { RR_ROLLUP_PARTS = 4, RR_ROLLUP_SUMS = 6 };

struct rr_rollup_row {
    uint64_t n;
    struct rr_sum sum[RR_ROLLUP_SUMS];
};

struct rr_rollup;

/* `forms` has a letter for each sum: 'm', money, with as many digits as the currency has that the first part
 * names, or 'x', a plain decimal. */
struct rr_rollup *rr_rollup_create(int n_parts, const char *forms);
void rr_rollup_destroy(struct rr_rollup *rollup);

/* The row that these parts name, made when there is none. Valid until the next call. */
struct rr_rollup_row *rr_rollup_at(struct rr_rollup *rollup, const struct rr_text *parts);

/* Counts a row under these parts, with one value for each sum. */
void rr_rollup_add(struct rr_rollup *rollup, const struct rr_text *parts, const rr_decimal *values);

uint32_t rr_rollup_size(const struct rr_rollup *rollup);

/* The same rows with one part cut to its first `len` bytes: days become months, months years. The rollup
 * itself is gone. */
struct rr_rollup *rr_rollup_shorten(struct rr_rollup *rollup, int part, uint32_t len);

/* Adds the rows of another rollup, whose first parts are those of this one. */
void rr_rollup_take(struct rr_rollup *into, const struct rr_rollup *from);

/* {"rows": [[PART, ..., N, "SUM", ...], ...], "left_out": K}, in the order of the parts. Of more than `most`
 * rows those with the greatest first sums, whatever their sign, are shown; then "rest" holds by currency
 * (the first part) what the others come to: [["USD", N, "SUM", ...], ...]. */
json_t *rr_rollup_json(const struct rr_rollup *rollup, uint32_t most);

/* A sum as it is shown: money with all digits of its currency, or the shortest notation. */
json_t *rr_money_json(const struct rr_sum *sum, struct rr_text currency);
json_t *rr_sum_json(const struct rr_sum *sum);
json_t *rr_text_json(struct rr_text text);

#endif
