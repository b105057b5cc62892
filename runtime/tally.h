/* Counts and quantities that must balance before anything is published. */
#ifndef RUNTIME_TALLY_H
#define RUNTIME_TALLY_H

#include "comm.h"

#include <rerate/batch.h>
#include <rerate/sum.h>

/* Good records that do not count, since another record of their event does, or withdraws it. */
enum rr_withheld {
    RR_DUPLICATE,  /* of the same rank as the one that counts */
    RR_SUPERSEDED, /* of a lower rank */
    RR_VOIDED,     /* the event is withdrawn */
    RR_VOID,       /* what withdraws it */
    RR_WITHHELD    /* how many classes there are */
};

/* As it stands in files: "duplicate". */
const char *rr_withheld_name(enum rr_withheld withheld);

/* What one meter was fed. For a meter without values, one a record. */
struct rr_meter_tally {
    struct rr_sum read;                  /* where records are read */
    struct rr_sum aggregated;            /* where they are folded */
    struct rr_sum withheld[RR_WITHHELD]; /* where copies are brought together */
};

struct rr_tally {
    uint64_t read;
    uint64_t quarantined[RR_REJECT_CODES]; /* where they are read: with the repaired ones */
    uint64_t repaired[RR_REJECT_CODES];    /* of them, those whose place a good record took */
    uint64_t aggregated;
    uint64_t not_metered;
    uint64_t withheld[RR_WITHHELD];
    uint64_t conflicts; /* duplicates that differ from the copy that counts */
    int n_meters;
    struct rr_meter_tally *meters;
};

void rr_tally_init(struct rr_tally *tally, int n_meters);
void rr_tally_fini(struct rr_tally *tally);
void rr_tally_clear(struct rr_tally *tally);
void rr_tally_add(struct rr_tally *into, const struct rr_tally *from);

/* How many records are in quarantine, all in all or for one reason: those that were read as bad
 * (`in`) without the repaired ones (`out`). */
uint64_t rr_tally_quarantined(const struct rr_tally *in, const struct rr_tally *out);
uint64_t rr_tally_quarantined_as(const struct rr_tally *in, const struct rr_tally *out,
                                 enum rr_reject code);
uint64_t rr_tally_repaired(const struct rr_tally *out);

/* What must equal the records read, and the quantity read of a meter. */
uint64_t rr_tally_accounted(const struct rr_tally *in, const struct rr_tally *out);
struct rr_sum rr_tally_accounted_quantity(const struct rr_tally *out, int meter);

/* Collective. Leaves the sum over all ranks on each of them. */
void rr_tally_combine(struct rr_tally *tally, const struct rr_comm *comm);

#endif
