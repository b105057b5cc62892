/* Any bytes as a CSV file: the reader gives what the model gives, in one go, over splits, and from
 * any place it may be resumed at.
 *
 * Byte 0 chooses the sizes and how the rest is stored: as plain text, or as a zstd file as it is,
 * damage and all, for which the model is not asked.
 */
#include "../unit/csv_model.h"
#include "fuzz.h"

static struct rr_csv_source source_of(const uint8_t *data, size_t size)
{
    unsigned choice = size > 0 ? data[0] : 0;
    struct rr_csv_source source = {
        .stored = {.path = "fuzz.csv", .zstd = choice & 1, .bytes = "", .piece = 16},
        .window = choice & 2 ? 64 : 1000,
        .record_max = choice & 4 ? 60 : RR_RECORD_MAX,
    };
    if (size > 1) {
        source.stored.bytes = data + 1;
        source.stored.len = size - 1;
    }
    unsigned kernel = choice >> 3 & 3;
    do
        source.kernel = rr_csv_kernel(kernel--);
    while (source.kernel == NULL);
    return source;
}

/* Reads a split from `row` on, and checks it against the model if there is one. Returns the row
 * behind it, and notes where the second batch started. */
static uint64_t read_split(struct rr_csv *csv, const struct rr_csv_source *source,
                           const struct model *m, const uint32_t *wanted, int n_wanted,
                           uint64_t row, uint64_t *resume_at, uint64_t *resume_record)
{
    const struct rr_batch *batch;
    struct rr_error err;
    uint64_t before = 0, stored;
    int status, n = 0;
    while ((status = rr_csv_read(csv, &batch, &err)) == 1) {
        CHECK(batch->n > 0 && batch->n <= RR_BATCH_RECORDS && batch->first_record == row);
        for (uint32_t i = 0; i < batch->n; i++) {
            CHECK(batch->offset[i] >= before);
            before = batch->offset[i] + 1;
            CHECK(!m || !model_compare(m, source->record_max, wanted, n_wanted, batch, i));
        }
        row += batch->n;
        if (n++ == 0)
            rr_csv_position(csv, resume_at, resume_record, &stored);
    }
    CHECK(status == 0 || source->stored.zstd);
    rr_csv_close(csv);
    return row;
}

static void read_splits(const struct rr_csv_source *source, const struct model *m,
                        const struct rr_text *names, const uint32_t *wanted, int n_wanted,
                        uint64_t rows)
{
    struct rr_split *splits;
    struct rr_file_facts facts;
    struct rr_error err;
    size_t n;
    bool scanned;
    if (rr_csv_split_source(source, 0, 50, &splits, &n, &facts, &scanned, &err) < 0) {
        CHECK(source->stored.zstd);
        return;
    }
    uint64_t row = 1, at, record;
    for (size_t i = 0; i < n; i++) {
        CHECK(splits[i].first_record == row);
        struct rr_csv *csv = rr_csv_open_source(source, &splits[i], names, n_wanted, 0, 0, &err);
        CHECK(csv != NULL || source->stored.zstd);
        if (csv == NULL)
            break;
        row = read_split(csv, source, m, wanted, n_wanted, row, &at, &record);
    }
    CHECK(row == rows || source->stored.zstd);
    free(splits);
}

/* Reads all, and once more from the second batch on, and by splits. */
static void read_all(const struct rr_csv_source *source, const struct model *m,
                     const struct rr_text *names, const uint32_t *wanted, int n_wanted)
{
    struct rr_split split = {.end = UINT64_MAX, .first_record = 1};
    struct rr_error err;
    struct rr_csv *csv = rr_csv_open_source(source, &split, names, n_wanted, 0, 0, &err);
    if (csv == NULL) {
        CHECK(m == NULL || m->n == 0 || m->rows[0].misquoted || n_wanted > 0 ||
              m->rows[0].len > source->record_max);
        return;
    }
    uint64_t at = 0, record = 0, a, b;
    uint64_t rows = read_split(csv, source, m, wanted, n_wanted, 1, &at, &record);
    CHECK(m == NULL || rows == m->n);
    if (at > 0) {
        csv = rr_csv_open_source(source, &split, names, n_wanted, at, record, &err);
        CHECK(csv != NULL || source->stored.zstd);
        if (csv != NULL)
            CHECK(read_split(csv, source, m, wanted, n_wanted, record, &a, &b) == rows ||
                  source->stored.zstd);
    }
    read_splits(source, m, names, wanted, n_wanted, rows);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rr_csv_source source = source_of(data, size);
    if (source.stored.zstd) {
        struct rr_text name = rr_text_of("a");
        read_all(&source, NULL, &name, NULL, 1);
        read_all(&source, NULL, NULL, NULL, 0);
        return 0;
    }
    struct model m;
    model_init(&m, source.stored.bytes, source.stored.len);
    if (m.n > 0) {
        uint32_t wanted[] = {0, m.rows[0].n_fields - 1};
        struct rr_text names[] = {model_field(&m, 0, wanted[0]), model_field(&m, 0, wanted[1])};
        read_all(&source, &m, names, wanted, 2);
    }
    read_all(&source, &m, NULL, NULL, 0);
    model_fini(&m);
    return 0;
}
