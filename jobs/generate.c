/* `rerate generate`: a deterministic sample of a year's usage, with a book and subscriptions.
 *
 * Record i is a function of the seed and i alone, so a copy sent twice is the same record again. The
 * sample has what real usage has: accounts of very different size, days of the year in order of file
 * but not within it, one record in a hundred sent again later.
 */
#include "command.h"

#include "../io/commit.h"
#include "../io/text_file.h"
#include "../io/zone.h"

#include <stdio.h>
#include <string.h>

enum {
    RECORDS_A_FILE = 500000,
    RESENT = 100, /* one in so many is a copy */
    YEAR = 2025,
    DAY_MS = 86400000,
    DAYS = 365,
    PATH = 4096,
};

static const char book_text[] =
    "# A sample: an API billed by calls, tokens and storage.\n"
    "rerate: 1\n"
    "currency: USD\n"
    "timezone: UTC\n"
    "period: month\n"
    "rounding: half_up\n"
    "bucket: day\n"
    "\n"
    "usage:\n"
    "  account: account_id\n"
    "  timestamp: timestamp\n"
    "  event_id: event_id\n"
    "  meter: meter\n"
    "  quantity: quantity\n"
    "  dimensions: [region, model]\n"
    "\n"
    "meters:\n"
    "  api_calls: {aggregate: count}\n"
    "  tokens: {aggregate: sum, by: [model]}\n"
    "  storage_gb: {aggregate: max, by: [region]}\n"
    "\n"
    "plans:\n"
    "  payg:\n"
    "    versions:\n"
    "      - from: 2025-01-01\n"
    "        charges:\n"
    "          - {meter: api_calls, free: 100, per_unit: \"0.0004\"}\n"
    "          - {meter: tokens, split: [model], per_unit: \"0.000002\"}\n"
    "          - {meter: storage_gb, split: [region], package: {size: 10, amount: \"0.25\"}}\n"
    "      - from: 2025-07-01\n"
    "        charges:\n"
    "          - {meter: api_calls, free: 100, per_unit: \"0.00035\"}\n"
    "          - {meter: tokens, split: [model], per_unit: \"0.0000018\"}\n"
    "          - {meter: storage_gb, split: [region], package: {size: 10, amount: \"0.25\"}}\n"
    "  pro:\n"
    "    versions:\n"
    "      - from: 2025-01-01\n"
    "        charges:\n"
    "          - {id: platform, flat: \"20.00\", prorate: true}\n"
    "          - meter: api_calls\n"
    "            graduated:\n"
    "              - {up_to: 1000, unit: \"0\"}\n"
    "              - {up_to: 10000, unit: \"0.0003\"}\n"
    "              - {unit: \"0.0002\"}\n"
    "          - id: tokens_small\n"
    "            meter: tokens\n"
    "            where: {model: small}\n"
    "            per_unit: \"0.000001\"\n"
    "          - id: tokens_large\n"
    "            meter: tokens\n"
    "            where: {model: [large, vision]}\n"
    "            volume:\n"
    "              - {up_to: 1000000, unit: \"0.000005\"}\n"
    "              - {unit: \"0.000004\"}\n"
    "          - {meter: storage_gb, per_unit: \"0.02\"}\n"
    "\n"
    "default_plan: payg\n"
    "subscriptions: subscriptions.csv\n";

/* SplitMix64 (Steele, Lea, Flood 2014): one well-mixed number for each counter. */
static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

struct sample {
    uint64_t records, accounts, seed;
    int32_t first_day;
};

/* Every third record belongs to the first hundredth of the accounts. */
static uint64_t account_of(const struct sample *s, uint64_t random)
{
    uint64_t few = s->accounts / 100 + 1;
    return (random & 0xffff) % 3 == 0 ? (random >> 16) % few : (random >> 16) % s->accounts;
}

static size_t write_record(const struct sample *s, uint64_t i, char *out, size_t size)
{
    static const char *const regions[] = {"eu", "us", "ap"};
    static const char *const models[] = {"small", "large", "vision"};
    uint64_t a = mix(s->seed * 0x9e3779b9u + i), b = mix(a), c = mix(b);
    /* Time goes on with the record number, give or take half a day. */
    uint64_t ms = (uint64_t)((rr_u128)i * (DAYS - 1) * DAY_MS / s->records) + b % DAY_MS;
    char day[11];
    rr_day_format(s->first_day + (int32_t)(ms / DAY_MS), day);
    uint64_t in_day = ms % DAY_MS;
    unsigned kind = (unsigned)(c % 8);
    int n = snprintf(out, size, "%016llx,acct-%07llu,%sT%02u:%02u:%02u.%03uZ,",
                     (unsigned long long)mix(a ^ 0x5bd1e995u), (unsigned long long)account_of(s, a),
                     day, (unsigned)(in_day / 3600000), (unsigned)(in_day / 60000 % 60),
                     (unsigned)(in_day / 1000 % 60), (unsigned)(in_day % 1000));
    const char *region = regions[(c >> 8) % 3];
    size_t at = (size_t)n;
    if (kind < 3)
        n = snprintf(out + at, size - at, "api_calls,1,%s,\n", region);
    else if (kind < 7)
        n = snprintf(out + at, size - at, "tokens,%llu,%s,%s\n",
                     (unsigned long long)((c >> 16) % 4000 + 1), region, models[(c >> 40) % 3]);
    else
        n = snprintf(out + at, size - at, "storage_gb,%llu.%03llu,%s,\n",
                     (unsigned long long)((c >> 16) % 500), (unsigned long long)((c >> 32) % 1000),
                     region);
    return at + (size_t)n;
}

/* A copy repeats one of the last million records. */
static uint64_t original_of(const struct sample *s, uint64_t i)
{
    uint64_t random = mix(s->seed ^ mix(i));
    if (i == 0 || random % RESENT != 0)
        return i;
    uint64_t back = (random >> 8) % (i < 1000000 ? i : 1000000);
    return i - 1 - back;
}

static int write_usage(const struct sample *s, const char *dir, bool plain, struct rr_error *err)
{
    static const char header[] = "event_id,account_id,timestamp,meter,quantity,region,model\n";
    struct rr_text_file *file = NULL;
    for (uint64_t i = 0; i < s->records || i == 0; i++) {
        char row[256], path[PATH];
        if (i % RECORDS_A_FILE == 0) {
            if (file && rr_text_file_finish(file, err) != 0)
                return -1;
            snprintf(path, sizeof path, "%s/usage/usage-%05llu.csv%s", dir,
                     (unsigned long long)(i / RECORDS_A_FILE), plain ? "" : ".zst");
            file = rr_text_file_create(path, err);
            if (file == NULL || rr_text_file_put(file, header, sizeof header - 1, err) != 0)
                return -1;
            if (s->records == 0)
                break;
        }
        size_t len = write_record(s, original_of(s, i), row, sizeof row);
        if (rr_text_file_put(file, row, len, err) != 0)
            return -1;
    }
    return rr_text_file_finish(file, err);
}

/* Half of the accounts subscribe to pro: some from the start, some from within the year, some for a
 * part of it and to payg after that. */
static int write_subscriptions(const struct sample *s, const char *path, struct rr_error *err)
{
    struct rr_text_file *file = rr_text_file_create(path, err);
    static const char header[] = "account,plan,start,end\n";
    int result = file ? rr_text_file_put(file, header, sizeof header - 1, err) : -1;
    for (uint64_t a = 0; a < s->accounts && result == 0; a++) {
        uint64_t random = mix(s->seed + mix(a + 1));
        char row[160], day[11];
        int n = 0;
        unsigned long long name = a;
        rr_day_format(s->first_day + (int32_t)((random >> 8) % DAYS), day);
        if (random % 8 < 2)
            n = snprintf(row, sizeof row, "acct-%07llu,pro,2025-01-01,\n", name);
        else if (random % 8 == 2)
            n = snprintf(row, sizeof row, "acct-%07llu,payg,2025-01-01,%s\nacct-%07llu,pro,%s,\n",
                         name, day, name, day);
        else if (random % 8 == 3)
            n = snprintf(row, sizeof row, "acct-%07llu,pro,2025-01-01,%s\nacct-%07llu,payg,%s,\n",
                         name, day, name, day);
        /* A change on the first day of all leaves nothing before it. */
        if (n > 0 && random % 8 >= 2 && strcmp(day, "2025-01-01") == 0)
            n = snprintf(row, sizeof row, "acct-%07llu,pro,2025-01-01,\n", name);
        result = rr_text_file_put(file, row, (size_t)n, err);
    }
    if (file == NULL)
        return -1;
    int finished = rr_text_file_finish(file, result == 0 ? err : NULL);
    return result == 0 ? finished : result;
}

int rr_command_generate(const struct rr_comm *comm, const struct rr_arguments *a,
                        struct rr_error *err)
{
    (void)comm;
    char path[PATH];
    if (a->output == NULL || !a->has_records || !a->has_accounts || a->n_rest != 0)
        return rr_fail(err, RR_EXIT_USAGE,
                       "generate wants --records N --accounts N -o DIR; see `rerate generate "
                       "--help`");
    struct sample sample = {a->records, a->accounts, a->seed, rr_day_of_date(YEAR, 1, 1)};
    snprintf(path, sizeof path, "%s/usage", a->output);
    if (rr_make_dir(path, err) != 0)
        return -1;
    snprintf(path, sizeof path, "%s/book.yaml", a->output);
    if (rr_commit_bytes(path, book_text, sizeof book_text - 1, err) != 0)
        return -1;
    snprintf(path, sizeof path, "%s/subscriptions.csv", a->output);
    if (write_subscriptions(&sample, path, err) != 0 ||
        write_usage(&sample, a->output, a->plain_csv, err) != 0)
        return -1;
    printf("%s: book.yaml, subscriptions.csv, usage/ with %llu records of %llu accounts\n",
           a->output, (unsigned long long)a->records, (unsigned long long)a->accounts);
    return 0;
}
