/* The folder of an impact. */
#include "impact_folder.h"

#include "../io/commit.h"
#include "../io/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAKING ".making-"

/* The lock is held: what others left unfinished is dead. */
static int remove_dead(const char *impacts, struct rr_error *err)
{
    DIR *dir = opendir(impacts);
    if (dir == NULL)
        return rr_fail_errno(err, RR_EXIT_CREATE, impacts, "open directory");
    int result = 0;
    for (struct dirent *entry = readdir(dir); entry && result == 0; entry = readdir(dir)) {
        char path[RR_IMPACT_PATH + 256];
        if (strncmp(entry->d_name, MAKING, strlen(MAKING)) != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", impacts, entry->d_name);
        result = rr_remove_dir(path, err);
    }
    closedir(dir);
    return result;
}

int rr_impact_lock(const char *workspace, struct rr_lock *lock, struct rr_error *err)
{
    char impacts[RR_IMPACT_PATH];
    snprintf(impacts, sizeof impacts, "%s/impact", workspace);
    lock->fd = -1;
    if (rr_make_dir(impacts, err) != 0 || rr_lock_take(lock, impacts, err) != 0)
        return -1;
    return remove_dead(impacts, err);
}

static int open_alone(struct rr_impact_folder *f, const char *workspace, struct rr_error *err)
{
    if (rr_impact_lock(workspace, &f->lock, err) != 0)
        return -1;
    snprintf(f->making, sizeof f->making, "%s/" MAKING "%s", f->impacts, f->lock.id);
    return rr_make_dir(f->making, err);
}

int rr_impact_folder_open(const struct rr_comm *comm, const char *workspace,
                          struct rr_impact_folder *f, struct rr_error *err)
{
    *f = (struct rr_impact_folder){.comm = comm, .lock.fd = -1};
    snprintf(f->impacts, sizeof f->impacts, "%s/impact", workspace);
    int result = rr_agree(comm, comm->rank == 0 ? open_alone(f, workspace, err) : 0, err);
    rr_comm_bcast(comm, f->making, sizeof f->making, 0);
    return result;
}

void rr_impact_folder_close(struct rr_impact_folder *f)
{
    struct rr_error ignored;
    rr_comm_barrier(f->comm);
    if (f->comm->rank == 0 && f->making[0] != '\0')
        rr_remove_dir(f->making, &ignored);
    rr_lock_release(&f->lock);
}

void rr_impact_folder_path(const struct rr_impact_folder *f, const char *name,
                           char path[RR_IMPACT_PATH])
{
    snprintf(path, RR_IMPACT_PATH, "%s/%s", f->making, name);
}

int rr_impact_folder_finish(struct rr_impact_folder *f, const char *name, struct rr_output *output,
                            struct rr_error *err)
{
    rr_check(f->n_files < RR_IMPACT_FILES, "an impact has too many files");
    struct rr_impact_file *file = &f->file[f->n_files++];
    *file = (struct rr_impact_file){.name = name};
    int result = rr_output_finish(output, NULL, &file->bytes, &file->digest, err);
    rr_output_destroy(output);
    return rr_agree(f->comm, result, err); /* no rank's segments are there any more */
}

json_t *rr_impact_folder_files(const struct rr_impact_folder *f)
{
    json_t *files = json_object();
    for (int i = 0; i < f->n_files; i++) {
        char digest[RR_DIGEST_TEXT];
        rr_digest_format(f->file[i].digest, digest);
        json_object_set_new(
            files, f->file[i].name,
            json_pack("{s:I, s:s}", "bytes", (json_int_t)f->file[i].bytes, "digest", digest));
    }
    return files;
}

static bool is_same(const char *path, const char *text)
{
    char *bytes;
    size_t len;
    if (rr_read_file(path, &bytes, &len, NULL) != 0)
        return false;
    bool same = len == strlen(text) && memcmp(bytes, text, len) == 0;
    free(bytes);
    return same;
}

/* Puts one directory in the place of another, which goes where that one was. Where the file system can't do
 * it at once, there is a moment without either. */
static int exchange(const char *from, const char *to, struct rr_error *err)
{
    struct stat there;
    char gone[RR_IMPACT_PATH];
    if (stat(to, &there) != 0)
        return rename(from, to) == 0 ? 0 : rr_fail_errno(err, RR_EXIT_CREATE, to, "rename");
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_EXCHANGE) == 0)
        return 0;
    snprintf(gone, sizeof gone, "%s-before", from);
    if (rename(to, gone) != 0 || rename(from, to) != 0 || rename(gone, from) != 0)
        return rr_fail_errno(err, RR_EXIT_CREATE, to, "rename");
    return 0;
}

int rr_impact_folder_publish(struct rr_impact_folder *f, const char *name, const char *facts,
                             bool *same, struct rr_error *err)
{
    char final[RR_IMPACT_PATH], path[RR_IMPACT_PATH + 32];
    snprintf(final, sizeof final, "%s/%s", f->impacts, name);
    snprintf(path, sizeof path, "%s/impact.json", final);
    *same = is_same(path, facts);
    if (*same)
        return 0;
    rr_impact_folder_path(f, "middle", path);
    if (rr_remove_dir(path, err) != 0)
        return -1;
    rr_impact_folder_path(f, "impact.json", path);
    if (rr_lock_check(&f->lock, err) != 0 ||
        rr_commit_bytes(path, facts, strlen(facts), err) != 0 || rr_sync_dir(f->making, err) != 0 ||
        exchange(f->making, final, err) != 0)
        return -1;
    return rr_sync_dir(f->impacts, err);
}
