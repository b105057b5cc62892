/* Subscriptions on their way to the ranks that bill their accounts. */
#include "subscriptions.h"

#include "../io/line.h"
#include "../io/memory.h"
#include "../runtime/big_endian.h"
#include "../runtime/order.h"
#include "../runtime/pairs.h"

#include <rerate/dictionary.h>
#include <stdlib.h>

/* Before the name in the key of an account. `group` is 0 for one that stands alone, else its party's number
 * plus 1. The shard and the hash put those that stand alone in the order of accounts. */
struct key_head {
    uint32_t rank, group, shard;
    uint64_t hash;
};
enum { KEY_HEAD = 20 /* bytes, big endian */ };

struct row {
    int32_t plan, start, end;
    int32_t earlier; /* it is one of the earlier book */
};

/* Rows of the account in hand, by start. */
struct rows {
    struct rr_subscription *row;
    int n, size;
};

struct rr_subscriptions {
    const struct rr_comm *comm;
    uint32_t n_shards;
    const struct rr_parties *parties;
    struct rr_pairs *pairs;
    struct rr_line key;      /* of the account in hand, or of a row on its way */
    struct key_head head;    /* the same */
    struct rr_text next_key; /* of the pair behind it */
    struct rr_text next_row;
    bool has_next;
    struct rows now, earlier;
    bool loaded; /* there is one, and it was not handed out */
};

struct rr_subscriptions *rr_subscriptions_create(const struct rr_comm *comm, uint32_t n_shards,
                                                 const struct rr_parties *parties, const char *path,
                                                 size_t memory)
{
    struct rr_subscriptions *s = rr_calloc(1, sizeof *s);
    s->comm = comm;
    s->n_shards = n_shards;
    s->parties = parties;
    s->pairs = rr_pairs_create(comm, path, memory);
    return s;
}

void rr_subscriptions_destroy(struct rr_subscriptions *s)
{
    if (s == NULL)
        return;
    rr_pairs_destroy(s->pairs);
    rr_line_fini(&s->key);
    free(s->now.row);
    free(s->earlier.row);
    free(s);
}

/* ---- keys ---- */

int rr_billing_rank(const struct rr_comm *comm, uint32_t n_shards, const struct rr_parties *parties,
                    struct rr_text account)
{
    uint32_t party;
    if (rr_parties_find(parties, account, &party))
        account = rr_parties_at(parties, party).account[0];
    return rr_shard_owner(rr_shard_of(rr_dictionary_hash(account), n_shards), n_shards, comm->size);
}

static struct key_head head_of(const struct rr_subscriptions *s, struct rr_text account)
{
    uint32_t party;
    if (rr_parties_find(s->parties, account, &party)) {
        int rank = rr_billing_rank(s->comm, s->n_shards, s->parties, account);
        return (struct key_head){(uint32_t)rank, party + 1, 0, 0};
    }
    uint64_t hash = rr_dictionary_hash(account);
    uint32_t shard = rr_shard_of(hash, s->n_shards);
    int rank = rr_shard_owner(shard, s->n_shards, s->comm->size);
    return (struct key_head){(uint32_t)rank, 0, shard, hash};
}

static void make_key(struct rr_subscriptions *s, struct key_head head, struct rr_text account)
{
    rr_line_clear(&s->key);
    rr_put_u32(&s->key, head.rank);
    rr_put_u32(&s->key, head.group);
    rr_put_u32(&s->key, head.shard);
    rr_put_u64(&s->key, head.hash);
    rr_line_put(&s->key, account.ptr, account.len);
}

static struct key_head read_head(const char *key)
{
    return (struct key_head){rr_load_u32(key), rr_load_u32(key + 4), rr_load_u32(key + 8),
                             (uint64_t)rr_load_u32(key + 12) << 32 | rr_load_u32(key + 16)};
}

static struct rr_text name_in_hand(const struct rr_subscriptions *s)
{
    return (struct rr_text){s->key.bytes + KEY_HEAD, (uint32_t)(s->key.used - KEY_HEAD)};
}

/* ---- rows to their ranks ---- */

static int add(struct rr_subscriptions *s, const struct rr_subscription *subscription, bool earlier,
               struct rr_error *err)
{
    struct row row = {subscription->plan, subscription->start, subscription->end, earlier};
    make_key(s, head_of(s, subscription->account), subscription->account);
    return rr_pairs_add(s->pairs, rr_line_text(&s->key),
                        (struct rr_text){(const char *)&row, sizeof row}, err);
}

int rr_subscriptions_add(struct rr_subscriptions *s, const struct rr_subscription *subscription,
                         struct rr_error *err)
{
    return add(s, subscription, false, err);
}

int rr_subscriptions_add_earlier(struct rr_subscriptions *s,
                                 const struct rr_subscription *subscription, struct rr_error *err)
{
    return add(s, subscription, true, err);
}

static int read_pair(struct rr_subscriptions *s, struct rr_error *err)
{
    int got = rr_pairs_next(s->pairs, &s->next_key, &s->next_row, err);
    s->has_next = got > 0;
    return got < 0 ? -1 : 0;
}

int rr_subscriptions_exchange(struct rr_subscriptions *s, struct rr_error *err)
{
    if (rr_pairs_exchange_by_rank(s->pairs, err) != 0)
        return -1;
    return rr_agree(s->comm, read_pair(s, err), err);
}

/* ---- accounts ---- */

static void take_row(struct rr_subscriptions *s)
{
    struct row row;
    memcpy(&row, s->next_row.ptr, sizeof row);
    struct rows *rows = row.earlier ? &s->earlier : &s->now;
    if (rows->n == rows->size) {
        rows->size = rows->size ? 2 * rows->size : 16;
        rows->row = rr_realloc(rows->row, (size_t)rows->size * sizeof *rows->row);
    }
    rows->row[rows->n++] =
        (struct rr_subscription){.plan = row.plan, .start = row.start, .end = row.end};
}

static int compare_rows(const void *a, const void *b)
{
    const struct rr_subscription *x = a, *y = b;
    return (x->start > y->start) - (x->start < y->start);
}

static void sort_rows(struct rows *rows)
{
    if (rows->n > 1)
        qsort(rows->row, (size_t)rows->n, sizeof *rows->row, compare_rows);
}

/* Reads the rows of the next account, unless it is in hand. */
static int load(struct rr_subscriptions *s, struct rr_error *err)
{
    if (s->loaded || !s->has_next)
        return 0;
    s->now.n = 0;
    s->earlier.n = 0;
    rr_line_clear(&s->key);
    rr_line_put(&s->key, s->next_key.ptr, s->next_key.len);
    s->head = read_head(s->key.bytes);
    while (s->has_next && rr_text_equal(s->next_key, rr_line_text(&s->key))) {
        take_row(s);
        if (read_pair(s, err) != 0)
            return -1;
    }
    sort_rows(&s->now);
    sort_rows(&s->earlier);
    s->loaded = true;
    return 0;
}

int rr_subscriptions_next(void *self, struct rr_account_head *head, struct rr_error *err)
{
    struct rr_subscriptions *s = self;
    if (load(s, err) != 0)
        return -1;
    if (!s->loaded)
        s->now.n = s->earlier.n = 0;
    if (!s->loaded || s->head.group != 0)
        return 0;
    s->loaded = false;
    *head = (struct rr_account_head){s->head.hash, name_in_hand(s), 0, s->head.shard};
    return 1;
}

static bool is_in_hand(const struct rr_subscriptions *s, struct rr_text account)
{
    return s->now.n + s->earlier.n > 0 && s->head.group == 0 &&
           rr_text_equal(name_in_hand(s), account);
}

const struct rr_subscription *rr_subscriptions_of(const struct rr_subscriptions *s,
                                                  struct rr_text account, int *n)
{
    *n = is_in_hand(s, account) ? s->now.n : 0;
    return s->now.row;
}

const struct rr_subscription *rr_subscriptions_earlier(const struct rr_subscriptions *s,
                                                       struct rr_text account, int *n)
{
    *n = is_in_hand(s, account) ? s->earlier.n : 0;
    return s->earlier.row;
}

/* Whether the account in hand comes before a member. */
static bool is_before(const struct rr_subscriptions *s, uint32_t party, struct rr_text account)
{
    return s->head.group < party + 1 ||
           (s->head.group == party + 1 && rr_text_compare(name_in_hand(s), account) < 0);
}

int rr_subscriptions_of_member(struct rr_subscriptions *s, uint32_t party, struct rr_text account,
                               const struct rr_subscription **rows, int *n, struct rr_error *err)
{
    if (load(s, err) != 0)
        return -1;
    while (s->loaded && is_before(s, party, account)) {
        s->loaded = false;
        if (load(s, err) != 0)
            return -1;
    }
    bool here = s->loaded && s->head.group == party + 1 && rr_text_equal(name_in_hand(s), account);
    s->loaded = s->loaded && !here;
    *rows = s->now.row;
    *n = here ? s->now.n : 0;
    return 0;
}
