/* Comparing two books by plan, period and charge. */
#include "book_change.h"

#include "../io/memory.h"
#include "book_equal.h"

#include <stdlib.h>
#include <string.h>

/* Periods in which a charge is touched, or all of the plan. */
struct stretch {
    struct rr_text charge;
    bool every;   /* charge of the plan */
    bool account; /* and all else of who has it */
    int32_t first, last;
};

struct plan_change {
    struct rr_text name;
    struct stretch *stretch;
    uint32_t n, size;
};

struct rr_book_change {
    struct rr_arena *names;
    enum rr_period period;
    struct rr_span span;
    bool general, of_default;
    struct plan_change *plan; /* those that differ, by name */
    uint32_t n, size;
};

/* A period of a plan, before and after. */
struct comparison {
    struct rr_book_change *change;
    struct plan_change *plan;
    const struct rr_plan *was, *is;
    int32_t period;
};

static struct plan_change *add_plan(struct rr_book_change *c, struct rr_text name)
{
    if (c->n == c->size) {
        c->size = c->size ? 2 * c->size : 8;
        c->plan = rr_realloc(c->plan, c->size * sizeof *c->plan);
    }
    c->plan[c->n] = (struct plan_change){.name = rr_arena_text(c->names, name.ptr, name.len)};
    return &c->plan[c->n++];
}

/* Periods come rising: one behind the last of its kind makes that longer. */
static void note(struct rr_book_change *c, struct plan_change *plan, struct stretch add)
{
    for (uint32_t i = plan->n; i-- > 0;) {
        struct stretch *s = &plan->stretch[i];
        if (s->every != add.every || s->account != add.account ||
            !rr_text_equal(s->charge, add.charge) || s->last < add.first - 1)
            continue;
        s->last = add.last > s->last ? add.last : s->last;
        return;
    }
    if (plan->n == plan->size) {
        plan->size = plan->size ? 2 * plan->size : 4;
        plan->stretch = rr_realloc(plan->stretch, plan->size * sizeof *plan->stretch);
    }
    add.charge = rr_arena_text(c->names, add.charge.ptr, add.charge.len);
    plan->stretch[plan->n++] = add;
}

static void note_whole(struct rr_book_change *c, struct plan_change *plan, bool account)
{
    note(c, plan, (struct stretch){{0}, true, account, c->span.first, c->span.last});
}

static void note_account(const struct comparison *in)
{
    note(in->change, in->plan, (struct stretch){{0}, true, true, in->period, in->period});
}

/* A minimum depends on all charges of its period. */
static void note_charge(const struct comparison *in, struct rr_text id)
{
    bool every = in->was->has_minimum || in->is->has_minimum;
    note(in->change, in->plan,
         (struct stretch){every ? (struct rr_text){0} : id, every, false, in->period, in->period});
}

/* ---- versions ---- */

static int n_charges(const struct rr_version *version)
{
    return version ? version->n_charges : 0;
}

static bool is_metered(const struct rr_charge *charge)
{
    return charge->meter != RR_NO_COLUMN;
}

/* The next metered charge from `c` on; NULL when there is none. */
static const struct rr_charge *next_metered(const struct rr_version *version, int *c)
{
    while (*c < n_charges(version))
        if (is_metered(&version->charges[(*c)++]))
            return &version->charges[*c - 1];
    return NULL;
}

/* Metered charges decide by what they take what is unrated, and their order that of its rows: false when
 * that may differ. */
static bool compare_metered(const struct comparison *in, const struct rr_version *was,
                            const struct rr_version *is)
{
    int i = 0, j = 0;
    for (;;) {
        const struct rr_charge *a = next_metered(was, &i), *b = next_metered(is, &j);
        if (a == NULL || b == NULL)
            return a == b;
        if (!rr_charge_takes_the_same(a, b))
            return false;
        if (!rr_charge_equal(a, b))
            note_charge(in, b->id);
    }
}

static bool has_fee(const struct rr_version *version, const struct rr_charge *fee)
{
    for (int c = 0; c < n_charges(version); c++)
        if (rr_charge_equal(&version->charges[c], fee))
            return true;
    return false;
}

/* Fees of `one` that the other lacks. */
static void compare_fees(const struct comparison *in, const struct rr_version *one,
                         const struct rr_version *other)
{
    for (int c = 0; c < n_charges(one); c++)
        if (!is_metered(&one->charges[c]) && !has_fee(other, &one->charges[c]))
            note_charge(in, one->charges[c].id);
}

static bool compare_versions(const struct comparison *in, const struct rr_version *was,
                             const struct rr_version *is)
{
    compare_fees(in, was, is);
    compare_fees(in, is, was);
    return compare_metered(in, was, is);
}

/* How many versions of a plan begin by this day. */
static int versions_by(const struct rr_plan *plan, int32_t day)
{
    int n = 0;
    while (n < plan->n_versions && plan->versions[n].from <= day)
        n++;
    return n;
}

static const struct rr_version *version_at(const struct rr_plan *plan, int n)
{
    return n > 0 ? &plan->versions[n - 1] : NULL;
}

/* False when the period is cut elsewhere, or more than prices differ. */
static bool compare_cuts(const struct comparison *in, int32_t start, int32_t end)
{
    int i = versions_by(in->was, start), j = versions_by(in->is, start);
    int n = versions_by(in->was, end - 1) - i;
    if (versions_by(in->is, end - 1) - j != n)
        return false;
    for (int v = 0; v <= n; v++) {
        const struct rr_version *was = version_at(in->was, i + v), *is = version_at(in->is, j + v);
        if ((v > 0 && was->from != is->from) || !compare_versions(in, was, is))
            return false;
    }
    return true;
}

/* ---- plans ---- */

static void compare_periods(struct rr_book_change *c, const struct rr_plan *was,
                            const struct rr_plan *is)
{
    struct comparison in = {c, add_plan(c, is->name), was, is, 0};
    if (strcmp(was->currency, is->currency) != 0 || was->minor_digits != is->minor_digits) {
        note_whole(c, in.plan, true);
        return;
    }
    if (was->has_minimum != is->has_minimum || was->minimum != is->minimum)
        note_whole(c, in.plan, false);
    for (in.period = c->span.first; in.period <= c->span.last; in.period++)
        if (!compare_cuts(&in, rr_period_start(c->period, in.period),
                          rr_period_start(c->period, in.period + 1)))
            note_account(&in);
}

static void compare_plans(struct rr_book_change *c, const struct rr_book *was,
                          const struct rr_book *is)
{
    for (int i = 0, j = 0; i < was->n_plans || j < is->n_plans;) {
        int order = i == was->n_plans  ? 1
                    : j == is->n_plans ? -1
                                       : rr_text_compare(was->plans[i].name, is->plans[j].name);
        const struct rr_plan *a = order <= 0 ? &was->plans[i++] : NULL;
        const struct rr_plan *b = order >= 0 ? &is->plans[j++] : NULL;
        if (a == NULL || b == NULL)
            note_whole(c, add_plan(c, a ? a->name : b->name), true);
        else if (!rr_plan_equal(a, b))
            compare_periods(c, a, b);
    }
}

static struct rr_text default_plan(const struct rr_book *book)
{
    return book->default_plan == RR_NO_COLUMN ? (struct rr_text){0}
                                              : book->plans[book->default_plan].name;
}

struct rr_book_change *rr_book_change_create(const struct rr_book *was, const struct rr_book *is,
                                             const struct rr_span *span)
{
    struct rr_book_change *c = rr_calloc(1, sizeof *c);
    c->names = rr_arena_create();
    c->period = is->period;
    c->span = *span;
    c->general = was->rounding != is->rounding || was->period != is->period ||
                 strcmp(was->currency, is->currency) != 0;
    c->of_default = (was->default_plan == RR_NO_COLUMN) != (is->default_plan == RR_NO_COLUMN) ||
                    !rr_text_equal(default_plan(was), default_plan(is));
    compare_plans(c, was, is);
    return c;
}

void rr_book_change_destroy(struct rr_book_change *c)
{
    if (c == NULL)
        return;
    for (uint32_t i = 0; i < c->n; i++)
        free(c->plan[i].stretch);
    free(c->plan);
    rr_arena_destroy(c->names);
    free(c);
}

/* ---- questions ---- */

bool rr_book_change_is_general(const struct rr_book_change *c)
{
    return c->general;
}

bool rr_book_change_of_default(const struct rr_book_change *c)
{
    return c->of_default;
}

bool rr_book_change_of_plans(const struct rr_book_change *c)
{
    for (uint32_t i = 0; i < c->n; i++)
        if (c->plan[i].n > 0)
            return true;
    return false;
}

static const struct plan_change *find_plan(const struct rr_book_change *c, struct rr_text name)
{
    uint32_t low = 0, high = c->n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (rr_text_compare(c->plan[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < c->n && rr_text_equal(c->plan[low].name, name) ? &c->plan[low] : NULL;
}

enum rr_touch rr_book_change_of_plan(const struct rr_book_change *c, struct rr_text name,
                                     int32_t first, int32_t last)
{
    const struct plan_change *plan = find_plan(c, name);
    enum rr_touch most = RR_UNTOUCHED;
    for (uint32_t i = 0; plan && i < plan->n; i++) {
        const struct stretch *s = &plan->stretch[i];
        enum rr_touch touch = s->account ? RR_TOUCHES_ACCOUNT : RR_TOUCHES_CHARGES;
        if (s->first <= last && s->last >= first && touch > most)
            most = touch;
    }
    return most;
}

bool rr_book_change_of_whole(const struct rr_book_change *c, struct rr_text name, int32_t period)
{
    return rr_book_change_of_plan(c, name, period, period) == RR_TOUCHES_ACCOUNT;
}

bool rr_book_change_has(const struct rr_book_change *c, struct rr_text name, int32_t period,
                        struct rr_text charge)
{
    const struct plan_change *plan = find_plan(c, name);
    for (uint32_t i = 0; plan && i < plan->n; i++) {
        const struct stretch *s = &plan->stretch[i];
        if (s->first <= period && s->last >= period &&
            (s->every || rr_text_equal(s->charge, charge)))
            return true;
    }
    return false;
}
