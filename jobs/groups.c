/* Cells to groups. */
#include "groups.h"

#include "../io/memory.h"
#include "kernel_lists.h"

enum { DAY_S = 86400, NS = 1000000000 };

enum { STATE_WORDS = RR_STATE_MAX / 8 };

/* An account on its way: its cells, one of them in hand, and how far a walk through its days has come. */
struct passage {
    struct rr_usage_groups *groups;
    const struct rr_grouping *in;
    const struct rr_job *job;
    const struct rr_grouped_account *account;
    struct rr_cells *cells;
    struct rr_cell cell; /* in hand */
    bool alive;          /* there is one */
    struct rr_text key;  /* that was kept last */
    uint32_t next;       /* window, counted from the account's first */
};

void rr_groups_init(struct rr_usage_groups *g)
{
    *g = (struct rr_usage_groups){.memory = rr_arena_create()};
    for (int i = 0; i < RR_MOMENTS; i++)
        g->moment[i].bucket = INT32_MIN;
}

void rr_groups_clear(struct rr_usage_groups *g)
{
    for (uint32_t i = 0; i < g->n_owned; i++)
        rr_kernel_fini(g->owned[i].kernel, g->owned[i].state);
    rr_arena_reset(g->memory);
    g->n_owned = 0;
    g->n = 0;
    g->n_levels = 0;
}

void rr_groups_free(struct rr_usage_groups *g)
{
    rr_groups_clear(g);
    rr_arena_destroy(g->memory);
    free(g->group);
    free(g->level);
    free(g->owned);
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

/* ---- cells ---- */

static const struct rr_kernel *kernel_of(const struct passage *p)
{
    return p->job->meters[p->cell.meter].kernel;
}

static int advance(struct passage *p, struct rr_error *err)
{
    int got = p->cells->next(p->cells->self, &p->cell, err);
    p->alive = got > 0;
    return got < 0 ? -1 : 0;
}

static void tell_cell(const struct passage *p, uint32_t group)
{
    RR_TELL(p->in->trace, .kind = RR_STEP_CELL, .cell = &p->cell, .account = p->account->number,
            .group = group);
}

/* The key of the cell in hand, for as long as the groups live. */
static struct rr_text keep_key(struct passage *p)
{
    if (p->key.ptr == NULL || !rr_text_equal(p->key, p->cell.key))
        p->key = rr_arena_text(p->groups->memory, p->cell.key.ptr, p->cell.key.len);
    return p->key;
}

/* Takes over the state of the cell in hand. */
static void *keep_state(struct passage *p)
{
    struct rr_usage_groups *g = p->groups;
    const struct rr_kernel *kernel = kernel_of(p);
    void *state = rr_arena_alloc(g->memory, kernel->state_size);
    memcpy(state, p->cell.state, kernel->state_size);
    if (kernel->fini == NULL)
        return state;
    if (g->n_owned == g->owned_size) {
        g->owned_size = g->owned_size ? 2 * g->owned_size : 64;
        g->owned = rr_realloc(g->owned, g->owned_size * sizeof *g->owned);
    }
    g->owned[g->n_owned++] = (struct rr_owned_state){kernel, state};
    return state;
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

/* The i-th window of the account; NULL behind the last. */
static const struct rr_window *window_at(const struct passage *p, uint32_t i)
{
    const struct rr_segments *s = p->in->segments;
    uint32_t at = p->account->first_window + i;
    return at < s->n_windows ? &s->window[at] : NULL;
}

/* The window of a day, NULL where there is none. Days mostly rise, and begin anew with each key. */
static const struct rr_window *window_of(struct passage *p, int32_t day)
{
    const struct rr_window *w = window_at(p, p->next);
    if (w == NULL || w->from > day)
        w = window_at(p, p->next = 0);
    while (w && w->to <= day)
        w = window_at(p, ++p->next);
    return w && w->from <= day ? w : NULL;
}

static void add_default(struct passage *p, int32_t period)
{
    if (p->account->has_default)
        rr_segments_add_default(p->in->segments, p->in->book, p->account->name,
                                p->account->first_window, period);
}

static uint32_t segment_of(struct passage *p, struct rr_moment moment)
{
    const struct rr_window *w = window_of(p, moment.day);
    if (w == NULL && p->account->has_default) {
        add_default(p, moment.period);
        w = window_of(p, moment.day);
    }
    return w ? w->segment : RR_NO_SEGMENT;
}

/* Takes the cell in hand. Cells of a key stand together and rise in time, and so do its groups. */
static void add_cell(struct passage *p)
{
    struct rr_usage_groups *g = p->groups;
    const struct rr_cell *cell = &p->cell;
    struct rr_moment moment = moment_of(g, p->in, cell->bucket);
    if (moment.period < p->in->span.first || moment.period > p->in->span.last) {
        rr_kernel_fini(kernel_of(p), cell->state);
        return;
    }
    uint32_t segment = segment_of(p, moment);
    struct rr_group *last = g->n > 0 ? &g->group[g->n - 1] : NULL;
    if (last && last->account == p->account->number && last->segment == segment &&
        last->period == moment.period && last->meter == cell->meter &&
        rr_text_equal(last->key, cell->key)) {
        kernel_of(p)->merge(last->state, cell->state);
        rr_kernel_fini(kernel_of(p), cell->state);
        last->records += cell->records;
        tell_cell(p, g->n - 1);
        return;
    }
    append(g, (struct rr_group){.key = keep_key(p),
                                .meter = cell->meter,
                                .state = keep_state(p),
                                .level = RR_NO_LEVEL,
                                .account = p->account->number,
                                .segment = segment,
                                .period = moment.period,
                                .records = cell->records});
    tell_cell(p, g->n - 1);
}

/* ---- levels ---- */

/* A level on its way through an account's days. */
struct walk {
    struct passage *passage;
    struct rr_text key;
    int meter;
    const struct rr_kernel *kernel;
    bool sets;              /* values set the level; else they change it */
    rr_decimal last;        /* what it was set to */
    struct rr_level before; /* all changes so far */
    uint32_t group;         /* that comes of the cells, or RR_NO_GROUP */
};

static bool is_level(const struct rr_grouping *in, const struct rr_cell *cell)
{
    return cell->meter < in->book->n_meters && rr_meter_is_level(&in->book->meters[cell->meter]);
}

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

static bool has_next(const struct walk *walk)
{
    const struct passage *p = walk->passage;
    return p->alive && rr_text_equal(p->cell.key, walk->key);
}

static bool next_is_before(const struct walk *walk, int32_t day)
{
    const struct passage *p = walk->passage;
    return has_next(walk) && moment_of(p->groups, p->in, p->cell.bucket).day < day;
}

/* Takes the cells before a day into the level, and counts their records. Those that set it are merged
 * before, as where a clock is put back in the middle of an hour, buckets overlap in time. */
static int take_cells(struct walk *walk, struct rr_level *here, int32_t to, uint64_t *records,
                      struct rr_error *err)
{
    struct passage *p = walk->passage;
    uint64_t sets[STATE_WORDS];
    int result = 0;
    walk->kernel->init(sets);
    while (result == 0 && next_is_before(walk, to)) {
        *records += p->cell.records;
        tell_cell(p, walk->group);
        if (walk->sets) {
            walk->kernel->merge(sets, p->cell.state);
        } else {
            rr_level_merge(&walk->before, p->cell.state);
            rr_level_merge(here, p->cell.state);
        }
        rr_kernel_fini(walk->kernel, p->cell.state);
        result = advance(p, err);
    }
    if (walk->sets)
        take_sets(walk, here, sets);
    rr_kernel_fini(walk->kernel, sets);
    return result;
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

/* The level in [from, to): a group where a record lies in it, or where it is carried in. */
static int add_stretch(struct walk *walk, uint32_t segment, int32_t period, int32_t from,
                       int32_t to, struct rr_error *err)
{
    struct passage *p = walk->passage;
    struct rr_level here = walk->before;
    struct rr_group group = {.key = walk->key,
                             .meter = walk->meter,
                             .account = p->account->number,
                             .segment = segment,
                             .period = period};
    if (rr_level_is_zero(&here) && !next_is_before(walk, to))
        return 0;
    walk->group = p->groups->n;
    rr_level_carry(&here, rr_midnight(p->in->book, from));
    if (take_cells(walk, &here, to, &group.records, err) != 0)
        return -1;
    rr_level_close(&here, rr_midnight(p->in->book, to));
    group.level = keep_level(p->groups, &here);
    append(p->groups, group);
    return 0;
}

/* A period, cut by windows and the gaps between them. */
static int walk_period(struct walk *walk, int32_t period, struct rr_error *err)
{
    struct passage *p = walk->passage;
    int32_t day = rr_period_start(p->in->book->period, period);
    int32_t end = rr_period_start(p->in->book->period, period + 1);
    add_default(p, period);
    while (day < end) {
        const struct rr_window *w = window_at(p, p->next);
        while (w && w->to <= day)
            w = window_at(p, ++p->next);
        bool inside = w && w->from <= day;
        int32_t to = w == NULL ? end : inside ? w->to : w->from;
        to = to < end ? to : end;
        if (add_stretch(walk, inside ? w->segment : RR_NO_SEGMENT, period, day, to, err) != 0)
            return -1;
        day = to;
    }
    return 0;
}

/* The cells of the level whose first is in hand. */
static int add_level(struct passage *p, struct rr_error *err)
{
    const struct rr_grouping *in = p->in;
    const struct rr_meter *meter = &in->book->meters[p->cell.meter];
    struct walk walk = {.passage = p,
                        .key = keep_key(p),
                        .meter = p->cell.meter,
                        .kernel = kernel_of(p),
                        .group = RR_NO_GROUP,
                        .sets = !rr_text_equal(meter->kernel, meter->aggregate)};
    struct rr_level ignored = {0};
    uint64_t earlier = 0;
    int32_t period = moment_of(p->groups, in, p->cell.bucket).period;
    period = period < in->span.first ? in->span.first : period;
    if (take_cells(&walk, &ignored, rr_period_start(in->book->period, period), &earlier, err) != 0)
        return -1;
    p->next = 0;
    for (; period <= in->span.last; period++)
        if ((has_next(&walk) || !rr_level_is_zero(&walk.before)) &&
            walk_period(&walk, period, err) != 0)
            return -1;
    while (has_next(&walk)) {
        rr_kernel_fini(walk.kernel, p->cell.state);
        if (advance(p, err) != 0)
            return -1;
    }
    return 0;
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

/* Periods of the default plan came in the order of keys, not of time. */
static void order_default(const struct passage *p, uint32_t first)
{
    struct rr_usage_groups *g = p->groups;
    const uint32_t *moved = rr_segments_order_default(p->in->segments, p->account->first_window);
    uint32_t n = p->in->segments->n_windows - p->account->first_window;
    for (uint32_t i = first; moved && i < g->n; i++)
        g->group[i].segment = moved[g->group[i].segment - (p->in->segments->n - n)];
}

int rr_groups_add(struct rr_usage_groups *g, const struct rr_grouping *in,
                  const struct rr_grouped_account *account, struct rr_cells *cells,
                  struct rr_error *err)
{
    struct passage p = {.groups = g,
                        .in = in,
                        .job = rr_meters_job(in->meters),
                        .account = account,
                        .cells = cells};
    uint32_t first = g->n;
    if (advance(&p, err) != 0)
        return -1;
    while (p.alive) {
        if (is_level(in, &p.cell)) {
            if (add_level(&p, err) != 0)
                return -1;
            continue;
        }
        add_cell(&p);
        if (advance(&p, err) != 0)
            return -1;
    }
    if (account->has_default)
        order_default(&p, first);
    link_events(g, in, first);
    return 0;
}
