/* Rows that were made again, held against those of a result.
 *
 * Of each table the rows of a few keys are wanted: of lines and unrated usage accounts, of invoices payers, of
 * shares contracts. They come as rr_rated_write makes them, and must be the bytes of the result's tables.
 */
#ifndef JOBS_PROVED_ROWS_H
#define JOBS_PROVED_ROWS_H

#include "rated.h"
#include "result_facts.h"

enum rr_proved_table { RR_PROVED_LINES, RR_PROVED_INVOICES, RR_PROVED_SHARES, RR_PROVED_UNRATED };

struct rr_proved_key {
    enum rr_proved_table table;
    struct rr_text name; /* borrowed */
    struct rr_line rows;
};

/* Zeroed before use. */
struct rr_proved_rows {
    struct rr_proved_key *key;
    uint32_t n, size;
};

void rr_proved_rows_fini(struct rr_proved_rows *rows);

/* From now on the rows of this key are wanted. */
void rr_proved_rows_want(struct rr_proved_rows *rows, enum rr_proved_table table,
                         struct rr_text name);

/* Takes the rows that are wanted. */
struct rr_rated_sink rr_proved_rows_sink(struct rr_proved_rows *rows);

/* RR_EXIT_DATA where the result has other rows; the message names the first that differs. */
int rr_proved_rows_prove(const struct rr_proved_rows *rows, const struct rr_result_facts *facts,
                         struct rr_error *err);

#endif
