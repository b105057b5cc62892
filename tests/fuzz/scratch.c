/* Files of an input, in memory where the system has a place for that. */
#include "scratch.h"

#include "fuzz.h"

#include <unistd.h>

static char folder[64];

static void remove_folder(void)
{
    static const char *const names[] = {"s.csv",      "s.csv.zst", "c.yaml",
                                        "c.yaml.zst", "run.h5",    "history.log"};
    char path[128];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

const char *scratch_file(const char *name, const void *bytes, size_t len)
{
    static char path[128];
    if (folder[0] == '\0') {
        strcpy(folder, access("/dev/shm", W_OK) == 0 ? "/dev/shm/fuzz.XXXXXX" : "/tmp/fuzz.XXXXXX");
        CHECK(mkdtemp(folder) != NULL);
        atexit(remove_folder);
    }
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL && fwrite(bytes, 1, len, file) == len && fclose(file) == 0);
    return path;
}
