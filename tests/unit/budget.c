/* Budgets: what a rank's memory is divided into, with what is taken beside each part, keeps to it. */
#include "unit.h"

#include "../../runtime/budget.h"

enum { MB = 1024 * 1024 };

START_TEST(parts_keep_to_the_memory)
{
    for (uint64_t memory = RR_MEMORY_LEAST; memory < (uint64_t)MB * MB; memory += memory / 3) {
        struct rr_budget records = rr_budget_of(memory, true), cells = rr_budget_of(memory, false);
        /* Names half full tables; rows their order and image; cells a larger table and the run. */
        uint64_t both = records.blocks + records.names * 3 / 2 + records.texts * 3;
        ck_assert_uint_le(both + records.rows * 12 / 5, memory + memory / 8);
        ck_assert_uint_le(both + cells.rows + cells.cells * 2, memory + memory / 8);
        ck_assert_uint_eq(records.cells, 0);
        ck_assert_uint_gt(cells.cells, 0);
    }
}
END_TEST

START_TEST(more_memory_is_never_less_of_anything)
{
    struct rr_budget less = rr_budget_of(0, true);
    for (uint64_t memory = 1; memory < (uint64_t)MB * MB; memory *= 2) {
        struct rr_budget more = rr_budget_of(memory, true);
        ck_assert_uint_ge(more.blocks, less.blocks);
        ck_assert_uint_ge(more.names, less.names);
        ck_assert_uint_ge(more.rows, less.rows);
        ck_assert_uint_ge(more.texts, less.texts);
        less = more;
    }
    /* What is not for names is bounded: fresh memory costs more than it saves. */
    ck_assert_uint_le(less.blocks + less.rows + less.texts, 128 * MB);
}
END_TEST

START_TEST(the_least_is_more_than_a_batch)
{
    struct rr_budget none = rr_budget_of(0, true), least = rr_budget_of(RR_MEMORY_LEAST, true);
    ck_assert_uint_eq(none.names, least.names);
    ck_assert_uint_ge(none.names, 4 * MB);
    ck_assert_uint_ge(none.rows, MB);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {parts_keep_to_the_memory, more_memory_is_never_less_of_anything,
                            the_least_is_more_than_a_batch, NULL};
    return unit_main("budget", tests);
}
