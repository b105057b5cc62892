/* The book's `plans`: versions in time, each with its charges. */
#include "book_reader.h"

static void read_from(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_version *version = into;
    if (rr_read_day(reader, node, "`from`", &version->from))
        rr_check_cut(reader, reader->file, node->place, "`from`", version->from);
}

static void read_charges(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_version *version = into;
    rr_read_charges(reader, node, "this version", &version->charges, &version->n_charges);
}

const struct rr_book_key rr_version_keys[] = {
    {"from", read_from, RR_KEY_REQUIRED},
    {"charges", read_charges, RR_KEY_REQUIRED},
    {0},
};

static void check_rise(struct rr_book_reader *reader, const struct rr_version *before,
                       const struct rr_version *version)
{
    if (version->from > before->from)
        return;
    char day[11];
    rr_day_format(before->from, day);
    RR_WRONG(reader, version,
             "this version's `from` is not after %s, that of the version before it; order the "
             "versions by date, each with its own",
             day);
}

static void read_versions(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_plan *plan = into;
    if (node->kind != RR_YAML_LIST || node->n == 0) {
        RR_WRONG(reader, node, "`versions` is a list of at least one {from: date, charges: [...]}");
        return;
    }
    plan->versions = rr_book_alloc(reader, (size_t)node->n, sizeof *plan->versions);
    plan->n_versions = node->n;
    for (int i = 0; i < node->n; i++) {
        struct rr_version *version = &plan->versions[i];
        version->place = node->item[i]->place;
        version->from = INT32_MIN; /* what can't be read is below all dates and rises over none */
        rr_read_keys(reader, node->item[i], "a version", rr_version_keys, version);
        if (i > 0 && version->from != INT32_MIN && version[-1].from != INT32_MIN)
            check_rise(reader, version - 1, version);
    }
}

static void read_plan_currency(struct rr_book_reader *reader, const struct rr_yaml *node,
                               void *into)
{
    struct rr_plan *plan = into;
    if (!rr_read_currency(reader, node, plan->currency, &plan->minor_digits))
        plan->currency[0] = '\0';
}

static void read_minimum(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    struct rr_plan *plan = into;
    plan->has_minimum = rr_read_money(reader, node, "`minimum`", plan, &plan->minimum);
}

const struct rr_book_key rr_plan_keys[] = {
    {"currency", read_plan_currency, RR_KEY_OPTIONAL},
    {"minimum", read_minimum, RR_KEY_OPTIONAL},
    {"versions", read_versions, RR_KEY_REQUIRED},
    {0},
};

static void read_plan(struct rr_book_reader *reader, const struct rr_entry *entry,
                      struct rr_plan *plan)
{
    const struct rr_book *book = reader->book;
    *plan = (struct rr_plan){
        .name = entry->name, .minor_digits = book->minor_digits, .place = entry->key->place};
    memcpy(plan->currency, book->currency, sizeof plan->currency);
    rr_read_keys(reader, entry->value, "a plan", rr_plan_keys, plan);
}

void rr_read_plans(struct rr_book_reader *reader, const struct rr_yaml *node, void *into)
{
    (void)into;
    struct rr_book *book = reader->book;
    struct rr_entry *entries;
    int n = rr_read_entries(reader, node, "`plans`", RR_PLANS_MAX, &entries);
    reader->plans_wrong = n == 0;
    if (n == 0)
        return;
    book->plans = rr_book_alloc(reader, (size_t)n, sizeof *book->plans);
    book->n_plans = n;
    for (int i = 0; i < n; i++)
        read_plan(reader, &entries[i], &book->plans[i]);
}
