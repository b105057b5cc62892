/* The parser's tables of keys, a line for each key: what the schema must have too. */
#include "../../jobs/book_reader.h"

#include <stdio.h>

/* By the names that the schema gives them; the book itself has none. */
static const struct {
    const char *name;
    const struct rr_book_key *keys;
} tables[] = {
    {"book", rr_top_keys},
    {"usage", rr_usage_keys},
    {"const", rr_const_keys},
    {"meter", rr_meter_keys},
    {"plan", rr_plan_keys},
    {"version", rr_version_keys},
    {"charge", rr_charge_keys},
    {"case", rr_case_keys},
    {"units", rr_units_keys},
    {"discount", rr_discount_keys},
    {"tier", rr_tier_keys},
    {"percent_tier", rr_percent_tier_keys},
    {"package", rr_package_keys},
    {"percent", rr_percent_keys},
    {"per_event", rr_per_event_keys},
    {"contract", rr_contract_keys},
    {"commit", rr_commit_keys},
    {"credit", rr_credit_keys},
    {"subscription", rr_subscription_keys},
};

int main(void)
{
    static const char *const states[] = {[RR_KEY_OPTIONAL] = "optional",
                                         [RR_KEY_REQUIRED] = "required",
                                         [RR_KEY_REFUSED] = "refused"};
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++) {
        for (const struct rr_book_key *key = tables[t].keys; key->name != NULL; key++)
            printf("%s %s %s\n", tables[t].name, key->name, states[key->state]);
    }
    return 0;
}
