/* Cells to groups. */
#include "groups.h"

#include "../io/memory.h"
#include "kernel_lists.h"

enum { DAY_S = 86400, NS = 1000000000 };

/* One account's windows, and how far a walk through its days has come. */
struct windows {
    const struct rr_window *at;
    uint32_t n, next;
};

void rr_groups_init(struct rr_usage_groups *g)
{
    *g = (struct rr_usage_groups){0};
    for (int i = 0; i < RR_MOMENTS; i++)
        g->moment[i].bucket = INT32_MIN;
}

void rr_groups_clear(struct rr_usage_groups *g)
{
    g->n = 0;
    g->n_levels = 0;
}

void rr_groups_free(struct rr_usage_groups *g)
{
    free(g->group);
    free(g->level);
    free(g->period);
}

int64_t rr_midnight(const struct rr_book *book, int32_t day)
{
    return rr_zone_utc(book->zone, (int64_t)day * DAY_S) * NS;
}

/* The buckets of an account's cells come again with each key. */
static struct rr_moment moment_of(struct rr_usage_groups *g, const struct rr_grouping *in,
                                  int32_t bucket)
{
    struct rr_moment *moment = &g->moment[(uint32_t)bucket % RR_MOMENTS];
    if (moment->bucket != bucket) {
        int32_t day = rr_bucket_day(in->calendar, bucket);
        *moment = (struct rr_moment){bucket, day, rr_period_of_day(in->book->period, day)};
    }
    return *moment;
}

static bool is_level(const struct rr_grouping *in, const struct rr_cell *cell)
{
    return cell->meter < in->book->n_meters && rr_meter_is_level(&in->book->meters[cell->meter]);
}

/* ---- periods ---- */

static void add_period(struct rr_usage_groups *g, int32_t period)
{
    for (uint32_t i = g->n_periods; i > 0; i--)
        if (g->period[i - 1] == period)
            return;
    if (g->n_periods == g->periods_size) {
        g->periods_size = g->periods_size ? g->periods_size * 2 : 16;
        g->period = rr_realloc(g->period, g->periods_size * sizeof *g->period);
    }
    g->period[g->n_periods++] = period;
}

static int compare_periods(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

void rr_groups_find_periods(struct rr_usage_groups *g, const struct rr_grouping *in,
                            const struct rr_cell *cells, uint32_t n)
{
    int32_t level_from = INT32_MAX;
    g->n_periods = 0;
    for (uint32_t i = 0; i < n; i++) {
        int32_t period = moment_of(g, in, cells[i].bucket).period;
        if (is_level(in, &cells[i]))
            level_from = period < level_from ? period : level_from;
        else
            add_period(g, period);
    }
    level_from = level_from < in->span.first ? in->span.first : level_from;
    for (int32_t period = level_from; period <= in->span.last; period++)
        add_period(g, period);
    if (g->n_periods > 1)
        qsort(g->period, g->n_periods, sizeof *g->period, compare_periods);
}

/* ---- groups ---- */

static struct rr_group *append(struct rr_usage_groups *g, struct rr_group group)
{
    if (g->n == g->size) {
        g->size = g->size ? g->size * 2 : 64;
        g->group = rr_realloc(g->group, g->size * sizeof *g->group);
    }
    g->group[g->n] = group;
    return &g->group[g->n++];
}

/* The segment of a day. Days mostly rise, and begin anew with each key. */
static uint32_t segment_of(struct windows *w, int32_t day)
{
    if (w->next >= w->n || w->at[w->next].from > day)
        w->next = 0;
    while (w->next < w->n && w->at[w->next].to <= day)
        w->next++;
    bool inside = w->next < w->n && w->at[w->next].from <= day;
    return inside ? w->at[w->next].segment : RR_NO_SEGMENT;
}

/* Cells of a key stand together and rise in time, and so do its groups. */
static void add_cell(struct rr_usage_groups *g, const struct rr_grouping *in, uint32_t account,
                     const struct rr_cell *cell, struct windows *windows)
{
    struct rr_moment moment = moment_of(g, in, cell->bucket);
    if (moment.period < in->span.first || moment.period > in->span.last)
        return;
    uint32_t segment = segment_of(windows, moment.day);
    struct rr_group *last = g->n > 0 ? &g->group[g->n - 1] : NULL;
    if (last && last->account == account && last->segment == segment &&
        last->period == moment.period && last->meter == cell->meter &&
        rr_text_equal(last->key, cell->key)) {
        rr_meters_job(in->meters)->meters[cell->meter].kernel->merge(last->state, cell->state);
        last->records += cell->records;
        return;
    }
    append(g, (struct rr_group){.key = cell->key,
                                .meter = cell->meter,
                                .state = cell->state,
                                .level = RR_NO_LEVEL,
                                .account = account,
                                .segment = segment,
                                .period = moment.period,
                                .records = cell->records});
}

/* ---- levels ---- */

/* A level on its way through an account's days. */
struct walk {
    const struct rr_cell *cells; /* of one key */
    uint32_t n, next;
    bool sets;              /* values set the level; else they change it */
    rr_decimal last;        /* what it was set to */
    struct rr_level before; /* all changes so far */
};

static void change(struct walk *walk, struct rr_level *here, rr_decimal change, int64_t time_ns)
{
    rr_level_change(&walk->before, change, time_ns);
    rr_level_change(here, change, time_ns);
}

/* What the level was set to. A value may be too far from the last for one difference. */
static void take_sets(struct walk *walk, struct rr_level *here, void *state)
{
    uint32_t n;
    const struct rr_set *set = rr_level_sets(state, &n);
    for (uint32_t i = 0; i < n; i++) {
        rr_decimal value = rr_decimal_of_halves(set[i].value);
        change(walk, here, -walk->last, set[i].time_ns);
        change(walk, here, value, set[i].time_ns);
        walk->last = value;
    }
}

/* Takes cells [first, end) into the level. Those that set it are merged before, as where a clock is put
 * back in the middle of an hour, buckets overlap in time. */
static void take_cells(const struct rr_grouping *in, struct walk *walk, struct rr_level *here,
                       uint32_t first, uint32_t end)
{
    const struct rr_cell *cells = walk->cells;
    const struct rr_job *job = rr_meters_job(in->meters);
    for (uint32_t i = first; i < end; i++) {
        if (walk->sets && i > first) {
            job->meters[cells[i].meter].kernel->merge(cells[first].state, cells[i].state);
        } else if (!walk->sets) {
            rr_level_merge(&walk->before, cells[i].state);
            rr_level_merge(here, cells[i].state);
        }
    }
    if (walk->sets && first < end)
        take_sets(walk, here, cells[first].state);
}

static uint32_t keep_level(struct rr_usage_groups *g, const struct rr_level *level)
{
    if (g->n_levels == g->levels_size) {
        g->levels_size = g->levels_size ? g->levels_size * 2 : 16;
        g->level = rr_realloc(g->level, g->levels_size * sizeof *g->level);
    }
    g->level[g->n_levels] = *level;
    return g->n_levels++;
}

static bool next_is_before(struct rr_usage_groups *g, const struct rr_grouping *in,
                           const struct walk *walk, int32_t day)
{
    return walk->next < walk->n && moment_of(g, in, walk->cells[walk->next].bucket).day < day;
}

/* The level in [from, to): a group where a record lies in it, or where it is carried in. */
static void add_stretch(struct rr_usage_groups *g, const struct rr_grouping *in, uint32_t account,
                        struct walk *walk, uint32_t segment, int32_t period, int32_t from,
                        int32_t to)
{
    struct rr_level here = walk->before;
    struct rr_group group = {.key = walk->cells[0].key,
                             .meter = walk->cells[0].meter,
                             .account = account,
                             .segment = segment,
                             .period = period};
    bool used = !rr_level_is_zero(&here);
    rr_level_carry(&here, rr_midnight(in->book, from));
    uint32_t first = walk->next;
    while (next_is_before(g, in, walk, to))
        group.records += walk->cells[walk->next++].records;
    if (!used && walk->next == first)
        return;
    take_cells(in, walk, &here, first, walk->next);
    rr_level_close(&here, rr_midnight(in->book, to));
    group.level = keep_level(g, &here);
    append(g, group);
}

/* A period, cut by windows and the gaps between them. */
static void walk_period(struct rr_usage_groups *g, const struct rr_grouping *in, uint32_t account,
                        struct walk *walk, struct windows *windows, int32_t period)
{
    int32_t day = rr_period_start(in->book->period, period);
    int32_t end = rr_period_start(in->book->period, period + 1);
    while (day < end) {
        while (windows->next < windows->n && windows->at[windows->next].to <= day)
            windows->next++;
        const struct rr_window *w =
            windows->next < windows->n ? &windows->at[windows->next] : NULL;
        bool inside = w && w->from <= day;
        int32_t to = w == NULL ? end : inside ? w->to : w->from;
        to = to < end ? to : end;
        add_stretch(g, in, account, walk, inside ? w->segment : RR_NO_SEGMENT, period, day, to);
        day = to;
    }
}

/* The cells of one level's key. */
static void add_level(struct rr_usage_groups *g, const struct rr_grouping *in, uint32_t account,
                      const struct rr_cell *cells, uint32_t n, struct windows windows)
{
    const struct rr_meter *meter = &in->book->meters[cells[0].meter];
    struct walk walk = {
        .cells = cells, .n = n, .sets = !rr_text_equal(meter->kernel, meter->aggregate)};
    struct rr_level ignored = {0};
    int32_t period = moment_of(g, in, cells[0].bucket).period;
    period = period < in->span.first ? in->span.first : period;
    while (next_is_before(g, in, &walk, rr_period_start(in->book->period, period)))
        walk.next++;
    take_cells(in, &walk, &ignored, 0, walk.next);
    windows.next = 0;
    for (; period <= in->span.last; period++)
        if (walk.next < walk.n || !rr_level_is_zero(&walk.before))
            walk_period(g, in, account, &walk, &windows, period);
}

/* ---- an account ---- */

/* Groups of the values of records, which are the last, belong to groups of the same cells: both were
 * fed by the same records. */
static void link_events(struct rr_usage_groups *g, const struct rr_grouping *in, uint32_t first)
{
    uint32_t end = g->n;
    while (g->n > first && g->group[g->n - 1].meter >= in->book->n_meters)
        g->n--;
    uint32_t events = g->n;
    for (uint32_t i = first; i < g->n && events < end; i++) {
        if (rr_meters_events(in->meters, g->group[i].meter) != g->group[events].meter)
            continue;
        rr_check(g->group[i].records == g->group[events].records, "events of another group");
        g->group[i].events = g->group[events++].state;
    }
}

void rr_groups_add(struct rr_usage_groups *g, const struct rr_grouping *in, uint32_t account,
                   struct rr_cell *cells, uint32_t n, uint32_t first_window, uint32_t n_windows)
{
    struct windows windows = {in->segments->window + first_window, n_windows, 0};
    uint32_t first = g->n;
    for (uint32_t i = 0; i < n;) {
        if (!is_level(in, &cells[i])) {
            add_cell(g, in, account, &cells[i++], &windows);
            continue;
        }
        uint32_t end = i + 1;
        while (end < n && rr_text_equal(cells[end].key, cells[i].key))
            end++;
        add_level(g, in, account, cells + i, end - i, windows);
        i = end;
    }
    link_events(g, in, first);
}
