/* Matching rows of tables. */
#include "matching.h"

#include "../io/memory.h"
#include "../runtime/segment.h"

enum { LEAST_MEMORY = 64 * 1024 };

struct rr_matching {
    const struct rr_comm *comm;
    const struct rr_matcher *matcher;
    size_t memory;
    struct rr_line account; /* in hand */
    struct rr_line *block;  /* its rows in each table, as many as fit */
    bool *goes_on;          /* there are more */
    struct rr_account_blocks **blocks;
    int n;
    /* What was put: entries, as in segments. */
    struct rr_line entries;
    uint64_t *index; /* their offsets */
    uint64_t n_entries, index_size;
    struct rr_pairs *aside;
    bool is_aside; /* entries of the account in hand were put aside */
    /* What comes next of the rows from beside. */
    struct rr_pairs *more;
    struct rr_text more_account, more_rows;
    bool has_more;
};

struct rr_matching *rr_matching_create(const struct rr_comm *comm, const char *path, size_t memory,
                                       const struct rr_matcher *matcher)
{
    struct rr_matching *m = rr_calloc(1, sizeof *m);
    m->comm = comm;
    m->matcher = matcher;
    m->memory = memory < LEAST_MEMORY ? LEAST_MEMORY : memory;
    m->aside = rr_pairs_create(comm, path, m->memory / 2);
    return m;
}

static void close_tables(struct rr_matching *m)
{
    for (int t = 0; t < m->n; t++) {
        rr_account_blocks_close(m->blocks[t]);
        rr_line_fini(&m->block[t]);
    }
    free(m->blocks);
    free(m->block);
    free(m->goes_on);
    m->n = 0;
}

void rr_matching_destroy(struct rr_matching *m)
{
    if (m == NULL)
        return;
    close_tables(m);
    rr_pairs_destroy(m->aside);
    rr_line_fini(&m->account);
    rr_line_fini(&m->entries);
    free(m->index);
    free(m);
}

/* ---- what is put ---- */

static size_t used(const struct rr_matching *m)
{
    return m->entries.used + m->n_entries * sizeof *m->index;
}

static void clear_entries(struct rr_matching *m)
{
    rr_line_clear(&m->entries);
    m->n_entries = 0;
}

static int put_aside(struct rr_matching *m, struct rr_error *err)
{
    m->is_aside = true;
    for (uint64_t i = 0; i < m->n_entries; i++) {
        const char *entry = m->entries.bytes + m->index[i];
        if (rr_pairs_add(m->aside, rr_entry_key(entry), rr_entry_rows(entry), err) != 0)
            return -1;
    }
    clear_entries(m);
    return 0;
}

int rr_matching_put(struct rr_matching *m, struct rr_text key, struct rr_text value,
                    struct rr_error *err)
{
    const struct rr_entry_head head = {key.len, value.len};
    if (used(m) > m->memory / 4 && put_aside(m, err) != 0)
        return -1;
    if (m->n_entries == m->index_size) {
        m->index_size = m->index_size ? 2 * m->index_size : 256;
        m->index = rr_realloc(m->index, m->index_size * sizeof *m->index);
    }
    m->index[m->n_entries++] = m->entries.used;
    rr_line_put(&m->entries, (const char *)&head, sizeof head);
    rr_line_put(&m->entries, key.ptr, key.len);
    rr_line_put(&m->entries, value.ptr, value.len);
    return 0;
}

static int compare_entries(const void *a, const void *b, void *entries)
{
    const char *x = (const char *)entries + *(const uint64_t *)a;
    const char *y = (const char *)entries + *(const uint64_t *)b;
    return rr_text_compare(rr_entry_key(x), rr_entry_key(y));
}

/* Hands on what was put of the account in hand. */
static int hand_on(struct rr_matching *m, struct rr_error *err)
{
    const struct rr_matcher *to = m->matcher;
    if (m->n_entries == 0)
        return 0;
    qsort_r(m->index, m->n_entries, sizeof *m->index, compare_entries, m->entries.bytes);
    for (uint64_t i = 0; i < m->n_entries; i++) {
        const char *entry = m->entries.bytes + m->index[i];
        const char *next = i + 1 < m->n_entries ? m->entries.bytes + m->index[i + 1] : NULL;
        struct rr_text key = rr_entry_key(entry);
        if (to->value(to->self, rr_entry_rows(entry), err) != 0)
            return -1;
        if ((next == NULL || !rr_text_equal(key, rr_entry_key(next))) &&
            to->key(to->self, key, err) != 0)
            return -1;
    }
    clear_entries(m);
    return to->account(to->self, rr_line_text(&m->account), err);
}

/* ---- accounts in the order of tables ---- */

static int next_more(struct rr_matching *m, struct rr_error *err)
{
    int got = m->more ? rr_pairs_next(m->more, &m->more_account, &m->more_rows, err) : 0;
    m->has_more = got > 0;
    return got < 0 ? -1 : 0;
}

/* 1 and the least account that any source has next, as the one in hand. */
static int next_account(struct rr_matching *m, struct rr_error *err)
{
    struct rr_text least = m->more_account, account;
    bool found = m->has_more;
    for (int t = 0; t < m->n; t++) {
        int got = rr_account_blocks_peek(m->blocks[t], &account, err);
        if (got < 0)
            return -1;
        if (got > 0 && (!found || rr_text_compare(account, least) < 0))
            least = account;
        found |= got > 0;
    }
    if (!found)
        return 0;
    rr_line_clear(&m->account);
    rr_line_put(&m->account, least.ptr, least.len);
    return 1;
}

static int take_block(struct rr_matching *m, int t, struct rr_error *err)
{
    rr_line_clear(&m->block[t]);
    int got =
        rr_account_blocks_take(m->blocks[t], &m->block[t], m->memory / 4 / (size_t)m->n + 1, err);
    m->goes_on[t] = got > 0;
    return got < 0 ? -1 : 0;
}

/* The rows of the account in hand, as many as fit. */
static int take_blocks(struct rr_matching *m, struct rr_error *err)
{
    struct rr_text account;
    for (int t = 0; t < m->n; t++) {
        rr_line_clear(&m->block[t]);
        m->goes_on[t] = false;
        int got = rr_account_blocks_peek(m->blocks[t], &account, err);
        if (got < 0 || (got > 0 && rr_text_equal(account, rr_line_text(&m->account)) &&
                        take_block(m, t, err) != 0))
            return -1;
    }
    return 0;
}

static bool is_beside(const struct rr_matching *m)
{
    return m->has_more && rr_text_equal(m->more_account, rr_line_text(&m->account));
}

static bool all_same(const struct rr_matching *m)
{
    bool same = !is_beside(m);
    for (int t = 0; t < m->n && same; t++)
        same = !m->goes_on[t] && m->block[t].used == m->block[0].used &&
               memcmp(m->block[t].bytes, m->block[0].bytes, m->block[0].used) == 0;
    return same;
}

static int put_table(struct rr_matching *m, int t, struct rr_error *err)
{
    const struct rr_matcher *to = m->matcher;
    while (m->block[t].used > 0) {
        if (to->rows(to->self, t, rr_line_text(&m->block[t]), err) != 0)
            return -1;
        if (!m->goes_on[t])
            return 0;
        if (take_block(m, t, err) != 0)
            return -1;
    }
    return 0;
}

static int put_more(struct rr_matching *m, struct rr_error *err)
{
    while (is_beside(m))
        if (m->matcher->more(m->matcher->self, m->more_rows, err) != 0 || next_more(m, err) != 0)
            return -1;
    return 0;
}

static int match_account(struct rr_matching *m, struct rr_error *err)
{
    if (take_blocks(m, err) != 0)
        return -1;
    if (all_same(m)) {
        int declined = m->matcher->same(m->matcher->self, rr_line_text(&m->block[0]), err);
        if (declined <= 0)
            return declined;
    }
    m->is_aside = false;
    for (int t = 0; t < m->n; t++)
        if (put_table(m, t, err) != 0)
            return -1;
    if (put_more(m, err) != 0)
        return -1;
    return m->is_aside ? put_aside(m, err) : hand_on(m, err);
}

static int match_accounts(struct rr_matching *m, struct rr_error *err)
{
    int got;
    if (next_more(m, err) != 0)
        return -1;
    while ((got = next_account(m, err)) > 0)
        if (match_account(m, err) != 0)
            return -1;
    return got;
}

/* ---- accounts put aside ---- */

static struct rr_text account_of(struct rr_text key)
{
    const char *end = memchr(key.ptr, '\0', key.len);
    return (struct rr_text){key.ptr, (uint32_t)(end - key.ptr)};
}

static int end_key(struct rr_matching *m, const struct rr_line *key, bool last,
                   struct rr_error *err)
{
    const struct rr_matcher *to = m->matcher;
    struct rr_text text = rr_line_text(key);
    if (to->key(to->self, text, err) != 0)
        return -1;
    return last ? to->account(to->self, account_of(text), err) : 0;
}

static int hand_on_aside(struct rr_matching *m, struct rr_line *before, struct rr_error *err)
{
    struct rr_text key, value;
    bool any = false;
    int got;
    while ((got = rr_pairs_next(m->aside, &key, &value, err)) > 0) {
        struct rr_text last = rr_line_text(before);
        if (any && !rr_text_equal(key, last) &&
            end_key(m, before, !rr_text_equal(account_of(key), account_of(last)), err) != 0)
            return -1;
        rr_line_clear(before);
        rr_line_put(before, key.ptr, key.len);
        any = true;
        if (m->matcher->value(m->matcher->self, value, err) != 0)
            return -1;
    }
    return got == 0 && any ? end_key(m, before, true, err) : got;
}

/* Collective. */
static int match_aside(struct rr_matching *m, const struct rr_text *splitter, struct rr_error *err)
{
    struct rr_line before = {0};
    if (rr_pairs_exchange(m->aside, splitter, err) != 0)
        return -1;
    int result = hand_on_aside(m, &before, err);
    rr_line_fini(&before);
    return rr_agree(m->comm, result, err);
}

static int open_tables(struct rr_matching *m, const struct rr_matching_tables *tables,
                       struct rr_error *err)
{
    int rank = m->comm->rank;
    struct rr_text from = rank > 0 ? tables->splitter[rank - 1] : (struct rr_text){0};
    struct rr_text below = rank + 1 < m->comm->size ? tables->splitter[rank] : RR_BEHIND_ALL;
    m->n = tables->n;
    m->more = tables->more;
    m->block = rr_calloc((size_t)m->n, sizeof *m->block);
    m->blocks = rr_calloc((size_t)m->n, sizeof *m->blocks);
    m->goes_on = rr_calloc((size_t)m->n, sizeof *m->goes_on);
    for (int t = 0; t < m->n; t++) {
        m->blocks[t] = rr_account_blocks_open(&tables->table[t], from, below, err);
        if (m->blocks[t] == NULL)
            return -1;
    }
    return 0;
}

int rr_matching_run(struct rr_matching *m, const struct rr_matching_tables *tables,
                    struct rr_error *err)
{
    int result = open_tables(m, tables, err);
    if (result == 0)
        result = match_accounts(m, err);
    close_tables(m);
    m->block = NULL;
    m->blocks = NULL;
    m->goes_on = NULL;
    if (rr_agree(m->comm, result, err) != 0)
        return -1;
    return match_aside(m, m->comm->size > 1 ? tables->splitter : NULL, err);
}
