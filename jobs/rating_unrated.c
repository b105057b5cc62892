/* Rating: usage that nobody pays for. */
#include "rating_parts.h"

#include "../io/memory.h"

static int compare_unrated(const void *a, const void *b)
{
    const struct rr_unrated_group *x = a, *y = b;
    const struct rr_group *g = x->group, *h = y->group;
    if (g->account != h->account)
        return g->account < h->account ? -1 : 1;
    if (g->period != h->period)
        return g->period < h->period ? -1 : 1;
    if (g->meter != h->meter)
        return g->meter < h->meter ? -1 : 1;
    int order = rr_text_compare(x->detail, y->detail);
    if (order == 0)
        order = strcmp(x->reason, y->reason);
    return order ? order : (g > h) - (g < h);
}

/* Groups of one account, period, meter and detail that are unrated for one reason, as one row. */
static int report_unrated(struct rr_rating *r, const struct rr_unrated_group *unrated, uint32_t n,
                          struct rr_error *err)
{
    rr_rating_reserve_list(r, n);
    const struct rr_group **group = r->list, *head = unrated[0].group;
    const struct rr_meter *meter = &r->by.book->meters[head->meter];
    struct rr_unrated row = {.account = r->account[head->account],
                             .period = head->period,
                             .meter = meter->name,
                             .detail = unrated[0].detail,
                             .reason = unrated[0].reason};
    RR_TELL(r->by.trace, .kind = RR_STEP_LEFT);
    for (uint32_t i = 0; i < n; i++) {
        group[i] = unrated[i].group;
        row.records += group[i]->records;
        rr_rating_tell_group(r, group[i]);
    }
    if (!rr_rating_measure(r, head->meter, group, n, head->period, &row.quantity))
        return rr_rating_fail(row.account, "the quantity of meter", meter->name, err);
    *rr_rated_add_unrated(&r->rated) = row;
    RR_TELL(r->by.trace, .kind = RR_STEP_UNRATED, .unrated = &row);
    return 0;
}

static bool same_row(const struct rr_unrated_group *a, const struct rr_unrated_group *b)
{
    return a->group->account == b->group->account && a->group->period == b->group->period &&
           a->group->meter == b->group->meter && rr_text_equal(a->detail, b->detail) &&
           a->reason == b->reason;
}

static void note_unrated(struct rr_rating *r, const struct rr_group *group)
{
    const struct rr_meter *meter = &r->by.book->meters[group->meter];
    if (r->n_unrated == r->unrated_size) {
        r->unrated_size = r->unrated_size ? 2 * r->unrated_size : 16;
        r->unrated = rr_realloc(r->unrated, r->unrated_size * sizeof *r->unrated);
    }
    r->unrated[r->n_unrated++] = (struct rr_unrated_group){
        group, group->segment == RR_NO_SEGMENT ? "no_subscription" : "no_charge",
        rr_rating_detail(r, meter, group->key, NULL, meter->n_by)};
}

int rr_rating_unrated(struct rr_rating *r, struct rr_rating_part part, struct rr_error *err)
{
    r->n_unrated = 0;
    for (uint32_t g = r->segment_start[part.first]; g < r->segment_start[part.end]; g++)
        if (!r->by_segment[g]->taken && rr_rating_is_whole(r, r->by_segment[g]->period))
            note_unrated(r, r->by_segment[g]);
    for (uint32_t g = part.first_loose; g < part.end_loose; g++)
        if (rr_rating_is_whole(r, r->loose[g]->period))
            note_unrated(r, r->loose[g]);
    if (r->n_unrated > 1)
        qsort(r->unrated, r->n_unrated, sizeof *r->unrated, compare_unrated);
    for (uint32_t i = 0; i < r->n_unrated;) {
        uint32_t end = i + 1;
        while (end < r->n_unrated && same_row(&r->unrated[i], &r->unrated[end]))
            end++;
        if (report_unrated(r, r->unrated + i, end - i, err) != 0)
            return -1;
        i = end;
    }
    return 0;
}
