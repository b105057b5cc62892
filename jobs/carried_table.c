/* Going through an earlier table and what was added, owner by owner. */
#include "carried_table.h"

#include "../io/memory.h"

#include <stdlib.h>

enum { BLOCK = 256 * 1024 };

struct rr_carried_walk {
    struct rr_carried_table *table;
    struct rr_output_sink *sink;
    struct rr_pairs *pairs;
    struct rr_account_blocks *blocks;
    struct rr_line owner; /* in hand */
    bool has_earlier;     /* rows of it that were not taken */
    struct rr_line block; /* some of them */
    struct rr_line note;
    /* The pair that comes next. */
    struct rr_text key, rows;
    bool has_pair;
    bool holds; /* it was handed out, and is still needed */
};

/* ---- both sides ---- */

static int next_pair(struct rr_carried_walk *w, struct rr_error *err)
{
    int got = rr_pairs_next(w->pairs, &w->key, &w->rows, err);
    w->has_pair = got > 0;
    w->holds = false;
    return got < 0 ? -1 : 0;
}

/* Whether the pair that comes next is the owner's; what was handed out of it is passed over. */
static int is_added(struct rr_carried_walk *w, struct rr_error *err)
{
    if (w->holds && next_pair(w, err) != 0)
        return -1;
    return w->has_pair && rr_text_equal(w->key, rr_line_text(&w->owner));
}

static bool is_note(struct rr_text rows)
{
    return rows.len > 0 && rows.ptr[0] == RR_SOME_GO.ptr[0];
}

struct rr_text rr_carried_note(const struct rr_carried_walk *w)
{
    return rr_line_text(&w->note);
}

int rr_carried_added(struct rr_carried_walk *w, struct rr_text *rows, struct rr_error *err)
{
    int got;
    while ((got = is_added(w, err)) > 0) {
        *rows = w->rows;
        w->holds = true;
        if (rows->len > 0 && !is_note(*rows))
            break;
    }
    return got;
}

int rr_carried_earlier(struct rr_carried_walk *w, struct rr_text *rows, struct rr_error *err)
{
    if (!w->has_earlier)
        return 0;
    rr_line_clear(&w->block);
    int more = rr_account_blocks_take(w->blocks, &w->block, BLOCK, err);
    w->has_earlier = more > 0;
    *rows = rr_line_text(&w->block);
    return more < 0 ? -1 : 1;
}

int rr_carried_put(struct rr_carried_walk *w, struct rr_text rows, struct rr_error *err)
{
    return rr_output_put(w->sink, rows, err);
}

bool rr_carried_counts(const struct rr_carried_walk *w)
{
    return !w->table->measured;
}

/* ---- an owner ---- */

static int put_earlier(struct rr_carried_walk *w, struct rr_error *err)
{
    struct rr_text rows;
    int got;
    while ((got = rr_carried_earlier(w, &rows, err)) > 0)
        if (rr_carried_put(w, rows, err) != 0)
            return -1;
    return got;
}

static int drop_earlier(struct rr_carried_walk *w, struct rr_error *err)
{
    const struct rr_carried_user *user = &w->table->user;
    struct rr_text rows;
    int got;
    while ((got = rr_carried_earlier(w, &rows, err)) > 0)
        if (user->gone && rr_carried_counts(w) && user->gone(user->self, rows, err) != 0)
            return -1;
    return got;
}

static int put_added(struct rr_carried_walk *w, struct rr_error *err)
{
    struct rr_text rows;
    int got;
    while ((got = rr_carried_added(w, &rows, err)) > 0)
        if (rr_carried_put(w, rows, err) != 0)
            return -1;
    return got;
}

static int put_owner(struct rr_carried_walk *w, struct rr_error *err)
{
    const struct rr_carried_user *user = &w->table->user;
    int added = is_added(w, err);
    if (added < 0)
        return -1;
    if (added == 0)
        return put_earlier(w, err);
    if (is_note(w->rows)) {
        rr_line_clear(&w->note);
        rr_line_put(&w->note, w->rows.ptr, w->rows.len);
        return user->some(user->self, rr_line_text(&w->owner), w, err);
    }
    rr_check(!w->has_earlier || w->rows.len == 0, "rows were added beside those that stay");
    return drop_earlier(w, err) == 0 ? put_added(w, err) : -1;
}

/* 1 and the least owner of both sides. */
static int next_owner(struct rr_carried_walk *w, struct rr_error *err)
{
    struct rr_text earlier, least;
    int got = rr_account_blocks_peek(w->blocks, &earlier, err);
    if (got < 0)
        return -1;
    if (got == 0 && !w->has_pair)
        return 0;
    least = got > 0 && (!w->has_pair || rr_text_compare(earlier, w->key) <= 0) ? earlier : w->key;
    rr_line_clear(&w->owner);
    rr_line_put(&w->owner, least.ptr, least.len);
    w->has_earlier = got > 0 && rr_text_equal(earlier, rr_line_text(&w->owner));
    return 1;
}

static int put_owners(struct rr_carried_walk *w, struct rr_error *err)
{
    int got;
    if (next_pair(w, err) != 0)
        return -1;
    while ((got = next_owner(w, err)) > 0)
        if (put_owner(w, err) != 0)
            return -1;
    return got;
}

/* ---- a rank's range ---- */

static int put_range(void *self, struct rr_pairs *pairs, struct rr_output_sink *sink,
                     struct rr_error *err)
{
    struct rr_carried_table *t = self;
    int rank = t->comm->rank;
    struct rr_text from = rank > 0 ? t->splitter[rank - 1] : (struct rr_text){0};
    struct rr_text below = rank + 1 < t->comm->size ? t->splitter[rank] : RR_BEHIND_ALL;
    struct rr_carried_walk walk = {.table = t, .sink = sink, .pairs = pairs};
    walk.blocks = rr_account_blocks_open(&t->earlier, from, below, err);
    int result = walk.blocks ? put_owners(&walk, err) : -1;
    rr_account_blocks_close(walk.blocks);
    rr_line_fini(&walk.owner);
    rr_line_fini(&walk.block);
    rr_line_fini(&walk.note);
    t->measured = true;
    return result;
}

int rr_carried_table_open(const struct rr_comm *comm, const char *path, const char *header,
                          struct rr_carried_user user, struct rr_carried_table *t,
                          struct rr_error *err)
{
    *t = (struct rr_carried_table){.comm = comm, .user = user};
    if (rr_account_table_open(comm, path, header, &t->earlier, err) != 0)
        return -1;
    t->splitter = rr_calloc((size_t)comm->size, sizeof *t->splitter);
    rr_account_table_split(&t->earlier, t->splitter);
    t->blend = (struct rr_output_blend){t, t->splitter, put_range};
    return 0;
}

void rr_carried_table_close(struct rr_carried_table *t)
{
    rr_account_table_close(&t->earlier);
    free(t->splitter);
    *t = (struct rr_carried_table){0};
}
