/* A job: what is made of usage records, as a row of functions.
 *
 * The engine reads records in batches, hands them to `map` where they were read, sends the facts
 * to the rank that owns their account, folds them with the meters' kernels, keeps the result as
 * sorted runs, and hands on each account's cells, in order. A job knows its keys and its
 * prices; it knows neither ranks nor files. Batches, not single records, cross these pointers.
 */
#ifndef RERATE_JOB_H
#define RERATE_JOB_H

#include <rerate/batch.h>
#include <rerate/dictionary.h>
#include <rerate/error.h>
#include <rerate/kernel.h>
#include <rerate/sum.h>

enum { RR_JOB_VALUES = 17, RR_JOB_METERS = 1000 };

/* What map makes of a batch: one fact for each record that it does not reject. */
struct rr_facts {
    /* Where map enters keys: all of a record but account, time, values. The empty text is no key
     * of the job's: the engine marks rejected records by it. */
    struct rr_dictionary *keys;
    uint32_t n;
    struct rr_text account[RR_BATCH_RECORDS];
    struct rr_text event_id[RR_BATCH_RECORDS]; /* unless the job is without event ids */
    uint32_t key[RR_BATCH_RECORDS];            /* code in `keys` */
    int64_t time_ns[RR_BATCH_RECORDS];
    uint8_t reject[RR_BATCH_RECORDS]; /* enum rr_reject; the other columns are unset then */
    /* Of a rejected record: its account, event id and rank are set all the same, so that a good
     * record of the event can take its place. */
    bool identified[RR_BATCH_RECORDS];
    rr_decimal value[RR_JOB_VALUES][RR_BATCH_RECORDS]; /* 0 where the key needs none */
    struct rr_sum
        quantity; /* what the quantity column of the records not rejected comes to; 0 for a
                               job that has none */
};

/* A meter as the engine sees it. */
struct rr_job_meter {
    const struct rr_kernel *kernel;
    int value;            /* column of rr_facts.value that it folds; -1 for none */
    bool tallied;         /* that value is a quantity; else each record counts as one */
    rr_decimal parameter; /* for the kernel's finalize */
};

/* One cell that records with a certain key feed. */
struct rr_target {
    int meter;
    struct rr_text cell; /* the part of the cell's key after the account: group by these bytes */
};

/* An aggregate: what the records of one account, cell key and time bucket come to. */
struct rr_cell {
    struct rr_text key; /* as `expand` made it */
    int meter;
    int32_t bucket;
    uint64_t records;
    void *state; /* of the meter's kernel */
};

/* The cells of one account, one after the other, in the order of (key, bucket), each once. Whoever takes
 * them goes to the end. */
struct rr_cells {
    void *self;
    /* 1 and the next cell, 0 at the end, -1 on error. Key and state are where they are until the next
     * call; what the state owns is the caller's, who may move its bytes elsewhere. */
    int (*next)(void *self, struct rr_cell *cell, struct rr_error *err);
};

/* Which of several records with one event id counts, in the order of (timestamp, position), among
 * those of the greatest rank. */
enum rr_copies { RR_COPIES_FIRST, RR_COPIES_LAST, RR_COPIES_REFUSED };

struct rr_job {
    const char *name;
    void *self; /* handed back to every function below */
    bool has_event_ids;
    enum rr_copies copies;
    /* The last value column is no quantity but a rank, a whole number that fits in an int64_t: among
     * the copies of an event the greatest counts, and where that is odd the event is withdrawn. */
    bool has_ranks;
    int n_values;
    int n_meters;
    const struct rr_job_meter *meters;
    const struct rr_text *columns; /* what the reader is asked for */
    int n_columns;

    /* Fills `facts` from a batch of the same n. Called where the records were read. */
    void (*map)(void *self, const struct rr_batch *batch, struct rr_facts *facts);
    /* `facts->keys` was emptied: what `map` has kept of its codes is void. NULL where it keeps
     * nothing. */
    void (*forget)(void *self);
    /* The cells that records with this key feed, at most `max`; 0 when they are not metered. The
     * views in `targets` live until the next call. Called once for each key that a rank learns. */
    int (*expand)(void *self, struct rr_text key, struct rr_target *targets, int max);
    /* The meter of a cell key. */
    int (*meter_of)(void *self, struct rr_text cell);
    /* The time bucket of each timestamp. */
    void (*bucket)(void *self, uint32_t n, const int64_t *time_ns, int32_t *bucket);
    /* Writes what two records with one event id differ in, as names joined by ';'. */
    void (*differ)(void *self, struct rr_text key_a, struct rr_text key_b, const rr_decimal *a,
                   const rr_decimal *b, bool times_differ, char *out, size_t size);
};

#endif
