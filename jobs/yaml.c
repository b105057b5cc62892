/* libyaml's document turned into a tree in an arena. Nodes keep libyaml's numbers, so an alias
 * is the very node it names; a tree that holds itself, or grows out of proportion by its
 * aliases, is refused here, and readers may walk it without care. */
#include "yaml.h"
#include "book_reader.h"

#include <stdlib.h>
#include <yaml.h>

enum {
    DEPTH_MAX = 64,
    ALIAS_GROWTH = 1000000, /* nodes that aliases may add to a walk over the tree */
};

struct tree {
    const char *file;
    struct rr_arena *arena;
    struct rr_mistakes *mistakes;
    yaml_document_t *document;
    struct rr_yaml *nodes; /* nodes[id - 1] */
    int64_t *walked;       /* nodes met in a walk from here; 0 not yet known, -1 being counted */
    int n;
};

static struct rr_place place_of(yaml_mark_t mark)
{
    return (struct rr_place){(int)mark.line + 1, (int)mark.column + 1};
}

static void wrong(struct tree *tree, struct rr_place place, const char *text)
{
    rr_mistake_add(tree->mistakes, tree->file, place, "%s", text);
}

/* ---- nodes ---- */

static bool has_plain_tag(const yaml_node_t *node)
{
    static const char *const tags[] = {[YAML_SCALAR_NODE] = YAML_STR_TAG,
                                       [YAML_SEQUENCE_NODE] = YAML_SEQ_TAG,
                                       [YAML_MAPPING_NODE] = YAML_MAP_TAG};
    return node->tag == NULL || strcmp((const char *)node->tag, tags[node->type]) == 0;
}

static void fill_text(struct tree *tree, struct rr_yaml *into, const yaml_node_t *node)
{
    into->kind = RR_YAML_TEXT;
    into->plain = node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    into->text =
        rr_arena_text(tree->arena, (const char *)node->data.scalar.value, node->data.scalar.length);
    if (memchr(into->text.ptr, '\0', into->text.len) != NULL)
        wrong(tree, into->place, "this text holds a NUL character; leave it out");
}

static void fill_list(struct tree *tree, struct rr_yaml *into, const yaml_node_t *node)
{
    const yaml_node_item_t *item = node->data.sequence.items.start;
    into->kind = RR_YAML_LIST;
    into->n = (int)(node->data.sequence.items.top - item);
    into->item = rr_arena_alloc(tree->arena, (size_t)into->n * sizeof *into->item);
    for (int i = 0; i < into->n; i++)
        into->item[i] = &tree->nodes[item[i] - 1];
}

static void fill_map(struct tree *tree, struct rr_yaml *into, const yaml_node_t *node)
{
    const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
    into->kind = RR_YAML_MAP;
    into->n = (int)(node->data.mapping.pairs.top - pair);
    into->item = rr_arena_alloc(tree->arena, (size_t)into->n * sizeof *into->item);
    into->key = rr_arena_alloc(tree->arena, (size_t)into->n * sizeof *into->key);
    for (int i = 0; i < into->n; i++) {
        into->key[i] = &tree->nodes[pair[i].key - 1];
        into->item[i] = &tree->nodes[pair[i].value - 1];
    }
}

static void fill_node(struct tree *tree, int id)
{
    const yaml_node_t *node = yaml_document_get_node(tree->document, id);
    struct rr_yaml *into = &tree->nodes[id - 1];
    into->place = place_of(node->start_mark);
    if (!has_plain_tag(node))
        wrong(tree, into->place, "a tag (`!...`) is not read in a book; leave it out");
    if (node->type == YAML_SCALAR_NODE)
        fill_text(tree, into, node);
    else if (node->type == YAML_SEQUENCE_NODE)
        fill_list(tree, into, node);
    else
        fill_map(tree, into, node);
}

/* ---- keys ---- */

static int compare_keys(const void *left, const void *right)
{
    const struct rr_yaml *a = **(struct rr_yaml * *const *)left;
    const struct rr_yaml *b = **(struct rr_yaml * *const *)right;
    int order = rr_text_compare(a->text, b->text);
    if (order == 0)
        order = (a->place.line > b->place.line) - (a->place.line < b->place.line);
    if (order == 0)
        order = (a->place.column > b->place.column) - (a->place.column < b->place.column);
    return order;
}

/* Takes out the entries whose key is NULL. */
static void close_gaps(struct rr_yaml *map)
{
    int n = 0;
    for (int i = 0; i < map->n; i++) {
        if (map->key[i] == NULL)
            continue;
        map->key[n] = map->key[i];
        map->item[n++] = map->item[i];
    }
    map->n = n;
}

static void drop_odd_keys(struct tree *tree, struct rr_yaml *map)
{
    for (int i = 0; i < map->n; i++) {
        const struct rr_yaml *key = map->key[i];
        const char *text = NULL;
        if (key->kind != RR_YAML_TEXT)
            text = "a key is a text; this one is a list or a mapping";
        else if (key->plain && rr_text_equal(key->text, rr_text_of("<<")))
            text = "merge keys (`<<`) are not read in a book; write the entries out";
        if (text == NULL)
            continue;
        wrong(tree, key->place, text);
        map->key[i] = NULL;
    }
    close_gaps(map);
}

static void drop_double_keys(struct tree *tree, struct rr_yaml *map)
{
    if (map->n < 2)
        return;
    struct rr_yaml ***sorted = rr_arena_alloc(tree->arena, (size_t)map->n * sizeof *sorted);
    for (int i = 0; i < map->n; i++)
        sorted[i] = &map->key[i];
    qsort(sorted, (size_t)map->n, sizeof *sorted, compare_keys);
    const struct rr_yaml *first = *sorted[0];
    for (int i = 1; i < map->n; i++) {
        const struct rr_yaml *key = *sorted[i];
        if (!rr_text_equal(key->text, first->text)) {
            first = key;
            continue;
        }
        rr_mistake_add(tree->mistakes, tree->file, key->place,
                       "key `%.*s` stands twice, first on line %d; keep one of them",
                       RR_SHOW(key->text), first->place.line);
        *sorted[i] = NULL;
    }
    close_gaps(map);
}

/* ---- aliases ---- */

static bool measure(struct tree *tree, struct rr_yaml *node, int depth);

static bool measure_all(struct tree *tree, struct rr_yaml **nodes, int n, int depth, int64_t *total)
{
    int64_t most = (int64_t)tree->n + ALIAS_GROWTH;
    for (int i = 0; i < n; i++) {
        if (!measure(tree, nodes[i], depth))
            return false;
        *total += tree->walked[nodes[i] - tree->nodes];
        if (*total > most) {
            wrong(tree, nodes[i]->place,
                  "the aliases here stand for more than a million nodes; write a smaller book");
            return false;
        }
    }
    return true;
}

/* Counts the nodes of a walk that follows aliases. False after a mistake. */
static bool measure(struct tree *tree, struct rr_yaml *node, int depth)
{
    int64_t *walked = &tree->walked[node - tree->nodes];
    if (*walked > 0)
        return true;
    if (*walked < 0 || depth > DEPTH_MAX) {
        wrong(tree, node->place,
              *walked < 0 ? "this node holds itself by an alias; take the alias out"
                          : "lists and mappings are nested too deeply");
        return false;
    }
    *walked = -1;
    int64_t total = 1;
    if (node->kind != RR_YAML_TEXT && !measure_all(tree, node->item, node->n, depth + 1, &total))
        return false;
    if (node->kind == RR_YAML_MAP && !measure_all(tree, node->key, node->n, depth + 1, &total))
        return false;
    *walked = total;
    return true;
}

/* ---- documents ---- */

static struct rr_yaml *build(struct tree *tree)
{
    tree->n = (int)(tree->document->nodes.top - tree->document->nodes.start);
    tree->nodes = rr_arena_alloc(tree->arena, (size_t)tree->n * sizeof *tree->nodes);
    tree->walked = rr_arena_alloc(tree->arena, (size_t)tree->n * sizeof *tree->walked);
    for (int id = 1; id <= tree->n; id++)
        fill_node(tree, id);
    for (int i = 0; i < tree->n; i++) {
        if (tree->nodes[i].kind != RR_YAML_MAP)
            continue;
        drop_odd_keys(tree, &tree->nodes[i]);
        drop_double_keys(tree, &tree->nodes[i]);
    }
    return measure(tree, tree->nodes, 0) ? tree->nodes : NULL;
}

static struct rr_place place_of_byte(struct rr_text bytes, size_t offset)
{
    struct rr_place place = {1, 1};
    for (size_t i = 0; i < offset && i < bytes.len; i++) {
        place.column++;
        if (bytes.ptr[i] == '\n')
            place = (struct rr_place){place.line + 1, 1};
    }
    return place;
}

static void note_parser_error(struct tree *tree, const yaml_parser_t *parser, struct rr_text bytes)
{
    struct rr_place place = parser->error == YAML_READER_ERROR
                                ? place_of_byte(bytes, parser->problem_offset)
                                : place_of(parser->problem_mark);
    const char *problem = parser->problem != NULL ? parser->problem : "out of memory";
    rr_mistake_add(tree->mistakes, tree->file, place, "this is not YAML: %s%s%s", problem,
                   parser->context != NULL ? ", " : "",
                   parser->context != NULL ? parser->context : "");
}

/* Whatever comes after the first document is a mistake. */
static void refuse_second(struct tree *tree, yaml_parser_t *parser, struct rr_text bytes)
{
    yaml_document_t second;
    if (!yaml_parser_load(parser, &second)) {
        note_parser_error(tree, parser, bytes);
        return;
    }
    if (yaml_document_get_root_node(&second) != NULL)
        wrong(tree, place_of(second.start_mark),
              "a second document begins here; a book is one YAML document");
    yaml_document_delete(&second);
}

static struct rr_text without_bom(struct rr_text bytes)
{
    if (bytes.len < 3 || memcmp(bytes.ptr, "\xEF\xBB\xBF", 3) != 0)
        return bytes;
    return (struct rr_text){bytes.ptr + 3, bytes.len - 3};
}

struct rr_yaml *rr_yaml_parse(const char *file, struct rr_text bytes, struct rr_arena *arena,
                              struct rr_mistakes *mistakes)
{
    yaml_parser_t parser;
    yaml_document_t document;
    struct tree tree = {.file = file, .arena = arena, .mistakes = mistakes, .document = &document};
    struct rr_yaml *root = NULL;
    bytes = without_bom(bytes);
    if (!yaml_parser_initialize(&parser)) {
        wrong(&tree, (struct rr_place){1, 1}, "out of memory");
        return NULL;
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)bytes.ptr, bytes.len);
    if (!yaml_parser_load(&parser, &document)) {
        note_parser_error(&tree, &parser, bytes);
    } else {
        if (yaml_document_get_root_node(&document) != NULL) {
            root = build(&tree);
            refuse_second(&tree, &parser, bytes);
        } else {
            wrong(&tree, (struct rr_place){1, 1}, "the book is empty; docs/book.md shows one");
        }
        yaml_document_delete(&document);
    }
    yaml_parser_delete(&parser);
    return root;
}

/* ---- asking ---- */

struct rr_yaml *rr_yaml_get(const struct rr_yaml *map, const char *key)
{
    if (map == NULL || map->kind != RR_YAML_MAP)
        return NULL;
    struct rr_text name = rr_text_of(key);
    for (int i = 0; i < map->n; i++) {
        if (rr_text_equal(map->key[i]->text, name))
            return map->item[i];
    }
    return NULL;
}

bool rr_yaml_is_null(const struct rr_yaml *node)
{
    static const char *const nothing[] = {"", "~", "null", "Null", "NULL"};
    if (node->kind != RR_YAML_TEXT || !node->plain)
        return false;
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++) {
        if (rr_text_equal(node->text, rr_text_of(nothing[i])))
            return true;
    }
    return false;
}

const char *rr_yaml_kind_name(enum rr_yaml_kind kind)
{
    static const char *const names[] = {"a text", "a list", "a mapping"};
    return names[kind];
}
