/* Any bytes as history.log: what is damaged is noticed and passed over, and a line that is added stands behind
 * those that are whole and is read back. */
#include "../../jobs/history.h"
#include "fuzz.h"
#include "scratch.h"

#include <sys/stat.h>

enum { ADDED = 4711 };

static struct rr_history read_history(const char *workspace)
{
    struct rr_history h;
    struct rr_error err = {0};
    CHECK(rr_history_read(workspace, &h, &err) == 0);
    CHECK((h.wrong.code == RR_OK) == (h.wrong.text[0] == '\0'));
    CHECK(rr_history_allows(&h, rr_history_latest(&h)));
    CHECK(rr_history_before(&h) == 0 || h.n_named > 1);
    for (size_t i = 0; i < h.n_named; i++)
        CHECK(h.named[i] > 0 && rr_history_published(&h, h.named[i]));
    for (size_t i = 1; i < h.n_named; i++)
        CHECK(h.named[i] != h.named[i - 1]);
    return h;
}

static void add_line(const char *workspace, unsigned from)
{
    struct rr_error err = {0};
    json_t *more = json_pack("{s:s}", "max_delta", "1%");
    CHECK(rr_history_add(workspace, RR_MOVE_PUBLISH, from, ADDED, more, &err) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char workspace[4096];
    struct stat facts;
    const char *path = scratch_file("history.log", data, size);
    snprintf(workspace, sizeof workspace, "%.*s", (int)(strrchr(path, '/') - path), path);
    struct rr_history before = read_history(workspace);
    CHECK(before.end <= size);
    add_line(workspace, rr_history_latest(&before));
    struct rr_history after = read_history(workspace);
    CHECK(after.n == before.n + 1 && !after.unended);
    CHECK((after.wrong.code == RR_OK) == (before.wrong.code == RR_OK));
    CHECK(rr_history_latest(&after) == ADDED);
    CHECK(stat(path, &facts) == 0 && after.end == (uint64_t)facts.st_size);
    rr_history_fini(&before);
    rr_history_fini(&after);
    return 0;
}
