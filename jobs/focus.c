/* Rows of FOCUS. */
#include "focus.h"

#include "../io/memory.h"
#include "../io/zone.h"
#include "calendar.h"
#include "corrections_out.h"
#include "issued.h"
#include "money.h"

#include <rerate/dictionary.h>

#include <stdio.h>
#include <string.h>

/* In the order of the alphabet, then columns of our own, which begin with x_. */
const char rr_focus_header[] =
    "BilledCost,BillingAccountId,BillingAccountName,BillingCurrency,BillingPeriodEnd,"
    "BillingPeriodStart,ChargeCategory,ChargeClass,ChargeDescription,ChargeFrequency,"
    "ChargePeriodEnd,ChargePeriodStart,ConsumedQuantity,ConsumedUnit,ContractedCost,"
    "ContractedUnitPrice,EffectiveCost,InvoiceId,InvoiceIssuerName,ListCost,ListUnitPrice,"
    "PricingCategory,PricingQuantity,PricingUnit,ProviderName,PublisherName,ServiceCategory,"
    "ServiceName,ServiceSubcategory,SkuId,SkuMeter,SkuPriceDetails,SkuPriceId,SubAccountId,"
    "SubAccountName,x_Detail,x_PriceEffect,x_Rounding,x_UsageEffect\n";

enum { TIME_TEXT = 32, SECONDS_A_DAY = 86400 };

/* What the book says of charges of one id, wherever they stand. */
struct charge {
    bool fee, metered, many; /* many: they have several meters */
    struct rr_text meter;
};

struct rr_focus {
    const struct rr_book *book;
    struct rr_text provider;
    char *shared; /* what all ranks know of charges and contracts */
    struct rr_dictionary
        *charges; /* the ids of the first n_charges; then others that were asked for */
    struct charge *charge;
    uint32_t n_charges;
    struct rr_dictionary *prepaid; /* contracts whose commitment is billed upfront, the same way */
    uint32_t n_prepaid;
};

/* ---- what the book says ---- */

static void tell(struct rr_line *out, char what, struct rr_text name, struct rr_text meter)
{
    rr_line_put(out, &what, 1);
    rr_line_put(out, name.ptr, name.len);
    rr_line_put(out, "", 1);
    rr_line_put(out, meter.ptr, meter.len);
    rr_line_put(out, "", 1);
}

static void tell_charges(const struct rr_book *book, const struct rr_charge *charge, int n,
                         struct rr_line *out)
{
    for (int i = 0; i < n; i++) {
        bool fee = charge[i].meter == RR_NO_COLUMN;
        tell(out, fee ? 'f' : 'm', charge[i].id,
             fee ? (struct rr_text){0} : book->meters[charge[i].meter].name);
    }
}

static void tell_book(const struct rr_book *book, struct rr_line *out)
{
    for (int p = 0; p < book->n_plans; p++)
        for (int v = 0; v < book->plans[p].n_versions; v++)
            tell_charges(book, book->plans[p].versions[v].charges,
                         book->plans[p].versions[v].n_charges, out);
    for (int c = 0; c < book->n_contracts; c++) {
        const struct rr_contract *contract = &book->contracts[c];
        tell_charges(book, contract->own, contract->n_own, out);
        if (contract->commit.given && contract->commit.upfront)
            tell(out, 'u', contract->name, (struct rr_text){0});
    }
}

static void learn_charge(struct rr_focus *f, bool fee, struct rr_text id, struct rr_text meter)
{
    uint32_t n = rr_dictionary_size(f->charges);
    uint32_t code = rr_dictionary_enter(f->charges, id, rr_dictionary_hash(id));
    if (code == n) {
        f->charge = rr_realloc(f->charge, (n + 1) * sizeof *f->charge);
        f->charge[code] = (struct charge){0};
    }
    struct charge *charge = &f->charge[code];
    charge->many |= !fee && charge->metered && !rr_text_equal(charge->meter, meter);
    charge->fee |= fee;
    charge->metered |= !fee;
    if (!fee)
        charge->meter = meter;
}

static void learn(struct rr_focus *f, size_t len)
{
    for (const char *at = f->shared; at < f->shared + len;) {
        char what = *at++;
        struct rr_text name = rr_text_of(at), meter = rr_text_of(at + name.len + 1);
        if (what == 'u')
            rr_dictionary_enter(f->prepaid, name, rr_dictionary_hash(name));
        else
            learn_charge(f, what == 'f', name, meter);
        at = meter.ptr + meter.len + 1;
    }
}

struct rr_focus *rr_focus_create(const struct rr_comm *comm, const struct rr_book *book,
                                 const char *provider)
{
    struct rr_focus *f = rr_calloc(1, sizeof *f);
    struct rr_line mine = {0};
    size_t len;
    f->book = book;
    f->provider = rr_text_of(provider);
    f->charges = rr_dictionary_create();
    f->prepaid = rr_dictionary_create();
    tell_book(book, &mine);
    rr_comm_concat(comm, mine.bytes, mine.used, &f->shared, &len, NULL);
    rr_line_fini(&mine);
    learn(f, len);
    f->n_charges = rr_dictionary_size(f->charges);
    f->n_prepaid = rr_dictionary_size(f->prepaid);
    return f;
}

void rr_focus_destroy(struct rr_focus *f)
{
    if (f == NULL)
        return;
    rr_dictionary_destroy(f->charges);
    rr_dictionary_destroy(f->prepaid);
    free(f->charge);
    free(f->shared);
    free(f);
}

/* What the book says of the charges of an id; NULL when it names none. */
static const struct charge *find_charge(struct rr_focus *f, struct rr_text id)
{
    uint32_t code = rr_dictionary_enter(f->charges, id, rr_dictionary_hash(id));
    return code < f->n_charges ? &f->charge[code] : NULL;
}

bool rr_focus_is_prepaid(struct rr_focus *f, struct rr_text charge, struct rr_text contract)
{
    if (rr_text_equal(charge, rr_text_of("commit_used")))
        return true;
    return rr_text_equal(charge, rr_text_of("commit")) &&
           rr_dictionary_enter(f->prepaid, contract, rr_dictionary_hash(contract)) < f->n_prepaid;
}

/* ---- rows ---- */

enum category { USAGE, PURCHASE, CREDIT };

/* What plans and contracts make up is bought, like a fee; what the book does not name any more was metered. */
static enum category category_of(struct rr_focus *f, struct rr_text id)
{
    static const char *const made[] = {"minimum", "commit", "commit_used", "overage"};
    const struct charge *charge = find_charge(f, id);
    if (id.len > 7 && memcmp(id.ptr, "credit:", 7) == 0)
        return CREDIT;
    if (charge)
        return charge->metered ? USAGE : PURCHASE;
    for (int i = 0; i < 4; i++)
        if (rr_text_equal(id, rr_text_of(made[i])))
            return PURCHASE;
    return USAGE;
}

static struct rr_text meter_of(struct rr_focus *f, struct rr_text id)
{
    const struct charge *charge = find_charge(f, id);
    return charge && !charge->many ? charge->meter : (struct rr_text){0};
}

/* Midnight of the day in the book's zone, in UTC. */
static void put_midnight(const struct rr_focus *f, int32_t day, struct rr_line *row)
{
    char date[11], text[TIME_TEXT];
    int64_t utc_s = rr_zone_utc(f->book->zone, (int64_t)day * SECONDS_A_DAY);
    int32_t utc_day = (int32_t)((utc_s - (utc_s % SECONDS_A_DAY + SECONDS_A_DAY) % SECONDS_A_DAY) /
                                SECONDS_A_DAY);
    int s = (int)(utc_s - (int64_t)utc_day * SECONDS_A_DAY);
    rr_day_format(utc_day, date);
    int len =
        snprintf(text, sizeof text, "%sT%02d:%02d:%02dZ", date, s / 3600, s / 60 % 60, s % 60);
    rr_line_plain(row, text, (size_t)len);
}

/* Its end, then its start, as the columns stand. */
static void put_period(const struct rr_focus *f, struct rr_text text, struct rr_line *row)
{
    char copy[RR_PERIOD_TEXT];
    int32_t period = 0;
    snprintf(copy, sizeof copy, "%.*s", (int)text.len, text.ptr);
    rr_period_parse(f->book->period, copy, &period);
    put_midnight(f, rr_period_start(f->book->period, period + 1), row);
    put_midnight(f, rr_period_start(f->book->period, period), row);
}

static void put_text(struct rr_line *row, const char *text)
{
    rr_line_field(row, rr_text_of(text));
}

static void put_null(struct rr_line *row)
{
    rr_line_plain(row, "", 0);
}

static void put_description(const struct rr_correction *c, const char *book_in, struct rr_line *row)
{
    struct rr_line text = {0};
    const struct rr_text parts[] = {rr_text_of("Correction of "),
                                    c->charge,
                                    rr_text_of(c->detail.len ? " (" : ""),
                                    c->detail,
                                    rr_text_of(c->detail.len ? ")" : ""),
                                    rr_text_of(" for "),
                                    c->corrects,
                                    rr_text_of(", booked in "),
                                    rr_text_of(book_in)};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        rr_line_put(&text, parts[i].ptr, parts[i].len);
    rr_line_field(row, rr_line_text(&text));
    rr_line_fini(&text);
}

static void put_cost(const struct rr_correction *c, struct rr_line *row)
{
    char text[RR_SUM_TEXT];
    rr_line_plain(row, text, rr_money_format(&c->effects.delta, c->currency, text));
}

static void put_sum(struct rr_line *row, const struct rr_sum *sum)
{
    char text[RR_SUM_TEXT];
    rr_line_plain(row, text, rr_sum_format(sum, text));
}

/* Up to ChargePeriodStart: who is billed what, and when. */
static void put_charge(const struct rr_focus *f, const struct rr_correction *c,
                       enum category category, const char *book_in, struct rr_line *row)
{
    static const char *const categories[] = {"Usage", "Purchase", "Credit"};
    static const char *const frequencies[] = {"Usage-Based", "Recurring", "One-Time"};
    put_cost(c, row);
    rr_line_field(row, c->payer);
    put_null(row);
    rr_line_field(row, c->currency);
    put_period(f, rr_text_of(book_in), row);
    put_text(row, categories[category]);
    put_text(row, "Correction");
    put_description(c, book_in, row);
    put_text(row, frequencies[category]);
    put_period(f, c->corrects, row);
}

/* From ConsumedQuantity to PricingUnit: a difference of amounts has costs, but neither quantity nor unit price. */
static void put_costs(const struct rr_focus *f, const struct rr_correction *c,
                      enum category category, struct rr_line *row)
{
    put_null(row);
    put_null(row);
    put_cost(c, row);
    put_null(row);
    if (c->prepaid)
        put_text(row, "0");
    else
        put_cost(c, row);
    put_null(row);
    rr_line_field(row, f->provider);
    put_cost(c, row);
    put_null(row);
    put_text(row, category == CREDIT ? "" : "Standard");
    put_null(row);
    put_null(row);
}

/* From ProviderName on: what is billed. */
static void put_service(struct rr_focus *f, const struct rr_correction *c, enum category category,
                        struct rr_line *row)
{
    rr_line_field(row, f->provider);
    rr_line_field(row, f->provider);
    put_text(row, "Other");
    rr_line_field(row, c->charge);
    put_text(row, "Other (Other)");
    rr_line_field(row, category == CREDIT ? (struct rr_text){0} : c->charge);
    rr_line_field(row, meter_of(f, c->charge));
    put_null(row);
    put_null(row);
    rr_line_field(row, c->account);
    put_null(row);
    rr_line_field(row, c->detail);
    put_sum(row, &c->effects.price);
    put_sum(row, &c->effects.rounding);
    put_sum(row, &c->effects.usage);
    rr_line_end(row);
}

void rr_focus_put(struct rr_focus *f, const struct rr_correction *c, const char *book_in,
                  struct rr_line *row)
{
    enum category category = category_of(f, c->charge);
    put_charge(f, c, category, book_in, row);
    put_costs(f, c, category, row);
    put_service(f, c, category, row);
}
