/* A CSV file read in parts: blocks of all ranks, one after the other, are the file; each begins with a record,
 * whose line is told. Runs on any number of ranks. */
#include "unit.h"
#include "unit_ranks.h"

#include "../../jobs/row_file.h"

#include <string.h>
#include <unistd.h>

static struct rr_comm comm;

/* Records with quotes, line ends in quotes, and long fields; the last may be without its line end. */
static char *make_file(const char *path, uint64_t seed, int records, bool long_fields, size_t *len)
{
    char *bytes = malloc((size_t)records * 400000 / (long_fields ? 1 : 4000) + 4096), *at = bytes;
    for (int i = 0; i < records; i++) {
        uint64_t kind = unit_random(&seed) % 5;
        at += sprintf(at,
                      kind == 0   ? "a%d,\"x\ny\"\"\n\",z"
                      : kind == 1 ? "\"a%d\",,\"\""
                                  : "a%d,b",
                      i);
        if (long_fields && kind == 2) {
            memset(at, kind == 2 && i % 2 ? 'x' : ',', 390000);
            at += 390000;
        }
        if (i + 1 < records || seed % 2)
            at += sprintf(at, kind == 3 ? "\r\n" : "\n");
    }
    *len = (size_t)(at - bytes);
    if (comm.rank == 0) {
        FILE *file = fopen(path, "w");
        RANKS_MUST_EQUAL(fwrite(bytes, 1, *len, file), *len);
        fclose(file);
    }
    rr_comm_barrier(&comm);
    return bytes;
}

static void check_start(const char *bytes, size_t offset, int line)
{
    bool quoted = false;
    int lines = 1;
    for (size_t i = 0; i < offset; i++) {
        quoted ^= bytes[i] == '"';
        lines += bytes[i] == '\n';
    }
    RANKS_MUST(!quoted && (offset == 0 || bytes[offset - 1] == '\n'));
    RANKS_MUST_EQUAL(line, lines);
}

static void try(const char *path, uint64_t seed, int records, bool long_fields)
{
    struct rr_row_file file;
    struct rr_error err;
    struct rr_text rows;
    size_t len, used = 0, total;
    int line, got;
    char *bytes = make_file(path, seed, records, long_fields, &len), *all;
    RANKS_MUST_EQUAL(rr_row_file_cut(&comm, path, &file, &err), 0);
    char *mine = malloc(len + 1);
    struct rr_row_blocks *blocks = rr_row_blocks_open(&file, &err);
    RANKS_MUST(blocks != NULL);
    while ((got = rr_row_blocks_next(blocks, &rows, &line, &err)) > 0) {
        check_start(bytes, (size_t)file.begin + used, line);
        memcpy(mine + used, rows.ptr, rows.len);
        used += rows.len;
    }
    RANKS_MUST_EQUAL(got, 0);
    rr_row_blocks_close(blocks);
    rr_comm_concat(&comm, mine, used, &all, &total, NULL);
    RANKS_MUST_EQUAL(total, len);
    RANKS_MUST(memcmp(all, bytes, len) == 0);
    free(all);
    free(mine);
    free(bytes);
    rr_comm_barrier(&comm);
}

static void parts_are_the_file(void)
{
    char path[64] = "";
    if (comm.rank == 0)
        snprintf(path, sizeof path, "/tmp/rr-rows-%d.csv", (int)getpid());
    rr_comm_bcast(&comm, path, sizeof path, 0);
    for (uint64_t seed = 1; seed < 400; seed++)
        try(path, seed, (int)(seed * seed % 13), false);
    for (uint64_t seed = 400; seed < 406; seed++)
        try(path, seed, 20, true);
    try(path, 50, 60000, false);
    if (comm.rank == 0)
        unlink(path);
}

int main(int argc, char **argv)
{
    void (*const tests[])(void) = {parts_are_the_file, NULL};
    return unit_ranks_main(&argc, &argv, tests, &comm);
}
