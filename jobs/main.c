/* main: MPI begins and ends here, one rank speaks, and errors become exit codes. */
#include "../io/memory.h"
#include "../runtime/launcher.h"
#include "command.h"

#include <mpi.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile sig_atomic_t stop;

static void on_signal(int signal)
{
    (void)signal;
    stop = 1;
}

/* Ranks finish their batch, commit, and leave with 75. */
static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    const int signals[] = {SIGTERM, SIGINT, SIGUSR1};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        sigaction(signals[i], &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* As far as can be seen before MPI begins: mpirun says how many ranks there are and how many here; other
 * launchers give a rank its number by PMIx or PMI; without any there is one rank. */
static bool is_launched(void)
{
    return getenv("OMPI_COMM_WORLD_SIZE") || getenv("PMIX_RANK") || getenv("PMI_RANK");
}

static bool on_one_host(void)
{
    const char *all = getenv("OMPI_COMM_WORLD_SIZE"), *here = getenv("OMPI_COMM_WORLD_LOCAL_SIZE");
    return all && here ? strcmp(all, here) == 0 : !is_launched();
}

/* Debian switches off the one-sided component of Open MPI 4.1 that works between hosts over TCP; work is
 * handed out through it. Ranks of one host need no network, and looking for one takes Open MPI longer
 * than a small job. So does a daemon for a rank that stands alone and starts no others, which also needs
 * no folder of its own in /tmp. What the user or the site has set in the environment stays. */
static void prepare_mpi(void)
{
    setenv("OMPI_MCA_osc", "^ucx", 0);
    if (on_one_host())
        setenv("OMPI_MCA_pml", "ob1", 0);
    if (is_launched())
        return;
    setenv("OMPI_MCA_ess_singleton_isolated", "1", 0);
    setenv("OMPI_MCA_orte_create_session_dirs", "0", 0);
}

/* A command for one rank runs on rank 0; the others wait, however long it takes, and learn how it ended. */
static int run_command(const struct rr_comm *comm, const struct rr_command *command,
                       const struct rr_arguments *arguments, struct rr_error *err)
{
    if (command->collective)
        return command->run(comm, arguments, err);
    struct rr_comm patient = *comm;
    patient.patience_s = INT32_MAX;
    int result = comm->rank == 0 ? command->run(comm, arguments, err) : 0;
    return rr_agree(&patient, result, err);
}

int main(int argc, char **argv)
{
    struct rr_comm comm;
    struct rr_arguments arguments;
    struct rr_error err = {0};
    const struct rr_command *command = NULL;
    char *text = NULL;
    rr_memory_keep(UINT64_MAX);
    prepare_mpi();
    rr_launcher_watch();
    catch_signals(); /* first: a signal to stop may come at once */
    MPI_Init(&argc, &argv);
    rr_comm_init(&comm, MPI_COMM_WORLD);
    int result = rr_arguments_read(argc, argv, &command, &arguments, &text, &err);
    arguments.billing.stop = &stop;
    if (result > 0 && comm.rank == 0)
        fputs(text, stdout);
    if (result == 0)
        result = run_command(&comm, command, &arguments, &err);
    if (result < 0 && comm.rank == 0)
        fprintf(stderr, "rerate: %s\n", err.text);
    free(text);
    rr_comm_fini(&comm);
    MPI_Finalize();
    return result < 0 ? (int)err.code : RR_OK;
}
