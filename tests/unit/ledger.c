/* Ledgers: what differs under any key is noticed, and named. */
#include "unit.h"

#include "../../jobs/ledger.h"

#include <stdio.h>

enum { KEYS = 100000 };

static struct rr_text key_of(int i, char text[16])
{
    return (struct rr_text){text, (uint32_t)snprintf(text, 16, "k%05d", i)};
}

/* Posts both sides, the right in other pieces and another order; `wrong` gets a cent more there, and the
 * key after it a cent less. */
static void post_all(struct rr_ledger *ledger, int wrong)
{
    char text[16];
    for (int i = 0; i < KEYS; i++)
        rr_ledger_post(ledger, RR_LEFT, key_of(i, text), 2, i);
    for (int i = KEYS; i-- > 0;) {
        rr_ledger_post(ledger, RR_RIGHT, key_of(i, text), 1, i - 7);
        rr_ledger_post(ledger, RR_RIGHT, key_of(i, text), 1, 7 + (i == wrong) - (i == wrong + 1));
    }
}

START_TEST(equal_sides_balance)
{
    struct rr_ledger *ledger = rr_ledger_create();
    post_all(ledger, -2);
    ck_assert(rr_ledger_balances(ledger));
    rr_ledger_destroy(ledger);
}
END_TEST

START_TEST(what_differs_is_named)
{
    struct rr_ledger *ledger = rr_ledger_create();
    struct rr_ledger_difference d;
    post_all(ledger, 4711);
    ck_assert(!rr_ledger_balances(ledger));
    rr_ledger_search(ledger);
    post_all(ledger, 4711);
    ck_assert(rr_ledger_first(ledger, &d));
    ck_assert_uint_eq(d.key.len, 6);
    ck_assert(memcmp(d.key.ptr, "k04711", 6) == 0 || memcmp(d.key.ptr, "k04712", 6) == 0);
    ck_assert_uint_eq(d.count[RR_LEFT], 2);
    ck_assert_uint_eq(d.count[RR_RIGHT], 2);
    ck_assert(!rr_sum_equal(&d.amount[RR_LEFT], &d.amount[RR_RIGHT]));
    rr_ledger_destroy(ledger);
}
END_TEST

START_TEST(counts_count)
{
    struct rr_ledger *ledger = rr_ledger_create();
    rr_ledger_post(ledger, RR_LEFT, rr_text_of("a"), 1, 0);
    rr_ledger_post(ledger, RR_RIGHT, rr_text_of("b"), 1, 0);
    ck_assert(!rr_ledger_balances(ledger));
    rr_ledger_post(ledger, RR_LEFT, rr_text_of("b"), 1, 0);
    rr_ledger_post(ledger, RR_RIGHT, rr_text_of("a"), 1, 0);
    ck_assert(rr_ledger_balances(ledger));
    rr_ledger_destroy(ledger);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {equal_sides_balance, what_differs_is_named, counts_count, NULL};
    return unit_main("ledger", tests);
}
