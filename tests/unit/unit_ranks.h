/* What unit tests on several ranks share: a rank that finds a mistake ends them all, as the others would wait
 * for it. */
#ifndef TESTS_UNIT_RANKS_H
#define TESTS_UNIT_RANKS_H

#include "../../runtime/comm.h"

#include <stdio.h>
#include <stdlib.h>

#define RANKS_MUST(condition)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
            MPI_Abort(MPI_COMM_WORLD, 1);                                                          \
        }                                                                                          \
    } while (0)

#define RANKS_MUST_EQUAL(a, b) RANKS_MUST((a) == (b))

/* Collective. Runs a list of tests that a NULL ends. */
static inline int unit_ranks_main(int *argc, char ***argv, void (*const *tests)(void),
                                  struct rr_comm *comm)
{
    MPI_Init(argc, argv);
    rr_comm_init(comm, MPI_COMM_WORLD);
    for (; *tests; tests++)
        (*tests)();
    rr_comm_fini(comm);
    MPI_Finalize();
    return 0;
}

#endif
