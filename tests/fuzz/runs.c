/* Runs as the input describes them: what is written is what is read, over any cut of the shards; every
 * change of a file's byte or length is noticed; and a run whose columns don't fit together, which only a
 * wrong program can write, is an error with words or other records, no more.
 *
 * Byte 0: bits 0 and 1 choose records, cells or texts, bit 2 damages columns, bit 3 the file. */
#include "../../io/memory.h"
#include "../../runtime/cell_run.h"
#include "../../runtime/order.h"
#include "../../runtime/record_run.h"
#include "../../runtime/text_run.h"
#include "fuzz.h"
#include "run_columns.h"
#include "scratch.h"

enum {
    VALUES = 2,
    FILES = 3,
    PIECE = 256,
    MANY = 1100, /* rows: more than a stretch, and in a fuzzer than a chunk */
    DAY_S = 86400,
};

#define CUT (UINT64_C(7) << 60) /* of fingerprints: between slices */

/* ---- a job whose keys are a letter, which is the meter, and a number ---- */

static struct rr_job_meter meters[16];

static int meter_of(void *self, struct rr_text cell)
{
    (void)self;
    return cell.len > 0 ? cell.ptr[0] - 'a' : -1;
}

static int expand(void *self, struct rr_text key, struct rr_target *targets, int max)
{
    int meter = meter_of(self, key);
    CHECK(meter >= 0 && max > 0);
    targets[0] = (struct rr_target){meter, key};
    return 1;
}

static void bucket(void *self, uint32_t n, const int64_t *time_ns, int32_t *out)
{
    (void)self;
    for (uint32_t i = 0; i < n; i++)
        out[i] = (int32_t)(time_ns[i] / 1000000000 / DAY_S);
}

static const struct rr_job *make_job(void)
{
    static struct rr_job job;
    if (job.n_meters > 0)
        return &job;
    for (; rr_kernels[job.n_meters] != NULL; job.n_meters++)
        meters[job.n_meters] = (struct rr_job_meter){.kernel = rr_kernels[job.n_meters],
                                                     .value = job.n_meters % VALUES,
                                                     .parameter = 50 * RR_DECIMAL_ONE};
    job.name = "fuzz";
    job.has_event_ids = true;
    job.n_values = VALUES;
    job.meters = meters;
    job.meter_of = meter_of;
    job.expand = expand;
    job.bucket = bucket;
    return &job;
}

/* ---- what a run is made of ---- */

static const uint32_t file_of_place[FILES] = {2, 0, 1};

/* Any position that damage makes is of some file: the manifest's digest promises that there are no
 * others. Pages that are never touched cost nothing. */
static const uint32_t *place_of_file(void)
{
    static uint32_t *map;
    if (map == NULL) {
        map = rr_calloc((size_t)1 << (64 - RR_POSITION_FILE), sizeof *map);
        for (uint32_t place = 0; place < FILES; place++)
            map[file_of_place[place]] = place;
    }
    return map;
}

struct content {
    const struct rr_job *job;
    uint32_t n_shards;
    struct rr_dictionary *accounts, *keys;
    uint32_t n, size; /* rows */
    uint8_t *rows;
    struct rr_texts texts;
};

static uint32_t enter(struct rr_dictionary *dictionary, const char *format, int letter, int number)
{
    char text[16];
    snprintf(text, sizeof text, format, letter, number);
    struct rr_text view = rr_text_of(text);
    return rr_dictionary_enter(dictionary, view, rr_dictionary_hash(view));
}

/* Whole numbers, numbers with digits behind the point, and any at all. */
static rr_decimal take_value(struct input *in)
{
    unsigned how = take_byte(in);
    rr_decimal value = (rr_decimal)(int64_t)take_number(in, how & 1 ? 8 : 1);
    if (how & 2)
        value = (rr_decimal)((rr_u128)value << 64 | take_number(in, 8));
    value *= how & 2 ? 1 : (rr_decimal)rr_pow10((how >> 2) % 19);
    return rr_decimal_fits(value) ? value : RR_DECIMAL_LIMIT - 1;
}

static void add_row(struct content *c, const struct rr_row *row, const rr_decimal *values)
{
    uint32_t row_size = rr_row_size(c->job);
    if (c->n == c->size) {
        c->size = c->size ? 2 * c->size : 16;
        c->rows = rr_realloc(c->rows, (size_t)c->size * row_size);
    }
    uint8_t *to = c->rows + (size_t)c->n++ * row_size;
    memset(to, 0, row_size);
    memcpy(to, row, sizeof *row);
    memcpy(to + sizeof *row, values, VALUES * sizeof *values);
}

static void take_row(struct content *c, struct input *in)
{
    rr_decimal values[VALUES];
    unsigned how = take_byte(in), name = take_byte(in), repeat = how == 255 ? MANY : how % 4 == 3;
    struct rr_row row = {0};
    row.fingerprint[0] = take_number(in, 1) << 60;
    row.fingerprint[1] = take_number(in, 1);
    row.time_ns = (int64_t)take_number(in, how & 4 ? 8 : 2) / 2;
    row.position = rr_position(take_byte(in) % FILES, (uint64_t)c->n + 1);
    row.account = enter(c->accounts, "%c%d", how & 8 ? 'A' : 'B', (int)name % 16);
    row.key = enter(c->keys, "%c%d", 'a' + (int)(name >> 4) % c->job->n_meters, (int)how >> 6);
    for (int v = 0; v < VALUES; v++)
        values[v] = take_value(in);
    for (unsigned i = 0; i <= repeat; i++, row.position++)
        add_row(c, &row, values);
}

static void take_text(struct content *c, struct input *in)
{
    size_t key_len, len;
    uint8_t *key = take_copy(in, take_byte(in) % 16, &key_len);
    uint8_t *text = take_copy(in, take_byte(in), &len);
    rr_texts_add(&c->texts, (struct rr_text){(char *)key, (uint32_t)key_len},
                 (struct rr_text){(char *)text, (uint32_t)len});
    free(key);
    free(text);
}

static void free_content(struct content *c)
{
    rr_dictionary_destroy(c->accounts);
    rr_dictionary_destroy(c->keys);
    rr_texts_fini(&c->texts);
    free(c->rows);
}

/* ---- what was written and read, as sums over items in any order ---- */

static uint64_t hash(const void *bytes, size_t len, uint64_t before)
{
    struct rr_digest digest = rr_digest_bytes(bytes, len);
    return (digest.low ^ before) * 0x9E3779B97F4A7C15u + digest.high;
}

static uint64_t hash_row(const uint8_t *bytes, uint32_t row_size, uint64_t account,
                         const struct rr_dictionary *keys)
{
    struct rr_row row;
    memcpy(&row, bytes, sizeof row);
    uint64_t sum = hash(bytes + sizeof row, row_size - sizeof row, account);
    sum = hash(row.fingerprint, sizeof row.fingerprint, sum);
    sum = hash(&row.time_ns, sizeof row.time_ns, sum);
    sum = hash(&row.position, sizeof row.position, sum);
    return sum + rr_dictionary_hash_of(keys, row.key);
}

static uint64_t hash_cell(const struct rr_kernel *kernel, void *state, uint64_t account,
                          uint64_t key, int32_t day, uint64_t records)
{
    size_t most = rr_kernel_encoded_max(kernel, state);
    uint8_t *out = rr_malloc(most);
    size_t len = kernel->encode(state, out);
    uint64_t sum = hash(out, len, account + key * 3 + (uint64_t)day * 5 + records);
    free(out);
    return sum;
}

/* ---- records ---- */

static uint64_t sum_rows(const struct content *c)
{
    uint64_t sum = 0;
    uint32_t row_size = rr_row_size(c->job);
    for (uint32_t i = 0; i < c->n; i++) {
        struct rr_row row;
        memcpy(&row, c->rows + (size_t)i * row_size, sizeof row);
        sum += hash_row(c->rows + (size_t)i * row_size, row_size,
                        rr_dictionary_hash_of(c->accounts, row.account), c->keys);
    }
    return sum;
}

static int write_records(const char *path, const struct content *c, uint64_t *bytes,
                         struct rr_digest *digest)
{
    return rr_record_run_write(path, c->job, c->n_shards, c->accounts, c->keys, file_of_place,
                               c->rows, c->n, bytes, digest, NULL);
}

/* Adds the rows of a slice to the sum; -1 on error. */
static int read_slice(struct rr_record_reader *reader, const struct content *c,
                      const struct rr_slice *slice, const struct rr_dictionary *keys, uint64_t *sum,
                      struct rr_error *err)
{
    uint32_t row_size = rr_row_size(c->job);
    uint8_t *rows = rr_malloc((size_t)PIECE * row_size);
    struct rr_account_head head;
    int result = rr_record_reader_select(reader, slice, err) == 0 ? 1 : -1;
    while (result == 1 && (result = rr_record_reader_next(reader, &head, err)) == 1)
        for (uint32_t at = 0, n, kept; at < head.items && result == 1; at += n) {
            n = head.items - at < PIECE ? head.items - at : PIECE;
            if (rr_record_reader_rows(reader, n, 0, rows, &kept, err) != 0)
                result = -1;
            for (uint32_t i = 0; i < kept && result == 1; i++)
                *sum += hash_row(rows + (size_t)i * row_size, row_size,
                                 rr_dictionary_hash(head.name), keys);
        }
    free(rows);
    return result;
}

/* The shards [first, end) in two slices of their fingerprints, and one more that is empty. */
static int read_records(const char *path, const struct content *c, uint32_t first, uint32_t end,
                        uint64_t *sum, struct rr_error *err)
{
    const struct rr_slice slices[] = {
        {.first = first, .end = end, .low = 0, .high = CUT - 1},
        {.first = first, .end = end, .low = CUT, .high = UINT64_MAX},
        {.first = end, .end = end, .low = 0, .high = UINT64_MAX},
    };
    struct rr_dictionary *keys = rr_dictionary_create();
    struct rr_record_reader *reader =
        rr_record_reader_open(path, c->job, c->n_shards, keys, place_of_file(), err);
    int result = reader ? 0 : -1;
    for (int i = 0; i < 3 && result == 0; i++)
        result = read_slice(reader, c, &slices[i], keys, sum, err);
    rr_record_reader_close(reader);
    rr_dictionary_destroy(keys);
    return result;
}

/* ---- cells ---- */

static int write_cells(const char *path, const struct content *c, uint64_t *bytes,
                       struct rr_digest *digest, uint64_t *sum)
{
    struct rr_plans *plans = rr_plans_create(c->job, c->keys);
    rr_plans_update(plans);
    struct rr_fold *fold = rr_fold_create(c->job, plans);
    struct rr_tally tally;
    rr_tally_init(&tally, c->job->n_meters);
    rr_fold_rows(fold, c->rows, c->n, &tally);
    for (uint32_t i = 0; i < rr_fold_size(fold); i++) {
        struct rr_fold_cell *cell = rr_fold_at(fold, i);
        *sum += hash_cell(c->job->meters[cell->meter].kernel, cell->state,
                          rr_dictionary_hash_of(c->accounts, cell->account),
                          rr_dictionary_hash_of(rr_plans_cell_keys(plans), cell->key), cell->bucket,
                          cell->records);
    }
    struct rr_cell_writer *writer =
        rr_cell_writer_create(path, c->job, c->n_shards, plans, file_of_place, NULL);
    CHECK(writer != NULL && rr_cell_writer_put(writer, fold, c->accounts, NULL) == 0);
    int result = rr_cell_writer_finish(writer, bytes, digest, NULL);
    rr_fold_destroy(fold);
    rr_plans_destroy(plans);
    rr_tally_fini(&tally);
    return result;
}

static int read_cells_of(struct rr_cell_reader *reader, const struct content *c,
                         const struct rr_dictionary *keys, const struct rr_account_head *head,
                         uint64_t *sum, struct rr_error *err)
{
    for (uint32_t i = 0; i < head->items; i++) {
        uint64_t state[RR_STATE_MAX / sizeof(uint64_t)];
        struct rr_cell cell;
        uint32_t key;
        if (rr_cell_reader_cell(reader, &key, &cell, state, err) != 0)
            return -1;
        const struct rr_kernel *kernel = c->job->meters[cell.meter].kernel;
        *sum += hash_cell(kernel, state, rr_dictionary_hash(head->name),
                          rr_dictionary_hash_of(keys, key), cell.bucket, cell.records);
        rr_kernel_fini(kernel, state);
    }
    return 1;
}

static int read_cells(const char *path, const struct content *c, uint32_t first, uint32_t end,
                      uint64_t *sum, struct rr_error *err)
{
    struct rr_dictionary *keys = rr_dictionary_create();
    struct rr_account_head head;
    struct rr_cell_reader *reader =
        rr_cell_reader_open(path, c->job, c->n_shards, first, end, keys, place_of_file(), err);
    int result = reader ? 1 : -1;
    while (result == 1 && (result = rr_cell_reader_next(reader, &head, err)) == 1)
        result = read_cells_of(reader, c, keys, &head, sum, err);
    rr_cell_reader_close(reader);
    rr_dictionary_destroy(keys);
    return result;
}

/* ---- texts ---- */

static int take_one(void *self, struct rr_text key, struct rr_text text, struct rr_error *err)
{
    uint64_t *sum = self;
    (void)err;
    *sum = hash(key.ptr, key.len, *sum);
    *sum = hash(text.ptr, text.len, *sum);
    return 0;
}

static uint64_t sum_texts(const struct rr_texts *texts)
{
    uint64_t sum = 0;
    for (size_t at = 0; at < texts->used;) {
        uint32_t len[2];
        memcpy(len, texts->bytes + at, sizeof len);
        at += sizeof len;
        struct rr_text key = {texts->bytes + at, len[0]}, text = {key.ptr + len[0], len[1]};
        take_one(&sum, key, text, NULL);
        at += (size_t)len[0] + len[1];
    }
    return sum;
}

/* ---- one of the three ---- */

enum kind { RECORDS, CELLS, TEXTS };

static uint64_t write_run(enum kind kind, const char *path, const struct content *c,
                          uint64_t *bytes, struct rr_digest *digest)
{
    uint64_t sum = 0;
    switch (kind) {
    case RECORDS:
        CHECK(write_records(path, c, bytes, digest) == 0);
        return sum_rows(c);
    case CELLS:
        CHECK(write_cells(path, c, bytes, digest, &sum) == 0);
        return sum;
    default:
        CHECK(rr_text_run_write(path, &c->texts, bytes, digest, NULL) == 0);
        return sum_texts(&c->texts);
    }
}

static int read_run(enum kind kind, const char *path, const struct content *c, uint32_t first,
                    uint32_t end, uint64_t *sum)
{
    struct rr_error err = {0};
    int result = kind == RECORDS ? read_records(path, c, first, end, sum, &err)
                 : kind == CELLS ? read_cells(path, c, first, end, sum, &err)
                                 : rr_text_run_read(path, take_one, sum, &err);
    CHECK((result < 0) == (err.text[0] != '\0'));
    return result;
}

static void check_cut(enum kind kind, const char *path, const struct content *c, uint32_t cut,
                      uint64_t want)
{
    uint64_t sum = 0;
    CHECK(read_run(kind, path, c, 0, cut, &sum) == 0);
    CHECK(kind == TEXTS || read_run(kind, path, c, cut, c->n_shards, &sum) == 0);
    CHECK(sum == want);
}

/* A byte changed, one added, some taken off: none of it passes. */
static void damage_file(const char *path, uint64_t bytes, struct rr_digest digest, struct input *in)
{
    struct rr_error err = {0};
    CHECK(rr_run_check(path, bytes, digest, &err) == 0);
    char *image = rr_malloc(bytes + 1);
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL && fread(image, 1, bytes, file) == bytes);
    fclose(file);
    uint64_t at = take_number(in, 3) % bytes, cut = take_byte(in);
    image[at] = (char)(image[at] ^ (take_byte(in) | 1));
    scratch_file("run.h5", image, bytes);
    CHECK(rr_run_check(path, bytes, digest, &err) < 0 && err.text[0] != '\0');
    image[bytes] = 0;
    scratch_file("run.h5", image, bytes + 1);
    CHECK(rr_run_check(path, bytes, digest, &err) < 0);
    scratch_file("run.h5", image, bytes > cut ? bytes - cut - 1 : 0);
    CHECK(rr_run_check(path, bytes, digest, &err) < 0);
    free(image);
}

static void damage_columns(enum kind kind, const char *path, const struct content *c,
                           struct input *in)
{
    uint64_t sum = 0;
    struct run_columns *run = run_columns_load(path);
    do
        run_columns_damage(run, in);
    while (in->left > 0);
    run_columns_write(run, path);
    run_columns_free(run);
    read_run(kind, path, c, 0, c->n_shards, &sum);
}

static void take_content(struct content *c, enum kind kind, unsigned n, struct input *in)
{
    c->job = make_job();
    c->accounts = rr_dictionary_create();
    c->keys = rr_dictionary_create();
    for (; n > 0 && in->left > 0; n--) {
        if (kind == TEXTS)
            take_text(c, in);
        else
            take_row(c, in);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    unsigned choice = take_byte(&in), n = take_byte(&in) % 64;
    enum kind kind = (enum kind)((choice & 3) % 3);
    struct content c = {.n_shards = 1 + take_byte(&in) % 16};
    uint32_t cut = take_byte(&in) % (c.n_shards + 1);
    take_content(&c, kind, n, &in);
    uint64_t bytes;
    struct rr_digest digest;
    const char *path = scratch_file("run.h5", "", 0);
    uint64_t sum = write_run(kind, path, &c, &bytes, &digest);
    if (choice & 4)
        damage_columns(kind, path, &c, &in);
    else if (choice & 8)
        damage_file(path, bytes, digest, &in);
    else
        check_cut(kind, path, &c, cut, sum);
    free_content(&c);
    return 0;
}
