/* Verifying what was issued: that the ledger is a whole chain, and that what it names is there unchanged. */
#include "verify.h"

#include "issued.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

static int check_result(const struct rr_verify *v, const json_t *entry, struct rr_error *err)
{
    const char *name = json_string_value(json_object_get(entry, "result"));
    char path[RR_VERIFY_PATH];
    struct rr_digest said, found;
    uint64_t size;
    if (name == NULL)
        return 0; /* corrections alone */
    snprintf(path, sizeof path, "%s/results/%s/run.json", v->dir, name);
    if (!rr_verify_digest(entry, "run", &said) || rr_digest_file(path, &size, &found, err) != 0)
        return rr_fail(err, RR_EXIT_DATA, "%s: was issued, and can't be read", path);
    return rr_digest_equal(said, found)
               ? 0
               : rr_fail(err, RR_EXIT_DATA, "%s: is not the result that was issued", path);
}

static int check_corrections(const struct rr_issued *issued, unsigned i, struct rr_error *err)
{
    const json_t *said =
        json_object_get(json_object_get(issued->entry[i], "files"), "corrections.csv");
    char path[RR_ISSUED_PATH];
    struct rr_digest digest, found;
    uint64_t size;
    if (!rr_issued_corrections(issued, i, path))
        return 0;
    if (rr_digest_file(path, &size, &found, err) != 0)
        return -1;
    if (rr_verify_digest(said, "digest", &digest) && rr_digest_equal(digest, found) &&
        size == (uint64_t)json_integer_value(json_object_get(said, "bytes")))
        return 0;
    return rr_fail(err, RR_EXIT_DATA, "%s: is not what issue.json says", path);
}

/* An entry behind a gap would count for nothing. */
static int check_gaps(const struct rr_issued *issued, struct rr_error *err)
{
    DIR *dir = opendir(issued->dir);
    unsigned n;
    int result = 0;
    for (struct dirent *entry = dir ? readdir(dir) : NULL; entry && result == 0;
         entry = readdir(dir))
        if (entry->d_name[0] != '.' &&
            (sscanf(entry->d_name, "%u", &n) != 1 || n == 0 || n > issued->n))
            result = rr_fail(err, RR_EXIT_DATA, "%s/%s: is no entry that follows on another",
                             issued->dir, entry->d_name);
    if (dir)
        closedir(dir);
    return result;
}

int rr_verify_issued(struct rr_verify *v, struct rr_finding *f)
{
    struct rr_issued issued;
    if (rr_issued_read(v->dir, &issued, &f->err) != 0)
        return -1;
    int result = check_gaps(&issued, &f->err);
    for (unsigned i = 0; i < issued.n && result == 0; i++) {
        result = check_result(v, issued.entry[i], &f->err);
        if (result == 0)
            result = check_corrections(&issued, i, &f->err);
    }
    rr_seen(f, "%u entries, each on the one before, of results as they went out", issued.n);
    rr_issued_fini(&issued);
    return result;
}
