/* Rating: the lines of charges. Each takes the groups of its meter that it asks for, and prices them. */
#include "rating_parts.h"

#include "../io/memory.h"

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

static int compare_chosen(const void *a, const void *b)
{
    const struct rr_chosen *x = a, *y = b;
    int order = rr_text_compare(x->detail, y->detail);
    if (order == 0)
        order = x->which - y->which;
    return order ? order : (x->group > y->group) - (x->group < y->group);
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
        r->chosen[n++] = (struct rr_chosen){
            group, which, rr_rating_detail(r, meter, group->key, charge->split, charge->n_split)};
    }
    bool sorted = true; /* mostly: groups come in the order of their keys */
    for (uint32_t i = 1; i < n && sorted; i++)
        sorted = compare_chosen(&r->chosen[i - 1], &r->chosen[i]) <= 0;
    if (!sorted)
        qsort(r->chosen, n, sizeof *r->chosen, compare_chosen);
    return n;
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
        return rr_rating_fail(segment->account, "the amount of charge", charge->id, err);
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
        if (!rr_rating_measure(r, meter, group + i, end - i, segment->period, &share.quantity))
            return rr_rating_fail(share.account, "the quantity of meter",
                                  r->by.book->meters[meter].name, err);
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
                       const struct rr_charge *charge, const struct rr_chosen *chosen, uint32_t n,
                       struct rr_error *err)
{
    const struct rr_meter *meter = &r->by.book->meters[charge->meter];
    const struct rr_case *which = &charge->cases[n > 0 ? chosen[0].which : 0];
    rr_rating_reserve_list(r, n);
    const struct rr_group **group = r->list;
    struct rr_priced usage = {.trace = r->by.trace};
    rr_decimal metered;
    RR_TELL(r->by.trace, .kind = RR_STEP_CHARGE, .segment = segment, .charge = charge,
            .which = which);
    for (uint32_t i = 0; i < n; i++) {
        group[i] = chosen[i].group;
        usage.records += group[i]->records;
        rr_rating_tell_group(r, group[i]);
    }
    struct rr_text detail =
        line_detail(r, n > 0 ? chosen[0].detail : (struct rr_text){0}, which->detail);
    if (!rr_rating_measure(r, charge->meter, group, n, segment->period, &metered) ||
        !rr_units_convert(&charge->units, metered, &usage.quantity))
        return rr_rating_fail(segment->account, "the quantity of meter", meter->name, err);
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
    return rr_rating_is_whole(r, segment->period) ||
           rr_book_change_has(r->only, segment->plan->name, segment->period, charge->id);
}

int rr_rating_lines(struct rr_rating *r, struct rr_rating_part part, struct rr_error *err)
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
