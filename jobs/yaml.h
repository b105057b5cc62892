/* A YAML document as a tree of nodes that know where they stand.
 *
 * Reads YAML 1.1 by libyaml, with the same strictness for every user: one document; keys are
 * texts and stand once in a mapping; no tags, no merge keys. An alias is the node that it names.
 * Texts are not interpreted: `1.50`, `no` and `2025-01-01` are what they look like.
 */
#ifndef JOBS_YAML_H
#define JOBS_YAML_H

#include "../io/arena.h"
#include "book.h"

enum rr_yaml_kind { RR_YAML_TEXT, RR_YAML_LIST, RR_YAML_MAP };

struct rr_yaml {
    enum rr_yaml_kind kind;
    struct rr_place place;
    struct rr_text text;   /* RR_YAML_TEXT */
    bool plain;            /* the text stands without quotes */
    int n;                 /* items of a list, entries of a mapping */
    struct rr_yaml **item; /* a list's items, a mapping's values */
    struct rr_yaml **key;  /* a mapping's keys: all RR_YAML_TEXT */
};

/* The root of the one document in `bytes`, in the arena; no bytes but comments give NULL and a
 * mistake. Returns NULL also when it can't be read at all. Smaller mistakes (a key that stands
 * twice, a tag) are noted and the rest is returned. */
struct rr_yaml *rr_yaml_parse(const char *file, struct rr_text bytes, struct rr_arena *arena,
                              struct rr_mistakes *mistakes);

/* The value of a key, NULL when the mapping has none. */
struct rr_yaml *rr_yaml_get(const struct rr_yaml *map, const char *key);

/* An unquoted nothing: `key:`, `~`, or `null`. */
bool rr_yaml_is_null(const struct rr_yaml *node);

/* "a text", "a list", "a mapping" */
const char *rr_yaml_kind_name(enum rr_yaml_kind kind);

#endif
