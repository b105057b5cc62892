/* Plans: which cells the records with a certain key feed, asked of the job once for each key. */
#ifndef RUNTIME_PLAN_H
#define RUNTIME_PLAN_H

#include "exchange.h"
#include "tally.h"

#include <rerate/job.h>

struct rr_plan_target {
    uint32_t meter;
    uint32_t cell_key; /* code in rr_plan_cell_keys */
};

struct rr_plan_targets {
    const struct rr_plan_target *target;
    uint32_t n;
};

struct rr_plans;

/* `keys` is the dictionary that keys are codes of; it may grow. */
struct rr_plans *rr_plans_create(const struct rr_job *job, const struct rr_dictionary *keys);
void rr_plans_destroy(struct rr_plans *plans);

/* Forgets all keys, as their dictionary does. Codes of cell keys mean nothing after it. */
void rr_plans_forget(struct rr_plans *plans);
size_t rr_plans_bytes(const struct rr_plans *plans);

/* Learns the keys that are new. To be called before rr_plans_of is asked for them. */
void rr_plans_update(struct rr_plans *plans);
struct rr_plan_targets rr_plans_of(const struct rr_plans *plans, uint32_t key);
const struct rr_dictionary *rr_plans_cell_keys(const struct rr_plans *plans);

/* The key of rows that mark a rejected record (the empty text), or UINT32_MAX where there is none. */
uint32_t rr_plans_marker(const struct rr_plans *plans);

/* Bytes of a row of this job: a struct rr_row and the job's values. */
uint32_t rr_row_size(const struct rr_job *job);

/* The value that a row brings to a meter: 1 to one without values. */
static inline rr_decimal rr_row_value(const struct rr_job *job, const uint8_t *row, uint32_t meter)
{
    int column = job->meters[meter].value;
    rr_decimal value = RR_DECIMAL_ONE;
    if (column >= 0)
        memcpy(&value, row + sizeof(struct rr_row) + (size_t)column * sizeof value, sizeof value);
    return value;
}

/* What a row adds to the quantity of a meter, as the reconciliation counts it. */
static inline rr_decimal rr_row_quantity(const struct rr_job *job, const uint8_t *row,
                                         uint32_t meter)
{
    return job->meters[meter].tallied ? rr_row_value(job, row, meter) : RR_DECIMAL_ONE;
}

/* How a row ranks among the copies of its event. */
static inline int64_t rr_row_rank(const struct rr_job *job, const uint8_t *row)
{
    rr_decimal rank = 0;
    if (job->has_ranks)
        memcpy(&rank, row + sizeof(struct rr_row) + (size_t)(job->n_values - 1) * sizeof rank,
               sizeof rank);
    return (int64_t)rank;
}

static inline bool rr_rank_withdraws(int64_t rank)
{
    return rank & 1;
}

#endif
