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

/* Whether a comes before b among the copies of one event. */
static bool before(const struct rr_row *a, const struct rr_row *b)
{
    return a->time_ns != b->time_ns ? a->time_ns < b->time_ns : a->position < b->position;
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

static void count_copy(struct rr_events *c, const uint8_t *bytes)
{
    struct rr_row row;
    memcpy(&row, bytes, sizeof row);
    c->tally->duplicate++;
    struct rr_plan_targets plan = rr_plans_of(c->plans, row.key);
    for (uint32_t t = 0; t < plan.n; t++)
        rr_sum_add(&c->tally->meters[plan.target[t].meter].duplicate,
                   rr_row_quantity(c->job, bytes, plan.target[t].meter));
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
            "or choose first or last",
            path_of(c, copy.position), (unsigned long long)rr_position_record(copy.position),
            RR_SHOW(account), path_of(c, kept.position),
            (unsigned long long)rr_position_record(kept.position));
}

static void keep(struct rr_events *c, const uint8_t *bytes)
{
    if (c->n_kept == c->kept_size) {
        c->kept_size = c->kept_size ? c->kept_size * 2 : FIRST_KEPT;
        c->kept = rr_realloc(c->kept, (size_t)c->kept_size * c->row_size);
    }
    memcpy(c->kept + (size_t)c->n_kept++ * c->row_size, bytes, c->row_size);
}

/* The copies of one event are items first .. end - 1 whose fingerprints are equal. */
static void resolve_event(struct rr_events *c, const uint32_t *index, uint32_t n)
{
    uint32_t winner = index[0];
    for (uint32_t i = 1; i < n; i++) {
        struct rr_row best = row_at(c, c->rows, winner), other = row_at(c, c->rows, index[i]);
        if (c->job->copies == RR_COPIES_LAST ? before(&best, &other) : before(&other, &best))
            winner = index[i];
    }
    keep(c, bytes_at(c, winner));
    for (uint32_t i = 0; i < n; i++) {
        if (index[i] == winner)
            continue;
        count_copy(c, bytes_at(c, index[i]));
        compare_copy(c, bytes_at(c, winner), bytes_at(c, index[i]));
        if (c->job->copies == RR_COPIES_REFUSED)
            note_refused(c, bytes_at(c, winner), bytes_at(c, index[i]));
    }
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
    for (uint32_t i = 0; i < c->n_rows; i++)
        c->items[i] = (struct rr_sort_item){row_at(c, c->rows, i).fingerprint[0], i};
    rr_sort_hashes(c->items, c->spare, c->counts, c->n_rows);
    for (uint32_t i = 0; i < c->n_rows;) {
        uint32_t end = i + 1;
        while (end < c->n_rows && c->items[end].key == c->items[i].key)
            end++;
        if (end == i + 1)
            keep(c, bytes_at(c, c->items[i].index));
        else
            resolve_alike(c, c->items + i, end - i);
        i = end;
    }
}
