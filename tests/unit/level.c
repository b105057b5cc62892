/* Levels over time, against a walk through the changes. */
#include "../../jobs/level.h"
#include "unit.h"

enum { CHANGES = 40, ROUNDS = 2000 };

struct history {
    uint32_t n;
    int64_t time_ns[CHANGES]; /* rising */
    rr_decimal change[CHANGES];
};

static void make_history(struct history *h, uint64_t *seed)
{
    int64_t time = -(int64_t)(unit_random(seed) % 1000);
    h->n = (uint32_t)(unit_random(seed) % (CHANGES + 1));
    for (uint32_t i = 0; i < h->n; i++) {
        time += (int64_t)(unit_random(seed) % 50);
        h->time_ns[i] = time;
        h->change[i] = ((rr_decimal)(unit_random(seed) % 2001) - 1000) * RR_DECIMAL_ONE;
    }
}

/* Sum of level x time in [start, end), in whole units. */
static rr_decimal walk(const struct history *h, int64_t start, int64_t end)
{
    rr_decimal sum = 0, level = 0;
    uint32_t next = 0;
    for (int64_t t = -2000; t < end; t++) {
        for (; next < h->n && h->time_ns[next] <= t; next++)
            level += h->change[next] / RR_DECIMAL_ONE;
        sum += t >= start ? level : 0;
    }
    return sum;
}

/* The changes before `start` carried, those within added, the rest left out; in two parts merged. */
static rr_decimal average(const struct history *h, int64_t start, int64_t end, int64_t length,
                          uint64_t *seed)
{
    struct rr_level before = {0}, half = {0}, part[2] = {0};
    rr_decimal value;
    for (uint32_t i = 0; i < h->n; i++) {
        bool coin = unit_random(seed) % 2;
        if (h->time_ns[i] < start)
            rr_level_change(coin ? &before : &half, h->change[i], h->time_ns[i]);
        else if (h->time_ns[i] < end)
            rr_level_change(&part[coin], h->change[i], h->time_ns[i]);
    }
    rr_level_merge(&before, &half);
    rr_level_carry(&before, start);
    rr_level_merge(&part[0], &part[1]);
    if (unit_random(seed) % 2) { /* each part may be ended on its own */
        rr_level_close(&part[0], end);
        rr_level_close(&before, end);
    }
    rr_level_merge(&part[0], &before);
    ck_assert(rr_level_average(&part[0], end, length, &value));
    return value;
}

START_TEST(a_level_is_the_walk_through_its_changes)
{
    uint64_t seed = 1;
    for (int round = 0; round < ROUNDS; round++) {
        struct history h;
        make_history(&h, &seed);
        int64_t start = (int64_t)(unit_random(&seed) % 1500) - 1000;
        int64_t end = start + 1 + (int64_t)(unit_random(&seed) % 500);
        rr_decimal want = walk(&h, start, end) * RR_DECIMAL_ONE;
        ck_assert(average(&h, start, end, 1, &seed) == want);
        rr_decimal third = average(&h, start, end, 3, &seed) * 3;
        ck_assert(third - want <= 1 && want - third <= 1);
    }
}
END_TEST

/* Half of the last place is rounded half even. */
START_TEST(half_of_the_last_place)
{
    for (rr_decimal change = -5; change <= 5; change += 2) {
        struct rr_level level = {0};
        rr_decimal value, even = change / 2 + change / 2 % 2;
        rr_level_change(&level, change, 10);
        ck_assert(rr_level_average(&level, 20, 20, &value) && value == even);
    }
}
END_TEST

/* Greatest values over nanoseconds of years: sums of 256 bits, and a quotient that fits. */
START_TEST(greatest_values_fit)
{
    const int64_t year = INT64_C(31536000000000000), start = INT64_C(1735689600000000000);
    struct rr_level level = {0};
    rr_decimal value, most = RR_DECIMAL_LIMIT - 1;
    for (int i = 0; i < 3; i++)
        rr_level_change(&level, i % 2 ? -most : most, start);
    ck_assert(rr_level_average(&level, start + year, year, &value) && value == most);
    rr_level_change(&level, 1, start);
    ck_assert(!rr_level_average(&level, start + year, year, &value));
    ck_assert(!rr_level_is_zero(&level));
    rr_level_change(&level, -most, start);
    rr_level_change(&level, -1, start);
    ck_assert(rr_level_is_zero(&level));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {a_level_is_the_walk_through_its_changes, half_of_the_last_place,
                                  greatest_values_fit, NULL};
    return unit_main("level", tests);
}
