/* JSON with its own digest. */
#include "own_digest.h"

#include "../io/commit.h"
#include "../io/digest.h"
#include "../io/memory.h"

#include <stdio.h>
#include <string.h>

static char *dump(const json_t *object)
{
    char *text = json_dumps(object, JSON_INDENT(2));
    rr_check(text != NULL, "JSON that is none");
    return text;
}

static struct rr_digest digest_of(const json_t *object)
{
    char *text = dump(object);
    struct rr_digest digest = rr_digest_bytes(text, strlen(text));
    free(text);
    return digest;
}

char *rr_own_digest_format(json_t *object)
{
    char digest[RR_DIGEST_TEXT];
    rr_digest_format(digest_of(object), digest);
    json_object_set_new(object, "own_digest", json_string(digest));
    char *text = dump(object);
    size_t len = strlen(text);
    text = rr_realloc(text, len + 2);
    memcpy(text + len, "\n", 2);
    return text;
}

/* Takes it off; false when it is wrong. */
static bool is_whole(json_t *object)
{
    struct rr_digest said;
    const char *text = json_string_value(json_object_get(object, "own_digest"));
    if (text == NULL || !rr_digest_parse(text, &said))
        return false;
    json_object_del(object, "own_digest");
    return rr_digest_equal(said, digest_of(object));
}

int rr_own_digest_load(const char *path, json_t **object, struct rr_error *err)
{
    char *text;
    size_t len;
    *object = NULL;
    if (rr_read_file(path, &text, &len, err) != 0)
        return -1;
    *object = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    free(text);
    if (json_is_object(*object) && is_whole(*object))
        return 0;
    json_decref(*object);
    *object = NULL;
    return rr_fail(err, RR_EXIT_DATA,
                   "%s: is damaged: its digest is wrong; `rerate verify` tells more", path);
}
