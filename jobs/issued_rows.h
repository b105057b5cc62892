/* Corrections that were issued, read back by all ranks. */
#ifndef JOBS_ISSUED_ROWS_H
#define JOBS_ISSUED_ROWS_H

#include "../runtime/pairs.h"
#include "issued.h"

#include <rerate/decimal.h>

struct rr_issued_row {
    struct rr_text payer, account, corrects, charge, detail, currency;
    rr_decimal amount, exact; /* exact: the effects of prices and usage */
};

enum rr_issued_by { RR_BY_ACCOUNT, RR_BY_PAYER };

/* Collective. Adds all rows to pairs, under their account or their payer. */
int rr_issued_rows_add(const struct rr_comm *comm, const struct rr_issued *issued,
                       enum rr_issued_by by, struct rr_pairs *pairs, struct rr_error *err);

/* A row that came back; its texts are views into `bytes`. */
void rr_issued_row_decode(struct rr_text bytes, struct rr_issued_row *row);

#endif
