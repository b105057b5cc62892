/* The owner's side of the exchange: rows that arrive, into runs of records or into cells.
 *
 * What does not fit the memory it was given goes to a run early. Runs become part of the state only
 * with the next commit. Rows of other ranks' shards (guests: those of heavy accounts, see router.h) go
 * to runs of their own, so that few ranks have to open these.
 */
#ifndef RUNTIME_OWNER_H
#define RUNTIME_OWNER_H

#include "budget.h"
#include "exchange.h"
#include "state.h"

#include <rerate/job.h>

struct rr_owner;

/* `changes` is where finished runs and counts are noted; `file_of` turns places of files into their
 * numbers. All are borrowed. */
struct rr_owner *rr_owner_create(struct rr_state *state, const struct rr_job *job,
                                 const uint32_t *file_of, const struct rr_budget *budget,
                                 struct rr_changes *changes);
void rr_owner_destroy(struct rr_owner *owner);

struct rr_receiver rr_owner_receiver(struct rr_owner *owner);

/* Writes what is in memory as a run. */
int rr_owner_flush(struct rr_owner *owner, struct rr_error *err);

/* Set once a flush that the arrival of rows made necessary has failed; rows are dropped from then
 * on, since nothing of this epoch will be committed. */
const struct rr_error *rr_owner_error(const struct rr_owner *owner);

/* Memory that names and what is known of them take. */
size_t rr_owner_name_bytes(const struct rr_owner *owner);

/* Forgets all names; see rr_router_forget. Only after a flush. */
void rr_owner_forget(struct rr_owner *owner);

#endif
