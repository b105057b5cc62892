/* The sender's side of the exchange: a batch's facts to rows, each to the rank that owns its account.
 *
 * Names travel once to each rank that needs them, then as numbers, until all ranks forget them. The
 * records of an account that has far more than a fair share go to all ranks, not to its owner alone.
 * Records that the reader or the job rejects are kept as texts, with everything a person needs to repair
 * them; where such a record could be told from others of its account, a row marks it, which is held
 * against the good ones.
 */
#ifndef RUNTIME_ROUTER_H
#define RUNTIME_ROUTER_H

#include "exchange.h"
#include "state.h"
#include "text_run.h"

#include <rerate/job.h>

struct rr_router;

/* `quarantine` and `counter` are where rejected texts and counts go: the caller takes what was counted of
 * an input before it sends of another. All are borrowed. */
struct rr_router *rr_router_create(const struct rr_comm *comm, const struct rr_job *job,
                                   uint32_t n_shards, struct rr_exchange *exchange,
                                   struct rr_texts *quarantine, struct rr_input_counter *counter);
void rr_router_destroy(struct rr_router *router);

/* Maps and sends one batch of the file at `path`, whose place among all files is given. */
void rr_router_send(struct rr_router *router, const struct rr_batch *batch, const char *path,
                    uint32_t place);

/* Memory that names and what is known of them take. */
size_t rr_router_name_bytes(const struct rr_router *router);

/* Forgets all names. To be called on all ranks, for the router and the owner, while nothing is under
 * way. */
void rr_router_forget(struct rr_router *router);

#endif
