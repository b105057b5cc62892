/* Parties: accounts and contracts that hang together, against a slow search. */
#include "../../jobs/parties.h"
#include "unit.h"

#include <stdio.h>

enum { ACCOUNTS = 40, CONTRACTS = 12, STAYS = 30, ROUNDS = 500 };

struct random_book {
    struct rr_book book;
    struct rr_contract contract[CONTRACTS];
    struct rr_stay stay[STAYS];
    char name[ACCOUNTS][8];
};

static struct rr_text account(struct random_book *b, uint64_t n)
{
    snprintf(b->name[n], sizeof b->name[n], "a%02d", (int)n);
    return rr_text_of(b->name[n]);
}

static int compare_stays(const void *a, const void *b)
{
    return rr_text_compare(((const struct rr_stay *)a)->account,
                           ((const struct rr_stay *)b)->account);
}

static void make_book(struct random_book *b, uint64_t *seed)
{
    *b = (struct random_book){0};
    b->book = (struct rr_book){.contracts = b->contract,
                               .n_contracts = (int)(unit_random(seed) % (CONTRACTS + 1)),
                               .stays = b->stay};
    if (b->book.n_contracts > 0)
        b->book.n_stays = b->book.n_contracts + (int)(unit_random(seed) % (STAYS - CONTRACTS));
    for (int i = 0; i < b->book.n_stays; i++)
        b->stay[i] = (struct rr_stay){.account = account(b, unit_random(seed) % ACCOUNTS),
                                      .contract = i % b->book.n_contracts};
    for (int c = 0; c < b->book.n_contracts; c++)
        if (unit_random(seed) % 3 == 0)
            b->contract[c].bill_to = account(b, unit_random(seed) % ACCOUNTS);
    qsort(b->stay, (size_t)b->book.n_stays, sizeof *b->stay, compare_stays);
}

static bool names(const struct random_book *b, int c, struct rr_text account)
{
    for (int i = 0; i < b->book.n_stays; i++)
        if (b->stay[i].contract == c && rr_text_equal(b->stay[i].account, account))
            return true;
    return rr_text_equal(b->contract[c].bill_to, account);
}

/* Whether two contracts hang together, by going from contract to contract. */
static bool reach(const struct random_book *b, int from, int to, bool *seen)
{
    if (from == to)
        return true;
    seen[from] = true;
    for (int c = 0; c < b->book.n_contracts; c++) {
        bool shared = false;
        for (int n = 0; n < ACCOUNTS; n++)
            if (b->name[n][0] && names(b, from, rr_text_of(b->name[n])) &&
                names(b, c, rr_text_of(b->name[n])))
                shared = true;
        if (shared && !seen[c] && reach(b, c, to, seen))
            return true;
    }
    return false;
}

static uint32_t party_of_contract(const struct rr_parties *parties, const struct random_book *b,
                                  int c)
{
    uint32_t found = UINT32_MAX, times = 0;
    for (uint32_t p = 0; p < rr_parties_size(parties); p++) {
        struct rr_party party = rr_parties_at(parties, p);
        for (uint32_t i = 0; i < party.n_contracts; i++)
            if (party.contract[i] == &b->contract[c]) {
                found = p;
                times++;
            }
    }
    ck_assert_uint_eq(times, 1);
    return found;
}

START_TEST(parties_are_what_hangs_together)
{
    uint64_t seed = 1;
    for (int round = 0; round < ROUNDS; round++) {
        struct random_book b;
        make_book(&b, &seed);
        struct rr_parties *parties = rr_parties_create(&b.book);
        for (int c = 0; c < b.book.n_contracts; c++) {
            uint32_t party = party_of_contract(parties, &b, c), found;
            for (int n = 0; n < ACCOUNTS; n++)
                if (b.name[n][0] && names(&b, c, rr_text_of(b.name[n])))
                    ck_assert(rr_parties_find(parties, rr_text_of(b.name[n]), &found) &&
                              found == party);
            for (int d = 0; d < b.book.n_contracts; d++) {
                bool seen[CONTRACTS] = {false};
                ck_assert((party_of_contract(parties, &b, d) == party) == reach(&b, c, d, seen));
            }
        }
        rr_parties_destroy(parties);
    }
}
END_TEST

START_TEST(members_are_sorted_and_others_stand_alone)
{
    uint64_t seed = 2;
    for (int round = 0; round < ROUNDS; round++) {
        struct random_book b;
        uint32_t found;
        make_book(&b, &seed);
        struct rr_parties *parties = rr_parties_create(&b.book);
        for (uint32_t p = 0; p < rr_parties_size(parties); p++) {
            struct rr_party party = rr_parties_at(parties, p);
            for (uint32_t i = 1; i < party.n_accounts; i++)
                ck_assert(rr_text_compare(party.account[i - 1], party.account[i]) < 0);
            for (uint32_t i = 1; i < party.n_contracts; i++)
                ck_assert(party.contract[i - 1] < party.contract[i]);
        }
        ck_assert(!rr_parties_find(parties, rr_text_of("b"), &found));
        ck_assert(!rr_parties_find(parties, rr_text_of(""), &found));
        rr_parties_destroy(parties);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {parties_are_what_hangs_together,
                                  members_are_sorted_and_others_stand_alone, NULL};
    return unit_main("parties", tests);
}
