/* Writing run files: columns in compressed HDF5.
 *
 * HDF5 builds the file in memory and this code writes it, so that a disk that fails or is full is an
 * error like any other: HDF5 can't close a file that it could not write, and fails again when the
 * program ends. A run is bounded by the buffers it was made from.
 */
#include "runfile.h"

#include "commit.h"
#include "hdf5_error.h"
#include "shuffle.h"

#include <fcntl.h>
#include <hdf5.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

enum { IMAGE_STEP = 4 * 1024 * 1024 };

struct writer_column {
    hid_t dataset;
    unsigned width;
    bool plain;
    uint64_t written; /* elements in full chunks */
    uint32_t pending; /* elements in `chunk` */
    uint8_t *chunk;
};

struct rr_run_writer {
    char *path;
    hid_t file;
    int n_columns, n_open; /* columns, and how many of them HDF5 still has open */
    struct writer_column column[RR_RUN_COLUMNS];
    uint8_t *shuffled;
    uint8_t *packed;
    size_t packed_size;
    ZSTD_CCtx *zstd;
    int level; /* of zstd */
};

struct rr_run_writer *rr_run_create(const char *path, enum rr_run_effort effort,
                                    struct rr_error *err)
{
    rr_quiet_hdf5();
    struct rr_run_writer *run = calloc(1, sizeof *run);
    if (run == NULL) {
        rr_fail(err, RR_EXIT_BUG, "%s: out of memory", path);
        return NULL;
    }
    run->path = strdup(path);
    run->level = (int)effort;
    run->packed_size = ZSTD_compressBound(RR_RUN_CHUNK_BYTES);
    run->packed = malloc(run->packed_size);
    run->shuffled = malloc(RR_RUN_CHUNK_BYTES);
    run->zstd = ZSTD_createCCtx();
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    /* The oldest superblock: those with a checksum would have a wrong one once the mark of being open
     * is taken out. */
    H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_V110);
    H5Pset_fapl_core(access, IMAGE_STEP, false);
    run->file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    H5Pclose(access);
    if (run->file < 0) {
        rr_fail_hdf5(err, path, "create");
        rr_run_abandon(run);
        return NULL;
    }
    return run;
}

static hid_t element_type(unsigned width)
{
    switch (width) {
    case 1:
        return H5T_STD_U8LE;
    case 2:
        return H5T_STD_U16LE;
    case 4:
        return H5T_STD_U32LE;
    default:
        return H5T_STD_U64LE;
    }
}

int rr_run_add_column(struct rr_run_writer *run, const char *name, unsigned width, bool plain,
                      struct rr_error *err)
{
    if (run->n_columns == RR_RUN_COLUMNS)
        return rr_fail(err, RR_EXIT_BUG, "%s: too many columns", run->path);
    struct writer_column *column = &run->column[run->n_columns];
    hsize_t none = 0, unlimited = H5S_UNLIMITED, chunk = RR_RUN_CHUNK;
    hid_t space = H5Screate_simple(1, &none, &unlimited);
    hid_t create = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(create, 1, &chunk);
    H5Pset_obj_track_times(create, false); /* equal columns, equal bytes */
    if (!plain && width > 1)
        H5Pset_shuffle(create);
    /* Optional, so that the file can be written where HDF5 has no plugin for it. */
    H5Pset_filter(create, RR_ZSTD_FILTER, H5Z_FLAG_OPTIONAL, 0, NULL);
    column->dataset =
        H5Dcreate2(run->file, name, element_type(width), space, H5P_DEFAULT, create, H5P_DEFAULT);
    H5Pclose(create);
    H5Sclose(space);
    if (column->dataset < 0)
        return rr_fail_hdf5(err, run->path, name);
    column->width = width;
    column->plain = plain;
    column->chunk = malloc((size_t)RR_RUN_CHUNK * width);
    if (column->chunk == NULL)
        return rr_fail(err, RR_EXIT_BUG, "%s: out of memory", run->path);
    run->n_open++;
    return run->n_columns++;
}

/* Writes the pending elements as one chunk; a partial chunk is padded with zeros. */
static int write_chunk(struct rr_run_writer *run, struct writer_column *column,
                       struct rr_error *err)
{
    size_t bytes = (size_t)RR_RUN_CHUNK * column->width;
    size_t used = (size_t)column->pending * column->width;
    memset(column->chunk + used, 0, bytes - used);
    const uint8_t *out = column->chunk;
    /* A full chunk of a plain column passes its filter by; what is padded is worth compressing. */
    bool raw = column->plain && column->pending == RR_RUN_CHUNK;
    if (!raw) {
        const uint8_t *in = column->chunk;
        if (!column->plain && column->width > 1) {
            rr_shuffle(run->shuffled, column->chunk, RR_RUN_CHUNK, column->width);
            in = run->shuffled;
        }
        bytes = ZSTD_compressCCtx(run->zstd, run->packed, run->packed_size, in, bytes, run->level);
        if (ZSTD_isError(bytes))
            return rr_fail(err, RR_EXIT_BUG, "%s: zstd: %s", run->path, ZSTD_getErrorName(bytes));
        out = run->packed;
    }
    hsize_t length = column->written + column->pending, offset = column->written;
    if (H5Dset_extent(column->dataset, &length) < 0 ||
        H5Dwrite_chunk(column->dataset, H5P_DEFAULT, raw ? RR_ZSTD_SKIPPED : 0, &offset, bytes,
                       out) < 0)
        return rr_fail_hdf5(err, run->path, "write");
    column->written = length;
    column->pending = 0;
    return 0;
}

int rr_run_put(struct rr_run_writer *run, int index, const void *elements, size_t n,
               struct rr_error *err)
{
    struct writer_column *column = &run->column[index];
    const uint8_t *from = elements;
    while (n > 0) {
        size_t room = RR_RUN_CHUNK - column->pending;
        size_t take = n < room ? n : room;
        memcpy(column->chunk + (size_t)column->pending * column->width, from, take * column->width);
        column->pending += (uint32_t)take;
        from += take * column->width;
        n -= take;
        if (column->pending == RR_RUN_CHUNK && write_chunk(run, column, err) != 0)
            return -1;
    }
    return 0;
}

void *rr_run_room(struct rr_run_writer *run, int index)
{
    struct writer_column *column = &run->column[index];
    return column->chunk + (size_t)column->pending * column->width;
}

int rr_run_filled(struct rr_run_writer *run, int index, size_t n, struct rr_error *err)
{
    struct writer_column *column = &run->column[index];
    column->pending += (uint32_t)n;
    return column->pending == RR_RUN_CHUNK ? write_chunk(run, column, err) : 0;
}

int rr_run_set(struct rr_run_writer *run, const char *name, uint64_t value, struct rr_error *err)
{
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate2(run->file, name, H5T_STD_U64LE, space, H5P_DEFAULT, H5P_DEFAULT);
    H5Sclose(space);
    int result = attribute < 0 || H5Awrite(attribute, H5T_NATIVE_UINT64, &value) < 0
                     ? rr_fail_hdf5(err, run->path, name)
                     : 0;
    if (attribute >= 0)
        H5Aclose(attribute);
    return result;
}

static void free_writer(struct rr_run_writer *run)
{
    for (int i = 0; i < run->n_columns; i++)
        free(run->column[i].chunk);
    ZSTD_freeCCtx(run->zstd);
    free(run->shuffled);
    free(run->packed);
    free(run->path);
    free(run);
}

static int close_columns(struct rr_run_writer *run, struct rr_error *err)
{
    int result = 0;
    for (int i = 0; i < run->n_columns; i++)
        if (H5Dclose(run->column[i].dataset) < 0 && result == 0)
            result = rr_fail_hdf5(err, run->path, "close");
    run->n_open = 0;
    return result;
}

static int flush_columns(struct rr_run_writer *run, struct rr_error *err)
{
    for (int i = 0; i < run->n_columns; i++)
        if (run->column[i].pending > 0 && write_chunk(run, &run->column[i], err) != 0)
            return -1;
    return close_columns(run, err);
}

/* The bytes that HDF5 would have written, where its core driver holds them until the file is closed.
 * Only the mark of being open is still to be taken out: four bytes of the oldest superblock, as the
 * file format has them and as H5Fget_file_image does in a copy. */
static int finish_image(struct rr_run_writer *run, const void **image, size_t *len,
                        struct rr_error *err)
{
    enum { VERSION_AT = 8, FLAGS_AT = 20, FLAGS = 4 };
    uint8_t **memory = NULL;
    ssize_t size = -1;
    if (H5Fflush(run->file, H5F_SCOPE_GLOBAL) >= 0)
        size = H5Fget_file_image(run->file, NULL, 0);
    if (size <= FLAGS_AT + FLAGS ||
        H5Fget_vfd_handle(run->file, H5P_DEFAULT, (void **)&memory) < 0 ||
        (*memory)[VERSION_AT] != 0)
        return rr_fail_hdf5(err, run->path, "file image");
    memset(*memory + FLAGS_AT, 0, FLAGS);
    *image = *memory;
    *len = (size_t)size;
    return 0;
}

static int write_image(const char *path, const void *image, size_t len, struct rr_error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return rr_fail_errno(err, RR_EXIT_CREATE, path, "create");
    int result = rr_write_all(fd, image, len, path, err);
    rr_start_writeback(fd, 0, len);
    if (close(fd) != 0 && result == 0)
        result = rr_fail_errno(err, RR_EXIT_IO, path, "close");
    if (result != 0)
        unlink(path);
    return result;
}

int rr_run_finish(struct rr_run_writer *run, uint64_t *bytes, struct rr_digest *digest,
                  struct rr_error *err)
{
    const void *image = NULL;
    size_t len = 0;
    int result = flush_columns(run, err);
    if (result == 0)
        result = finish_image(run, &image, &len, err);
    if (result == 0)
        result = write_image(run->path, image, len, err);
    if (result == 0) {
        *bytes = len;
        *digest = rr_digest_bytes(image, len);
    }
    rr_run_abandon(run);
    return result;
}

void rr_run_abandon(struct rr_run_writer *run)
{
    if (run == NULL)
        return;
    for (int i = 0; i < run->n_open; i++)
        H5Dclose(run->column[i].dataset);
    if (run->file >= 0)
        H5Fclose(run->file);
    free_writer(run);
}
