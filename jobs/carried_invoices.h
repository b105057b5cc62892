/* Invoices while lines are carried over: those of an account of whose lines some are new are summed again, from
 * all its lines as they come by; those that go are taken off the totals.
 *
 * Such an account is bound by no contract: it pays for its own lines, and for no others.
 */
#ifndef JOBS_CARRIED_INVOICES_H
#define JOBS_CARRIED_INVOICES_H

#include "../io/line.h"
#include "../runtime/outputs.h"
#include "calendar.h"
#include "totals.h"

/* An invoice in the making. */
struct rr_carried_sum {
    char currency[4];
    int minor_digits;
    uint64_t lines;
    struct rr_sum amount;
};

/* Zeroed but for the first three, which are borrowed. */
struct rr_carried_invoices {
    enum rr_period kind;
    struct rr_totals *totals; /* less what goes, and what comes */
    struct rr_output *output;
    struct rr_line account; /* in hand */
    char period[RR_PERIOD_TEXT];
    int32_t number;             /* of that period */
    struct rr_carried_sum *sum; /* of that period, by currency */
    uint32_t n, size;
    struct rr_line rows, unquoted;
};

void rr_carried_invoices_fini(struct rr_carried_invoices *invoices);

/* Rows of the earlier table that go. RR_EXIT_DATA where they are none. */
int rr_carried_invoices_gone(void *invoices, struct rr_text rows, struct rr_error *err);

/* One account: begun, its lines by rising period, ended. RR_EXIT_DATA, a total out of range. */
int rr_carried_invoices_begin(struct rr_carried_invoices *invoices, struct rr_text account,
                              struct rr_error *err);
int rr_carried_invoices_add(struct rr_carried_invoices *invoices, struct rr_text period,
                            struct rr_text currency, rr_decimal money, struct rr_error *err);
int rr_carried_invoices_end(struct rr_carried_invoices *invoices, struct rr_error *err);

/* A period as it stands in a row. */
bool rr_carried_period(enum rr_period kind, struct rr_text text, int32_t *period);

/* The total of a currency and period as they stand in a row; NULL where they are none. */
struct rr_total *rr_carried_total(struct rr_totals *totals, enum rr_period kind,
                                  struct rr_text currency, struct rr_text period);

#endif
