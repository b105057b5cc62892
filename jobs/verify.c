/* `rerate verify`: proves a workspace from its files alone, one line a check. */
#include "command.h"

#include "../io/commit.h"
#include "../io/csv.h"
#include "../io/memory.h"
#include "../io/runfile.h"
#include "../runtime/state.h"

#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATH = 4096 };

struct verification {
    const char *dir;
    bool quiet; /* only the closing summary */
    unsigned passed, failed;
    char first[RR_ERROR_TEXT]; /* the first failure */
};

static void report(struct verification *v, const char *check, const char *subject, int result,
                   const struct rr_error *err)
{
    if (result == 0) {
        v->passed++;
        if (!v->quiet)
            printf("ok    %s: %s\n", check, subject);
        return;
    }
    if (!v->quiet)
        printf("FAIL  %s: %s: %s\n", check, subject, err->text);
    if (v->failed++ == 0)
        snprintf(v->first, sizeof v->first, "%s", err->text);
}

static int check_balance(const struct rr_manifest *m, struct rr_error *err)
{
    uint64_t found = rr_tally_accounted(&m->ingested, &m->resolved);
    if (!rr_manifest_all_read(m) || !rr_manifest_all_resolved(m))
        return 0; /* a stopped run: nothing balances yet, and nothing was published from it */
    if (found != m->ingested.read)
        return rr_fail(err, RR_EXIT_DATA, "%llu records were read and %llu are accounted for",
                       (unsigned long long)m->ingested.read, (unsigned long long)found);
    for (int i = 0; i < m->ingested.n_meters; i++) {
        struct rr_sum sum = rr_tally_accounted_quantity(&m->resolved, i);
        if (!rr_sum_equal(&sum, &m->ingested.meters[i].read))
            return rr_fail(err, RR_EXIT_DATA, "the quantities of meter %d do not balance", i);
    }
    return 0;
}

/* A generation of the manifest and what it names. */
static void verify_generation(struct verification *v, bool previous)
{
    struct rr_error err;
    struct rr_state state = {0};
    bool there;
    snprintf(state.dir, sizeof state.dir, "%s", v->dir);
    struct rr_manifest *m = rr_state_look_at(v->dir, previous, &there, &err);
    if (!there && previous)
        return;
    if (!there)
        rr_fail(&err, RR_EXIT_INPUT, "%s: holds no state", v->dir);
    report(v, previous ? "manifest before" : "manifest", v->dir, m ? 0 : -1, &err);
    for (uint32_t i = 0; m && i < m->n_runs; i++) {
        char path[PATH];
        rr_state_run_path(&state, m->runs[i].name, path);
        report(v, "run", m->runs[i].name,
               rr_run_check(path, m->runs[i].bytes, m->runs[i].digest, &err), &err);
    }
    if (m)
        report(v, "state balances", v->dir, check_balance(m, &err), &err);
    rr_manifest_destroy(m);
}

static void verify_state(struct verification *v)
{
    verify_generation(v, false);
    verify_generation(v, true);
}

/* What invoices.csv or the sum of lines.csv says of one account, period and currency. */
struct invoice {
    char *key; /* account, period and currency with NULs between */
    uint32_t key_len;
    uint64_t lines;
    struct rr_sum amount;
};

struct invoices {
    struct invoice *item;
    size_t n, size;
    struct rr_dictionary *keys;
};

static struct invoice *invoice_at(struct invoices *all, const struct rr_text part[3])
{
    char key[3 * (RR_NAME_MAX + 1)];
    size_t used = 0;
    for (int i = 0; i < 3; i++) {
        size_t len = part[i].len < RR_NAME_MAX ? part[i].len : RR_NAME_MAX;
        memcpy(key + used, part[i].ptr, len);
        used += len;
        key[used++] = '\0';
    }
    struct rr_text text = {key, (uint32_t)used};
    uint32_t code = rr_dictionary_enter(all->keys, text, rr_dictionary_hash(text));
    if (code == all->n) {
        if (all->n == all->size) {
            all->size = all->size ? all->size * 2 : 1024;
            all->item = rr_realloc(all->item, all->size * sizeof *all->item);
        }
        all->item[all->n++] = (struct invoice){0};
    }
    return &all->item[code];
}

/* Goes through a result file, handing on each row's wanted columns. */
static int each_row(const char *path, const char *const *names, int n,
                    int (*take)(void *self, const struct rr_text *fields, struct rr_error *err),
                    void *self, struct rr_error *err)
{
    const struct rr_split whole = {.end = UINT64_MAX, .first_record = 1};
    struct rr_text columns[RR_BATCH_COLUMNS];
    const struct rr_batch *batch;
    for (int c = 0; c < n; c++)
        columns[c] = rr_text_of(names[c]);
    struct rr_csv *csv = rr_csv_open(path, &whole, columns, n, 0, 1, err);
    if (csv == NULL)
        return -1;
    int got, result = 0;
    while (result == 0 && (got = rr_csv_read(csv, &batch, err)) != 0) {
        result = got < 0 ? -1 : 0;
        for (uint32_t i = 0; result == 0 && i < batch->n; i++) {
            struct rr_text fields[RR_BATCH_COLUMNS];
            if (batch->reject[i] != RR_ACCEPT) {
                result = rr_fail(err, RR_EXIT_DATA, "%s: row %llu is damaged", path,
                                 (unsigned long long)(batch->first_record + i));
                break;
            }
            for (int c = 0; c < n; c++)
                fields[c] = batch->column[c][i];
            result = take(self, fields, err);
        }
    }
    rr_csv_close(csv);
    return result;
}

static int parse_amount(struct rr_text text, rr_decimal *amount, struct rr_error *err)
{
    if (rr_decimal_parse(text.ptr, text.len, false, amount) == RR_DECIMAL_OK)
        return 0;
    return rr_fail(err, RR_EXIT_DATA, "'%.*s' is no amount", RR_SHOW(text));
}

/* Rows of lines.csv: in order, and added up by invoice. */
struct line_reader {
    struct invoices *all;
    const json_t *payers; /* of run.json: who pays for the lines of a contract */
    char *last;
    size_t last_len, last_size;
    uint64_t row;
};

static struct rr_text payer_of(const struct line_reader *reader, const struct rr_text *f)
{
    const json_t *payer =
        f[1].len > 0 ? json_object_getn(reader->payers, f[1].ptr, f[1].len) : NULL;
    const char *name = json_string_value(payer);
    return name ? (struct rr_text){name, (uint32_t)json_string_length(payer)} : f[0];
}

static int take_line(void *self, const struct rr_text *f, struct rr_error *err)
{
    struct line_reader *reader = self;
    rr_decimal amount;
    char key[7 * (RR_NAME_MAX + 1)];
    size_t used = 0;
    for (int i = 0; i < 7; i++) { /* account, contract, period, plan, charge, detail, from */
        size_t len = f[i].len < RR_NAME_MAX ? f[i].len : RR_NAME_MAX;
        memcpy(key + used, f[i].ptr, len);
        used += len;
        key[used++] = '\0';
    }
    reader->row++;
    size_t shorter = used < reader->last_len ? used : reader->last_len;
    int order = shorter ? memcmp(key, reader->last, shorter) : 1;
    if (reader->row > 1 && (order < 0 || (order == 0 && used <= reader->last_len)))
        return rr_fail(err, RR_EXIT_DATA, "row %llu is out of order or doubled",
                       (unsigned long long)reader->row);
    if (used > reader->last_size) {
        reader->last_size = used * 2;
        reader->last = rr_realloc(reader->last, reader->last_size);
    }
    memcpy(reader->last, key, used);
    reader->last_len = used;
    if (parse_amount(f[7], &amount, err) != 0)
        return -1;
    const struct rr_text part[3] = {payer_of(reader, f), f[2], f[8]};
    struct invoice *invoice = invoice_at(reader->all, part);
    invoice->lines++;
    rr_sum_add(&invoice->amount, amount);
    return 0;
}

static int take_invoice(void *self, const struct rr_text *f, struct rr_error *err)
{
    struct invoices *all = self;
    rr_decimal amount, lines;
    struct rr_sum sum = {0};
    size_t before = all->n;
    struct invoice *invoice = invoice_at(all, f);
    if (parse_amount(f[3], &lines, err) != 0 || parse_amount(f[4], &amount, err) != 0)
        return -1;
    rr_sum_add(&sum, amount);
    if (all->n != before || (rr_decimal)invoice->lines * RR_DECIMAL_ONE != lines ||
        !rr_sum_equal(&sum, &invoice->amount))
        return rr_fail(err, RR_EXIT_DATA,
                       "the invoice of '%.*s' for %.*s is not the sum of its lines", (int)f[0].len,
                       f[0].ptr, (int)f[1].len, f[1].ptr);
    invoice->lines = 0; /* each is invoiced once */
    invoice->amount = (struct rr_sum){0};
    return 0;
}

/* A table of a result, which may be compressed. */
static void table_path(const char *result, const char *name, char path[PATH + 32])
{
    snprintf(path, PATH + 32, "%s/%s", result, name);
    if (access(path, F_OK) != 0)
        snprintf(path, PATH + 32, "%s/%s.zst", result, name);
}

static int check_invoices(const char *result, struct rr_error *err)
{
    static const char *const line_columns[] = {"account", "contract", "period", "plan",    "charge",
                                               "detail",  "from",     "amount", "currency"};
    static const char *const invoice_columns[] = {"account", "period", "currency", "lines",
                                                  "total"};
    struct invoices all = {.keys = rr_dictionary_create()};
    char path[PATH + 32];
    snprintf(path, sizeof path, "%s/run.json", result);
    json_t *run = json_load_file(path, 0, NULL);
    struct line_reader reader = {.all = &all, .payers = json_object_get(run, "payers")};
    table_path(result, "lines.csv", path);
    int found = each_row(path, line_columns, 9, take_line, &reader, err);
    table_path(result, "invoices.csv", path);
    if (found == 0)
        found = each_row(path, invoice_columns, 5, take_invoice, &all, err);
    for (size_t i = 0; i < all.n && found == 0; i++)
        if (all.item[i].lines > 0)
            found = rr_fail(err, RR_EXIT_DATA, "lines of '%s' are on no invoice",
                            rr_dictionary_text(all.keys, (uint32_t)i).ptr);
    json_decref(run);
    rr_dictionary_destroy(all.keys);
    free(all.item);
    free(reader.last);
    return found;
}

/* ---- shares: those of a pooled line sum to it ---- */

/* Lines of contracts that have shares: what shares say minus what lines say. */
struct shares {
    struct rr_dictionary *contracts, *lines;
    uint32_t n_pooled;   /* contracts below have shares */
    struct rr_sum *left; /* of each line */
    uint32_t size;
};

static struct rr_text join(const struct rr_text *part, int n, char *out, size_t size)
{
    size_t used = 0;
    for (int i = 0; i < n; i++) {
        size_t len = part[i].len < size - used - 1 ? part[i].len : size - used - 1;
        memcpy(out + used, part[i].ptr, len);
        used += len;
        out[used++] = '\0';
    }
    return (struct rr_text){out, (uint32_t)used};
}

/* The line of contract, period, charge, detail, from. */
static struct rr_sum *left_of(struct shares *shares, const struct rr_text line[5])
{
    char key[5 * (RR_NAME_MAX + 1)];
    struct rr_text text = join(line, 5, key, sizeof key);
    uint32_t n = rr_dictionary_size(shares->lines);
    uint32_t code = rr_dictionary_enter(shares->lines, text, rr_dictionary_hash(text));
    if (n == shares->size) {
        shares->size = 2 * n + 1024;
        shares->left = rr_realloc(shares->left, shares->size * sizeof *shares->left);
    }
    if (code == n)
        shares->left[code] = (struct rr_sum){0};
    return &shares->left[code];
}

static int take_share(void *self, const struct rr_text *f, struct rr_error *err)
{
    struct shares *shares = self;
    rr_decimal amount;
    if (parse_amount(f[5], &amount, err) != 0)
        return -1;
    rr_dictionary_enter(shares->contracts, f[0], rr_dictionary_hash(f[0]));
    rr_sum_add(left_of(shares, f), amount);
    return 0;
}

static int take_pooled_line(void *self, const struct rr_text *f, struct rr_error *err)
{
    struct shares *shares = self;
    rr_decimal amount;
    if (f[0].len == 0 ||
        rr_dictionary_enter(shares->contracts, f[0], rr_dictionary_hash(f[0])) >= shares->n_pooled)
        return 0;
    if (parse_amount(f[5], &amount, err) != 0)
        return -1;
    rr_sum_add(left_of(shares, f), -amount);
    return 0;
}

static int check_sums_of_shares(const struct shares *shares, struct rr_error *err)
{
    for (uint32_t i = 0; i < rr_dictionary_size(shares->lines); i++)
        if (!rr_sum_equal(&shares->left[i], &(struct rr_sum){0}))
            return rr_fail(err, RR_EXIT_DATA,
                           "the shares of a line of contract '%s' are not the line",
                           rr_dictionary_text(shares->lines, i).ptr);
    return 0;
}

static int check_shares(const char *result, struct rr_error *err)
{
    static const char *const columns[] = {"contract", "period", "charge",
                                          "detail",   "from",   "amount"};
    struct shares shares = {.contracts = rr_dictionary_create(), .lines = rr_dictionary_create()};
    char path[PATH + 32];
    table_path(result, "shares.csv", path);
    int found = each_row(path, columns, 6, take_share, &shares, err);
    table_path(result, "lines.csv", path);
    shares.n_pooled = rr_dictionary_size(shares.contracts);
    if (found == 0 && shares.n_pooled > 0)
        found = each_row(path, columns, 6, take_pooled_line, &shares, err);
    if (found == 0)
        found = check_sums_of_shares(&shares, err);
    rr_dictionary_destroy(shares.contracts);
    rr_dictionary_destroy(shares.lines);
    free(shares.left);
    return found;
}

static int check_file(const char *result, const char *name, const json_t *said,
                      struct rr_error *err)
{
    char path[PATH + 256];
    struct rr_digest digest;
    const char *text = json_string_value(json_object_get(said, "digest"));
    json_int_t bytes = json_integer_value(json_object_get(said, "bytes"));
    if (text == NULL || !rr_digest_parse(text, &digest))
        return rr_fail(err, RR_EXIT_DATA, "run.json has no digest of %s", name);
    snprintf(path, sizeof path, "%s/%s", result, name);
    return rr_run_check(path, (uint64_t)bytes, digest, err);
}

static void verify_files(struct verification *v, const char *result)
{
    char path[PATH + 32];
    struct rr_error err = {0};
    snprintf(path, sizeof path, "%s/run.json", result);
    json_t *run = json_load_file(path, 0, NULL);
    json_t *files = json_object_get(run, "files"), *said;
    const char *name;
    if (!json_is_object(files))
        rr_fail(&err, RR_EXIT_DATA, "%s can't be read", path);
    report(v, "run.json", result, json_is_object(files) ? 0 : -1, &err);
    json_object_foreach(files, name, said)
    {
        snprintf(path, sizeof path, "%s/%s", result, name);
        report(v, "digest", path, check_file(result, name, said, &err), &err);
    }
    json_decref(run);
}

static bool get_sum(const json_t *object, const char *name, struct rr_sum *sum)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text && rr_sum_parse(text, strlen(text), sum);
}

/* left = the sum of the parts, whose names end with NULL: all of them sums in `item`. */
static int check_law(const char *path, const json_t *item, const char *left,
                     const char *const *parts, struct rr_error *err)
{
    struct rr_sum whole, sum = {0}, part;
    if (!get_sum(item, left, &whole))
        return rr_fail(err, RR_EXIT_DATA, "%s: lacks %s", path, left);
    for (int i = 0; parts[i]; i++) {
        if (!get_sum(item, parts[i], &part))
            return rr_fail(err, RR_EXIT_DATA, "%s: lacks %s", path, parts[i]);
        rr_sum_merge(&sum, &part);
    }
    if (!rr_sum_equal(&whole, &sum))
        return rr_fail(err, RR_EXIT_DATA, "%s: %s is not the sum of its parts", path, left);
    return 0;
}

static json_int_t sum_of(const json_t *object)
{
    json_t *counts = (json_t *)(uintptr_t)object, *item;
    const char *name;
    json_int_t sum = 0;
    json_object_foreach(counts, name, item)
    {
        sum += json_integer_value(item);
    }
    return sum;
}

static int check_record_law(const char *path, const json_t *in, struct rr_error *err)
{
    const json_t *records = json_object_get(in, "records");
    json_int_t sum = json_integer_value(json_object_get(records, "aggregated")) +
                     json_integer_value(json_object_get(records, "not_metered")) +
                     sum_of(json_object_get(records, "quarantined")) +
                     sum_of(json_object_get(records, "repaired"));
    for (int w = 0; w < RR_WITHHELD; w++)
        sum += json_integer_value(json_object_get(records, rr_withheld_name((enum rr_withheld)w)));
    if (json_is_true(json_object_get(in, "balanced")) &&
        sum == json_integer_value(json_object_get(records, "read")))
        return 0;
    return rr_fail(err, RR_EXIT_DATA, "%s: records do not balance", path);
}

/* The laws, from reconciliation.json alone. */
static int check_reconciliation(const char *result, struct rr_error *err)
{
    static const char *const of_quantity[] = {"aggregated", "duplicate", "superseded",
                                              "voided",     "void",      NULL};
    static const char *const of_amount[] = {"exact", "residue", NULL};
    char path[PATH + 32];
    snprintf(path, sizeof path, "%s/reconciliation.json", result);
    json_t *in = json_load_file(path, 0, NULL), *item;
    const char *name;
    size_t i;
    int found = check_record_law(path, in, err);
    json_object_foreach(json_object_get(in, "meters"), name, item)
    {
        if (found == 0)
            found = check_law(path, item, "read", of_quantity, err);
    }
    json_array_foreach(json_object_get(in, "totals"), i, item)
    {
        if (found == 0)
            found = check_law(path, item, "amount", of_amount, err);
    }
    json_decref(in);
    return found;
}

static void verify_result(struct verification *v, const char *result)
{
    struct rr_error err;
    verify_files(v, result);
    report(v, "lines in order, invoices their sums", result, check_invoices(result, &err), &err);
    report(v, "shares sum to their lines", result, check_shares(result, &err), &err);
    report(v, "reconciliation", result, check_reconciliation(result, &err), &err);
}

static int only_results(const struct dirent *entry)
{
    return strlen(entry->d_name) >= 4 &&
           strspn(entry->d_name, "0123456789") == strlen(entry->d_name);
}

static void verify_results(struct verification *v)
{
    char path[PATH];
    struct dirent **entries = NULL;
    snprintf(path, sizeof path, "%s/results", v->dir);
    int n = scandir(path, &entries, only_results, alphasort);
    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof path, "%s/results/%s", v->dir, entries[i]->d_name);
        verify_result(v, path);
        free(entries[i]);
    }
    free(entries);
}

int rr_command_verify(const struct rr_comm *comm, const struct rr_arguments *arguments,
                      struct rr_error *err)
{
    (void)comm;
    struct verification v = {.dir = arguments->workspace, .quiet = arguments->billing.json};
    verify_state(&v);
    verify_results(&v);
    if (arguments->billing.json)
        printf("{\"passed\":%u,\"failed\":%u}\n", v.passed, v.failed);
    else
        printf("%u passed, %u failed\n", v.passed, v.failed);
    fflush(stdout);
    if (v.failed == 0)
        return 0;
    return rr_fail(err, RR_EXIT_DATA, "%u checks failed, the first: %s", v.failed, v.first);
}
