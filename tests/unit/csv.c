/* The CSV reader: every record of a file, exactly, however it is stored, buffered or resumed. */
#include "csv_files.h"
#include "csv_model.h"

#include <check.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

static struct rr_error err;

/* Wants the fields of the model's header that `wanted` lists. */
static struct rr_csv *open_wanted(const struct rr_csv_source *source, const struct rr_split *split,
                                  const struct model *m, const uint32_t *wanted, int n_wanted,
                                  uint64_t resume_at, uint64_t resume_record)
{
    struct rr_text names[RR_BATCH_COLUMNS];
    for (int i = 0; i < n_wanted; i++)
        names[i] = model_field(m, 0, wanted[i]);
    return rr_csv_open_source(source, split, names, n_wanted, resume_at, resume_record, &err);
}

/* Reads to the end; the records must be those of the model from `row` on. */
static void check_rest(struct rr_csv *csv, const struct model *m, size_t record_max,
                       const uint32_t *wanted, int n_wanted, size_t row)
{
    const struct rr_batch *batch;
    int status;
    ck_assert_msg(csv != NULL, "%s", err.text);
    while ((status = rr_csv_read(csv, &batch, &err)) == 1) {
        ck_assert_uint_eq(batch->first_record, row);
        ck_assert_uint_gt(batch->n, 0);
        for (uint32_t i = 0; i < batch->n; i++) {
            const char *wrong = model_compare(m, record_max, wanted, n_wanted, batch, i);
            ck_assert_msg(wrong == NULL, "record %zu: %s", row + i, wrong);
        }
        row += batch->n;
    }
    ck_assert_msg(status == 0, "%s", err.text);
    ck_assert_uint_eq(row, m->n);
    ck_assert_int_eq(rr_csv_read(csv, &batch, &err), 0);
}

static void check_reads(const struct rr_csv_source *source, const struct model *m,
                        const uint32_t *wanted, int n_wanted)
{
    struct rr_split split = whole_file();
    struct rr_csv *csv = open_wanted(source, &split, m, wanted, n_wanted, 0, 0);
    check_rest(csv, m, source->record_max, wanted, n_wanted, 1);
    rr_csv_close(csv);
}

/* A header of 1 to 4 columns, and soup below it. */
static uint32_t random_file(struct bytes *b, uint64_t *seed)
{
    static const char *const headers[] = {"a", "a,b", "a,\"b\nB\",c", "a,b,\"\"\"c\"\"\",d"};
    uint32_t columns = random_below(seed, 4);
    if (random_below(seed, 4) == 0)
        bytes_text(b, "\xEF\xBB\xBF");
    if (random_below(seed, 4) == 0)
        bytes_text(b, "\r\n\n");
    bytes_text(b, headers[columns]);
    bytes_text(b, random_below(seed, 2) ? "\n" : "\r\n");
    bytes_soup(b, random_below(seed, 400), seed);
    return columns + 1;
}

START_TEST(any_text_reads_as_the_model_says)
{
    for (uint64_t round = 0; round < 600; round++) {
        uint64_t seed = round;
        struct bytes text = {0};
        uint32_t columns = random_file(&text, &seed);
        struct model m;
        model_init(&m, text.ptr, text.len);
        uint32_t wanted[] = {columns - 1, 0, columns / 2, 0};
        struct rr_csv_source source = source_of(text, false);
        source.record_max = round % 3 == 0 ? 20 + random_below(&seed, 100) : RR_RECORD_MAX;
        for (unsigned k = 0; (source.kernel = rr_csv_kernel(k)) != NULL; k++) {
            source.window = 64 + random_below(&seed, 300);
            check_reads(&source, &m, wanted, (int)random_below(&seed, 5));
        }
        model_fini(&m);
        free(text.ptr);
    }
}
END_TEST

START_TEST(zstd_reads_as_plain)
{
    for (uint64_t round = 0; round < 100; round++) {
        uint64_t seed = round + 1000;
        struct bytes text = {0};
        uint32_t wanted[] = {random_file(&text, &seed) - 1};
        struct model m;
        model_init(&m, text.ptr, text.len);
        struct bytes stored =
            compress_frames(text.ptr, text.len, 1 + random_below(&seed, 500), round % 2);
        struct rr_csv_source source = source_of(stored, true);
        check_reads(&source, &m, wanted, 1);
        model_fini(&m);
        free(stored.ptr);
        free(text.ptr);
    }
}
END_TEST

/* Reads `n` batches and tells where the next one starts; false when there are fewer. */
static bool read_batches(const struct rr_csv_source *source, const struct model *m, int n,
                         uint64_t *offset, uint64_t *record)
{
    uint32_t wanted[] = {0};
    uint64_t stored;
    struct rr_split split = whole_file();
    struct rr_csv *csv = open_wanted(source, &split, m, wanted, 1, 0, 0);
    const struct rr_batch *batch;
    int status = 1;
    for (int i = 0; i < n && status == 1; i++)
        status = rr_csv_read(csv, &batch, &err);
    ck_assert_int_ge(status, 0);
    rr_csv_position(csv, offset, record, &stored);
    rr_csv_close(csv);
    return status == 1;
}

static void check_digest(const struct rr_csv *csv, struct bytes stored)
{
    struct rr_file_facts facts = {0};
    XXH128_hash_t hash = XXH3_128bits(stored.ptr, stored.len);
    ck_assert(rr_csv_facts(csv, &facts));
    ck_assert_uint_eq(facts.size, stored.len);
    ck_assert_uint_eq(facts.digest[0], hash.low64);
    ck_assert_uint_eq(facts.digest[1], hash.high64);
}

static void check_resumes(struct bytes text, struct bytes stored, bool zstd)
{
    uint32_t wanted[] = {0};
    struct model m;
    model_init(&m, text.ptr, text.len);
    struct rr_csv_source source = source_of(stored, zstd);
    struct rr_split split = whole_file();
    uint64_t offset, record;
    for (int n = 0; read_batches(&source, &m, n, &offset, &record); n++) {
        source.window = 64 + 16 * (size_t)n; /* of no consequence for what can be resumed */
        struct rr_csv *csv = open_wanted(&source, &split, &m, wanted, 1, offset, record);
        struct rr_file_facts facts;
        ck_assert(!rr_csv_facts(csv, &facts) || record == m.n);
        check_rest(csv, &m, source.record_max, wanted, 1, record);
        check_digest(csv, stored);
        rr_csv_close(csv);
        source.window = 64;
    }
    model_fini(&m);
}

START_TEST(resumes_at_every_bound_with_the_digest_of_the_whole)
{
    for (uint64_t round = 0; round < 20; round++) {
        uint64_t seed = round + 2000;
        struct bytes text = {0};
        random_file(&text, &seed);
        struct bytes stored = compress_frames(text.ptr, text.len, 200, true);
        check_resumes(text, text, false);
        check_resumes(text, stored, true);
        free(stored.ptr);
        free(text.ptr);
    }
}
END_TEST

/* A field as a writer may write it. */
static void write_field(struct bytes *b, struct rr_text field, uint64_t *seed)
{
    bool quote = field.len == 0 || random_below(seed, 3) == 0;
    for (uint32_t i = 0; i < field.len; i++)
        quote |= strchr("\",\r\n", field.ptr[i]) != NULL;
    if (quote)
        bytes_text(b, "\"");
    for (uint32_t i = 0; i < field.len; i++)
        bytes_add(b, field.ptr[i] == '"' ? "\"\"" : field.ptr + i, field.ptr[i] == '"' ? 2 : 1);
    if (quote)
        bytes_text(b, "\"");
}

enum { WRITTEN_ROWS = 3000, WRITTEN_COLUMNS = 3, WRITTEN_POOL = 64 };

/* Writes random fields, which are parts of `pool`, and notes them in `fields`. */
static void write_file(struct bytes *b, const char *pool, struct rr_text *fields, uint64_t *seed)
{
    bytes_text(b, "x,y,z\n");
    for (int i = 0; i < WRITTEN_ROWS * WRITTEN_COLUMNS; i++) {
        uint32_t from = random_below(seed, WRITTEN_POOL);
        fields[i].ptr = pool + from;
        fields[i].len = random_below(seed, WRITTEN_POOL - from + 1);
        write_field(b, fields[i], seed);
        bool last = i % WRITTEN_COLUMNS == WRITTEN_COLUMNS - 1;
        bytes_text(b, !last ? "," : random_below(seed, 2) ? "\n" : "\r\n");
    }
}

START_TEST(written_fields_read_back)
{
    static const char pool[] =
        "plain, \"said\" once\r\nor \"twice\",12.50,a b c\n\n\"\"\",é,,ü \r\r\n;end..";
    ck_assert_uint_ge(sizeof pool, WRITTEN_POOL);
    struct rr_text *fields = calloc(WRITTEN_ROWS * WRITTEN_COLUMNS, sizeof *fields);
    struct rr_text names[] = {rr_text_of("x"), rr_text_of("y"), rr_text_of("z")};
    for (size_t window = 64; window <= 1 << 18; window *= 8) {
        uint64_t seed = window;
        struct bytes text = {0};
        char ascii[WRITTEN_POOL + 1]; /* a field may be cut anywhere, so without the two letters */
        for (int i = 0; i <= WRITTEN_POOL; i++)
            ascii[i] = (char)(pool[i] & 0x80 ? 'e' : pool[i]);
        write_file(&text, ascii, fields, &seed);
        struct rr_csv_source source = source_of(text, false);
        source.window = window;
        struct rr_split split = whole_file();
        struct rr_csv *csv = rr_csv_open_source(&source, &split, names, 3, 0, 0, &err);
        const struct rr_batch *batch;
        size_t row = 0;
        while (rr_csv_read(csv, &batch, &err) == 1) {
            for (uint32_t i = 0; i < batch->n; i++, row++) {
                ck_assert_uint_eq(batch->reject[i], RR_ACCEPT);
                for (size_t c = 0; c < 3; c++)
                    ck_assert(rr_text_equal(batch->column[c][i], fields[row * 3 + c]));
            }
        }
        ck_assert_uint_eq(row, WRITTEN_ROWS);
        rr_csv_close(csv);
        free(text.ptr);
    }
    free(fields);
}
END_TEST

START_TEST(a_quote_may_stand_at_any_place)
{
    static const char *const fields[] = {"\"q,q\"", "\"q\"\"q\"", "q\"q,q", "\"q\"q", "\r\"q"};
    for (size_t before = 0; before < 200; before++) {
        struct bytes text = {0};
        bytes_text(&text, "a,b\n");
        for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
            for (size_t n = 0; n < before; n++)
                bytes_text(&text, "x");
            bytes_text(&text, ",");
            bytes_text(&text, fields[i]);
            bytes_text(&text, "\r\n");
        }
        struct model m;
        model_init(&m, text.ptr, text.len);
        struct rr_csv_source source = source_of(text, false);
        source.window = 4096;
        for (unsigned k = 0; (source.kernel = rr_csv_kernel(k)) != NULL; k++)
            check_reads(&source, &m, (uint32_t[]){1, 0}, 2);
        model_fini(&m);
        free(text.ptr);
    }
}
END_TEST

/* Reads the only record below the header "a,b", wanting b. */
static enum rr_reject read_one(const char *row, size_t len, char field[64])
{
    struct bytes text = {0};
    bytes_text(&text, "a,b\n");
    bytes_add(&text, row, len);
    struct rr_csv_source source = source_of(text, false);
    source.record_max = 40;
    struct rr_split split = whole_file();
    struct rr_text name = rr_text_of("b");
    struct rr_csv *csv = rr_csv_open_source(&source, &split, &name, 1, 0, 0, &err);
    const struct rr_batch *batch;
    ck_assert_int_eq(rr_csv_read(csv, &batch, &err), 1);
    ck_assert_uint_eq(batch->n, 1);
    enum rr_reject reject = batch->reject[0];
    snprintf(field, 64, "%.*s", (int)batch->column[0][0].len, batch->column[0][0].ptr);
    ck_assert_int_eq(rr_csv_read(csv, &batch, &err), 0);
    rr_csv_close(csv);
    free(text.ptr);
    return reject;
}

START_TEST(each_rule_of_the_format)
{
    static const struct {
        const char *row;
        enum rr_reject reject;
        const char *b;
    } cases[] = {
        {"1,2", RR_ACCEPT, "2"},
        {"1,2\r\n", RR_ACCEPT, "2"},
        {"1,2\r", RR_ACCEPT, "2\r"},
        {"1,2\r\r\n\r\n\n", RR_ACCEPT, "2\r"},
        {"1,", RR_ACCEPT, ""},
        {",\"\"\n", RR_ACCEPT, ""},
        {"1,\"2,\n\r\n3\"\r\n", RR_ACCEPT, "2,\n\r\n3"},
        {"1,\"say \"\"so\"\"\"\n", RR_ACCEPT, "say \"so\""},
        {"1,5\" pipe\n", RR_ACCEPT, "5\" pipe"},
        {"5\" pipe,\"6\"\" pipe\"\n", RR_ACCEPT, "6\" pipe"},
        {"1, \"2\"\n", RR_ACCEPT, " \"2\""},
        {"1,\xC3\xA9\n", RR_ACCEPT, "\xC3\xA9"},
        {"\xFF,2\n", RR_ACCEPT, "2"},
        {"1,\xFF\n", RR_BAD_ENCODING, ""},
        {"1,\xC0\xAF\n", RR_BAD_ENCODING, ""},
        {"1,\xE0\x9F\xBF\n", RR_BAD_ENCODING, ""},
        {"1,\xE0\xA0\x80\n", RR_ACCEPT, "\xE0\xA0\x80"},
        {"1,\xF0\x8F\xBF\xBF\n", RR_BAD_ENCODING, ""},
        {"1,\xED\xA0\x80\n", RR_BAD_ENCODING, ""},
        {"1,\xF4\x90\x80\x80\n", RR_BAD_ENCODING, ""},
        {"1,\xE2\x82\n", RR_BAD_ENCODING, ""},
        {"1\n", RR_BAD_ROW, ""},
        {"\r", RR_BAD_ROW, ""},
        {"1,2,\xFF\n", RR_BAD_ROW, ""},
        {"1,\"2\"x\n", RR_BAD_ROW, ""},
        {"1,\"2\" \n", RR_BAD_ROW, ""},
        {"1,\"2\"\r", RR_BAD_ROW, ""},
        {"\"1\"\rx,2\n", RR_BAD_ROW, ""},
        {"1,\"2\n3,4\n", RR_BAD_ROW, ""},
        {"1,\"", RR_BAD_ROW, ""},
        {"1,\"2\"x\"\n", RR_BAD_ROW, ""},
        {"1,34567890123456789012345678901234567890\r\n", RR_ACCEPT,
         "34567890123456789012345678901234567890"},
        {"1,345678901234567890123456789012345678901\r\n", RR_TOO_LONG, ""},
        {"1,\"345678901234567890123456789012345678901", RR_TOO_LONG, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char b[64];
        enum rr_reject reject = read_one(cases[i].row, strlen(cases[i].row), b);
        ck_assert_msg(reject == cases[i].reject, "case %zu: %s", i, rr_reject_name(reject));
        ck_assert_str_eq(b, cases[i].b);
    }
    char b[64];
    ck_assert_uint_eq(read_one("1,x\0y\n", 6, b), RR_BAD_ENCODING);
    ck_assert_uint_eq(read_one("x\0y,1\n", 6, b), RR_ACCEPT);
}
END_TEST

START_TEST(a_record_may_have_record_max_bytes)
{
    for (size_t extra = 0; extra < 3; extra++) {
        struct bytes text = {0};
        bytes_text(&text, "a,b\n");
        char *filler = malloc(4 * (size_t)RR_RECORD_MAX);
        memset(filler, 'x', 4 * (size_t)RR_RECORD_MAX);
        bytes_add(&text, filler, RR_RECORD_MAX - 2 + extra);
        bytes_text(&text, ",1\r\n\"\n\n");
        bytes_add(&text, filler, extra * 2 * RR_RECORD_MAX);
        bytes_text(&text, "\",2\r\n3,4\n");
        free(filler);
        struct model m;
        model_init(&m, text.ptr, text.len);
        ck_assert_uint_eq(m.n, 4);
        uint32_t wanted[] = {1, 0};
        struct rr_csv_source source = source_of(text, false);
        check_reads(&source, &m, wanted, 2);
        source.window = 256 * 1024;
        check_reads(&source, &m, wanted, 2);
        model_fini(&m);
        free(text.ptr);
    }
}
END_TEST

static void check_open_fails(const char *text, const char *column, const char *message)
{
    struct bytes stored = {0};
    bytes_text(&stored, text);
    struct rr_csv_source source = source_of(stored, false);
    source.record_max = 100;
    struct rr_split split = whole_file();
    struct rr_text names[] = {rr_text_of(column)};
    ck_assert_ptr_null(rr_csv_open_source(&source, &split, names, 1, 0, 0, &err));
    ck_assert_int_eq(err.code, RR_EXIT_DATA);
    ck_assert_str_eq(err.text, message);
    free(stored.ptr);
}

START_TEST(header_errors_name_what_is_there)
{
    char longer[400] = "a";
    memset(longer + 1, ',', 398);
    check_open_fails("", "a", "test.csv: is empty: a header with column names is needed");
    check_open_fails("\xEF\xBB\xBF\r\n", "a",
                     "test.csv: is empty: a header with column names is needed");
    check_open_fails("time,acount,\"x\"\"y\"\n1,2,3\n", "account",
                     "test.csv: the header has no column 'account'; it has: acount, time, x\"y");
    check_open_fails("a,b,a\n", "a", "test.csv: the header has the column 'a' twice");
    check_open_fails("a,\"b\n", "a", "test.csv: the header's quotes are wrong");
    check_open_fails("a,\"b\"b\n", "a", "test.csv: the header's quotes are wrong");
    check_open_fails(longer, "b", "test.csv: the header is longer than 100 bytes");
}
END_TEST

START_TEST(a_header_alone_has_no_records)
{
    static const char *const texts[] = {"a", "a\n", "\357\273\277a\r\n\r\n\n"};
    for (size_t i = 0; i < 3; i++) {
        struct bytes text = {0};
        bytes_text(&text, texts[i]);
        struct model m;
        model_init(&m, text.ptr, text.len);
        ck_assert_uint_eq(m.n, 1);
        struct rr_csv_source source = source_of(text, false);
        check_reads(&source, &m, (uint32_t[]){0}, 1);
        model_fini(&m);
        free(text.ptr);
    }
}
END_TEST

/* Reads all of a zstd file; 0, or the error's code. */
static enum rr_exit read_zstd(struct bytes stored, size_t *n)
{
    struct rr_csv_source source = source_of(stored, true);
    struct rr_split split = whole_file();
    struct rr_text name = rr_text_of("a");
    const struct rr_batch *batch;
    struct rr_csv *csv = rr_csv_open_source(&source, &split, &name, 1, 0, 0, &err);
    int status = csv ? 1 : -1;
    *n = 0;
    while (status == 1 && (status = rr_csv_read(csv, &batch, &err)) == 1)
        *n += batch->n;
    rr_csv_close(csv);
    return status < 0 ? err.code : RR_OK;
}

START_TEST(damaged_zstd_is_noticed)
{
    struct bytes text = {0};
    bytes_text(&text, "a,b\n");
    for (int i = 0; i < 300; i++)
        bytes_text(&text, i % 7 ? "1,2\n" : "some,text\n");
    struct bytes stored = compress_frames(text.ptr, text.len, text.len, true);
    size_t n, len = stored.len;
    ck_assert_int_eq(read_zstd(stored, &n), RR_OK);
    ck_assert_uint_eq(n, 300);
    for (stored.len = 1; stored.len < len; stored.len++) {
        ck_assert_int_eq(read_zstd(stored, &n), RR_EXIT_INPUT);
        ck_assert_ptr_nonnull(strstr(err.text, "test.csv: damaged zstd data before byte "));
    }
    for (size_t i = 0; i < 8 * len; i++) {
        stored.ptr[i / 8] = (char)(stored.ptr[i / 8] ^ 1 << i % 8);
        enum rr_exit code = read_zstd(stored, &n);
        ck_assert(code == RR_EXIT_INPUT || code == RR_EXIT_DATA || (code == RR_OK && n == 300));
        stored.ptr[i / 8] = (char)(stored.ptr[i / 8] ^ 1 << i % 8);
    }
    bytes_text(&stored, "rest");
    ck_assert_int_eq(read_zstd(stored, &n), RR_EXIT_INPUT);
    free(stored.ptr);
    free(text.ptr);
}
END_TEST

/* Reads a part of a file of 10 bytes; RR_OK or the error's code. */
static enum rr_exit read_part(struct rr_split split, uint64_t resume_at)
{
    struct bytes text = {0};
    bytes_text(&text, "a\n1\n2\n3\n4\n");
    struct rr_csv_source source = source_of(text, false);
    struct rr_text name = rr_text_of("a");
    const struct rr_batch *batch;
    struct rr_csv *csv = rr_csv_open_source(&source, &split, &name, 1, resume_at, 1, &err);
    int status = csv ? 1 : -1;
    while (status == 1)
        status = rr_csv_read(csv, &batch, &err);
    rr_csv_close(csv);
    free(text.ptr);
    return status < 0 ? err.code : RR_OK;
}

START_TEST(a_file_that_changed_is_noticed)
{
    ck_assert_int_eq(read_part((struct rr_split){.start = 4, .stored = 4, .end = 8}, 0), RR_OK);
    ck_assert_int_eq(read_part((struct rr_split){.start = 4, .stored = 4, .end = 8}, 8), RR_OK);
    ck_assert_int_eq(read_part((struct rr_split){.start = 4, .stored = 4, .end = 10}, 0), RR_OK);
    ck_assert_int_eq(read_part((struct rr_split){.start = 4, .stored = 4, .end = 7}, 0),
                     RR_EXIT_INPUT);
    ck_assert_int_eq(read_part((struct rr_split){.start = 4, .stored = 4, .end = 12}, 0),
                     RR_EXIT_INPUT);
    ck_assert_int_eq(read_part((struct rr_split){.start = 12, .stored = 12, .end = 14}, 0),
                     RR_EXIT_INPUT);
    ck_assert_int_eq(read_part((struct rr_split){.start = 4, .stored = 4, .end = UINT64_MAX}, 11),
                     RR_EXIT_INPUT);
    ck_assert_int_eq(read_part(whole_file(), 11), RR_EXIT_INPUT);
}
END_TEST

START_TEST(facts_are_of_the_whole_file)
{
    struct bytes text = {0};
    bytes_text(&text, "a\n1\n2\n3\n4\n");
    struct rr_csv_source source = source_of(text, false);
    struct rr_text name = rr_text_of("a");
    struct rr_split part = {.end = 4, .first_record = 1}, whole = whole_file();
    struct rr_file_facts facts;
    const struct rr_batch *batch;
    struct rr_csv *csv = rr_csv_open_source(&source, &part, &name, 1, 0, 0, &err);
    while (rr_csv_read(csv, &batch, &err) == 1)
        ck_assert_uint_eq(batch->n, 1);
    ck_assert(!rr_csv_facts(csv, &facts));
    rr_csv_close(csv);
    csv = rr_csv_open_source(&source, &whole, &name, 1, 0, 0, &err);
    ck_assert(!rr_csv_facts(csv, &facts));
    while (rr_csv_read(csv, &batch, &err) == 1)
        ck_assert_uint_eq(batch->n, 4);
    check_digest(csv, text);
    rr_csv_close(csv);
    free(text.ptr);
}
END_TEST

START_TEST(files_by_path)
{
    char directory[] = "/tmp/rr-csv-XXXXXX", path[64], inner[64];
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/u.csv", directory);
    snprintf(inner, sizeof inner, "%s/d.csv", directory);
    struct rr_split split = whole_file();
    struct rr_text name = rr_text_of("a");
    ck_assert_ptr_null(rr_csv_open(path, &split, &name, 1, 0, 0, &err));
    ck_assert_int_eq(err.code, RR_EXIT_INPUT);
    ck_assert_ptr_null(rr_csv_open("x.txt", &split, &name, 1, 0, 0, &err));
    ck_assert_int_eq(err.code, RR_EXIT_INPUT);
    mkdir(inner, 0700);
    ck_assert_ptr_null(rr_csv_open(inner, &split, &name, 1, 0, 0, &err));
    ck_assert_int_eq(err.code, RR_EXIT_IO);
    FILE *file = fopen(path, "w");
    for (int i = 0; i < 100000; i++)
        fprintf(file, i ? "%d,\"%d\"\n" : "a,b\n", i, i);
    fclose(file);
    struct rr_csv *csv = rr_csv_open(path, &split, &name, 1, 0, 0, &err);
    const struct rr_batch *batch;
    uint64_t n = 0, offset, record, stored;
    while (rr_csv_read(csv, &batch, &err) == 1)
        for (uint32_t i = 0; i < batch->n; i++)
            ck_assert_int_eq(atoi(batch->column[0][i].ptr), (int)++n);
    ck_assert_uint_eq(n, 99999);
    rr_csv_position(csv, &offset, &record, &stored);
    ck_assert_uint_eq(record, 100000);
    ck_assert_uint_eq(stored, offset);
    rr_csv_close(csv);
    unlink(path);
    rmdir(inner);
    rmdir(directory);
}
END_TEST

START_TEST(reject_names_are_those_of_files)
{
    ck_assert_str_eq(rr_reject_name(RR_BAD_ROW), "bad_row");
    ck_assert_str_eq(rr_reject_name(RR_TOO_LONG), "too_long");
    for (int i = 0; i < RR_REJECT_CODES; i++)
        for (int j = 0; j < i; j++)
            ck_assert_str_ne(rr_reject_name((enum rr_reject)i), rr_reject_name((enum rr_reject)j));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("csv");
    TCase *tcase = tcase_create("csv");
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, any_text_reads_as_the_model_says);
    tcase_add_test(tcase, zstd_reads_as_plain);
    tcase_add_test(tcase, resumes_at_every_bound_with_the_digest_of_the_whole);
    tcase_add_test(tcase, written_fields_read_back);
    tcase_add_test(tcase, a_quote_may_stand_at_any_place);
    tcase_add_test(tcase, each_rule_of_the_format);
    tcase_add_test(tcase, a_record_may_have_record_max_bytes);
    tcase_add_test(tcase, header_errors_name_what_is_there);
    tcase_add_test(tcase, a_header_alone_has_no_records);
    tcase_add_test(tcase, damaged_zstd_is_noticed);
    tcase_add_test(tcase, a_file_that_changed_is_noticed);
    tcase_add_test(tcase, facts_are_of_the_whole_file);
    tcase_add_test(tcase, files_by_path);
    tcase_add_test(tcase, reject_names_are_those_of_files);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
