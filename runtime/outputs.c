/* Outputs: pairs, written to one file by all ranks. */
#include "outputs.h"

#include "../io/commit.h"
#include "../io/line.h"
#include "../io/memory.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PATH = 4096, WRITE_BUFFER = 1024 * 1024 };

struct rr_output {
    char path[PATH];
    char *header;
    struct rr_pairs *pairs;
    bool takes_away; /* some of this rank's keys have no rows */
    const struct rr_output_blend *blend;
    size_t memory;
    /* This rank's range, where it was measured and fits: room for `memory` bytes. Else NULL. */
    char *kept;
    size_t n_kept;
    const struct rr_comm *comm;
};

struct rr_output *rr_output_create(const struct rr_comm *comm, const char *path, const char *header,
                                   size_t memory)
{
    struct rr_output *o = rr_calloc(1, sizeof *o);
    snprintf(o->path, sizeof o->path, "%s", path);
    o->header = strdup(header);
    o->pairs = rr_pairs_create(comm, path, memory);
    o->comm = comm;
    o->memory = memory;
    return o;
}

/* Address space, which becomes memory as it is written to; in large pages, as it is written once, to its end. */
static void reserve_kept(struct rr_output *o)
{
    o->kept = mmap(NULL, o->memory, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    o->n_kept = 0;
    if (o->kept == MAP_FAILED)
        o->kept = NULL;
    else
        madvise(o->kept, o->memory, MADV_HUGEPAGE);
}

static void drop_kept(struct rr_output *o)
{
    if (o->kept)
        munmap(o->kept, o->memory);
    o->kept = NULL;
}

void rr_output_destroy(struct rr_output *o)
{
    if (o == NULL)
        return;
    rr_pairs_destroy(o->pairs);
    drop_kept(o);
    free(o->header);
    free(o);
}

int rr_output_add(struct rr_output *o, struct rr_text key, struct rr_text rows,
                  struct rr_error *err)
{
    o->takes_away |= rows.len == 0;
    return rr_pairs_add(o->pairs, key, rows, err);
}

/* One range on its way into the final file. */
struct rr_output_sink {
    struct rr_output
        *measured; /* the range is only measured, and kept if it fits; NULL: it is written */
    int fd;
    const char *path;
    uint64_t offset;
    char *buffer;
    size_t used;
};

static int sink_flush(struct rr_output_sink *s, struct rr_error *err)
{
    int result = rr_pwrite_all(s->fd, s->buffer, s->used, s->offset, s->path, err);
    rr_start_writeback(s->fd, s->offset, s->used);
    s->offset += s->used;
    s->used = 0;
    return result;
}

static int measure(struct rr_output_sink *s, struct rr_text rows)
{
    struct rr_output *o = s->measured;
    s->offset += rows.len;
    if (s->offset > o->memory) {
        drop_kept(o);
    } else if (o->kept) {
        memcpy(o->kept + o->n_kept, rows.ptr, rows.len);
        o->n_kept += rows.len;
    }
    return 0;
}

int rr_output_put(struct rr_output_sink *s, struct rr_text rows, struct rr_error *err)
{
    if (s->measured)
        return measure(s, rows);
    while (rows.len > 0) {
        if (s->used == WRITE_BUFFER && sink_flush(s, err) != 0)
            return -1;
        size_t room = WRITE_BUFFER - s->used;
        uint32_t take = rows.len < room ? rows.len : (uint32_t)room;
        memcpy(s->buffer + s->used, rows.ptr, take);
        s->used += take;
        rows.ptr += take;
        rows.len -= take;
    }
    return 0;
}

/* Pairs without rows come first of their key: `gone` is the key taken away last. */
static int put_left(struct rr_pairs *pairs, struct rr_line *gone, struct rr_output_sink *sink,
                    struct rr_error *err)
{
    struct rr_text key, rows;
    int got;
    while ((got = rr_pairs_next(pairs, &key, &rows, err)) > 0) {
        if (rows.len == 0) {
            rr_line_clear(gone);
            rr_line_put(gone, key.ptr, key.len);
        } else if ((gone->used == 0 || !rr_text_equal(rr_line_text(gone), key)) &&
                   rr_output_put(sink, rows, err) != 0) {
            return -1;
        }
    }
    return got;
}

static int put_added(const struct rr_output *o, struct rr_output_sink *sink, struct rr_error *err)
{
    struct rr_line gone = {0};
    int result = put_left(o->pairs, &gone, sink, err);
    rr_line_fini(&gone);
    return result;
}

/* Puts this rank's range into the sink. */
static int put_range(const struct rr_output *o, struct rr_output_sink *sink, struct rr_error *err)
{
    const struct rr_output_blend *blend = o->blend;
    return blend ? blend->put(blend->self, o->pairs, sink, err) : put_added(o, sink, err);
}

static int measure_range(struct rr_output *o, uint64_t *bytes, struct rr_error *err)
{
    struct rr_output_sink measured = {.measured = o};
    reserve_kept(o);
    int result = put_range(o, &measured, err);
    *bytes = measured.offset;
    return result == 0 ? rr_pairs_rewind(o->pairs, err) : -1;
}

/* Collective. Where this rank's range begins in the final file, behind the header. Where rows are blended or
 * taken away, ranges must be merged to know how long they are. */
static int find_place(struct rr_output *o, uint64_t *place, struct rr_error *err)
{
    uint64_t mine;
    *place = rr_pairs_rows_before(o->pairs);
    if (o->comm->size == 1 || (o->blend == NULL && rr_comm_max(o->comm, o->takes_away) == 0))
        return 0;
    if (rr_agree(o->comm, measure_range(o, &mine, err), err) != 0)
        return -1;
    uint64_t *all = rr_malloc((size_t)o->comm->size * sizeof *all);
    rr_comm_allgather(o->comm, &mine, all, sizeof mine);
    *place = 0;
    for (int r = 0; r < o->comm->rank; r++)
        *place += all[r];
    free(all);
    return 0;
}

static int write_range(const struct rr_output *o, uint64_t place, int fd, struct rr_error *err)
{
    struct rr_output_sink sink = {.fd = fd,
                                  .path = o->path,
                                  .offset = strlen(o->header) + place,
                                  .buffer = rr_malloc(WRITE_BUFFER)};
    int result = put_range(o, &sink, err);
    if (result == 0)
        result = sink_flush(&sink, err);
    free(sink.buffer);
    return result;
}

static int write_kept(const struct rr_output *o, uint64_t place, int fd, struct rr_error *err)
{
    uint64_t begin = strlen(o->header) + place;
    for (size_t at = 0; at < o->n_kept; at += WRITE_BUFFER) {
        size_t left = o->n_kept - at, len = left < WRITE_BUFFER ? left : WRITE_BUFFER;
        if (rr_pwrite_all(fd, o->kept + at, len, begin + at, o->path, err) != 0)
            return -1;
        rr_start_writeback(fd, begin + at, len);
    }
    return 0;
}

static int write_final(const struct rr_output *o, uint64_t place, struct rr_error *err)
{
    int fd = open(o->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0)
        return rr_fail_errno(err, RR_EXIT_CREATE, o->path, "create");
    int result = 0;
    if (o->comm->rank == 0)
        result = rr_pwrite_all(fd, o->header, strlen(o->header), 0, o->path, err);
    if (result == 0)
        result = (o->kept ? write_kept : write_range)(o, place, fd, err);
    if (result == 0 && fsync(fd) != 0)
        result = rr_fail_errno(err, RR_EXIT_IO, o->path, "fsync");
    if (close(fd) != 0 && result == 0)
        result = rr_fail_errno(err, RR_EXIT_IO, o->path, "close");
    return result;
}

int rr_output_finish(struct rr_output *o, const struct rr_output_blend *blend, uint64_t *bytes,
                     struct rr_digest *digest, struct rr_error *err)
{
    const struct rr_comm *comm = o->comm;
    uint64_t place;
    o->blend = blend;
    if (rr_pairs_exchange(o->pairs, blend ? blend->splitter : NULL, err) != 0 ||
        find_place(o, &place, err) != 0)
        return -1;
    int result = rr_agree(comm, write_final(o, place, err), err);
    if (result == 0)
        result =
            rr_agree(comm, comm->rank == 0 ? rr_digest_file(o->path, bytes, digest, err) : 0, err);
    return result;
}
