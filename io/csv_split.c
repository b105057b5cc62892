/* Cutting a file into splits.
 *
 * Only the quotes before it say whether a line end ends a record, so one pass runs over the file
 * with the state of the quotes known at every byte, counts records, and keeps the digest. A cut may
 * be made at any multiple of the target in a plain file, and where a frame starts in a zstd file;
 * the split starts at the first line that starts there or later.
 */
#include "csv_source.h"
#include "frames.h"

#include <assert.h>
#include <stdlib.h>

enum { PIECE = 256 * 1024 };

struct splitter {
    const struct rr_csv_source *source;
    uint32_t file;
    uint64_t target;

    uint64_t size;           /* stored bytes */
    uint64_t total;          /* uncompressed bytes, as far as is known before the scan */
    struct rr_frame *frames; /* of a zstd file, else NULL */
    size_t n_frames, frame;  /* `frame` is the last one that starts at or before `at` */

    struct rr_csv_count count;
    uint64_t at;  /* uncompressed bytes scanned */
    uint64_t cut; /* where the next cut is wanted */

    struct rr_split *splits;
    size_t n, room;
};

static int add_split(struct splitter *s, struct rr_split split, struct rr_error *err)
{
    if (s->n == s->room) {
        size_t room = s->room ? 2 * s->room : 16;
        struct rr_split *splits = realloc(s->splits, room * sizeof *splits);
        if (splits == NULL)
            return rr_fail(err, RR_EXIT_IO, "%s: no memory for its splits", s->source->stored.path);
        s->splits = splits;
        s->room = room;
    }
    split.file = s->file;
    split.end = UINT64_MAX;
    if (s->n > 0)
        s->splits[s->n - 1].end = split.start;
    s->splits[s->n++] = split;
    return 0;
}

/* The first place at or behind `least` where a cut may be made. */
static uint64_t next_cut(const struct splitter *s, uint64_t least)
{
    if (s->frames == NULL)
        return least;
    for (size_t i = s->frame; i < s->n_frames; i++)
        if (s->frames[i].offset >= least)
            return s->frames[i].offset;
    return UINT64_MAX;
}

/* Starts a split here, at the start of a line, and chooses the next cut. */
static int cut_here(struct splitter *s, struct rr_error *err)
{
    struct rr_split split = {.start = s->at, .first_record = s->count.records, .stored = s->at};
    if (s->frames != NULL) {
        while (s->frame + 1 < s->n_frames && s->frames[s->frame + 1].offset <= s->at)
            s->frame++;
        split.stored = s->frames[s->frame].stored;
        split.skip = s->at - s->frames[s->frame].offset;
    }
    s->cut = next_cut(s, s->at - s->at % s->target + s->target);
    return add_split(s, split, err);
}

/* Scans on in a piece of text, up to where something is to be done; returns how far. */
static size_t scan_on(struct splitter *s, const char *text, size_t len)
{
    bool wanted = s->at >= s->cut;
    if (!wanted && s->cut - s->at < len)
        len = (size_t)(s->cut - s->at);
    size_t done = s->source->kernel->count(&s->count, text, len, wanted);
    s->at += done;
    return done;
}

/* The header, which is the first record counted, stays in the first split. */
static bool may_cut(const struct splitter *s)
{
    return s->at >= s->cut && s->count.at_start && s->count.records > 0;
}

static int scan_piece(struct splitter *s, const char *text, size_t len, struct rr_error *err)
{
    for (size_t at = 0; at < len;) {
        if (may_cut(s) && cut_here(s, err) < 0)
            return -1;
        at += scan_on(s, text + at, len - at);
    }
    return 0;
}

static int scan_stream(struct splitter *s, struct rr_stream *stream, char *piece,
                       struct rr_error *err)
{
    size_t got = PIECE;
    while (got == PIECE) {
        if (rr_stream_read(stream, piece, PIECE, &got, err) < 0)
            return -1;
        size_t bom = s->at == 0 ? rr_csv_bom(piece, got) : 0;
        s->at += bom;
        if (scan_piece(s, piece + bom, got - bom, err) < 0)
            return -1;
    }
    return 0;
}

static int scan_file(struct splitter *s, struct rr_file_facts *facts, struct rr_error *err)
{
    struct rr_stream *stream = rr_stream_open(&s->source->stored, 0, true, err);
    if (stream == NULL)
        return -1;
    char *piece = malloc(PIECE);
    int failed = piece
                     ? scan_stream(s, stream, piece, err)
                     : rr_fail(err, RR_EXIT_IO, "%s: no memory to scan it", s->source->stored.path);
    if (!failed) {
        bool known = rr_stream_facts(stream, &facts->size, facts->digest);
        assert(known);
    }
    free(piece);
    rr_stream_close(stream);
    return failed;
}

/* A split's weight is what lies between its first stored byte and the next one's. */
static void weigh(struct splitter *s)
{
    for (size_t i = 0; i < s->n; i++) {
        uint64_t end = i + 1 < s->n ? s->splits[i + 1].stored : s->size;
        s->splits[i].weight = end > s->splits[i].stored ? end - s->splits[i].stored : 0;
    }
}

/* Finds out what can be cut, and where. */
static int look(struct splitter *s, struct rr_error *err)
{
    const struct rr_stored *stored = &s->source->stored;
    if (rr_stored_size(stored, &s->size, err) < 0)
        return -1;
    s->total = s->size;
    if (stored->zstd && rr_stored_frames(stored, &s->frames, &s->n_frames, &s->total, err) < 0)
        return -1;
    return 0;
}

static bool is_worth_cutting(const struct splitter *s)
{
    bool possible = !s->source->stored.zstd || s->n_frames > 1;
    return possible && s->total / 2 > s->target;
}

static int split_file(struct splitter *s, struct rr_file_facts *facts, bool *scanned,
                      struct rr_error *err)
{
    if (look(s, err) < 0 || add_split(s, (struct rr_split){.first_record = 1}, err) < 0)
        return -1;
    *scanned = is_worth_cutting(s);
    s->cut = next_cut(s, s->target);
    if (*scanned && scan_file(s, facts, err) < 0)
        return -1;
    weigh(s);
    return 0;
}

int rr_csv_split_source(const struct rr_csv_source *source, uint32_t file, uint64_t target,
                        struct rr_split **splits, size_t *n_splits, struct rr_file_facts *facts,
                        bool *scanned, struct rr_error *err)
{
    struct splitter s = {
        .source = source,
        .file = file,
        .target = target ? target : 1,
        .count = RR_CSV_COUNT_START,
    };
    int failed = split_file(&s, facts, scanned, err);
    free(s.frames);
    if (failed) {
        free(s.splits);
        return -1;
    }
    *splits = s.splits;
    *n_splits = s.n;
    return 0;
}

int rr_csv_split(const char *path, uint32_t file, uint64_t target, struct rr_split **splits,
                 size_t *n_splits, struct rr_file_facts *facts, bool *scanned, struct rr_error *err)
{
    struct rr_csv_source source;
    if (rr_csv_source_init(&source, path, err) < 0)
        return -1;
    return rr_csv_split_source(&source, file, target, splits, n_splits, facts, scanned, err);
}
