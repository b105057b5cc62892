/* The exchange: rows on their way from the rank that read them to the rank that owns them.
 *
 * Rows travel in blocks of fixed size, one being filled for each destination while others are
 * under way; nothing blocks, and the memory in use depends on what was given and the number of ranks alone. Texts that
 * the receiver does not know yet travel in the same block, before the rows that use their codes.
 *
 * The exchange runs in epochs. Between rr_exchange_begin and rr_exchange_end any rank may ask all
 * to stop; rr_exchange_end returns when every block that any rank sent in the epoch has been
 * received. At that point nothing is under way, and state can be committed.
 */
#ifndef RUNTIME_EXCHANGE_H
#define RUNTIME_EXCHANGE_H

#include "comm.h"

#include <rerate/text.h>

/* One record on its way. `n_values` decimals follow it, 16 bytes each, not aligned. */
struct rr_row {
    uint64_t fingerprint[2]; /* of account and event id: high, low; 0 without event ids */
    int64_t time_ns;
    uint64_t position; /* rr_position(place of the file in path order, record) */
    uint32_t account;  /* the sender's code */
    uint32_t key;      /* the sender's code */
};

enum rr_name_kind { RR_NAME_ACCOUNT, RR_NAME_KEY };

struct rr_block {
    uint32_t kind; /* the exchange's own */
    uint32_t epoch;
    uint32_t n_rows;
    uint32_t names_len; /* bytes of names, which stand behind the rows */
    uint8_t bytes[];    /* rows, then names */
};

/* What the owner does with what arrives. */
struct rr_receiver {
    void *self;
    void (*name)(void *self, int source, enum rr_name_kind kind, uint32_t code,
                 struct rr_text text);
    void (*rows)(void *self, int source, const uint8_t *rows, uint32_t n);
};

struct rr_exchange;

/* Collective. `row_size` is sizeof(struct rr_row) and its values; `memory` is for the blocks that a rank
 * sends, of which each destination has two small ones at least. */
struct rr_exchange *rr_exchange_create(const struct rr_comm *comm, uint32_t row_size,
                                       uint64_t memory, struct rr_receiver receiver);
void rr_exchange_destroy(struct rr_exchange *exchange);

/* Collective in effect, but does not wait. */
void rr_exchange_begin(struct rr_exchange *exchange);

/* Room for the next row to `destination`; it counts as put. May receive while it waits. */
void *rr_exchange_put(struct rr_exchange *exchange, int destination);

/* Tells the destination a name, ahead of the rows put after it. */
void rr_exchange_name(struct rr_exchange *exchange, int destination, enum rr_name_kind kind,
                      uint32_t code, struct rr_text text);

/* Receives what has come. Never waits. */
void rr_exchange_poll(struct rr_exchange *exchange);

/* Asks every rank to end the epoch; returns at once. */
void rr_exchange_ask_stop(struct rr_exchange *exchange);
bool rr_exchange_stop_asked(const struct rr_exchange *exchange);

/* Collective. Sends what is left and receives until all ranks have ended the epoch. */
void rr_exchange_end(struct rr_exchange *exchange);

#endif
