/* Texts to outputs. */
#include "texts.h"

#include "../runtime/text_run.h"

static int take_text(void *output, struct rr_text key, struct rr_text text, struct rr_error *err)
{
    return rr_output_add(output, key, text, err);
}

int rr_texts_put(const struct rr_comm *comm, const struct rr_state *state, enum rr_run_kind kind,
                 struct rr_output *output, struct rr_error *err)
{
    const struct rr_manifest *m = state->manifest;
    for (uint32_t i = (uint32_t)comm->rank; i < m->n_runs; i += (uint32_t)comm->size) {
        char path[4096];
        if (m->runs[i].kind != kind)
            continue;
        rr_state_run_path(state, m->runs[i].name, path);
        if (rr_text_run_read(path, take_text, output, err) != 0)
            return -1;
    }
    return 0;
}

int rr_quarantine_put(const struct rr_comm *comm, const struct rr_state *state,
                      struct rr_output *output, struct rr_error *err)
{
    if (rr_texts_put(comm, state, RR_RUN_QUARANTINE, output, err) != 0)
        return -1;
    /* Without text: each takes the bad record of its key out again. */
    return rr_texts_put(comm, state, RR_RUN_REPAIRED, output, err);
}
