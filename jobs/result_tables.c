/* The tables of a result while it is made. */
#include "result_tables.h"

#include "../runtime/events.h"
#include "../runtime/ingest.h"
#include "texts.h"

/* Memory is divided: of sixteen parts these go to rows, the others to what is rated. */
enum { MEMORY_PARTS = 16 };

static const struct {
    const char *name;
    const char *header;
    unsigned parts;
} tables_of_result[RR_RESULT_TABLES] = {
    [RR_LINES] = {"lines.csv", rr_lines_header, 4},
    [RR_INVOICES] = {"invoices.csv", rr_invoices_header, 1},
    [RR_SHARES] = {"shares.csv", rr_shares_header, 1},
    [RR_UNRATED] = {"unrated.csv", rr_unrated_header, 1},
    [RR_CONFLICTS] = {"conflicts.csv", rr_conflicts_header, 1},
    [RR_QUARANTINED] = {"quarantine.csv", rr_quarantine_header, 1},
};

size_t rr_result_table_memory(enum rr_table_kind kind, uint64_t memory)
{
    return (size_t)(memory / MEMORY_PARTS * tables_of_result[kind].parts);
}

struct rr_result_table_form rr_result_table_form(enum rr_table_kind kind)
{
    return (struct rr_result_table_form){tables_of_result[kind].name,
                                         tables_of_result[kind].header};
}

void rr_result_tables_open(struct rr_result_tables *tables, struct rr_result *result,
                           uint64_t memory)
{
    for (int t = 0; t < RR_RESULT_TABLES; t++)
        tables->output[t] =
            rr_result_output(result, tables_of_result[t].name, tables_of_result[t].header,
                             rr_result_table_memory((enum rr_table_kind)t, memory));
}

static int put_lines(void *self, struct rr_text account, const struct rr_line *rows,
                     struct rr_error *err)
{
    struct rr_result_tables *tables = self;
    return rr_output_add(tables->output[RR_LINES], account, rr_line_text(rows), err);
}

static int put_invoices(void *self, struct rr_text payer, const struct rr_line *rows,
                        struct rr_error *err)
{
    struct rr_result_tables *tables = self;
    return rr_output_add(tables->output[RR_INVOICES], payer, rr_line_text(rows), err);
}

static int put_shares(void *self, struct rr_text contract, const struct rr_line *rows,
                      struct rr_error *err)
{
    struct rr_result_tables *tables = self;
    return rr_output_add(tables->output[RR_SHARES], contract, rr_line_text(rows), err);
}

static int put_unrated(void *self, struct rr_text account, const struct rr_line *rows,
                       struct rr_error *err)
{
    struct rr_result_tables *tables = self;
    return rr_output_add(tables->output[RR_UNRATED], account, rr_line_text(rows), err);
}

struct rr_rated_sink rr_result_tables_sink(struct rr_result_tables *tables)
{
    return (struct rr_rated_sink){tables, put_lines, put_invoices, put_shares, put_unrated};
}

int rr_result_tables_put_texts(struct rr_result_tables *tables, const struct rr_comm *comm,
                               const struct rr_state *state, struct rr_error *err)
{
    int result = rr_texts_put(comm, state, RR_RUN_CONFLICTS, tables->output[RR_CONFLICTS], err);
    if (result == 0)
        result = rr_quarantine_put(comm, state, tables->output[RR_QUARANTINED], err);
    return rr_agree(comm, result, err);
}

int rr_result_tables_finish(struct rr_result_tables *tables, struct rr_result *result,
                            const struct rr_output_blend *const *blend, struct rr_error *err)
{
    for (int t = 0; t < RR_RESULT_TABLES; t++) {
        struct rr_output *output = tables->output[t];
        tables->output[t] = NULL;
        if (rr_result_finish_output(result, tables_of_result[t].name, output,
                                    blend ? blend[t] : NULL, err) != 0)
            return -1;
    }
    return 0;
}

void rr_result_tables_close(struct rr_result_tables *tables)
{
    for (int t = 0; t < RR_RESULT_TABLES; t++) {
        rr_output_destroy(tables->output[t]);
        tables->output[t] = NULL;
    }
}
