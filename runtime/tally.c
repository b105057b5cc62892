/* Counts and quantities. */
#include "tally.h"

#include "../io/memory.h"

#include <string.h>

void rr_tally_init(struct rr_tally *tally, int n_meters)
{
    *tally = (struct rr_tally){.n_meters = n_meters};
    tally->meters = rr_calloc((size_t)n_meters, sizeof *tally->meters);
}

void rr_tally_fini(struct rr_tally *tally)
{
    free(tally->meters);
    tally->meters = NULL;
}

void rr_tally_clear(struct rr_tally *tally)
{
    struct rr_meter_tally *meters = tally->meters;
    int n = tally->n_meters;
    memset(meters, 0, (size_t)n * sizeof *meters);
    *tally = (struct rr_tally){.n_meters = n, .meters = meters};
}

void rr_tally_add(struct rr_tally *into, const struct rr_tally *from)
{
    into->read += from->read;
    for (int code = 0; code < RR_REJECT_CODES; code++)
        into->quarantined[code] += from->quarantined[code];
    into->aggregated += from->aggregated;
    into->not_metered += from->not_metered;
    into->duplicate += from->duplicate;
    into->conflicts += from->conflicts;
    for (int m = 0; m < into->n_meters; m++) {
        rr_sum_merge(&into->meters[m].read, &from->meters[m].read);
        rr_sum_merge(&into->meters[m].aggregated, &from->meters[m].aggregated);
        rr_sum_merge(&into->meters[m].duplicate, &from->meters[m].duplicate);
    }
}

uint64_t rr_tally_quarantined(const struct rr_tally *tally)
{
    uint64_t sum = 0;
    for (int code = 0; code < RR_REJECT_CODES; code++)
        sum += tally->quarantined[code];
    return sum;
}

void rr_tally_combine(struct rr_tally *tally, const struct rr_comm *comm)
{
    char *heads, *meters;
    size_t heads_len, meters_len, each = (size_t)tally->n_meters * sizeof *tally->meters;
    rr_comm_concat(comm, tally, sizeof *tally, &heads, &heads_len, NULL);
    rr_comm_concat(comm, tally->meters, each, &meters, &meters_len, NULL);
    rr_tally_clear(tally);
    for (int r = 0; r < comm->size; r++) {
        struct rr_tally other;
        memcpy(&other, heads + (size_t)r * sizeof other, sizeof other);
        other.meters = (struct rr_meter_tally *)(void *)(meters + (size_t)r * each);
        rr_tally_add(tally, &other);
    }
    free(heads);
    free(meters);
}
