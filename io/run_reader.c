/* Reading run files: a digest first, then columns as streams. */
#include "runfile.h"

#include "hdf5_error.h"
#include "shuffle.h"

#include <hdf5.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

struct rr_run_reader {
    char *path;
    hid_t file;
    uint8_t *shuffled;
    uint8_t *packed;
    size_t packed_size;
    ZSTD_DCtx *zstd;
};

struct rr_run_stream {
    struct rr_run_reader *run;
    char *name;
    hid_t dataset;
    unsigned width;
    bool shuffled; /* its chunks are shuffled before they are compressed */
    uint64_t length;
    uint64_t next;    /* element */
    uint64_t decoded; /* index of the chunk in `chunk`, UINT64_MAX for none */
    uint8_t *chunk;
};

int rr_run_check(const char *path, uint64_t bytes, struct rr_digest digest, struct rr_error *err)
{
    uint64_t size;
    struct rr_digest found;
    if (rr_digest_file(path, &size, &found, err) != 0) {
        if (err)
            err->code = RR_EXIT_IO;
        return -1;
    }
    if (size != bytes)
        return rr_fail(err, RR_EXIT_IO, "%s: has %llu bytes where the manifest says %llu", path,
                       (unsigned long long)size, (unsigned long long)bytes);
    if (!rr_digest_equal(found, digest))
        return rr_fail(err, RR_EXIT_IO, "%s: its digest is not the manifest's: it is damaged",
                       path);
    return 0;
}

struct rr_run_reader *rr_run_open(const char *path, struct rr_error *err)
{
    rr_quiet_hdf5();
    struct rr_run_reader *run = calloc(1, sizeof *run);
    if (run == NULL) {
        rr_fail(err, RR_EXIT_BUG, "%s: out of memory", path);
        return NULL;
    }
    run->path = strdup(path);
    run->packed_size = ZSTD_compressBound(RR_RUN_CHUNK_BYTES);
    run->packed = malloc(run->packed_size);
    run->shuffled = malloc(RR_RUN_CHUNK_BYTES);
    run->zstd = ZSTD_createDCtx();
    run->file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (run->file < 0) {
        rr_fail_hdf5(err, path, "open");
        rr_run_close(run);
        return NULL;
    }
    return run;
}

void rr_run_close(struct rr_run_reader *run)
{
    if (run == NULL)
        return;
    if (run->file >= 0)
        H5Fclose(run->file);
    ZSTD_freeDCtx(run->zstd);
    free(run->shuffled);
    free(run->packed);
    free(run->path);
    free(run);
}

int rr_run_get(struct rr_run_reader *run, const char *name, uint64_t *value, struct rr_error *err)
{
    hid_t attribute = H5Aopen(run->file, name, H5P_DEFAULT);
    if (attribute < 0)
        return rr_fail_hdf5(err, run->path, name);
    int result =
        H5Aread(attribute, H5T_NATIVE_UINT64, value) < 0 ? rr_fail_hdf5(err, run->path, name) : 0;
    H5Aclose(attribute);
    return result;
}

struct rr_run_stream *rr_run_stream_open(struct rr_run_reader *run, const char *name,
                                         unsigned width, struct rr_error *err)
{
    struct rr_run_stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL) {
        rr_fail(err, RR_EXIT_BUG, "%s: out of memory", run->path);
        return NULL;
    }
    stream->run = run;
    stream->name = strdup(name);
    stream->width = width;
    stream->decoded = UINT64_MAX;
    stream->chunk = malloc((size_t)RR_RUN_CHUNK * width);
    stream->dataset = H5Dopen2(run->file, name, H5P_DEFAULT);
    if (stream->dataset < 0) {
        rr_fail_hdf5(err, run->path, name);
        rr_run_stream_close(stream);
        return NULL;
    }
    hid_t space = H5Dget_space(stream->dataset);
    hid_t create = H5Dget_create_plist(stream->dataset);
    hsize_t length = 0;
    H5Sget_simple_extent_dims(space, &length, NULL);
    stream->length = length;
    stream->shuffled = H5Pget_nfilters(create) == 2;
    H5Pclose(create);
    H5Sclose(space);
    return stream;
}

struct rr_run_stream *rr_run_stream_at(struct rr_run_reader *run, const char *name, unsigned width,
                                       uint64_t element, struct rr_error *err)
{
    struct rr_run_stream *stream = rr_run_stream_open(run, name, width, err);
    if (stream)
        rr_run_stream_seek(stream, element);
    return stream;
}

void rr_run_stream_close(struct rr_run_stream *stream)
{
    if (stream == NULL)
        return;
    if (stream->dataset >= 0)
        H5Dclose(stream->dataset);
    free(stream->name);
    free(stream->chunk);
    free(stream);
}

uint64_t rr_run_stream_length(const struct rr_run_stream *stream)
{
    return stream->length;
}

void rr_run_stream_seek(struct rr_run_stream *stream, uint64_t element)
{
    stream->next = element;
}

void rr_run_stream_skip(struct rr_run_stream *stream, uint64_t n)
{
    stream->next += n;
}

static int fail_chunk(struct rr_run_stream *stream, const char *why, struct rr_error *err)
{
    return rr_fail(err, RR_EXIT_IO, "%s: column %s: %s", stream->run->path, stream->name, why);
}

static int unpack(struct rr_run_stream *stream, size_t stored, struct rr_error *err)
{
    struct rr_run_reader *run = stream->run;
    size_t bytes = (size_t)RR_RUN_CHUNK * stream->width;
    uint8_t *out = stream->shuffled ? run->shuffled : stream->chunk;
    size_t n = ZSTD_decompressDCtx(run->zstd, out, bytes, run->packed, stored);
    if (ZSTD_isError(n) || n != bytes)
        return fail_chunk(stream, "a chunk that zstd can't read", err);
    if (stream->shuffled)
        rr_unshuffle(stream->chunk, run->shuffled, RR_RUN_CHUNK, stream->width);
    return 0;
}

static int decode_chunk(struct rr_run_stream *stream, uint64_t index, struct rr_error *err)
{
    struct rr_run_reader *run = stream->run;
    hsize_t offset = index * RR_RUN_CHUNK, stored = 0;
    unsigned skipped = 0;
    uint32_t mask = 0;
    haddr_t address;
    if (H5Dget_chunk_info_by_coord(stream->dataset, &offset, &skipped, &address, &stored) < 0)
        return rr_fail_hdf5(err, run->path, stream->name);
    bool raw = skipped != 0;
    if (raw ? stored != (hsize_t)RR_RUN_CHUNK * stream->width : stored > run->packed_size)
        return fail_chunk(stream, "a chunk of a wrong size", err);
    if (H5Dread_chunk(stream->dataset, H5P_DEFAULT, &offset, &mask,
                      raw ? stream->chunk : run->packed) < 0)
        return rr_fail_hdf5(err, run->path, stream->name);
    if (!raw && unpack(stream, stored, err) != 0)
        return -1;
    stream->decoded = index;
    return 0;
}

const void *rr_run_stream_view(struct rr_run_stream *stream, size_t n, size_t *got,
                               struct rr_error *err)
{
    if (n > stream->length || stream->next > stream->length - n) {
        fail_chunk(stream, "ends too early", err);
        return NULL;
    }
    uint64_t index = stream->next / RR_RUN_CHUNK;
    if (index != stream->decoded && decode_chunk(stream, index, err) != 0)
        return NULL;
    size_t at = stream->next % RR_RUN_CHUNK;
    *got = RR_RUN_CHUNK - at < n ? RR_RUN_CHUNK - at : n;
    stream->next += *got;
    return stream->chunk + at * stream->width;
}

int rr_run_stream_read(struct rr_run_stream *stream, void *out, size_t n, struct rr_error *err)
{
    uint8_t *to = out;
    while (n > 0) {
        size_t got;
        const void *from = rr_run_stream_view(stream, n, &got, err);
        if (from == NULL)
            return -1;
        memcpy(to, from, got * stream->width);
        to += got * stream->width;
        n -= got;
    }
    return 0;
}
