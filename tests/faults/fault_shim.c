/* LD_PRELOAD: makes one call that changes a file fail, or kills the process there.
 *
 * Calls of write, pwrite, fsync, fdatasync, rename, link and symlink that touch files below
 * $FAULT_DIR are counted, on the rank $FAULT_RANK only, if that is set. The call number $FAULT_AT
 * (from 1) fails with $FAULT_KIND: ENOSPC, EIO, SHORT (half of the bytes are written; the next call
 * fails with ENOSPC) or KILL (the process gets SIGKILL before the call). The calls are listed in
 * $FAULT_LOG: number, name, path. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum verdict { PASS, FAIL, HALF };

static long calls;

static int is_our_rank(void)
{
    const char *wanted = getenv("FAULT_RANK"), *rank = getenv("OMPI_COMM_WORLD_RANK");
    return wanted == NULL || (rank && strcmp(wanted, rank) == 0);
}

/* The log is written by system calls, so that it isn't counted itself. */
static void note(const char *name, const char *path)
{
    char row[PATH_MAX + 64];
    const char *log = getenv("FAULT_LOG");
    int fd = log ? open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666) : -1;
    if (fd < 0)
        return;
    int n = snprintf(row, sizeof row, "%ld %s %s\n", calls, name, path);
    syscall(SYS_write, fd, row, (size_t)n);
    close(fd);
}

static enum verdict judge(const char *name, const char *path)
{
    const char *dir = getenv("FAULT_DIR"), *at = getenv("FAULT_AT"), *kind = getenv("FAULT_KIND");
    if (dir == NULL || at == NULL || kind == NULL || strncmp(path, dir, strlen(dir)) != 0 ||
        !is_our_rank())
        return PASS;
    int shortened = strcmp(kind, "SHORT") == 0;
    calls++;
    note(name, path);
    if (shortened && calls == atol(at) + 1) {
        errno = ENOSPC;
        return FAIL;
    }
    if (calls != atol(at))
        return PASS;
    if (strcmp(kind, "KILL") == 0)
        kill(getpid(), SIGKILL);
    errno = strcmp(kind, "EIO") == 0 ? EIO : ENOSPC;
    return shortened ? HALF : FAIL;
}

static enum verdict judge_fd(const char *name, int fd)
{
    char link[64], path[PATH_MAX];
    int error = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    errno = error;
    if (n <= 0)
        return PASS;
    path[n] = '\0';
    return judge(name, path);
}

#define REAL(function) ((__typeof__(&function))dlsym(RTLD_NEXT, #function))

ssize_t write(int fd, const void *bytes, size_t n)
{
    enum verdict verdict = judge_fd("write", fd);
    if (verdict == FAIL)
        return -1;
    return REAL(write)(fd, bytes, verdict == HALF ? (n + 1) / 2 : n);
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t offset)
{
    enum verdict verdict = judge_fd("pwrite", fd);
    if (verdict == FAIL)
        return -1;
    return REAL(pwrite)(fd, bytes, verdict == HALF ? (n + 1) / 2 : n, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t offset)
{
    return pwrite(fd, bytes, n, offset);
}

int fsync(int fd)
{
    return judge_fd("fsync", fd) == FAIL ? -1 : REAL(fsync)(fd);
}

int fdatasync(int fd)
{
    return judge_fd("fdatasync", fd) == FAIL ? -1 : REAL(fdatasync)(fd);
}

int rename(const char *from, const char *to)
{
    return judge("rename", to) == FAIL ? -1 : REAL(rename)(from, to);
}

int link(const char *from, const char *to)
{
    return judge("link", to) == FAIL ? -1 : REAL(link)(from, to);
}

int symlink(const char *target, const char *path)
{
    return judge("symlink", path) == FAIL ? -1 : REAL(symlink)(target, path);
}
