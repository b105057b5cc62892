/* Traces: how a line came to be, step by step, told by the very code that computes it.
 *
 * Rating tells whoever listens (jobs/trace_record.h keeps what it hears); in normal runs nobody does, and a
 * step costs one branch. Lines come one after the other, in the order in which they are added to what is
 * rated: a step that begins one, then its steps, then the line (or the unrated row). What begins without
 * coming to a line came to nothing.
 */
#ifndef JOBS_TRACE_H
#define JOBS_TRACE_H

#include <rerate/decimal.h>
#include <rerate/text.h>

struct rr_amount;
struct rr_case;
struct rr_cell;
struct rr_charge;
struct rr_contract;
struct rr_credit;
struct rr_rated_line;
struct rr_segment;
struct rr_tier;
struct rr_unrated;

enum { RR_NO_GROUP = UINT32_MAX };

/* What a step says beside its kind; everything else in it is zero. `amount` is what the line's amount is
 * after the step. */
enum rr_step_kind {
    /* These begin a line. */
    RR_STEP_CHARGE, /* a charge of a segment: segment, charge, which (case) */
    RR_STEP_MINIMUM, /* a plan's: segment; quantity: what the metered lines come to; price: of a whole
                        period; days, of_days; result: of these days, in money */
    RR_STEP_TERM, /* of a commitment: contract; from, to (days); price: of a whole term; days, of_days;
                        result: promised, in money */
    RR_STEP_CREDIT, /* contract, credit; quantity: its balance */
    RR_STEP_LEFT,   /* usage that no charge takes */
    /* Usage. */
    RR_STEP_CELL, /* told before any line: cell, account, and which group takes it, or RR_NO_GROUP. Groups of
                     values of records (of a meter behind the book's) are numbered anew with each account. */
    RR_STEP_GROUP,    /* group: one of those that are merged */
    RR_STEP_METERED,  /* quantity; count: records */
    RR_STEP_UNITS,    /* quantity to result */
    RR_STEP_NEGATIVE, /* quantity counts as 0 */
    RR_STEP_FREE,     /* quantity less price is result */
    /* Prices; each adds to the amount. */
    RR_STEP_FEE,      /* price; days, of_days where it is prorated */
    RR_STEP_PER_UNIT, /* quantity × price */
    RR_STEP_TIER,     /* tier, number (from 1); quantity: the part inside it */
    RR_STEP_VOLUME,   /* tier, number; quantity: all of it */
    RR_STEP_PACKAGE,  /* quantity in result packages (a whole number, not a decimal) at price */
    RR_STEP_PERCENT,  /* quantity × price % */
    RR_STEP_FIXED,    /* count × price */
    RR_STEP_EVENT,    /* count records of quantity, each at price %, plus result, within bounds */
    /* What changes the amount. */
    RR_STEP_DISCOUNT,          /* price, in percent */
    RR_STEP_MOST,              /* price: the maximum of a whole period; days, of_days */
    RR_STEP_LEAST,             /* the same for the minimum */
    RR_STEP_CONTRACT_DISCOUNT, /* price, in percent */
    RR_STEP_ROUND,             /* quantity: exact; result: money */
    /* What plans and contracts count and take. */
    RR_STEP_COUNTED, /* line: counts with its money */
    RR_STEP_TAKEN,   /* line: result is taken of it; quantity: the balance that is left */
    RR_STEP_BEYOND, /* quantity: beyond the promise so far; result: with this period; price: factor */
    /* These end it. */
    RR_STEP_LINE,    /* line; it is left out of the result when number is 0 */
    RR_STEP_UNRATED, /* unrated; within a charge, of its quantity below zero: its line goes on */
};

struct rr_step {
    enum rr_step_kind kind;
    int number;
    uint32_t group, account;
    const struct rr_segment *segment;
    const struct rr_charge *charge;
    const struct rr_case *which;
    const struct rr_tier *tier;
    const struct rr_contract *contract;
    const struct rr_credit *credit;
    const struct rr_cell *cell;
    const struct rr_rated_line *line;
    const struct rr_unrated *unrated;
    const struct rr_amount *amount;
    rr_decimal quantity, price, result;
    uint64_t count;
    int32_t days, of_days, from, to;
};

/* Who is told. What a step points to may be gone after the call; plans, charges and contracts stay. */
struct rr_trace {
    void *self;
    void (*tell)(void *self, const struct rr_step *step);
};

/* RR_TELL(trace, .kind = …, …): nothing is evaluated where nobody listens. */
#define RR_TELL(trace, ...)                                                                        \
    do {                                                                                           \
        if (trace)                                                                                 \
            (trace)->tell((trace)->self, &(const struct rr_step){__VA_ARGS__});                    \
    } while (0)

#endif
