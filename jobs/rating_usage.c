/* Rating: what groups come to, and how they are told apart. */
#include "rating_parts.h"

#include "../io/memory.h"

int rr_rating_fail(struct rr_text account, const char *what, struct rr_text name,
                   struct rr_error *err)
{
    return rr_fail(err, RR_EXIT_DATA, "account '%.*s': %s '%.*s' has more than 20 digits",
                   RR_SHOW(account), what, RR_SHOW(name));
}

bool rr_rating_is_whole(const struct rr_rating *r, int32_t period)
{
    return r->only == NULL || rr_touched_part_has(r->part, period);
}

void rr_rating_reserve_list(struct rr_rating *r, uint32_t n)
{
    if (n > r->list_size) {
        r->list_size = 2 * n;
        r->list = rr_realloc(r->list, r->list_size * sizeof *r->list);
    }
}

struct rr_text rr_rating_detail(struct rr_rating *r, const struct rr_meter *meter,
                                struct rr_text key, const int *by, int n)
{
    if (n == 0)
        return (struct rr_text){0};
    rr_line_clear(&r->text);
    rr_cell_detail(r->by.book, meter, key, by, n, &r->text);
    return rr_arena_text(r->texts, r->text.bytes, r->text.used);
}

static bool weigh(struct rr_rating *r, const struct rr_group *const *group, uint32_t n,
                  int32_t period, rr_decimal *quantity)
{
    const struct rr_book *book = r->by.book;
    struct rr_level level = {0};
    for (uint32_t i = 0; i < n; i++)
        rr_level_merge(&level, &r->groups.level[group[i]->level]);
    int64_t start = rr_midnight(book, rr_period_start(book->period, period));
    int64_t end = rr_midnight(book, rr_period_start(book->period, period + 1));
    return rr_level_average(&level, end, end - start, quantity);
}

bool rr_rating_measure(struct rr_rating *r, int meter, const struct rr_group *const *group,
                       uint32_t n, int32_t period, rr_decimal *quantity)
{
    const struct rr_job_meter *row = &r->job->meters[meter];
    uint64_t state[RR_STATE_MAX / 8];
    if (rr_meter_is_level(&r->by.book->meters[meter]))
        return weigh(r, group, n, period, quantity);
    if (n == 1)
        return row->kernel->finalize(group[0]->state, row->parameter, quantity);
    row->kernel->init(state);
    for (uint32_t i = 0; i < n; i++)
        row->kernel->merge(state, group[i]->state);
    bool fits = row->kernel->finalize(state, row->parameter, quantity);
    rr_kernel_fini(row->kernel, state);
    return fits;
}

void rr_rating_tell_group(const struct rr_rating *r, const struct rr_group *group)
{
    RR_TELL(r->by.trace, .kind = RR_STEP_GROUP, .group = (uint32_t)(group - r->groups.group));
}
