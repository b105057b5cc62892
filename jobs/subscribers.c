/* Subscriptions read in parts. */
#include "subscribers.h"

#include "../io/memory.h"
#include "../runtime/order.h"
#include "../runtime/parcels.h"
#include "book_csv.h"
#include "file_parts.h"

#include <stdlib.h>

/* What stands before each row on its way. */
struct row_head {
    uint32_t len;
    int32_t line;
};

/* ---- slices of a plain file ---- */

/* A record begins after a line end outside of quotes. */
static size_t first_record(const char *bytes, size_t len, char before, bool quoted)
{
    for (size_t at = 0; at < len; before = bytes[at++]) {
        if (before == '\n' && !quoted)
            return at;
        quoted ^= bytes[at] == '"';
    }
    return RR_NO_PIECE;
}

/* Collective. */
static int read_plain(const struct rr_comm *comm, struct rr_book_files *files,
                      struct rr_file_part *slice, struct rr_error *err)
{
    uint64_t size;
    const char *path = files->subscriptions_path;
    int result = rr_file_part_read(comm, path, first_record, slice, err);
    if (result == 0 && comm->rank == 0)
        result = rr_digest_file(path, &size, &files->subscriptions_digest, err);
    return rr_agree(comm, result, err);
}

/* ---- slices of a compressed file: one rank unpacks it and deals it out ---- */

static void deal_out(const struct rr_comm *comm, const struct rr_book_files *files,
                     struct rr_parcels *parcels)
{
    const char *text = files->subscriptions;
    size_t len = files->subscriptions_len, at = 0;
    int32_t line = 1;
    for (int r = 0; r < comm->size; r++) {
        size_t end = len / (size_t)comm->size * ((size_t)r + 1), from = at;
        int32_t first = line;
        bool quoted = false;
        end = r + 1 == comm->size ? len : end;
        for (; at < len && (at < end || quoted || (at > 0 && text[at - 1] != '\n')); at++) {
            quoted ^= text[at] == '"';
            line += text[at] == '\n';
        }
        rr_parcels_put(parcels, r, &first, sizeof first);
        rr_parcels_put(parcels, r, text + from, at - from);
    }
}

/* Collective. */
static int read_packed(const struct rr_comm *comm, struct rr_book_files *files,
                       struct rr_file_part *slice, struct rr_error *err)
{
    struct rr_parcels *parcels = rr_parcels_create(comm);
    int result = 0;
    if (comm->rank == 0) {
        result = rr_book_read_subscriptions(files, err);
        if (result == 0) {
            files->subscriptions_digest =
                rr_digest_bytes(files->subscriptions, files->subscriptions_len);
            deal_out(comm, files, parcels);
        }
    }
    result = rr_agree(comm, result, err);
    if (result == 0) {
        size_t len;
        int32_t line;
        const char *bytes = rr_parcels_exchange(parcels, &len);
        memcpy(&line, bytes, sizeof line);
        slice->line = line;
        slice->len = len - sizeof line;
        slice->bytes = rr_malloc(slice->len + 1);
        memcpy(slice->bytes, bytes + sizeof line, slice->len);
    }
    rr_parcels_destroy(parcels);
    return result;
}

/* ---- rows to the ranks that read them ---- */

static void put_row(struct rr_parcels *parcels, int rank, struct rr_text text, int line)
{
    struct row_head head = {text.len, line};
    rr_parcels_put(parcels, rank, &head, sizeof head);
    rr_parcels_put(parcels, rank, text.ptr, text.len);
}

/* Rows of an account go to one rank, those of contracts to all. What is no row stays, to be told. */
static void route(const struct rr_comm *comm, const struct rr_book_csv *csv, bool good,
                  struct rr_text text, int line, struct rr_parcels *parcels)
{
    int account = csv->column[RR_ROW_ACCOUNT], contract = csv->column[RR_ROW_CONTRACT];
    if (!good || csv->n_fields != csv->n_header) {
        put_row(parcels, comm->rank, text, line);
        return;
    }
    if (contract == RR_NO_COLUMN || csv->field[contract].len == 0) {
        uint64_t hash = rr_dictionary_hash(csv->field[account]);
        put_row(parcels, (int)(hash % (uint64_t)comm->size), text, line);
        return;
    }
    for (int r = 0; r < comm->size; r++)
        put_row(parcels, r, text, line);
}

static bool read_header(struct rr_book_csv *csv, const char *bytes, size_t len)
{
    size_t bom = len >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    rr_book_csv_start(csv, (struct rr_text){bytes + bom, (uint32_t)(len - bom)}, 1);
    return rr_book_csv_header(csv);
}

/* Collective. Rank 0 finds the header, and takes it off its slice. A header that can't be read is all that
 * there is: the book is refused for it. */
static bool share_header(const struct rr_comm *comm, struct rr_book_files *files,
                         struct rr_file_part *slice, struct rr_book_csv *csv)
{
    struct rr_mistakes ignored = {0};
    bool good = false;
    size_t len = 0;
    free(files->subscriptions);
    files->subscriptions = NULL;
    csv->mistakes = &ignored;
    if (comm->rank == 0) {
        good = read_header(csv, slice->bytes, slice->len);
        len = good ? (size_t)(csv->p - slice->bytes) : slice->len;
        files->subscriptions = rr_calloc(1, len + 1);
        memcpy(files->subscriptions, slice->bytes, len);
        slice->line = good ? csv->line : slice->line;
        memmove(slice->bytes, slice->bytes + len, slice->len - len);
        slice->len -= len;
    }
    files->subscriptions_len = len;
    rr_comm_share(comm, &files->subscriptions, &files->subscriptions_len, 0);
    if (comm->rank != 0)
        good = read_header(csv, files->subscriptions, files->subscriptions_len);
    rr_mistakes_fini(&ignored);
    return good;
}

static int compare_rows(const void *a, const void *b)
{
    int x = ((const struct rr_book_row *)a)->line, y = ((const struct rr_book_row *)b)->line;
    return (x > y) - (x < y);
}

/* Takes over what came, in the order of the file. */
static void take_rows(struct rr_book_files *files, const char *bytes, size_t len)
{
    uint32_t size = 1024;
    files->row_bytes = rr_malloc(len + 1);
    files->rows = rr_malloc(size * sizeof *files->rows);
    if (len > 0)
        memcpy(files->row_bytes, bytes, len);
    for (size_t at = 0; at < len;) {
        struct row_head head;
        memcpy(&head, files->row_bytes + at, sizeof head);
        at += sizeof head;
        if (files->n_rows == size) {
            size *= 2;
            files->rows = rr_realloc(files->rows, size * sizeof *files->rows);
        }
        files->rows[files->n_rows++] =
            (struct rr_book_row){{files->row_bytes + at, head.len}, head.line};
        at += head.len;
    }
    qsort(files->rows, files->n_rows, sizeof *files->rows, compare_rows);
}

/* Collective. */
static void exchange_rows(const struct rr_comm *comm, struct rr_book_files *files,
                          struct rr_file_part *slice)
{
    struct rr_book_csv csv = {.arena = rr_arena_create(), .path = files->subscriptions_path};
    struct rr_parcels *parcels = rr_parcels_create(comm);
    struct rr_mistakes ignored = {0};
    size_t len;
    bool good_header = share_header(comm, files, slice, &csv);
    csv.mistakes = &ignored;
    rr_book_csv_start(&csv, (struct rr_text){slice->bytes, (uint32_t)slice->len}, slice->line);
    while (good_header && csv.p < csv.end) {
        const char *start = csv.p;
        int line = csv.line;
        bool good = rr_book_csv_record(&csv);
        if (csv.n_fields > 0 || !good)
            route(comm, &csv, good, (struct rr_text){start, (uint32_t)(csv.p - start)}, line,
                  parcels);
        rr_arena_reset(csv.arena);
    }
    const char *bytes = rr_parcels_exchange(parcels, &len);
    take_rows(files, bytes, len);
    rr_parcels_destroy(parcels);
    rr_arena_destroy(csv.arena);
    rr_mistakes_fini(&ignored);
}

int rr_subscribers_read(const struct rr_comm *comm, struct rr_book_files *files,
                        struct rr_error *err)
{
    struct rr_file_part slice = {0};
    int result = rr_file_is_packed(files->subscriptions_path)
                     ? read_packed(comm, files, &slice, err)
                     : read_plain(comm, files, &slice, err);
    if (result == 0)
        exchange_rows(comm, files, &slice);
    free(slice.bytes);
    return result;
}

/* ---- rows to the ranks that bill their accounts ---- */

int rr_billing_rank(const struct rr_comm *comm, uint32_t n_shards, const struct rr_parties *parties,
                    struct rr_text account)
{
    uint32_t party;
    if (rr_parties_find(parties, account, &party))
        account = rr_parties_at(parties, party).account[0];
    return rr_shard_owner(rr_shard_of(rr_dictionary_hash(account), n_shards), n_shards, comm->size);
}

static int compare_subscriptions(const void *left, const void *right)
{
    const struct rr_subscription *a = left, *b = right;
    int order = rr_text_compare(a->account, b->account);
    return order ? order : (a->start > b->start) - (a->start < b->start);
}

/* A parsed row on its way: the subscription without its texts, then the account. */
static void put_subscription(struct rr_parcels *parcels, int rank,
                             const struct rr_subscription *subscription)
{
    struct rr_subscription bare = *subscription;
    bare.account.ptr = NULL;
    bare.source = NULL;
    rr_parcels_put(parcels, rank, &bare, sizeof bare);
    rr_parcels_put(parcels, rank, subscription->account.ptr, subscription->account.len);
}

static void take_subscriptions(struct rr_book *book, const char *bytes, size_t len)
{
    struct rr_subscription s;
    const char *source = book->subscriptions_path.ptr;
    size_t n = 0;
    for (size_t at = 0; at < len; at += sizeof s + s.account.len, n++)
        memcpy(&s, bytes + at, sizeof s);
    book->subscriptions = rr_arena_alloc(book->arena, (n + 1) * sizeof s);
    book->n_subscriptions = 0;
    for (size_t at = 0; at < len; at += sizeof s + s.account.len) {
        memcpy(&s, bytes + at, sizeof s);
        s.account = rr_arena_text(book->arena, bytes + at + sizeof s, s.account.len);
        s.source = source;
        book->subscriptions[book->n_subscriptions++] = s;
    }
    qsort(book->subscriptions, n, sizeof s, compare_subscriptions);
}

void rr_subscribers_spread(const struct rr_comm *comm, uint32_t n_shards,
                           const struct rr_parties *parties, struct rr_book *book)
{
    struct rr_parcels *parcels = rr_parcels_create(comm);
    size_t len;
    for (int i = 0; i < book->n_subscriptions; i++) {
        const struct rr_subscription *s = &book->subscriptions[i];
        put_subscription(parcels, rr_billing_rank(comm, n_shards, parties, s->account), s);
    }
    const char *bytes = rr_parcels_exchange(parcels, &len);
    take_subscriptions(book, bytes, len);
    rr_parcels_destroy(parcels);
}
