/* The sender's side of the exchange. */
#include "router.h"

#include "../io/line.h"
#include "../io/memory.h"
#include "order.h"
#include "plan.h"

#define XXH_INLINE_ALL /* short texts: the call costs as much as the hash */
#include <xxhash.h>

enum { NOT_TOLD = -1, PREFETCH = 16 };

struct rr_router {
    const struct rr_comm *comm;
    const struct rr_job *job;
    uint32_t n_shards, row_size;
    struct rr_exchange *exchange;
    struct rr_texts *quarantine;
    struct rr_tally *tally;
    struct rr_facts *facts;
    struct rr_dictionary *accounts, *keys;
    uint32_t marker; /* the key of rejected records, once there was one */
    struct rr_plans *plans;
    int32_t *owner; /* of each account; NOT_TOLD until its name was sent */
    uint32_t owner_size, n_owners;
    uint8_t *key_told; /* for each key and rank */
    uint32_t told_size, n_told;
    struct rr_text account[RR_BATCH_RECORDS]; /* of the records that are sent */
    uint32_t record[RR_BATCH_RECORDS], code[RR_BATCH_RECORDS];
    uint64_t hash[RR_BATCH_RECORDS];
    struct rr_line line, key;
};

struct rr_router *rr_router_create(const struct rr_comm *comm, const struct rr_job *job,
                                   uint32_t n_shards, struct rr_exchange *exchange,
                                   struct rr_texts *quarantine, struct rr_tally *tally)
{
    struct rr_router *r = rr_calloc(1, sizeof *r);
    r->comm = comm;
    r->job = job;
    r->n_shards = n_shards;
    r->row_size = rr_row_size(job);
    r->exchange = exchange;
    r->quarantine = quarantine;
    r->tally = tally;
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
    free(r->owner);
    free(r->key_told);
    free(r);
}

static void quarantine(struct rr_router *r, const struct rr_batch *batch, uint32_t i,
                       enum rr_reject code, const char *path)
{
    uint64_t record = batch->first_record + i, big_endian = __builtin_bswap64(record);
    r->tally->quarantined[code]++;
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
    if (n > r->owner_size) {
        r->owner_size = n * 2;
        r->owner = rr_realloc(r->owner, r->owner_size * sizeof *r->owner);
    }
    for (; r->n_owners < n; r->n_owners++)
        r->owner[r->n_owners] = NOT_TOLD;
    size_t ranks = (size_t)r->comm->size;
    if (n_keys > r->told_size) {
        r->told_size = n_keys * 2;
        r->key_told = rr_realloc(r->key_told, r->told_size * ranks);
    }
    if (n_keys > r->n_told)
        memset(r->key_told + r->n_told * ranks, 0, (n_keys - r->n_told) * ranks);
    r->n_told = n_keys;
}

static int tell_account(struct rr_router *r, uint32_t code, uint64_t hash)
{
    if (r->owner[code] == NOT_TOLD) {
        r->owner[code] = rr_shard_owner(rr_shard_of(hash, r->n_shards), r->n_shards, r->comm->size);
        rr_exchange_name(r->exchange, r->owner[code], RR_NAME_ACCOUNT, code,
                         rr_dictionary_text(r->accounts, code));
    }
    return r->owner[code];
}

static void tell_key(struct rr_router *r, uint32_t key, int owner)
{
    uint8_t *told = &r->key_told[(size_t)key * (size_t)r->comm->size + (size_t)owner];
    if (*told)
        return;
    *told = 1;
    rr_exchange_name(r->exchange, owner, RR_NAME_KEY, key, rr_dictionary_text(r->keys, key));
}

static void count_quantities(struct rr_router *r, const uint8_t *row, uint32_t key)
{
    struct rr_plan_targets plan = rr_plans_of(r->plans, key);
    for (uint32_t t = 0; t < plan.n; t++)
        rr_sum_add(&r->tally->meters[plan.target[t].meter].read,
                   rr_row_quantity(r->job, row, plan.target[t].meter));
}

static uint8_t *put_row(struct rr_router *r, const struct rr_batch *batch, uint32_t n,
                        uint32_t place, uint32_t key, int64_t time_ns)
{
    const struct rr_facts *facts = r->facts;
    uint32_t i = r->record[n];
    int owner = tell_account(r, r->code[n], r->hash[n]);
    tell_key(r, key, owner);
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
    uint8_t *to = rr_exchange_put(r->exchange, owner);
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

void rr_router_send(struct rr_router *r, const struct rr_batch *batch, const char *path,
                    uint32_t place)
{
    r->facts->n = batch->n;
    r->job->map(r->job->self, batch, r->facts);
    r->tally->read += batch->n;
    uint32_t n = sort_out(r, batch, path);
    rr_dictionary_enter_many(r->accounts, n, r->account, r->hash, r->code);
    grow_tables(r);
    rr_plans_update(r->plans);
    for (uint32_t i = 0; i < n; i++) {
        if (i + PREFETCH < n)
            __builtin_prefetch(&r->owner[r->code[i + PREFETCH]]);
        if (r->facts->reject[r->record[i]] == RR_ACCEPT)
            send_record(r, batch, i, place);
        else
            send_marker(r, batch, i, place);
    }
}
