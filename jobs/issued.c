/* The ledger of what was issued. */
#include "issued.h"

#include "../io/commit.h"
#include "../io/memory.h"
#include "own_digest.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool rr_period_kind_of(struct rr_text text, enum rr_period *kind)
{
    char copy[RR_PERIOD_TEXT];
    int32_t period;
    if (text.len == 0 || text.len >= sizeof copy || memchr(text.ptr, '\0', text.len))
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    for (int k = RR_DAY; k <= RR_YEAR; k++)
        if (rr_period_parse((enum rr_period)k, copy, &period)) {
            *kind = (enum rr_period)k;
            return true;
        }
    return false;
}

/* ---- replaying ---- */

/* Where a period stands among those owned, or is to stand. */
static unsigned find(const struct rr_issued *s, struct rr_text period)
{
    unsigned low = 0, high = s->n_owned;
    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        if (rr_text_compare(rr_text_of(s->owned[middle].period), period) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_at(const struct rr_issued *s, unsigned at, struct rr_text period)
{
    return at < s->n_owned && rr_text_equal(rr_text_of(s->owned[at].period), period);
}

unsigned rr_issued_owner(const struct rr_issued *s, struct rr_text period)
{
    unsigned at = find(s, period);
    return is_at(s, at, period) ? s->owned[at].result : 0;
}

static void own(struct rr_issued *s, const char *period, unsigned result)
{
    unsigned at = find(s, rr_text_of(period));
    if (!is_at(s, at, rr_text_of(period))) {
        s->owned = rr_realloc(s->owned, (s->n_owned + 1) * sizeof *s->owned);
        memmove(&s->owned[at + 1], &s->owned[at], (s->n_owned - at) * sizeof *s->owned);
        snprintf(s->owned[at].period, sizeof s->owned[at].period, "%s", period);
        s->n_owned++;
    }
    s->owned[at].result = result;
}

static unsigned number_in(const json_t *entry)
{
    const char *name = json_string_value(json_object_get(entry, "result"));
    unsigned number = 0;
    return name && sscanf(name, "%u", &number) == 1 ? number : 0;
}

static void replay(struct rr_issued *s, const json_t *entry)
{
    const json_t *periods = json_object_get(entry, "periods");
    const char *closed =
        json_string_value(json_object_get(json_object_get(entry, "booking"), "closed_through"));
    for (size_t i = 0; i < json_array_size(periods); i++) {
        const char *period = json_string_value(json_array_get(periods, i));
        if (period && number_in(entry) > 0)
            own(s, period, number_in(entry));
    }
    if (closed && strcmp(closed, s->closed_through) > 0)
        snprintf(s->closed_through, sizeof s->closed_through, "%s", closed);
}

/* ---- reading ---- */

/* Each entry names the one before by the digest of its file. */
static bool follows(const struct rr_issued *s, const json_t *entry)
{
    struct rr_digest before;
    const char *text = json_string_value(json_object_get(entry, "previous"));
    if (s->n == 0)
        return text == NULL;
    return text && rr_digest_parse(text, &before) && rr_digest_equal(before, s->last);
}

static int read_entry(struct rr_issued *s, const char *path, struct rr_error *err)
{
    json_t *entry;
    if (rr_own_digest_load(path, &entry, err) != 0)
        return -1;
    bool good = follows(s, entry);
    uint64_t size;
    if (!good)
        rr_fail(err, RR_EXIT_DATA, "%s: does not follow on the entry before it", path);
    if (!good || rr_digest_file(path, &size, &s->last, err) != 0) {
        json_decref(entry);
        return -1;
    }
    s->entry = rr_realloc(s->entry, (s->n + 1) * sizeof *s->entry);
    s->entry[s->n++] = entry;
    replay(s, entry);
    return 0;
}

int rr_issued_read(const char *workspace, struct rr_issued *s, struct rr_error *err)
{
    char path[RR_ISSUED_PATH];
    *s = (struct rr_issued){0};
    snprintf(s->dir, sizeof s->dir, "%s/issued", workspace);
    for (;;) {
        snprintf(path, sizeof path, "%s/%04u/issue.json", s->dir, s->n + 1);
        if (access(path, F_OK) != 0)
            return 0;
        if (read_entry(s, path, err) != 0) {
            rr_issued_fini(s);
            return -1;
        }
    }
}

void rr_issued_fini(struct rr_issued *s)
{
    for (unsigned i = 0; i < s->n; i++)
        json_decref(s->entry[i]);
    free(s->entry);
    free(s->owned);
    *s = (struct rr_issued){0};
}

unsigned rr_issued_last_result(const struct rr_issued *s, unsigned other)
{
    for (unsigned i = s->n; i-- > 0;)
        if (number_in(s->entry[i]) > 0 && number_in(s->entry[i]) != other)
            return number_in(s->entry[i]);
    return 0;
}

bool rr_issued_corrections(const struct rr_issued *s, unsigned i, char path[RR_ISSUED_PATH])
{
    snprintf(path, RR_ISSUED_PATH, "%s/%04u/corrections.csv", s->dir, i + 1);
    return json_object_get(json_object_get(s->entry[i], "files"), "corrections.csv") != NULL;
}
