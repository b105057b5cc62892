/* The folder of an impact: it appears whole or not at all, in the place of one that was there.
 *
 * WORKSPACE/impact/OLD-NEW. While it is made it has a name of its own; a lock beside keeps all others out that
 * write impacts or issue something.
 */
#ifndef JOBS_IMPACT_FOLDER_H
#define JOBS_IMPACT_FOLDER_H

#include "../io/digest.h"
#include "../runtime/lock.h"
#include "../runtime/outputs.h"

#include <jansson.h>

enum { RR_IMPACT_PATH = 4096, RR_IMPACT_FILES = 8 };

struct rr_impact_file {
    const char *name;
    uint64_t bytes;
    struct rr_digest digest;
};

struct rr_impact_folder {
    const struct rr_comm *comm;
    struct rr_lock lock;                         /* held by rank 0 */
    char impacts[RR_IMPACT_PATH - 128];          /* WORKSPACE/impact */
    char making[RR_IMPACT_PATH - 64];            /* the folder under its first name */
    struct rr_impact_file file[RR_IMPACT_FILES]; /* on rank 0 */
    int n_files;
};

/* Takes the lock of impacts and of what is issued. RR_EXIT_CREATE when another has it. Called by one rank. */
int rr_impact_lock(const char *workspace, struct rr_lock *lock, struct rr_error *err);

/* Collective. Takes the lock, removes what crashes left, and makes the folder. To be closed in either case. */
int rr_impact_folder_open(const struct rr_comm *comm, const char *workspace,
                          struct rr_impact_folder *folder, struct rr_error *err);

/* Collective. Gives the lock back; removes a folder that has not appeared. */
void rr_impact_folder_close(struct rr_impact_folder *folder);

/* The path of a file, or of what is kept beside files while they are made. */
void rr_impact_folder_path(const struct rr_impact_folder *folder, const char *name,
                           char path[RR_IMPACT_PATH]);

/* Collective. Finishes an output and notes the file; the output is gone. */
int rr_impact_folder_finish(struct rr_impact_folder *folder, const char *name,
                            struct rr_output *output, struct rr_error *err);

/* Rank 0. The files noted, with their lengths and digests. */
json_t *rr_impact_folder_files(const struct rr_impact_folder *folder);

/* Rank 0. Puts impact.json there and gives the folder its name. Where one is there that says the same, it
 * stands, and `*same` is set. */
int rr_impact_folder_publish(struct rr_impact_folder *folder, const char *name, const char *facts,
                             bool *same, struct rr_error *err);

#endif
