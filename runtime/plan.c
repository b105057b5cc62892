/* Plans: from keys to the cells they feed. */
#include "plan.h"

#include "../io/memory.h"

struct span {
    uint32_t first, n;
};

struct rr_plans {
    const struct rr_job *job;
    const struct rr_dictionary *keys;
    struct rr_dictionary *cell_keys;
    uint32_t marker;
    struct span *spans; /* one for each key */
    uint32_t n_spans, spans_size;
    struct rr_plan_target *targets;
    uint32_t n_targets, targets_size;
    struct rr_target *found; /* what the job says */
};

struct rr_plans *rr_plans_create(const struct rr_job *job, const struct rr_dictionary *keys)
{
    struct rr_plans *plans = rr_calloc(1, sizeof *plans);
    plans->job = job;
    plans->keys = keys;
    plans->marker = UINT32_MAX;
    plans->cell_keys = rr_dictionary_create();
    plans->found = rr_malloc((size_t)job->n_meters * sizeof *plans->found);
    return plans;
}

void rr_plans_destroy(struct rr_plans *plans)
{
    if (plans == NULL)
        return;
    rr_dictionary_destroy(plans->cell_keys);
    free(plans->spans);
    free(plans->targets);
    free(plans->found);
    free(plans);
}

void rr_plans_forget(struct rr_plans *plans)
{
    rr_dictionary_forget(plans->cell_keys);
    free(plans->spans);
    free(plans->targets);
    plans->spans = NULL;
    plans->targets = NULL;
    plans->n_spans = plans->spans_size = 0;
    plans->n_targets = plans->targets_size = 0;
    plans->marker = UINT32_MAX;
}

size_t rr_plans_bytes(const struct rr_plans *plans)
{
    return rr_dictionary_bytes(plans->cell_keys) + plans->spans_size * sizeof *plans->spans +
           plans->targets_size * sizeof *plans->targets;
}

static void add_targets(struct rr_plans *plans, int n)
{
    if (plans->n_targets + (uint32_t)n > plans->targets_size) {
        plans->targets_size = (plans->targets_size + (uint32_t)n) * 2;
        plans->targets = rr_realloc(plans->targets, plans->targets_size * sizeof *plans->targets);
    }
    for (int t = 0; t < n; t++) {
        struct rr_text cell = plans->found[t].cell;
        plans->targets[plans->n_targets++] = (struct rr_plan_target){
            (uint32_t)plans->found[t].meter,
            rr_dictionary_enter(plans->cell_keys, cell, rr_dictionary_hash(cell))};
    }
}

void rr_plans_update(struct rr_plans *plans)
{
    uint32_t n_keys = rr_dictionary_size(plans->keys);
    if (n_keys > plans->spans_size) {
        plans->spans_size = n_keys * 2;
        plans->spans = rr_realloc(plans->spans, plans->spans_size * sizeof *plans->spans);
    }
    for (; plans->n_spans < n_keys; plans->n_spans++) {
        struct rr_text key = rr_dictionary_text(plans->keys, plans->n_spans);
        int n = 0;
        if (key.len == 0)
            plans->marker = plans->n_spans;
        else
            n = plans->job->expand(plans->job->self, key, plans->found, plans->job->n_meters);
        plans->spans[plans->n_spans] = (struct span){plans->n_targets, (uint32_t)n};
        add_targets(plans, n);
    }
}

struct rr_plan_targets rr_plans_of(const struct rr_plans *plans, uint32_t key)
{
    struct span span = plans->spans[key];
    return (struct rr_plan_targets){plans->targets + span.first, span.n};
}

uint32_t rr_plans_marker(const struct rr_plans *plans)
{
    return plans->marker;
}

const struct rr_dictionary *rr_plans_cell_keys(const struct rr_plans *plans)
{
    return plans->cell_keys;
}

uint32_t rr_row_size(const struct rr_job *job)
{
    return (uint32_t)(sizeof(struct rr_row) + (size_t)job->n_values * sizeof(rr_decimal));
}
