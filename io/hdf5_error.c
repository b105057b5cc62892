/* HDF5's errors as one sentence. */
#include "hdf5_error.h"

#include <hdf5.h>
#include <stdio.h>

/* HDF5 keeps its errors on a stack, the most telling one innermost. */
static herr_t innermost(unsigned n, const H5E_error2_t *entry, void *text)
{
    if (n == 0)
        snprintf(text, RR_ERROR_TEXT / 2, "%s", entry->desc ? entry->desc : "unknown cause");
    return 0;
}

int rr_fail_hdf5(struct rr_error *err, const char *path, const char *what)
{
    char cause[RR_ERROR_TEXT / 2] = "unknown cause";
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, innermost, cause);
    H5Eclear2(H5E_DEFAULT);
    return rr_fail(err, RR_EXIT_IO, "%s: %s: %s", path, what, cause);
}

void rr_quiet_hdf5(void)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}
