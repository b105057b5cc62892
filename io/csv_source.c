/* Which files are read as CSV, and how. */
#include "csv_source.h"

enum { WINDOW = 256 * 1024 };

static bool ends_with(const char *path, const char *suffix)
{
    size_t len = strlen(path), n = strlen(suffix);
    return len > n && memcmp(path + len - n, suffix, n) == 0;
}

bool rr_csv_suffix(const char *path, bool *zstd)
{
    *zstd = ends_with(path, ".csv.zst");
    return *zstd || ends_with(path, ".csv");
}

int rr_csv_source_init(struct rr_csv_source *source, const char *path, struct rr_error *err)
{
    *source = (struct rr_csv_source){
        .stored.path = path,
        .kernel = rr_csv_kernel(0),
        .window = WINDOW,
        .record_max = RR_RECORD_MAX,
    };
    if (!rr_csv_suffix(path, &source->stored.zstd))
        return rr_fail(err, RR_EXIT_INPUT, "%s: only .csv and .csv.zst files are read", path);
    return 0;
}
