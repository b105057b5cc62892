/* The totals of an impact.
 *
 * What is read is summed as it is read, and what is written as it is written, so that the two can be held against
 * each other (impact_laws.h).
 */
#ifndef JOBS_IMPACT_TOTALS_H
#define JOBS_IMPACT_TOTALS_H

#include "impact_sides.h"
#include "keyed_sums.h"

/* What a row, or a sum of rows, adds to the sides. */
enum rr_amount {
    RR_BASE_AMOUNT,
    RR_BASE_EXACT,
    RR_MIDDLE_EXACT,
    RR_NEW_AMOUNT,
    RR_NEW_EXACT,
    RR_AMOUNTS
};

/* Adds an amount to the sides given. */
void rr_amounts_add(struct rr_sum sum[RR_AMOUNTS], unsigned sides, rr_decimal amount,
                    rr_decimal exact);

/* What the difference of the sides comes to: delta is the sum of the three effects. */
struct rr_effects {
    struct rr_sum delta, price, usage, rounding;
};
struct rr_effects rr_effects_of(const struct rr_sum sum[RR_AMOUNTS]);
bool rr_effects_any(const struct rr_effects *effects);

/* Whether old and new differ, if only before they are rounded; effects that cancel each other don't count. */
bool rr_effects_differ(const struct rr_effects *effects);

/* Of what totals are kept. */
enum rr_impact_table { RR_IMPACT_LINES, RR_IMPACT_INVOICES, RR_IMPACT_CORRECTIONS };

enum { RR_FROM_ALL = -1, RR_FROM_CORRECTIONS = -2 }; /* beside the numbers of sources */

/* What stands under `read` and `written`. */
enum { RR_READ_AMOUNT, RR_READ_EXACT };
enum { RR_WRITTEN_DELTA, RR_WRITTEN_PRICE, RR_WRITTEN_USAGE, RR_WRITTEN_ROUNDING };

struct rr_impact_totals {
    struct rr_keyed_sums read;    /* (table, source, currency, period): rows, amount, exact */
    struct rr_keyed_sums by;      /* (dimension, currency, name): what lines come to, by amount */
    struct rr_keyed_sums written; /* (table, currency, period): rows, delta and effects */
    struct rr_keyed_sums payers;  /* (currency, more, less or same): payers, old, new */
    struct rr_keyed_sums buckets; /* (currency, bucket): payers, delta */
};

void rr_impact_totals_fini(struct rr_impact_totals *totals);

/* Collective. */
void rr_impact_totals_combine(struct rr_impact_totals *totals, const struct rr_comm *comm);

/* A row that was read. */
void rr_impact_totals_read(struct rr_impact_totals *totals, enum rr_impact_table table, int source,
                           struct rr_text currency, struct rr_text period, rr_decimal amount,
                           rr_decimal exact);

/* A row that was written. */
void rr_impact_totals_write(struct rr_impact_totals *totals, enum rr_impact_table table,
                            struct rr_text currency, struct rr_text period,
                            const struct rr_effects *effects);

/* What the sides of a table come to in all, by currency and period: (currency, period), by amount. The caller
 * finishes them. After combine. */
void rr_impact_totals_sides(const struct rr_impact_totals *totals,
                            const struct rr_impact_sides *sides, enum rr_impact_table table,
                            struct rr_keyed_sums *out);

/* What was read of a table of a source: its own rows and those that all have. */
struct rr_keyed_sum rr_impact_read_of(struct rr_impact_totals *totals, enum rr_impact_table table,
                                      int source, struct rr_text currency, struct rr_text period);

/* What was written of a table; zeros where nothing was. */
struct rr_keyed_sum rr_impact_written_at(struct rr_impact_totals *totals,
                                         enum rr_impact_table table, struct rr_text currency,
                                         struct rr_text period);

#endif
