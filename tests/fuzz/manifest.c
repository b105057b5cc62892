/* Any bytes as a manifest: as they are, and with the digest that they lack put in, so that what
 * stands behind it is reached. What is read is written as it is read again.
 *
 * An input that begins with 'm' is not the text but says where a good one is changed: offset, bytes to
 * leave out, bytes to put there instead, and so on. */
#include "../../io/memory.h"
#include "../../runtime/coverage.h"
#include "fuzz.h"

#include <jansson.h>

static struct rr_manifest *parse(const char *text, size_t len)
{
    struct rr_error err = {0};
    struct rr_manifest *m = rr_manifest_parse("m.json", text, len, &err);
    CHECK((m != NULL) == (err.text[0] == '\0'));
    return m;
}

static void use(const struct rr_manifest *m)
{
    uint32_t n;
    rr_manifest_all_read(m);
    rr_manifest_all_resolved(m);
    free(rr_coverage_gaps(m, &n));
    rr_coverage_depth(m, RR_RUN_CELLS, NULL);
    rr_coverage_overlap(m, RR_RUN_RECORDS, NULL);
    for (uint32_t i = 0; i < m->n_files; i++) {
        rr_manifest_file_done(m, i);
        rr_manifest_file_untouched(m, i);
    }
}

static void check(const char *text, size_t len)
{
    struct rr_manifest *m = parse(text, len);
    if (m == NULL)
        return;
    use(m);
    char *written = rr_manifest_format(m);
    struct rr_manifest *back = parse(written, strlen(written));
    CHECK(back != NULL);
    char *again = rr_manifest_format(back);
    CHECK(strcmp(written, again) == 0);
    free(again);
    free(written);
    rr_manifest_destroy(back);
    rr_manifest_destroy(m);
}

/* The text with its right digest, as rr_manifest_format makes it; NULL when it is no object. */
static char *with_digest(const char *text, size_t len)
{
    enum { DUMP = JSON_SORT_KEYS | JSON_INDENT(1) };
    char digest[RR_DIGEST_TEXT], *out = NULL;
    json_t *value = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(value)) {
        json_object_del(value, "digest");
        char *bytes = json_dumps(value, DUMP);
        CHECK(bytes != NULL);
        rr_digest_format(rr_digest_bytes(bytes, strlen(bytes)), digest);
        json_object_set_new(value, "digest", json_string(digest));
        out = json_dumps(value, DUMP);
        free(bytes);
    }
    json_decref(value);
    return out;
}

static void add_file(struct rr_manifest *m, const char *path, bool done)
{
    uint32_t file = rr_manifest_add_file(m, path, 100, 5);
    m->files[file].has_digest = done;
    for (uint64_t s = 0; s < 2; s++) {
        struct rr_split split = {.file = file, .start = 50 * s, .end = s ? UINT64_MAX : 50};
        rr_manifest_add_split(m, &split);
        m->splits[m->n_splits - 1].done = done;
    }
}

static char *good_text(void)
{
    struct rr_manifest *m = rr_manifest_create(8, "meters", "bucket: day\n", 1);
    add_file(m, "a.csv", true);
    add_file(m, "b.csv.zst", false);
    for (int kind = RR_RUN_RECORDS; kind <= RR_RUN_CONFLICTS; kind++) {
        struct rr_run_entry run = {
            .kind = (enum rr_run_kind)kind, .end = 8, .high = UINT64_MAX, .last_bucket = -3};
        snprintf(run.name, sizeof run.name, "%d.h5", kind);
        rr_manifest_add_run(m, &run);
    }
    m->ingested.read = 10;
    m->ingested.quarantined[RR_BAD_ROW] = 3;
    rr_sum_add(&m->ingested.meters[0].read, 5);
    char *text = rr_manifest_format(m);
    rr_manifest_destroy(m);
    return text;
}

static void change(char **text, struct input *in)
{
    size_t len = strlen(*text), at = take_number(in, 2) % (len + 1), out = take_byte(in), n;
    out = out < len - at ? out : len - at;
    char *put = (char *)take_copy(in, take_byte(in) % 32, &n);
    char *changed = rr_calloc(1, len - out + n + 1);
    memcpy(changed, *text, at);
    memcpy(changed + at, put, n);
    memcpy(changed + at + n, *text + at + out, len - at - out);
    free(put);
    free(*text);
    *text = changed;
}

static char *take_text(struct input *in, size_t *len)
{
    if (in->left == 0 || *in->at != 'm')
        return (char *)take_copy(in, in->left, len);
    char *text = good_text();
    take_byte(in);
    while (in->left > 0)
        change(&text, in);
    *len = strlen(text);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    size_t len;
    char *text = take_text(&in, &len);
    check(text, len);
    char *right = with_digest(text, len);
    if (right != NULL)
        check(right, strlen(right));
    free(right);
    free(text);
    return 0;
}
