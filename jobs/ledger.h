/* A ledger: two sides that must come to the same, key by key, compared in constant memory.
 *
 * Each entry adds a count and an amount to one side under a key. Whether the two sides agree is known from
 * digests of some thousand slots: what differs under any key makes its slot differ, whatever happens under
 * other keys, but for one case in 2^128. To say where they differ the same entries are posted again, of
 * which the keys of one slot that differs are kept. */
#ifndef JOBS_LEDGER_H
#define JOBS_LEDGER_H

#include <rerate/sum.h>
#include <rerate/text.h>

enum rr_side { RR_LEFT, RR_RIGHT };

struct rr_ledger;

struct rr_ledger *rr_ledger_create(void);
void rr_ledger_destroy(struct rr_ledger *ledger);

void rr_ledger_post(struct rr_ledger *ledger, enum rr_side side, struct rr_text key, uint64_t count,
                    rr_decimal amount);

/* Whether both sides are equal under each key. */
bool rr_ledger_balances(const struct rr_ledger *ledger);

/* Begins the second round: all entries are to be posted once more. */
void rr_ledger_search(struct rr_ledger *ledger);

/* What the two sides say where they differ. */
struct rr_ledger_difference {
    struct rr_text key; /* lives as long as the ledger */
    uint64_t count[2];
    struct rr_sum amount[2];
};

/* After the second round: the first of the keys kept, bytewise, under which the sides differ. False when
 * there is none: the entries of both rounds were not the same. */
bool rr_ledger_first(const struct rr_ledger *ledger, struct rr_ledger_difference *difference);

#endif
