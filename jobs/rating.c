/* Rating: groups to lines.
 *
 * Each charge of a segment takes the groups of its meter that it asks for and prices them. Then come the
 * minimums of plans, commitments and credits. Groups that no charge took are unrated.
 */
#include "rating.h"

#include "../io/memory.h"
#include "commitments.h"
#include "credits.h"
#include "minimums.h"
#include "price.h"
#include "shares.h"

/* A group that a charge takes, by which case, and what its line is told apart by. */
struct chosen {
    const struct rr_group *group;
    int which;             /* case */
    struct rr_text detail; /* of `split` */
};

/* From how many groups on an account is rated period by period. */
enum { MANY_GROUPS = 4096 };

/* What is rated at once: segments, and loose groups. */
struct part {
    uint32_t first, end;
    uint32_t first_loose, end_loose;
};

struct unrated {
    const struct rr_group *group;
    const char *reason;
    struct rr_text detail;
};

struct rr_rating {
    struct rr_span span;
    struct rr_grouping by;
    const struct rr_job *job;
    struct rr_rated rated;
    struct rr_segments segments;
    struct rr_usage_groups groups;
    const struct rr_contract *const *contracts; /* of the party in hand */
    uint32_t n_contracts;
    struct rr_text *account; /* its accounts */
    uint32_t n_accounts, accounts_size;
    const struct rr_book_change *only;  /* lines that it touches; NULL: all */
    const struct rr_touched_part *part; /* then, periods in which all are wanted */
    uint32_t *pool; /* for each contract its first segment, where it is pooled */
    struct rr_group **by_segment;
    struct rr_group **loose; /* groups of no segment, by period */
    uint32_t n_loose, groups_size;
    uint32_t *segment_start; /* segment s has by_segment[segment_start[s] .. segment_start[s+1]) */
    uint32_t segment_size;
    struct chosen *chosen;        /* of one segment */
    const struct rr_group **list; /* of one line or row */
    uint32_t chosen_size, list_size;
    struct unrated *unrated;
    uint32_t n_unrated, unrated_size;
    uint32_t *of_contract; /* lines of contracts */
    uint32_t of_contract_size;
    struct rr_counted *events; /* of one line */
    uint32_t events_size;
    struct rr_arena *texts; /* of what is rated at once */
    struct rr_line text;
};

struct rr_rating *rr_rating_create(const struct rr_book *book, const struct rr_calendar *calendar,
                                   const struct rr_meters *meters, struct rr_span span)
{
    struct rr_rating *r = rr_calloc(1, sizeof *r);
    r->by = (struct rr_grouping){book, calendar, meters, &r->segments, span, NULL};
    r->span = span;
    r->job = rr_meters_job(meters);
    r->pool = rr_calloc((size_t)book->n_contracts + 1, sizeof *r->pool);
    r->texts = rr_arena_create();
    rr_groups_init(&r->groups);
    return r;
}

void rr_rating_destroy(struct rr_rating *r)
{
    if (r == NULL)
        return;
    rr_rated_fini(&r->rated);
    rr_segments_fini(&r->segments);
    rr_groups_free(&r->groups);
    rr_arena_destroy(r->texts);
    rr_line_fini(&r->text);
    free(r->account);
    free(r->pool);
    free(r->by_segment);
    free(r->loose);
    free(r->chosen);
    free(r->list);
    free(r->segment_start);
    free(r->unrated);
    free(r->of_contract);
    free(r->events);
    free(r);
}

void rr_rating_trace(struct rr_rating *r, const struct rr_trace *trace)
{
    r->by.trace = trace;
}

static int fail(struct rr_text account, const char *what, struct rr_text name, struct rr_error *err)
{
    return rr_fail(err, RR_EXIT_DATA, "account '%.*s': %s '%.*s' has more than 20 digits",
                   RR_SHOW(account), what, RR_SHOW(name));
}

/* ---- the groups of each segment ---- */

static void reserve(struct rr_rating *r)
{
    if (r->groups.n > r->groups_size) {
        r->groups_size = r->groups.n * 2;
        r->by_segment = rr_realloc(r->by_segment, r->groups_size * sizeof *r->by_segment);
        r->loose = rr_realloc(r->loose, r->groups_size * sizeof *r->loose);
    }
    if (r->segments.n + 2 > r->segment_size) {
        r->segment_size = (r->segments.n + 2) * 2;
        r->segment_start = rr_realloc(r->segment_start, r->segment_size * sizeof *r->segment_start);
    }
}

static int compare_loose(const void *a, const void *b)
{
    const struct rr_group *x = *(struct rr_group *const *)a, *y = *(struct rr_group *const *)b;
    if (x->period != y->period)
        return x->period < y->period ? -1 : 1;
    return (x > y) - (x < y);
}

/* Counting sort of the groups by segment; within one they stay in order. */
static void sort_by_segment(struct rr_rating *r)
{
    reserve(r);
    uint32_t *start = r->segment_start, n = r->segments.n;
    memset(start, 0, (n + 2) * sizeof *start);
    r->n_loose = 0;
    for (uint32_t g = 0; g < r->groups.n; g++)
        if (r->groups.group[g].segment != RR_NO_SEGMENT)
            start[r->groups.group[g].segment + 2]++;
    for (uint32_t s = 2; s < n + 2; s++)
        start[s] += start[s - 1];
    for (uint32_t g = 0; g < r->groups.n; g++) {
        struct rr_group *group = &r->groups.group[g];
        if (group->segment != RR_NO_SEGMENT)
            r->by_segment[start[group->segment + 1]++] = group;
        else
            r->loose[r->n_loose++] = group;
    }
    if (r->n_loose > 1)
        qsort(r->loose, r->n_loose, sizeof *r->loose, compare_loose);
}

/* The default plan holds in whole periods: a period's segments are idle together. */
static void find_idle(struct rr_rating *r)
{
    struct rr_segment *segment = r->segments.segment;
    for (uint32_t s = 0; s < r->segments.n;) {
        uint32_t end = s + 1;
        while (end < r->segments.n && segment[end].if_used &&
               segment[end].account.ptr == segment[s].account.ptr &&
               segment[end].period == segment[s].period)
            end++;
        bool idle = segment[s].if_used && r->segment_start[s] == r->segment_start[end];
        for (; s < end; s++)
            segment[s].idle = idle;
    }
}

/* Whether everything in a period is wanted. */
static bool is_whole(const struct rr_rating *r, int32_t period)
{
    return r->only == NULL || rr_touched_part_has(r->part, period);
}

/* Where nothing is touched, nothing is rated. */
static void pass_over_untouched(struct rr_rating *r)
{
    for (uint32_t s = 0; s < r->segments.n; s++) {
        struct rr_segment *segment = &r->segments.segment[s];
        int32_t period = segment->period;
        segment->idle |=
            !is_whole(r, period) &&
            rr_book_change_of_plan(r->only, segment->plan->name, period, period) == RR_UNTOUCHED;
    }
}

/* ---- what a charge takes ---- */

static bool holds(const struct rr_meter *meter, const struct rr_condition *where, int n,
                  struct rr_text key)
{
    for (int w = 0; w < n; w++) {
        struct rr_text value = rr_cell_by(meter, key, where[w].dimension);
        bool any = false;
        for (int i = 0; i < where[w].n_any && !any; i++)
            any = rr_text_equal(value, where[w].any[i]);
        if (!any)
            return false;
    }
    return true;
}

/* The first case that fits a group, -1 for none. */
static int case_of(const struct rr_meter *meter, const struct rr_charge *charge, struct rr_text key)
{
    if (!holds(meter, charge->where, charge->n_where, key))
        return -1;
    for (int c = 0; c < charge->n_cases; c++)
        if (holds(meter, charge->cases[c].where, charge->cases[c].n_where, key))
            return c;
    return -1;
}

/* "region=eu;model=x" for the given `by` dimensions of a meter. */
static struct rr_text detail_of(struct rr_rating *r, const struct rr_meter *meter,
                                struct rr_text key, const int *by, int n)
{
    if (n == 0)
        return (struct rr_text){0};
    rr_line_clear(&r->text);
    rr_cell_detail(r->by.book, meter, key, by, n, &r->text);
    return rr_arena_text(r->texts, r->text.bytes, r->text.used);
}

static int compare_chosen(const void *a, const void *b)
{
    const struct chosen *x = a, *y = b;
    int order = rr_text_compare(x->detail, y->detail);
    if (order == 0)
        order = x->which - y->which;
    return order ? order : (x->group > y->group) - (x->group < y->group);
}

static void reserve_list(struct rr_rating *r, uint32_t n)
{
    if (n > r->list_size) {
        r->list_size = 2 * n;
        r->list = rr_realloc(r->list, r->list_size * sizeof *r->list);
    }
}

static void reserve_chosen(struct rr_rating *r, uint32_t n)
{
    if (n > r->chosen_size) {
        r->chosen_size = 2 * n;
        r->chosen = rr_realloc(r->chosen, r->chosen_size * sizeof *r->chosen);
    }
}

/* The groups of a segment that a charge takes, by split values and case. */
static uint32_t choose(struct rr_rating *r, uint32_t segment, const struct rr_charge *charge)
{
    const struct rr_meter *meter = &r->by.book->meters[charge->meter];
    uint32_t n = 0;
    reserve_chosen(r, r->segment_start[segment + 1] - r->segment_start[segment]);
    for (uint32_t g = r->segment_start[segment]; g < r->segment_start[segment + 1]; g++) {
        struct rr_group *group = r->by_segment[g];
        int which = group->meter == charge->meter ? case_of(meter, charge, group->key) : -1;
        if (which < 0)
            continue;
        group->taken = true;
        r->chosen[n++] = (struct chosen){
            group, which, detail_of(r, meter, group->key, charge->split, charge->n_split)};
    }
    bool sorted = true; /* mostly: groups come in the order of their keys */
    for (uint32_t i = 1; i < n && sorted; i++)
        sorted = compare_chosen(&r->chosen[i - 1], &r->chosen[i]) <= 0;
    if (!sorted)
        qsort(r->chosen, n, sizeof *r->chosen, compare_chosen);
    return n;
}

/* ---- quantities ---- */

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

/* What groups of one meter and period come to together. */
static bool measure(struct rr_rating *r, int meter, const struct rr_group *const *group, uint32_t n,
                    int32_t period, rr_decimal *quantity)
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

/* The values of the records of all groups, one list after another: a price by event just adds. */
static void gather_events(struct rr_rating *r, const struct rr_group *const *group, uint32_t n,
                          struct rr_priced *usage)
{
    usage->n_values = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t more;
        const struct rr_counted *values = rr_percentile_values(group[i]->events, &more);
        if (usage->n_values + more > r->events_size) {
            r->events_size = 2 * (usage->n_values + more);
            r->events = rr_realloc(r->events, r->events_size * sizeof *r->events);
        }
        if (more > 0)
            memcpy(r->events + usage->n_values, values, more * sizeof *values);
        usage->n_values += more;
    }
    usage->values = r->events;
}

static void tell_group(const struct rr_rating *r, const struct rr_group *group)
{
    RR_TELL(r->by.trace, .kind = RR_STEP_GROUP, .group = (uint32_t)(group - r->groups.group));
}

/* ---- lines ---- */

static struct rr_text line_detail(struct rr_rating *r, struct rr_text split, struct rr_text where)
{
    if (where.len == 0)
        return split;
    if (split.len == 0)
        return where;
    rr_line_clear(&r->text);
    rr_line_put(&r->text, split.ptr, split.len);
    rr_line_put(&r->text, ";", 1);
    rr_line_put(&r->text, where.ptr, where.len);
    return rr_arena_text(r->texts, r->text.bytes, r->text.used);
}

static int add_line(struct rr_rating *r, const struct rr_segment *segment,
                    const struct rr_charge *charge, const struct rr_case *which,
                    struct rr_text detail, const struct rr_priced *usage, struct rr_error *err)
{
    struct rr_amount amount;
    struct rr_rated_line line = {.account = segment->account,
                                 .contract = segment->contract,
                                 .plan = segment->plan,
                                 .charge = charge->id,
                                 .detail = detail,
                                 .period = segment->period,
                                 .from = segment->from,
                                 .to = segment->to,
                                 .quantity = usage->quantity,
                                 .metered = charge->meter != RR_NO_COLUMN};
    struct rr_part part = {segment->to - segment->from, segment->period_days};
    rr_decimal discount = segment->contract ? segment->contract->discount : 0;
    if (!rr_charge_amount(charge, &which->price, usage, part, discount, &amount) ||
        !rr_amount_round(&amount, segment->plan->minor_digits, r->by.book->rounding, &line.money,
                         &line.exact))
        return fail(segment->account, "the amount of charge", charge->id, err);
    bool shows = line.quantity != 0 || line.money != 0;
    if (shows)
        *rr_rated_add_line(&r->rated) = line;
    RR_TELL(r->by.trace, .kind = RR_STEP_ROUND, .quantity = line.exact, .result = line.money,
            .amount = &amount);
    RR_TELL(r->by.trace, .kind = RR_STEP_LINE, .line = &line, .number = shows);
    return 0;
}

/* What each member used of a pooled line: groups stand by account. */
static int add_shares(struct rr_rating *r, const struct rr_segment *segment, int meter,
                      const struct rr_group *const *group, uint32_t n, struct rr_error *err)
{
    struct rr_rated_line *line = &r->rated.lines[r->rated.n_lines - 1];
    line->first_share = r->rated.n_shares;
    for (uint32_t i = 0; i < n;) {
        uint32_t end = i + 1;
        struct rr_share share = {.account = r->account[group[i]->account]};
        while (end < n && group[end]->account == group[i]->account)
            end++;
        if (!measure(r, meter, group + i, end - i, segment->period, &share.quantity))
            return fail(share.account, "the quantity of meter", r->by.book->meters[meter].name,
                        err);
        *rr_rated_add_share(&r->rated) = share;
        i = end;
    }
    line->n_share = r->rated.n_shares - line->first_share;
    return 0;
}

static void add_negative(struct rr_rating *r, const struct rr_segment *segment,
                         struct rr_text meter, struct rr_text detail, const struct rr_priced *usage)
{
    const struct rr_unrated row = {
        segment->account, segment->period,     meter, detail, usage->quantity,
        usage->records,   "negative_quantity", 0};
    *rr_rated_add_unrated(&r->rated) = row;
    RR_TELL(r->by.trace, .kind = RR_STEP_UNRATED, .unrated = &row);
}

/* One line: some of the chosen groups, merged and priced. */
static int rate_chosen(struct rr_rating *r, const struct rr_segment *segment,
                       const struct rr_charge *charge, const struct chosen *chosen, uint32_t n,
                       struct rr_error *err)
{
    const struct rr_meter *meter = &r->by.book->meters[charge->meter];
    const struct rr_case *which = &charge->cases[n > 0 ? chosen[0].which : 0];
    reserve_list(r, n);
    const struct rr_group **group = r->list;
    struct rr_priced usage = {.trace = r->by.trace};
    rr_decimal metered;
    RR_TELL(r->by.trace, .kind = RR_STEP_CHARGE, .segment = segment, .charge = charge,
            .which = which);
    for (uint32_t i = 0; i < n; i++) {
        group[i] = chosen[i].group;
        usage.records += group[i]->records;
        tell_group(r, group[i]);
    }
    struct rr_text detail =
        line_detail(r, n > 0 ? chosen[0].detail : (struct rr_text){0}, which->detail);
    if (!measure(r, charge->meter, group, n, segment->period, &metered) ||
        !rr_units_convert(&charge->units, metered, &usage.quantity))
        return fail(segment->account, "the quantity of meter", meter->name, err);
    RR_TELL(r->by.trace, .kind = RR_STEP_METERED, .quantity = metered, .count = usage.records);
    if (charge->units.divide_by != RR_DECIMAL_ONE || charge->units.round != RR_UNITS_NONE)
        RR_TELL(r->by.trace, .kind = RR_STEP_UNITS, .quantity = metered, .result = usage.quantity);
    if (which->price.key == RR_PER_EVENT)
        gather_events(r, group, n, &usage);
    if (usage.quantity < 0 && !rr_takes_negative(&which->price))
        add_negative(r, segment, meter->name, detail, &usage);
    uint32_t before = r->rated.n_lines;
    if (add_line(r, segment, charge, which, detail, &usage, err) != 0)
        return -1;
    if (segment->contract && segment->contract->pool && r->rated.n_lines > before)
        return add_shares(r, segment, charge->meter, group, n, err);
    return 0;
}

/* A line for each split value and case; without these, one line even without usage. */
static int rate_charge(struct rr_rating *r, uint32_t s, const struct rr_charge *charge,
                       struct rr_error *err)
{
    const struct rr_segment *segment = &r->segments.segment[s];
    const struct rr_priced nothing = {.trace = r->by.trace};
    if (charge->meter == RR_NO_COLUMN)
        RR_TELL(r->by.trace, .kind = RR_STEP_CHARGE, .segment = segment, .charge = charge,
                .which = &charge->cases[0]);
    if (charge->meter == RR_NO_COLUMN)
        return add_line(r, segment, charge, &charge->cases[0], (struct rr_text){0}, &nothing, err);
    uint32_t n = choose(r, s, charge);
    if (!charge->only_used)
        return rate_chosen(r, segment, charge, r->chosen, n, err);
    for (uint32_t i = 0; i < n;) {
        uint32_t end = i + 1;
        while (end < n && r->chosen[end].which == r->chosen[i].which &&
               rr_text_equal(r->chosen[end].detail, r->chosen[i].detail))
            end++;
        if (rate_chosen(r, segment, charge, r->chosen + i, end - i, err) != 0)
            return -1;
        i = end;
    }
    return 0;
}

static bool is_wanted(const struct rr_rating *r, const struct rr_segment *segment,
                      const struct rr_charge *charge)
{
    return is_whole(r, segment->period) ||
           rr_book_change_has(r->only, segment->plan->name, segment->period, charge->id);
}

static int rate_segments(struct rr_rating *r, struct part part, struct rr_error *err)
{
    for (uint32_t s = part.first; s < part.end; s++) {
        struct rr_segment *segment = &r->segments.segment[s];
        const struct rr_version *version = segment->version;
        segment->first_line = r->rated.n_lines;
        for (int c = 0; version && !segment->idle && c < version->n_charges; c++)
            if (is_wanted(r, segment, &version->charges[c]) &&
                rate_charge(r, s, &version->charges[c], err) != 0)
                return -1;
        segment->n_lines = r->rated.n_lines - segment->first_line;
    }
    return 0;
}

/* ---- unrated usage ---- */

static int compare_unrated(const void *a, const void *b)
{
    const struct unrated *x = a, *y = b;
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
static int report_unrated(struct rr_rating *r, const struct unrated *unrated, uint32_t n,
                          struct rr_error *err)
{
    reserve_list(r, n);
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
        tell_group(r, group[i]);
    }
    if (!measure(r, head->meter, group, n, head->period, &row.quantity))
        return fail(row.account, "the quantity of meter", meter->name, err);
    *rr_rated_add_unrated(&r->rated) = row;
    RR_TELL(r->by.trace, .kind = RR_STEP_UNRATED, .unrated = &row);
    return 0;
}

static bool same_row(const struct unrated *a, const struct unrated *b)
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
    r->unrated[r->n_unrated++] =
        (struct unrated){group, group->segment == RR_NO_SEGMENT ? "no_subscription" : "no_charge",
                         detail_of(r, meter, group->key, NULL, meter->n_by)};
}

static int collect_unrated(struct rr_rating *r, struct part part, struct rr_error *err)
{
    r->n_unrated = 0;
    for (uint32_t g = r->segment_start[part.first]; g < r->segment_start[part.end]; g++)
        if (!r->by_segment[g]->taken && is_whole(r, r->by_segment[g]->period))
            note_unrated(r, r->by_segment[g]);
    for (uint32_t g = part.first_loose; g < part.end_loose; g++)
        if (is_whole(r, r->loose[g]->period))
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

/* ---- what contracts add to their lines ---- */

static int compare_contract_lines(const void *a, const void *b, void *lines)
{
    const struct rr_rated_line *x = (struct rr_rated_line *)lines + *(const uint32_t *)a;
    const struct rr_rated_line *y = (struct rr_rated_line *)lines + *(const uint32_t *)b;
    if (x->contract != y->contract)
        return x->contract < y->contract ? -1 : 1;
    return rr_line_order(x, y);
}

/* The lines of contracts, by contract, then in their order; returns how many. */
static uint32_t list_contract_lines(struct rr_rating *r)
{
    uint32_t n = 0;
    if (r->rated.n_lines > r->of_contract_size) {
        r->of_contract_size = 2 * r->rated.n_lines;
        r->of_contract = rr_realloc(r->of_contract, r->of_contract_size * sizeof *r->of_contract);
    }
    for (uint32_t i = 0; i < r->rated.n_lines; i++)
        if (r->rated.lines[i].contract)
            r->of_contract[n++] = i;
    if (n > 1)
        qsort_r(r->of_contract, n, sizeof *r->of_contract, compare_contract_lines, r->rated.lines);
    return n;
}

typedef int (*settlement)(const struct rr_deal_lines *deal, struct rr_error *err);

/* Hands each contract its lines. Contracts rise. One without lines has its commitment too. */
static int settle(struct rr_rating *r, settlement add, struct rr_error *err)
{
    uint32_t n = list_contract_lines(r);
    for (uint32_t c = 0, first = 0, end; c < r->n_contracts; c++, first = end) {
        const struct rr_contract *contract = r->contracts[c];
        for (end = first; end < n && r->rated.lines[r->of_contract[end]].contract == contract;)
            end++;
        const struct rr_deal_lines deal = {
            r->by.book,  contract, &r->by.span, &r->rated, r->of_contract + first,
            end - first, r->texts, r->by.trace};
        if (add(&deal, err) != 0)
            return -1;
    }
    return 0;
}

/* Negative quantities of charges that are wanted in periods that are not. */
static void drop_carried(struct rr_rating *r)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->rated.n_unrated; i++)
        if (is_whole(r, r->rated.unrated[i].period))
            r->rated.unrated[n++] = r->rated.unrated[i];
    r->rated.n_unrated = n;
}

/* Contracts are followed from their begin, whatever periods are asked for. */
static void drop_earlier(struct rr_rated *rated, int32_t first)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < rated->n_lines; i++)
        if (rated->lines[i].period >= first)
            rated->lines[n++] = rated->lines[i];
    rated->n_lines = n;
    n = 0;
    for (uint32_t i = 0; i < rated->n_unrated; i++)
        if (rated->unrated[i].period >= first)
            rated->unrated[n++] = rated->unrated[i];
    rated->n_unrated = n;
}

/* ---- a party ---- */

void rr_rating_begin(struct rr_rating *r, const struct rr_contract *const *contracts,
                     uint32_t n_contracts)
{
    const struct rr_book *book = r->by.book;
    r->contracts = contracts;
    r->n_contracts = n_contracts;
    r->n_accounts = 0;
    r->only = NULL;
    r->by.span = r->span;
    if (n_contracts > 0)
        r->by.span.first = r->span.begin;
    rr_segments_clear(&r->segments);
    rr_groups_clear(&r->groups);
    for (uint32_t c = 0; c < n_contracts; c++)
        if (contracts[c]->pool)
            r->pool[contracts[c] - book->contracts] =
                rr_segments_add_pool(&r->segments, book, contracts[c], &r->by.span);
}

void rr_rating_restrict(struct rr_rating *r, const struct rr_book_change *change,
                        const struct rr_touched_part *part)
{
    rr_check(r->n_contracts == 0, "what contracts bind is rated in part");
    r->only = change;
    r->part = part;
}

int rr_rating_add(struct rr_rating *r, struct rr_text account,
                  const struct rr_subscription *subscriptions, int n, struct rr_cells *cells,
                  struct rr_error *err)
{
    struct rr_grouped_account grouped = {account, r->n_accounts, r->segments.n_windows, false};
    if (r->n_accounts == r->accounts_size) {
        r->accounts_size = r->accounts_size ? 2 * r->accounts_size : 16;
        r->account = rr_realloc(r->account, r->accounts_size * sizeof *r->account);
    }
    r->account[r->n_accounts++] = account;
    grouped.has_default = rr_segments_add_account(&r->segments, r->by.book, account, subscriptions,
                                                  n, r->pool, &r->by.span);
    return rr_groups_add(&r->groups, &r->by, &grouped, cells, err);
}

static int rate_part(struct rr_rating *r, struct part part, rr_rated_taker take, void *self,
                     struct rr_error *err)
{
    rr_rated_clear(&r->rated);
    rr_arena_reset(r->texts);
    if (rate_segments(r, part, err) != 0 ||
        rr_minimums_add(&r->rated, r->by.book, &r->segments, part.first, part.end, r->by.trace,
                        err) != 0 ||
        settle(r, rr_commitment_add, err) != 0 || settle(r, rr_credits_add, err) != 0 ||
        collect_unrated(r, part, err) != 0)
        return -1;
    if (r->only)
        drop_carried(r);
    if (r->n_contracts > 0) {
        drop_earlier(&r->rated, r->span.first);
        rr_shares_divide(&r->rated);
    }
    return take(self, &r->rated, err);
}

/* The part of the next period; false when there is none. */
static bool next_period(const struct rr_rating *r, struct part *part)
{
    const struct rr_segment *segment = r->segments.segment;
    int32_t period = INT32_MAX;
    part->first = part->end;
    part->first_loose = part->end_loose;
    if (part->first < r->segments.n)
        period = segment[part->first].period;
    if (part->first_loose < r->n_loose && r->loose[part->first_loose]->period < period)
        period = r->loose[part->first_loose]->period;
    while (part->end < r->segments.n && segment[part->end].period == period)
        part->end++;
    while (part->end_loose < r->n_loose && r->loose[part->end_loose]->period == period)
        part->end_loose++;
    return period != INT32_MAX;
}

int rr_rating_finish(struct rr_rating *r, rr_rated_taker take, void *self, struct rr_error *err)
{
    struct part part = {0};
    sort_by_segment(r);
    find_idle(r);
    if (r->only)
        pass_over_untouched(r);
    if (r->n_contracts > 0 || r->groups.n < MANY_GROUPS)
        return rate_part(r, (struct part){0, r->segments.n, 0, r->n_loose}, take, self, err);
    while (next_period(r, &part))
        if (rate_part(r, part, take, self, err) != 0)
            return -1;
    return 0;
}
