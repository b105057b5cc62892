/* Recording and playing cells. */
#include "cell_tape.h"

#include "../io/commit.h"
#include "../io/memory.h"
#include "cell_code.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Cells behind each other, in pieces of whole cells: those in the file, then one in memory. In the file its
 * length stands before each piece. */
struct rr_cell_tape {
    const struct rr_job *job;
    char *path;
    size_t memory;
    int fd;              /* -1: no file yet */
    uint64_t written;    /* of the file */
    struct rr_line last; /* the piece in memory */
    /* While it is played. */
    uint64_t read;        /* of the file */
    bool at_last;         /* the piece in hand is the one in memory */
    struct rr_line piece; /* from the file */
    struct rr_text left;  /* of the piece in hand */
    uint64_t state[RR_STATE_WORDS];
};

struct rr_cell_tape *rr_cell_tape_create(const struct rr_job *job, const char *path, size_t memory)
{
    struct rr_cell_tape *t = rr_calloc(1, sizeof *t);
    t->job = job;
    t->path = strdup(path);
    rr_check(t->path != NULL, "no memory for a path");
    t->memory = memory;
    t->fd = -1;
    return t;
}

void rr_cell_tape_destroy(struct rr_cell_tape *t)
{
    if (t == NULL)
        return;
    if (t->fd >= 0)
        close(t->fd);
    rr_line_fini(&t->last);
    rr_line_fini(&t->piece);
    free(t->path);
    free(t);
}

static int open_file(struct rr_cell_tape *t, struct rr_error *err)
{
    if (t->fd >= 0)
        return 0;
    t->fd = open(t->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (t->fd < 0)
        return rr_fail_errno(err, RR_EXIT_CREATE, t->path, "create");
    unlink(t->path);
    return 0;
}

/* Moves the piece in memory to the file. */
static int spill(struct rr_cell_tape *t, struct rr_error *err)
{
    uint64_t len = t->last.used;
    if (open_file(t, err) != 0 ||
        rr_pwrite_all(t->fd, &len, sizeof len, t->written, t->path, err) != 0 ||
        rr_pwrite_all(t->fd, t->last.bytes, len, t->written + sizeof len, t->path, err) != 0)
        return -1;
    t->written += sizeof len + len;
    rr_line_clear(&t->last);
    return 0;
}

int rr_cell_tape_record(struct rr_cell_tape *t, struct rr_cells *cells, struct rr_error *err)
{
    struct rr_cell cell;
    int got;
    rr_line_clear(&t->last);
    t->written = 0;
    while ((got = cells->next(cells->self, &cell, err)) > 0)
        if (rr_cell_encode(t->job, &cell, &t->last, err) != 0 ||
            (t->last.used > t->memory && spill(t, err) != 0))
            return -1;
    return got;
}

static int read_all(struct rr_cell_tape *t, void *into, size_t len, struct rr_error *err)
{
    char *to = into;
    for (size_t at = 0; at < len;) {
        ssize_t n = pread(t->fd, to + at, len - at, (off_t)(t->read + at));
        if (n < 0)
            return rr_fail_errno(err, RR_EXIT_IO, t->path, "read");
        if (n == 0)
            return rr_fail(err, RR_EXIT_IO, "%s: it is shorter than it was written", t->path);
        at += (size_t)n;
    }
    t->read += len;
    return 0;
}

/* Takes the next piece in hand: 1, 0 behind the last. */
static int next_piece(struct rr_cell_tape *t, struct rr_error *err)
{
    uint64_t len;
    if (t->at_last)
        return 0;
    t->at_last = t->read == t->written;
    if (t->at_last) {
        t->left = rr_line_text(&t->last);
        return 1;
    }
    rr_line_clear(&t->piece);
    if (read_all(t, &len, sizeof len, err) != 0 ||
        read_all(t, rr_line_room(&t->piece, len), len, err) != 0)
        return -1;
    t->piece.used = len;
    t->left = rr_line_text(&t->piece);
    return 1;
}

static int next_cell(void *self, struct rr_cell *cell, struct rr_error *err)
{
    struct rr_cell_tape *t = self;
    while (t->left.len == 0) {
        int got = next_piece(t, err);
        if (got <= 0)
            return got;
    }
    rr_cell_decode(t->job, &t->left, t->state, cell);
    return 1;
}

struct rr_cells rr_cell_tape_play(struct rr_cell_tape *t)
{
    t->read = 0;
    t->at_last = false;
    t->left = (struct rr_text){0};
    return (struct rr_cells){t, next_cell};
}
