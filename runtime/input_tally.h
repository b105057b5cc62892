/* What is known of one input: how many records, what they come to, and when they were.
 *
 * It is counted where the input is read, in parts by several ranks, and merged; nothing of it depends on
 * how it was cut.
 */
#ifndef RUNTIME_INPUT_TALLY_H
#define RUNTIME_INPUT_TALLY_H

#include "tally.h"

/* What the records of an input brought to one meter: its quantity, or one a record. */
struct rr_fed {
    uint32_t meter;
    struct rr_sum quantity;
};

struct rr_input_tally {
    uint64_t read;
    uint64_t quarantined[RR_REJECT_CODES];
    struct rr_sum quantity;    /* of the job's quantity column, over the records not quarantined */
    int64_t first_ns, last_ns; /* of those records; first_ns > last_ns while there are none */
    uint32_t n_fed;
    struct rr_fed *fed; /* the meters that were fed, rising */
};

void rr_input_tally_init(struct rr_input_tally *tally);
void rr_input_tally_fini(struct rr_input_tally *tally);
void rr_input_tally_merge(struct rr_input_tally *into, const struct rr_input_tally *from);

/* Adds it to what was read of all inputs. */
void rr_input_tally_sum(const struct rr_input_tally *tally, struct rr_tally *into);

struct json_t *rr_input_tally_json(const struct rr_input_tally *tally);
/* False when it is none of a job of so many meters. `tally` is initialized in either case. */
bool rr_input_tally_read(const struct json_t *in, uint32_t n_meters, struct rr_input_tally *tally);

/* Counting one input as it is read: every meter has its place, so that a record costs no search. */
struct rr_input_counter {
    struct rr_input_tally tally; /* all but `fed` */
    int n_meters;
    struct rr_meter_counter {
        struct rr_sum quantity;
        bool fed;
    } * meters;
};

void rr_input_counter_init(struct rr_input_counter *counter, int n_meters);
void rr_input_counter_fini(struct rr_input_counter *counter);

static inline void rr_input_counter_feed(struct rr_input_counter *counter, uint32_t meter,
                                         rr_decimal quantity)
{
    counter->meters[meter].fed = true;
    rr_sum_add(&counter->meters[meter].quantity, quantity);
}

/* Counters on their way between ranks, each with its file's number. */
struct rr_input_parts {
    char *bytes;
    size_t used, size;
};

/* Appends what was counted, and empties the counter. */
void rr_input_parts_add(struct rr_input_parts *parts, uint32_t file,
                        struct rr_input_counter *counter);
/* Takes the part at `at` out of parts put end to end: its file, and its counts to be added to `tally`.
 * Returns where the next begins. */
size_t rr_input_parts_next(const char *bytes, size_t at, uint32_t *file,
                           struct rr_input_tally *part);
void rr_input_parts_fini(struct rr_input_parts *parts);

#endif
