/* The state of a workspace, opened by all ranks: its manifest, its runs, its lock.
 *
 * Ranks add runs and progress to a list of changes; rr_state_commit makes all of it durable and
 * visible at once, or none of it.
 */
#ifndef RUNTIME_STATE_H
#define RUNTIME_STATE_H

#include "lock.h"
#include "manifest.h"

struct rr_state {
    const struct rr_comm *comm;
    char dir[3072];
    struct rr_lock lock; /* held by rank 0 of a writer */
    char run_id[RR_RUN_ID];
    uint32_t sequence; /* of this rank's runs */
    struct rr_manifest *manifest;
    struct rr_manifest *lost; /* a damaged state that is not used: what must be read again */
    bool has_replaced;        /* runs are there that only the generation before names */
    bool newest_damaged; /* the generation before is in use, and must outlive the next commit */
    bool looks_back;     /* the manifest is that of an earlier increment: it is never written */
};

/* Progress of one split, as a rank reports it. */
struct rr_split_progress {
    uint32_t split;
    bool done;
    uint64_t next, next_record;
    bool has_facts;
    struct rr_file_facts facts;
};

/* What one rank wants committed. */
struct rr_changes {
    struct rr_run_entry *runs;
    uint32_t n_runs;
    struct rr_split_progress *progress;
    uint32_t n_progress;
    struct rr_input_parts inputs; /* what was counted of inputs since the last commit */
    struct rr_tally resolved;
};

void rr_changes_init(struct rr_changes *changes, int n_meters);
void rr_changes_fini(struct rr_changes *changes);
void rr_changes_add_run(struct rr_changes *changes, const struct rr_run_entry *run);
void rr_changes_add_progress(struct rr_changes *changes, const struct rr_split_progress *progress);

struct rr_state_options {
    const char *dir;
    const char *job;
    const char *state_text;
    int n_meters;
    uint32_t n_shards; /* for a new state */
    bool fresh;        /* drop the state that is there */
    bool must_exist;   /* no state is an error */
};

/* Collective. Creates the workspace where missing, takes the lock, loads the newest manifest whose
 * digest is right, and checks every run it names. Damage is said on standard error by rank 0, and the
 * generation before is used; where its runs are damaged too, the state is empty and `lost` says what
 * it had read (an error when must_exist, or when no manifest can be read). A state of another state
 * text is refused with RR_EXIT_BOOK. */
int rr_state_open(struct rr_state *state, const struct rr_comm *comm,
                  const struct rr_state_options *options, struct rr_error *err);
void rr_state_close(struct rr_state *state);

/* The path of a new run of this rank; also fills the entry's name and kind. */
void rr_state_new_run(struct rr_state *state, enum rr_run_kind kind, struct rr_run_entry *entry,
                      char path[4096]);
void rr_state_run_path(const struct rr_state *state, const char *name, char path[4096]);

/* Collective. The state as it was after increment n, as rr_increments_look_back says. From here on
 * commits change what is in memory alone; runs that they add are removed when the state is closed. */
int rr_state_look_back(struct rr_state *state, uint32_t n, bool keeps_records,
                       struct rr_error *err);

/* Collective. Commits the manifest as it is with everybody's changes, which are emptied. */
int rr_state_commit(struct rr_state *state, struct rr_changes *changes, struct rr_error *err);

/* Collective. The same, and takes the marked runs of the manifest (the same marks on every rank) out of it.
 * The next commit removes their files, since no generation names them then. */
int rr_state_replace(struct rr_state *state, const bool *marks, struct rr_changes *changes,
                     struct rr_error *err);

/* Not collective. Loads the manifest of a workspace for looking at it; NULL with RR_EXIT_INPUT
 * when there is none. */
struct rr_manifest *rr_state_look(const char *dir, struct rr_error *err);

/* The same for one generation; `*there` says whether there is one. */
struct rr_manifest *rr_state_look_at(const char *dir, bool previous, bool *there,
                                     struct rr_error *err);

enum { RR_NO_PLACE = UINT32_MAX };

/* The order of files by path: place[file] and file_of[place], each the caller's to free. Dropped files
 * have RR_NO_PLACE. */
void rr_state_file_order(const struct rr_manifest *manifest, uint32_t **place, uint32_t **file_of);

#endif
