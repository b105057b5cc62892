/* Rating: cells to lines.
 *
 * The cells of an account become groups: one key within one segment, merged. Each charge of a segment
 * takes the groups of its meter that it asks for and prices them. Groups that no charge took, and
 * usage outside all segments, are unrated.
 */
#include "rating.h"

#include "../io/memory.h"
#include "meters.h"
#include "price.h"

enum { NO_SEGMENT = UINT32_MAX, MOMENTS = 64 };

/* What the calendar says of a bucket. */
struct moment {
    int32_t bucket, day, period;
};

struct group {
    struct rr_cell *cell; /* the first of its cells; its state holds all of them */
    uint32_t segment;     /* NO_SEGMENT where nothing is in force */
    int32_t period;
    uint64_t records;
    bool taken; /* a charge prices it */
};

/* A group that a charge takes, and what its line is told apart by. */
struct chosen {
    const struct group *group;
    struct rr_text detail;
};

struct rr_rating {
    const struct rr_book *book;
    const struct rr_calendar *calendar;
    const struct rr_job *job;
    struct rr_span span;
    struct moment moment[MOMENTS]; /* lately asked for, at bucket % MOMENTS */
    struct rr_rated rated;
    struct rr_segments segments;
    struct group *groups; /* in the order of cells */
    struct group **by_segment;
    struct chosen *chosen;
    uint32_t n_groups, groups_size;
    uint32_t *segment_start; /* segment s has by_segment[segment_start[s] .. segment_start[s+1]) */
    uint32_t segment_size;
    struct rr_arena *details; /* of the account in hand */
    struct rr_line detail;
};

struct rr_rating *rr_rating_create(const struct rr_book *book, const struct rr_calendar *calendar,
                                   const struct rr_job *job, struct rr_span span)
{
    struct rr_rating *r = rr_calloc(1, sizeof *r);
    r->book = book;
    r->calendar = calendar;
    r->job = job;
    r->span = span;
    r->details = rr_arena_create();
    for (int i = 0; i < MOMENTS; i++)
        r->moment[i].bucket = INT32_MIN;
    return r;
}

void rr_rating_destroy(struct rr_rating *r)
{
    if (r == NULL)
        return;
    rr_rated_fini(&r->rated);
    rr_segments_fini(&r->segments);
    rr_arena_destroy(r->details);
    rr_line_fini(&r->detail);
    free(r->groups);
    free(r->by_segment);
    free(r->chosen);
    free(r->segment_start);
    free(r);
}

static int fail(const struct rr_rating *r, const char *what, struct rr_text name,
                struct rr_error *err)
{
    return rr_fail(err, RR_EXIT_DATA, "account '%.*s': %s '%.*s' has more than 20 digits",
                   RR_SHOW(r->rated.account), what, RR_SHOW(name));
}

/* The account's subscriptions stand together, sorted by start. */
static const struct rr_subscription *find_subscriptions(const struct rr_book *book,
                                                        struct rr_text account, int *n)
{
    int low = 0, high = book->n_subscriptions;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (rr_text_compare(book->subscriptions[middle].account, account) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *n = 0;
    while (low + *n < book->n_subscriptions &&
           rr_text_equal(book->subscriptions[low + *n].account, account))
        ++*n;
    return book->subscriptions + low;
}

/* The buckets of an account's cells come again with each key. */
static struct moment moment_of(struct rr_rating *r, int32_t bucket)
{
    struct moment *moment = &r->moment[(uint32_t)bucket % MOMENTS];
    if (moment->bucket != bucket) {
        int32_t day = rr_bucket_day(r->calendar, bucket);
        *moment = (struct moment){bucket, day, rr_period_of_day(r->book->period, day)};
    }
    return *moment;
}

static bool rated_period(const struct rr_rating *r, int32_t period)
{
    return period >= r->span.first && period <= r->span.last;
}

static int compare_segments(const void *a, const void *b)
{
    int32_t x = ((const struct rr_segment *)a)->from, y = ((const struct rr_segment *)b)->from;
    return (x > y) - (x < y);
}

/* An account without subscriptions has the default plan in each period with usage. */
static void add_default_segments(struct rr_rating *r, const struct rr_cell *cells, uint32_t n)
{
    const struct rr_plan *plan = &r->book->plans[r->book->default_plan];
    for (uint32_t i = 0; i < n; i++) {
        int32_t period = moment_of(r, cells[i].bucket).period;
        bool known = !rated_period(r, period);
        for (uint32_t s = r->segments.n; s > 0 && !known; s--)
            known = r->segments.segment[s - 1].period == period;
        if (!known)
            rr_segments_add_period(&r->segments, r->book->period, plan, period);
    }
    if (r->segments.n > 1)
        qsort(r->segments.segment, r->segments.n, sizeof *r->segments.segment, compare_segments);
}

static void find_segments(struct rr_rating *r, const struct rr_cell *cells, uint32_t n)
{
    int n_subscriptions;
    const struct rr_subscription *subscriptions =
        find_subscriptions(r->book, r->rated.account, &n_subscriptions);
    r->segments.n = 0;
    if (n_subscriptions > 0)
        rr_segments_of_subscriptions(&r->segments, r->book, subscriptions, n_subscriptions,
                                     &r->span);
    else if (r->book->default_plan != RR_NO_COLUMN)
        add_default_segments(r, cells, n);
}

/* The segment that holds a day; `hint` is where the last search ended. */
static uint32_t segment_of(const struct rr_rating *r, int32_t day, uint32_t *hint)
{
    const struct rr_segments *s = &r->segments;
    if (*hint >= s->n || s->segment[*hint].from > day)
        *hint = 0;
    while (*hint < s->n && s->segment[*hint].to <= day)
        ++*hint;
    bool inside = *hint < s->n && s->segment[*hint].from <= day;
    return inside ? *hint : NO_SEGMENT;
}

static void reserve(struct rr_rating *r, uint32_t n)
{
    if (n > r->groups_size) {
        r->groups_size = n * 2;
        r->groups = rr_realloc(r->groups, r->groups_size * sizeof *r->groups);
        r->by_segment = rr_realloc(r->by_segment, r->groups_size * sizeof *r->by_segment);
        r->chosen = rr_realloc(r->chosen, r->groups_size * sizeof *r->chosen);
    }
    if (r->segments.n + 2 > r->segment_size) {
        r->segment_size = (r->segments.n + 2) * 2;
        r->segment_start = rr_realloc(r->segment_start, r->segment_size * sizeof *r->segment_start);
    }
}

static void merge_cell(const struct rr_rating *r, struct rr_cell *into, const struct rr_cell *from)
{
    r->job->meters[into->meter].kernel->merge(into->state, from->state);
}

/* Cells to groups. Cells of a key stand together and rise in time, and so do its groups. */
static void make_groups(struct rr_rating *r, struct rr_cell *cells, uint32_t n)
{
    uint32_t hint = 0;
    r->n_groups = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct moment moment = moment_of(r, cells[i].bucket);
        struct group next = {&cells[i], segment_of(r, moment.day, &hint), moment.period,
                             cells[i].records, false};
        if (!rated_period(r, next.period))
            continue;
        struct group *last = r->n_groups > 0 ? &r->groups[r->n_groups - 1] : NULL;
        if (last && last->segment == next.segment && last->period == next.period &&
            rr_text_equal(last->cell->key, cells[i].key)) {
            merge_cell(r, last->cell, &cells[i]);
            last->records += cells[i].records;
        } else {
            r->groups[r->n_groups++] = next;
        }
    }
}

/* Counting sort of the groups by segment; within one they stay in the order of keys. */
static void sort_by_segment(struct rr_rating *r)
{
    uint32_t *start = r->segment_start, n = r->segments.n;
    memset(start, 0, (n + 2) * sizeof *start);
    for (uint32_t g = 0; g < r->n_groups; g++)
        if (r->groups[g].segment != NO_SEGMENT)
            start[r->groups[g].segment + 2]++;
    for (uint32_t s = 2; s < n + 2; s++)
        start[s] += start[s - 1];
    for (uint32_t g = 0; g < r->n_groups; g++)
        if (r->groups[g].segment != NO_SEGMENT)
            r->by_segment[start[r->groups[g].segment + 1]++] = &r->groups[g];
}

static bool holds(const struct rr_charge *charge, struct rr_text key)
{
    for (int w = 0; w < charge->n_where; w++) {
        struct rr_text value = rr_cell_value(key, charge->where[w].dimension);
        bool any = false;
        for (int i = 0; i < charge->where[w].n_any && !any; i++)
            any = rr_text_equal(value, charge->where[w].any[i]);
        if (!any)
            return false;
    }
    return true;
}

/* "region=eu;model=x" for the given `by` dimensions of a meter. */
static struct rr_text detail_of(struct rr_rating *r, const struct rr_meter *meter,
                                struct rr_text key, const int *by, int n)
{
    rr_line_clear(&r->detail);
    for (int i = 0; i < n; i++) {
        int b = by ? by[i] : i;
        struct rr_text name = r->book->usage.dimensions[meter->by[b]];
        struct rr_text value = rr_cell_value(key, b);
        if (i > 0)
            rr_line_put(&r->detail, ";", 1);
        rr_line_put(&r->detail, name.ptr, name.len);
        rr_line_put(&r->detail, "=", 1);
        rr_line_put(&r->detail, value.ptr, value.len);
    }
    if (n == 0)
        return (struct rr_text){0};
    return rr_arena_text(r->details, r->detail.bytes, r->detail.used);
}

static int compare_chosen(const void *a, const void *b)
{
    const struct chosen *x = a, *y = b;
    int order = rr_text_compare(x->detail, y->detail);
    return order ? order : (x->group > y->group) - (x->group < y->group);
}

/* The groups of a segment that a charge takes, in the order of their details. */
static uint32_t choose(struct rr_rating *r, uint32_t segment, const struct rr_charge *charge)
{
    uint32_t n = 0;
    for (uint32_t g = r->segment_start[segment]; g < r->segment_start[segment + 1]; g++) {
        struct group *group = r->by_segment[g];
        if (group->cell->meter != charge->meter || !holds(charge, group->cell->key))
            continue;
        group->taken = true;
        r->chosen[n++] =
            (struct chosen){group, detail_of(r, &r->book->meters[charge->meter], group->cell->key,
                                             charge->split, charge->n_split)};
    }
    bool sorted = true; /* mostly: groups come in the order of their keys */
    for (uint32_t i = 1; i < n && sorted; i++)
        sorted = compare_chosen(&r->chosen[i - 1], &r->chosen[i]) <= 0;
    if (!sorted)
        qsort(r->chosen, n, sizeof *r->chosen, compare_chosen);
    return n;
}

static int add_line(struct rr_rating *r, const struct rr_segment *segment,
                    const struct rr_charge *charge, struct rr_text detail, rr_decimal quantity,
                    struct rr_error *err)
{
    struct rr_amount amount;
    struct rr_rated_line line = {segment, charge, detail, quantity, 0, 0};
    if (!rr_price(charge, quantity, segment->to - segment->from, segment->period_days, &amount) ||
        !rr_amount_round(&amount, segment->plan->minor_digits, r->book->rounding, &line.money,
                         &line.exact))
        return fail(r, "the amount of charge", charge->id, err);
    if (line.quantity != 0 || line.money != 0)
        *rr_rated_add_line(&r->rated) = line;
    return 0;
}

/* One line: some of the chosen groups, merged and priced. */
static int rate_chosen(struct rr_rating *r, const struct rr_segment *segment,
                       const struct rr_charge *charge, const struct chosen *chosen, uint32_t n,
                       struct rr_error *err)
{
    const struct rr_meter *meter = &r->book->meters[charge->meter];
    const struct rr_kernel *kernel = r->job->meters[charge->meter].kernel;
    uint64_t state[RR_STATE_MAX / 8];
    uint64_t records = 0;
    rr_decimal quantity;
    struct rr_text detail = n > 0 ? chosen[0].detail : (struct rr_text){0};
    kernel->init(state);
    for (uint32_t i = 0; i < n; i++) {
        kernel->merge(state, chosen[i].group->cell->state);
        records += chosen[i].group->records;
    }
    if (!kernel->finalize(state, 0, &quantity))
        return fail(r, "the quantity of meter", meter->name, err);
    if (quantity < 0 && !rr_prices_negative(charge))
        *rr_rated_add_unrated(&r->rated) = (struct rr_unrated){
            segment->period, meter->name, detail, quantity, records, "negative_quantity", 0};
    return add_line(r, segment, charge, detail, quantity, err);
}

/* A line for each detail; without `split`, one line even without usage. */
static int rate_charge(struct rr_rating *r, uint32_t s, const struct rr_charge *charge,
                       struct rr_error *err)
{
    const struct rr_segment *segment = &r->segments.segment[s];
    if (charge->meter == RR_NO_COLUMN)
        return add_line(r, segment, charge, (struct rr_text){0}, 0, err);
    uint32_t n = choose(r, s, charge);
    if (charge->n_split == 0)
        return rate_chosen(r, segment, charge, r->chosen, n, err);
    for (uint32_t i = 0; i < n;) {
        uint32_t end = i + 1;
        while (end < n && rr_text_equal(r->chosen[end].detail, r->chosen[i].detail))
            end++;
        if (rate_chosen(r, segment, charge, r->chosen + i, end - i, err) != 0)
            return -1;
        i = end;
    }
    return 0;
}

static int rate_segments(struct rr_rating *r, struct rr_error *err)
{
    for (uint32_t s = 0; s < r->segments.n; s++) {
        const struct rr_version *version = r->segments.segment[s].version;
        for (int c = 0; version && c < version->n_charges; c++)
            if (rate_charge(r, s, &version->charges[c], err) != 0)
                return -1;
    }
    return 0;
}

/* Groups of one key and period from `first` on that are unrated for one reason, as one row. */
static int report_unrated(struct rr_rating *r, uint32_t first, uint32_t end, bool in_segment,
                          const char *reason, struct rr_error *err)
{
    struct rr_cell *cell = NULL;
    uint64_t records = 0;
    for (uint32_t g = first; g < end; g++) {
        const struct group *group = &r->groups[g];
        if (group->taken || (group->segment != NO_SEGMENT) != in_segment)
            continue;
        if (cell)
            merge_cell(r, cell, group->cell);
        else
            cell = group->cell;
        records += group->records;
    }
    if (cell == NULL)
        return 0;
    const struct rr_meter *meter = &r->book->meters[cell->meter];
    rr_decimal quantity;
    if (!r->job->meters[cell->meter].kernel->finalize(cell->state, 0, &quantity))
        return fail(r, "the quantity of meter", meter->name, err);
    *rr_rated_add_unrated(&r->rated) =
        (struct rr_unrated){r->groups[first].period,
                            meter->name,
                            detail_of(r, meter, cell->key, NULL, meter->n_by),
                            quantity,
                            records,
                            reason,
                            0};
    return 0;
}

static int collect_unrated(struct rr_rating *r, struct rr_error *err)
{
    for (uint32_t first = 0; first < r->n_groups;) {
        const struct group *head = &r->groups[first];
        uint32_t end = first + 1;
        while (end < r->n_groups && r->groups[end].period == head->period &&
               rr_text_equal(r->groups[end].cell->key, head->cell->key))
            end++;
        if (report_unrated(r, first, end, false, "no_subscription", err) != 0 ||
            report_unrated(r, first, end, true, "no_charge", err) != 0)
            return -1;
        first = end;
    }
    return 0;
}

int rr_rating_account(struct rr_rating *r, struct rr_text account, struct rr_cell *cells,
                      uint32_t n, struct rr_rated **rated, struct rr_error *err)
{
    rr_rated_clear(&r->rated);
    rr_arena_reset(r->details);
    r->rated.account = account;
    find_segments(r, cells, n);
    reserve(r, n);
    make_groups(r, cells, n);
    sort_by_segment(r);
    *rated = &r->rated;
    if (rate_segments(r, err) != 0)
        return -1;
    return collect_unrated(r, err);
}
