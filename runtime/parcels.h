/* Parcels: bytes from every rank to every rank, in memory, at once. */
#ifndef RUNTIME_PARCELS_H
#define RUNTIME_PARCELS_H

#include "comm.h"

#include <stddef.h>

struct rr_parcels;

struct rr_parcels *rr_parcels_create(const struct rr_comm *comm);
void rr_parcels_destroy(struct rr_parcels *parcels);

/* Room for `len` bytes behind those for a rank, until the next call; they count when they are added. */
char *rr_parcels_room(struct rr_parcels *parcels, int rank, size_t len);
void rr_parcels_add(struct rr_parcels *parcels, int rank, size_t len);
void rr_parcels_put(struct rr_parcels *parcels, int rank, const void *bytes, size_t len);

/* How many bytes are on their way to a rank, and where some of them stand until the next call. */
size_t rr_parcels_size(const struct rr_parcels *parcels, int rank);
char *rr_parcels_at(struct rr_parcels *parcels, int rank, size_t offset);

/* Collective. What came for this rank, in no order of ranks; it lives as long as the parcels. */
char *rr_parcels_exchange(struct rr_parcels *parcels, size_t *len);

#endif
