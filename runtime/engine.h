/* The engine: a record's whole way, from the inputs to what a job publishes. */
#ifndef RUNTIME_ENGINE_H
#define RUNTIME_ENGINE_H

#include "ingest.h"

enum { RR_DEFAULT_SHARDS = 4096 };

struct rr_engine {
    const struct rr_comm *comm;
    const char *dir; /* the workspace */
    const struct rr_job *job;
    const char *state_text; /* what the state depends on */
    bool reads;             /* false: price the state that is there */
    uint32_t as_of;         /* the increment after which the state is looked at; 0: all */
    bool fresh;
    char *const *inputs;
    int n_inputs;
    uint32_t n_shards;
    uint64_t memory;      /* bytes for the state of one rank */
    uint64_t split_bytes; /* size of the parts that inputs are cut into */
    struct rr_pace pace;
    enum rr_progress_mode progress;
    const char *metrics_path; /* may be NULL */

    /* Collective. Called when the state is complete; makes a result of it. */
    int (*publish)(void *self, struct rr_state *state, struct rr_progress *progress,
                   struct rr_error *err);
    void *self;
};

/* Collective. */
int rr_engine_run(const struct rr_engine *engine, struct rr_error *err);

#endif
