/* Accounts in a report. */
#include "report_accounts.h"

#include "../io/line.h"
#include "../io/memory.h"
#include "report_rollup.h"

#include <stdio.h>
#include <string.h>

enum { SIZES = 8 };

struct sums {
    uint64_t rows;
    struct rr_sum sum[RR_ACCOUNT_SUMS];
};

struct entry {
    struct rr_sum rank; /* the greater the better: of the sign that the list is for */
    struct sums sums;
    char *account;
    uint32_t account_len;
};

/* The largest of one sign, in no order. */
struct list {
    struct entry *entry;
    uint32_t n;
};

struct currency {
    char code[4];
    struct sums current; /* of the account at hand */
    uint64_t accounts, above, below;
    struct rr_sum sum_above, sum_below;
    struct list most, least;
    uint64_t n_of_size[2 * SIZES + 1];
    struct rr_sum sum_of_size[2 * SIZES + 1];
};

struct rr_accounts {
    int n_sums;
    uint32_t most;
    struct rr_line account; /* the one at hand */
    bool any;
    struct currency *currency; /* sorted */
    uint32_t n;
};

struct rr_accounts *rr_accounts_create(int n_sums, uint32_t most)
{
    struct rr_accounts *a = rr_calloc(1, sizeof *a);
    rr_check(n_sums <= RR_ACCOUNT_SUMS, "accounts with too many sums");
    a->n_sums = n_sums;
    a->most = most;
    return a;
}

static void free_list(struct list *list)
{
    for (uint32_t i = 0; i < list->n; i++)
        free(list->entry[i].account);
    free(list->entry);
}

void rr_accounts_destroy(struct rr_accounts *a)
{
    if (a == NULL)
        return;
    for (uint32_t i = 0; i < a->n; i++) {
        free_list(&a->currency[i].most);
        free_list(&a->currency[i].least);
    }
    free(a->currency);
    rr_line_fini(&a->account);
    free(a);
}

static bool is_zero(const struct rr_sum *sum)
{
    return sum->high == 0 && sum->low[0] == 0 && sum->low[1] == 0;
}

static int compare_sums(const struct rr_sum *a, const struct rr_sum *b)
{
    struct rr_sum difference = rr_sum_negated(b);
    rr_sum_merge(&difference, a);
    return is_zero(&difference) ? 0 : difference.high < 0 ? -1 : 1;
}

/* The greater first; of equal ones the name that comes first. */
static int by_rank(const void *x, const void *y)
{
    const struct entry *a = x, *b = y;
    int order = compare_sums(&b->rank, &a->rank);
    if (order != 0)
        return order;
    return rr_text_compare((struct rr_text){a->account, a->account_len},
                           (struct rr_text){b->account, b->account_len});
}

static uint32_t find_last(const struct list *list)
{
    uint32_t last = 0;
    for (uint32_t i = 1; i < list->n; i++)
        if (by_rank(&list->entry[i], &list->entry[last]) > 0)
            last = i;
    return last;
}

/* Accounts come in order, so one that is equal to the last of a full list stands behind it. */
static void offer(struct rr_accounts *a, struct list *list, struct rr_sum rank,
                  const struct sums *sums)
{
    if (list->entry == NULL)
        list->entry = rr_calloc(a->most, sizeof *list->entry);
    uint32_t at = list->n;
    if (at == a->most) {
        at = find_last(list);
        if (compare_sums(&rank, &list->entry[at].rank) <= 0)
            return;
        free(list->entry[at].account);
    } else {
        list->n++;
    }
    list->entry[at] = (struct entry){rank, *sums, NULL, (uint32_t)a->account.used};
    list->entry[at].account = rr_malloc(a->account.used + 1);
    memcpy(list->entry[at].account, a->account.bytes, a->account.used);
}

static int size_of(const struct rr_sum *size)
{
    rr_decimal value, bound = RR_DECIMAL_ONE;
    if (!rr_sum_decimal(size, &value))
        return SIZES;
    int k = 1;
    for (; k < SIZES && value >= bound; k++)
        bound *= 10;
    return k;
}

static void end_currency(struct rr_accounts *a, struct currency *c)
{
    if (c->current.rows == 0)
        return;
    struct rr_sum rank = c->current.sum[a->n_sums - 1], minus = rr_sum_negated(&rank);
    int size = SIZES;
    c->accounts++;
    if (rank.high < 0) {
        size -= size_of(&minus);
        c->below++;
        rr_sum_merge(&c->sum_below, &rank);
        offer(a, &c->least, minus, &c->current);
    } else if (!is_zero(&rank)) {
        size += size_of(&rank);
        c->above++;
        rr_sum_merge(&c->sum_above, &rank);
        offer(a, &c->most, rank, &c->current);
    }
    c->n_of_size[size]++;
    rr_sum_merge(&c->sum_of_size[size], &rank);
    c->current = (struct sums){0};
}

static void end_account(struct rr_accounts *a)
{
    for (uint32_t i = 0; i < a->n; i++)
        end_currency(a, &a->currency[i]);
}

static struct currency *currency_at(struct rr_accounts *a, struct rr_text code)
{
    uint32_t i = 0;
    for (; i < a->n; i++) {
        int order = rr_text_compare(rr_text_of(a->currency[i].code), code);
        if (order == 0)
            return &a->currency[i];
        if (order > 0)
            break;
    }
    a->currency = rr_realloc(a->currency, (a->n + 1) * sizeof *a->currency);
    memmove(&a->currency[i + 1], &a->currency[i], (a->n - i) * sizeof *a->currency);
    a->n++;
    a->currency[i] = (struct currency){0};
    snprintf(a->currency[i].code, sizeof a->currency[i].code, "%.*s", RR_SHOW(code));
    return &a->currency[i];
}

void rr_accounts_add(struct rr_accounts *a, struct rr_text account, struct rr_text currency,
                     const rr_decimal *amounts)
{
    if (!a->any || !rr_text_equal(account, rr_line_text(&a->account))) {
        end_account(a);
        rr_line_clear(&a->account);
        rr_line_put(&a->account, account.ptr, account.len);
        a->any = true;
    }
    struct sums *current = &currency_at(a, currency)->current;
    current->rows++;
    for (int i = 0; i < a->n_sums; i++)
        rr_sum_add(&current->sum[i], amounts[i]);
}

/* ---- as JSON ---- */

static json_t *list_json(const struct rr_accounts *a, const struct list *list,
                         struct rr_text currency)
{
    json_t *out = json_array();
    if (list->n > 0)
        qsort(list->entry, list->n, sizeof *list->entry, by_rank);
    for (uint32_t i = 0; i < list->n; i++) {
        const struct entry *entry = &list->entry[i];
        json_t *row = json_array();
        json_array_append_new(row,
                              rr_text_json((struct rr_text){entry->account, entry->account_len}));
        json_array_append_new(row, json_integer((json_int_t)entry->sums.rows));
        for (int s = 0; s < a->n_sums; s++)
            json_array_append_new(row, rr_money_json(&entry->sums.sum[s], currency));
        json_array_append_new(out, row);
    }
    return out;
}

static json_t *sizes_json(const struct currency *c, struct rr_text currency)
{
    json_t *out = json_array();
    for (int i = 0; i <= 2 * SIZES; i++)
        if (c->n_of_size[i] > 0)
            json_array_append_new(out,
                                  json_pack("[i, I, o]", i - SIZES, (json_int_t)c->n_of_size[i],
                                            rr_money_json(&c->sum_of_size[i], currency)));
    return out;
}

static json_t *currency_json(const struct rr_accounts *a, const struct currency *c)
{
    struct rr_text code = rr_text_of(c->code);
    return json_pack("{s:s, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o}", "currency", c->code,
                     "accounts", (json_int_t)c->accounts, "above", (json_int_t)c->above, "below",
                     (json_int_t)c->below, "sum_above", rr_money_json(&c->sum_above, code),
                     "sum_below", rr_money_json(&c->sum_below, code), "most",
                     list_json(a, &c->most, code), "least", list_json(a, &c->least, code), "sizes",
                     sizes_json(c, code));
}

json_t *rr_accounts_json(struct rr_accounts *a)
{
    json_t *out = json_array();
    end_account(a);
    for (uint32_t i = 0; i < a->n; i++)
        json_array_append_new(out, currency_json(a, &a->currency[i]));
    return out;
}
