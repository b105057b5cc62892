/* The inner side of csv.h: the same calls on bytes that need not be a file, with sizes that tests
 * can make small. Not for others than io/ and its tests. */
#ifndef IO_CSV_SOURCE_H
#define IO_CSV_SOURCE_H

#include "csv.h"
#include "csv_scan.h"
#include "stream.h"

struct rr_csv_source {
    struct rr_stored stored;
    const struct rr_csv_kernel *kernel;
    size_t window;     /* bytes read and scanned at once */
    size_t record_max; /* RR_RECORD_MAX, or less */
};

/* Fills in what is best for the file at `path`; RR_EXIT_INPUT for a suffix that is not read. */
int rr_csv_source_init(struct rr_csv_source *source, const char *path, struct rr_error *err);

/* True when the path ends in .csv or .csv.zst. */
bool rr_csv_suffix(const char *path, bool *zstd);

struct rr_csv *rr_csv_open_source(const struct rr_csv_source *source, const struct rr_split *split,
                                  const struct rr_text *columns, int n_columns, uint64_t resume_at,
                                  uint64_t resume_record, struct rr_error *err);

int rr_csv_split_source(const struct rr_csv_source *source, uint32_t file, uint64_t target,
                        struct rr_split **splits, size_t *n_splits, struct rr_file_facts *facts,
                        bool *scanned, struct rr_error *err);

/* Finds each of `columns` among the header's names and notes its place in `field`. */
int rr_csv_find_columns(const char *path, const struct rr_text *names, uint32_t n_names,
                        const struct rr_text *columns, int n_columns, uint32_t *field,
                        struct rr_error *err);

/* The bytes of a BOM at the start of a file's text. */
static inline size_t rr_csv_bom(const char *text, size_t len)
{
    return len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
}

#endif
