/* Reading a CSV file in parts. */
#include "row_file.h"

#include "../io/memory.h"
#include "../io/stream.h"
#include "file_parts.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Fuzzers are built with fewer, so that small files have several blocks. */
#ifndef RR_ROW_BLOCK_BYTES
#define RR_ROW_BLOCK_BYTES (256 * 1024)
#endif

enum { BLOCK = RR_ROW_BLOCK_BYTES };
#define NONE UINT64_MAX

/* ---- where parts begin ---- */

/* What a rank says of its range. */
struct range_facts {
    uint64_t quotes, lines;
};

static int find_size(const char *path, uint64_t *size, struct rr_error *err)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return rr_fail_errno(err, RR_EXIT_INPUT, path, "open");
    if (!S_ISREG(st.st_mode))
        return rr_fail(err, RR_EXIT_INPUT, "%s: this is not a file; name one", path);
    *size = (uint64_t)st.st_size;
    return 0;
}

static struct rr_stream *open_at(const char *path, bool packed, uint64_t from, struct rr_error *err)
{
    struct rr_stored stored = {.path = path, .zstd = packed};
    return rr_stream_open(&stored, from, false, err);
}

/* Reads [begin, end) piece by piece; `see` returns false when it has seen enough. */
static int scan(const char *path, uint64_t begin, uint64_t end,
                bool (*see)(void *self, const char *bytes, size_t len), void *self,
                struct rr_error *err)
{
    struct rr_stream *stream = open_at(path, false, begin, err);
    if (stream == NULL)
        return -1;
    char *bytes = rr_malloc(BLOCK);
    int result = 0;
    for (uint64_t at = begin; at < end && result == 0;) {
        size_t room = end - at < BLOCK ? (size_t)(end - at) : BLOCK, got;
        result = rr_stream_read(stream, bytes, room, &got, err);
        if (result == 0 && got < room)
            result = rr_fail(err, RR_EXIT_IO, "%s: it shrank while it was read; try again", path);
        if (result == 0 && !see(self, bytes, got))
            break;
        at += room;
    }
    free(bytes);
    rr_stream_close(stream);
    return result;
}

/* How often a byte occurs: counted in bytes, which compilers make vectors of. */
static size_t count_of(char byte, const char *bytes, size_t len)
{
    enum { PIECE = 255 };
    size_t n = 0;
    for (size_t at = 0; at < len; at += PIECE) {
        size_t end = len - at < PIECE ? len : at + PIECE;
        uint8_t some = 0;
        for (size_t i = at; i < end; i++)
            some = (uint8_t)(some + (bytes[i] == byte));
        n += some;
    }
    return n;
}

static bool count(void *self, const char *bytes, size_t len)
{
    struct range_facts *facts = self;
    facts->quotes += count_of('"', bytes, len);
    facts->lines += count_of('\n', bytes, len);
    return true;
}

/* The way to the first record of a range: it begins after a line end outside of quotes. */
struct search {
    uint64_t at; /* offset */
    int line;
    bool quoted, found;
};

static bool look(void *self, const char *bytes, size_t len)
{
    struct search *s = self;
    for (size_t i = 0; i < len && !s->found; i++, s->at++) {
        s->quoted ^= bytes[i] == '"';
        s->line += bytes[i] == '\n';
        s->found = bytes[i] == '\n' && !s->quoted;
    }
    return !s->found;
}

static bool keep_last(void *self, const char *bytes, size_t len)
{
    *(char *)self = bytes[len - 1];
    return true;
}

/* The first record of this rank's range, if one begins in it. */
static int find_start(const char *path, uint64_t begin, uint64_t end, struct search *search,
                      struct rr_error *err)
{
    char before = '\n'; /* what stands before a file */
    if (begin > 0 && scan(path, begin - 1, begin, keep_last, &before, err) != 0)
        return -1;
    search->found = before == '\n' && !search->quoted && begin < end;
    return search->found ? 0 : scan(path, begin, end, look, search, err);
}

/* Collective. What stands before this rank's range, whose first byte is at `begin`. */
static int look_before(const struct rr_comm *comm, const char *path, uint64_t begin, uint64_t end,
                       struct search *search, struct rr_error *err)
{
    struct range_facts mine = {0};
    struct range_facts *facts = rr_malloc((size_t)comm->size * sizeof *facts);
    int result = rr_agree(comm, scan(path, begin, end, count, &mine, err), err);
    rr_comm_allgather(comm, &mine, facts, sizeof mine);
    *search = (struct search){.at = begin, .line = 1};
    for (int i = 0; i < comm->rank; i++) {
        search->quoted ^= facts[i].quotes % 2 != 0;
        search->line += (int)facts[i].lines;
    }
    free(facts);
    return result;
}

/* Collective. */
static int cut_plain(const struct rr_comm *comm, struct rr_row_file *file, uint64_t size,
                     struct rr_error *err)
{
    uint64_t rank = (uint64_t)comm->rank, ranks = (uint64_t)comm->size;
    uint64_t begin = size * rank / ranks, end = size * (rank + 1) / ranks, start = 0;
    uint64_t *starts = rr_malloc((ranks + 1) * sizeof *starts);
    struct search search;
    int result = look_before(comm, file->path, begin, end, &search, err);
    if (result == 0)
        result = rank == 0 ? 0 : find_start(file->path, begin, end, &search, err);
    if (rank > 0)
        start = search.found && search.at < end ? search.at : NONE;
    result = rr_agree(comm, result, err);
    rr_comm_allgather(comm, &start, starts, sizeof start);
    starts[ranks] = size;
    for (uint64_t i = ranks; i-- > 0;)
        starts[i] = starts[i] == NONE ? starts[i + 1] : starts[i];
    file->begin = starts[rank];
    file->end = starts[rank + 1];
    file->line = search.line;
    free(starts);
    return result;
}

int rr_row_file_cut(const struct rr_comm *comm, const char *path, struct rr_row_file *file,
                    struct rr_error *err)
{
    uint64_t size = 0;
    *file = (struct rr_row_file){.path = path, .packed = rr_file_is_packed(path), .line = 1};
    if (rr_agree(comm, find_size(path, &size, err), err) != 0)
        return -1;
    if (comm->size > 1 && !file->packed)
        return cut_plain(comm, file, size, err);
    if (comm->rank == 0)
        file->end = file->packed ? NONE : size;
    return 0;
}

/* ---- blocks ---- */

struct rr_row_blocks {
    struct rr_stream *stream;
    const char *path;
    uint64_t left; /* bytes of the part that were not read */
    bool ends;     /* the part's end is known */
    char *bytes;
    size_t used, size;
    size_t given; /* bytes that were handed out */
    int line;     /* of the byte behind these */
};

struct rr_row_blocks *rr_row_blocks_open(const struct rr_row_file *file, struct rr_error *err)
{
    struct rr_row_blocks *b = rr_calloc(1, sizeof *b);
    b->path = file->path;
    b->line = file->line;
    b->ends = file->end != NONE;
    b->left = file->end - file->begin;
    b->size = BLOCK;
    b->bytes = rr_malloc(b->size);
    if (b->left == 0)
        return b;
    b->stream = open_at(file->path, file->packed, file->packed ? 0 : file->begin, err);
    if (b->stream == NULL || (file->packed && rr_stream_skip(b->stream, file->begin, err) != 0)) {
        rr_row_blocks_close(b);
        return NULL;
    }
    return b;
}

void rr_row_blocks_close(struct rr_row_blocks *b)
{
    if (b == NULL)
        return;
    rr_stream_close(b->stream);
    free(b->bytes);
    free(b);
}

/* Reads on behind what is there. */
static int fill(struct rr_row_blocks *b, struct rr_error *err)
{
    if (b->used == b->size) {
        b->size *= 2; /* one record is longer than a block */
        b->bytes = rr_realloc(b->bytes, b->size);
    }
    size_t room = b->size - b->used, got = 0;
    room = b->left < room ? (size_t)b->left : room;
    if (room > 0 && rr_stream_read(b->stream, b->bytes + b->used, room, &got, err) != 0)
        return -1;
    if (got < room && b->ends)
        return rr_fail(err, RR_EXIT_IO, "%s: it shrank while it was read; try again", b->path);
    b->used += got;
    b->left = got < room ? 0 : b->left - got;
    return 0;
}

/* The same without quotes: every line is a record. */
static size_t whole_lines(const struct rr_row_blocks *b, int *lines)
{
    const char *last = b->used > 0 ? memrchr(b->bytes, '\n', b->used) : NULL;
    size_t end = b->left == 0 ? b->used : last ? (size_t)(last + 1 - b->bytes) : 0;
    *lines = (int)count_of('\n', b->bytes, end);
    return end;
}

/* How many bytes at the front are whole records, and their lines; all of them at the end of the part. */
static size_t whole_records(const struct rr_row_blocks *b, int *lines)
{
    if (memchr(b->bytes, '"', b->used) == NULL)
        return whole_lines(b, lines);
    size_t end = 0;
    bool quoted = false;
    int n = 0;
    *lines = 0;
    for (size_t i = 0; i < b->used; i++) {
        quoted ^= b->bytes[i] == '"';
        if (b->bytes[i] != '\n')
            continue;
        n++;
        if (quoted)
            continue;
        end = i + 1;
        *lines = n;
    }
    if (b->left > 0)
        return end;
    *lines = n;
    return b->used;
}

int rr_row_blocks_next(struct rr_row_blocks *b, struct rr_text *rows, int *line,
                       struct rr_error *err)
{
    int lines;
    memmove(b->bytes, b->bytes + b->given, b->used - b->given);
    b->used -= b->given;
    b->given = 0;
    do {
        if (b->left > 0 && fill(b, err) != 0)
            return -1;
        b->given = whole_records(b, &lines);
    } while (b->given == 0 && b->left > 0);
    *rows = (struct rr_text){b->bytes, (uint32_t)b->given};
    *line = b->line;
    b->line += lines;
    return b->given > 0;
}
