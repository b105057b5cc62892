/* Plants errors that digests do not find: changes files and makes every digest above them right again.
 *
 *   plant run FILE EDIT...    rewrites a run: COLUMN:I=VALUE sets an element, COLUMN:I~J swaps two,
 *                             COLUMN:I- removes one, COLUMN:I+ doubles one
 *   plant show FILE COLUMN    the elements of a column
 *   plant state DIR           in both manifests: lengths and digests of the runs that are there, and its own
 *   plant result DIR          in run.json: those of the files that are there, and its own
 *   plant impact DIR          the same in impact.json
 */
#include "../../io/commit.h"
#include "../../io/runfile.h"

#include <dirent.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    unsigned width;
    bool plain;
} columns[] = {
    {"account_hash", 8, true},      {"account_items", 4, false},
    {"account_name_len", 4, false}, {"account_name", 1, false},
    {"shard_account", 8, false},    {"shard_name", 8, false},
    {"shard_item", 8, false},       {"shard_extra", 8, false},
    {"key_len", 4, false},          {"key", 1, false},
    {"fingerprint_high", 8, true},  {"fingerprint_low", 8, true},
    {"time_ns", 8, false},          {"position", 8, false},
    {"row_key", 4, false},          {"value0", 8, false},
    {"value0_high", 8, false},      {"value1", 8, false},
    {"value1_high", 8, false},      {"cell_key", 4, false},
    {"bucket", 4, false},           {"records", 8, false},
    {"state_len", 4, false},        {"state", 1, false},
    {"text_len", 4, false},         {"text", 1, false},
};
enum { COLUMNS = sizeof columns / sizeof columns[0] };

static const char *const facts[] = {"shards", "value0_scale", "value0_wide", "value1_scale",
                                    "value1_wide"};

static struct rr_error err;

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "plant: %s: %s\n", what, err.text);
    exit(1);
}

struct column {
    uint8_t *bytes;
    uint64_t n;
};

/* NULL bytes where the run has no such column. */
static struct column read_column(struct rr_run_reader *run, int c)
{
    struct rr_run_stream *stream = rr_run_stream_open(run, columns[c].name, columns[c].width, &err);
    struct column column = {0};
    if (stream == NULL)
        return column;
    column.n = rr_run_stream_length(stream);
    column.bytes = malloc((column.n + 1) * columns[c].width); /* one may be doubled */
    if (rr_run_stream_read(stream, column.bytes, column.n, &err) != 0)
        give_up("read");
    rr_run_stream_close(stream);
    return column;
}

static void swap(uint8_t *a, uint8_t *b, unsigned width)
{
    uint8_t spare[8];
    memcpy(spare, a, width);
    memcpy(a, b, width);
    memcpy(b, spare, width);
}

static void edit(struct column *column, unsigned width, uint64_t at, char what, const char *value)
{
    if (at >= column->n || column->bytes == NULL)
        give_up("no such element");
    uint8_t *here = column->bytes + at * width;
    uint64_t number = strtoull(value, NULL, 0);
    if (what == '=') {
        memcpy(here, &number, width);
    } else if (what == '~') {
        swap(here, column->bytes + number * width, width);
    } else if (what == '-') {
        memmove(here, here + width, (column->n - at - 1) * width);
        column->n--;
    } else {
        memmove(here + width, here, (column->n - at) * width);
        column->n++;
    }
}

static void edit_all(struct column all[COLUMNS], char **edits, int n)
{
    for (int e = 0; e < n; e++) {
        char name[32] = "", what = 0, value[32] = "";
        uint64_t at = 0;
        int c = 0;
        if (sscanf(edits[e], "%31[a-z_0-9]:%" SCNu64 "%c%31s", name, &at, &what, value) < 3)
            give_up(edits[e]);
        while (c < COLUMNS && strcmp(columns[c].name, name) != 0)
            c++;
        if (c == COLUMNS)
            give_up(name);
        edit(&all[c], columns[c].width, at, what, value);
    }
}

static void rewrite(const char *path, char **edits, int n)
{
    struct column all[COLUMNS];
    uint64_t value[sizeof facts / sizeof facts[0]], bytes;
    bool has[sizeof facts / sizeof facts[0]];
    struct rr_digest digest;
    struct rr_run_reader *in = rr_run_open(path, &err);
    if (in == NULL)
        give_up(path);
    for (int c = 0; c < COLUMNS; c++)
        all[c] = read_column(in, c);
    for (size_t f = 0; f < sizeof facts / sizeof facts[0]; f++)
        has[f] = rr_run_get(in, facts[f], &value[f], &err) == 0;
    rr_run_close(in);
    edit_all(all, edits, n);
    remove(path); /* a generation before may share it, and runs are linked by copies in tests */
    struct rr_run_writer *out = rr_run_create(path, RR_RUN_SMALL, &err);
    for (int c = 0; c < COLUMNS; c++) {
        if (all[c].bytes == NULL)
            continue;
        int number =
            rr_run_add_column(out, columns[c].name, columns[c].width, columns[c].plain, &err);
        if (number < 0 || rr_run_put(out, number, all[c].bytes, all[c].n, &err) != 0)
            give_up("write");
        free(all[c].bytes);
    }
    for (size_t f = 0; f < sizeof facts / sizeof facts[0]; f++)
        if (has[f] && rr_run_set(out, facts[f], value[f], &err) != 0)
            give_up("write");
    if (rr_run_finish(out, &bytes, &digest, &err) != 0)
        give_up("write");
}

static void show(const char *path, const char *name)
{
    struct rr_run_reader *in = rr_run_open(path, &err);
    if (in == NULL)
        give_up(path);
    for (int c = 0; c < COLUMNS; c++) {
        if (strcmp(columns[c].name, name) != 0)
            continue;
        struct column column = read_column(in, c);
        for (uint64_t i = 0; i < column.n; i++) {
            uint64_t number = 0;
            memcpy(&number, column.bytes + i * columns[c].width, columns[c].width);
            printf("%" PRIu64 "\n", number);
        }
        free(column.bytes);
    }
    rr_run_close(in);
}

static void set_digest(json_t *object, const char *name, struct rr_digest digest)
{
    char text[RR_DIGEST_TEXT];
    rr_digest_format(digest, text);
    json_object_set_new(object, name, json_string(text));
}

/* Length and digest of a file, where it is there. */
static void set_file(json_t *entry, const char *path)
{
    struct rr_digest digest;
    uint64_t bytes;
    if (rr_digest_file(path, &bytes, &digest, &err) != 0)
        return;
    json_object_set_new(entry, "bytes", json_integer((json_int_t)bytes));
    set_digest(entry, "digest", digest);
}

/* The digest of an object without the one that it holds, under a name of its own. */
static void seal(json_t *object, const char *name, size_t flags, const char *path)
{
    json_object_del(object, name);
    char *text = json_dumps(object, flags);
    set_digest(object, name, rr_digest_bytes(text, strlen(text)));
    free(text);
    remove(path);
    if (json_dump_file(object, path, flags) != 0)
        give_up(path);
}

static void seal_manifest(const char *dir, const char *name)
{
    char path[4096];
    size_t i;
    json_t *run;
    snprintf(path, sizeof path, "%s/state/%s", dir, name);
    json_t *manifest = json_load_file(path, 0, NULL);
    if (manifest == NULL)
        return;
    json_array_foreach(json_object_get(manifest, "runs"), i, run)
    {
        char file[8192];
        snprintf(file, sizeof file, "%s/state/runs/%s", dir,
                 json_string_value(json_object_get(run, "name")));
        set_file(run, file);
    }
    seal(manifest, "digest", JSON_SORT_KEYS | JSON_INDENT(1), path);
    json_decref(manifest);
}

static void seal_result(const char *dir, const char *name_of_facts)
{
    char path[4096];
    const char *name;
    json_t *entry;
    snprintf(path, sizeof path, "%s/%s", dir, name_of_facts);
    json_t *run = json_load_file(path, 0, NULL), *files = json_object_get(run, "files");
    json_object_foreach(files, name, entry)
    {
        char file[8192];
        snprintf(file, sizeof file, "%s/%s", dir, name);
        set_file(entry, file);
    }
    seal(run, "own_digest", JSON_INDENT(2), path);
    json_decref(run);
}

int main(int argc, char **argv)
{
    if (argc >= 3 && strcmp(argv[1], "run") == 0)
        rewrite(argv[2], argv + 3, argc - 3);
    else if (argc == 4 && strcmp(argv[1], "show") == 0)
        show(argv[2], argv[3]);
    else if (argc == 3 && strcmp(argv[1], "state") == 0) {
        seal_manifest(argv[2], "manifest.json");
        seal_manifest(argv[2], "manifest.previous.json");
    } else if (argc == 3 && strcmp(argv[1], "result") == 0)
        seal_result(argv[2], "run.json");
    else if (argc == 3 && strcmp(argv[1], "impact") == 0)
        seal_result(argv[2], "impact.json");
    else
        return 64;
    return 0;
}
