/* The files of a result or an impact are those that it names. */
#include "verify.h"

#include <dirent.h>
#include <string.h>

static bool is_one_of(const char *const *names, const char *name)
{
    while (*names && strcmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

static int check_name(const struct rr_verify *v, const json_t *files, const char *const *besides,
                      const char *name, struct rr_error *err)
{
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || is_one_of(besides, name) ||
        json_object_get(files, name))
        return 0;
    return rr_fail(err, RR_EXIT_DATA, "%s/%s: %s does not name it", v->result, name, besides[0]);
}

int rr_verify_names(const struct rr_verify *v, const json_t *files, const char *const *besides,
                    struct rr_error *err)
{
    DIR *dir = opendir(v->result);
    if (dir == NULL)
        return rr_fail_errno(err, RR_EXIT_IO, v->result, "open directory");
    int result = 0;
    for (struct dirent *entry = readdir(dir); entry && result == 0; entry = readdir(dir))
        result = check_name(v, files, besides, entry->d_name, err);
    closedir(dir);
    return result;
}
