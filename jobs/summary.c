/* The closing summary. */
#include "summary.h"

#include "../io/memory.h"
#include "currency.h"
#include "result.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

struct currency_total {
    char currency[4];
    int minor_digits;
    uint64_t lines;
    struct rr_sum amount;
};

/* Totals are sorted by currency: takes all of the next one. */
static uint32_t next_currency(const struct rr_totals *totals, uint32_t at,
                              struct currency_total *out)
{
    const struct rr_total *head = &totals->total[at];
    *out = (struct currency_total){.minor_digits = head->minor_digits};
    memcpy(out->currency, head->currency, sizeof out->currency);
    for (; at < totals->n && strcmp(totals->total[at].currency, out->currency) == 0; at++) {
        out->lines += totals->total[at].lines;
        rr_sum_merge(&out->amount, &totals->total[at].amount);
    }
    return at;
}

static void print_json(const struct rr_manifest *m, const struct rr_totals *totals, const char *dir,
                       unsigned number, bool unchanged, bool waits, uint32_t as_of)
{
    char name[32], amount[RR_SUM_TEXT];
    struct currency_total total;
    json_t *amounts = json_object();
    uint64_t lines = 0;
    for (uint32_t at = 0; at < totals->n;) {
        at = next_currency(totals, at, &total);
        rr_currency_format(&total.amount, total.minor_digits, amount);
        lines += total.lines;
        json_object_set_new(amounts, total.currency, json_string(amount));
    }
    snprintf(name, sizeof name, "%04u", number);
    json_t *out = json_pack(
        "{s:s, s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "workspace", dir, "result", name,
        "unchanged", unchanged, "read", (json_int_t)m->ingested.read, "aggregated",
        (json_int_t)m->resolved.aggregated, "quarantined",
        (json_int_t)rr_tally_quarantined(&m->ingested, &m->resolved), "repaired",
        (json_int_t)rr_tally_repaired(&m->resolved), "not_metered",
        (json_int_t)m->resolved.not_metered, "conflicts", (json_int_t)m->resolved.conflicts,
        "lines", (json_int_t)lines, "amounts", amounts);
    for (int w = 0; w < RR_WITHHELD; w++)
        json_object_set_new(out, rr_withheld_name((enum rr_withheld)w),
                            json_integer((json_int_t)m->resolved.withheld[w]));
    json_object_set_new(out, "staged", json_boolean(waits));
    if (as_of > 0)
        json_object_set_new(out, "as_of", json_integer((json_int_t)as_of));
    char *text = json_dumps(out, JSON_COMPACT);
    rr_check(text != NULL, "a summary that is no JSON");
    puts(text);
    free(text);
    json_decref(out);
}

/* The classes of every record read; those that are rare only where there are some. */
static void print_records(const struct rr_manifest *m)
{
    const struct rr_tally *out = &m->resolved;
    uint64_t repaired = rr_tally_repaired(out);
    printf("records   %llu read = %llu aggregated", (unsigned long long)m->ingested.read,
           (unsigned long long)out->aggregated);
    for (int w = 0; w < RR_WITHHELD; w++)
        if (w == RR_DUPLICATE || out->withheld[w] > 0)
            printf(" + %llu %s", (unsigned long long)out->withheld[w],
                   rr_withheld_name((enum rr_withheld)w));
    printf(" + %llu quarantined",
           (unsigned long long)rr_tally_quarantined(&m->ingested, &m->resolved));
    if (repaired > 0)
        printf(" + %llu repaired", (unsigned long long)repaired);
    printf(" + %llu not metered\n", (unsigned long long)out->not_metered);
}

static void print_text(const struct rr_manifest *m, const struct rr_totals *totals, const char *dir,
                       unsigned number, bool unchanged, bool waits, uint32_t as_of)
{
    struct currency_total total;
    char amount[RR_SUM_TEXT];
    print_records(m);
    if (m->resolved.conflicts > 0)
        printf("conflicts %llu duplicates differ from the copy that counts: see conflicts.csv\n",
               (unsigned long long)m->resolved.conflicts);
    for (uint32_t at = 0; at < totals->n;) {
        at = next_currency(totals, at, &total);
        rr_currency_format(&total.amount, total.minor_digits, amount);
        printf("billed    %s %s in %llu lines\n", amount, total.currency,
               (unsigned long long)total.lines);
    }
    if (as_of > 0)
        printf("as of     increment %u; results/latest stays where it is\n", as_of);
    printf("result    %s/results/%04u%s\n", dir, number,
           unchanged ? " (nothing has changed: it stands)" : "");
    if (waits && as_of == 0)
        printf("staged    results/latest stays; `rerate publish -w %s %04u` moves it\n", dir,
               number);
}

void rr_summary_print(bool json, const struct rr_manifest *manifest, const struct rr_totals *totals,
                      const char *dir, unsigned number, bool unchanged, bool staged, uint32_t as_of)
{
    bool waits = (staged || as_of > 0) && number != rr_result_latest(dir);
    if (json)
        print_json(manifest, totals, dir, number, unchanged, waits, as_of);
    else
        print_text(manifest, totals, dir, number, unchanged, waits, as_of);
    fflush(stdout);
}
