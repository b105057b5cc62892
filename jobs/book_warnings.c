/* Warnings: what is right by the rules and likely wrong all the same. A book without mistakes is
 * walked once; nothing here depends on usage. */
#include "book_reader.h"

#include "../io/memory.h"

#include <stdlib.h>

enum { PAIRS_MAX = 200 }; /* longer lists are not compared each with each */

struct warner {
    const struct rr_book *book;
    struct rr_mistakes *warnings;
    const char *file; /* of the charges in hand */
    bool *meter_used;
    bool *plan_used;
    const struct rr_charge **takes_all; /* by meter: the charge in hand that prices all of it */
};

#define WARN(w, file, place, ...) rr_mistake_add((w)->warnings, file, place, __VA_ARGS__)

/* ---- prices ---- */

/* Above a tier that is free all cost more. */
static void warn_of_tiers(const struct warner *w, const struct rr_price *price)
{
    for (int t = 1; t < price->n_tiers; t++) {
        if (price->tiers[t - 1].unit != 0 && price->tiers[t].unit > price->tiers[t - 1].unit)
            WARN(w, w->file, price->tier_places[t],
                 "this tier costs more than the one below it; is that meant?");
    }
}

static void warn_of_percent(const struct warner *w, const struct rr_charge *charge,
                            const struct rr_case *c)
{
    const struct rr_price *price = &c->price;
    bool percent = price->key == RR_PERCENT || price->key == RR_PER_EVENT;
    rr_decimal rate = percent ? price->amount : 0;
    if (price->key == RR_GRADUATED_PERCENT)
        rate = price->tiers[0].unit;
    if (rate > 100 * RR_DECIMAL_ONE)
        WARN(w, w->file, c->place,
             "a rate above 100 bills more than the quantity itself; `rate: 2.9` is 2.9 percent");
    if (rate != 0 && charge->meter != RR_NO_COLUMN &&
        rr_text_equal(w->book->meters[charge->meter].aggregate, rr_text_of("count")))
        WARN(w, w->file, c->place,
             "a percentage of a count is one of the number of records; name a meter that sums "
             "amounts, or use `per_unit`");
}

/* Whether all that fits `later` fits `earlier` too. */
static bool covers(const struct rr_case *earlier, const struct rr_case *later)
{
    for (int e = 0; e < earlier->n_where; e++) {
        const struct rr_condition *wide = &earlier->where[e], *narrow = NULL;
        for (int l = 0; l < later->n_where && narrow == NULL; l++) {
            if (later->where[l].dimension == wide->dimension)
                narrow = &later->where[l];
        }
        for (int i = 0; narrow != NULL && i < narrow->n_any; i++) {
            if (rr_find_text(wide->any, wide->n_any, narrow->any[i]) == RR_NO_COLUMN)
                return false;
        }
        if (narrow == NULL)
            return false;
    }
    return true;
}

static void warn_of_cases(const struct warner *w, const struct rr_charge *charge)
{
    if (charge->n_cases > PAIRS_MAX)
        return;
    for (int later = 1; later < charge->n_cases; later++) {
        int earlier = 0;
        while (earlier < later && !covers(&charge->cases[earlier], &charge->cases[later]))
            earlier++;
        if (earlier < later)
            WARN(w, w->file, charge->cases[later].place,
                 "this case is never reached: what fits it goes to the case on line %d before it",
                 charge->cases[earlier].place.line);
    }
}

static void warn_of_discount(const struct warner *w, const char *file, struct rr_place place,
                             rr_decimal percent)
{
    if (percent > 0 && percent < RR_DECIMAL_ONE)
        WARN(w, file, place,
             "a discount of less than 1 percent; `percent: 10` is ten percent, `0.1` a tenth of "
             "one");
}

static void warn_of_charge(const struct warner *w, const struct rr_charge *charge)
{
    if (charge->meter != RR_NO_COLUMN)
        w->meter_used[charge->meter] = true;
    for (int c = 0; c < charge->n_cases; c++) {
        warn_of_tiers(w, &charge->cases[c].price);
        warn_of_percent(w, charge, &charge->cases[c]);
    }
    warn_of_cases(w, charge);
    warn_of_discount(w, w->file, charge->place, charge->discount);
}

/* ---- one usage, two prices ---- */

static bool prices_all(const struct rr_charge *charge)
{
    return charge->meter != RR_NO_COLUMN && charge->n_where == 0 &&
           charge->cases[charge->n_cases - 1].n_where == 0;
}

static void forget(const struct warner *w, const struct rr_charge *charges, int n)
{
    for (int i = 0; i < n; i++) {
        if (charges[i].meter != RR_NO_COLUMN)
            w->takes_all[charges[i].meter] = NULL;
    }
}

static void warn_of_charges(const struct warner *w, const struct rr_charge *charges, int n)
{
    for (int i = 0; i < n; i++) {
        const struct rr_charge *charge = &charges[i];
        warn_of_charge(w, charge);
        if (!prices_all(charge))
            continue;
        const struct rr_charge **all = &w->takes_all[charge->meter];
        if (*all != NULL)
            WARN(w, w->file, charge->place,
                 "all of meter `%.*s` is billed twice, by charge `%.*s` and by `%.*s` on line %d; "
                 "is that meant?",
                 RR_SHOW(w->book->meters[charge->meter].name), RR_SHOW(charge->id),
                 RR_SHOW((*all)->id), (*all)->place.line);
        *all = charge;
    }
    forget(w, charges, n);
}

/* A contract's charge of another id stands beside that of the plan, and does not replace it. */
static void warn_of_merged(const struct warner *w, const struct rr_contract *contract)
{
    for (int i = 0; i < contract->n_own; i++) {
        if (prices_all(&contract->own[i]))
            w->takes_all[contract->own[i].meter] = &contract->own[i];
    }
    for (int v = 0; v < contract->plan.n_versions; v++) {
        const struct rr_version *version = &contract->plan.versions[v];
        for (int c = 0; c < version->n_charges - contract->n_own; c++) {
            const struct rr_charge *base = &version->charges[c];
            const struct rr_charge *own = prices_all(base) ? w->takes_all[base->meter] : NULL;
            if (own != NULL)
                WARN(w, contract->file, own->place,
                     "all of meter `%.*s` is billed twice, by this charge and by `%.*s` of plan "
                     "`%.*s`; give it that `id` to replace it",
                     RR_SHOW(w->book->meters[own->meter].name), RR_SHOW(base->id),
                     RR_SHOW(contract->plan.name));
        }
    }
    forget(w, contract->own, contract->n_own);
}

/* ---- plans ---- */

static bool has_metered(const struct rr_plan *plan)
{
    for (int v = 0; v < plan->n_versions; v++) {
        for (int c = 0; c < plan->versions[v].n_charges; c++) {
            if (plan->versions[v].charges[c].meter != RR_NO_COLUMN)
                return true;
        }
    }
    return false;
}

static void warn_of_plan(struct warner *w, const struct rr_plan *plan)
{
    w->file = w->book->path;
    for (int v = 0; v < plan->n_versions; v++)
        warn_of_charges(w, plan->versions[v].charges, plan->versions[v].n_charges);
    if (plan->has_minimum && !has_metered(plan))
        WARN(w, w->file, plan->place,
             "plan `%.*s` has a `minimum` and no charge with usage, so it is always billed in "
             "full; a `flat` fee says the same",
             RR_SHOW(plan->name));
}

/* ---- contracts ---- */

static bool share_charges(const struct rr_credit *a, const struct rr_credit *b)
{
    if (a->n_charges == 0 || b->n_charges == 0)
        return true;
    for (int i = 0; i < a->n_charges; i++) {
        if (rr_find_text(b->charges, b->n_charges, a->charges[i]) != RR_NO_COLUMN)
            return true;
    }
    return false;
}

/* Sorted by priority and until: the second of a pair does not end before the first. */
static void warn_of_credit_pairs(const struct warner *w, const struct rr_contract *contract)
{
    for (int a = 0; a < contract->n_credits && contract->n_credits <= PAIRS_MAX; a++) {
        const struct rr_credit *first = &contract->credits[a];
        for (int b = a + 1; b < contract->n_credits; b++) {
            const struct rr_credit *second = &contract->credits[b];
            if (second->priority == first->priority && second->from < first->until &&
                share_charges(first, second))
                WARN(w, contract->file, second->place,
                     "credits `%.*s` and `%.*s` take from the same lines at the same time with one "
                     "`priority`; say which goes first",
                     RR_SHOW(first->id), RR_SHOW(second->id));
        }
    }
}

static void warn_of_credits(const struct warner *w, const struct rr_contract *contract)
{
    for (int i = 0; i < contract->n_credits; i++) {
        const struct rr_credit *credit = &contract->credits[i];
        if (credit->until <= contract->start || credit->from >= contract->end)
            WARN(w, contract->file, credit->place,
                 "credit `%.*s` is for a time in which the contract is not in force",
                 RR_SHOW(credit->id));
    }
    warn_of_credit_pairs(w, contract);
}

static void warn_of_commit(const struct warner *w, const struct rr_contract *contract)
{
    const struct rr_commit *commit = &contract->commit;
    if (!commit->given)
        return;
    if (!has_metered(&contract->plan))
        WARN(w, contract->file, commit->place,
             "nothing counts towards this commitment: the contract has no charge with usage");
    if (commit->has_overage && commit->overage < RR_DECIMAL_ONE)
        WARN(w, contract->file, commit->place,
             "an `overage` below 1 pays back a part of what is beyond the amount; \"1.25\" makes "
             "it a quarter dearer");
}

static bool has_charges(const struct rr_plan *plan)
{
    for (int v = 0; v < plan->n_versions; v++) {
        if (plan->versions[v].n_charges > 0)
            return true;
    }
    return false;
}

static void warn_of_contract(struct warner *w, const struct rr_contract *contract)
{
    int plan = rr_book_find_plan(w->book, contract->plan.name);
    if (plan != RR_NO_COLUMN)
        w->plan_used[plan] = true;
    w->file = contract->file;
    warn_of_charges(w, contract->own, contract->n_own);
    warn_of_merged(w, contract);
    warn_of_discount(w, contract->file, contract->place, contract->discount);
    warn_of_credits(w, contract);
    warn_of_commit(w, contract);
    if (!has_charges(&contract->plan))
        WARN(w, contract->file, contract->place,
             "contract `%.*s` has no charge, so its accounts are billed nothing",
             RR_SHOW(contract->name));
}

/* Names of payers that are no member: a near one is likely meant. */
static void warn_of_payers(const struct warner *w)
{
    const struct rr_book *book = w->book;
    const struct rr_stay **near =
        rr_calloc((size_t)book->n_contracts + 1, sizeof(struct rr_stay *));
    bool *member = rr_calloc((size_t)book->n_contracts + 1, sizeof *member);
    for (int i = 0; i < book->n_stays; i++) {
        const struct rr_stay *stay = &book->stays[i];
        struct rr_text payer = book->contracts[stay->contract].bill_to;
        char name[64];
        if (rr_text_equal(payer, stay->account))
            member[stay->contract] = true;
        if (payer.len == 0 || stay->account.len >= sizeof name)
            continue;
        memcpy(name, stay->account.ptr, stay->account.len);
        name[stay->account.len] = '\0';
        if (rr_nearest(payer, (const char *const[]){name, NULL}) != NULL)
            near[stay->contract] = stay;
    }
    for (int i = 0; i < book->n_contracts; i++) {
        const struct rr_contract *contract = &book->contracts[i];
        if (near[i] != NULL && !member[i])
            WARN(w, contract->file, contract->place,
                 "`bill_to: %.*s` is no account of the contract; did you mean `%.*s`?",
                 RR_SHOW(contract->bill_to), RR_SHOW(near[i]->account));
    }
    free(near);
    free(member);
}

/* ---- time ---- */

/* A stretch of an account's time, of a subscription or of a contract. */
struct stretch {
    struct rr_text account;
    int32_t start, end;
    const char *source;
    struct rr_place place;
};

static struct stretch of_subscription(const struct rr_subscription *s)
{
    return (struct stretch){s->account, s->start, s->end, s->source, {s->line, 1}};
}

static struct stretch of_stay(const struct rr_stay *s)
{
    return (struct stretch){s->account, s->start, s->end, s->source, {s->line, s->column}};
}

/* The next of both lists by account and start. */
static struct stretch next_stretch(const struct rr_book *book, int *subscription, int *stay)
{
    if (*stay == book->n_stays)
        return of_subscription(&book->subscriptions[(*subscription)++]);
    if (*subscription == book->n_subscriptions)
        return of_stay(&book->stays[(*stay)++]);
    struct stretch a = of_subscription(&book->subscriptions[*subscription]);
    struct stretch b = of_stay(&book->stays[*stay]);
    int order = rr_text_compare(a.account, b.account);
    if (order == 0)
        order = (a.start > b.start) - (a.start < b.start);
    if (order <= 0) {
        ++*subscription;
        return a;
    }
    ++*stay;
    return b;
}

static void warn_of_gap(const struct warner *w, const struct stretch *next, int32_t end)
{
    char from[11], to[11];
    rr_day_format(end, from);
    rr_day_format(next->start, to);
    WARN(w, next->source, next->place,
         "account `%.*s` has no plan from %s until this starts on %s; usage in between is "
         "unrated",
         RR_SHOW(next->account), from, to);
}

static void warn_of_gaps(const struct warner *w)
{
    const struct rr_book *book = w->book;
    struct stretch last = {.end = RR_OPEN_END};
    for (int s = 0, t = 0; s < book->n_subscriptions || t < book->n_stays;) {
        struct stretch next = next_stretch(book, &s, &t);
        if (next.start == next.end) {
            WARN(w, next.source, next.place,
                 "this row is outside of the contract's time, so it makes nobody a member");
            continue;
        }
        bool same = last.account.len > 0 && rr_text_equal(last.account, next.account);
        if (same && next.start > last.end)
            warn_of_gap(w, &next, last.end);
        if (!same || next.end > last.end)
            last = next;
    }
}

/* One warning for each plan, at the first subscription that comes too early. */
static void warn_of_late_plans(const struct warner *w)
{
    const struct rr_book *book = w->book;
    const struct rr_subscription **first =
        rr_calloc((size_t)book->n_plans + 1, sizeof(struct rr_subscription *));
    for (int i = 0; i < book->n_subscriptions; i++) {
        const struct rr_subscription *s = &book->subscriptions[i];
        w->plan_used[s->plan] = true;
        if (s->start < book->plans[s->plan].versions[0].from &&
            (first[s->plan] == NULL || s->start < first[s->plan]->start))
            first[s->plan] = s;
    }
    for (int p = 0; p < book->n_plans; p++) {
        char from[11];
        rr_day_format(book->plans[p].versions[0].from, from);
        if (first[p] != NULL)
            WARN(w, first[p]->source, ((struct rr_place){first[p]->line, 1}),
                 "this subscription starts before the first version of plan `%.*s`, which is from "
                 "%s; until then it is not billed",
                 RR_SHOW(book->plans[p].name), from);
    }
    free(first);
}

/* ---- what nothing uses ---- */

static void warn_of_unused(const struct warner *w)
{
    const struct rr_book *book = w->book;
    bool nobody =
        book->n_subscriptions == 0 && book->n_stays == 0 && book->default_plan == RR_NO_COLUMN;
    if (nobody)
        WARN(w, book->path, ((struct rr_place){1, 1}),
             "nobody is billed: no subscription, no contract and no `default_plan` gives an "
             "account a plan");
    for (int i = 0; i < book->n_plans && !nobody; i++) {
        if (!w->plan_used[i] && i != book->default_plan)
            WARN(w, book->path, book->plans[i].place, "nobody has plan `%.*s`",
                 RR_SHOW(book->plans[i].name));
    }
    for (int i = 0; i < book->n_meters; i++) {
        if (!w->meter_used[i])
            WARN(w, book->path, book->meters[i].place,
                 "no charge prices meter `%.*s`; its usage is unrated",
                 RR_SHOW(book->meters[i].name));
    }
}

void rr_book_warn(const struct rr_book *book, struct rr_mistakes *warnings)
{
    struct warner w = {.book = book, .warnings = warnings};
    warnings->mark = "warning: ";
    w.meter_used = rr_calloc((size_t)book->n_meters + 1, sizeof *w.meter_used);
    w.plan_used = rr_calloc((size_t)book->n_plans + 1, sizeof *w.plan_used);
    w.takes_all = rr_calloc((size_t)book->n_meters + 1, sizeof(struct rr_charge *));
    for (int i = 0; i < book->n_plans; i++)
        warn_of_plan(&w, &book->plans[i]);
    for (int i = 0; i < book->n_contracts; i++)
        warn_of_contract(&w, &book->contracts[i]);
    warn_of_payers(&w);
    warn_of_gaps(&w);
    warn_of_late_plans(&w);
    warn_of_unused(&w);
    rr_mistakes_sort(warnings);
    free(w.meter_used);
    free(w.plan_used);
    free(w.takes_all);
}
