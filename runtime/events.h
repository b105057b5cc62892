/* Events: which record of an event counts.
 *
 * Records of one account with one fingerprint are copies of one event. Those of the greatest rank
 * come first; of these one counts, by the job's rule, and the others are duplicates and, where they
 * say something else, conflicts. Copies of a lower rank are superseded. Where the greatest rank
 * withdraws, none counts. A rejected record among them is a marker: it counts for nothing, and is
 * repaired where a good one, of whatever class, tells of its event.
 */
#ifndef RUNTIME_EVENTS_H
#define RUNTIME_EVENTS_H

#include "../io/line.h"
#include "order.h"
#include "plan.h"
#include "state.h"
#include "text_run.h"

/* Rows of one account, or of a slice of its fingerprints, on their way. */
struct rr_events {
    const struct rr_state *state;
    const struct rr_job *job;
    const uint32_t *file_of;
    const struct rr_dictionary *accounts, *keys;
    const struct rr_plans *plans; /* know all keys of the rows */
    struct rr_tally *tally;
    uint32_t row_size;
    uint32_t marker; /* the key of rejected records */
    uint8_t *rows;   /* to be resolved */
    uint32_t n_rows, rows_size;
    struct rr_sort_item *items, *spare;
    uint32_t *counts;
    uint8_t *kept; /* those that count, of all accounts since they were taken */
    uint32_t n_kept, kept_size;
    struct rr_texts conflicts;
    struct rr_texts repaired; /* keys of quarantine.csv, without text */
    struct rr_line line, key;
    uint64_t first_copy; /* position of the first copy that may not be; UINT64_MAX for none */
    struct rr_error copy_error;
    /* Told of each good record that does not count, a row that lives as long as events->rows; NULL: nobody
     * asks. */
    void (*withheld)(void *self, const uint8_t *row, enum rr_withheld withheld);
    void *withheld_self;
};

/* Everything is borrowed. */
void rr_events_init(struct rr_events *events, const struct rr_state *state,
                    const struct rr_job *job, const uint32_t *file_of,
                    const struct rr_dictionary *accounts, const struct rr_plans *plans,
                    const struct rr_dictionary *keys, struct rr_tally *tally);
void rr_events_fini(struct rr_events *events);

/* Room for n rows at events->rows. */
void rr_events_reserve(struct rr_events *events, uint64_t n);

/* Adds those of events->rows that count to events->kept. All copies of their events are among them. */
void rr_events_resolve(struct rr_events *events);

/* Writes the texts that there are as runs, and forgets them. */
int rr_events_write_texts(struct rr_events *events, struct rr_state *state,
                          struct rr_changes *changes, struct rr_error *err);

/* The header of conflicts.csv. */
extern const char rr_conflicts_header[];

#endif
