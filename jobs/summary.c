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

/* Whether the result is there and `latest` does not name it. */
static bool waits(const struct rr_summary *s)
{
    return (s->staged || s->as_of > 0) && s->number != rr_result_latest(s->dir);
}

static json_t *amounts_json(const struct rr_totals *totals, uint64_t *lines)
{
    char amount[RR_SUM_TEXT];
    struct currency_total total;
    json_t *amounts = json_object();
    for (uint32_t at = 0; at < totals->n;) {
        at = next_currency(totals, at, &total);
        rr_currency_format(&total.amount, total.minor_digits, amount);
        *lines += total.lines;
        json_object_set_new(amounts, total.currency, json_string(amount));
    }
    return amounts;
}

static json_t *summary_json(const struct rr_summary *s)
{
    char name[32];
    const struct rr_manifest *m = s->manifest;
    uint64_t lines = 0;
    json_t *amounts = amounts_json(s->totals, &lines);
    snprintf(name, sizeof name, "%04u", s->number);
    json_t *out = json_pack(
        "{s:s, s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "workspace", s->dir, "result",
        name, "unchanged", s->unchanged, "read", (json_int_t)m->ingested.read, "aggregated",
        (json_int_t)m->resolved.aggregated, "quarantined",
        (json_int_t)rr_tally_quarantined(&m->ingested, &m->resolved), "repaired",
        (json_int_t)rr_tally_repaired(&m->resolved), "not_metered",
        (json_int_t)m->resolved.not_metered, "conflicts", (json_int_t)m->resolved.conflicts,
        "lines", (json_int_t)lines, "amounts", amounts);
    for (int w = 0; w < RR_WITHHELD; w++)
        json_object_set_new(out, rr_withheld_name((enum rr_withheld)w),
                            json_integer((json_int_t)m->resolved.withheld[w]));
    json_object_set_new(out, "staged", json_boolean(waits(s)));
    json_object_set_new(out, "priced",
                        json_pack("{s:I, s:I}", "computed", (json_int_t)s->computed, "carried",
                                  (json_int_t)s->carried));
    if (s->what_if)
        json_object_set_new(out, "what_if", json_string(s->what_if));
    if (s->as_of > 0)
        json_object_set_new(out, "as_of", json_integer((json_int_t)s->as_of));
    return out;
}

/* One object; of several results, one with all of them. */
static void print_json(const struct rr_summary *summaries, int n)
{
    json_t *out = n == 1 ? summary_json(&summaries[0]) : json_pack("{s:[]}", "results");
    for (int i = 0; i < n && n > 1; i++)
        json_array_append_new(json_object_get(out, "results"), summary_json(&summaries[i]));
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

/* What one does with a result that waits. */
static void print_candidate(const char *dir, unsigned number)
{
    unsigned latest = rr_result_latest(dir);
    printf("staged    results/latest stays; `rerate publish -w %s %04u` moves it\n", dir, number);
    if (latest > 0)
        printf("          `rerate impact -w %s %04u %04u` tells what it changes\n", dir, latest,
               number);
}

static void print_result(const struct rr_summary *s)
{
    struct currency_total total;
    char amount[RR_SUM_TEXT];
    if (s->what_if)
        printf("what if   %s\n", s->what_if);
    for (uint32_t at = 0; at < s->totals->n;) {
        at = next_currency(s->totals, at, &total);
        rr_currency_format(&total.amount, total.minor_digits, amount);
        printf("billed    %s %s in %llu lines\n", amount, total.currency,
               (unsigned long long)total.lines);
    }
    if (s->carries)
        printf("priced    %llu lines; %llu that the book can't touch were carried over\n",
               (unsigned long long)s->computed, (unsigned long long)s->carried);
    if (s->as_of > 0)
        printf("as of     increment %u; results/latest stays where it is\n", s->as_of);
    printf("result    %s/results/%04u%s\n", s->dir, s->number,
           s->unchanged ? " (nothing has changed: it stands)" : "");
    if (waits(s) && s->as_of == 0)
        print_candidate(s->dir, s->number);
}

static void print_text(const struct rr_summary *summaries, int n)
{
    const struct rr_manifest *m = summaries[0].manifest;
    print_records(m);
    if (m->resolved.conflicts > 0)
        printf("conflicts %llu duplicates differ from the copy that counts: see conflicts.csv\n",
               (unsigned long long)m->resolved.conflicts);
    for (int i = 0; i < n; i++)
        print_result(&summaries[i]);
}

void rr_summary_print(bool json, const struct rr_summary *summaries, int n)
{
    if (json)
        print_json(summaries, n);
    else
        print_text(summaries, n);
    fflush(stdout);
}
