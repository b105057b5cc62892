/* Runs a fuzz target over files, and over the files in directories, without a fuzzer. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Runs one file; its bytes are in memory of just their size, so that reading further is noticed. */
static int replay_file(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(size ? size : 1);
    int failed = file == NULL || data == NULL || fread(data, 1, size, file) != size;
    if (failed)
        perror(path);
    else
        LLVMFuzzerTestOneInput(data, size);
    if (file != NULL)
        fclose(file);
    free(data);
    return failed;
}

static int replay_path(const char *path, size_t *n);

static int replay_directory(const char *path, size_t *n)
{
    DIR *directory = opendir(path);
    const struct dirent *entry;
    int failed = directory == NULL;
    while (!failed && (entry = readdir(directory)) != NULL) {
        char *inner = NULL;
        if (entry->d_name[0] == '.')
            continue;
        failed = asprintf(&inner, "%s/%s", path, entry->d_name) < 0 || replay_path(inner, n);
        free(inner);
    }
    if (directory != NULL)
        closedir(directory);
    return failed;
}

static int replay_path(const char *path, size_t *n)
{
    struct stat st;
    if (stat(path, &st) < 0) {
        perror(path);
        return 1;
    }
    if (S_ISDIR(st.st_mode))
        return replay_directory(path, n);
    ++*n;
    return replay_file(path, (size_t)st.st_size);
}

int main(int argc, char **argv)
{
    size_t n = 0;
    for (int i = 1; i < argc; i++)
        if (replay_path(argv[i], &n))
            return 1;
    printf("%zu inputs\n", n);
    return n == 0;
}
