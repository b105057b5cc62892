/* Chains of runs of cells: runs that share no shard, one after the other as if they were one. Each chain
 * keeps one run open, so that as many are open as overlap somewhere, however many there are.
 */
#ifndef RUNTIME_CELL_CHAIN_H
#define RUNTIME_CELL_CHAIN_H

#include "cell_run.h"
#include "state.h"

struct rr_cell_chain;

struct rr_cell_chains {
    struct rr_cell_chain *chain;
    uint32_t n;
};

/* The cells of the shards [first, end) in the runs of cells that are chosen (one mark for each run of the
 * manifest; NULL: in all). All keys are entered into `keys` before it returns. Nothing is left open on
 * error; `place_of_file` is borrowed. */
int rr_cell_chains_open(struct rr_cell_chains *chains, const struct rr_state *state,
                        const struct rr_job *job, const bool *chosen, uint32_t first, uint32_t end,
                        struct rr_dictionary *keys, const uint32_t *place_of_file,
                        struct rr_error *err);
void rr_cell_chains_close(struct rr_cell_chains *chains);

struct rr_cell_chain *rr_cell_chains_at(const struct rr_cell_chains *chains, uint32_t i);

/* An rr_account_source: the next account of a chain. */
int rr_cell_chain_next(void *chain, struct rr_account_head *head, struct rr_error *err);

/* The next cell of the account, as rr_cell_reader_cell. */
int rr_cell_chain_cell(struct rr_cell_chain *chain, uint32_t *key, struct rr_cell *cell,
                       void *state, struct rr_error *err);

/* Passes over the next n cells of the account. */
int rr_cell_chain_skip(struct rr_cell_chain *chain, uint32_t n, struct rr_error *err);

#endif
