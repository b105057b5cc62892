/* Segments: sorted (key, rows) pairs in a file, on their way to a rank.
 *
 * A segment lives no longer than the run that wrote it; it is neither synced nor digested. The writer
 * remembers a key every so often, so that any key's place is found with one short read.
 */
#ifndef RUNTIME_SEGMENT_H
#define RUNTIME_SEGMENT_H

#include <rerate/error.h>
#include <rerate/text.h>

enum { RR_SEGMENT_PATH = 4096 + 32 };

/* What stands before each pair, in memory and in segments: then the key, then the rows. */
struct rr_entry_head {
    uint32_t key_len, rows_len;
};

static inline struct rr_text rr_entry_key(const char *entry)
{
    struct rr_entry_head head;
    memcpy(&head, entry, sizeof head);
    return (struct rr_text){entry + sizeof head, head.key_len};
}

static inline struct rr_text rr_entry_rows(const char *entry)
{
    struct rr_entry_head head;
    memcpy(&head, entry, sizeof head);
    return (struct rr_text){entry + sizeof head + head.key_len, head.rows_len};
}

/* A place in a segment: its offset, and how many bytes of rows stand before it. */
struct rr_place {
    uint64_t offset, rows;
};

struct rr_anchor {
    struct rr_place place;
    size_t key; /* offset into the keys */
    uint32_t key_len;
};

struct rr_segment {
    char path[RR_SEGMENT_PATH];
    struct rr_anchor *anchors;
    uint32_t n_anchors, anchors_size;
    char *keys; /* of the anchors */
    size_t keys_used, keys_size;
    struct rr_place end;
    uint64_t next_anchor; /* offset */
    int fd;               /* while it is written, as is the buffer */
    char *buffer;
    size_t used;
};

/* Makes an empty segment. It is the caller's to fini, even after an error. */
int rr_segment_create(struct rr_segment *segment, const char *path, struct rr_error *err);

/* Keys rise; pairs of one key stay in their order. */
int rr_segment_put(struct rr_segment *segment, struct rr_text key, struct rr_text rows,
                   struct rr_error *err);

/* Nothing is put after it. */
int rr_segment_end(struct rr_segment *segment, struct rr_error *err);

/* Removes the file and frees the memory. */
void rr_segment_fini(struct rr_segment *segment);

struct rr_text rr_segment_anchor_key(const struct rr_segment *segment, uint32_t i);

/* The place of the first entry whose key is not below `key`. */
int rr_segment_lower_bound(const struct rr_segment *segment, struct rr_text key,
                           struct rr_place *place, struct rr_error *err);

/* A segment of any rank, read in order. */
struct rr_cursor {
    int fd;
    char path[RR_SEGMENT_PATH];
    uint64_t next, end; /* offsets in the file */
    char *buffer;
    size_t size, at, filled;
    bool alive;               /* key and rows hold an entry */
    struct rr_text key, rows; /* valid until the next advance */
};

/* Reads the entries between two places (offsets), `buffer` bytes at a time, or one entry where that is
 * longer. */
int rr_cursor_open(struct rr_cursor *cursor, const char *path, uint64_t from, uint64_t to,
                   size_t buffer, struct rr_error *err);
void rr_cursor_close(struct rr_cursor *cursor);

/* 1 and the next entry, 0 at the end, -1 on error. */
int rr_cursor_advance(struct rr_cursor *cursor, struct rr_error *err);

#endif
