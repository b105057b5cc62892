/* Keeping what the rating tells. */
#include "trace_record.h"

#include "../io/memory.h"
#include "meters.h"

#include <rerate/job.h>

/* A step in hand: what it points to is copied at once. */
struct heard {
    struct rr_step step;
    struct rr_amount amount;
    struct rr_rated_line line;
};

struct rr_trace_record {
    struct rr_trace trace;
    const struct rr_book *book;
    struct rr_text account;
    int32_t first;
    const struct rr_told_origins *origins;
    struct rr_arena *arena; /* of what is kept */
    struct rr_told told;
    uint32_t n_taken;    /* lines that were rated for good */
    struct heard *heard; /* of the line in hand */
    uint32_t n_heard, heard_size, n_events;
    uint32_t *group; /* that the line in hand is made of */
    uint32_t n_groups, groups_size;
    struct rr_told_usage_sum *usage; /* of each group */
    uint32_t n_usage;
};

/* Room for one more of `n` items. */
static void *grow(void *items, uint32_t n, uint32_t *size, size_t item)
{
    if (n < *size)
        return items;
    *size = *size ? 2 * *size : 16;
    return rr_realloc(items, *size * item);
}

static void *keep(struct rr_trace_record *r, const void *bytes, size_t len)
{
    return len == 0 ? NULL : memcpy(rr_arena_alloc(r->arena, len), bytes, len);
}

static struct rr_text keep_text(struct rr_trace_record *r, struct rr_text text)
{
    return rr_arena_text(r->arena, text.ptr ? text.ptr : "", text.len);
}

/* ---- where usage came from ---- */

static struct rr_told_usage_sum *usage_of(struct rr_trace_record *r, uint32_t group)
{
    if (group >= r->n_usage) {
        uint32_t n = 2 * group + 16;
        r->usage = rr_realloc(r->usage, n * sizeof *r->usage);
        memset(r->usage + r->n_usage, 0, (n - r->n_usage) * sizeof *r->usage);
        r->n_usage = n;
    }
    return &r->usage[group];
}

/* Cells of the values of records are of the same records as the meter's own. */
static void hear_cell(struct rr_trace_record *r, const struct rr_step *step)
{
    const struct rr_record_counts alone = {.counted = step->cell->records};
    if (step->group == RR_NO_GROUP || step->cell->meter >= r->book->n_meters)
        return;
    const struct rr_origin *origin =
        r->origins ? r->origins->of_cell(r->origins->self, step->cell) : NULL;
    struct rr_told_usage_sum *sum = usage_of(r, step->group);
    if (origin)
        rr_told_usage_add(sum, &origin->counts, origin->files, origin->n_files);
    else
        rr_told_usage_add(sum, &alone, NULL, 0);
}

static struct rr_told_usage sum_groups(struct rr_trace_record *r)
{
    struct rr_told_usage_sum sum = {.usage.known = r->origins != NULL};
    for (uint32_t i = 0; i < r->n_groups; i++) {
        const struct rr_told_usage *group = &usage_of(r, r->group[i])->usage;
        rr_told_usage_add(&sum, &group->counts, group->file, group->n_files);
    }
    return rr_told_usage_keep(&sum, r->arena);
}

/* ---- steps ---- */

static void begin(struct rr_trace_record *r)
{
    r->n_heard = 0;
    r->n_events = 0;
    r->n_groups = 0;
}

static void hear_group(struct rr_trace_record *r, const struct rr_step *step)
{
    r->group = grow(r->group, r->n_groups, &r->groups_size, sizeof *r->group);
    r->group[r->n_groups++] = step->group;
}

static struct heard *hear(struct rr_trace_record *r, const struct rr_step *step)
{
    r->heard = grow(r->heard, r->n_heard, &r->heard_size, sizeof *r->heard);
    struct heard *heard = &r->heard[r->n_heard++];
    heard->step = *step;
    if (step->amount)
        heard->amount = *step->amount;
    if (step->line)
        heard->line = *step->line;
    return heard;
}

static struct heard *last_of(struct rr_trace_record *r, enum rr_step_kind kind)
{
    struct heard *last = r->n_heard > 0 ? &r->heard[r->n_heard - 1] : NULL;
    return last && last->step.kind == kind ? last : NULL;
}

/* Behind so many values the rest is one step. */
static void hear_event(struct rr_trace_record *r, const struct rr_step *step)
{
    if (r->n_events++ < RR_EVENTS_TOLD) {
        hear(r, step)->step.number = 1;
        return;
    }
    struct heard *last = r->n_events == RR_EVENTS_TOLD + 1 ? hear(r, step) : last_of(r, step->kind);
    if (r->n_events == RR_EVENTS_TOLD + 1)
        last->step.count = 0;
    last->step.quantity = 0;
    last->step.number++;
    last->step.count += step->count;
    last->amount = *step->amount;
}

/* Lines of one period, account and charge that are counted or taken of, one after the other, are one step:
 * `count` lines, which come to `result`. */
static void hear_counted(struct rr_trace_record *r, const struct rr_step *step)
{
    struct heard *last = last_of(r, step->kind);
    rr_decimal part = step->kind == RR_STEP_COUNTED ? step->line->money : step->result, sum;
    bool same = last && last->line.period == step->line->period &&
                rr_text_equal(last->line.account, step->line->account) &&
                rr_text_equal(last->line.charge, step->line->charge) &&
                !rr_decimal_add_overflows(last->step.result, part, &sum);
    if (!same) {
        last = hear(r, step);
        last->step.count = 0;
        sum = part;
    }
    last->step.count++;
    last->step.result = sum;
    last->step.quantity = step->quantity;
}

/* ---- what a line is, when it is there ---- */

static const struct rr_segment *keep_segment(struct rr_trace_record *r,
                                             const struct rr_segment *segment)
{
    struct rr_segment *kept = keep(r, segment, sizeof *segment);
    kept->account = keep_text(r, segment->account);
    return kept;
}

static struct rr_rated_line keep_line(struct rr_trace_record *r, const struct rr_rated_line *line)
{
    struct rr_rated_line kept = *line;
    kept.account = keep_text(r, line->account);
    kept.charge = keep_text(r, line->charge);
    kept.detail = keep_text(r, line->detail);
    return kept;
}

static struct rr_step keep_step(struct rr_trace_record *r, const struct heard *heard)
{
    struct rr_step step = heard->step;
    if (step.amount)
        step.amount = keep(r, &heard->amount, sizeof heard->amount);
    if (step.segment)
        step.segment = keep_segment(r, step.segment);
    if (step.line) {
        struct rr_rated_line line = keep_line(r, &heard->line);
        step.line = keep(r, &line, sizeof line);
    }
    return step;
}

static const struct rr_step *keep_steps(struct rr_trace_record *r)
{
    struct rr_step *steps = rr_arena_alloc(r->arena, (r->n_heard + 1) * sizeof *steps);
    for (uint32_t i = 0; i < r->n_heard; i++)
        steps[i] = keep_step(r, &r->heard[i]);
    return steps;
}

static bool may_concern(const struct rr_trace_record *r, const struct rr_rated_line *line)
{
    return rr_text_equal(line->account, r->account) || (line->contract && line->contract->pool);
}

static void hear_line(struct rr_trace_record *r, const struct rr_step *step)
{
    struct rr_told *told = &r->told;
    if (step->number == 0 || step->line->period < r->first || !may_concern(r, step->line))
        return;
    told->line = grow(told->line, told->n_lines, &told->lines_size, sizeof *told->line);
    told->line[told->n_lines++] = (struct rr_told_line){.line = keep_line(r, step->line),
                                                        .step = keep_steps(r),
                                                        .n_steps = r->n_heard,
                                                        .usage = sum_groups(r)};
}

static struct rr_unrated keep_unrated(struct rr_trace_record *r, const struct rr_unrated *row)
{
    struct rr_unrated kept = *row;
    kept.account = keep_text(r, row->account);
    kept.meter = keep_text(r, row->meter);
    kept.detail = keep_text(r, row->detail);
    return kept;
}

static void hear_unrated(struct rr_trace_record *r, const struct rr_step *step)
{
    struct rr_told *told = &r->told;
    const struct rr_unrated *row = step->unrated;
    if (!rr_text_equal(row->account, r->account) || row->period < r->first)
        return;
    told->unrated =
        grow(told->unrated, told->n_unrated, &told->unrated_size, sizeof *told->unrated);
    told->unrated[told->n_unrated++] =
        (struct rr_told_unrated){keep_unrated(r, row), sum_groups(r)};
}

static void tell(void *self, const struct rr_step *step)
{
    struct rr_trace_record *r = self;
    if (step->kind <= RR_STEP_LEFT)
        begin(r);
    switch (step->kind) {
    case RR_STEP_CELL:
        hear_cell(r, step);
        break;
    case RR_STEP_GROUP:
        hear_group(r, step);
        break;
    case RR_STEP_EVENT:
        hear_event(r, step);
        break;
    case RR_STEP_COUNTED:
    case RR_STEP_TAKEN:
        hear_counted(r, step);
        break;
    case RR_STEP_LINE:
        hear_line(r, step);
        break;
    case RR_STEP_UNRATED:
        hear_unrated(r, step);
        break;
    default:
        hear(r, step);
    }
}

/* ---- what was rated ---- */

static bool is_same(const struct rr_rated_line *a, const struct rr_rated_line *b)
{
    return a->period == b->period && a->from == b->from && a->contract == b->contract &&
           a->plan == b->plan && rr_text_equal(a->charge, b->charge) &&
           rr_text_equal(a->detail, b->detail) && rr_text_equal(a->account, b->account);
}

static void take_shares(struct rr_trace_record *r, struct rr_told_line *told,
                        const struct rr_rated_line *line, const struct rr_rated *rated)
{
    struct rr_share *share =
        keep(r, rated->shares + line->first_share, line->n_share * sizeof *rated->shares);
    for (uint32_t i = 0; i < line->n_share; i++)
        share[i].account = keep_text(r, share[i].account);
    told->share = share;
    told->n_shares = line->n_share;
}

static bool concerns(const struct rr_trace_record *r, const struct rr_told_line *told)
{
    bool any = rr_text_equal(told->line.account, r->account);
    for (uint32_t i = 0; i < told->n_shares && !any; i++)
        any = rr_text_equal(told->share[i].account, r->account);
    return any;
}

/* Both are in the order in which lines were added. */
void rr_trace_record_take(struct rr_trace_record *r, const struct rr_rated *rated)
{
    struct rr_told *told = &r->told;
    uint32_t kept = r->n_taken, at = 0;
    for (uint32_t i = r->n_taken; i < told->n_lines; i++) {
        struct rr_told_line *line = &told->line[i];
        while (at < rated->n_lines && !is_same(&line->line, &rated->lines[at]))
            at++;
        rr_check(at < rated->n_lines, "a line was told and is not there");
        line->line.offset = rated->lines[at].offset;
        take_shares(r, line, &rated->lines[at], rated);
        if (concerns(r, line))
            told->line[kept++] = *line;
    }
    told->n_lines = kept;
    r->n_taken = kept;
}

/* ---- what counts nowhere ---- */

static bool is_of(const struct rr_unrated *row, int32_t period, struct rr_text meter,
                  struct rr_text detail)
{
    return row->period == period && rr_text_equal(row->meter, meter) &&
           rr_text_equal(row->detail, detail);
}

/* The last row, or a new one. */
static struct rr_told_unrated *withheld_row(struct rr_trace_record *r, int32_t period,
                                            struct rr_text meter, struct rr_text detail)
{
    struct rr_told *told = &r->told;
    uint32_t n = told->n_withheld;
    if (n > 0 && is_of(&told->withheld[n - 1].row, period, meter, detail))
        return &told->withheld[n - 1];
    told->withheld = grow(told->withheld, n, &told->withheld_size, sizeof *told->withheld);
    told->withheld[n] = (struct rr_told_unrated){.row = {.account = r->account,
                                                         .period = period,
                                                         .meter = meter,
                                                         .detail = keep_text(r, detail),
                                                         .reason = "withheld"},
                                                 .usage.known = true};
    return &told->withheld[told->n_withheld++];
}

void rr_trace_record_withhold(struct rr_trace_record *r, int32_t period,
                              const struct rr_origin *origin)
{
    const struct rr_meter *meter = &r->book->meters[origin->meter];
    struct rr_told_usage_sum sum = {.usage.known = true};
    struct rr_line detail = {0};
    rr_cell_detail(r->book, meter, origin->key, NULL, meter->n_by, &detail);
    struct rr_told_unrated *row = withheld_row(r, period, meter->name, rr_line_text(&detail));
    rr_told_usage_add(&sum, &row->usage.counts, row->usage.file, row->usage.n_files);
    rr_told_usage_add(&sum, &origin->counts, origin->files, origin->n_files);
    row->usage = rr_told_usage_keep(&sum, r->arena);
    rr_line_fini(&detail);
}

/* ---- begin and end ---- */

struct rr_trace_record *rr_trace_record_create(const struct rr_book *book, struct rr_text account,
                                               int32_t first, const struct rr_told_origins *origins)
{
    struct rr_trace_record *r = rr_calloc(1, sizeof *r);
    r->trace = (struct rr_trace){r, tell};
    r->book = book;
    r->account = account;
    r->first = first;
    r->origins = origins;
    r->arena = rr_arena_create();
    return r;
}

void rr_trace_record_destroy(struct rr_trace_record *r)
{
    if (r == NULL)
        return;
    for (uint32_t i = 0; i < r->n_usage; i++)
        free(r->usage[i].usage.file);
    rr_arena_destroy(r->arena);
    free(r->told.line);
    free(r->told.unrated);
    free(r->told.withheld);
    free(r->heard);
    free(r->group);
    free(r->usage);
    free(r);
}

const struct rr_trace *rr_trace_record_trace(const struct rr_trace_record *r)
{
    return &r->trace;
}

static int compare_lines(const void *a, const void *b)
{
    const struct rr_told_line *x = a, *y = b;
    if (x->line.period != y->line.period)
        return x->line.period < y->line.period ? -1 : 1;
    int order = rr_text_compare(x->line.account, y->line.account);
    if (order == 0)
        order = (int)x->step->kind - (int)y->step->kind;
    return order ? order : rr_line_order(&x->line, &y->line);
}

static int compare_unrated(const void *a, const void *b)
{
    const struct rr_unrated *x = &((const struct rr_told_unrated *)a)->row;
    const struct rr_unrated *y = &((const struct rr_told_unrated *)b)->row;
    if (x->period != y->period)
        return x->period < y->period ? -1 : 1;
    int order = rr_text_compare(x->meter, y->meter);
    if (order == 0)
        order = rr_text_compare(x->detail, y->detail);
    return order ? order : strcmp(x->reason, y->reason);
}

const struct rr_told *rr_trace_record_told(struct rr_trace_record *r)
{
    if (r->told.n_lines > 1)
        qsort(r->told.line, r->told.n_lines, sizeof *r->told.line, compare_lines);
    if (r->told.n_unrated > 1)
        qsort(r->told.unrated, r->told.n_unrated, sizeof *r->told.unrated, compare_unrated);
    if (r->told.n_withheld > 1)
        qsort(r->told.withheld, r->told.n_withheld, sizeof *r->told.withheld, compare_unrated);
    return &r->told;
}
