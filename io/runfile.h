/* Run files: columns of fixed-width elements in one compressed HDF5 file, written once.
 *
 * A column is a one-dimensional dataset, chunked, through HDF5's shuffle filter and the registered
 * zstd filter (32015), so any HDF5 tool with that plugin reads it. Chunks are compressed here and
 * written with H5Dwrite_chunk. Columns of one file may differ in length. Small facts about the
 * run are attributes of the file.
 *
 * A file is not synced here: whoever commits it does that. HDF5 is only ever shown a file whose
 * digest was right (rr_run_check): on damaged files it may hang or allocate without bound.
 *
 * Not collective: a run is written and read by one rank at a time per handle.
 */
#ifndef IO_RUNFILE_H
#define IO_RUNFILE_H

#include "digest.h"

/* Elements of a chunk, a multiple of RR_RUN_STRETCH. Fuzzers are built with fewer, to be quicker. */
#ifndef RR_RUN_CHUNK_ELEMENTS
#define RR_RUN_CHUNK_ELEMENTS 16384
#endif

enum {
    RR_RUN_CHUNK = RR_RUN_CHUNK_ELEMENTS,
    RR_RUN_STRETCH = 1024,
    RR_RUN_COLUMNS = 48,
};

struct rr_run_writer;
struct rr_run_reader;

/* How hard zstd tries. Columns of records, most of whose bytes are random, are hardly larger for
 * RR_RUN_FAST, and written twice as fast; cells are a fifth smaller for RR_RUN_SMALL. */
enum rr_run_effort { RR_RUN_FAST = -1, RR_RUN_SMALL = 1 };

struct rr_run_writer *rr_run_create(const char *path, enum rr_run_effort effort,
                                    struct rr_error *err);

/* Adds a column; returns its index. `width` is 1, 2, 4 or 8 bytes. `plain` columns (random bytes)
 * are stored as they are. -1 on error. */
int rr_run_add_column(struct rr_run_writer *run, const char *name, unsigned width, bool plain,
                      struct rr_error *err);

/* Appends n elements (host byte order, little-endian on every machine this is built for). */
int rr_run_put(struct rr_run_writer *run, int column, const void *elements, size_t n,
               struct rr_error *err);

/* Appends without a copy, in stretches of RR_RUN_STRETCH elements, of which only the last may be
 * shorter: room for the next stretch, and word that its n elements are there. A column is filled in
 * one of both ways. */
void *rr_run_room(struct rr_run_writer *run, int column);
int rr_run_filled(struct rr_run_writer *run, int column, size_t n, struct rr_error *err);

int rr_run_set(struct rr_run_writer *run, const char *name, uint64_t value, struct rr_error *err);

/* Writes what is left and closes; `bytes` and `digest` are the file's. The
 * writer is gone in either case; on error there is no file. */
int rr_run_finish(struct rr_run_writer *run, uint64_t *bytes, struct rr_digest *digest,
                  struct rr_error *err);

/* Forgets the run; nothing was written. Takes NULL. */
void rr_run_abandon(struct rr_run_writer *run);

/* 0 when the file has this length and digest; else RR_EXIT_IO and what is wrong. */
int rr_run_check(const char *path, uint64_t bytes, struct rr_digest digest, struct rr_error *err);

struct rr_run_reader *rr_run_open(const char *path, struct rr_error *err);
void rr_run_close(struct rr_run_reader *run);

int rr_run_get(struct rr_run_reader *run, const char *name, uint64_t *value, struct rr_error *err);

/* A column as a stream of elements. Streams are independent of each other. */
struct rr_run_stream;

struct rr_run_stream *rr_run_stream_open(struct rr_run_reader *run, const char *name,
                                         unsigned width, struct rr_error *err);
/* The same, and seeks. */
struct rr_run_stream *rr_run_stream_at(struct rr_run_reader *run, const char *name, unsigned width,
                                       uint64_t element, struct rr_error *err);
void rr_run_stream_close(struct rr_run_stream *stream);
uint64_t rr_run_stream_length(const struct rr_run_stream *stream);
void rr_run_stream_seek(struct rr_run_stream *stream, uint64_t element);
/* Passes over n elements: chunks of which nothing is read are not unpacked. */
void rr_run_stream_skip(struct rr_run_stream *stream, uint64_t n);

/* Copies the next n elements; an error when there are fewer. */
int rr_run_stream_read(struct rr_run_stream *stream, void *out, size_t n, struct rr_error *err);

/* The next elements without a copy: as many of `n` as lie together (*got, at least one), valid until
 * the stream is asked again. NULL on error. */
const void *rr_run_stream_view(struct rr_run_stream *stream, size_t n, size_t *got,
                               struct rr_error *err);

#endif
