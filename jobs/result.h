/* A result: a directory that appears whole or not at all.
 *
 * It is made under a name of its own, synced, given the next number, and only then named by `latest`.
 */
#ifndef JOBS_RESULT_H
#define JOBS_RESULT_H

#include "../io/digest.h"
#include "../runtime/outputs.h"
#include "latest.h"

/* Where a result goes: it gets a number and `latest`; a number, and waits to be named by `latest`; or a
 * number, and `latest` may never name it. */
enum rr_destination { RR_TO_LATEST, RR_TO_STAGE, RR_TO_WHAT_IF };

enum { RR_RESULT_FILES = 16, RR_RESULT_PATH = 4096 };

struct rr_result_file {
    char name[48];
    uint64_t bytes;
    struct rr_digest digest;
};

struct rr_result {
    const struct rr_comm *comm;
    const char *dir;                             /* the workspace; borrowed */
    char results[RR_RESULT_PATH - 64];           /* DIR/results */
    char making[RR_RESULT_PATH];                 /* the directory under its first name */
    struct rr_result_file file[RR_RESULT_FILES]; /* on rank 0 */
    int n_files;
    bool compress; /* outputs end up as NAME.zst */
};

/* Collective. Creates DIR/results/.making-ID-NTH; the first of a run, 0, removes what earlier crashes left of
 * that kind. */
int rr_result_begin(struct rr_result *result, const struct rr_comm *comm, const char *dir,
                    const char *run_id, unsigned nth, bool compress, struct rr_error *err);

/* The greatest number of a result in the workspace; 0 where there is none. They are never renumbered. Not
 * collective. */
unsigned rr_result_newest(const char *workspace);

/* An output of this result. Not collective. */
struct rr_output *rr_result_output(struct rr_result *result, const char *name, const char *header,
                                   size_t memory);

/* Where something may be kept while the result is made; it is removed before it is published, and with what
 * crashes left. */
void rr_result_beside(const struct rr_result *result, const char *name,
                      char path[RR_RESULT_PATH + 64]);

/* Collective. Finishes an output (rr_output_finish) and notes the file. The output is gone. */
int rr_result_finish_output(struct rr_result *result, const char *name, struct rr_output *output,
                            const struct rr_output_blend *blend, struct rr_error *err);

/* Rank 0 only. Writes a file of the result from memory. */
int rr_result_put(struct rr_result *result, const char *name, const void *bytes, size_t len,
                  struct rr_error *err);

/* Rank 0 only. Publishes under the next number, and moves `latest`, with a line in the history, where that is the destination; `number`
 * is set. When there is an equal result, that one stands: the new one is dropped and, where nothing has
 * moved, `*same` set. Equal results say the same in run.json, but for how many lines were carried over.
 * `latest` goes back to no equal result before the one that it names: results are told by their order. */
int rr_result_publish(struct rr_result *result, enum rr_destination to, unsigned *number,
                      bool *same, struct rr_error *err);

/* Rank 0 only. Gives it another name instead of publishing it. */
int rr_result_move(struct rr_result *result, const char *to, struct rr_error *err);

/* Rank 0 only. Removes a result that was not published. */
void rr_result_abandon(struct rr_result *result);

#endif
