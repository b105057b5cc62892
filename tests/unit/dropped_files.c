/* Runs of records: rows come back as they were put, but for those of files that were dropped. */
#include "unit.h"

#include "../../runtime/order.h"
#include "../../runtime/record_run.h"

#include <stdio.h>
#include <unistd.h>

enum { SHARDS = 16, FILES = 4, ROWS = 4000, ACCOUNTS = 7 };

static const struct rr_job job = {.has_event_ids = true, .n_values = 1};

struct record {
    struct rr_row row;
    rr_decimal value;
};

static void make_rows(uint8_t *rows)
{
    uint64_t seed = 11;
    for (uint32_t i = 0; i < ROWS; i++) {
        struct record record = {.row = {.fingerprint = {unit_random(&seed), i},
                                        .time_ns = (int64_t)i,
                                        .position = rr_position(i % FILES, i + 1),
                                        .account = (uint32_t)(unit_random(&seed) % ACCOUNTS)},
                                .value = (rr_decimal)i * RR_DECIMAL_ONE};
        memcpy(rows + (size_t)i * rr_row_size(&job), &record.row, sizeof record.row);
        memcpy(rows + (size_t)i * rr_row_size(&job) + sizeof record.row, &record.value,
               sizeof record.value);
    }
}

/* Reads a run with these places, and notes which rows came. */
static void read_run(const char *path, const uint32_t *place_of, bool *seen)
{
    struct rr_error err = {0};
    struct rr_dictionary *keys = rr_dictionary_create();
    struct rr_account_head head;
    struct rr_record_reader *reader =
        rr_record_reader_open(path, &job, SHARDS, keys, place_of, &err);
    const struct rr_slice all = {.end = SHARDS, .high = UINT64_MAX};
    ck_assert_msg(reader != NULL, "%s", err.text);
    ck_assert_int_eq(rr_record_reader_select(reader, &all, &err), 0);
    uint8_t *rows = malloc((size_t)ROWS * rr_row_size(&job));
    while (rr_record_reader_next(reader, &head, &err) > 0) {
        uint32_t kept;
        ck_assert_int_eq(rr_record_reader_rows(reader, head.items, 5, rows, &kept, &err), 0);
        for (uint32_t i = 0; i < kept; i++) {
            struct record record;
            memcpy(&record.row, rows + (size_t)i * rr_row_size(&job), sizeof record.row);
            memcpy(&record.value, rows + (size_t)i * rr_row_size(&job) + sizeof record.row,
                   sizeof record.value);
            uint32_t number = (uint32_t)record.row.time_ns;
            ck_assert(number < ROWS && !seen[number]);
            seen[number] = true;
            ck_assert_uint_eq(record.row.account, 5);
            ck_assert_uint_eq(rr_position_file(record.row.position), place_of[number % FILES]);
            ck_assert_uint_eq(rr_position_record(record.row.position), number + 1);
            ck_assert_uint_eq(record.row.fingerprint[1], number);
            ck_assert(record.value == (rr_decimal)number * RR_DECIMAL_ONE);
        }
    }
    free(rows);
    rr_record_reader_close(reader);
    rr_dictionary_destroy(keys);
}

START_TEST(rows_of_dropped_files_are_passed_over)
{
    char path[] = "/tmp/rr-record-run-XXXXXX";
    struct rr_error err = {0};
    struct rr_digest digest;
    uint64_t bytes;
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    struct rr_dictionary *accounts = rr_dictionary_create(), *keys = rr_dictionary_create();
    for (uint32_t a = 0; a < ACCOUNTS; a++) {
        char name[16];
        snprintf(name, sizeof name, "account-%u", a);
        rr_dictionary_enter(accounts, rr_text_of(name), rr_dictionary_hash(rr_text_of(name)));
    }
    rr_dictionary_enter(keys, rr_text_of("k"), rr_dictionary_hash(rr_text_of("k")));
    static const uint32_t file_of_place[FILES] = {0, 1, 2, 3};
    uint8_t *rows = calloc(ROWS, rr_row_size(&job));
    make_rows(rows);
    ck_assert_msg(rr_record_run_write(path, &job, SHARDS, accounts, keys, file_of_place, rows, ROWS,
                                      &bytes, &digest, &err) == 0,
                  "%s", err.text);
    static const uint32_t places[][FILES] = {{3, 2, 1, 0},
                                             {RR_NO_PLACE, 1, RR_NO_PLACE, 0},
                                             {0, 1, 2, RR_NO_PLACE},
                                             {RR_NO_PLACE, RR_NO_PLACE, RR_NO_PLACE, RR_NO_PLACE}};
    for (size_t p = 0; p < sizeof places / sizeof *places; p++) {
        bool seen[ROWS] = {false};
        read_run(path, places[p], seen);
        for (uint32_t i = 0; i < ROWS; i++)
            ck_assert_int_eq(seen[i], places[p][i % FILES] != RR_NO_PLACE);
    }
    free(rows);
    rr_dictionary_destroy(accounts);
    rr_dictionary_destroy(keys);
    unlink(path);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {rows_of_dropped_files_are_passed_over, NULL};
    return unit_main("dropped_files", tests);
}
