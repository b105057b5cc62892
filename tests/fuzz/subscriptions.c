/* Any bytes as the subscriptions of a fixed book, as one rank reads them and as several do in parts: they
 * refuse the same files, and make the same subscriptions and stays of the others.
 *
 * Byte 0 chooses the number of ranks, whether the file is packed, and the memory of a proof. */
#include "../../io/memory.h"
#include "../../jobs/subscribers.h"
#include "fuzz.h"
#include "packed.h"
#include "ranks.h"
#include "scratch.h"

static const char book_text[] =
    "rerate: 1\n"
    "currency: USD\n"
    "usage:\n"
    "  columns: {account: a, timestamp: t, meter: m, event_id: e}\n"
    "meters:\n"
    "  calls: {aggregate: count}\n"
    "plans:\n"
    "  p: {versions: [{from: 2020-01-01, charges: [{meter: calls, per_unit: \"1\"}]}]}\n"
    "  q: {versions: [{from: 2025-01-01, charges: [{meter: calls, per_unit: \"2\"}]}]}\n"
    "contracts:\n"
    "  k: {plan: p, start: 2025-01-01, end: 2026-01-01}\n"
    "  l: {plan: q, accounts: [x, y], pool: true, start: 2025-06-01}\n"
    "subscriptions: s.csv\n";

/* What all ranks see of an input. */
struct whole {
    const char *path;
    uint64_t memory;            /* of a proof */
    const struct rr_book *book; /* NULL: refused */
};

static struct rr_book_files files_of(const char *path)
{
    return (struct rr_book_files){.path = strdup("b.yaml"),
                                  .book = strdup(book_text),
                                  .book_len = strlen(book_text),
                                  .subscriptions_path = strdup(path)};
}

static bool same_subscription(const struct rr_subscription *a, const struct rr_subscription *b)
{
    return rr_text_equal(a->account, b->account) && a->plan == b->plan && a->start == b->start &&
           a->end == b->end;
}

static void check_stays(const struct rr_book *part, const struct rr_book *all)
{
    CHECK(part->n_stays == all->n_stays);
    for (int i = 0; i < part->n_stays; i++) {
        const struct rr_stay *a = &part->stays[i], *b = &all->stays[i];
        CHECK(rr_text_equal(a->account, b->account) && a->contract == b->contract);
        CHECK(a->start == b->start && a->end == b->end && a->line == b->line);
    }
}

/* What ranks hand on for billing. */
struct handed {
    const struct rr_book *all;
    uint64_t n;
    int32_t first_start;
};

static int take(void *self, const struct rr_subscription *row, struct rr_error *err)
{
    struct handed *s = self;
    int i = 0;
    (void)err;
    while (i < s->all->n_subscriptions && !same_subscription(row, &s->all->subscriptions[i]))
        i++;
    CHECK(i < s->all->n_subscriptions);
    s->first_start = row->start < s->first_start ? row->start : s->first_start;
    s->n++;
    return 0;
}

/* Every row goes on once: no two of the whole are the same, as one account has one plan at a time. */
static void check_part(const struct rr_comm *comm, const struct whole *whole,
                       struct rr_subscribers *subscribers, struct rr_book *part)
{
    struct rr_error err = {0};
    struct handed handed = {whole->book, 0, INT32_MAX};
    check_stays(part, whole->book);
    CHECK(part->n_subscriptions == 0);
    CHECK(rr_subscribers_spread(subscribers, part, take, &handed, &err) == 0);
    CHECK(rr_comm_sum(comm, handed.n) == (uint64_t)whole->book->n_subscriptions);
    CHECK(rr_subscribers_first_start(subscribers) == handed.first_start);
}

static void read_part(const struct rr_comm *comm, void *self)
{
    const struct whole *whole = self;
    struct rr_error err = {0};
    struct rr_subscribers *subscribers;
    struct rr_book_files files = files_of(whole->path);
    CHECK(rr_subscribers_open(comm, &files, &subscribers, &err) == 0);
    struct rr_book *part = rr_book_parse(&files, NULL, &err);
    bool refused = rr_comm_max(comm, part == NULL) != 0;
    if (!refused)
        CHECK(rr_subscribers_prove(subscribers, part, whole->memory, &refused, &err) == 0);
    CHECK(refused == (whole->book == NULL));
    if (!refused)
        check_part(comm, whole, subscribers, part);
    rr_subscribers_close(subscribers);
    rr_book_close(part);
    rr_book_files_fini(&files);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    unsigned choice = take_byte(&in);
    size_t len;
    uint8_t *bytes = take_copy(&in, in.left, &len);
    struct whole whole = {.path = choice & 1 ? packed_file("s.csv.zst", bytes, len)
                                             : scratch_file("s.csv", bytes, len),
                          .memory = choice & 128 ? len : 1 << 20};
    struct rr_mistakes mistakes = {0};
    struct rr_error err = {0};
    struct rr_book_files files = files_of(whole.path);
    files.subscriptions = (char *)bytes;
    files.subscriptions_len = len;
    struct rr_book *book = rr_book_parse(&files, &mistakes, &err);
    CHECK((book == NULL) == (mistakes.n_found > 0));
    free(rr_mistakes_text(&mistakes));
    whole.book = book;
    run_ranks(2 + (int)(choice >> 1 & 63) % (RANKS_MAX - 1), read_part, &whole);
    rr_mistakes_fini(&mistakes);
    rr_book_close(book);
    rr_book_files_fini(&files); /* and the bytes */
    return 0;
}
