/* Which fingerprints of which shards runs hold. */
#include "coverage.h"

#include "../io/memory.h"

#include <string.h>

/* A part of a shard that a run names. */
struct piece {
    uint32_t shard;
    uint64_t low, high;
};

struct pieces {
    struct piece *piece;
    size_t n;
};

static bool counts(const struct rr_manifest *m, uint32_t i, enum rr_run_kind kind,
                   const bool *left_out)
{
    return m->runs[i].kind == kind && !(left_out && left_out[i]);
}

/* How many runs name a shard: in whole, or also in part. */
static uint32_t *runs_of_shards(const struct rr_manifest *m, enum rr_run_kind kind,
                                const bool *left_out, bool also_in_part)
{
    uint32_t *depth = rr_calloc((size_t)m->n_shards + 1, sizeof *depth);
    for (uint32_t i = 0; i < m->n_runs; i++)
        if (counts(m, i, kind, left_out) && (also_in_part || rr_run_is_whole(&m->runs[i]))) {
            depth[m->runs[i].first]++;
            depth[m->runs[i].end]--; /* may wrap; the sum does not */
        }
    for (uint32_t s = 1; s < m->n_shards; s++)
        depth[s] += depth[s - 1];
    return depth;
}

static int compare_pieces(const void *a, const void *b)
{
    const struct piece *x = a, *y = b;
    if (x->shard != y->shard)
        return x->shard < y->shard ? -1 : 1;
    return (x->low > y->low) - (x->low < y->low);
}

/* What runs name in part, in the order (shard, low). */
static struct pieces list_pieces(const struct rr_manifest *m, enum rr_run_kind kind,
                                 const bool *left_out)
{
    size_t size = 16;
    struct pieces all = {.piece = rr_malloc(size * sizeof *all.piece)};
    for (uint32_t i = 0; i < m->n_runs; i++) {
        const struct rr_run_entry *run = &m->runs[i];
        if (!counts(m, i, kind, left_out) || rr_run_is_whole(run))
            continue;
        for (uint32_t s = run->first; s < run->end; s++) {
            if (all.n == size) {
                size *= 2;
                all.piece = rr_realloc(all.piece, size * sizeof *all.piece);
            }
            all.piece[all.n++] = (struct piece){s, run->low, run->high};
        }
    }
    if (all.n > 0)
        qsort(all.piece, all.n, sizeof *all.piece, compare_pieces);
    return all;
}

struct gaps {
    struct rr_gap *gap;
    uint32_t n;
    size_t size;
};

static void add_gap(struct gaps *gaps, uint32_t shard, uint64_t low, uint64_t high)
{
    if (gaps->n == gaps->size) {
        gaps->size = gaps->size ? gaps->size * 2 : 64;
        gaps->gap = rr_realloc(gaps->gap, gaps->size * sizeof *gaps->gap);
    }
    gaps->gap[gaps->n++] = (struct rr_gap){shard, low, high};
}

/* The gaps that the n pieces of one shard leave. */
static void add_gaps_between(struct gaps *gaps, uint32_t shard, const struct piece *piece, size_t n)
{
    uint64_t next = 0; /* fingerprints below are covered */
    for (size_t i = 0; i < n; i++) {
        if (piece[i].low > next)
            add_gap(gaps, shard, next, piece[i].low - 1);
        if (piece[i].high == UINT64_MAX)
            return;
        next = piece[i].high + 1 > next ? piece[i].high + 1 : next;
    }
    add_gap(gaps, shard, next, UINT64_MAX);
}

struct rr_gap *rr_coverage_gaps(const struct rr_manifest *m, uint32_t *n)
{
    uint32_t *whole = runs_of_shards(m, RR_RUN_CELLS, NULL, false);
    struct pieces all = list_pieces(m, RR_RUN_CELLS, NULL);
    struct gaps gaps = {0};
    size_t at = 0;
    for (uint32_t s = 0; s < m->n_shards; s++) {
        size_t first = at;
        while (at < all.n && all.piece[at].shard == s)
            at++;
        if (whole[s] == 0)
            add_gaps_between(&gaps, s, all.piece + first, at - first);
    }
    free(all.piece);
    free(whole);
    *n = gaps.n;
    return gaps.gap;
}

static int compare_ends(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* The most of n pieces, in order, that hold one fingerprint. */
static uint32_t deepest(const struct piece *piece, size_t n)
{
    uint64_t *end = rr_malloc(n * sizeof *end);
    uint32_t most = 0;
    size_t ended = 0;
    for (size_t i = 0; i < n; i++)
        end[i] = piece[i].high;
    qsort(end, n, sizeof *end, compare_ends);
    for (size_t i = 0; i < n; i++) {
        while (end[ended] < piece[i].low)
            ended++;
        uint32_t here = (uint32_t)(i + 1 - ended);
        most = here > most ? here : most;
    }
    free(end);
    return most;
}

uint32_t rr_coverage_depth(const struct rr_manifest *m, enum rr_run_kind kind, const bool *left_out)
{
    uint32_t *whole = runs_of_shards(m, kind, left_out, false), most = 0;
    struct pieces all = list_pieces(m, kind, left_out);
    size_t at = 0;
    for (uint32_t s = 0; s < m->n_shards; s++) {
        size_t first = at;
        while (at < all.n && all.piece[at].shard == s)
            at++;
        uint32_t here = whole[s] + (at > first ? deepest(all.piece + first, at - first) : 0);
        most = here > most ? here : most;
    }
    free(all.piece);
    free(whole);
    return most;
}

uint32_t rr_coverage_overlap(const struct rr_manifest *m, enum rr_run_kind kind,
                             const bool *left_out)
{
    uint32_t *runs = runs_of_shards(m, kind, left_out, true), most = 0;
    for (uint32_t s = 0; s < m->n_shards; s++)
        most = runs[s] > most ? runs[s] : most;
    free(runs);
    return most;
}
