/* Counts and quantities that must balance before anything is published. */
#ifndef RUNTIME_TALLY_H
#define RUNTIME_TALLY_H

#include "comm.h"

#include <rerate/batch.h>
#include <rerate/sum.h>

/* What one meter was fed. For a meter without values, one a record. */
struct rr_meter_tally {
    struct rr_sum read;       /* where records are read */
    struct rr_sum aggregated; /* where they are folded */
    struct rr_sum duplicate;  /* where they are de-duplicated */
};

struct rr_tally {
    uint64_t read;
    uint64_t quarantined[RR_REJECT_CODES];
    uint64_t aggregated;
    uint64_t not_metered;
    uint64_t duplicate;
    uint64_t conflicts; /* duplicates that differ from the copy that counts */
    int n_meters;
    struct rr_meter_tally *meters;
};

void rr_tally_init(struct rr_tally *tally, int n_meters);
void rr_tally_fini(struct rr_tally *tally);
void rr_tally_clear(struct rr_tally *tally);
void rr_tally_add(struct rr_tally *into, const struct rr_tally *from);
uint64_t rr_tally_quarantined(const struct rr_tally *tally);

/* Collective. Leaves the sum over all ranks on each of them. */
void rr_tally_combine(struct rr_tally *tally, const struct rr_comm *comm);

#endif
