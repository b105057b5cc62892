/* Parcels between ranks, pair by pair. */
#include "parcels.h"

#include "../io/memory.h"

#include <stdlib.h>
#include <string.h>

enum { TAG = 2, PIECE = 256 * 1024 * 1024 };

struct parcel {
    char *bytes;
    size_t used, size;
};

struct rr_parcels {
    const struct rr_comm *comm;
    struct parcel *to; /* for each rank; that for this one is what stays */
    struct parcel come;
};

struct rr_parcels *rr_parcels_create(const struct rr_comm *comm)
{
    struct rr_parcels *p = rr_calloc(1, sizeof *p);
    p->comm = comm;
    p->to = rr_calloc((size_t)comm->size, sizeof *p->to);
    return p;
}

void rr_parcels_destroy(struct rr_parcels *p)
{
    if (p == NULL)
        return;
    for (int r = 0; r < p->comm->size; r++)
        free(p->to[r].bytes);
    free(p->to);
    free(p->come.bytes);
    free(p);
}

static char *room(struct parcel *parcel, size_t len)
{
    if (parcel->used + len > parcel->size) {
        parcel->size = (parcel->used + len) * 2;
        parcel->bytes = rr_realloc(parcel->bytes, parcel->size);
    }
    return parcel->bytes + parcel->used;
}

char *rr_parcels_room(struct rr_parcels *p, int rank, size_t len)
{
    return room(&p->to[rank], len);
}

void rr_parcels_add(struct rr_parcels *p, int rank, size_t len)
{
    p->to[rank].used += len;
}

void rr_parcels_put(struct rr_parcels *p, int rank, const void *bytes, size_t len)
{
    char *to = rr_parcels_room(p, rank, len);
    if (len > 0)
        memcpy(to, bytes, len);
    rr_parcels_add(p, rank, len);
}

size_t rr_parcels_size(const struct rr_parcels *p, int rank)
{
    return p->to[rank].used;
}

char *rr_parcels_at(struct rr_parcels *p, int rank, size_t offset)
{
    return p->to[rank].bytes + offset;
}

/* Sends to one rank and receives from another at once; what came is added to `come`. */
static void swap(struct rr_parcels *p, int to, int from)
{
    uint64_t send = p->to[to].used, receive = 0;
    MPI_Request out, in;
    MPI_Irecv(&receive, 1, MPI_UINT64_T, from, TAG, p->comm->comm, &in);
    MPI_Isend(&send, 1, MPI_UINT64_T, to, TAG, p->comm->comm, &out);
    rr_comm_wait(p->comm, &in, "parcels");
    rr_comm_wait(p->comm, &out, "parcels");
    char *into = room(&p->come, receive);
    for (uint64_t at = 0; at < send || at < receive; at += PIECE) {
        uint64_t left_in = at < receive ? receive - at : 0, left_out = at < send ? send - at : 0;
        int n_in = (int)(left_in < PIECE ? left_in : PIECE);
        int n_out = (int)(left_out < PIECE ? left_out : PIECE);
        MPI_Irecv(into + at, n_in, MPI_BYTE, n_in ? from : MPI_PROC_NULL, TAG, p->comm->comm, &in);
        MPI_Isend(p->to[to].bytes + at, n_out, MPI_BYTE, n_out ? to : MPI_PROC_NULL, TAG,
                  p->comm->comm, &out);
        rr_comm_wait(p->comm, &in, "parcels");
        rr_comm_wait(p->comm, &out, "parcels");
    }
    p->come.used += receive;
    free(p->to[to].bytes);
    p->to[to] = (struct parcel){0};
}

char *rr_parcels_exchange(struct rr_parcels *p, size_t *len)
{
    int rank = p->comm->rank, size = p->comm->size;
    p->come = p->to[rank];
    p->to[rank] = (struct parcel){0};
    for (int step = 1; step < size; step++)
        swap(p, (rank + step) % size, (rank - step + size) % size);
    *len = p->come.used;
    return p->come.bytes;
}
