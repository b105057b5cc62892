/* Ranks as threads. Each collective call shows the others something, lets them copy it, and takes
 * it back. */
#include "ranks.h"

#include "../../io/memory.h"
#include "../../runtime/parcels.h"
#include "fuzz.h"

#include <pthread.h>

static pthread_barrier_t barrier;
static const void *shown[RANKS_MAX];
static size_t shown_len[RANKS_MAX];

static void show(const struct rr_comm *comm, const void *what, size_t len)
{
    shown[comm->rank] = what;
    shown_len[comm->rank] = len;
    pthread_barrier_wait(&barrier);
}

static void take_back(void)
{
    pthread_barrier_wait(&barrier);
}

/* ---- starting them ---- */

struct rank {
    struct rr_comm comm;
    void (*body)(const struct rr_comm *comm, void *self);
    void *self;
};

static void *run_rank(void *arg)
{
    struct rank *rank = arg;
    rank->body(&rank->comm, rank->self);
    return NULL;
}

void run_ranks(int size, void (*body)(const struct rr_comm *comm, void *self), void *self)
{
    pthread_t thread[RANKS_MAX];
    struct rank rank[RANKS_MAX];
    pthread_attr_t small; /* sanitizers clean up behind whole stacks */
    CHECK(size > 0 && size <= RANKS_MAX);
    CHECK(pthread_attr_init(&small) == 0 && pthread_attr_setstacksize(&small, 1 << 20) == 0);
    CHECK(pthread_barrier_init(&barrier, NULL, (unsigned)size) == 0);
    for (int r = 0; r < size; r++) {
        rank[r] = (struct rank){{.rank = r, .size = size}, body, self};
        CHECK(pthread_create(&thread[r], &small, run_rank, &rank[r]) == 0);
    }
    for (int r = 0; r < size; r++)
        pthread_join(thread[r], NULL);
    pthread_barrier_destroy(&barrier);
    pthread_attr_destroy(&small);
}

/* ---- runtime/comm.h ---- */

void rr_comm_barrier(const struct rr_comm *comm)
{
    show(comm, NULL, 0);
    take_back();
}

void rr_comm_bcast(const struct rr_comm *comm, void *bytes, size_t len, int root)
{
    show(comm, bytes, len);
    CHECK(shown_len[root] == len);
    if (comm->rank != root && len > 0)
        memcpy(bytes, shown[root], len);
    take_back();
}

void rr_comm_allgather(const struct rr_comm *comm, const void *mine, void *all, size_t len_each)
{
    show(comm, mine, len_each);
    for (int r = 0; r < comm->size; r++) {
        CHECK(shown_len[r] == len_each);
        memcpy((char *)all + (size_t)r * len_each, shown[r], len_each);
    }
    take_back();
}

uint64_t rr_comm_sum(const struct rr_comm *comm, uint64_t value)
{
    uint64_t all[RANKS_MAX], sum = 0;
    rr_comm_allgather(comm, &value, all, sizeof value);
    for (int r = 0; r < comm->size; r++)
        sum += all[r];
    return sum;
}

uint64_t rr_comm_max(const struct rr_comm *comm, uint64_t value)
{
    uint64_t all[RANKS_MAX], most = 0;
    rr_comm_allgather(comm, &value, all, sizeof value);
    for (int r = 0; r < comm->size; r++)
        most = all[r] > most ? all[r] : most;
    return most;
}

int rr_agree(const struct rr_comm *comm, int result, struct rr_error *err)
{
    uint64_t none = (uint64_t)comm->size;
    uint64_t worst = rr_comm_max(comm, result == 0 ? 0 : none - (uint64_t)comm->rank);
    if (worst == 0)
        return 0;
    rr_comm_bcast(comm, err, sizeof *err, (int)(none - worst));
    return -1;
}

void rr_comm_share(const struct rr_comm *comm, char **bytes, size_t *len, int root)
{
    show(comm, *bytes, *len);
    if (comm->rank != root) {
        *len = shown_len[root];
        *bytes = rr_calloc(*len + 1, 1);
        if (*len > 0)
            memcpy(*bytes, shown[root], *len);
    }
    take_back();
}

void rr_comm_concat(const struct rr_comm *comm, const void *mine, size_t len, char **all,
                    size_t *total, size_t *starts)
{
    show(comm, mine, len);
    *total = 0;
    for (int r = 0; r < comm->size; r++)
        *total += shown_len[r];
    *all = rr_calloc(*total + 1, 1);
    size_t at = 0;
    for (int r = 0; r < comm->size; r++) {
        if (starts)
            starts[r] = at;
        if (shown_len[r] > 0)
            memcpy(*all + at, shown[r], shown_len[r]);
        at += shown_len[r];
    }
    if (starts)
        starts[comm->size] = at;
    take_back();
}

/* ---- runtime/parcels.h ---- */

struct parcel {
    char *bytes;
    size_t used;
};

struct rr_parcels {
    const struct rr_comm *comm;
    struct parcel to[RANKS_MAX], come;
};

struct rr_parcels *rr_parcels_create(const struct rr_comm *comm)
{
    struct rr_parcels *p = rr_calloc(1, sizeof *p);
    p->comm = comm;
    return p;
}

void rr_parcels_destroy(struct rr_parcels *p)
{
    if (p == NULL)
        return;
    for (int r = 0; r < RANKS_MAX; r++)
        free(p->to[r].bytes);
    free(p->come.bytes);
    free(p);
}

static char *room(struct parcel *parcel, size_t len)
{
    parcel->bytes = rr_realloc(parcel->bytes, parcel->used + len);
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

char *rr_parcels_exchange(struct rr_parcels *p, size_t *len)
{
    show(p->comm, p->to, sizeof p->to);
    for (int r = 0; r < p->comm->size; r++) {
        const struct parcel *from = (const struct parcel *)shown[r] + p->comm->rank;
        char *into = room(&p->come, from->used);
        if (from->used > 0)
            memcpy(into, from->bytes, from->used);
        p->come.used += from->used;
    }
    take_back();
    *len = p->come.used;
    return p->come.bytes;
}
