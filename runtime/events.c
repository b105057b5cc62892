/* Events and their copies. */
#include "events.h"

#include "../io/memory.h"

#include <stdio.h>

enum { FIRST_KEPT = 16384 };

const char rr_conflicts_header[] = "account,kept_file,kept_record,file,record,differs\n";

void rr_events_init(struct rr_events *c, const struct rr_state *state, const struct rr_job *job,
                    const uint32_t *file_of, const struct rr_dictionary *accounts,
                    const struct rr_plans *plans, const struct rr_dictionary *keys,
                    struct rr_tally *tally)
{
    *c = (struct rr_events){.state = state,
                            .job = job,
                            .file_of = file_of,
                            .accounts = accounts,
                            .keys = keys,
                            .plans = plans,
                            .tally = tally,
                            .row_size = rr_row_size(job),
                            .first_copy = UINT64_MAX};
}

void rr_events_fini(struct rr_events *c)
{
    rr_texts_fini(&c->conflicts);
    rr_texts_fini(&c->repaired);
    rr_line_fini(&c->line);
    rr_line_fini(&c->key);
    free(c->rows);
    free(c->items);
    free(c->spare);
    free(c->counts);
    free(c->kept);
}

void rr_events_reserve(struct rr_events *c, uint64_t n)
{
    if (n <= c->rows_size)
        return;
    rr_check(n < UINT32_MAX / 2, "an account has more records than can be resolved at once");
    c->rows_size = (uint32_t)n * 2;
    c->rows = rr_realloc(c->rows, (size_t)c->rows_size * c->row_size);
    c->items = rr_realloc(c->items, c->rows_size * sizeof *c->items);
    c->spare = rr_realloc(c->spare, c->rows_size * sizeof *c->spare);
    c->counts = rr_realloc(c->counts, ((size_t)c->rows_size + 1) * sizeof *c->counts);
}

static struct rr_row row_at(const struct rr_events *c, const uint8_t *rows, uint32_t i)
{
    struct rr_row row;
    memcpy(&row, rows + (size_t)i * c->row_size, sizeof row);
    return row;
}

static const uint8_t *bytes_at(const struct rr_events *c, uint32_t i)
{
    return c->rows + (size_t)i * c->row_size;
}

static const char *path_of(const struct rr_events *c, uint64_t position)
{
    return c->state->manifest->files[c->file_of[rr_position_file(position)]].path;
}

static bool is_marker(const struct rr_events *c, uint32_t i)
{
    return row_at(c, c->rows, i).key == c->marker;
}

static int64_t rank_at(const struct rr_events *c, uint32_t i)
{
    return rr_row_rank(c->job, bytes_at(c, i));
}

static bool before(const struct rr_row *a, const struct rr_row *b)
{
    return a->time_ns != b->time_ns ? a->time_ns < b->time_ns : a->position < b->position;
}

/* Whether good record a is to count rather than b. */
static bool beats(const struct rr_events *c, uint32_t a, uint32_t b)
{
    int64_t rank_a = rank_at(c, a), rank_b = rank_at(c, b);
    if (rank_a != rank_b)
        return rank_a > rank_b;
    struct rr_row row_a = row_at(c, c->rows, a), row_b = row_at(c, c->rows, b);
    return c->job->copies == RR_COPIES_LAST ? before(&row_b, &row_a) : before(&row_a, &row_b);
}

static void put_key_position(struct rr_line *key, const char *path, uint64_t record)
{
    uint64_t big_endian = __builtin_bswap64(record);
    rr_line_put(key, path, strlen(path) + 1);
    rr_line_put(key, (const char *)&big_endian, sizeof big_endian);
}

static void add_conflict(struct rr_events *c, const struct rr_row *kept, const struct rr_row *copy,
                         const char *differs)
{
    struct rr_text account = rr_dictionary_text(c->accounts, kept->account);
    const char *kept_path = path_of(c, kept->position), *path = path_of(c, copy->position);
    rr_line_clear(&c->key);
    rr_line_put(&c->key, account.ptr, account.len);
    rr_line_put(&c->key, "", 1);
    put_key_position(&c->key, kept_path, rr_position_record(kept->position));
    put_key_position(&c->key, path, rr_position_record(copy->position));
    rr_line_clear(&c->line);
    rr_line_field(&c->line, account);
    rr_line_field(&c->line, rr_text_of(kept_path));
    rr_line_number(&c->line, rr_position_record(kept->position));
    rr_line_field(&c->line, rr_text_of(path));
    rr_line_number(&c->line, rr_position_record(copy->position));
    rr_line_field(&c->line, rr_text_of(differs));
    rr_line_end(&c->line);
    rr_texts_add(&c->conflicts, rr_line_text(&c->key), rr_line_text(&c->line));
}

static void compare_copy(struct rr_events *c, const uint8_t *kept_bytes, const uint8_t *copy_bytes)
{
    struct rr_row kept, copy;
    memcpy(&kept, kept_bytes, sizeof kept);
    memcpy(&copy, copy_bytes, sizeof copy);
    size_t values_len = c->row_size - sizeof kept;
    if (kept.time_ns == copy.time_ns && kept.key == copy.key &&
        memcmp(kept_bytes + sizeof kept, copy_bytes + sizeof copy, values_len) == 0)
        return;
    rr_decimal a[RR_JOB_VALUES], b[RR_JOB_VALUES];
    char differs[1024] = "";
    memcpy(a, kept_bytes + sizeof kept, values_len);
    memcpy(b, copy_bytes + sizeof copy, values_len);
    c->job->differ(c->job->self, rr_dictionary_text(c->keys, kept.key),
                   rr_dictionary_text(c->keys, copy.key), a, b, kept.time_ns != copy.time_ns,
                   differs, sizeof differs);
    if (differs[0] == '\0')
        return;
    c->tally->conflicts++;
    add_conflict(c, &kept, &copy, differs);
}

static void withhold(struct rr_events *c, uint32_t i, enum rr_withheld withheld)
{
    const uint8_t *bytes = bytes_at(c, i);
    c->tally->withheld[withheld]++;
    struct rr_plan_targets plan = rr_plans_of(c->plans, row_at(c, c->rows, i).key);
    for (uint32_t t = 0; t < plan.n; t++)
        rr_sum_add(&c->tally->meters[plan.target[t].meter].withheld[withheld],
                   rr_row_quantity(c->job, bytes, plan.target[t].meter));
    if (c->withheld)
        c->withheld(c->withheld_self, bytes, withheld);
}

/* A rejected record of an event that good ones tell of: it leaves the quarantine, unless it ranks above
 * them all, so that it would have corrected them. */
static void repair(struct rr_events *c, uint32_t marker, uint32_t winner)
{
    struct rr_row row = row_at(c, c->rows, marker);
    if (rank_at(c, marker) > rank_at(c, winner))
        return;
    rr_check(row.time_ns > RR_ACCEPT && row.time_ns < RR_REJECT_CODES, "a marker without a code");
    c->tally->repaired[row.time_ns]++;
    rr_line_clear(&c->key);
    put_key_position(&c->key, path_of(c, row.position), rr_position_record(row.position));
    rr_texts_add(&c->repaired, rr_line_text(&c->key), (struct rr_text){0});
}

static void note_refused(struct rr_events *c, const uint8_t *kept_bytes, const uint8_t *copy_bytes)
{
    struct rr_row kept, copy;
    memcpy(&kept, kept_bytes, sizeof kept);
    memcpy(&copy, copy_bytes, sizeof copy);
    if (copy.position >= c->first_copy)
        return;
    c->first_copy = copy.position;
    struct rr_text account = rr_dictionary_text(c->accounts, copy.account);
    rr_fail(&c->copy_error, RR_EXIT_DATA,
            "%s: record %llu of account '%.*s' has the event id of %s: record %llu, and the book "
            "says duplicates: error; take one of them out and read everything again with --fresh, "
            "or choose first or last%s",
            path_of(c, copy.position), (unsigned long long)rr_position_record(copy.position),
            RR_SHOW(account), path_of(c, kept.position),
            (unsigned long long)rr_position_record(kept.position),
            c->job->has_ranks ? ", or add a record that corrects or voids the event" : "");
}

static void keep(struct rr_events *c, const uint8_t *bytes)
{
    if (c->n_kept == c->kept_size) {
        c->kept_size = c->kept_size ? c->kept_size * 2 : FIRST_KEPT;
        c->kept = rr_realloc(c->kept, (size_t)c->kept_size * c->row_size);
    }
    memcpy(c->kept + (size_t)c->n_kept++ * c->row_size, bytes, c->row_size);
}

/* A copy of the same rank as the one that counts. */
static void take_duplicate(struct rr_events *c, uint32_t i, uint32_t winner)
{
    withhold(c, i, RR_DUPLICATE);
    compare_copy(c, bytes_at(c, winner), bytes_at(c, i));
    if (c->job->copies == RR_COPIES_REFUSED)
        note_refused(c, bytes_at(c, winner), bytes_at(c, i));
}

/* What becomes of a good copy. */
static void settle(struct rr_events *c, uint32_t i, uint32_t winner)
{
    if (rr_rank_withdraws(rank_at(c, winner)))
        withhold(c, i, rr_rank_withdraws(rank_at(c, i)) ? RR_VOID : RR_VOIDED);
    else if (i == winner)
        keep(c, bytes_at(c, i));
    else if (rank_at(c, i) < rank_at(c, winner))
        withhold(c, i, RR_SUPERSEDED);
    else
        take_duplicate(c, i, winner);
}

/* The copies of one event: all rows of its fingerprint. */
static void resolve_event(struct rr_events *c, const uint32_t *index, uint32_t n)
{
    uint32_t winner = UINT32_MAX;
    for (uint32_t i = 0; i < n; i++)
        if (!is_marker(c, index[i]) && (winner == UINT32_MAX || beats(c, index[i], winner)))
            winner = index[i];
    if (winner == UINT32_MAX)
        return; /* bad ones only: they stay in quarantine */
    for (uint32_t i = 0; i < n; i++)
        if (is_marker(c, index[i]))
            repair(c, index[i], winner);
        else
            settle(c, index[i], winner);
}

/* The same for an event that came once, as almost all do. */
static void resolve_single(struct rr_events *c, uint32_t i)
{
    if (!is_marker(c, i))
        settle(c, i, i);
}

/* Items that agree in the upper half of the fingerprint, told apart by the lower half. */
static void resolve_alike(struct rr_events *c, const struct rr_sort_item *items, uint32_t n)
{
    uint32_t *index = rr_malloc(n * sizeof *index);
    bool *taken = rr_calloc(n, sizeof *taken);
    for (uint32_t i = 0; i < n; i++) {
        if (taken[i])
            continue;
        uint64_t low = row_at(c, c->rows, items[i].index).fingerprint[1];
        uint32_t copies = 0;
        for (uint32_t j = i; j < n; j++)
            if (!taken[j] && row_at(c, c->rows, items[j].index).fingerprint[1] == low) {
                taken[j] = true;
                index[copies++] = items[j].index;
            }
        resolve_event(c, index, copies);
    }
    free(index);
    free(taken);
}

void rr_events_resolve(struct rr_events *c)
{
    if (c->n_rows == 0)
        return;
    c->marker = rr_plans_marker(c->plans);
    for (uint32_t i = 0; i < c->n_rows; i++)
        c->items[i] = (struct rr_sort_item){row_at(c, c->rows, i).fingerprint[0], i};
    rr_sort_hashes(c->items, c->spare, c->counts, c->n_rows);
    for (uint32_t i = 0; i < c->n_rows;) {
        uint32_t end = i + 1;
        while (end < c->n_rows && c->items[end].key == c->items[i].key)
            end++;
        if (end == i + 1)
            resolve_single(c, c->items[i].index);
        else
            resolve_alike(c, c->items + i, end - i);
        i = end;
    }
}

static int write_texts(struct rr_texts *texts, enum rr_run_kind kind, struct rr_state *state,
                       struct rr_changes *changes, struct rr_error *err)
{
    struct rr_run_entry entry;
    char path[4096];
    if (texts->n == 0)
        return 0;
    rr_state_new_run(state, kind, &entry, path);
    entry.items = texts->n;
    if (rr_text_run_write(path, texts, &entry.bytes, &entry.digest, err) != 0)
        return -1;
    rr_texts_clear(texts);
    rr_changes_add_run(changes, &entry);
    return 0;
}

int rr_events_write_texts(struct rr_events *c, struct rr_state *state, struct rr_changes *changes,
                          struct rr_error *err)
{
    if (write_texts(&c->conflicts, RR_RUN_CONFLICTS, state, changes, err) != 0)
        return -1;
    return write_texts(&c->repaired, RR_RUN_REPAIRED, state, changes, err);
}
