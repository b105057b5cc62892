/* Runs of records, opened as they are needed. */
#include "record_sources.h"

#include "../io/memory.h"
#include "increments.h"

enum { PATH = 4096 };

void rr_record_sources_init(struct rr_record_sources *s, const struct rr_state *state,
                            const struct rr_job *job, const bool *chosen, uint32_t most_open)
{
    *s = (struct rr_record_sources){.state = state,
                                    .job = job,
                                    .chosen = chosen,
                                    .n_runs = state->manifest->n_runs,
                                    .most_open = most_open};
    rr_state_file_order(state->manifest, &s->place_of, &s->file_of);
    s->keys = rr_dictionary_create();
    s->reader = rr_calloc(s->n_runs, sizeof *s->reader);
    s->used = rr_calloc(s->n_runs, sizeof *s->used);
    s->known = rr_calloc(s->n_runs, sizeof *s->known);
}

void rr_record_sources_fini(struct rr_record_sources *s)
{
    for (uint32_t i = 0; i < s->n_runs; i++)
        rr_record_reader_close(s->reader[i]);
    rr_dictionary_destroy(s->keys);
    free(s->reader);
    free(s->used);
    free(s->known);
    free(s->place_of);
    free(s->file_of);
}

/* Runs that are added to the manifest later stand behind those that were there. */
static bool takes_part(const struct rr_record_sources *s, uint32_t i)
{
    return s->state->manifest->runs[i].kind == RR_RUN_RECORDS && !(s->chosen && !s->chosen[i]);
}

static bool meets(const struct rr_record_sources *s, uint32_t i, const struct rr_slice *slice)
{
    return takes_part(s, i) && rr_slice_meets(slice, &s->state->manifest->runs[i]);
}

static int count_run(const struct rr_record_sources *s, uint32_t i, uint64_t *records,
                     struct rr_error *err)
{
    const struct rr_run_entry *run = &s->state->manifest->runs[i];
    char path[PATH];
    rr_state_run_path(s->state, run->name, path);
    struct rr_run_reader *reader = rr_run_open(path, err);
    int result = reader ? rr_run_count_items(reader, run->first, run->end, records, err) : -1;
    rr_run_close(reader);
    return result;
}

int rr_record_sources_count(const struct rr_record_sources *s, uint64_t *records,
                            struct rr_error *err)
{
    const struct rr_comm *comm = s->state->comm;
    int result = 0;
    memset(records, 0, s->state->manifest->n_shards * sizeof *records);
    for (uint32_t i = (uint32_t)comm->rank; i < s->n_runs && result == 0; i += (uint32_t)comm->size)
        if (takes_part(s, i))
            result = count_run(s, i, records, err);
    rr_comm_sum_all(comm, records, s->state->manifest->n_shards);
    return rr_agree(comm, result, err);
}

uint32_t rr_record_sources_meeting(const struct rr_record_sources *s, const struct rr_slice *slice)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->n_runs; i++)
        n += meets(s, i, slice);
    return n;
}

void rr_record_sources_increments(const struct rr_record_sources *s, const struct rr_slice *slice,
                                  struct rr_run_entry *entry)
{
    entry->first_increment = UINT32_MAX;
    entry->last_increment = 0;
    for (uint32_t i = 0; i < s->n_runs; i++)
        if (meets(s, i, slice))
            rr_increments_cover(entry, &s->state->manifest->runs[i]);
}

static void close_longest_unused(struct rr_record_sources *s)
{
    uint32_t oldest = s->n_runs;
    for (uint32_t i = 0; i < s->n_runs; i++)
        if (s->reader[i] && (oldest == s->n_runs || s->used[i] < s->used[oldest]))
            oldest = i;
    rr_record_reader_close(s->reader[oldest]);
    s->reader[oldest] = NULL;
    s->n_open--;
}

static struct rr_record_reader *open_run(struct rr_record_sources *s, uint32_t i,
                                         struct rr_error *err)
{
    s->used[i] = ++s->clock;
    if (s->reader[i])
        return s->reader[i];
    if (s->n_open == s->most_open)
        close_longest_unused(s);
    char path[PATH];
    rr_state_run_path(s->state, s->state->manifest->runs[i].name, path);
    s->reader[i] = rr_record_reader_open(path, s->job, s->state->manifest->n_shards, s->keys,
                                         s->place_of, err);
    s->n_open += s->reader[i] != NULL;
    s->known[i] = true;
    return s->reader[i];
}

int rr_record_sources_learn(struct rr_record_sources *s, const struct rr_slice *slice,
                            struct rr_error *err)
{
    for (uint32_t i = 0; i < s->n_runs; i++)
        if (!s->known[i] && meets(s, i, slice) && open_run(s, i, err) == NULL)
            return -1;
    return 0;
}

static int read_run(struct rr_record_reader *reader, const struct rr_slice *slice,
                    struct rr_dictionary *accounts, struct rr_record_sink sink,
                    struct rr_error *err)
{
    struct rr_account_head head;
    int got = -1;
    if (rr_record_reader_select(reader, slice, err) != 0)
        return -1;
    while ((got = rr_record_reader_next(reader, &head, err)) > 0) {
        uint32_t account = rr_dictionary_enter(accounts, head.name, head.hash);
        uint8_t *rows = sink.room(sink.self, head.items);
        uint32_t kept;
        if (rr_record_reader_rows(reader, head.items, account, rows, &kept, err) != 0)
            return -1;
        *sink.n_rows += kept;
    }
    return got;
}

int rr_record_sources_read(struct rr_record_sources *s, const struct rr_slice *slice,
                           struct rr_dictionary *accounts, struct rr_record_sink sink,
                           struct rr_error *err)
{
    for (uint32_t i = 0; i < s->n_runs; i++) {
        if (!meets(s, i, slice))
            continue;
        struct rr_record_reader *reader = open_run(s, i, err);
        if (reader == NULL || read_run(reader, slice, accounts, sink, err) != 0)
            return -1;
    }
    return 0;
}

/* Stands before the account's records in a run: 1, 0 when it has none in the slice, -1 on error. */
static int find_account(struct rr_record_sources *s, uint32_t i, const struct rr_slice *slice,
                        struct rr_text account, struct rr_account_head *head, struct rr_error *err)
{
    if (!meets(s, i, slice))
        return 0;
    struct rr_record_reader *reader = open_run(s, i, err);
    if (reader == NULL || rr_record_reader_select(reader, slice, err) != 0)
        return -1;
    return rr_record_reader_find(reader, account, head, err);
}

int rr_record_sources_count_account(struct rr_record_sources *s, const struct rr_slice *shard,
                                    struct rr_text account, uint64_t *records, struct rr_error *err)
{
    *records = 0;
    for (uint32_t i = 0; i < s->n_runs; i++) {
        struct rr_account_head head;
        int got = find_account(s, i, shard, account, &head, err);
        if (got < 0)
            return -1;
        *records += got > 0 ? head.items : 0;
    }
    return 0;
}

int rr_record_sources_read_account(struct rr_record_sources *s, const struct rr_slice *slice,
                                   struct rr_text account, uint32_t code, uint64_t most,
                                   struct rr_record_sink sink, struct rr_error *err)
{
    uint64_t records = 0;
    for (uint32_t i = 0; i < s->n_runs; i++) {
        struct rr_account_head head;
        uint32_t kept;
        int got = find_account(s, i, slice, account, &head, err);
        if (got < 0)
            return -1;
        if (got == 0)
            continue;
        records += head.items;
        if (records > most)
            return 0;
        uint8_t *rows = sink.room(sink.self, head.items);
        if (rr_record_reader_rows(s->reader[i], head.items, code, rows, &kept, err) != 0)
            return -1;
        *sink.n_rows += kept;
    }
    return 1;
}
