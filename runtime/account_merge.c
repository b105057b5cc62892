/* Going through the accounts of several runs at once. */
#include "account_merge.h"

#include "../io/memory.h"
#include "order.h"

void rr_account_merge_init(struct rr_account_merge *m, uint32_t max_sources, uint32_t n_shards)
{
    *m = (struct rr_account_merge){.n_shards = n_shards};
    m->next = rr_calloc(max_sources, sizeof *m->next);
    m->source = rr_calloc(max_sources, sizeof *m->source);
    m->head = rr_calloc(max_sources, sizeof *m->head);
    m->alive = rr_calloc(max_sources, sizeof *m->alive);
    m->here = rr_calloc(max_sources, sizeof *m->here);
}

void rr_account_merge_fini(struct rr_account_merge *m)
{
    free(m->next);
    free(m->source);
    free(m->head);
    free(m->alive);
    free(m->here);
}

static int advance(struct rr_account_merge *m, uint32_t i, struct rr_error *err)
{
    int got = m->next[i](m->source[i], &m->head[i], err);
    m->alive[i] = got > 0;
    return got < 0 ? -1 : 0;
}

int rr_account_merge_add(struct rr_account_merge *m, rr_account_source next, void *source,
                         struct rr_error *err)
{
    uint32_t i = m->n++;
    m->next[i] = next;
    m->source[i] = source;
    return advance(m, i, err);
}

static int compare(const struct rr_account_merge *m, uint32_t a, uint32_t b)
{
    return rr_account_compare(m->head[a].hash, m->head[a].name, m->head[b].hash, m->head[b].name,
                              m->n_shards);
}

int rr_account_merge_next(struct rr_account_merge *m, struct rr_error *err)
{
    for (uint32_t i = 0; i < m->n_here; i++)
        if (advance(m, m->here[i], err) != 0)
            return -1;
    m->n_here = 0;
    for (uint32_t i = 0; i < m->n; i++) {
        if (!m->alive[i])
            continue;
        int order = m->n_here == 0 ? -1 : compare(m, i, m->here[0]);
        if (order < 0)
            m->n_here = 0;
        if (order <= 0)
            m->here[m->n_here++] = i;
    }
    return m->n_here > 0;
}
