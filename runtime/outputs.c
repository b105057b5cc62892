/* Outputs: an external merge sort over all ranks. */
#include "outputs.h"

#include "../io/commit.h"
#include "../io/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    PATH = 4096,
    ANCHOR_EVERY = 64 * 1024, /* bytes of a segment between two known keys */
    READ_BUFFER = 256 * 1024,
    WRITE_BUFFER = 1024 * 1024,
};

/* In memory and in segments: the two lengths, the key, the rows. */
struct entry_head {
    uint32_t key_len, rows_len;
};

/* A place in a segment: its offset, and how many bytes of rows stand before it. */
struct place {
    uint64_t offset, rows;
};

struct anchor {
    struct place place;
    size_t key; /* offset into anchor_keys */
    uint32_t key_len;
};

struct segment {
    struct anchor *anchors;
    uint32_t n_anchors;
    char *keys;
    size_t keys_used, keys_size;
    struct place end;
};

struct rr_output {
    char path[PATH];
    char *header;
    size_t memory;
    char *bytes;
    size_t used, size;
    uint64_t *index; /* offsets of entries in `bytes` */
    uint64_t n, index_size;
    struct segment *segments;
    uint32_t n_segments;
    const struct rr_comm *comm;
};

struct rr_output *rr_output_create(const struct rr_comm *comm, const char *path,
                                   const char *header, size_t memory)
{
    struct rr_output *o = rr_calloc(1, sizeof *o);
    snprintf(o->path, sizeof o->path, "%s", path);
    o->header = strdup(header);
    o->memory = memory;
    o->comm = comm;
    return o;
}

static void segment_path(const char *path, int rank, uint32_t segment, char out[PATH + 32])
{
    snprintf(out, PATH + 32, "%s.%d.%u", path, rank, segment);
}

void rr_output_destroy(struct rr_output *o)
{
    if (o == NULL)
        return;
    for (uint32_t s = 0; s < o->n_segments; s++) {
        char path[PATH + 32];
        segment_path(o->path, o->comm->rank, s, path);
        unlink(path);
        free(o->segments[s].anchors);
        free(o->segments[s].keys);
    }
    free(o->segments);
    free(o->index);
    free(o->bytes);
    free(o->header);
    free(o);
}

static struct rr_text key_at(const char *bytes, uint64_t offset)
{
    struct entry_head head;
    memcpy(&head, bytes + offset, sizeof head);
    return (struct rr_text){bytes + offset + sizeof head, head.key_len};
}

static int compare_entries(const void *a, const void *b, void *bytes)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    int order = rr_text_compare(key_at(bytes, x), key_at(bytes, y));
    return order ? order : (x > y) - (x < y);
}

static void add_anchor(struct segment *s, struct place place, struct rr_text key)
{
    s->anchors = rr_realloc(s->anchors, (s->n_anchors + 1) * sizeof *s->anchors);
    if (s->keys_used + key.len > s->keys_size) {
        s->keys_size = (s->keys_used + key.len) * 2;
        s->keys = rr_realloc(s->keys, s->keys_size);
    }
    if (key.len > 0)
        memcpy(s->keys + s->keys_used, key.ptr, key.len);
    s->anchors[s->n_anchors++] = (struct anchor){place, s->keys_used, key.len};
    s->keys_used += key.len;
}

static struct rr_text anchor_key(const struct segment *s, uint32_t i)
{
    return (struct rr_text){s->keys + s->anchors[i].key, s->anchors[i].key_len};
}

/* Writes what is in memory, sorted, as a segment. */
static int flush(struct rr_output *o, struct rr_error *err)
{
    if (o->n == 0)
        return 0;
    char path[PATH + 32];
    segment_path(o->path, o->comm->rank, o->n_segments, path);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return rr_fail_errno(err, RR_EXIT_CREATE, path, "create");
    o->segments = rr_realloc(o->segments, (o->n_segments + 1) * sizeof *o->segments);
    struct segment *s = &o->segments[o->n_segments++];
    *s = (struct segment){0};
    qsort_r(o->index, o->n, sizeof *o->index, compare_entries, o->bytes);
    char *buffer = rr_malloc(WRITE_BUFFER);
    size_t used = 0;
    uint64_t next_anchor = 0;
    int result = 0;
    for (uint64_t i = 0; i < o->n && result == 0; i++) {
        const char *entry = o->bytes + o->index[i];
        struct entry_head head;
        memcpy(&head, entry, sizeof head);
        size_t len = sizeof head + head.key_len + head.rows_len;
        if (s->end.offset >= next_anchor) {
            add_anchor(s, s->end, key_at(o->bytes, o->index[i]));
            next_anchor = s->end.offset + ANCHOR_EVERY;
        }
        if (used + len > WRITE_BUFFER) {
            result = rr_write_all(fd, buffer, used, path, err);
            used = 0;
        }
        if (len > WRITE_BUFFER && result == 0) {
            result = rr_write_all(fd, entry, len, path, err);
        } else {
            memcpy(buffer + used, entry, len);
            used += len;
        }
        s->end.offset += len;
        s->end.rows += head.rows_len;
    }
    if (result == 0)
        result = rr_write_all(fd, buffer, used, path, err);
    free(buffer);
    close(fd);
    o->n = 0;
    o->used = 0;
    return result;
}

int rr_output_add(struct rr_output *o, struct rr_text key, struct rr_text rows,
                  struct rr_error *err)
{
    struct entry_head head = {key.len, rows.len};
    size_t len = sizeof head + key.len + rows.len;
    if (o->used + len > o->memory && flush(o, err) != 0)
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
    o->index[o->n++] = o->used;
    o->used += len;
    return 0;
}

/* A segment of any rank, read in order. */
struct cursor {
    int fd;
    char path[PATH + 32];
    uint64_t next, end; /* offsets in the file */
    char *buffer;
    size_t size, at, filled;
    bool alive;
    struct rr_text key, rows;
};

static int open_cursor(struct cursor *c, const char *path, uint64_t from, uint64_t to,
                       struct rr_error *err)
{
    *c = (struct cursor){.fd = -1, .next = from, .end = to};
    snprintf(c->path, sizeof c->path, "%s", path);
    c->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (c->fd < 0)
        return rr_fail_errno(err, RR_EXIT_IO, path, "open");
    c->size = READ_BUFFER;
    c->buffer = rr_malloc(c->size);
    return 0;
}

static void close_cursor(struct cursor *c)
{
    if (c->fd >= 0)
        close(c->fd);
    free(c->buffer);
}

/* Makes `len` bytes available at c->at. */
static int fill(struct cursor *c, size_t len, struct rr_error *err)
{
    if (c->filled - c->at >= len)
        return 0;
    memmove(c->buffer, c->buffer + c->at, c->filled - c->at);
    c->filled -= c->at;
    c->at = 0;
    if (len > c->size) {
        c->size = len * 2;
        c->buffer = rr_realloc(c->buffer, c->size);
    }
    while (c->filled < len) {
        uint64_t left = c->end - c->next;
        size_t want = c->size - c->filled < left ? c->size - c->filled : (size_t)left;
        ssize_t n = want ? pread(c->fd, c->buffer + c->filled, want, (off_t)c->next) : 0;
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return rr_fail_errno(err, RR_EXIT_IO, c->path, "read");
        c->filled += (size_t)n;
        c->next += (uint64_t)n;
    }
    return 0;
}

/* 1 and the next entry in c->key and c->rows, 0 at the end, -1 on error. */
static int advance(struct cursor *c, struct rr_error *err)
{
    struct entry_head head;
    c->alive = false;
    if (c->at == c->filled && c->next == c->end)
        return 0;
    if (fill(c, sizeof head, err) != 0)
        return -1;
    memcpy(&head, c->buffer + c->at, sizeof head);
    size_t len = sizeof head + head.key_len + head.rows_len;
    if (fill(c, len, err) != 0)
        return -1;
    c->key = (struct rr_text){c->buffer + c->at + sizeof head, head.key_len};
    c->rows = (struct rr_text){c->key.ptr + head.key_len, head.rows_len};
    c->at += len;
    c->alive = true;
    return 1;
}

/* The place of the first entry of an own segment whose key is not below `key`. */
static int lower_bound(const struct rr_output *o, uint32_t i, struct rr_text key,
                       struct place *place, struct rr_error *err)
{
    const struct segment *s = &o->segments[i];
    uint32_t low = 0, high = s->n_anchors; /* the last anchor below the key is before `high` */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (rr_text_compare(anchor_key(s, middle), key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *place = low > 0 ? s->anchors[low - 1].place : (struct place){0, 0};
    char path[PATH + 32];
    struct cursor c;
    segment_path(o->path, o->comm->rank, i, path);
    int got = open_cursor(&c, path, place->offset, s->end.offset, err);
    while (got == 0 && (got = advance(&c, err)) == 1 && rr_text_compare(c.key, key) < 0) {
        place->offset += sizeof(struct entry_head) + c.key.len + c.rows.len;
        place->rows += c.rows.len;
        got = 0;
    }
    close_cursor(&c);
    return got < 0 ? -1 : 0;
}

static int compare_texts(const void *a, const void *b)
{
    return rr_text_compare(*(const struct rr_text *)a, *(const struct rr_text *)b);
}

/* Collective. size - 1 keys that cut what all ranks hold into about equal parts. They are views into
 * `*memory`. */
static uint32_t choose_splitters(const struct rr_output *o, struct rr_text *splitter,
                                 char **memory)
{
    const struct rr_comm *comm = o->comm;
    char *mine = NULL;
    size_t used = 0, total;
    uint32_t n = 0;
    for (uint32_t s = 0; s < o->n_segments; s++)
        for (uint32_t a = 0; a < o->segments[s].n_anchors; a++) {
            struct rr_text key = anchor_key(&o->segments[s], a);
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
                       uint32_t n, struct place *places, struct rr_error *err)
{
    places[0] = (struct place){0, 0};
    for (uint32_t r = 0; r < n; r++)
        if (lower_bound(o, i, splitter[r], &places[r + 1], err) != 0)
            return -1;
    places[n + 1] = o->segments[i].end;
    return 0;
}

/* One merged range on its way into the final file. */
struct sink {
    int fd;
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

static int merge(struct cursor *cursors, uint32_t n, struct sink *sink, struct rr_error *err)
{
    for (uint32_t i = 0; i < n; i++)
        if (advance(&cursors[i], err) < 0)
            return -1;
    for (;;) {
        struct cursor *least = NULL;
        for (uint32_t i = 0; i < n; i++)
            if (cursors[i].alive &&
                (least == NULL || rr_text_compare(cursors[i].key, least->key) < 0))
                least = &cursors[i];
        if (least == NULL)
            return sink_flush(sink, err);
        if (sink_put(sink, least->rows, err) != 0 || advance(least, err) < 0)
            return -1;
    }
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

static const struct place *cut_places(const struct cuts *cuts, uint32_t i, struct cut_head *head)
{
    const char *at = cuts->bytes + i * cuts->stride;
    memcpy(head, at, sizeof *head);
    return (const struct place *)(const void *)(at + sizeof *head);
}

/* Collective. */
static int gather_cuts(const struct rr_output *o, struct cuts *cuts, struct rr_error *err)
{
    const struct rr_comm *comm = o->comm;
    uint32_t parts = (uint32_t)comm->size;
    struct rr_text *splitter = rr_calloc(parts, sizeof *splitter);
    char *memory = NULL;
    uint32_t n = choose_splitters(o, splitter, &memory);
    cuts->stride = sizeof(struct cut_head) + (parts + 1) * sizeof(struct place);
    char *mine = rr_calloc(o->n_segments, cuts->stride);
    int result = 0;
    for (uint32_t s = 0; s < o->n_segments && result == 0; s++) {
        struct cut_head head = {(uint32_t)comm->rank, s};
        char *at = mine + s * cuts->stride;
        memcpy(at, &head, sizeof head);
        result = cut_segment(o, s, splitter, n, (struct place *)(void *)(at + sizeof head), err);
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

static int write_range(const struct rr_output *o, const struct cuts *cuts, int rank, int fd,
                       struct rr_error *err)
{
    struct cursor *cursors = rr_calloc(cuts->n, sizeof *cursors);
    uint32_t n = 0;
    int result = 0;
    for (uint32_t i = 0; i < cuts->n && result == 0; i++) {
        struct cut_head head;
        const struct place *places = cut_places(cuts, i, &head);
        char path[PATH + 32];
        if (places[rank].offset == places[rank + 1].offset)
            continue;
        segment_path(o->path, (int)head.rank, head.segment, path);
        result = open_cursor(&cursors[n++], path, places[rank].offset, places[rank + 1].offset,
                             err);
    }
    struct sink sink = {.fd = fd,
                        .path = o->path,
                        .offset = strlen(o->header) + rows_before(cuts, rank),
                        .buffer = rr_malloc(WRITE_BUFFER)};
    if (result == 0)
        result = merge(cursors, n, &sink, err);
    for (uint32_t i = 0; i < n; i++)
        close_cursor(&cursors[i]);
    free(cursors);
    free(sink.buffer);
    return result;
}

static int write_final(const struct rr_output *o, const struct cuts *cuts, struct rr_error *err)
{
    int fd = open(o->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0)
        return rr_fail_errno(err, RR_EXIT_CREATE, o->path, "create");
    int result = 0;
    if (o->comm->rank == 0)
        result = rr_pwrite_all(fd, o->header, strlen(o->header), 0, o->path, err);
    if (result == 0)
        result = write_range(o, cuts, o->comm->rank, fd, err);
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
    int result = gather_cuts(o, &cuts, err);
    if (result == 0)
        result = rr_agree(comm, write_final(o, &cuts, err), err);
    if (result == 0)
        result = rr_agree(
            comm, comm->rank == 0 ? rr_digest_file(o->path, bytes, digest, err) : 0, err);
    free(cuts.bytes);
    return result;
}
