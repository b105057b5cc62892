/* Pairs: whatever the memory and the number of ranks, all come back once, in order. Runs on any number of
 * ranks. */
#include "unit.h"
#include "unit_ranks.h"

#include "../../runtime/big_endian.h"
#include "../../runtime/pairs.h"

#include <string.h>
#include <unistd.h>

enum { KEYS = 400 };

static struct rr_comm comm;

struct facts {
    uint64_t pairs, sum, bytes;
};

/* Pairs of one key come from one rank, numbered; now and then some rank adds the key without rows. */
static struct facts add_all(struct rr_pairs *pairs, uint64_t n, bool by_rank)
{
    uint64_t seed = 7 + (uint64_t)comm.rank;
    struct facts facts = {0};
    struct rr_error err;
    for (uint64_t i = 0; i < n; i++) {
        struct rr_line key = {0};
        char name[32], rows[64];
        uint64_t number = unit_random(&seed) % KEYS * (uint64_t)comm.size;
        bool empty = i % 97 == 5;
        number += empty ? 0 : (uint64_t)comm.rank;
        if (by_rank)
            rr_put_u32(&key, (uint32_t)(number % (uint64_t)comm.size));
        snprintf(name, sizeof name, "%llx", (unsigned long long)(number * 2654435761u % 999983));
        rr_line_put(&key, name, strlen(name));
        int len =
            snprintf(rows, sizeof rows, "%010llu%.*s", (unsigned long long)i,
                     (int)(unit_random(&seed) % 40), "........................................");
        struct rr_text text = {rows, empty ? 0 : (uint32_t)len};
        RANKS_MUST_EQUAL(rr_pairs_add(pairs, rr_line_text(&key), text, &err), 0);
        facts.pairs++;
        facts.sum += empty ? 0 : i;
        facts.bytes += text.len;
        rr_line_fini(&key);
    }
    return facts;
}

static struct facts read_all(struct rr_pairs *pairs, bool by_rank, char first[64], char last[64])
{
    struct facts facts = {0};
    struct rr_text key, rows;
    struct rr_error err;
    uint64_t before = 0;
    bool had_rows = false;
    int got;
    first[0] = last[0] = '\0';
    while ((got = rr_pairs_next(pairs, &key, &rows, &err)) > 0) {
        char text[64], digits[16] = "";
        uint32_t skip = by_rank ? 4 : 0;
        if (by_rank)
            RANKS_MUST_EQUAL(rr_load_u32(key.ptr), (uint32_t)comm.rank);
        snprintf(text, sizeof text, "%.*s", (int)(key.len - skip), key.ptr + skip);
        int order = strcmp(last, text);
        RANKS_MUST(order <= 0);
        if (order < 0)
            had_rows = false;
        memcpy(digits, rows.ptr, rows.len ? 10 : 0);
        uint64_t number = strtoull(digits, NULL, 10);
        if (order == 0 && had_rows)
            RANKS_MUST(rows.len > 0 && number > before);
        had_rows |= rows.len > 0;
        before = rows.len > 0 ? number : before;
        facts.pairs++;
        facts.sum += number;
        facts.bytes += rows.len;
        if (facts.pairs == 1)
            strcpy(first, text);
        strcpy(last, text);
    }
    RANKS_MUST_EQUAL(got, 0);
    return facts;
}

static void require_same(struct facts a, struct facts b)
{
    RANKS_MUST_EQUAL(rr_comm_sum(&comm, a.pairs), rr_comm_sum(&comm, b.pairs));
    RANKS_MUST_EQUAL(rr_comm_sum(&comm, a.sum), rr_comm_sum(&comm, b.sum));
    RANKS_MUST_EQUAL(rr_comm_sum(&comm, a.bytes), rr_comm_sum(&comm, b.bytes));
}

/* Ranges of ranks follow each other. */
static void require_ranges(const struct rr_pairs *pairs, struct facts facts, const char first[64],
                           const char last[64])
{
    char ends[2][64], *all;
    size_t len;
    uint64_t *bytes = calloc((size_t)comm.size, sizeof *bytes), sum = 0;
    memcpy(ends[0], first, 64);
    memcpy(ends[1], last, 64);
    rr_comm_concat(&comm, ends, sizeof ends, &all, &len, NULL);
    const char *end = "";
    for (int r = 0; r < comm.size; r++) {
        const char *from = all + r * 128, *to = from + 64;
        if (*from == '\0')
            continue;
        RANKS_MUST(strcmp(end, from) < 0);
        end = to;
    }
    rr_comm_allgather(&comm, &facts.bytes, bytes, sizeof facts.bytes);
    for (int r = 0; r < comm.rank; r++)
        sum += bytes[r];
    RANKS_MUST_EQUAL(rr_pairs_rows_before(pairs), sum);
    free(bytes);
    free(all);
}

static void try(uint64_t n, size_t memory, bool by_rank)
{
    struct rr_error err;
    char path[64] = "", first[64], last[64];
    if (comm.rank == 0)
        snprintf(path, sizeof path, "/tmp/rr-pairs-%d", (int)getpid());
    rr_comm_bcast(&comm, path, sizeof path, 0);
    struct rr_pairs *pairs = rr_pairs_create(&comm, path, memory);
    struct facts added = add_all(pairs, n, by_rank);
    int result =
        by_rank ? rr_pairs_exchange_by_rank(pairs, &err) : rr_pairs_exchange(pairs, NULL, &err);
    RANKS_MUST_EQUAL(result, 0);
    struct facts once = read_all(pairs, by_rank, first, last);
    require_same(added, once);
    if (!by_rank)
        require_ranges(pairs, once, first, last);
    RANKS_MUST_EQUAL(rr_pairs_rewind(pairs, &err), 0);
    require_same(added, read_all(pairs, by_rank, first, last));
    rr_comm_barrier(&comm);
    rr_pairs_destroy(pairs);
    rr_comm_barrier(&comm);
    strcat(path, ".0.0");
    RANKS_MUST(comm.rank != 0 || access(path, F_OK) != 0);
}

static void pairs_come_back_once_and_in_order(void)
{
    static const struct {
        uint64_t n;
        size_t memory;
    } cases[] = {{0, 1000},       {1, 1000},     {100, 1 << 20},
                 {5000, 1 << 20}, {5000, 20000}, {30000, 1000}};
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        try(cases[c].n, cases[c].memory, false);
        try(cases[c].n, cases[c].memory, true);
    }
}

static void one_rank_may_have_all(void)
{
    struct rr_error err;
    char path[64] = "", first[64], last[64];
    if (comm.rank == 0)
        snprintf(path, sizeof path, "/tmp/rr-pairs-%d", (int)getpid());
    rr_comm_bcast(&comm, path, sizeof path, 0);
    struct rr_pairs *pairs = rr_pairs_create(&comm, path, 3000);
    struct facts added = {0};
    if (comm.rank == comm.size - 1)
        added = add_all(pairs, 4000, false);
    RANKS_MUST_EQUAL(rr_pairs_exchange(pairs, NULL, &err), 0);
    struct facts all = read_all(pairs, false, first, last);
    require_same(added, all);
    require_ranges(pairs, all, first, last);
    rr_comm_barrier(&comm);
    rr_pairs_destroy(pairs);
}

int main(int argc, char **argv)
{
    void (*const tests[])(void) = {pairs_come_back_once_and_in_order, one_rank_may_have_all, NULL};
    return unit_ranks_main(&argc, &argv, tests, &comm);
}
