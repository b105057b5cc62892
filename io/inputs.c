/* From what the user gave to the list of files that are read.
 *
 * The list is sorted bytewise: the order of the files is part of a record's source position, and
 * must not depend on how the files were named or found.
 */
#include "csv_source.h"
#include "csv_text.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

struct list {
    char **paths;
    size_t n, room;
};

static void list_fini(struct list *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->paths[i]);
    free(list->paths);
}

static int no_memory(struct rr_error *err)
{
    return rr_fail(err, RR_EXIT_IO, "no memory for the list of inputs");
}

/* Adds a path, which is taken over. */
static int list_add(struct list *list, char *path, struct rr_error *err)
{
    if (path != NULL && list->n == list->room) {
        size_t room = list->room ? 2 * list->room : 64;
        char **paths = realloc(list->paths, room * sizeof *paths);
        if (paths != NULL) {
            list->paths = paths;
            list->room = room;
        }
    }
    if (path == NULL || list->n == list->room) {
        free(path);
        return no_memory(err);
    }
    list->paths[list->n++] = path;
    return 0;
}

static int add_file(struct list *list, char *path, struct rr_error *err)
{
    bool zstd;
    if (path != NULL && !rr_csv_suffix(path, &zstd)) {
        rr_fail(err, RR_EXIT_INPUT, "%s: only .csv and .csv.zst files are read", path);
        free(path);
        return -1;
    }
    return list_add(list, path, err);
}

static char *join(const char *directory, const char *name)
{
    size_t len = strlen(directory);
    while (len > 1 && directory[len - 1] == '/')
        len--;
    char *path;
    const char *slash = len == 1 && directory[0] == '/' ? "" : "/";
    return asprintf(&path, "%.*s%s%s", (int)len, directory, slash, name) < 0 ? NULL : path;
}

static bool is_directory(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Adds what one name in a directory stands for, if anything. */
static int add_entry(struct list *list, const char *directory, const char *name,
                     struct rr_error *err)
{
    if (name[0] == '.' || name[0] == '_')
        return 0;
    char *path = join(directory, name);
    if (path != NULL && is_directory(path)) {
        free(path);
        return 0;
    }
    return add_file(list, path, err);
}

static int add_directory(struct list *list, const char *path, struct rr_error *err)
{
    DIR *directory = opendir(path);
    if (directory == NULL)
        return rr_fail_errno(err, RR_EXIT_INPUT, path, "can't be listed");
    size_t before = list->n;
    int failed = 0;
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(directory);
        if (entry == NULL && errno != 0)
            failed = rr_fail_errno(err, RR_EXIT_IO, path, "can't be listed");
        if (entry == NULL || failed)
            break;
        failed = add_entry(list, path, entry->d_name, err);
    }
    closedir(directory);
    if (!failed && list->n == before)
        failed = rr_fail(err, RR_EXIT_INPUT, "%s: the directory holds no usage files", path);
    return failed;
}

static int add_path(struct list *list, const char *path, struct rr_error *err)
{
    return is_directory(path) ? add_directory(list, path, err) : add_file(list, strdup(path), err);
}

static int add_pattern(struct list *list, const char *pattern, struct rr_error *err)
{
    glob_t found;
    int status = glob(pattern, GLOB_NOSORT, NULL, &found);
    if (status == GLOB_NOMATCH)
        return rr_fail(err, RR_EXIT_INPUT, "%s: no such file, and no file matches it", pattern);
    if (status != 0)
        return rr_fail(err, RR_EXIT_IO, "%s: the pattern's directories can't be read", pattern);
    int failed = 0;
    for (size_t i = 0; i < found.gl_pathc && !failed; i++)
        failed = add_path(list, found.gl_pathv[i], err);
    globfree(&found);
    return failed;
}

static int add_given(struct list *list, const char *given, struct rr_error *err)
{
    if (strcmp(given, "-") == 0)
        return rr_fail(err, RR_EXIT_INPUT,
                       "-: standard input is not read in this version; write it to a file");
    struct stat st;
    if (stat(given, &st) == 0)
        return add_path(list, given, err);
    if (errno != ENOENT && errno != ENOTDIR)
        return rr_fail_errno(err, RR_EXIT_INPUT, given, "can't be read");
    return add_pattern(list, given, err);
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort_unique(struct list *list)
{
    if (list->n == 0)
        return;
    qsort(list->paths, list->n, sizeof *list->paths, compare_paths);
    size_t kept = 1;
    for (size_t i = 1; i < list->n; i++) {
        if (strcmp(list->paths[i], list->paths[kept - 1]) == 0)
            free(list->paths[i]);
        else
            list->paths[kept++] = list->paths[i];
    }
    list->n = kept;
}

/* A file by what it is, not by its name. */
struct identity {
    dev_t device;
    ino_t inode;
    const char *path;
};

static int compare_identities(const void *a, const void *b)
{
    const struct identity *x = a, *y = b;
    if (x->device != y->device)
        return x->device < y->device ? -1 : 1;
    if (x->inode != y->inode)
        return x->inode < y->inode ? -1 : 1;
    return strcmp(x->path, y->path);
}

static int check_identities(struct identity *files, size_t n, struct rr_error *err)
{
    qsort(files, n, sizeof *files, compare_identities);
    for (size_t i = 1; i < n; i++)
        if (files[i].device == files[i - 1].device && files[i].inode == files[i - 1].inode)
            return rr_fail(err, RR_EXIT_INPUT,
                           "%s: is the same file as %s and would be read twice; give one of them",
                           files[i].path, files[i - 1].path);
    return 0;
}

int rr_inputs_check_distinct(const char *const *paths, size_t n, struct rr_error *err)
{
    struct identity *files = calloc(n + 1, sizeof *files);
    if (files == NULL)
        return no_memory(err);
    int failed = 0;
    for (size_t i = 0; i < n && !failed; i++) {
        struct stat st;
        if (stat(paths[i], &st) < 0)
            failed = rr_fail_errno(err, RR_EXIT_INPUT, paths[i], "can't be read");
        else
            files[i] = (struct identity){st.st_dev, st.st_ino, paths[i]};
    }
    if (!failed)
        failed = check_identities(files, n, err);
    free(files);
    return failed;
}

/* Paths stand in JSON and CSV files, which are UTF-8. */
static int check_utf8(const struct list *list, struct rr_error *err)
{
    for (size_t i = 0; i < list->n; i++)
        if (!rr_csv_utf8(rr_text_of(list->paths[i])))
            return rr_fail(err, RR_EXIT_INPUT, "%s: this name is not UTF-8; give the file another",
                           list->paths[i]);
    return 0;
}

int rr_inputs_expand(char *const *given, int n_given, char ***paths, size_t *n_paths,
                     struct rr_error *err)
{
    struct list list = {0};
    int failed = 0;
    for (int i = 0; i < n_given && !failed; i++)
        failed = add_given(&list, given[i], err);
    sort_unique(&list);
    if (!failed)
        failed = check_utf8(&list, err);
    if (!failed)
        failed = rr_inputs_check_distinct((const char *const *)list.paths, list.n, err);
    if (failed) {
        list_fini(&list);
        return -1;
    }
    *paths = list.paths;
    *n_paths = list.n;
    return 0;
}
