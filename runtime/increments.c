/* Increments, and the state as it was. */
#include "increments.h"

#include "../io/memory.h"

#include <stdio.h>

void rr_increments_add(struct rr_manifest *m, const char *when)
{
    m->increments = rr_realloc(m->increments, (m->n_increments + 1) * sizeof *m->increments);
    struct rr_increment *increment = &m->increments[m->n_increments++];
    *increment = (struct rr_increment){0};
    snprintf(increment->when, sizeof increment->when, "%s", when);
}

void rr_increments_begin(struct rr_manifest *m, const char *when)
{
    if (m->n_increments == 0 || rr_manifest_all_read(m))
        rr_increments_add(m, when);
}

void rr_increments_add_resolved(struct rr_manifest *m, const struct rr_tally *resolved)
{
    if (m->n_increments == 0) /* without inputs there are no records */
        return;
    struct rr_increment *last = &m->increments[m->n_increments - 1];
    if (last->resolved == NULL) {
        last->resolved = rr_malloc(sizeof *last->resolved);
        rr_tally_init(last->resolved, resolved->n_meters);
    }
    rr_tally_add(last->resolved, resolved);
}

static void clear(struct rr_increment *increment)
{
    if (increment->resolved)
        rr_tally_fini(increment->resolved);
    free(increment->resolved);
    increment->resolved = NULL;
}

void rr_increments_clear_resolved(struct rr_manifest *m)
{
    for (uint32_t i = 0; i < m->n_increments; i++)
        clear(&m->increments[i]);
}

void rr_increments_keep(struct rr_manifest *m, uint32_t n)
{
    while (m->n_increments > n)
        clear(&m->increments[--m->n_increments]);
}

void rr_increments_trim(struct rr_manifest *m)
{
    uint32_t last = 0;
    for (uint32_t i = 0; i < m->n_files; i++)
        if (m->files[i].path[0] != '\0' && m->files[i].increment > last)
            last = m->files[i].increment;
    rr_increments_keep(m, last);
}

void rr_increments_cover(struct rr_run_entry *into, const struct rr_run_entry *from)
{
    if (from->first_increment < into->first_increment)
        into->first_increment = from->first_increment;
    if (from->last_increment > into->last_increment)
        into->last_increment = from->last_increment;
}

/* Rows of records and what is made of them can be told apart by their inputs; what is folded or written
 * as text can't. */
static bool can_be_cut(const struct rr_run_entry *run, bool keeps_records)
{
    return keeps_records && run->kind != RR_RUN_QUARANTINE;
}

/* A run that holds increment n and later ones, and can't be cut; NULL when there is none. */
static const struct rr_run_entry *merged_over(const struct rr_manifest *m, uint32_t n,
                                              bool keeps_records)
{
    for (uint32_t i = 0; i < m->n_runs; i++) {
        const struct rr_run_entry *run = &m->runs[i];
        if (run->first_increment <= n && run->last_increment > n && !can_be_cut(run, keeps_records))
            return run;
    }
    return NULL;
}

/* "1, 4, 5" */
static void list_answers(const struct rr_manifest *m, bool keeps_records, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (uint32_t n = 1; n <= m->n_increments && used < size - 16; n++)
        if (merged_over(m, n, keeps_records) == NULL)
            used += (size_t)snprintf(out + used, size - used, "%s%u", used ? ", " : "", n);
}

static int check_answer(const struct rr_manifest *m, uint32_t n, bool keeps_records,
                        struct rr_error *err)
{
    if (n == 0 || n > m->n_increments)
        return rr_fail(err, RR_EXIT_USAGE,
                       "--as-of %u: the state has %u increments; `rerate status` lists them", n,
                       m->n_increments);
    const struct rr_run_entry *run = merged_over(m, n, keeps_records);
    if (run == NULL)
        return 0;
    char answers[256];
    list_answers(m, keeps_records, answers, sizeof answers);
    return rr_fail(err, RR_EXIT_USAGE,
                   "--as-of %u: what increments %u to %u brought was merged into one run (%s) and "
                   "can't be told apart any more; these can be asked for: %s",
                   n, run->first_increment, run->last_increment, run->name, answers);
}

static void drop_later_files(struct rr_manifest *m, uint32_t n)
{
    for (uint32_t i = 0; i < m->n_files; i++)
        if (m->files[i].increment > n) {
            rr_manifest_drop_file(m, i);
            rr_input_tally_fini(&m->files[i].tally);
        }
}

static void drop_later_runs(struct rr_manifest *m, uint32_t n)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < m->n_runs; i++)
        if (m->runs[i].first_increment <= n)
            m->runs[kept++] = m->runs[i];
    m->n_runs = kept;
    if (kept == 0) {
        free(m->runs);
        m->runs = NULL;
    }
}

int rr_increments_look_back(struct rr_manifest *m, uint32_t n, bool keeps_records,
                            struct rr_error *err)
{
    if (check_answer(m, n, keeps_records, err) != 0)
        return -1;
    if (n == m->n_increments)
        return 0;
    if (keeps_records) {
        rr_manifest_drop_runs(m, RR_RUN_CELLS);
        rr_manifest_drop_runs(m, RR_RUN_CONFLICTS);
        rr_manifest_drop_runs(m, RR_RUN_REPAIRED);
        rr_increments_clear_resolved(m);
    }
    drop_later_files(m, n);
    drop_later_runs(m, n);
    rr_increments_keep(m, n);
    rr_manifest_count(m);
    return 0;
}
