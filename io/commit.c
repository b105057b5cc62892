/* Files that appear whole or not at all. */
#include "commit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int rr_write_all(int fd, const void *bytes, size_t len, const char *path, struct rr_error *err)
{
    const char *at = bytes;
    while (len > 0) {
        ssize_t n = write(fd, at, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return rr_fail_errno(err, RR_EXIT_IO, path, "write");
        at += n;
        len -= (size_t)n;
    }
    return 0;
}

int rr_pwrite_all(int fd, const void *bytes, size_t len, uint64_t offset, const char *path,
                  struct rr_error *err)
{
    const char *at = bytes;
    while (len > 0) {
        ssize_t n = pwrite(fd, at, len, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return rr_fail_errno(err, RR_EXIT_IO, path, "write");
        at += n;
        offset += (uint64_t)n;
        len -= (size_t)n;
    }
    return 0;
}

void rr_start_writeback(int fd, uint64_t offset, uint64_t len)
{
    sync_file_range(fd, (off_t)offset, (off_t)len, SYNC_FILE_RANGE_WRITE);
}

static int sync_path(const char *path, int flags, struct rr_error *err)
{
    int fd = open(path, flags | O_CLOEXEC);
    if (fd < 0)
        return rr_fail_errno(err, RR_EXIT_IO, path, "open");
    int result = fsync(fd);
    if (result != 0)
        rr_fail_errno(err, RR_EXIT_IO, path, "fsync");
    close(fd);
    return result;
}

int rr_sync_file(const char *path, struct rr_error *err)
{
    return sync_path(path, O_RDONLY, err);
}

int rr_sync_dir(const char *path, struct rr_error *err)
{
    return sync_path(path, O_RDONLY | O_DIRECTORY, err);
}

static int sync_parent(const char *path, struct rr_error *err)
{
    char parent[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return rr_sync_dir(".", err);
    snprintf(parent, sizeof parent, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    return rr_sync_dir(parent, err);
}

static int write_and_sync(const char *path, const void *bytes, size_t len, struct rr_error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return rr_fail_errno(err, RR_EXIT_CREATE, path, "create");
    int result = rr_write_all(fd, bytes, len, path, err);
    if (result == 0 && fsync(fd) != 0)
        result = rr_fail_errno(err, RR_EXIT_IO, path, "fsync");
    if (close(fd) != 0 && result == 0)
        result = rr_fail_errno(err, RR_EXIT_IO, path, "close");
    return result;
}

int rr_commit_bytes(const char *path, const void *bytes, size_t len, struct rr_error *err)
{
    char beside[PATH_MAX];
    snprintf(beside, sizeof beside, "%s.new", path);
    if (write_and_sync(beside, bytes, len, err) != 0) {
        unlink(beside);
        return -1;
    }
    if (rename(beside, path) != 0)
        return rr_fail_errno(err, RR_EXIT_IO, path, "rename");
    return sync_parent(path, err);
}

int rr_make_dir(const char *path, struct rr_error *err)
{
    char partial[PATH_MAX];
    snprintf(partial, sizeof partial, "%s", path);
    for (char *slash = strchr(partial + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(partial, 0777) != 0 && errno != EEXIST)
            return rr_fail_errno(err, RR_EXIT_CREATE, partial, "create directory");
        *slash = '/';
    }
    if (mkdir(partial, 0777) != 0 && errno != EEXIST)
        return rr_fail_errno(err, RR_EXIT_CREATE, partial, "create directory");
    return 0;
}

static int remove_files(const char *path, int depth, struct rr_error *err)
{
    DIR *dir = opendir(path);
    if (dir == NULL)
        return errno == ENOENT ? 0 : rr_fail_errno(err, RR_EXIT_IO, path, "open directory");
    int result = 0;
    for (struct dirent *entry = readdir(dir); entry && result == 0; entry = readdir(dir)) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        char inner[PATH_MAX];
        snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        if (unlink(inner) == 0 || errno == ENOENT)
            continue;
        if (errno == EISDIR && depth > 0)
            result = remove_files(inner, depth - 1, err);
        else
            result = rr_fail_errno(err, RR_EXIT_IO, inner, "remove");
    }
    closedir(dir);
    if (result == 0 && rmdir(path) != 0 && errno != ENOENT)
        result = rr_fail_errno(err, RR_EXIT_IO, path, "remove");
    return result;
}

int rr_remove_dir(const char *path, struct rr_error *err)
{
    return remove_files(path, 1, err);
}

int rr_read_file(const char *path, char **bytes, size_t *len, struct rr_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return rr_fail_errno(err, RR_EXIT_INPUT, path, "open");
    struct stat facts;
    char *text = NULL;
    size_t n = 0;
    if (fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode)) {
        rr_fail(err, RR_EXIT_INPUT, "%s: is not a regular file", path);
        goto fail;
    }
    text = malloc((size_t)facts.st_size + 1);
    while (text && n < (size_t)facts.st_size) {
        ssize_t got = read(fd, text + n, (size_t)facts.st_size - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        n += (size_t)got;
    }
    if (text == NULL || n < (size_t)facts.st_size) {
        rr_fail_errno(err, RR_EXIT_INPUT, path, "read");
        goto fail;
    }
    close(fd);
    text[n] = '\0';
    *bytes = text;
    *len = n;
    return 0;
fail:
    free(text);
    close(fd);
    return -1;
}
