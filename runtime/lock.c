/* The workspace lock. */
#include "lock.h"

#include "../io/commit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { WAIT_MS = 5000, STEP_MS = 50, HOST = 256 };

static void make_id(char id[RR_RUN_ID])
{
    uint64_t random = 0;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (getrandom(&random, sizeof random, 0) != sizeof random)
        random = (uint64_t)getpid() * 2654435761u;
    snprintf(id, RR_RUN_ID, "%08llx%08llx", (unsigned long long)now.tv_sec & 0xffffffffu,
             (unsigned long long)random & 0xffffffffu);
}

static int lock_patiently(int fd)
{
    for (int waited = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; waited += STEP_MS) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return -1;
        if (waited >= WAIT_MS)
            return -1;
        nanosleep(&(struct timespec){.tv_nsec = STEP_MS * 1000000L}, NULL);
    }
    return 0;
}

static void describe_holder(int fd, char *out, size_t size)
{
    ssize_t n = pread(fd, out, size - 1, 0);
    out[n > 0 ? n : 0] = '\0';
    out[strcspn(out, "\n")] = '\0';
}

int rr_lock_take(struct rr_lock *lock, const char *dir, struct rr_error *err)
{
    char host[HOST] = "?", text[HOST + 2 * RR_RUN_ID];
    snprintf(lock->path, sizeof lock->path, "%s/lock", dir);
    lock->fd = open(lock->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (lock->fd < 0)
        return rr_fail_errno(err, RR_EXIT_CREATE, lock->path, "open");
    if (lock_patiently(lock->fd) != 0) {
        describe_holder(lock->fd, text, sizeof text);
        close(lock->fd);
        lock->fd = -1;
        return rr_fail(err, RR_EXIT_CREATE,
                       "%s: another run writes to this workspace (%s); wait for it, or stop it",
                       dir, text);
    }
    make_id(lock->id);
    gethostname(host, sizeof host - 1);
    int n = snprintf(text, sizeof text, "%s host %s pid %ld\n", lock->id, host, (long)getpid());
    if (ftruncate(lock->fd, 0) != 0 || pwrite(lock->fd, text, (size_t)n, 0) != n) {
        rr_fail_errno(err, RR_EXIT_CREATE, lock->path, "write");
        rr_lock_release(lock);
        return -1;
    }
    return 0;
}

int rr_lock_check(const struct rr_lock *lock, struct rr_error *err)
{
    char text[HOST] = "";
    int fd = open(lock->path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        describe_holder(fd, text, sizeof text);
        close(fd);
    }
    if (fd < 0 || strncmp(text, lock->id, strlen(lock->id)) != 0)
        return rr_fail(err, RR_EXIT_CREATE,
                       "%s: this run lost the workspace to another (%s); nothing was committed",
                       lock->path, text);
    return 0;
}

void rr_lock_release(struct rr_lock *lock)
{
    if (lock->fd >= 0)
        close(lock->fd);
    lock->fd = -1;
}
