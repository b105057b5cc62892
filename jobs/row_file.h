/* A CSV file that all ranks read in parts, a block of whole records at a time.
 *
 * Whether a line end lies in quotes depends on all bytes before it, so the quotes are counted first. A
 * compressed file can't be cut: the first rank reads it alone.
 */
#ifndef JOBS_ROW_FILE_H
#define JOBS_ROW_FILE_H

#include "../runtime/comm.h"

#include <rerate/text.h>

/* A rank's part of a file. */
struct rr_row_file {
    const char *path; /* borrowed */
    bool packed;
    uint64_t begin,
        end;  /* of its records, in unpacked bytes; of a compressed file no end is known */
    int line; /* of the first, from 1 */
};

/* Collective. Finds each rank's part; the first begins with the file. Errors: RR_EXIT_INPUT, RR_EXIT_IO. */
int rr_row_file_cut(const struct rr_comm *comm, const char *path, struct rr_row_file *file,
                    struct rr_error *err);

struct rr_row_blocks;

struct rr_row_blocks *rr_row_blocks_open(const struct rr_row_file *file, struct rr_error *err);
void rr_row_blocks_close(struct rr_row_blocks *blocks);

/* 1 and the next records, which are whole, and the number of their first line; 0 at the end, -1 on error.
 * The bytes live until the next call. */
int rr_row_blocks_next(struct rr_row_blocks *blocks, struct rr_text *rows, int *line,
                       struct rr_error *err);

#endif
