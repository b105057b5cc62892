/* Run files: what was put into columns comes out of them, and damage is noticed. */
#include "unit.h"

#include "../../io/runfile.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { COLUMNS = 8, LONGEST = 3 * RR_RUN_CHUNK };

static const size_t lengths[] = {0, 1, RR_RUN_CHUNK - 1, RR_RUN_CHUNK, RR_RUN_CHUNK + 1, LONGEST};
enum { LENGTHS = sizeof lengths / sizeof lengths[0] };

static char folder[] = "/tmp/rerate-runfile-XXXXXX";
static char path[64];

static void make_folder(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/run.h5", folder);
}

static void remove_folder(void)
{
    unlink(path);
    rmdir(folder);
}

static void name_of(int column, char name[16])
{
    snprintf(name, 16, "column%d", column);
}

static unsigned width_of(int column)
{
    return 1u << column % 4;
}

/* The bytes of column c: small numbers, or random ones where the column is plain (c >= 4). */
static uint8_t *content(int c, size_t n)
{
    uint64_t seed = (uint64_t)c;
    size_t bytes = n * width_of(c);
    uint8_t *out = malloc(bytes + 1);
    for (size_t i = 0; i < bytes; i++)
        out[i] = (uint8_t)(c < 4 && i % width_of(c) > 1 ? 0 : unit_random(&seed));
    return out;
}

/* A run with 8 columns of different lengths, put in pieces of odd sizes. */
static void write_run(size_t first_length, uint64_t *bytes, struct rr_digest *digest)
{
    struct rr_error err = {0};
    uint64_t seed = 7;
    struct rr_run_writer *run = rr_run_create(path, RR_RUN_SMALL, &err);
    ck_assert_msg(run != NULL, "%s", err.text);
    for (int c = 0; c < COLUMNS; c++) {
        char name[16];
        name_of(c, name);
        ck_assert_int_eq(rr_run_add_column(run, name, width_of(c), c >= 4, &err), c);
    }
    for (int c = 0; c < COLUMNS; c++) {
        size_t n = lengths[(first_length + (size_t)c) % LENGTHS], piece;
        uint8_t *all = content(c, n);
        for (size_t at = 0; at < n; at += piece) {
            piece = 1 + unit_random(&seed) % 20000;
            piece = piece < n - at ? piece : n - at;
            ck_assert_int_eq(rr_run_put(run, c, all + at * width_of(c), piece, &err), 0);
        }
        free(all);
    }
    ck_assert_int_eq(rr_run_set(run, "answer", UINT64_MAX - 41, &err), 0);
    ck_assert_msg(rr_run_finish(run, bytes, digest, &err) == 0, "%s", err.text);
}

START_TEST(columns_come_back)
{
    static uint8_t out[LONGEST * 8];
    struct rr_error err = {0};
    uint64_t bytes, seed = 3, value = 0;
    struct rr_digest digest;
    make_folder();
    for (size_t first = 0; first < LENGTHS; first++) {
        write_run(first, &bytes, &digest);
        ck_assert_msg(rr_run_check(path, bytes, digest, &err) == 0, "%s", err.text);
        struct rr_run_reader *run = rr_run_open(path, &err);
        ck_assert_msg(run != NULL, "%s", err.text);
        ck_assert_int_eq(rr_run_get(run, "answer", &value, &err), 0);
        ck_assert_uint_eq(value, UINT64_MAX - 41);
        ck_assert_int_eq(rr_run_get(run, "question", &value, &err), -1);
        ck_assert_ptr_null(rr_run_stream_open(run, "column9", 8, &err));
        for (int c = 0; c < COLUMNS; c++) {
            size_t n = lengths[(first + (size_t)c) % LENGTHS], w = width_of(c);
            uint8_t *all = content(c, n);
            char name[16];
            name_of(c, name);
            struct rr_run_stream *stream = rr_run_stream_open(run, name, (unsigned)w, &err);
            ck_assert_msg(stream != NULL, "%s", err.text);
            ck_assert_uint_eq(rr_run_stream_length(stream), n);
            ck_assert_int_eq(rr_run_stream_read(stream, out, n, &err), 0);
            ck_assert_mem_eq(out, all, n * w);
            ck_assert_int_eq(rr_run_stream_read(stream, out, 1, &err), -1); /* past the end */
            for (int i = 0; i < 50 && n > 0; i++) {
                size_t from = unit_random(&seed) % n, len = unit_random(&seed) % (n - from + 1);
                rr_run_stream_seek(stream, from);
                ck_assert_int_eq(rr_run_stream_read(stream, out, len, &err), 0);
                ck_assert(memcmp(out, all + from * w, len * w) == 0);
            }
            rr_run_stream_close(stream);
            free(all);
        }
        rr_run_close(run);
    }
    remove_folder();
}
END_TEST

START_TEST(two_streams_of_a_column_do_not_disturb_each_other)
{
    struct rr_error err = {0};
    uint64_t bytes, a, b;
    struct rr_digest digest;
    make_folder();
    write_run(2, &bytes, &digest); /* column3, 8 bytes wide, has the greatest length */
    uint8_t *all = content(3, LONGEST);
    struct rr_run_reader *run = rr_run_open(path, &err);
    struct rr_run_stream *left = rr_run_stream_open(run, "column3", 8, &err);
    struct rr_run_stream *right = rr_run_stream_at(run, "column3", 8, LONGEST / 2, &err);
    ck_assert(left && right);
    ck_assert_uint_eq(rr_run_stream_length(left), LONGEST);
    for (size_t i = 0; i < LONGEST / 2; i++) {
        ck_assert_int_eq(rr_run_stream_read(left, &a, 1, &err), 0);
        ck_assert_int_eq(rr_run_stream_read(right, &b, 1, &err), 0);
        ck_assert(memcmp(&a, all + i * 8, 8) == 0);
        ck_assert(memcmp(&b, all + (i + LONGEST / 2) * 8, 8) == 0);
    }
    rr_run_stream_close(left);
    rr_run_stream_close(right);
    rr_run_close(run);
    free(all);
    remove_folder();
}
END_TEST

static void flip(uint64_t at, uint8_t mask)
{
    FILE *file = fopen(path, "r+b");
    ck_assert_ptr_nonnull(file);
    fseek(file, (long)at, SEEK_SET);
    int c = fgetc(file);
    fseek(file, (long)at, SEEK_SET);
    fputc(c ^ mask, file);
    fclose(file);
}

START_TEST(every_flipped_bit_is_found)
{
    struct rr_error err = {0};
    uint64_t bytes, seed = 9;
    struct rr_digest digest;
    make_folder();
    write_run(0, &bytes, &digest);
    for (int i = 0; i < 200; i++) {
        uint64_t at = unit_random(&seed) % bytes;
        uint8_t mask = (uint8_t)(1u << unit_random(&seed) % 8);
        flip(at, mask);
        err = (struct rr_error){0};
        ck_assert_int_eq(rr_run_check(path, bytes, digest, &err), -1);
        ck_assert_int_eq(err.code, RR_EXIT_IO);
        ck_assert_ptr_nonnull(strstr(err.text, path));
        flip(at, mask);
        ck_assert_int_eq(rr_run_check(path, bytes, digest, &err), 0);
    }
    ck_assert_int_eq(truncate(path, (off_t)bytes - 1), 0);
    ck_assert_int_eq(rr_run_check(path, bytes, digest, &err), -1);
    unlink(path);
    ck_assert_int_eq(rr_run_check(path, bytes, digest, &err), -1);
    ck_assert_int_eq(err.code, RR_EXIT_IO);
    remove_folder();
}
END_TEST

START_TEST(equal_columns_make_equal_bytes)
{
    uint64_t a_bytes, b_bytes;
    struct rr_digest a, b;
    make_folder();
    write_run(1, &a_bytes, &a);
    for (time_t now = time(NULL); time(NULL) == now;) /* HDF5 can keep times, in seconds */
        usleep(10000);
    write_run(1, &b_bytes, &b);
    ck_assert(a_bytes == b_bytes && rr_digest_equal(a, b));
    remove_folder();
}
END_TEST

/* One column, put or filled in place. */
static struct rr_digest write_numbers(const uint32_t *numbers, size_t n, bool in_place)
{
    struct rr_error err = {0};
    uint64_t bytes;
    struct rr_digest digest;
    struct rr_run_writer *run = rr_run_create(path, RR_RUN_SMALL, &err);
    ck_assert_int_eq(rr_run_add_column(run, "numbers", 4, false, &err), 0);
    if (!in_place)
        ck_assert_int_eq(rr_run_put(run, 0, numbers, n, &err), 0);
    for (size_t at = 0; in_place && at < n; at += RR_RUN_STRETCH) {
        size_t take = n - at < RR_RUN_STRETCH ? n - at : RR_RUN_STRETCH;
        memcpy(rr_run_room(run, 0), numbers + at, take * sizeof *numbers);
        ck_assert_int_eq(rr_run_filled(run, 0, take, &err), 0);
    }
    ck_assert_int_eq(rr_run_finish(run, &bytes, &digest, &err), 0);
    return digest;
}

START_TEST(stretches_are_elements_put)
{
    static uint32_t numbers[LONGEST];
    make_folder();
    for (uint32_t i = 0; i < LONGEST; i++)
        numbers[i] = i * i;
    for (size_t i = 0; i < LENGTHS; i++) {
        struct rr_digest put = write_numbers(numbers, lengths[i], false);
        struct rr_digest filled = write_numbers(numbers, lengths[i], true);
        ck_assert(memcmp(&put, &filled, sizeof put) == 0);
    }
    remove_folder();
}
END_TEST

START_TEST(views_are_elements_read)
{
    static uint32_t numbers[LONGEST];
    struct rr_error err = {0};
    make_folder();
    for (uint32_t i = 0; i < LONGEST; i++)
        numbers[i] = i * i;
    write_numbers(numbers, LONGEST, false);
    struct rr_run_reader *run = rr_run_open(path, &err);
    struct rr_run_stream *stream = rr_run_stream_at(run, "numbers", 4, 5, &err);
    for (size_t at = 5, want = 1, got; at < LONGEST; at += got, want = want * 3 % 30000) {
        size_t ask = want < LONGEST - at ? want : LONGEST - at;
        const uint32_t *view = rr_run_stream_view(stream, ask, &got, &err);
        ck_assert_ptr_nonnull(view);
        ck_assert(got >= 1 && got <= ask);
        ck_assert(memcmp(view, numbers + at, got * sizeof *view) == 0);
    }
    size_t got;
    ck_assert_ptr_null(rr_run_stream_view(stream, 1, &got, &err));
    rr_run_stream_close(stream);
    rr_run_close(run);
    remove_folder();
}
END_TEST

START_TEST(an_abandoned_run_leaves_no_file)
{
    struct rr_error err = {0};
    uint8_t some[100] = {0};
    make_folder();
    struct rr_run_writer *run = rr_run_create(path, RR_RUN_SMALL, &err);
    ck_assert_int_eq(rr_run_add_column(run, "a", 1, false, &err), 0);
    ck_assert_int_eq(rr_run_put(run, 0, some, sizeof some, &err), 0);
    rr_run_abandon(run);
    ck_assert_int_eq(access(path, F_OK), -1);
    rr_run_abandon(NULL);
    uint64_t bytes;
    struct rr_digest digest;
    run = rr_run_create("/nowhere/at/all.h5", RR_RUN_SMALL, &err);
    ck_assert_int_eq(rr_run_finish(run, &bytes, &digest, &err), -1);
    ck_assert_int_eq(err.code, RR_EXIT_CREATE);
    ck_assert_ptr_nonnull(strstr(err.text, "No such file"));
    remove_folder();
}
END_TEST

/* Not our reader but HDF5's own: names, filters, and the numbers of a plain column's full chunk. */
START_TEST(h5dump_reads_it)
{
    struct rr_error err = {0};
    static uint32_t numbers[RR_RUN_CHUNK] = {12345, 67890};
    uint64_t bytes;
    struct rr_digest digest;
    char command[256], text[8192];
    if (system("command -v h5dump >/dev/null") != 0)
        return;
    make_folder();
    struct rr_run_writer *run = rr_run_create(path, RR_RUN_SMALL, &err);
    ck_assert_int_eq(rr_run_add_column(run, "plain", 4, true, &err), 0);
    ck_assert_int_eq(rr_run_add_column(run, "packed", 4, false, &err), 1);
    ck_assert_int_eq(rr_run_put(run, 0, numbers, RR_RUN_CHUNK, &err), 0);
    ck_assert_int_eq(rr_run_put(run, 1, numbers, 2, &err), 0);
    ck_assert_int_eq(rr_run_finish(run, &bytes, &digest, &err), 0);
    snprintf(command, sizeof command,
             "h5dump -p -d /plain -s 0 -c 2 %s; h5dump -p -H -d /packed %s", path, path);
    FILE *pipe = popen(command, "r");
    text[fread(text, 1, sizeof text - 1, pipe)] = '\0';
    ck_assert_int_eq(pclose(pipe), 0);
    static const char *const wanted[] = {"12345, 67890", "H5T_STD_U32LE", "SHUFFLE", "32015"};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        ck_assert_msg(strstr(text, wanted[i]) != NULL, "no '%s' in %s", wanted[i], text);
    remove_folder();
}
END_TEST

int main(void)
{
    const TTest *tests[] = {columns_come_back,
                            two_streams_of_a_column_do_not_disturb_each_other,
                            every_flipped_bit_is_found,
                            equal_columns_make_equal_bytes,
                            stretches_are_elements_put,
                            views_are_elements_read,
                            an_abandoned_run_leaves_no_file,
                            h5dump_reads_it,
                            NULL};
    return unit_main("runfile", tests);
}
