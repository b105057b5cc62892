/* Segments: writing, finding a key, reading in order. */
#include "segment.h"

#include "../io/commit.h"
#include "../io/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum {
    ANCHOR_EVERY = 64 * 1024, /* bytes between two known keys */
    WRITE_BUFFER = 256 * 1024,
};

static void add_anchor(struct rr_segment *s, struct rr_text key)
{
    if (s->n_anchors == s->anchors_size) {
        s->anchors_size = s->anchors_size ? 2 * s->anchors_size : 16;
        s->anchors = rr_realloc(s->anchors, s->anchors_size * sizeof *s->anchors);
    }
    if (s->keys_used + key.len > s->keys_size) {
        s->keys_size = (s->keys_used + key.len) * 2;
        s->keys = rr_realloc(s->keys, s->keys_size);
    }
    if (key.len > 0)
        memcpy(s->keys + s->keys_used, key.ptr, key.len);
    s->anchors[s->n_anchors++] = (struct rr_anchor){s->end, s->keys_used, key.len};
    s->keys_used += key.len;
    s->next_anchor = s->end.offset + ANCHOR_EVERY;
}

struct rr_text rr_segment_anchor_key(const struct rr_segment *s, uint32_t i)
{
    return (struct rr_text){s->keys + s->anchors[i].key, s->anchors[i].key_len};
}

int rr_segment_create(struct rr_segment *s, const char *path, struct rr_error *err)
{
    *s = (struct rr_segment){0};
    snprintf(s->path, sizeof s->path, "%s", path);
    s->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (s->fd < 0)
        return rr_fail_errno(err, RR_EXIT_CREATE, path, "create");
    s->buffer = rr_malloc(WRITE_BUFFER);
    return 0;
}

static int flush(struct rr_segment *s, struct rr_error *err)
{
    size_t used = s->used;
    s->used = 0;
    return rr_write_all(s->fd, s->buffer, used, s->path, err);
}

static int put_bytes(struct rr_segment *s, const void *bytes, size_t len, struct rr_error *err)
{
    s->end.offset += len;
    if (s->used + len > WRITE_BUFFER && flush(s, err) != 0)
        return -1;
    if (len > WRITE_BUFFER)
        return rr_write_all(s->fd, bytes, len, s->path, err);
    if (len > 0)
        memcpy(s->buffer + s->used, bytes, len);
    s->used += len;
    return 0;
}

int rr_segment_put(struct rr_segment *s, struct rr_text key, struct rr_text rows,
                   struct rr_error *err)
{
    struct rr_entry_head head = {key.len, rows.len};
    if (s->end.offset >= s->next_anchor)
        add_anchor(s, key);
    s->end.rows += rows.len;
    if (put_bytes(s, &head, sizeof head, err) != 0 || put_bytes(s, key.ptr, key.len, err) != 0)
        return -1;
    return put_bytes(s, rows.ptr, rows.len, err);
}

static void close_file(struct rr_segment *s)
{
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
    free(s->buffer);
    s->buffer = NULL;
}

int rr_segment_end(struct rr_segment *s, struct rr_error *err)
{
    int result = flush(s, err);
    close_file(s);
    return result;
}

void rr_segment_fini(struct rr_segment *s)
{
    close_file(s);
    unlink(s->path);
    free(s->anchors);
    free(s->keys);
}

int rr_cursor_open(struct rr_cursor *c, const char *path, uint64_t from, uint64_t to, size_t buffer,
                   struct rr_error *err)
{
    *c = (struct rr_cursor){.fd = -1, .next = from, .end = to};
    snprintf(c->path, sizeof c->path, "%s", path);
    c->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (c->fd < 0)
        return rr_fail_errno(err, RR_EXIT_IO, path, "open");
    c->size = buffer;
    c->buffer = rr_malloc(c->size);
    return 0;
}

void rr_cursor_close(struct rr_cursor *c)
{
    if (c->fd >= 0)
        close(c->fd);
    free(c->buffer);
}

/* Makes `len` bytes available at c->at. */
static int fill(struct rr_cursor *c, size_t len, struct rr_error *err)
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

int rr_cursor_advance(struct rr_cursor *c, struct rr_error *err)
{
    struct rr_entry_head head;
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

int rr_segment_lower_bound(const struct rr_segment *s, struct rr_text key, struct rr_place *place,
                           struct rr_error *err)
{
    uint32_t low = 0, high = s->n_anchors; /* the last anchor below the key is before `high` */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (rr_text_compare(rr_segment_anchor_key(s, middle), key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *place = low > 0 ? s->anchors[low - 1].place : (struct rr_place){0, 0};
    struct rr_cursor c;
    int got = rr_cursor_open(&c, s->path, place->offset, s->end.offset, ANCHOR_EVERY, err);
    while (got == 0 && (got = rr_cursor_advance(&c, err)) == 1 && rr_text_compare(c.key, key) < 0) {
        place->offset += sizeof(struct rr_entry_head) + c.key.len + c.rows.len;
        place->rows += c.rows.len;
        got = 0;
    }
    rr_cursor_close(&c);
    return got < 0 ? -1 : 0;
}
