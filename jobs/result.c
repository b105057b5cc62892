/* Results that appear whole or not at all. */
#include "result.h"

#include "../io/commit.h"
#include "../io/memory.h"
#include "../io/text_file.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAKING ".making-"

/* Rank 0: a result in the making belongs to the run that holds the lock; all others are dead. */
static int remove_dead(const struct rr_result *r, struct rr_error *err)
{
    DIR *dir = opendir(r->results);
    if (dir == NULL)
        return rr_fail_errno(err, RR_EXIT_CREATE, r->results, "open directory");
    int result = 0;
    for (struct dirent *entry = readdir(dir); entry && result == 0; entry = readdir(dir)) {
        char path[RR_RESULT_PATH + 256];
        if (strncmp(entry->d_name, MAKING, strlen(MAKING)) != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", r->results, entry->d_name);
        result = rr_remove_dir(path, err);
    }
    closedir(dir);
    return result;
}

int rr_result_begin(struct rr_result *r, const struct rr_comm *comm, const char *dir,
                    const char *run_id, unsigned nth, bool compress, struct rr_error *err)
{
    *r = (struct rr_result){.comm = comm, .dir = dir, .compress = compress};
    snprintf(r->results, sizeof r->results, "%s/results", dir);
    snprintf(r->making, sizeof r->making, "%s/" MAKING "%s-%u", r->results, run_id, nth);
    int result = 0;
    if (comm->rank == 0) {
        result = nth == 0 ? remove_dead(r, err) : 0;
        if (result == 0)
            result = rr_make_dir(r->making, err);
    }
    return rr_agree(comm, result, err);
}

static void file_path(const struct rr_result *r, const char *name, char path[RR_RESULT_PATH + 64])
{
    snprintf(path, RR_RESULT_PATH + 64, "%s/%s", r->making, name);
}

void rr_result_beside(const struct rr_result *r, const char *name, char path[RR_RESULT_PATH + 64])
{
    file_path(r, name, path);
}

struct rr_output *rr_result_output(struct rr_result *r, const char *name, const char *header,
                                   size_t memory)
{
    char path[RR_RESULT_PATH + 64];
    file_path(r, name, path);
    return rr_output_create(r->comm, path, header, memory);
}

static void note_file(struct rr_result *r, const char *name, uint64_t bytes,
                      struct rr_digest digest)
{
    rr_check(r->n_files < RR_RESULT_FILES, "a result has too many files");
    struct rr_result_file *file = &r->file[r->n_files++];
    snprintf(file->name, sizeof file->name, "%s", name);
    file->bytes = bytes;
    file->digest = digest;
}

/* Rank 0: puts NAME.zst, the same content compressed, in the place of NAME. */
static int compress_file(struct rr_result *r, const char *name, struct rr_error *err)
{
    char path[RR_RESULT_PATH + 64], packed[RR_RESULT_PATH + 64], packed_name[48];
    struct rr_digest digest;
    uint64_t bytes;
    snprintf(packed_name, sizeof packed_name, "%s.zst", name);
    file_path(r, name, path);
    file_path(r, packed_name, packed);
    if (rr_text_file_copy(path, packed, err) != 0 ||
        rr_digest_file(packed, &bytes, &digest, err) != 0)
        return -1;
    unlink(path);
    note_file(r, packed_name, bytes, digest);
    return 0;
}

int rr_result_finish_output(struct rr_result *r, const char *name, struct rr_output *output,
                            const struct rr_output_blend *blend, struct rr_error *err)
{
    uint64_t bytes = 0;
    struct rr_digest digest = {0};
    int result = rr_output_finish(output, blend, &bytes, &digest, err);
    rr_output_destroy(output);
    if (result != 0)
        return -1;
    if (r->comm->rank == 0 && r->compress)
        result = compress_file(r, name, err);
    else if (r->comm->rank == 0)
        note_file(r, name, bytes, digest);
    return rr_agree(r->comm, result, err);
}

int rr_result_put(struct rr_result *r, const char *name, const void *bytes, size_t len,
                  struct rr_error *err)
{
    char path[RR_RESULT_PATH + 64];
    file_path(r, name, path);
    if (rr_commit_bytes(path, bytes, len, err) != 0)
        return -1;
    note_file(r, name, len, rr_digest_bytes(bytes, len));
    return 0;
}

unsigned rr_result_newest(const char *workspace)
{
    char results[RR_RESULT_PATH];
    unsigned most = 0, number;
    snprintf(results, sizeof results, "%s/results", workspace);
    DIR *dir = opendir(results);
    for (struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir))
        if (sscanf(entry->d_name, "%u", &number) == 1 && number > most)
            most = number;
    if (dir)
        closedir(dir);
    return most;
}

/* What run.json says of a result, without how it was computed. The caller's to release. */
static json_t *load_facts(const char *path)
{
    json_t *facts = json_load_file(path, 0, NULL);
    json_object_del(facts, "priced");
    json_object_del(facts, "own_digest");
    return facts;
}

/* run.json holds the digests of all other files, so it stands for the whole result. */
static bool is_as(const struct rr_result *r, unsigned number, const json_t *mine)
{
    char path[RR_RESULT_PATH];
    snprintf(path, sizeof path, "%s/%04u/run.json", r->results, number);
    json_t *facts = load_facts(path);
    bool same = facts && json_equal(facts, mine);
    json_decref(facts);
    return same;
}

/* An equal result, from number `from` on: `latest`, else the last; 0 when there is none. */
static unsigned find_same(const struct rr_result *r, unsigned from)
{
    char path[RR_RESULT_PATH + 64];
    file_path(r, "run.json", path);
    json_t *mine = load_facts(path);
    unsigned number = rr_result_latest(r->dir);
    if (number < from || !is_as(r, number, mine))
        number = rr_result_newest(r->dir);
    while (number >= from && number > 0 && !is_as(r, number, mine))
        number--;
    json_decref(mine);
    return number >= from ? number : 0;
}

/* The directory gets the next number. */
static int appear(struct rr_result *r, unsigned *number, struct rr_error *err)
{
    char final[RR_RESULT_PATH];
    if (rr_result_put(r, "_SUCCESS", "", 0, err) != 0 || rr_sync_dir(r->making, err) != 0)
        return -1;
    *number = rr_result_newest(r->dir) + 1;
    snprintf(final, sizeof final, "%s/%04u", r->results, *number);
    if (rename(r->making, final) != 0)
        return rr_fail_errno(err, RR_EXIT_CREATE, final, "rename");
    return rr_sync_dir(r->results, err);
}

/* An equal one that is there from number `from` on stands; else this one gets the next number. */
static int settle(struct rr_result *r, unsigned from, unsigned *number, bool *found,
                  struct rr_error *err)
{
    *number = find_same(r, from);
    *found = *number > 0;
    return *found ? rr_remove_dir(r->making, err) : appear(r, number, err);
}

/* A later equal one was staged, or a crash came before `latest` moved. */
static int publish_latest(struct rr_result *r, unsigned *number, bool *same, struct rr_error *err)
{
    unsigned latest = rr_result_latest(r->dir);
    if (settle(r, latest, number, same, err) != 0)
        return -1;
    *same = *number == latest;
    if (*same)
        return 0;
    return rr_latest_move(r->dir, RR_MOVE_PUBLISH, *number, NULL, err);
}

int rr_result_publish(struct rr_result *r, enum rr_destination to, unsigned *number, bool *same,
                      struct rr_error *err)
{
    if (to == RR_TO_LATEST)
        return publish_latest(r, number, same, err);
    return settle(r, 0, number, same, err);
}

int rr_result_move(struct rr_result *r, const char *to, struct rr_error *err)
{
    return rename(r->making, to) == 0 ? 0 : rr_fail_errno(err, RR_EXIT_CREATE, to, "rename");
}

void rr_result_abandon(struct rr_result *r)
{
    struct rr_error ignored;
    rr_remove_dir(r->making, &ignored);
}
