/* The sender's side of the exchange. */
#include "router.h"

#include "../io/line.h"
#include "../io/memory.h"
#include "order.h"
#include "plan.h"

#define XXH_INLINE_ALL /* short texts: the call costs as much as the hash */
#include <xxhash.h>

enum {
    NOT_TOLD = -1,
    EVERYBODY = -2,
    PREFETCH = 16,
    /* An account is heavy when this rank has sent so many of its records, a power of two, and they are
     * more than a quarter of what each rank would get if all were dealt out evenly. */
    HEAVY_RECORDS = 4096,
    HEAVY_PART = 4,
};

/* What is known of an account. */
struct known {
    int32_t owner; /* NOT_TOLD until its name was sent; EVERYBODY once it is heavy */
    uint32_t records;
};

struct rr_router {
    const struct rr_comm *comm;
    const struct rr_job *job;
    uint32_t n_shards, row_size;
    struct rr_exchange *exchange;
    struct rr_texts *quarantine;
    struct rr_input_counter *counter;
    struct rr_facts *facts;
    struct rr_dictionary *accounts, *keys;
    uint32_t marker; /* the key of rejected records, once there was one */
    struct rr_plans *plans;
    struct known *known; /* one for each account */
    uint32_t known_size, n_known;
    uint64_t sent;     /* records since names were forgotten */
    uint8_t *key_told; /* for each key and rank */
    uint32_t told_size, n_told;
    struct rr_text account[RR_BATCH_RECORDS]; /* of the records that are sent */
    uint32_t record[RR_BATCH_RECORDS], code[RR_BATCH_RECORDS];
    uint64_t hash[RR_BATCH_RECORDS];
    struct rr_line line, key;
};

struct rr_router *rr_router_create(const struct rr_comm *comm, const struct rr_job *job,
                                   uint32_t n_shards, struct rr_exchange *exchange,
                                   struct rr_texts *quarantine, struct rr_input_counter *counter)
{
    struct rr_router *r = rr_calloc(1, sizeof *r);
    r->comm = comm;
    r->job = job;
    r->n_shards = n_shards;
    r->row_size = rr_row_size(job);
    r->exchange = exchange;
    r->quarantine = quarantine;
    r->counter = counter;
    r->facts = rr_calloc(1, sizeof *r->facts);
    r->accounts = rr_dictionary_create();
    r->keys = rr_dictionary_create();
    r->facts->keys = r->keys;
    r->plans = rr_plans_create(job, r->keys);
    return r;
}

void rr_router_destroy(struct rr_router *r)
{
    if (r == NULL)
        return;
    rr_plans_destroy(r->plans);
    rr_dictionary_destroy(r->accounts);
    rr_dictionary_destroy(r->keys);
    rr_line_fini(&r->line);
    rr_line_fini(&r->key);
    free(r->facts);
    free(r->known);
    free(r->key_told);
    free(r);
}

static void quarantine(struct rr_router *r, const struct rr_batch *batch, uint32_t i,
                       enum rr_reject code, const char *path)
{
    uint64_t record = batch->first_record + i, big_endian = __builtin_bswap64(record);
    r->counter->tally.quarantined[code]++;
    rr_line_clear(&r->key);
    rr_line_put(&r->key, path, strlen(path) + 1);
    rr_line_put(&r->key, (const char *)&big_endian, sizeof big_endian);
    rr_line_clear(&r->line);
    rr_line_field(&r->line, rr_text_of(path));
    rr_line_number(&r->line, record);
    rr_line_number(&r->line, batch->offset[i]);
    rr_line_field(&r->line, rr_text_of(rr_reject_name(code)));
    rr_line_field(&r->line, batch->raw[i]);
    rr_line_end(&r->line);
    rr_texts_add(r->quarantine, rr_line_text(&r->key), rr_line_text(&r->line));
}

/* Puts the rejected aside; returns how many are to be sent: the accepted, and those of the rejected
 * whose place a good record may take. */
static uint32_t sort_out(struct rr_router *r, const struct rr_batch *batch, const char *path)
{
    const struct rr_facts *facts = r->facts;
    const struct rr_text no_text = {"", 0};
    uint32_t n = 0;
    for (uint32_t i = 0; i < batch->n; i++) {
        if (facts->reject[i] != RR_ACCEPT) {
            quarantine(r, batch, i, (enum rr_reject)facts->reject[i], path);
            if (!r->job->has_event_ids || !facts->identified[i])
                continue;
            r->marker = rr_dictionary_enter(r->keys, no_text, rr_dictionary_hash(no_text));
        }
        r->account[n] = r->facts->account[i];
        r->record[n++] = i;
    }
    return n;
}

/* Room for what is known of accounts and keys that this batch brought. */
static void grow_tables(struct rr_router *r)
{
    uint32_t n = rr_dictionary_size(r->accounts), n_keys = rr_dictionary_size(r->keys);
    if (n > r->known_size) {
        r->known_size = n * 2;
        r->known = rr_realloc(r->known, r->known_size * sizeof *r->known);
    }
    for (; r->n_known < n; r->n_known++)
        r->known[r->n_known] = (struct known){.owner = NOT_TOLD};
    size_t ranks = (size_t)r->comm->size;
    if (n_keys > r->told_size) {
        r->told_size = n_keys * 2;
        r->key_told = rr_realloc(r->key_told, r->told_size * ranks);
    }
    if (n_keys > r->n_told)
        memset(r->key_told + r->n_told * ranks, 0, (n_keys - r->n_told) * ranks);
    r->n_told = n_keys;
}

static void tell_account(struct rr_router *r, uint32_t code, int rank)
{
    rr_exchange_name(r->exchange, rank, RR_NAME_ACCOUNT, code,
                     rr_dictionary_text(r->accounts, code));
}

/* The account was found to be heavy. */
static void tell_everybody(struct rr_router *r, uint32_t code)
{
    for (int rank = 0; rank < r->comm->size; rank++)
        if (rank != r->known[code].owner)
            tell_account(r, code, rank);
    r->known[code].owner = EVERYBODY;
}

static bool is_heavy(const struct rr_router *r, uint64_t records)
{
    uint64_t ranks = (uint64_t)r->comm->size;
    return ranks > 1 && records * ranks * HEAVY_PART > r->sent;
}

/* Deals a heavy account's rows out to all ranks. Owners sort them by the upper half of the fingerprint,
 * which they expect to be evenly spread: the lower one is for this. */
static int deal_out(const struct rr_router *r, const struct rr_row *row)
{
    uint64_t spread =
        r->job->has_event_ids ? row->fingerprint[1] : row->position * 0x9e3779b97f4a7c15u;
    return (int)((rr_u128)spread * (rr_u128)r->comm->size >> 64);
}

/* The rank that the row of the n-th accepted record goes to; it knows the account's name. */
static int destination_of(struct rr_router *r, uint32_t n, const struct rr_row *row)
{
    uint32_t code = r->code[n];
    struct known *known = &r->known[code];
    if (known->owner == NOT_TOLD) {
        known->owner =
            rr_shard_owner(rr_shard_of(r->hash[n], r->n_shards), r->n_shards, r->comm->size);
        tell_account(r, code, known->owner);
    }
    r->sent++;
    if ((++known->records & (HEAVY_RECORDS - 1)) == 0 && known->owner != EVERYBODY &&
        is_heavy(r, known->records))
        tell_everybody(r, code);
    return known->owner == EVERYBODY ? deal_out(r, row) : known->owner;
}

static void tell_key(struct rr_router *r, uint32_t key, int rank)
{
    uint8_t *told = &r->key_told[(size_t)key * (size_t)r->comm->size + (size_t)rank];
    if (*told)
        return;
    *told = 1;
    rr_exchange_name(r->exchange, rank, RR_NAME_KEY, key, rr_dictionary_text(r->keys, key));
}

static void count_quantities(struct rr_router *r, const uint8_t *row, uint32_t key)
{
    struct rr_plan_targets plan = rr_plans_of(r->plans, key);
    for (uint32_t t = 0; t < plan.n; t++)
        rr_input_counter_feed(r->counter, plan.target[t].meter,
                              rr_row_quantity(r->job, row, plan.target[t].meter));
}

static uint8_t *put_row(struct rr_router *r, const struct rr_batch *batch, uint32_t n,
                        uint32_t place, uint32_t key, int64_t time_ns)
{
    const struct rr_facts *facts = r->facts;
    uint32_t i = r->record[n];
    struct rr_row row = {.time_ns = time_ns,
                         .position = rr_position(place, batch->first_record + i),
                         .account = r->code[n],
                         .key = key};
    if (r->job->has_event_ids) {
        struct rr_text id = facts->event_id[i];
        XXH128_hash_t hash = XXH3_128bits_withSeed(id.ptr, id.len, r->hash[n]);
        row.fingerprint[0] = hash.high64;
        row.fingerprint[1] = hash.low64;
    }
    int destination = destination_of(r, n, &row);
    tell_key(r, key, destination);
    uint8_t *to = rr_exchange_put(r->exchange, destination);
    memcpy(to, &row, sizeof row);
    for (int v = 0; v < r->job->n_values; v++)
        memcpy(to + sizeof row + (size_t)v * sizeof(rr_decimal), &facts->value[v][i],
               sizeof(rr_decimal));
    return to;
}

static void send_record(struct rr_router *r, const struct rr_batch *batch, uint32_t n,
                        uint32_t place)
{
    uint32_t i = r->record[n], key = r->facts->key[i];
    count_quantities(r, put_row(r, batch, n, place, key, r->facts->time_ns[i]), key);
}

/* Marks a rejected record among the copies of its event: the key is empty, the time holds the code. */
static void send_marker(struct rr_router *r, const struct rr_batch *batch, uint32_t n,
                        uint32_t place)
{
    uint32_t i = r->record[n];
    for (int v = 0; v < r->job->n_values - r->job->has_ranks; v++)
        r->facts->value[v][i] = 0;
    put_row(r, batch, n, place, r->marker, r->facts->reject[i]);
}

/* What is known of an input: its records, their quantity and when they were. */
static void count_input(struct rr_router *r, const struct rr_batch *batch)
{
    struct rr_input_tally *tally = &r->counter->tally;
    int64_t first = tally->first_ns, last = tally->last_ns;
    for (uint32_t i = 0; i < batch->n; i++) {
        int64_t time_ns = r->facts->time_ns[i];
        if (r->facts->reject[i] != RR_ACCEPT)
            continue;
        first = time_ns < first ? time_ns : first;
        last = time_ns > last ? time_ns : last;
    }
    tally->first_ns = first;
    tally->last_ns = last;
    tally->read += batch->n;
    rr_sum_merge(&tally->quantity, &r->facts->quantity);
}

void rr_router_send(struct rr_router *r, const struct rr_batch *batch, const char *path,
                    uint32_t place)
{
    r->facts->n = batch->n;
    r->job->map(r->job->self, batch, r->facts);
    count_input(r, batch);
    uint32_t n = sort_out(r, batch, path);
    rr_dictionary_enter_many(r->accounts, n, r->account, r->hash, r->code);
    grow_tables(r);
    rr_plans_update(r->plans);
    for (uint32_t i = 0; i < n; i++) {
        if (i + PREFETCH < n)
            __builtin_prefetch(&r->known[r->code[i + PREFETCH]]);
        if (r->facts->reject[r->record[i]] == RR_ACCEPT)
            send_record(r, batch, i, place);
        else
            send_marker(r, batch, i, place);
    }
}

size_t rr_router_name_bytes(const struct rr_router *r)
{
    return rr_dictionary_bytes(r->accounts) + rr_dictionary_bytes(r->keys) +
           rr_plans_bytes(r->plans) + r->known_size * sizeof *r->known +
           (size_t)r->told_size * (size_t)r->comm->size;
}

void rr_router_forget(struct rr_router *r)
{
    rr_dictionary_forget(r->accounts);
    rr_dictionary_forget(r->keys);
    rr_plans_forget(r->plans);
    if (r->job->forget)
        r->job->forget(r->job->self);
    free(r->known);
    free(r->key_told);
    r->known = NULL;
    r->key_told = NULL;
    r->known_size = r->n_known = 0;
    r->told_size = r->n_told = 0;
    r->sent = 0;
}
