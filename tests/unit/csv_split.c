/* Splits: together they are the file, each record in one of them, whatever the quotes say. */
#include "csv_files.h"
#include "csv_model.h"

#include <check.h>
#include <unistd.h>
#include <xxhash.h>

static struct rr_error err;

struct cut_file {
    struct rr_split *splits;
    size_t n;
    struct rr_file_facts facts;
    bool scanned;
};

static struct cut_file cut(const struct rr_csv_source *source, uint64_t target)
{
    struct cut_file f;
    int failed =
        rr_csv_split_source(source, 5, target, &f.splits, &f.n, &f.facts, &f.scanned, &err);
    ck_assert_msg(!failed, "%s", err.text);
    return f;
}

/* Reads a split; its records must be the model's from `row` on. Returns the row behind. */
static size_t read_split(const struct rr_csv_source *source, const struct rr_split *split,
                         const struct model *m, size_t row, uint64_t resume_at)
{
    uint32_t wanted[] = {0};
    struct rr_text names[] = {model_field(m, 0, 0)};
    struct rr_csv *csv = rr_csv_open_source(source, split, names, 1, resume_at, row, &err);
    ck_assert_msg(csv != NULL, "%s", err.text);
    const struct rr_batch *batch;
    int status;
    while ((status = rr_csv_read(csv, &batch, &err)) == 1) {
        ck_assert_uint_eq(batch->first_record, row);
        for (uint32_t i = 0; i < batch->n; i++, row++) {
            const char *wrong = model_compare(m, source->record_max, wanted, 1, batch, i);
            ck_assert_msg(wrong == NULL, "record %zu: %s", row, wrong);
        }
    }
    ck_assert_msg(status == 0, "%s", err.text);
    rr_csv_close(csv);
    return row;
}

static void check_splits(const struct rr_csv_source *source, const struct cut_file *f,
                         const struct model *m)
{
    size_t row = 1;
    uint64_t weight = 0;
    ck_assert_uint_gt(f->n, 0);
    ck_assert_uint_eq(f->splits[0].start, 0);
    ck_assert_uint_eq(f->splits[f->n - 1].end, UINT64_MAX);
    for (size_t i = 0; i < f->n; i++) {
        const struct rr_split *split = &f->splits[i];
        ck_assert_uint_eq(split->file, 5);
        ck_assert_uint_eq(split->first_record, row);
        if (i > 0)
            ck_assert_uint_eq(split->start, f->splits[i - 1].end);
        row = read_split(source, split, m, row, 0);
        weight += split->weight;
    }
    ck_assert_uint_eq(row, m->n);
    ck_assert_uint_eq(weight, source->stored.len);
    if (!f->scanned)
        return;
    XXH128_hash_t hash = XXH3_128bits(source->stored.bytes, source->stored.len);
    ck_assert_uint_eq(f->facts.size, source->stored.len);
    ck_assert_uint_eq(f->facts.digest[0], hash.low64);
    ck_assert_uint_eq(f->facts.digest[1], hash.high64);
}

/* Each split of a plain file ends with the first line that starts at a multiple of the target or
 * behind it. */
static void check_bounds(const struct cut_file *f, const struct model *m, uint64_t target)
{
    for (size_t i = 1; i < f->n; i++) {
        uint64_t start = f->splits[i].start, least = start - start % target;
        for (size_t row = 1; row < m->n; row++)
            ck_assert(m->rows[row].start < least || m->rows[row].start >= start ||
                      row < f->splits[i - 1].first_record || least <= f->splits[i - 1].start);
    }
}

static void random_file(struct bytes *text, uint64_t *seed)
{
    if (random_below(seed, 4) == 0)
        bytes_text(text, "\xEF\xBB\xBF\r\n\n");
    bytes_text(text, random_below(seed, 2) ? "a,b,c\n" : "\"a\n1\",b\r\n");
    bytes_soup(text, 100 + random_below(seed, 900), seed);
}

START_TEST(splits_hold_every_record_once)
{
    for (uint64_t round = 0; round < 200; round++) {
        uint64_t seed = round;
        struct bytes text = {0};
        random_file(&text, &seed);
        struct model m;
        model_init(&m, text.ptr, text.len);
        struct rr_csv_source source = source_of(text, false);
        source.record_max = round % 2 ? 50 : RR_RECORD_MAX;
        for (unsigned k = 0; (source.kernel = rr_csv_kernel(k)) != NULL; k++) {
            uint64_t target = 1 + random_below(&seed, 300);
            struct cut_file f = cut(&source, target);
            ck_assert(f.scanned == (text.len / 2 > target));
            check_splits(&source, &f, &m);
            check_bounds(&f, &m, target);
            free(f.splits);
        }
        model_fini(&m);
        free(text.ptr);
    }
}
END_TEST

START_TEST(zstd_splits_are_frames)
{
    size_t cuts = 0;
    for (uint64_t round = 0; round < 100; round++) {
        uint64_t seed = round + 500;
        struct bytes text = {0};
        random_file(&text, &seed);
        struct model m;
        model_init(&m, text.ptr, text.len);
        struct bytes stored =
            compress_frames(text.ptr, text.len, 10 + random_below(&seed, 200), true);
        struct rr_csv_source source = source_of(stored, true);
        struct cut_file f = cut(&source, 1 + random_below(&seed, 400));
        check_splits(&source, &f, &m);
        for (size_t i = 1; i < f.n; i++)
            ck_assert_uint_gt(f.splits[i].stored, 0);
        cuts += f.n - 1;
        free(f.splits);
        free(stored.ptr);
        model_fini(&m);
        free(text.ptr);
    }
    ck_assert_uint_gt(cuts, 100);
}
END_TEST

/* What is stored before a split's frame may be anything: it is not read, but for the header. */
START_TEST(earlier_frames_are_not_decompressed)
{
    struct bytes text = {0};
    bytes_text(&text, "a,b\n");
    for (int i = 0; i < 5000; i++)
        bytes_text(&text, "some,text\n");
    struct bytes stored = compress_frames(text.ptr, text.len, 1000, true);
    struct model m;
    model_init(&m, text.ptr, text.len);
    struct rr_csv_source source = source_of(stored, true);
    struct cut_file f = cut(&source, 5000);
    ck_assert_uint_ge(f.n, 9);
    const struct rr_split *split = &f.splits[6];
    memset(stored.ptr + split->stored / 2, 0xA5, split->stored / 2 - 1);
    size_t end = read_split(&source, split, &m, split->first_record, 0);
    ck_assert_uint_eq(end, f.splits[7].first_record);
    read_split(&source, split, &m, split->first_record + 100, split->start + 1000);
    free(f.splits);
    model_fini(&m);
    free(stored.ptr);
    free(text.ptr);
}
END_TEST

/* Blocks of one repeated byte are stored as such, and stepped over as such. */
START_TEST(frames_of_repeated_bytes_are_cut)
{
    struct bytes text = {0};
    bytes_text(&text, "a\n");
    for (int i = 0; i < 500000; i++)
        bytes_text(&text, "x");
    for (int i = 0; i < 300000; i++)
        bytes_text(&text, "\n1");
    struct bytes stored = compress_frames(text.ptr, text.len, 400000, true);
    struct model m;
    model_init(&m, text.ptr, text.len);
    struct rr_csv_source source = source_of(stored, true);
    source.window = 1 << 16;
    struct cut_file f = cut(&source, 400000);
    ck_assert_uint_eq(f.n, 3);
    check_splits(&source, &f, &m);
    free(f.splits);
    free(stored.ptr);
    model_fini(&m);
    free(text.ptr);
}
END_TEST

static struct cut_file cut_stored(struct bytes stored)
{
    struct rr_csv_source source = source_of(stored, true);
    struct cut_file f = cut(&source, 100);
    free(f.splits);
    return f;
}

START_TEST(what_can_not_be_cut_is_one_split)
{
    struct bytes text = {0};
    bytes_text(&text, "a,b\n");
    for (int i = 0; i < 500; i++)
        bytes_text(&text, "1,2\n");
    struct bytes unsized = compress_frames(text.ptr, text.len, 300, false);
    struct bytes single = compress_frames(text.ptr, text.len, text.len, true);
    struct bytes several = compress_frames(text.ptr, text.len, 300, true);
    ck_assert_uint_eq(cut_stored(unsized).n, 1);
    ck_assert_uint_eq(cut_stored(single).n, 1);
    ck_assert_uint_gt(cut_stored(several).n, 1);
    several.len -= 2;
    ck_assert_uint_eq(cut_stored(several).n, 1);
    ck_assert(!cut_stored(several).scanned);
    free(unsized.ptr);
    free(single.ptr);
    free(several.ptr);
    free(text.ptr);
}
END_TEST

START_TEST(damage_in_a_frame_stops_the_scan)
{
    struct bytes text = {0};
    bytes_text(&text, "a,b\n");
    for (int i = 0; i < 500; i++)
        bytes_text(&text, "1,2\n");
    struct bytes stored = compress_frames(text.ptr, text.len, 300, true);
    stored.ptr[stored.len / 2] = (char)(stored.ptr[stored.len / 2] ^ 0x55);
    struct rr_csv_source source = source_of(stored, true);
    struct cut_file f;
    int failed = rr_csv_split_source(&source, 0, 100, &f.splits, &f.n, &f.facts, &f.scanned, &err);
    if (!failed)
        free(f.splits);
    ck_assert(failed ? err.code == RR_EXIT_INPUT : !f.scanned);
    free(stored.ptr);
    free(text.ptr);
}
END_TEST

START_TEST(files_by_path)
{
    struct cut_file f;
    ck_assert_int_eq(
        rr_csv_split("/nowhere/x.csv", 0, 1, &f.splits, &f.n, &f.facts, &f.scanned, &err), -1);
    ck_assert_int_eq(err.code, RR_EXIT_INPUT);
    ck_assert_int_eq(rr_csv_split("x.json", 0, 1, &f.splits, &f.n, &f.facts, &f.scanned, &err), -1);
    ck_assert_int_eq(err.code, RR_EXIT_INPUT);
    char path[] = "/tmp/rr-csv-split-XXXXXX.csv";
    int fd = mkstemps(path, 4);
    FILE *file = fdopen(fd, "w");
    for (int i = 0; i < 100000; i++)
        fprintf(file, i ? "%d,\"%d\"\n" : "a,b\n", i, i);
    fclose(file);
    ck_assert_int_eq(rr_csv_split(path, 0, 100000, &f.splits, &f.n, &f.facts, &f.scanned, &err), 0);
    ck_assert_uint_eq(f.n, f.facts.size / 100000 + 1);
    free(f.splits);
    unlink(path);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("csv_split");
    TCase *tcase = tcase_create("csv_split");
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, splits_hold_every_record_once);
    tcase_add_test(tcase, zstd_splits_are_frames);
    tcase_add_test(tcase, earlier_frames_are_not_decompressed);
    tcase_add_test(tcase, frames_of_repeated_bytes_are_cut);
    tcase_add_test(tcase, what_can_not_be_cut_is_one_split);
    tcase_add_test(tcase, damage_in_a_frame_stops_the_scan);
    tcase_add_test(tcase, files_by_path);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
