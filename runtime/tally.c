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
    for (int code = 0; code < RR_REJECT_CODES; code++) {
        into->quarantined[code] += from->quarantined[code];
        into->repaired[code] += from->repaired[code];
    }
    into->aggregated += from->aggregated;
    into->not_metered += from->not_metered;
    for (int w = 0; w < RR_WITHHELD; w++)
        into->withheld[w] += from->withheld[w];
    into->conflicts += from->conflicts;
    for (int m = 0; m < into->n_meters; m++) {
        rr_sum_merge(&into->meters[m].read, &from->meters[m].read);
        rr_sum_merge(&into->meters[m].aggregated, &from->meters[m].aggregated);
        for (int w = 0; w < RR_WITHHELD; w++)
            rr_sum_merge(&into->meters[m].withheld[w], &from->meters[m].withheld[w]);
    }
}

const char *rr_withheld_name(enum rr_withheld withheld)
{
    static const char *const names[RR_WITHHELD] = {[RR_DUPLICATE] = "duplicate",
                                                   [RR_SUPERSEDED] = "superseded",
                                                   [RR_VOIDED] = "voided",
                                                   [RR_VOID] = "void"};
    return names[withheld];
}

uint64_t rr_tally_quarantined_as(const struct rr_tally *in, const struct rr_tally *out,
                                 enum rr_reject code)
{
    return in->quarantined[code] - out->repaired[code];
}

uint64_t rr_tally_quarantined(const struct rr_tally *in, const struct rr_tally *out)
{
    uint64_t sum = 0;
    for (int code = 0; code < RR_REJECT_CODES; code++)
        sum += rr_tally_quarantined_as(in, out, (enum rr_reject)code);
    return sum;
}

uint64_t rr_tally_repaired(const struct rr_tally *out)
{
    uint64_t sum = 0;
    for (int code = 0; code < RR_REJECT_CODES; code++)
        sum += out->repaired[code];
    return sum;
}

uint64_t rr_tally_accounted(const struct rr_tally *in, const struct rr_tally *out)
{
    uint64_t sum =
        out->aggregated + out->not_metered + rr_tally_repaired(out) + rr_tally_quarantined(in, out);
    for (int w = 0; w < RR_WITHHELD; w++)
        sum += out->withheld[w];
    return sum;
}

struct rr_sum rr_tally_accounted_quantity(const struct rr_tally *out, int meter)
{
    struct rr_sum sum = out->meters[meter].aggregated;
    for (int w = 0; w < RR_WITHHELD; w++)
        rr_sum_merge(&sum, &out->meters[meter].withheld[w]);
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
