/* Any bytes as the file of contracts of a fixed book, as one rank reads it and as several do in parts: they
 * refuse the same files. Of the others, all ranks know accounts, times and who pays, and the rank that rates
 * a contract's party knows all of the contract.
 *
 * Byte 0 chooses the number of ranks, and whether the file is packed. */
#include "../../io/memory.h"
#include "../../jobs/contract_parts.h"
#include "../../jobs/subscriptions.h"
#include "fuzz.h"
#include "packed.h"
#include "ranks.h"
#include "scratch.h"

enum { SHARDS = 7 };

static const char book_text[] =
    "rerate: 1\n"
    "currency: USD\n"
    "usage:\n"
    "  columns: {account: a, timestamp: t, meter: m, event_id: e}\n"
    "meters:\n"
    "  calls: {aggregate: count}\n"
    "  bytes: {aggregate: sum, value: v, by: [r]}\n"
    "plans:\n"
    "  p: {versions: [{from: 2020-01-01, charges: [{meter: calls, per_unit: \"1\"}]}]}\n"
    "  q: {versions: [{from: 2025-01-01, charges: [{meter: bytes, per_unit: \"2\"}]}]}\n"
    "contracts: c.yaml\n"
    "subscriptions:\n"
    "  - {account: s, contract: k, start: 2025-02-01}\n"
    "  - {account: t, plan: p, start: 2025-02-01}\n";

/* What all ranks see of an input. */
struct whole {
    const char *path;
    const struct rr_book *book; /* NULL: refused */
};

static struct rr_book_files files_of(const char *path)
{
    return (struct rr_book_files){.path = strdup("b.yaml"),
                                  .book = strdup(book_text),
                                  .book_len = strlen(book_text),
                                  .contracts_path = strdup(path)};
}

static void check_outlines(const struct rr_book *part, const struct rr_book *all)
{
    CHECK(part->n_contracts == all->n_contracts && part->n_stays == all->n_stays);
    for (int i = 0; i < part->n_contracts; i++) {
        const struct rr_contract *a = &part->contracts[i], *b = &all->contracts[i];
        CHECK(rr_text_equal(a->name, b->name) && rr_text_equal(a->bill_to, b->bill_to));
        CHECK(a->start == b->start && a->end == b->end && a->pool == b->pool);
    }
    for (int i = 0; i < part->n_stays; i++) {
        const struct rr_stay *a = &part->stays[i], *b = &all->stays[i];
        CHECK(rr_text_equal(a->account, b->account) && a->contract == b->contract);
        CHECK(a->start == b->start && a->end == b->end);
    }
}

static void check_charges(const struct rr_version *a, const struct rr_version *b)
{
    CHECK(a->from == b->from && a->n_charges == b->n_charges);
    for (int i = 0; i < a->n_charges; i++) {
        const struct rr_charge *x = &a->charges[i], *y = &b->charges[i];
        CHECK(rr_text_equal(x->id, y->id) && x->meter == y->meter && x->n_cases == y->n_cases);
        CHECK(x->free == y->free && x->discount == y->discount && x->n_split == y->n_split);
        CHECK(x->cases[0].price.key == y->cases[0].price.key);
        CHECK(x->cases[0].price.amount == y->cases[0].price.amount);
    }
}

static void check_whole(const struct rr_contract *a, const struct rr_contract *b)
{
    CHECK(rr_text_equal(a->plan.name, b->plan.name) && a->discount == b->discount);
    CHECK(a->n_own == b->n_own && a->n_credits == b->n_credits);
    CHECK(a->plan.has_minimum == b->plan.has_minimum && a->plan.minimum == b->plan.minimum);
    CHECK(a->commit.given == b->commit.given && a->commit.amount == b->commit.amount);
    CHECK(a->commit.every == b->commit.every && a->commit.upfront == b->commit.upfront);
    CHECK(a->plan.n_versions == b->plan.n_versions);
    for (int i = 0; i < a->plan.n_versions; i++)
        check_charges(&a->plan.versions[i], &b->plan.versions[i]);
    for (int i = 0; i < a->n_credits; i++) {
        const struct rr_credit *x = &a->credits[i], *y = &b->credits[i];
        CHECK(rr_text_equal(x->id, y->id) && x->amount == y->amount);
        CHECK(x->from == y->from && x->until == y->until && x->priority == y->priority);
    }
}

/* Charges of one rank's contracts may need single events of all. */
static void check_events(const struct rr_comm *comm, const struct rr_book *part,
                         const struct rr_book *all)
{
    for (int i = 0; i < all->n_meters; i++)
        CHECK((rr_comm_max(comm, part->meters[i].per_event) != 0) == all->meters[i].per_event);
}

/* As before pricing: contracts go whole to the ranks of their parties. */
static void check_gathered(const struct rr_comm *comm, struct rr_contract_parts *parts,
                           const struct rr_book *part, struct rr_book_files *files,
                           const struct rr_book *all)
{
    struct rr_error err = {0};
    struct rr_parties *parties = rr_parties_create(part);
    rr_contract_parts_gather(parts, comm, SHARDS, parties, part, files);
    struct rr_book *book = rr_book_parse(files, NULL, &err);
    CHECK(book != NULL);
    check_outlines(book, all);
    for (int i = 0; i < all->n_stays; i++) {
        int contract = all->stays[i].contract;
        if (rr_billing_rank(comm, SHARDS, parties, all->stays[i].account) == comm->rank)
            check_whole(&book->contracts[contract], &all->contracts[contract]);
    }
    rr_parties_destroy(parties);
    rr_book_close(book);
}

static void read_part(const struct rr_comm *comm, void *self)
{
    struct whole *whole = self;
    struct rr_error err = {0};
    struct rr_contract_parts *parts;
    struct rr_book_files files = files_of(whole->path);
    CHECK(rr_contract_parts_read(comm, &files, &parts, &err) == 0);
    CHECK((rr_comm_sum(comm, parts != NULL)) == (parts ? (uint64_t)comm->size : 0));
    struct rr_book *part = rr_book_parse(&files, NULL, &err);
    bool refused = rr_comm_max(comm, part == NULL) != 0;
    CHECK(refused == (whole->book == NULL));
    if (!refused) {
        check_outlines(part, whole->book);
        check_events(comm, part, whole->book);
        if (parts != NULL)
            check_gathered(comm, parts, part, &files, whole->book);
    }
    rr_book_close(part);
    rr_contract_parts_destroy(parts);
    rr_book_files_fini(&files);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    unsigned choice = take_byte(&in);
    size_t len;
    uint8_t *bytes = take_copy(&in, in.left, &len);
    struct whole whole = {.path = choice % 8 == 7 ? packed_file("c.yaml.zst", bytes, len)
                                                  : scratch_file("c.yaml", bytes, len)};
    struct rr_mistakes mistakes = {0};
    struct rr_error err = {0};
    struct rr_book_files files = files_of(whole.path);
    files.contracts = (char *)bytes;
    files.contracts_len = len;
    struct rr_book *book = rr_book_parse(&files, &mistakes, &err);
    CHECK((book == NULL) == (mistakes.n_found > 0));
    whole.book = book;
    run_ranks(2 + (int)choice % (RANKS_MAX - 1), read_part, &whole);
    rr_mistakes_fini(&mistakes);
    rr_book_close(book);
    rr_book_files_fini(&files); /* and the bytes */
    return 0;
}
