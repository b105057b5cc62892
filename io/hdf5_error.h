/* HDF5's errors as one sentence, and what the two sides of a run file agree on. */
#ifndef IO_HDF5_ERROR_H
#define IO_HDF5_ERROR_H

#include "runfile.h"

enum {
    RR_ZSTD_FILTER = 32015, /* registered with the HDF Group */
    RR_ZSTD_SKIPPED = 1,    /* mask of a chunk that is stored as it is: zstd is its only filter */
    RR_RUN_CHUNK_BYTES = RR_RUN_CHUNK * 8, /* of the widest column */
};

/* RR_EXIT_IO, "PATH: WHAT: the innermost cause"; clears HDF5's stack. Returns -1. */
int rr_fail_hdf5(struct rr_error *err, const char *path, const char *what);

/* HDF5 prints nothing by itself. */
void rr_quiet_hdf5(void);

#endif
