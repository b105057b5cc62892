/* Comparing plans, charges and contracts of two books. */
#include "book_equal.h"

#include "price.h"

#include <string.h>

static bool same_bounds(const struct rr_bounds *a, const struct rr_bounds *b)
{
    return a->has_least == b->has_least && a->has_most == b->has_most && a->least == b->least &&
           a->most == b->most;
}

static bool same_tiers(const struct rr_price *a, const struct rr_price *b)
{
    if (a->n_tiers != b->n_tiers)
        return false;
    for (int t = 0; t < a->n_tiers; t++) {
        const struct rr_tier *x = &a->tiers[t], *y = &b->tiers[t];
        if (x->bounded != y->bounded || (x->bounded && x->up_to != y->up_to) ||
            x->unit != y->unit || x->flat != y->flat)
            return false;
    }
    return true;
}

static bool same_price(const struct rr_price *a, const struct rr_price *b)
{
    return a->key == b->key && a->amount == b->amount && a->prorate == b->prorate &&
           a->package_size == b->package_size && a->package_down == b->package_down &&
           a->fixed == b->fixed && same_bounds(&a->bounds, &b->bounds) && same_tiers(a, b);
}

static bool same_condition(const struct rr_condition *a, const struct rr_condition *b)
{
    if (a->dimension != b->dimension || a->n_any != b->n_any)
        return false;
    for (int i = 0; i < a->n_any; i++)
        if (!rr_text_equal(a->any[i], b->any[i]))
            return false;
    return true;
}

static bool same_where(const struct rr_condition *a, int n, const struct rr_condition *b, int m)
{
    if (n != m)
        return false;
    for (int i = 0; i < n; i++)
        if (!same_condition(&a[i], &b[i]))
            return false;
    return true;
}

static bool same_cases(const struct rr_charge *a, const struct rr_charge *b)
{
    if (a->n_cases != b->n_cases)
        return false;
    for (int i = 0; i < a->n_cases; i++) {
        const struct rr_case *x = &a->cases[i], *y = &b->cases[i];
        if (!same_where(x->where, x->n_where, y->where, y->n_where) ||
            !rr_text_equal(x->detail, y->detail))
            return false;
    }
    return true;
}

static bool same_split(const struct rr_charge *a, const struct rr_charge *b)
{
    if (a->n_split != b->n_split)
        return false;
    for (int i = 0; i < a->n_split; i++)
        if (a->split[i] != b->split[i])
            return false;
    return true;
}

static bool same_units(const struct rr_units *a, const struct rr_units *b)
{
    return a->divide_by == b->divide_by && a->round == b->round && a->places == b->places;
}

static bool same_prices(const struct rr_charge *a, const struct rr_charge *b)
{
    for (int i = 0; i < a->n_cases; i++)
        if (!same_price(&a->cases[i].price, &b->cases[i].price))
            return false;
    return a->free == b->free && a->discount == b->discount && same_bounds(&a->bounds, &b->bounds);
}

/* Quantities below zero are unrated by the same rule. */
static bool same_negatives(const struct rr_charge *a, const struct rr_charge *b)
{
    for (int i = 0; i < a->n_cases; i++) {
        bool takes = rr_takes_negative(&a->cases[i].price);
        if (takes != rr_takes_negative(&b->cases[i].price) ||
            (!takes && !same_units(&a->units, &b->units)))
            return false;
    }
    return true;
}

bool rr_charge_takes_the_same(const struct rr_charge *a, const struct rr_charge *b)
{
    return rr_text_equal(a->id, b->id) && a->meter == b->meter && a->only_used == b->only_used &&
           same_cases(a, b) && same_where(a->where, a->n_where, b->where, b->n_where) &&
           same_split(a, b) && same_negatives(a, b);
}

bool rr_charge_equal(const struct rr_charge *a, const struct rr_charge *b)
{
    return rr_charge_takes_the_same(a, b) && same_units(&a->units, &b->units) && same_prices(a, b);
}

static bool same_version(const struct rr_version *a, const struct rr_version *b)
{
    if (a->from != b->from || a->n_charges != b->n_charges)
        return false;
    for (int c = 0; c < a->n_charges; c++)
        if (!rr_charge_equal(&a->charges[c], &b->charges[c]))
            return false;
    return true;
}

bool rr_plan_equal(const struct rr_plan *a, const struct rr_plan *b)
{
    if (!rr_text_equal(a->name, b->name) || strcmp(a->currency, b->currency) != 0 ||
        a->minor_digits != b->minor_digits || a->has_minimum != b->has_minimum ||
        a->minimum != b->minimum || a->n_versions != b->n_versions)
        return false;
    for (int v = 0; v < a->n_versions; v++)
        if (!same_version(&a->versions[v], &b->versions[v]))
            return false;
    return true;
}

static bool same_commit(const struct rr_commit *a, const struct rr_commit *b)
{
    return a->given == b->given && a->amount == b->amount && a->every == b->every &&
           a->upfront == b->upfront && a->has_overage == b->has_overage && a->overage == b->overage;
}

static bool same_credit(const struct rr_credit *a, const struct rr_credit *b)
{
    if (!rr_text_equal(a->id, b->id) || a->amount != b->amount || a->from != b->from ||
        a->until != b->until || a->priority != b->priority || a->n_charges != b->n_charges)
        return false;
    for (int i = 0; i < a->n_charges; i++)
        if (!rr_text_equal(a->charges[i], b->charges[i]))
            return false;
    return true;
}

bool rr_contract_equal(const struct rr_contract *a, const struct rr_contract *b)
{
    if (!rr_text_equal(a->name, b->name) || !rr_text_equal(a->bill_to, b->bill_to) ||
        a->pool != b->pool || a->start != b->start || a->end != b->end ||
        a->discount != b->discount || !same_commit(&a->commit, &b->commit) ||
        a->n_credits != b->n_credits || !rr_plan_equal(&a->plan, &b->plan))
        return false;
    for (int i = 0; i < a->n_credits; i++)
        if (!same_credit(&a->credits[i], &b->credits[i]))
            return false;
    return true;
}
