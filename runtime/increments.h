/* Increments: what each `run` added to the state, and the state as it was after one of them.
 *
 * An increment begins when new inputs come and all earlier ones are read; inputs that come before a
 * stopped run went on join its increment. So what one epoch reads belongs to one increment, and a run
 * that is written while reading holds records of one.
 */
#ifndef RUNTIME_INCREMENTS_H
#define RUNTIME_INCREMENTS_H

#include "manifest.h"

/* The increment that new inputs belong to: the last, or a new one with this time. */
void rr_increments_begin(struct rr_manifest *manifest, const char *when);

void rr_increments_add(struct rr_manifest *manifest, const char *when);

/* Adds what was resolved to the last increment; forgets what all resolved. */
void rr_increments_add_resolved(struct rr_manifest *manifest, const struct rr_tally *resolved);
void rr_increments_clear_resolved(struct rr_manifest *manifest);

/* Forgets all increments after the first n. */
void rr_increments_keep(struct rr_manifest *manifest, uint32_t n);

/* Forgets increments at the end whose inputs were all dropped. */
void rr_increments_trim(struct rr_manifest *manifest);

/* Widens the increments of a run that another is merged into. */
void rr_increments_cover(struct rr_run_entry *into, const struct rr_run_entry *from);

/* Makes the manifest that of the state as it was after increment n, for looking at it: later inputs
 * lose their paths, as dropped ones do, and runs of later increments are forgotten. Where records are
 * kept (`keeps_records`), cells and conflicts are too, if there are later ones: they are to be made again,
 * and runs of records may hold rows of dropped inputs. RR_EXIT_USAGE when there is no such increment, or
 * when runs were merged over it; the message says which can be asked for. */
int rr_increments_look_back(struct rr_manifest *manifest, uint32_t n, bool keeps_records,
                            struct rr_error *err);

#endif
