/* The engine: a record's way, on one page.
 *
 *   inputs → splits → batches → map → exchange → owner → runs of records → cells → publish
 *
 * Whatever happens, what was committed stands: the same command goes on from there.
 */
#include "engine.h"

#include "cell_merge.h"
#include "intake.h"

static int bring_up_to_date(const struct rr_engine *e, struct rr_state *state,
                            struct rr_progress *progress, struct rr_error *err)
{
    bool keeps_records = e->job->has_event_ids;
    if (e->as_of > 0 && rr_state_look_back(state, e->as_of, keeps_records, err) != 0)
        return -1;
    if (e->reads) {
        rr_progress_phase(progress, "inputs", 0);
        if (rr_intake(state, e->inputs, e->n_inputs, keeps_records, e->split_bytes, err))
            return -1;
        if (rr_ingest(state, e->job, &e->pace, e->memory, progress, err) != 0)
            return -1;
    } else if (!rr_manifest_all_read(state->manifest)) {
        return rr_fail(err, RR_EXIT_INPUT,
                       "%s: a run was stopped before it had read all its inputs; give its command "
                       "again first",
                       e->dir);
    }
    if (!keeps_records)
        return 0;
    rr_progress_phase(progress, "resolving", 0);
    return rr_resolve(state, e->job, &e->pace, e->memory, err);
}

int rr_engine_run(const struct rr_engine *e, struct rr_error *err)
{
    struct rr_state state;
    struct rr_progress progress;
    struct rr_state_options options = {
        .dir = e->dir,
        .job = e->job->name,
        .state_text = e->state_text,
        .n_meters = e->job->n_meters,
        .n_shards = e->n_shards,
        .fresh = e->fresh,
        .must_exist = !e->reads,
    };
    if (rr_state_open(&state, e->comm, &options, err) != 0)
        return -1;
    rr_progress_init(&progress, e->comm, e->progress, e->dir, e->metrics_path);
    int result = bring_up_to_date(e, &state, &progress, err);
    if (result == 0)
        result = rr_merge_cells(&state, e->job, &e->pace, e->memory, err);
    if (result == 0) {
        rr_progress_phase(&progress, "publishing", 0);
        result = e->publish(e->self, &state, &progress, err);
    }
    rr_progress_fini(&progress);
    rr_state_close(&state);
    return result;
}
