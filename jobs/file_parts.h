/* A text file that all ranks read in parts, cut where pieces begin. */
#ifndef JOBS_FILE_PARTS_H
#define JOBS_FILE_PARTS_H

#include "../runtime/comm.h"

#include <stddef.h>

struct rr_file_part {
    char *bytes; /* from malloc, a NUL behind them */
    size_t len;
    int line; /* number of the first line, from 1 */
};

#define RR_NO_PIECE SIZE_MAX

/* The offset of the first piece that begins in a range of the file, RR_NO_PIECE where none does. `before` is
 * the byte before the range; `quoted` says whether the number of quotes before it is odd. */
typedef size_t (*rr_piece_finder)(const char *bytes, size_t len, char before, bool quoted);

/* Collective. The pieces that begin in this rank's range of the bytes, whole; the first rank's part begins
 * with the file. Errors: RR_EXIT_INPUT, RR_EXIT_IO. */
int rr_file_part_read(const struct rr_comm *comm, const char *path, rr_piece_finder find,
                      struct rr_file_part *part, struct rr_error *err);

/* Whether a name says that the file is compressed: then it can't be read in parts. */
bool rr_file_is_packed(const char *path);

#endif
