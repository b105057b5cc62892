/* Reading a file in parts. */
#include "file_parts.h"

#include "../io/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NONE UINT64_MAX

/* What a rank says of its range. */
struct range_facts {
    uint64_t quotes, lines;
};

struct range {
    int fd;
    const char *path;
    uint64_t size;       /* of the file */
    uint64_t begin, end; /* of bytes */
    char *bytes;         /* of the range, behind the byte before it */
};

static int read_at(const struct range *r, char *into, size_t len, uint64_t offset,
                   struct rr_error *err)
{
    for (size_t at = 0; at < len;) {
        ssize_t n = pread(r->fd, into + at, len - at, (off_t)(offset + at));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return rr_fail_errno(err, RR_EXIT_IO, r->path, "read");
        if (n == 0)
            return rr_fail(err, RR_EXIT_IO, "%s: it shrank while it was read; try again", r->path);
        at += (size_t)n;
    }
    return 0;
}

static int open_range(const struct rr_comm *comm, struct range *r, struct rr_error *err)
{
    struct stat st;
    uint64_t rank = (uint64_t)comm->rank, ranks = (uint64_t)comm->size;
    r->fd = open(r->path, O_RDONLY | O_CLOEXEC);
    if (r->fd < 0)
        return rr_fail_errno(err, RR_EXIT_INPUT, r->path, "open");
    if (fstat(r->fd, &st) != 0 || !S_ISREG(st.st_mode))
        return rr_fail(err, RR_EXIT_INPUT, "%s: this is not a file; name one", r->path);
    r->size = (uint64_t)st.st_size;
    r->begin = r->size * rank / ranks;
    r->end = r->size * (rank + 1) / ranks;
    r->bytes = rr_malloc(r->end - r->begin + 2);
    r->bytes[0] = '\n'; /* what stands before a file */
    if (r->begin == 0)
        return read_at(r, r->bytes + 1, r->end, 0, err);
    return read_at(r, r->bytes, r->end - r->begin + 1, r->begin - 1, err);
}

static struct range_facts count(const char *bytes, size_t len)
{
    struct range_facts facts = {0};
    for (size_t at = 0; at < len; at++) {
        facts.quotes += bytes[at] == '"';
        facts.lines += bytes[at] == '\n';
    }
    return facts;
}

/* Collective. The pieces that begin in this rank's range; the last may end behind it. */
static int cut_range(const struct rr_comm *comm, const struct range *r, rr_piece_finder find,
                     struct rr_file_part *part, struct rr_error *err)
{
    size_t ranks = (size_t)comm->size, len = r->end - r->begin;
    struct range_facts *facts = rr_malloc(ranks * sizeof *facts), mine = count(r->bytes + 1, len);
    uint64_t *starts = rr_malloc((ranks + 1) * sizeof *starts), quotes = 0;
    part->line = 1;
    rr_comm_allgather(comm, &mine, facts, sizeof mine);
    for (int i = 0; i < comm->rank; i++) {
        quotes += facts[i].quotes;
        part->line += (int)facts[i].lines;
    }
    size_t first = comm->rank == 0 ? 0 : find(r->bytes + 1, len, r->bytes[0], quotes % 2 != 0);
    if (first != RR_NO_PIECE)
        part->line += (int)count(r->bytes + 1, first).lines;
    uint64_t start = first == RR_NO_PIECE ? NONE : r->begin + first;
    rr_comm_allgather(comm, &start, starts, sizeof start);
    starts[ranks] = r->size;
    for (size_t i = ranks; i-- > 0;)
        if (starts[i] == NONE)
            starts[i] = starts[i + 1];
    start = starts[comm->rank];
    part->len = starts[comm->rank + 1] - start;
    part->bytes = rr_calloc(1, part->len + 1);
    free(facts);
    free(starts);
    return read_at(r, part->bytes, part->len, start, err);
}

int rr_file_part_read(const struct rr_comm *comm, const char *path, rr_piece_finder find,
                      struct rr_file_part *part, struct rr_error *err)
{
    struct range range = {.fd = -1, .path = path};
    *part = (struct rr_file_part){0};
    int result = rr_agree(comm, open_range(comm, &range, err), err);
    if (result == 0)
        result = rr_agree(comm, cut_range(comm, &range, find, part, err), err);
    if (range.fd >= 0)
        close(range.fd);
    free(range.bytes);
    return result;
}

bool rr_file_is_packed(const char *path)
{
    size_t len = strlen(path);
    return len > 4 && strcmp(path + len - 4, ".zst") == 0;
}
