/* Verifying the ledger of what was issued: customers have it, so it must stay what it was. */
#include "verify.h"

#include "issued.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

static int check_file(const char *dir, const char *name, const json_t *said, struct rr_error *err)
{
    char path[RR_VERIFY_PATH];
    uint64_t size;
    struct rr_digest digest, found;
    snprintf(path, sizeof path, "%s/%.60s", dir, name);
    if (rr_digest_file(path, &size, &found, err) != 0)
        return -1;
    if (strchr(name, '/') == NULL && rr_verify_digest(said, "digest", &digest) &&
        rr_digest_equal(digest, found))
        return 0;
    return rr_fail(err, RR_EXIT_DATA, "%s: is no longer what was issued", path);
}

/* The result that it is of, where that is still there. */
static int check_result(const struct rr_verify *v, const char *dir, const json_t *entry,
                        struct rr_error *err)
{
    char path[RR_VERIFY_PATH];
    uint64_t size;
    struct rr_digest said, found;
    const char *result = json_string_value(json_object_get(entry, "result"));
    if (result == NULL)
        return 0;
    snprintf(path, sizeof path, "%s/results/%.20s/run.json", v->dir, result);
    if (rr_digest_file(path, &size, &found, NULL) != 0 ||
        (rr_verify_digest(entry, "run", &said) && rr_digest_equal(said, found)))
        return 0;
    return rr_fail(err, RR_EXIT_DATA, "%s: results/%s is no longer what was issued", dir, result);
}

static int check_entry(const struct rr_verify *v, const struct rr_issued *issued, unsigned i,
                       struct rr_error *err)
{
    char dir[RR_VERIFY_PATH - 64];
    const char *name;
    json_t *said, *files = json_object_get(issued->entry[i], "files");
    snprintf(dir, sizeof dir, "%.3900s/%04u", issued->dir, i + 1);
    json_object_foreach(files, name, said)
    {
        if (check_file(dir, name, said, err) != 0)
            return -1;
    }
    return check_result(v, dir, issued->entry[i], err);
}

/* The ledger is read up to its first gap: there is nothing behind. */
static int check_names(const struct rr_issued *issued, struct rr_error *err)
{
    unsigned number, most = 0;
    DIR *dir = opendir(issued->dir);
    for (struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir))
        if (sscanf(entry->d_name, "%u", &number) == 1 && number > most)
            most = number;
    if (dir)
        closedir(dir);
    if (most <= issued->n)
        return 0;
    return rr_fail(err, RR_EXIT_DATA, "%s: %04u is there, and %04u is not", issued->dir, most,
                   issued->n + 1);
}

static int check_ledger(const struct rr_verify *v, const struct rr_issued *issued,
                        struct rr_finding *f)
{
    for (unsigned i = 0; i < issued->n; i++)
        if (check_entry(v, issued, i, &f->err) != 0)
            return -1;
    rr_seen(f, "%u entries, of %u periods", issued->n, issued->n_owned);
    return check_names(issued, &f->err);
}

int rr_verify_issued(struct rr_verify *v, struct rr_finding *f)
{
    struct rr_issued issued;
    if (rr_issued_read(v->dir, &issued, &f->err) != 0)
        return -1;
    int result = check_ledger(v, &issued, f);
    rr_issued_fini(&issued);
    return result;
}
