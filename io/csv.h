/* Usage files in CSV: which records a file holds, and reading a part of them in batches.
 *
 * RFC 4180: comma, fields quoted by '"' with '""' for a quote inside, CR LF or LF, a header, an
 * optional BOM. A quote opens a quoted field only at the start of a field; elsewhere in an
 * unquoted field it is an ordinary character. After a closing quote only a comma or the end of
 * the row may follow (else the row is `bad_row`). A line of no bytes is no record. Columns are
 * found by name; others are ignored but counted: a row with another number of fields than the
 * header is `bad_row`. A last record without a line end counts.
 *
 * `.csv` and `.csv.zst` (any number of frames) are read through the same stream of uncompressed
 * bytes; every offset here counts those.
 */
#ifndef IO_CSV_H
#define IO_CSV_H

#include <rerate/batch.h>
#include <rerate/error.h>

/* A part of a file that one rank reads alone: [start, end) of its uncompressed bytes, on record
 * bounds. */
struct rr_split {
    uint32_t file;         /* index of the file in the list of inputs */
    uint64_t start;        /* offset of the first record; 0 means after the header */
    uint64_t end;          /* offset behind the last one; UINT64_MAX: the end of the file */
    uint64_t first_record; /* number of the first record in its file, from 1 */
    uint64_t weight;       /* stored bytes, for progress and fairness */
    uint64_t stored; /* where its first stored byte is: a zstd file's frame that holds `start` */
    uint64_t skip;   /* uncompressed bytes from there to `start` */
};

/* What is known of a file's bytes. */
struct rr_file_facts {
    uint64_t size;      /* stored bytes */
    uint64_t digest[2]; /* XXH3-128 of the stored bytes: low, high */
};

/* Cuts a file into splits of about `target` uncompressed bytes on record bounds. A plain CSV larger
 * than twice the target is scanned once (its quotes decide where records start, so every byte is
 * looked at), and so is such a zstd file of several frames that all say their size; the scan also
 * gives `facts`, and `*scanned` is true. Any other file is one split, not read here, and its facts
 * come from the reader that has read it to the end. `*splits` is the caller's to free.
 * Errors: RR_EXIT_INPUT (missing, not readable, damaged, suffix not known), RR_EXIT_IO. */
int rr_csv_split(const char *path, uint32_t file, uint64_t target, struct rr_split **splits,
                 size_t *n_splits, struct rr_file_facts *facts, bool *scanned,
                 struct rr_error *err);

struct rr_csv;

/* Opens a split for reading. `columns` are the wanted names, at most RR_BATCH_COLUMNS; a name the
 * header lacks, or has twice, is an error (RR_EXIT_DATA) that lists the header's names, near ones
 * first. So is a file without a header. `resume_at` is 0, or an offset that rr_csv_position gave
 * for this split before: the bytes before it are passed over (still digested where the split is
 * the whole file), and the first record read has the number `resume_record`. */
struct rr_csv *rr_csv_open(const char *path, const struct rr_split *split,
                           const struct rr_text *columns, int n_columns, uint64_t resume_at,
                           uint64_t resume_record, struct rr_error *err);
void rr_csv_close(struct rr_csv *csv);

/* Reads the next records. Returns 1 with a batch of at least one (owned by the reader, valid until
 * the next call), 0 at the end of the split, -1 on error: RR_EXIT_IO, or RR_EXIT_INPUT for a file
 * that is damaged or has changed since it was split. No allocation for a record. */
int rr_csv_read(struct rr_csv *csv, const struct rr_batch **batch, struct rr_error *err);

/* Where the next batch will start: its offset and record number, and how many of the split's stored
 * bytes have been read (for progress, against `weight`). */
void rr_csv_position(const struct rr_csv *csv, uint64_t *offset, uint64_t *record,
                     uint64_t *stored_bytes);

/* Facts of the whole file, once a split that is the whole file has been read to its end.
 * Returns false before that, or when the split is a part. */
bool rr_csv_facts(const struct rr_csv *csv, struct rr_file_facts *facts);

/* Expands what the user gave (files, directories, glob patterns) into paths, sorted bytewise and
 * each once. A directory means the files in it (not in its directories) whose names do not start
 * with '.' or '_'. A pattern or path that matches nothing is an error (RR_EXIT_INPUT), and so are a
 * suffix that is not read, a path that is not UTF-8, and one file under two different paths, since it
 * would be read twice.
 * `*paths` and each path are the caller's to free. */
int rr_inputs_expand(char *const *given, int n_given, char ***paths, size_t *n_paths,
                     struct rr_error *err);

/* Refuses a file that two of these different paths lead to, with RR_EXIT_INPUT. */
int rr_inputs_check_distinct(const char *const *paths, size_t n, struct rr_error *err);

#endif
