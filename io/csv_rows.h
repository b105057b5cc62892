/* Rows: an indexed window of CSV text as a batch of column views. */
#ifndef IO_CSV_ROWS_H
#define IO_CSV_ROWS_H

#include "csv_scan.h"

#include <rerate/error.h>

struct rr_csv_rows {
    struct rr_batch batch;
    uint32_t n_fields;                /* of the header */
    uint32_t field[RR_BATCH_COLUMNS]; /* column c of the batch is this field */
    bool again[RR_BATCH_COLUMNS];     /* an earlier column is that field, too, and is shared */
    size_t record_max;
    char *scratch; /* fields whose quotes were doubled */
    size_t scratch_size;
};

/* Allocates a batch of `n_columns` columns; n_fields, field and record_max are set before. What
 * was allocated when it fails is freed by fini. */
int rr_csv_rows_init(struct rr_csv_rows *rows, uint32_t n_columns, struct rr_error *err);
void rr_csv_rows_fini(struct rr_csv_rows *rows);

/* Fills the batch from an indexed window of `size` bytes, which starts at the file's byte
 * `offset`. */
int rr_csv_rows_fill(struct rr_csv_rows *rows, const struct rr_csv_index *index, const char *window,
                     size_t size, uint64_t offset, struct rr_error *err);

/* Makes a batch of one record that is too long. */
void rr_csv_rows_too_long(struct rr_csv_rows *rows, const char *window, uint64_t offset);

#endif
