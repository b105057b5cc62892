/* The closing summary of an impact. */
#include "impact_summary.h"

#include "../io/memory.h"

#include <stdio.h>
#include <string.h>

static const char *text_in(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static long long count_in(const json_t *object, const char *name)
{
    return (long long)json_integer_value(json_object_get(object, name));
}

static bool nothing_to_adjust(const json_t *facts)
{
    const json_t *rows = json_object_get(facts, "rows");
    return count_in(rows, "adjustments") == 0 && count_in(rows, "lines") == 0;
}

static void print_totals(const json_t *facts)
{
    const json_t *totals = json_object_get(facts, "totals");
    for (size_t i = 0; i < json_array_size(totals); i++) {
        const json_t *t = json_array_get(totals, i);
        printf("delta     %s %s: old %s, new %s\n", text_in(t, "delta"), text_in(t, "currency"),
               text_in(t, "old"), text_in(t, "new"));
        printf("          price %s, usage %s, rounding %s\n", text_in(t, "price_effect"),
               text_in(t, "usage_effect"), text_in(t, "rounding"));
    }
}

static void print_accounts(const json_t *facts)
{
    const json_t *accounts = json_object_get(facts, "accounts");
    for (size_t i = 0; i < json_array_size(accounts); i++) {
        const json_t *a = json_array_get(accounts, i);
        printf("accounts  %lld pay less, %lld more, %lld the same, in %s\n", count_in(a, "less"),
               count_in(a, "more"), count_in(a, "unchanged"), text_in(a, "currency"));
    }
}

static void print_booked(const json_t *facts)
{
    const json_t *booking = json_object_get(facts, "booking");
    const json_t *booked = json_object_get(facts, "booked");
    if (booking == NULL)
        return;
    for (size_t i = 0; i < json_array_size(booked); i++) {
        const json_t *b = json_array_get(booked, i);
        printf("booked    %s %s in %s for %s, in %lld corrections\n", text_in(b, "amount"),
               text_in(b, "currency"), text_in(booking, "book_in"), text_in(b, "corrects"),
               count_in(b, "rows"));
    }
    if (json_array_size(booked) == 0)
        printf("booked    nothing: closed periods are as they were issued\n");
}

static void print_text(const char *workspace, const char *name, const json_t *facts, bool same)
{
    const json_t *rows = json_object_get(facts, "rows");
    if (nothing_to_adjust(facts)) {
        printf("nothing to adjust\n");
    } else {
        print_totals(facts);
        print_accounts(facts);
        printf("rows      %lld adjustments, %lld lines\n", count_in(rows, "adjustments"),
               count_in(rows, "lines"));
        print_booked(facts);
    }
    printf("impact    %s/impact/%s%s\n", workspace, name,
           same ? " (nothing has changed: it stands)" : "");
}

static void print_json(const char *workspace, const char *name, const json_t *facts, bool same)
{
    static const char *const parts[] = {"totals", "accounts", "booked", "rows", NULL};
    json_t *out = json_pack("{s:s, s:s, s:b, s:b}", "workspace", workspace, "impact", name,
                            "unchanged", same, "nothing_to_adjust", nothing_to_adjust(facts));
    for (int i = 0; parts[i]; i++)
        if (json_object_get(facts, parts[i]))
            json_object_set(out, parts[i], json_object_get(facts, parts[i]));
    char *text = json_dumps(out, JSON_COMPACT);
    rr_check(text != NULL, "a summary that is no JSON");
    puts(text);
    free(text);
    json_decref(out);
}

void rr_impact_summary_print(bool json, const char *workspace, const char *name,
                             const json_t *facts, bool same)
{
    if (json)
        print_json(workspace, name, facts, same);
    else
        print_text(workspace, name, facts, same);
    fflush(stdout);
}
