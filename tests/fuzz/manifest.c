/* Any bytes as a manifest: as they are, and with the digest that they lack put in, so that what
 * stands behind it is reached. What is read is written as it is read again. */
#include "../../runtime/manifest.h"
#include "../../io/memory.h"
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
    bool *covered = rr_calloc(m->n_shards, sizeof *covered);
    rr_manifest_all_read(m);
    rr_manifest_all_resolved(m);
    rr_manifest_covered(m, covered);
    for (uint32_t i = 0; i < m->n_files; i++) {
        rr_manifest_file_done(m, i);
        rr_manifest_file_untouched(m, i);
    }
    free(covered);
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    size_t len;
    char *text = (char *)take_copy(&in, size, &len);
    check(text, len);
    char *right = with_digest(text, len);
    if (right != NULL)
        check(right, strlen(right));
    free(right);
    free(text);
    return 0;
}
