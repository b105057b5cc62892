/* The accounts that change most. */
#include "impact_top.h"

#include "../io/memory.h"

#include <string.h>

void rr_impact_top_fini(struct rr_impact_top *t)
{
    free(t->item);
    rr_line_fini(&t->names);
    *t = (struct rr_impact_top){0};
}

static struct rr_sum magnitude(const struct rr_sum *sum)
{
    return sum->high < 0 ? rr_sum_negated(sum) : *sum;
}

static int compare_sums(const struct rr_sum *a, const struct rr_sum *b)
{
    if (a->high != b->high)
        return a->high < b->high ? -1 : 1;
    for (int i = 1; i >= 0; i--)
        if (a->low[i] != b->low[i])
            return a->low[i] < b->low[i] ? -1 : 1;
    return 0;
}

static int compare_items(const void *a, const void *b)
{
    const struct rr_top_account *x = a, *y = b;
    int order = strcmp(x->currency, y->currency);
    if (order == 0) {
        struct rr_sum of_x = magnitude(&x->delta), of_y = magnitude(&y->delta);
        order = compare_sums(&of_y, &of_x);
    }
    return order ? order : rr_text_compare(x->account, y->account);
}

/* Names stand one behind the other, in the order of items: they move as they grow. */
static void point_at_names(struct rr_impact_top *t)
{
    const char *at = t->names.bytes;
    for (size_t i = 0; i < t->n; i++) {
        t->item[i].account.ptr = at;
        at += t->item[i].account.len;
    }
}

/* Keeps the first `keep` of each currency, in order, and their names alone. */
static void cut(struct rr_impact_top *t, size_t keep)
{
    struct rr_line names = {0};
    size_t kept = 0, of_currency = 0;
    if (t->n == 0)
        return;
    qsort(t->item, t->n, sizeof *t->item, compare_items);
    for (size_t i = 0; i < t->n; i++) {
        bool first = kept == 0 || strcmp(t->item[i].currency, t->item[kept - 1].currency) != 0;
        of_currency = first ? 1 : of_currency + 1;
        if (of_currency > keep)
            continue;
        rr_line_put(&names, t->item[i].account.ptr, t->item[i].account.len);
        t->item[kept++] = t->item[i];
    }
    t->n = kept;
    rr_line_fini(&t->names);
    t->names = names;
    point_at_names(t);
}

static void add_item(struct rr_impact_top *t, const struct rr_top_account *account)
{
    const char *before = t->names.bytes;
    size_t at = t->names.used;
    rr_line_put(&t->names, account->account.ptr, account->account.len);
    t->item[t->n] = *account;
    t->item[t->n++].account.ptr = t->names.bytes + at;
    if (t->names.bytes != before)
        point_at_names(t);
}

/* What is cut off makes room; where that is not much, there is to be more. */
static void make_room(struct rr_impact_top *t, size_t keep)
{
    cut(t, keep);
    if (2 * t->n < t->size)
        return;
    t->size = t->size ? 2 * t->size : 64;
    t->item = rr_realloc(t->item, t->size * sizeof *t->item);
}

void rr_impact_top_add(struct rr_impact_top *t, size_t keep, const struct rr_top_account *account)
{
    if (keep == 0)
        return;
    if (t->n == t->size)
        make_room(t, keep);
    add_item(t, account);
}

void rr_impact_top_combine(struct rr_impact_top *t, size_t keep, const struct rr_comm *comm)
{
    struct rr_line mine = {0};
    char *all;
    size_t len;
    cut(t, keep);
    for (size_t i = 0; i < t->n; i++) {
        rr_line_put(&mine, (const char *)&t->item[i], sizeof t->item[i]);
        rr_line_put(&mine, t->item[i].account.ptr, t->item[i].account.len);
    }
    rr_comm_concat(comm, mine.bytes, mine.used, &all, &len, NULL);
    rr_line_fini(&mine);
    rr_impact_top_fini(t);
    for (size_t at = 0; at < len;) {
        struct rr_top_account item;
        memcpy(&item, all + at, sizeof item);
        at += sizeof item;
        item.account.ptr = all + at;
        at += item.account.len;
        rr_impact_top_add(t, keep, &item);
    }
    cut(t, keep);
    free(all);
}
