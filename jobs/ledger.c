/* Ledgers. */
#include "ledger.h"

#include "../io/digest.h"
#include "../io/memory.h"

#include <rerate/dictionary.h>

enum { SLOTS = 16384 };

/* Left minus right, each entry times the hash of its key, modulo 2^128. */
struct slot {
    rr_u128 count, amount;
};

struct entry {
    uint64_t count[2];
    struct rr_sum amount[2];
};

struct rr_ledger {
    struct slot slots[SLOTS];
    bool searching;
    uint64_t suspect; /* slot */
    struct rr_dictionary *keys;
    struct entry *entries; /* one for each key */
    uint32_t size;
};

struct rr_ledger *rr_ledger_create(void)
{
    return rr_calloc(1, sizeof(struct rr_ledger));
}

void rr_ledger_destroy(struct rr_ledger *l)
{
    if (l == NULL)
        return;
    rr_dictionary_destroy(l->keys);
    free(l->entries);
    free(l);
}

static void keep(struct rr_ledger *l, enum rr_side side, struct rr_text key, uint64_t count,
                 rr_decimal amount)
{
    uint32_t code = rr_dictionary_enter(l->keys, key, rr_dictionary_hash(key));
    uint32_t n = rr_dictionary_size(l->keys);
    if (n > l->size) {
        l->entries = rr_realloc(l->entries, 2 * (size_t)n * sizeof *l->entries);
        memset(l->entries + l->size, 0, (2 * (size_t)n - l->size) * sizeof *l->entries);
        l->size = 2 * n;
    }
    l->entries[code].count[side] += count;
    rr_sum_add(&l->entries[code].amount[side], amount);
}

void rr_ledger_post(struct rr_ledger *l, enum rr_side side, struct rr_text key, uint64_t count,
                    rr_decimal amount)
{
    struct rr_digest digest = rr_digest_bytes(key.ptr, key.len);
    uint64_t at = digest.high % SLOTS;
    if (l->searching) {
        if (at == l->suspect)
            keep(l, side, key, count, amount);
        return;
    }
    rr_u128 hash =
        ((rr_u128)digest.high << 64 | digest.low) | 1; /* odd: nothing is lost in products */
    rr_u128 counted = hash * count, posted = hash * (rr_u128)amount;
    struct slot *slot = &l->slots[at];
    slot->count += side == RR_LEFT ? counted : -counted;
    slot->amount += side == RR_LEFT ? posted : -posted;
}

static bool differs(const struct slot *slot)
{
    return slot->count != 0 || slot->amount != 0;
}

bool rr_ledger_balances(const struct rr_ledger *l)
{
    for (int i = 0; i < SLOTS; i++)
        if (differs(&l->slots[i]))
            return false;
    return true;
}

void rr_ledger_search(struct rr_ledger *l)
{
    for (l->suspect = 0; l->suspect < SLOTS && !differs(&l->slots[l->suspect]); l->suspect++)
        ;
    l->searching = true;
    l->keys = rr_dictionary_create();
}

static bool entry_differs(const struct entry *e)
{
    return e->count[RR_LEFT] != e->count[RR_RIGHT] ||
           !rr_sum_equal(&e->amount[RR_LEFT], &e->amount[RR_RIGHT]);
}

bool rr_ledger_first(const struct rr_ledger *l, struct rr_ledger_difference *out)
{
    bool found = false;
    for (uint32_t i = 0; l->keys && i < rr_dictionary_size(l->keys); i++) {
        const struct entry *e = &l->entries[i];
        struct rr_text key = rr_dictionary_text(l->keys, i);
        if (!entry_differs(e) || (found && rr_text_compare(key, out->key) >= 0))
            continue;
        found = true;
        *out = (struct rr_ledger_difference){
            key, {e->count[0], e->count[1]}, {e->amount[0], e->amount[1]}};
    }
    return found;
}
