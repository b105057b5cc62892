/* Verifying what stands in runs, each by itself, and that it is as much as was counted. */
#include "verify.h"

#include "../io/memory.h"
#include "../runtime/run_laws.h"

#include <stdio.h>

typedef unsigned long long number;

static bool is_key(void *meters, bool of_cells, struct rr_text key)
{
    return rr_meters_is_key(meters, of_cells, key);
}

int rr_verify_run_laws(struct rr_verify *v, struct rr_finding *f)
{
    const struct rr_manifest *m = v->manifest;
    const struct rr_run_laws laws = {m, rr_meters_job(v->meters), v->place_of, v->meters, is_key};
    struct rr_state state = {0};
    uint64_t items[RR_RUN_KINDS] = {0};
    unsigned failures = 0;
    struct rr_error err;
    snprintf(state.dir, sizeof state.dir, "%s", v->dir);
    for (uint32_t i = 0; i < m->n_runs; i++) {
        char path[RR_VERIFY_PATH];
        rr_state_run_path(&state, m->runs[i].name, path);
        items[m->runs[i].kind] += m->runs[i].items;
        if (rr_run_laws_check(&laws, &m->runs[i], path, &err) != 0 && failures++ == 0)
            f->err = err;
    }
    rr_seen(f, "%u runs: %llu records, %llu cells", m->n_runs, (number)items[RR_RUN_RECORDS],
            (number)items[RR_RUN_CELLS]);
    if (failures == 0)
        return 0;
    size_t used = strlen(f->err.text);
    if (failures > 1)
        snprintf(f->err.text + used, sizeof f->err.text - used, "; and %u more runs", failures - 1);
    return -1;
}

/* As many texts as were counted, of each kind. */
int rr_verify_texts(struct rr_verify *v, struct rr_finding *f)
{
    const struct rr_manifest *m = v->manifest;
    uint64_t items[RR_RUN_KINDS] = {0}, bad = 0;
    for (uint32_t i = 0; i < m->n_runs; i++)
        items[m->runs[i].kind] += m->runs[i].items;
    for (int code = 0; code < RR_REJECT_CODES; code++)
        bad += m->ingested.quarantined[code];
    const struct {
        const char *what;
        uint64_t held, counted;
    } texts[] = {
        {"bad records", items[RR_RUN_QUARANTINE], bad},
        {"repaired records", items[RR_RUN_REPAIRED], rr_tally_repaired(&m->resolved)},
        {"conflicts", items[RR_RUN_CONFLICTS], m->resolved.conflicts},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i].held != texts[i].counted)
            return rr_fail(&f->err, RR_EXIT_DATA, "runs hold %llu %s, and %llu were counted",
                           (number)texts[i].held, texts[i].what, (number)texts[i].counted);
    rr_seen(f, "%llu bad records, %llu of them repaired, %llu conflicts", (number)bad,
            (number)items[RR_RUN_REPAIRED], (number)items[RR_RUN_CONFLICTS]);
    return 0;
}
