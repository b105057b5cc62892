/* Tables of an impact. */
#include "impact_tables.h"

#include "../io/memory.h"

#include <stdio.h>
#include <unistd.h>

/* Of a result as run.json names it; what was rated for this has plain tables. */
static int table_path(const struct rr_impact_source *source, const char *name,
                      char path[RR_RESULT_PATH + 64], struct rr_error *err)
{
    if (source->number == 0) {
        snprintf(path, RR_RESULT_PATH + 64, "%s/%s", source->facts.dir, name);
        return 0;
    }
    if (rr_result_table(&source->facts, name, path))
        return 0;
    return rr_fail(err, RR_EXIT_DATA, "%s/run.json: names no %s", source->facts.dir, name);
}

/* Collective. */
static int open_tables(const struct rr_impact_match *m, struct rr_account_table *table, int n,
                       struct rr_error *err)
{
    char path[RR_RESULT_PATH + 64];
    for (int i = 0; i < n; i++)
        if (table_path(&m->sides->source[i], m->name, path, err) != 0 ||
            rr_account_table_open(m->comm, path, m->header, &table[i], err) != 0)
            return -1;
    return 0;
}

/* The table that ranks' ranges are taken from: the new one, or another where that is compressed. */
static const struct rr_account_table *to_split(const struct rr_account_table *table, int n)
{
    for (int i = RR_SOURCE_NEW; i < n; i++)
        if (!table[i].packed)
            return &table[i];
    return &table[RR_SOURCE_OLD];
}

/* Collective. What was issued, under the names that the table is sorted by. */
static int gather_issued(const struct rr_impact_match *m, struct rr_matching_tables *tables,
                         struct rr_error *err)
{
    char path[RR_RESULT_PATH + 64];
    snprintf(path, sizeof path, "%s.issued", m->beside);
    tables->more = rr_pairs_create(m->comm, path, m->memory / 4);
    if (rr_issued_rows_add(m->comm, &m->sides->issued, m->by, tables->more, err) != 0)
        return -1;
    return rr_pairs_exchange(tables->more, m->comm->size > 1 ? tables->splitter : NULL, err);
}

/* Collective. */
static int match_tables(const struct rr_impact_match *m, struct rr_matching *matching,
                        struct rr_account_table *table, int n, struct rr_text *splitter,
                        struct rr_error *err)
{
    struct rr_matching_tables tables = {table, n, splitter, NULL};
    if (open_tables(m, table, n, err) != 0)
        return -1;
    rr_account_table_split(to_split(table, n), splitter);
    int result = gather_issued(m, &tables, err);
    if (result == 0)
        result = rr_matching_run(matching, &tables, err);
    rr_pairs_destroy(tables.more);
    return result;
}

int rr_impact_match(const struct rr_impact_match *m, struct rr_matching *matching,
                    struct rr_error *err)
{
    int n = m->sides->n;
    if (m->by == RR_BY_PAYER && m->sides->middle == RR_MIDDLE_IS_RATED)
        n--; /* the last */
    struct rr_account_table *table = rr_calloc((size_t)n, sizeof *table);
    struct rr_text *splitter = rr_calloc((size_t)m->comm->size, sizeof *splitter);
    int result = match_tables(m, matching, table, n, splitter, err);
    for (int i = 0; i < n; i++)
        rr_account_table_close(&table[i]);
    free(table);
    free(splitter);
    return result;
}
