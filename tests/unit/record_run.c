/* Runs of records: whatever slices they are read in, each record comes once, from the slice it belongs
 * to. */
#include "unit.h"

#include "../../runtime/order.h"
#include "../../runtime/record_run.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SHARDS = 8, ACCOUNTS = 30, FEW = 200, MANY = 100000 };

static const struct rr_job job = {.name = "test", .has_event_ids = true, .n_values = 1};

struct sample {
    struct rr_dictionary *accounts, *keys;
    uint8_t *rows;
    uint32_t n;
    char path[64];
};

static uint32_t enter(struct rr_dictionary *dictionary, const char *prefix, uint32_t number)
{
    char name[32];
    snprintf(name, sizeof name, "%s-%u", prefix, number);
    return rr_dictionary_enter(dictionary, rr_text_of(name), rr_dictionary_hash(rr_text_of(name)));
}

static struct rr_row row_at(const uint8_t *rows, uint32_t i)
{
    struct rr_row row;
    memcpy(&row, rows + (size_t)i * rr_row_size(&job), sizeof row);
    return row;
}

/* One account has most of the records; some fingerprints occur more than once, some at the ends. */
static struct sample make_sample(uint32_t n, uint64_t seed)
{
    static const uint32_t file_of_place[] = {0, 1};
    struct sample s = {rr_dictionary_create(), rr_dictionary_create(), NULL, n, ""};
    uint32_t row_size = rr_row_size(&job);
    s.rows = malloc((size_t)n * row_size);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t high = unit_random(&seed), low = unit_random(&seed);
        if (i % 50 == 1)
            high = i % 100 == 1 ? 0 : UINT64_MAX;
        if (i % 20 == 7)
            high = row_at(s.rows, i - 1).fingerprint[0];
        struct rr_row row = {{high, low},
                             (int64_t)i,
                             rr_position(i % 2, i),
                             enter(s.accounts, "account", (uint32_t)(i % 3 ? 3 : i % ACCOUNTS)),
                             enter(s.keys, "key", i % 5)};
        rr_decimal value = (rr_decimal)i * RR_DECIMAL_ONE;
        memcpy(s.rows + (size_t)i * row_size, &row, sizeof row);
        memcpy(s.rows + (size_t)i * row_size + sizeof row, &value, sizeof value);
    }
    struct rr_error err = {0};
    uint64_t bytes;
    struct rr_digest digest;
    snprintf(s.path, sizeof s.path, "/tmp/rr-record-run-%d.h5", (int)getpid());
    ck_assert_msg(rr_record_run_write(s.path, &job, SHARDS, s.accounts, s.keys, file_of_place,
                                      s.rows, n, &bytes, &digest, &err) == 0,
                  "%s", err.text);
    return s;
}

static void drop_sample(struct sample *s)
{
    unlink(s->path);
    rr_dictionary_destroy(s->accounts);
    rr_dictionary_destroy(s->keys);
    free(s->rows);
}

static struct rr_record_reader *open_sample(const struct sample *s, struct rr_dictionary *keys)
{
    static const uint32_t place_of_file[] = {0, 1};
    struct rr_error err = {0};
    struct rr_record_reader *reader =
        rr_record_reader_open(s->path, &job, SHARDS, keys, place_of_file, &err);
    ck_assert_msg(reader != NULL, "%s", err.text);
    return reader;
}

static bool is_in(const struct sample *s, const struct rr_row *row, const struct rr_slice *slice)
{
    uint32_t shard = rr_shard_of(rr_dictionary_hash_of(s->accounts, row->account), SHARDS);
    return shard >= slice->first && shard < slice->end && row->fingerprint[0] >= slice->low &&
           row->fingerprint[0] <= slice->high;
}

/* Every row that is read is the one it was, is in the slice, and is marked in `seen`. */
static uint32_t read_slice(const struct sample *s, struct rr_record_reader *reader,
                           const struct rr_slice *slice, bool *seen)
{
    struct rr_error err = {0};
    struct rr_account_head head;
    uint32_t row_size = rr_row_size(&job), count = 0;
    uint8_t *rows = malloc((size_t)s->n * row_size);
    ck_assert_int_eq(rr_record_reader_select(reader, slice, &err), 0);
    while (rr_record_reader_next(reader, &head, &err) > 0) {
        uint32_t kept;
        ck_assert_int_eq(rr_record_reader_rows(reader, head.items, 77, rows, &kept, &err), 0);
        ck_assert_uint_eq(kept, head.items);
        for (uint32_t i = 0; i < head.items; i++) {
            struct rr_row got = row_at(rows, i), want = row_at(s->rows, (uint32_t)got.time_ns);
            ck_assert(got.fingerprint[0] == want.fingerprint[0] &&
                      got.fingerprint[1] == want.fingerprint[1]);
            ck_assert(got.position == want.position && got.account == 77);
            ck_assert(rr_text_equal(head.name, rr_dictionary_text(s->accounts, want.account)));
            ck_assert_mem_eq(rows + (size_t)i * row_size + sizeof got,
                             s->rows + (size_t)got.time_ns * row_size + sizeof got,
                             sizeof(rr_decimal));
            ck_assert(is_in(s, &want, slice));
            ck_assert(!seen[got.time_ns]);
            seen[got.time_ns] = true;
        }
        count += head.items;
    }
    ck_assert_int_eq(err.code, 0);
    free(rows);
    return count;
}

static uint32_t count_in(const struct sample *s, const struct rr_slice *slice)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        struct rr_row row = row_at(s->rows, i);
        n += is_in(s, &row, slice);
    }
    return n;
}

static void every_slice_of(uint32_t n, uint64_t seed, uint64_t most)
{
    struct sample s = make_sample(n, seed);
    struct rr_dictionary *keys = rr_dictionary_create();
    struct rr_record_reader *reader = open_sample(&s, keys);
    uint64_t records[SHARDS] = {0};
    struct rr_gap gaps[SHARDS];
    for (uint32_t i = 0; i < n; i++)
        records[rr_shard_of(rr_dictionary_hash_of(s.accounts, row_at(s.rows, i).account),
                            SHARDS)]++;
    for (uint32_t i = 0; i < SHARDS; i++)
        gaps[i] = (struct rr_gap){i, 0, UINT64_MAX};
    uint32_t n_slices, total = 0;
    struct rr_slice *slices = rr_slices_plan(gaps, SHARDS, records, most, &n_slices);
    bool *seen = calloc(n, sizeof *seen);
    for (uint32_t i = 0; i < n_slices; i++) {
        uint32_t got = read_slice(&s, reader, &slices[i], seen);
        ck_assert_uint_eq(got, count_in(&s, &slices[i]));
        total += got;
    }
    ck_assert_uint_eq(total, n);
    rr_record_reader_close(reader);
    rr_dictionary_destroy(keys);
    free(slices);
    free(seen);
    drop_sample(&s);
}

START_TEST(slices_divide_a_run)
{
    every_slice_of(FEW, 1, 10);
    every_slice_of(FEW, 2, 1000);
    every_slice_of(MANY, 3, 3000);
    every_slice_of(MANY, 4, 40000);
}
END_TEST

/* Slices as they come: parts of shards, gaps, back and forth, each of one fingerprint too. */
START_TEST(any_slice_can_be_read_after_any_other)
{
    struct sample s = make_sample(MANY / 4, 5);
    struct rr_dictionary *keys = rr_dictionary_create();
    struct rr_record_reader *reader = open_sample(&s, keys);
    uint64_t seed = 6;
    for (int i = 0; i < 300; i++) {
        bool *seen = calloc(s.n, sizeof *seen);
        struct rr_slice slice = {.first = (uint32_t)(unit_random(&seed) % SHARDS)};
        slice.end = slice.first + 1 + (uint32_t)(unit_random(&seed) % (SHARDS - slice.first));
        uint64_t a = row_at(s.rows, (uint32_t)(unit_random(&seed) % s.n)).fingerprint[0];
        uint64_t b = i % 3 ? unit_random(&seed) : a;
        slice.low = i % 7 == 0 ? 0 : a < b ? a : b;
        slice.high = i % 11 == 0 ? UINT64_MAX : a < b ? b : a;
        ck_assert_uint_eq(read_slice(&s, reader, &slice, seen), count_in(&s, &slice));
        free(seen);
    }
    rr_record_reader_close(reader);
    rr_dictionary_destroy(keys);
    drop_sample(&s);
}
END_TEST

static uint32_t count_of(const struct sample *s, uint32_t account, const struct rr_slice *slice)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        struct rr_row row = row_at(s->rows, i);
        n += row.account == account && is_in(s, &row, slice);
    }
    return n;
}

/* The account's rows of a slice, and no others, as often as they are asked for. */
static void find_account(const struct sample *s, struct rr_record_reader *reader, uint32_t account,
                         const struct rr_slice *slice)
{
    struct rr_error err = {0};
    struct rr_account_head head;
    struct rr_text name = rr_dictionary_text(s->accounts, account);
    uint32_t kept = 0, want = count_of(s, account, slice);
    uint8_t *rows = malloc((size_t)s->n * rr_row_size(&job));
    ck_assert_int_eq(rr_record_reader_select(reader, slice, &err), 0);
    ck_assert_int_eq(rr_record_reader_find(reader, name, &head, &err), want > 0);
    if (want > 0) {
        ck_assert_uint_eq(head.items, want);
        ck_assert_int_eq(rr_record_reader_rows(reader, want, 77, rows, &kept, &err), 0);
    }
    ck_assert_uint_eq(kept, want);
    for (uint32_t i = 0; i < kept; i++) {
        struct rr_row got = row_at(rows, i), was = row_at(s->rows, (uint32_t)got.time_ns);
        ck_assert(was.account == account && was.position == got.position && is_in(s, &was, slice));
    }
    free(rows);
}

/* Among others in one shard and in stretches of shards, in parts of it, and where there are none. */
START_TEST(an_account_is_found)
{
    struct sample s = make_sample(MANY / 20, 8);
    struct rr_dictionary *keys = rr_dictionary_create();
    struct rr_record_reader *reader = open_sample(&s, keys);
    uint64_t seed = 9;
    bool *seen = calloc(s.n, sizeof *seen);
    for (int i = 0; i < 500; i++) {
        uint32_t account = (uint32_t)(unit_random(&seed) % rr_dictionary_size(s.accounts));
        uint32_t shard = rr_shard_of(rr_dictionary_hash_of(s.accounts, account), SHARDS);
        struct rr_slice slice = {.first = i % 5 ? shard : 0, .high = UINT64_MAX};
        slice.end = i % 5 == 1 ? SHARDS : shard + (i % 7 > 0);
        if (slice.end == slice.first)
            slice.end++;
        if (i % 3 == 0)
            slice.low = unit_random(&seed);
        if (i % 4 == 0)
            slice.high = slice.low + (UINT64_MAX - slice.low) / 2;
        find_account(&s, reader, account, &slice);
        struct rr_slice next = {slice.end, slice.end + 1, 0, UINT64_MAX, 0};
        if (next.end <= SHARDS)
            ck_assert_uint_eq(read_slice(&s, reader, &next, seen), count_in(&s, &next));
        memset(seen, 0, s.n * sizeof *seen);
    }
    free(seen);
    rr_record_reader_close(reader);
    rr_dictionary_destroy(keys);
    drop_sample(&s);
}
END_TEST

START_TEST(shards_are_counted)
{
    struct sample s = make_sample(FEW, 7);
    uint64_t counts[SHARDS] = {0};
    struct rr_error err = {0};
    struct rr_run_reader *run = rr_run_open(s.path, &err);
    ck_assert_int_eq(rr_run_count_items(run, 2, SHARDS, counts, &err), 0);
    for (uint32_t i = 0; i < SHARDS; i++) {
        struct rr_slice slice = {i, i + 1, 0, UINT64_MAX, 0};
        ck_assert_uint_eq(counts[i], i < 2 ? 0 : count_in(&s, &slice));
    }
    rr_run_close(run);
    drop_sample(&s);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {slices_divide_a_run, any_slice_can_be_read_after_any_other,
                            an_account_is_found, shards_are_counted, NULL};
    return unit_main("record_run", tests);
}
