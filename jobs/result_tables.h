/* The tables of a result while it is made: rows come from pricing on any rank, and stand in order in the end. */
#ifndef JOBS_RESULT_TABLES_H
#define JOBS_RESULT_TABLES_H

#include "../runtime/state.h"
#include "rated.h"
#include "result.h"

enum rr_table_kind {
    RR_LINES,
    RR_INVOICES,
    RR_SHARES,
    RR_UNRATED,
    RR_CONFLICTS,
    RR_QUARANTINED,
    RR_RESULT_TABLES
};

struct rr_result_tables {
    struct rr_output *output[RR_RESULT_TABLES];
};

/* What rows of each table may take of `memory` bytes together. */
size_t rr_result_table_memory(enum rr_table_kind kind, uint64_t memory);

void rr_result_tables_open(struct rr_result_tables *tables, struct rr_result *result,
                           uint64_t memory);

struct rr_result_table_form {
    const char *name, *header; /* of the file, and its first row */
};
struct rr_result_table_form rr_result_table_form(enum rr_table_kind kind);

/* Where rr_rated_write puts its rows. */
struct rr_rated_sink rr_result_tables_sink(struct rr_result_tables *tables);

/* Collective. The tables that are not rated: conflicts, and what is in quarantine. */
int rr_result_tables_put_texts(struct rr_result_tables *tables, const struct rr_comm *comm,
                               const struct rr_state *state, struct rr_error *err);

/* Collective. Writes all tables as files of the result, in their order; `blend` says what stands in each beside
 * what was added. NULL, of one or of all: nothing. */
int rr_result_tables_finish(struct rr_result_tables *tables, struct rr_result *result,
                            const struct rr_output_blend *const *blend, struct rr_error *err);

/* Drops what was not finished. */
void rr_result_tables_close(struct rr_result_tables *tables);

#endif
