/* Gathering cells at one rank: encoded, in pairs whose keys are rank, group and account. */
#include "gather.h"

#include "../io/line.h"
#include "../io/memory.h"
#include "big_endian.h"
#include "cell_code.h"
#include "pairs.h"

#include <stdlib.h>

enum { PIECE = 64 * 1024 /* bytes of cells in a pair, about */ };

struct rr_gather {
    const struct rr_comm *comm;
    const struct rr_job *job;
    struct rr_pairs *pairs;
    struct rr_line wanted;          /* the key asked for */
    struct rr_line out;             /* cells on their way */
    struct rr_text key, cells;      /* the pair in hand, and what is left of it */
    bool loaded;                    /* there is one */
    bool ended;                     /* there are no more */
    uint64_t state[RR_STATE_WORDS]; /* of the cell in hand */
};

struct rr_gather *rr_gather_create(const struct rr_comm *comm, const struct rr_job *job,
                                   const char *path, size_t memory)
{
    struct rr_gather *g = rr_calloc(1, sizeof *g);
    g->comm = comm;
    g->job = job;
    g->pairs = rr_pairs_create(comm, path, memory);
    return g;
}

void rr_gather_destroy(struct rr_gather *g)
{
    if (g == NULL)
        return;
    rr_pairs_destroy(g->pairs);
    rr_line_fini(&g->wanted);
    rr_line_fini(&g->out);
    free(g);
}

static struct rr_text make_key(struct rr_gather *g, int rank, uint32_t group,
                               struct rr_text account)
{
    rr_line_clear(&g->wanted);
    rr_put_u32(&g->wanted, (uint32_t)rank);
    rr_put_u32(&g->wanted, group);
    rr_line_put(&g->wanted, account.ptr, account.len);
    return rr_line_text(&g->wanted);
}

int rr_gather_put(struct rr_gather *g, int rank, uint32_t group, struct rr_text account,
                  struct rr_cells *cells, struct rr_error *err)
{
    struct rr_text key = make_key(g, rank, group, account);
    struct rr_cell cell;
    int got;
    rr_line_clear(&g->out);
    while ((got = cells->next(cells->self, &cell, err)) > 0) {
        if (rr_cell_encode(g->job, &cell, &g->out, err) != 0)
            return -1;
        if (g->out.used < PIECE)
            continue;
        if (rr_pairs_add(g->pairs, key, rr_line_text(&g->out), err) != 0)
            return -1;
        rr_line_clear(&g->out);
    }
    if (got == 0 && g->out.used > 0)
        got = rr_pairs_add(g->pairs, key, rr_line_text(&g->out), err);
    return got;
}

int rr_gather_exchange(struct rr_gather *g, struct rr_error *err)
{
    return rr_pairs_exchange_by_rank(g->pairs, err);
}

void rr_gather_begin(struct rr_gather *g, uint32_t group, struct rr_text account)
{
    make_key(g, g->comm->rank, group, account);
}

/* 1 when the pair in hand holds a cell of the account asked for. */
static int load(struct rr_gather *g, struct rr_error *err)
{
    while (!g->ended && (!g->loaded || g->cells.len == 0)) {
        int got = rr_pairs_next(g->pairs, &g->key, &g->cells, err);
        if (got < 0)
            return -1;
        g->loaded = got > 0;
        g->ended = got == 0;
    }
    if (g->ended)
        return 0;
    int order = rr_text_compare(g->key, rr_line_text(&g->wanted));
    rr_check(order >= 0, "gathered cells were passed over");
    return order == 0;
}

int rr_gather_next(void *self, struct rr_cell *cell, struct rr_error *err)
{
    struct rr_gather *g = self;
    int got = load(g, err);
    if (got > 0)
        rr_cell_decode(g->job, &g->cells, g->state, cell);
    return got;
}
