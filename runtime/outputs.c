/* Outputs: an external merge sort over all ranks. */
#include "outputs.h"

#include "../io/commit.h"
#include "../io/line.h"
#include "../io/memory.h"
#include "segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    PATH = 4096,
    WRITE_BUFFER = 1024 * 1024,
    SEGMENT_MIN = 16 * 1024 * 1024, /* bytes */
    SEGMENT_SHARE = 4,
};

struct rr_output {
    char path[PATH];
    char *header;
    size_t memory;
    bool takes_away; /* some of this rank's keys have no rows */
    char *bytes;
    size_t used, size;
    uint64_t flushed; /* bytes in segments */
    uint64_t *index;  /* offsets of entries in `bytes` */
    uint64_t n, index_size;
    struct rr_segment *segments;
    uint32_t n_segments;
    const struct rr_comm *comm;
};

struct rr_output *rr_output_create(const struct rr_comm *comm, const char *path, const char *header,
                                   size_t memory)
{
    struct rr_output *o = rr_calloc(1, sizeof *o);
    snprintf(o->path, sizeof o->path, "%s", path);
    o->header = strdup(header);
    o->memory = memory;
    o->comm = comm;
    return o;
}

static void segment_path(const char *path, int rank, uint32_t segment, char out[RR_SEGMENT_PATH])
{
    snprintf(out, RR_SEGMENT_PATH, "%s.%d.%u", path, rank, segment);
}

void rr_output_destroy(struct rr_output *o)
{
    if (o == NULL)
        return;
    for (uint32_t s = 0; s < o->n_segments; s++)
        rr_segment_fini(&o->segments[s]);
    free(o->segments);
    free(o->index);
    free(o->bytes);
    free(o->header);
    free(o);
}

static int compare_entries(const void *a, const void *b, void *bytes)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    struct rr_entry_head head_x, head_y;
    int order = rr_text_compare(rr_entry_key((const char *)bytes + x),
                                rr_entry_key((const char *)bytes + y));
    if (order != 0)
        return order;
    memcpy(&head_x, (const char *)bytes + x, sizeof head_x);
    memcpy(&head_y, (const char *)bytes + y, sizeof head_y);
    if ((head_x.rows_len == 0) != (head_y.rows_len == 0))
        return head_x.rows_len == 0 ? -1 : 1; /* so that it is known what is taken away */
    return (x > y) - (x < y);
}

/* Writes what is in memory, sorted, as a segment. */
static int flush(struct rr_output *o, struct rr_error *err)
{
    if (o->n == 0)
        return 0;
    char path[RR_SEGMENT_PATH];
    segment_path(o->path, o->comm->rank, o->n_segments, path);
    o->segments = rr_realloc(o->segments, (o->n_segments + 1) * sizeof *o->segments);
    qsort_r(o->index, o->n, sizeof *o->index, compare_entries, o->bytes);
    int result =
        rr_segment_write(&o->segments[o->n_segments++], path, o->bytes, o->index, o->n, err);
    o->flushed += o->used;
    o->n = 0;
    o->used = 0;
    return result;
}

/* Memory that is used again is faster than fresh one, and segments should be few: each is at least a
 * quarter of those before it, until memory is what bounds it. */
static size_t segment_size(const struct rr_output *o)
{
    uint64_t size = o->flushed / SEGMENT_SHARE;
    size = size < SEGMENT_MIN ? SEGMENT_MIN : size;
    return size < o->memory ? (size_t)size : o->memory;
}

int rr_output_add(struct rr_output *o, struct rr_text key, struct rr_text rows,
                  struct rr_error *err)
{
    struct rr_entry_head head = {key.len, rows.len};
    size_t len = sizeof head + key.len + rows.len;
    if (o->used + len > segment_size(o) && flush(o, err) != 0)
        return -1;
    if (o->used + len > o->size) {
        o->size = (o->used + len) * 2;
        o->bytes = rr_realloc(o->bytes, o->size);
    }
    if (o->n == o->index_size) {
        o->index_size = o->index_size ? o->index_size * 2 : 1024;
        o->index = rr_realloc(o->index, o->index_size * sizeof *o->index);
    }
    char *to = o->bytes + o->used;
    memcpy(to, &head, sizeof head);
    if (key.len > 0)
        memcpy(to + sizeof head, key.ptr, key.len);
    if (rows.len > 0)
        memcpy(to + sizeof head + key.len, rows.ptr, rows.len);
    o->takes_away |= rows.len == 0;
    o->index[o->n++] = o->used;
    o->used += len;
    return 0;
}

static int compare_texts(const void *a, const void *b)
{
    return rr_text_compare(*(const struct rr_text *)a, *(const struct rr_text *)b);
}

/* Collective. size - 1 keys that cut what all ranks hold into about equal parts. They are views into
 * `*memory`. */
static uint32_t choose_splitters(const struct rr_output *o, struct rr_text *splitter, char **memory)
{
    const struct rr_comm *comm = o->comm;
    char *mine = NULL;
    size_t used = 0, total;
    uint32_t n = 0;
    for (uint32_t s = 0; s < o->n_segments; s++)
        for (uint32_t a = 0; a < o->segments[s].n_anchors; a++) {
            struct rr_text key = rr_segment_anchor_key(&o->segments[s], a);
            mine = rr_realloc(mine, used + sizeof key.len + key.len);
            memcpy(mine + used, &key.len, sizeof key.len);
            memcpy(mine + used + sizeof key.len, key.ptr, key.len);
            used += sizeof key.len + key.len;
        }
    rr_comm_concat(comm, mine, used, memory, &total, NULL);
    free(mine);
    struct rr_text *all = NULL;
    for (size_t at = 0; at < total; n++) {
        if ((n & (n - 1)) == 0)
            all = rr_realloc(all, (n ? 2 * n : 1) * sizeof *all);
        memcpy(&all[n].len, *memory + at, sizeof all[n].len);
        all[n].ptr = *memory + at + sizeof all[n].len;
        at += sizeof all[n].len + all[n].len;
    }
    uint32_t parts = (uint32_t)comm->size;
    if (n > 0) {
        qsort(all, n, sizeof *all, compare_texts);
        for (uint32_t r = 1; r < parts; r++)
            splitter[r - 1] = all[(uint64_t)n * r / parts];
    }
    free(all);
    return n > 0 ? parts - 1 : 0;
}

/* Where each rank's range begins in one segment; places[size] is its end. */
static int cut_segment(const struct rr_output *o, uint32_t i, const struct rr_text *splitter,
                       uint32_t n, struct rr_place *places, struct rr_error *err)
{
    places[0] = (struct rr_place){0, 0};
    for (uint32_t r = 0; r < n; r++)
        if (rr_segment_lower_bound(&o->segments[i], splitter[r], &places[r + 1], err) != 0)
            return -1;
    places[n + 1] = o->segments[i].end;
    return 0;
}

/* One merged range on its way into the final file. */
struct sink {
    int fd; /* -1: it is only measured */
    const char *path;
    uint64_t offset;
    char *buffer;
    size_t used;
};

static int sink_flush(struct sink *s, struct rr_error *err)
{
    int result = rr_pwrite_all(s->fd, s->buffer, s->used, s->offset, s->path, err);
    rr_start_writeback(s->fd, s->offset, s->used);
    s->offset += s->used;
    s->used = 0;
    return result;
}

static int sink_put(struct sink *s, struct rr_text rows, struct rr_error *err)
{
    if (s->fd < 0) {
        s->offset += rows.len;
        return 0;
    }
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

static bool comes_before(const struct rr_cursor *a, const struct rr_cursor *b)
{
    int order = rr_text_compare(a->key, b->key);
    return order < 0 || (order == 0 && a->rows.len == 0 && b->rows.len > 0);
}

static struct rr_cursor *find_least(struct rr_cursor *cursors, uint32_t n)
{
    struct rr_cursor *least = NULL;
    for (uint32_t i = 0; i < n; i++)
        if (cursors[i].alive && (least == NULL || comes_before(&cursors[i], least)))
            least = &cursors[i];
    return least;
}

/* `gone` is the key taken away last. */
static int merge_entries(struct rr_cursor *cursors, uint32_t n, struct rr_line *gone,
                         struct sink *sink, struct rr_error *err)
{
    for (uint32_t i = 0; i < n; i++)
        if (rr_cursor_advance(&cursors[i], err) < 0)
            return -1;
    for (;;) {
        struct rr_cursor *least = find_least(cursors, n);
        if (least == NULL)
            return sink->fd < 0 ? 0 : sink_flush(sink, err);
        if (least->rows.len == 0) {
            rr_line_clear(gone);
            rr_line_put(gone, least->key.ptr, least->key.len);
        } else if ((gone->used == 0 || !rr_text_equal(rr_line_text(gone), least->key)) &&
                   sink_put(sink, least->rows, err) != 0) {
            return -1;
        }
        if (rr_cursor_advance(least, err) < 0)
            return -1;
    }
}

static int merge(struct rr_cursor *cursors, uint32_t n, struct sink *sink, struct rr_error *err)
{
    struct rr_line gone = {0};
    int result = merge_entries(cursors, n, &gone, sink, err);
    rr_line_fini(&gone);
    return result;
}

/* What every rank knows of all segments: for each its rank, its number and its cuts. */
struct cuts {
    uint32_t n;
    size_t stride; /* bytes */
    char *bytes;
};

struct cut_head {
    uint32_t rank, segment;
};

static const struct rr_place *cut_places(const struct cuts *cuts, uint32_t i, struct cut_head *head)
{
    const char *at = cuts->bytes + i * cuts->stride;
    memcpy(head, at, sizeof *head);
    return (const struct rr_place *)(const void *)(at + sizeof *head);
}

/* Collective. */
static int gather_cuts(const struct rr_output *o, struct cuts *cuts, struct rr_error *err)
{
    const struct rr_comm *comm = o->comm;
    uint32_t parts = (uint32_t)comm->size;
    struct rr_text *splitter = rr_calloc(parts, sizeof *splitter);
    char *memory = NULL;
    uint32_t n = choose_splitters(o, splitter, &memory);
    cuts->stride = sizeof(struct cut_head) + (parts + 1) * sizeof(struct rr_place);
    char *mine = rr_calloc(o->n_segments, cuts->stride);
    int result = 0;
    for (uint32_t s = 0; s < o->n_segments && result == 0; s++) {
        struct cut_head head = {(uint32_t)comm->rank, s};
        char *at = mine + s * cuts->stride;
        memcpy(at, &head, sizeof head);
        result = cut_segment(o, s, splitter, n, (struct rr_place *)(void *)(at + sizeof head), err);
    }
    free(splitter);
    free(memory);
    result = rr_agree(comm, result, err);
    size_t total = 0;
    if (result == 0)
        rr_comm_concat(comm, mine, o->n_segments * cuts->stride, &cuts->bytes, &total, NULL);
    cuts->n = (uint32_t)(total / cuts->stride);
    free(mine);
    return result;
}

/* Bytes of rows in the ranges of ranks below this one. */
static uint64_t rows_before(const struct cuts *cuts, int rank)
{
    uint64_t sum = 0;
    struct cut_head head;
    for (uint32_t i = 0; i < cuts->n; i++)
        sum += cut_places(cuts, i, &head)[rank].rows;
    return sum;
}

/* Merges this rank's range into the sink. */
static int merge_range(const struct rr_output *o, const struct cuts *cuts, struct sink *sink,
                       struct rr_error *err)
{
    int rank = o->comm->rank;
    struct rr_cursor *cursors = rr_calloc(cuts->n, sizeof *cursors);
    uint32_t n = 0;
    int result = 0;
    for (uint32_t i = 0; i < cuts->n && result == 0; i++) {
        struct cut_head head;
        const struct rr_place *places = cut_places(cuts, i, &head);
        char path[RR_SEGMENT_PATH];
        if (places[rank].offset == places[rank + 1].offset)
            continue;
        segment_path(o->path, (int)head.rank, head.segment, path);
        result =
            rr_cursor_open(&cursors[n++], path, places[rank].offset, places[rank + 1].offset, err);
    }
    if (result == 0)
        result = merge(cursors, n, sink, err);
    for (uint32_t i = 0; i < n; i++)
        rr_cursor_close(&cursors[i]);
    free(cursors);
    return result;
}

/* Collective. Where this rank's range begins in the final file, behind the header. Where rows are taken
 * away, ranges must be merged to know how long they are. */
static int find_place(const struct rr_output *o, const struct cuts *cuts, uint64_t *place,
                      struct rr_error *err)
{
    struct sink measured = {.fd = -1};
    *place = rows_before(cuts, o->comm->rank);
    if (rr_comm_max(o->comm, o->takes_away) == 0)
        return 0;
    if (rr_agree(o->comm, merge_range(o, cuts, &measured, err), err) != 0)
        return -1;
    char *all;
    size_t len;
    rr_comm_concat(o->comm, &measured.offset, sizeof measured.offset, &all, &len, NULL);
    *place = 0;
    for (int r = 0; r < o->comm->rank; r++) {
        uint64_t bytes;
        memcpy(&bytes, all + (size_t)r * sizeof bytes, sizeof bytes);
        *place += bytes;
    }
    free(all);
    return 0;
}

static int write_range(const struct rr_output *o, const struct cuts *cuts, uint64_t place, int fd,
                       struct rr_error *err)
{
    struct sink sink = {.fd = fd,
                        .path = o->path,
                        .offset = strlen(o->header) + place,
                        .buffer = rr_malloc(WRITE_BUFFER)};
    int result = merge_range(o, cuts, &sink, err);
    free(sink.buffer);
    return result;
}

static int write_final(const struct rr_output *o, const struct cuts *cuts, uint64_t place,
                       struct rr_error *err)
{
    int fd = open(o->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0)
        return rr_fail_errno(err, RR_EXIT_CREATE, o->path, "create");
    int result = 0;
    if (o->comm->rank == 0)
        result = rr_pwrite_all(fd, o->header, strlen(o->header), 0, o->path, err);
    if (result == 0)
        result = write_range(o, cuts, place, fd, err);
    if (result == 0 && fsync(fd) != 0)
        result = rr_fail_errno(err, RR_EXIT_IO, o->path, "fsync");
    if (close(fd) != 0 && result == 0)
        result = rr_fail_errno(err, RR_EXIT_IO, o->path, "close");
    return result;
}

int rr_output_finish(struct rr_output *o, uint64_t *bytes, struct rr_digest *digest,
                     struct rr_error *err)
{
    const struct rr_comm *comm = o->comm;
    struct cuts cuts = {0};
    if (rr_agree(comm, flush(o, err), err) != 0)
        return -1;
    uint64_t place = 0;
    int result = gather_cuts(o, &cuts, err);
    if (result == 0)
        result = find_place(o, &cuts, &place, err);
    if (result == 0)
        result = rr_agree(comm, write_final(o, &cuts, place, err), err);
    if (result == 0)
        result =
            rr_agree(comm, comm->rank == 0 ? rr_digest_file(o->path, bytes, digest, err) : 0, err);
    free(cuts.bytes);
    return result;
}
