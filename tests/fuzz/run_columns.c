/* Run files as columns in memory. */
#include "run_columns.h"

#include "../../io/memory.h"
#include "../../io/runfile.h"

#include <hdf5.h>

enum { NAME = 64, ATTRIBUTES = 48, MORE = 20000 };

struct column {
    char name[NAME];
    unsigned width;
    bool plain;
    size_t n; /* elements */
    uint8_t *bytes;
};

struct attribute {
    char name[NAME];
    uint64_t value;
};

struct run_columns {
    unsigned n_columns, n_attributes;
    struct column column[RR_RUN_COLUMNS];
    struct attribute attribute[ATTRIBUTES];
};

static void load_column(struct run_columns *run, struct rr_run_reader *reader, hid_t file,
                        hsize_t i)
{
    CHECK(run->n_columns < RR_RUN_COLUMNS);
    struct column *column = &run->column[run->n_columns++];
    H5Lget_name_by_idx(file, ".", H5_INDEX_NAME, H5_ITER_INC, i, column->name, NAME, H5P_DEFAULT);
    hid_t set = H5Dopen2(file, column->name, H5P_DEFAULT), type = H5Dget_type(set);
    hid_t create = H5Dget_create_plist(set);
    column->width = (unsigned)H5Tget_size(type);
    column->plain = column->width > 1 && H5Pget_nfilters(create) == 1;
    H5Pclose(create);
    H5Tclose(type);
    H5Dclose(set);
    struct rr_run_stream *stream = rr_run_stream_open(reader, column->name, column->width, NULL);
    CHECK(stream != NULL);
    column->n = rr_run_stream_length(stream);
    column->bytes = rr_malloc(column->n * column->width);
    CHECK(rr_run_stream_read(stream, column->bytes, column->n, NULL) == 0);
    rr_run_stream_close(stream);
}

static void load_attribute(struct run_columns *run, struct rr_run_reader *reader, hid_t file,
                           hsize_t i)
{
    CHECK(run->n_attributes < ATTRIBUTES);
    struct attribute *attribute = &run->attribute[run->n_attributes++];
    H5Aget_name_by_idx(file, ".", H5_INDEX_NAME, H5_ITER_INC, i, attribute->name, NAME,
                       H5P_DEFAULT);
    CHECK(rr_run_get(reader, attribute->name, &attribute->value, NULL) == 0);
}

struct run_columns *run_columns_load(const char *path)
{
    struct run_columns *run = rr_calloc(1, sizeof *run);
    struct rr_run_reader *reader = rr_run_open(path, NULL);
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    H5G_info_t group;
    CHECK(reader != NULL && file >= 0 && H5Gget_info(file, &group) >= 0);
    hid_t root = H5Gopen2(file, "/", H5P_DEFAULT);
    int attributes = H5Aget_num_attrs(root);
    H5Gclose(root);
    CHECK(attributes >= 0);
    for (hsize_t i = 0; i < group.nlinks; i++)
        load_column(run, reader, file, i);
    for (int i = 0; i < attributes; i++)
        load_attribute(run, reader, file, (hsize_t)i);
    H5Fclose(file);
    rr_run_close(reader);
    return run;
}

void run_columns_free(struct run_columns *run)
{
    for (unsigned i = 0; i < run->n_columns; i++)
        free(run->column[i].bytes);
    free(run);
}

/* ---- damage ---- */

static void resize(struct column *column, size_t n)
{
    column->bytes = rr_realloc(column->bytes, n * column->width);
    if (n > column->n)
        memset(column->bytes + column->n * column->width, 0, (n - column->n) * column->width);
    column->n = n;
}

static void set_element(struct column *column, struct input *in)
{
    uint64_t at = take_byte(in), value;
    if (column->n == 0)
        return;
    value = take_number(in, at & 1 ? column->width : 1);
    memcpy(column->bytes + (at >> 1) % column->n * column->width, &value, column->width);
}

/* The same bytes as elements of another width. */
static void set_width(struct column *column, unsigned width)
{
    column->n = column->n * column->width / width;
    column->width = width;
    column->plain = column->plain && width > 1;
}

static void damage_column(struct column *column, unsigned how, struct input *in)
{
    size_t n;
    switch (how) {
    case 0:
        n = take_byte(in);
        resize(column, n < column->n ? column->n - n : 0);
        break;
    case 1:
        n = take_byte(in);
        resize(column, column->n + (n == 255 ? MORE : n));
        break;
    case 2:
        set_width(column, 1u << take_byte(in) % 4);
        break;
    case 3:
        snprintf(column->name, NAME, "gone%u", take_byte(in));
        break;
    default:
        set_element(column, in);
    }
}

void run_columns_damage(struct run_columns *run, struct input *in)
{
    unsigned how = take_byte(in), which = take_byte(in);
    if (how % 8 == 7 && run->n_attributes > 0) {
        struct attribute *attribute = &run->attribute[which % run->n_attributes];
        attribute->value = take_number(in, which & 128 ? 8 : 1);
        return;
    }
    if (run->n_columns > 0)
        damage_column(&run->column[which % run->n_columns], how % 8, in);
}

void run_columns_write(const struct run_columns *run, const char *path)
{
    uint64_t bytes;
    struct rr_digest digest;
    struct rr_run_writer *writer = rr_run_create(path, RR_RUN_FAST, NULL);
    CHECK(writer != NULL);
    for (unsigned i = 0; i < run->n_columns; i++) {
        const struct column *c = &run->column[i];
        int index = rr_run_add_column(writer, c->name, c->width, c->plain, NULL);
        /* two columns may have been damaged to one name */
        if (index >= 0)
            CHECK(rr_run_put(writer, index, c->bytes, c->n, NULL) == 0);
    }
    for (unsigned i = 0; i < run->n_attributes; i++)
        CHECK(rr_run_set(writer, run->attribute[i].name, run->attribute[i].value, NULL) == 0);
    CHECK(rr_run_finish(writer, &bytes, &digest, NULL) == 0);
}
