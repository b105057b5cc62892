/* A rank whose launcher ends does too, whatever it waits for; one that runs alone, or whose launcher
 * lives, goes on. */
#include "../../runtime/launcher.h"
#include "unit.h"

#include <rerate/error.h>

#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WENT_ON = 3 };

static _Noreturn void be_rank(bool launched, bool launcher_dies, int ready)
{
    if (launched)
        setenv("PMIX_RANK", "1", 1);
    else
        unsetenv("PMIX_RANK");
    rr_launcher_watch();
    pid_t launcher = getppid();
    if (write(ready, "", 1) != 1)
        _exit(0);
    while (launcher_dies && getppid() == launcher)
        usleep(1000);
    usleep(launcher_dies && launched ? 10000000 : 1000); /* a long wait, which the end must cut */
    _exit(WENT_ON);
}

/* The exit status of a rank whose launcher, a child of this process, dies at once or waits for it. */
static int status_of_rank(bool launched, bool launcher_dies)
{
    int status, result = -1, ready[2];
    char byte;
    ck_assert_int_eq(pipe(ready), 0);
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* the orphan becomes ours */
    pid_t launcher = fork();
    if (launcher == 0) {
        pid_t rank = fork();
        if (rank == 0)
            be_rank(launched, launcher_dies, ready[1]);
        if (!launcher_dies && waitpid(rank, &status, 0) == rank)
            _exit(WEXITSTATUS(status));
        _exit(read(ready[0], &byte, 1) != 1); /* the rank watches by now */
    }
    close(ready[0]);
    close(ready[1]);
    waitpid(launcher, &status, 0);
    if (!launcher_dies)
        return WEXITSTATUS(status);
    if (wait(&status) > 0 && WIFEXITED(status))
        result = WEXITSTATUS(status);
    return result;
}

START_TEST(rank_without_launcher_leaves)
{
    ck_assert_int_eq(status_of_rank(true, true), RR_EXIT_IO);
}
END_TEST

START_TEST(rank_with_launcher_goes_on)
{
    ck_assert_int_eq(status_of_rank(true, false), WENT_ON);
}
END_TEST

START_TEST(rank_alone_goes_on)
{
    ck_assert_int_eq(status_of_rank(false, true), WENT_ON);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {rank_without_launcher_leaves, rank_with_launcher_goes_on,
                                  rank_alone_goes_on, NULL};
    return unit_main("launcher", tests);
}
