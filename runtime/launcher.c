/* The kernel tells a rank that its launcher is gone. */
#include "launcher.h"

#include <rerate/error.h>

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

static pid_t launcher;

/* Comes too when only a thread of the launcher ends. */
static void on_end(int signal)
{
    static const char said[] =
        "rerate: the launcher of this rank is gone; give the same command again\n";
    (void)signal;
    if (getppid() == launcher)
        return;
    ssize_t written = write(STDERR_FILENO, said, sizeof said - 1);
    (void)written;
    _exit(RR_EXIT_IO);
}

void rr_launcher_watch(void)
{
    if (getenv("PMIX_RANK") == NULL && getenv("PMI_RANK") == NULL)
        return;
    struct sigaction action = {.sa_handler = on_end, .sa_flags = SA_RESTART};
    launcher = getppid();
    sigaction(SIGRTMIN, &action, NULL);
    prctl(PR_SET_PDEATHSIG, SIGRTMIN);
    if (getppid() != launcher) /* it ended before the kernel was asked */
        on_end(SIGRTMIN);
}
