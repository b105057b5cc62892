/* Finding a result to carry lines over from. */
#include "base_result.h"

#include "currency.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- which ---- */

/* Whether a result will do. What is for comparison alone stays apart; one that was removed is none. */
static bool will_do(const char *workspace, unsigned number, const struct rr_run_facts *facts)
{
    struct rr_result_facts base;
    struct rr_error err;
    bool good = false;
    if (rr_result_facts_read(workspace, number, &base, &err) == 0)
        good = !base.what_if && rr_run_facts_fit(facts, base.json);
    else if (err.code != RR_EXIT_INPUT)
        fprintf(stderr, "rerate: %s; nothing is carried over from it\n", err.text);
    rr_result_facts_fini(&base);
    return good;
}

/* Rank 0. */
static unsigned choose(const char *workspace, const struct rr_run_facts *facts)
{
    unsigned latest = rr_result_latest(workspace), number = rr_result_newest(workspace);
    if (latest > 0 && will_do(workspace, latest, facts))
        return latest;
    while (number > 0 && (number == latest || !will_do(workspace, number, facts)))
        number--;
    return number;
}

/* ---- whether it is whole ---- */

static int prove_file(const struct rr_result_facts *base, const char *name, struct rr_error *err)
{
    char path[RR_RESULT_PATH + 64];
    struct rr_digest said, found;
    uint64_t bytes;
    rr_result_table(base, name, path);
    if (rr_digest_file(path, &bytes, &found, err) != 0)
        return -1;
    if (rr_result_file_digest(base, name, &said) && rr_digest_equal(said, found))
        return 0;
    return rr_fail(err, RR_EXIT_DATA, "%s: its digest is not that of run.json", path);
}

/* Collective. Files are shared out among the ranks. */
static int prove_files(const struct rr_comm *comm, const struct rr_result_facts *base,
                       struct rr_error *err)
{
    static const char *const names[] = {"lines.csv",  "invoices.csv",        "unrated.csv",
                                        "shares.csv", "reconciliation.json", "book.yaml"};
    int result = 0;
    for (int i = 0; i < (int)(sizeof names / sizeof names[0]) && result == 0; i++)
        if (i % comm->size == comm->rank)
            result = prove_file(base, names[i], err);
    return rr_agree(comm, result, err);
}

int rr_base_result_find(const struct rr_comm *comm, const char *workspace,
                        const struct rr_run_facts *facts, struct rr_result_facts *base, bool *found,
                        struct rr_error *err)
{
    struct rr_error damage;
    uint64_t number = comm->rank == 0 ? choose(workspace, facts) : 0;
    number = rr_comm_max(comm, number);
    *found = false;
    *base = (struct rr_result_facts){0};
    if (number == 0)
        return 0;
    if (rr_agree(comm, rr_result_facts_read(workspace, (unsigned)number, base, err), err) != 0)
        return -1;
    *found = prove_files(comm, base, &damage) == 0;
    if (!*found && comm->rank == 0)
        fprintf(stderr, "rerate: %s; all is priced anew\n", damage.text);
    return 0;
}

/* ---- its totals ---- */

static bool add_total(const json_t *item, enum rr_period kind, struct rr_totals *totals)
{
    const char *currency = json_string_value(json_object_get(item, "currency"));
    const char *period = json_string_value(json_object_get(item, "period"));
    struct rr_sum amount, exact;
    int32_t number;
    if (!currency || strlen(currency) != 3 || rr_currency_digits(rr_text_of(currency)) < 0 ||
        !period || !rr_period_parse(kind, period, &number) || !rr_sum_in(item, "amount", &amount) ||
        !rr_sum_in(item, "exact", &exact))
        return false;
    uint64_t lines = (uint64_t)json_integer_value(json_object_get(item, "lines"));
    struct rr_total *total =
        rr_totals_at(totals, currency, number, rr_currency_digits(rr_text_of(currency)));
    total->lines += lines;
    total->invoiced_lines += lines;
    rr_sum_merge(&total->amount, &amount);
    rr_sum_merge(&total->invoiced, &amount);
    rr_sum_merge(&total->exact, &exact);
    return true;
}

int rr_base_result_totals(const struct rr_result_facts *base, enum rr_period kind,
                          struct rr_totals *totals, struct rr_error *err)
{
    char path[RR_RESULT_PATH + 64];
    json_t *item;
    size_t i;
    bool good = true;
    snprintf(path, sizeof path, "%s/reconciliation.json", base->dir);
    json_t *reconciliation = json_load_file(path, 0, NULL);
    const json_t *items = json_object_get(reconciliation, "totals");
    json_array_foreach(items, i, item)
    {
        good = good && add_total(item, kind, totals);
    }
    good = good && json_is_array(items);
    json_decref(reconciliation);
    return good ? 0 : rr_fail(err, RR_EXIT_DATA, "%s: has totals that are none", path);
}
