/* Subscriptions read in parts. */
#include "subscribers.h"

#include "../io/memory.h"
#include "../runtime/parcels.h"
#include "book_csv.h"
#include "row_file.h"

#include <rerate/dictionary.h>
#include <stdlib.h>

struct rr_subscribers {
    const struct rr_comm *comm;
    struct rr_row_file file; /* this rank's part */
    int32_t first_start;
};

/* ---- what the book needs: the header, and members of contracts ---- */

/* What stands before each row on its way. */
struct row_head {
    uint32_t len;
    int32_t line;
};

static bool read_header(struct rr_book_csv *csv, struct rr_text text)
{
    uint32_t bom = text.len >= 3 && memcmp(text.ptr, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    rr_book_csv_start(csv, (struct rr_text){text.ptr + bom, text.len - bom}, 1);
    return rr_book_csv_header(csv);
}

/* Rank 0: takes the header off its part. One that can't be read is all that there is: the book is refused
 * for it. */
static int take_header(struct rr_subscribers *s, struct rr_book_files *files,
                       struct rr_book_csv *csv, struct rr_error *err)
{
    struct rr_row_blocks *blocks = rr_row_blocks_open(&s->file, err);
    struct rr_text rows;
    int line, got = blocks ? rr_row_blocks_next(blocks, &rows, &line, err) : -1;
    if (got >= 0) {
        bool good = read_header(csv, rows);
        size_t len = good ? (size_t)(csv->p - rows.ptr) : rows.len;
        files->subscriptions = rr_calloc(1, len + 1);
        files->subscriptions_len = len;
        if (len > 0)
            memcpy(files->subscriptions, rows.ptr, len);
        s->file.begin += len;
        s->file.line = csv->line;
    }
    rr_row_blocks_close(blocks);
    return got < 0 ? -1 : 0;
}

/* Collective. *good: it could be read. */
static int share_header(struct rr_subscribers *s, struct rr_book_files *files,
                        struct rr_book_csv *csv, bool *good, struct rr_error *err)
{
    int result = s->comm->rank == 0 ? take_header(s, files, csv, err) : 0;
    if (rr_agree(s->comm, result, err) != 0)
        return -1;
    rr_comm_share(s->comm, &files->subscriptions, &files->subscriptions_len, 0);
    *good = read_header(csv,
                        (struct rr_text){files->subscriptions, (uint32_t)files->subscriptions_len});
    return 0;
}

/* Rows that make members of contracts go to all ranks. */
static void put_members(const struct rr_comm *comm, struct rr_book_csv *csv, struct rr_text rows,
                        int first, struct rr_parcels *parcels)
{
    int contract = csv->column[RR_ROW_CONTRACT];
    rr_book_csv_start(csv, rows, first);
    while (csv->p < csv->end) {
        const char *start = csv->p;
        struct row_head head = {.line = csv->line};
        if (!rr_book_csv_record(csv) || csv->n_fields != csv->n_header ||
            csv->field[contract].len == 0)
            continue;
        head.len = (uint32_t)(csv->p - start);
        for (int r = 0; r < comm->size; r++) {
            rr_parcels_put(parcels, r, &head, sizeof head);
            rr_parcels_put(parcels, r, start, head.len);
        }
    }
    rr_arena_reset(csv->arena);
}

static int compare_rows(const void *a, const void *b)
{
    int x = ((const struct rr_book_row *)a)->line, y = ((const struct rr_book_row *)b)->line;
    return (x > y) - (x < y);
}

/* Takes over what came, in the order of the file. */
static void take_rows(struct rr_book_files *files, const char *bytes, size_t len)
{
    uint32_t size = 64;
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
    if (files->n_rows > 1)
        qsort(files->rows, files->n_rows, sizeof *files->rows, compare_rows);
}

/* Collective. */
static int share_members(struct rr_subscribers *s, struct rr_book_files *files,
                         struct rr_book_csv *csv, struct rr_error *err)
{
    struct rr_parcels *parcels = rr_parcels_create(s->comm);
    struct rr_row_blocks *blocks = rr_row_blocks_open(&s->file, err);
    struct rr_text rows;
    int line, got = blocks ? 0 : -1;
    while (blocks && (got = rr_row_blocks_next(blocks, &rows, &line, err)) > 0)
        put_members(s->comm, csv, rows, line, parcels);
    rr_row_blocks_close(blocks);
    int result = rr_agree(s->comm, got, err);
    if (result == 0) {
        size_t len;
        const char *bytes = rr_parcels_exchange(parcels, &len);
        take_rows(files, bytes, len);
    }
    rr_parcels_destroy(parcels);
    return result;
}

/* Rank 0. The digest is that of the unpacked bytes. */
static int digest_packed(struct rr_subscribers *s, struct rr_digest *digest, struct rr_error *err)
{
    struct rr_row_blocks *blocks = rr_row_blocks_open(&s->file, err);
    struct rr_digester *digester = rr_digester_create();
    struct rr_text rows;
    int line, got = blocks ? 0 : -1;
    while (blocks && (got = rr_row_blocks_next(blocks, &rows, &line, err)) > 0)
        rr_digester_add(digester, rows.ptr, rows.len);
    *digest = rr_digester_finish(digester);
    rr_row_blocks_close(blocks);
    return got;
}

/* Collective. */
static int find_digest(struct rr_subscribers *s, struct rr_digest *digest, struct rr_error *err)
{
    uint64_t size;
    int result = 0;
    if (s->comm->rank == 0)
        result = s->file.packed ? digest_packed(s, digest, err)
                                : rr_digest_file(s->file.path, &size, digest, err);
    rr_comm_bcast(s->comm, digest, sizeof *digest, 0);
    return rr_agree(s->comm, result, err);
}

/* Collective. */
static int read_members(struct rr_subscribers *s, struct rr_book_files *files, struct rr_error *err)
{
    struct rr_mistakes ignored = {0}; /* rr_book_parse finds them again, or rr_subscribers_prove */
    struct rr_book_csv csv = {
        .arena = rr_arena_create(), .path = s->file.path, .mistakes = &ignored};
    bool good;
    int result = find_digest(s, &files->subscriptions_digest, err);
    if (result == 0)
        result = share_header(s, files, &csv, &good, err);
    if (result == 0 && good && csv.column[RR_ROW_CONTRACT] != RR_NO_COLUMN)
        result = share_members(s, files, &csv, err);
    else if (result == 0)
        take_rows(files, NULL, 0);
    rr_arena_destroy(csv.arena);
    rr_mistakes_fini(&ignored);
    return result;
}

int rr_subscribers_open(const struct rr_comm *comm, struct rr_book_files *files,
                        struct rr_subscribers **subscribers, struct rr_error *err)
{
    struct rr_subscribers *s = rr_calloc(1, sizeof *s);
    s->comm = comm;
    s->first_start = INT32_MAX;
    *subscribers = s;
    if (rr_row_file_cut(comm, files->subscriptions_path, &s->file, err) != 0)
        return -1;
    return read_members(s, files, err);
}

void rr_subscribers_close(struct rr_subscribers *s)
{
    free(s);
}

/* ---- proving ---- */

/* A subscription as it is held against others: two with one hash are taken for one account's. */
struct claim {
    uint64_t hash;
    int32_t start, end;
};

enum { CLAIM_BYTES = 2 * sizeof(struct claim) /* with what sorting needs */, ROW_BYTES = 24 };

/* One pass over the file: the claims of some of the accounts, each at one rank. */
struct proof {
    struct rr_subscribers *subscribers;
    struct rr_parcels *parcels;
    uint32_t pass, n_passes;
    struct claim *claims;
    size_t n, size;
};

static int put_claim(void *self, const struct rr_subscription *subscription, struct rr_error *err)
{
    struct proof *p = self;
    struct rr_subscribers *s = p->subscribers;
    uint64_t ranks = (uint64_t)s->comm->size;
    struct claim claim = {rr_dictionary_hash(subscription->account), subscription->start,
                          subscription->end};
    (void)err;
    if (subscription->start < s->first_start)
        s->first_start = subscription->start;
    if (claim.hash / ranks % p->n_passes == p->pass)
        rr_parcels_put(p->parcels, (int)(claim.hash % ranks), &claim, sizeof claim);
    return 0;
}

/* Collective. */
static void exchange_claims(struct proof *p)
{
    size_t len;
    const char *bytes = rr_parcels_exchange(p->parcels, &len);
    size_t n = len / sizeof *p->claims;
    if (p->n + n > p->size) {
        p->size = (p->n + n) * 2;
        p->claims = rr_realloc(p->claims, p->size * sizeof *p->claims);
    }
    if (n > 0)
        memcpy(p->claims + p->n, bytes, len);
    p->n += n;
}

/* Collective. All ranks read a block, then exchange what they found, until none has more. */
static int collect_claims(struct proof *p, struct rr_row_reader *reader, struct rr_error *err)
{
    const struct rr_comm *comm = p->subscribers->comm;
    struct rr_row_blocks *blocks = rr_row_blocks_open(&p->subscribers->file, err);
    int got = blocks ? 1 : -1;
    do {
        struct rr_text rows;
        int line;
        p->parcels = rr_parcels_create(comm);
        if (got > 0)
            got = rr_row_blocks_next(blocks, &rows, &line, err);
        if (got > 0)
            rr_row_reader_read(reader, rows, line, put_claim, p, err);
        exchange_claims(p);
        rr_parcels_destroy(p->parcels);
    } while (rr_comm_max(comm, got > 0) > 0);
    rr_row_blocks_close(blocks);
    return rr_agree(comm, got, err);
}

static int compare_claims(const void *a, const void *b)
{
    const struct claim *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return (x->start > y->start) - (x->start < y->start);
}

static bool overlap(struct claim *claims, size_t n)
{
    int32_t end = INT32_MIN; /* of what ends last, of this account */
    if (n > 1)
        qsort(claims, n, sizeof *claims, compare_claims);
    for (size_t i = 0; i < n; i++) {
        bool same = i > 0 && claims[i - 1].hash == claims[i].hash;
        if (same && claims[i].start < end)
            return true;
        end = same && end > claims[i].end ? end : claims[i].end;
    }
    return false;
}

/* Collective. */
static uint32_t count_passes(const struct rr_subscribers *s, uint64_t memory)
{
    uint64_t part = s->file.packed ? 0 : s->file.end - s->file.begin;
    uint64_t bytes = rr_comm_sum(s->comm, part) / (uint64_t)s->comm->size;
    uint64_t passes = 1 + bytes / ROW_BYTES * CLAIM_BYTES / (memory + 1);
    return passes < 1000 ? (uint32_t)passes : 1000;
}

int rr_subscribers_prove(struct rr_subscribers *s, struct rr_book *book, uint64_t memory,
                         bool *wrong, struct rr_error *err)
{
    struct rr_mistakes mistakes = {0};
    struct rr_row_reader *reader = rr_row_reader_create(book, &mistakes);
    struct proof proof = {.subscribers = s, .n_passes = count_passes(s, memory)};
    int result = 0;
    *wrong = false;
    for (; result == 0 && !*wrong && proof.pass < proof.n_passes; proof.pass++) {
        proof.n = 0;
        result = collect_claims(&proof, reader, err);
        bool mine = mistakes.n_found > 0 || overlap(proof.claims, proof.n);
        *wrong = rr_comm_max(s->comm, mine) > 0;
    }
    free(proof.claims);
    rr_row_reader_destroy(reader);
    rr_mistakes_fini(&mistakes);
    return result;
}

int32_t rr_subscribers_first_start(const struct rr_subscribers *s)
{
    return s->first_start;
}

/* ---- to the ranks that bill ---- */

/* All rows of this rank's part. */
static int read_rows(struct rr_subscribers *s, struct rr_row_reader *reader,
                     rr_subscription_taker take, void *self, struct rr_error *err)
{
    struct rr_row_blocks *blocks = rr_row_blocks_open(&s->file, err);
    struct rr_text rows;
    int line, got = blocks ? 0 : -1;
    while (blocks && (got = rr_row_blocks_next(blocks, &rows, &line, err)) > 0)
        if (rr_row_reader_read(reader, rows, line, take, self, err) != 0) {
            got = -1;
            break;
        }
    rr_row_blocks_close(blocks);
    return got;
}

static int read_proved(struct rr_subscribers *s, struct rr_book *book,
                       const struct rr_text *account, uint32_t n, rr_subscription_taker take,
                       void *self, struct rr_error *err)
{
    struct rr_mistakes mistakes = {0};
    struct rr_row_reader *reader = rr_row_reader_create(book, &mistakes);
    rr_row_reader_only(reader, account, n);
    int result = read_rows(s, reader, take, self, err);
    if (result == 0 && mistakes.n_found > 0)
        result = rr_fail(err, RR_EXIT_INPUT, "%s: it changed while it was read; try again",
                         s->file.path);
    rr_row_reader_destroy(reader);
    rr_mistakes_fini(&mistakes);
    return result;
}

int rr_subscribers_spread(struct rr_subscribers *s, struct rr_book *book,
                          rr_subscription_taker take, void *self, struct rr_error *err)
{
    return read_proved(s, book, NULL, 0, take, self, err);
}

int rr_subscribers_of(struct rr_subscribers *s, struct rr_book *book, const struct rr_text *account,
                      uint32_t n, rr_subscription_taker take, void *self, struct rr_error *err)
{
    return read_proved(s, book, account, n, take, self, err);
}
