/* Contracts read in parts. */
#include "contract_parts.h"

#include "../io/line.h"
#include "../io/memory.h"
#include "../runtime/parcels.h"
#include "file_parts.h"
#include "subscriptions.h"
#include "yaml.h"

#include <stdlib.h>
#include <string.h>

/* A contract's text, from its name's line to the next name's. */
struct piece {
    struct rr_text name, text;
    bool mine; /* it is of this rank's part, and whole; else an outline */
};

struct rr_contract_parts {
    struct rr_arena *arena; /* everything below is in it */
    struct piece *pieces;
    uint32_t n;
};

/* What an outline keeps: whose it is, when, and who pays. */
static const char *const kept_keys[] = {"plan",  "accounts", "bill_to", "pool",
                                        "start", "end",      "commit",  NULL};

/* ---- cutting ---- */

static bool begins_key(char c)
{
    return c != ' ' && c != '\t' && c != '\r' && c != '\n' && c != '#';
}

/* A contract begins with its name at the start of a line. */
static size_t first_contract(const char *bytes, size_t len, char before, bool quoted)
{
    (void)quoted;
    for (size_t at = 0; at < len; before = bytes[at++])
        if (before == '\n' && begins_key(bytes[at]))
            return at;
    return RR_NO_PIECE;
}

/* Anchors, documents and flow style reach across lines and contracts: such a file is not cut. */
static bool can_be_cut(const struct rr_file_part *part)
{
    char before = '\n';
    for (size_t at = 0; at < part->len; before = part->bytes[at++]) {
        char c = part->bytes[at];
        if (c == '&' || c == '*' || c == '|' || c == '>')
            return false;
        if (before == '\n' && strchr("{}[]-%.?!,:", c) != NULL)
            return false;
    }
    return true;
}

/* Offsets of lines, from the first; lines are counted from 1. */
struct lines {
    const char *bytes;
    size_t *start;
    int n;
};

static struct lines find_lines(struct rr_text text)
{
    struct lines lines = {.bytes = text.ptr};
    int size = 0;
    for (uint32_t at = 0; at < text.len; at++) {
        if (at > 0 && text.ptr[at - 1] != '\n')
            continue;
        if (lines.n + 2 > size) {
            size = size ? 2 * size : 64;
            lines.start = rr_realloc(lines.start, (size_t)size * sizeof *lines.start);
        }
        lines.start[lines.n++] = at;
    }
    if (lines.n > 0)
        lines.start[lines.n] = text.len;
    return lines;
}

/* Lines [first, end), counted from 1. */
static struct rr_text lines_between(const struct lines *lines, int first, int end)
{
    size_t from = lines->start[first - 1], to = lines->start[end - 1];
    return (struct rr_text){lines->bytes + from, (uint32_t)(to - from)};
}

/* Whether each key of a mapping stands first on a line of its own, all at one column. */
static bool is_block(const struct lines *lines, const struct rr_yaml *map, int name_line)
{
    for (int i = 0; i < map->n; i++) {
        struct rr_place place = map->key[i]->place;
        const char *line = lines->bytes + lines->start[place.line - 1];
        if (place.line == name_line || place.column != map->key[0]->place.column ||
            strspn(line, " ") + 1 != (size_t)place.column)
            return false;
        if (i > 0 && place.line <= map->key[i - 1]->place.line)
            return false;
    }
    return map->n > 0;
}

static bool is_kept(struct rr_text key)
{
    for (int i = 0; kept_keys[i] != NULL; i++)
        if (rr_text_equal(key, rr_text_of(kept_keys[i])))
            return true;
    return false;
}

/* The lines of the keys that are kept; the whole text where it can't be told apart by lines. */
static struct rr_text outline_of(struct rr_arena *arena, const struct lines *lines,
                                 const struct rr_yaml *map, struct rr_text whole, int first,
                                 int end)
{
    struct rr_line out = {0};
    if (map->kind != RR_YAML_MAP || !is_block(lines, map, first))
        return whole;
    struct rr_text name = lines_between(lines, first, map->key[0]->place.line);
    rr_line_put(&out, name.ptr, name.len);
    for (int i = 0; i < map->n; i++) {
        int next = i + 1 < map->n ? map->key[i + 1]->place.line : end;
        struct rr_text text = lines_between(lines, map->key[i]->place.line, next);
        if (is_kept(map->key[i]->text))
            rr_line_put(&out, text.ptr, text.len);
    }
    struct rr_text outline = rr_arena_text(arena, out.bytes, out.used);
    rr_line_fini(&out);
    return outline;
}

/* ---- pieces between ranks ---- */

struct piece_head {
    uint32_t name_len, text_len;
};

static void put_piece(struct rr_line *out, struct rr_text name, struct rr_text text)
{
    struct piece_head head = {name.len, text.len};
    rr_line_put(out, (const char *)&head, sizeof head);
    rr_line_put(out, name.ptr, name.len);
    rr_line_put(out, text.ptr, text.len);
}

static const char *take_piece(const char *at, struct rr_text *name, struct rr_text *text)
{
    struct piece_head head;
    memcpy(&head, at, sizeof head);
    *name = (struct rr_text){at + sizeof head, head.name_len};
    *text = (struct rr_text){name->ptr + name->len, head.text_len};
    return text->ptr + text->len;
}

static void add_piece(struct rr_contract_parts *p, uint32_t *size, struct piece piece)
{
    if (p->n == *size) {
        struct piece *more = rr_arena_alloc(p->arena, 2 * ((size_t)*size + 8) * sizeof *more);
        if (p->n > 0)
            memcpy(more, p->pieces, p->n * sizeof *more);
        *size = 2 * (*size + 8);
        p->pieces = more;
    }
    p->pieces[p->n++] = piece;
}

/* Whether YAML counts more lines than those that end in LF: a CR alone ends one too, and so do NEL, LS and
 * PS. */
static bool has_other_lines(struct rr_text text)
{
    for (uint32_t i = 0; i < text.len; i++) {
        const char *at = text.ptr + i;
        size_t left = text.len - i;
        if ((*at == '\r' && (left < 2 || at[1] != '\n')) ||
            (left >= 2 && memcmp(at, "\xc2\x85", 2) == 0) ||
            (left >= 3 && memcmp(at, "\xe2\x80", 2) == 0 && (at[2] == '\xa8' || at[2] == '\xa9')))
            return true;
    }
    return false;
}

/* This rank's contracts as pieces, and their outlines into `out`. False when a contract can't be told. */
static bool cut(struct rr_contract_parts *p, uint32_t *size, struct rr_text text,
                struct rr_line *out)
{
    struct rr_mistakes mistakes = {0};
    if (has_other_lines(text))
        return false;
    struct lines lines = find_lines(text);
    const struct rr_yaml *root =
        lines.n > 0 ? rr_yaml_parse("contracts", text, p->arena, &mistakes) : NULL;
    bool good = lines.n == 0 || (root && root->kind == RR_YAML_MAP && mistakes.n_found == 0);
    for (int i = 0; root && good && i < root->n; i++) {
        int first = root->key[i]->place.line;
        int end = i + 1 < root->n ? root->key[i + 1]->place.line : lines.n + 1;
        struct rr_text whole = lines_between(&lines, first, end);
        good = root->key[i]->place.column == 1 && end > first;
        add_piece(p, size, (struct piece){root->key[i]->text, whole, true});
        put_piece(out, root->key[i]->text,
                  outline_of(p->arena, &lines, root->item[i], whole, first, end));
    }
    rr_mistakes_fini(&mistakes);
    free(lines.start);
    return good;
}

/* Collective. Adds the outlines of the contracts of other ranks. */
static void share_outlines(const struct rr_comm *comm, struct rr_contract_parts *p, uint32_t *size,
                           const struct rr_line *mine)
{
    char *all;
    size_t total, *starts = rr_malloc(((size_t)comm->size + 1) * sizeof *starts);
    rr_comm_concat(comm, mine->bytes, mine->used, &all, &total, starts);
    const char *copy = rr_arena_text(p->arena, all, total).ptr;
    for (int r = 0; r < comm->size; r++)
        for (const char *at = copy + starts[r]; r != comm->rank && at < copy + starts[r + 1];) {
            struct piece piece = {.mine = false};
            at = take_piece(at, &piece.name, &piece.text);
            add_piece(p, size, piece);
        }
    free(starts);
    free(all);
}

/* The contracts as one text, which is what a book is made of. */
static void compose(const struct rr_contract_parts *p, struct rr_book_files *files)
{
    struct rr_line out = {0};
    for (uint32_t i = 0; i < p->n; i++) {
        rr_line_put(&out, p->pieces[i].text.ptr, p->pieces[i].text.len);
        rr_line_put(&out, "\n", 1);
    }
    rr_line_put(&out, "", 1);
    free(files->contracts);
    files->contracts = out.bytes;
    files->contracts_len = out.used - 1;
}

/* Collective. */
static int read_whole(const struct rr_comm *comm, struct rr_book_files *files, struct rr_error *err)
{
    int result = comm->rank == 0 ? rr_book_read_contracts(files, err) : 0;
    if (rr_agree(comm, result, err) != 0)
        return -1;
    if (comm->rank != 0) {
        free(files->contracts);
        files->contracts = NULL;
    }
    rr_comm_share(comm, &files->contracts, &files->contracts_len, 0);
    return 0;
}

/* Collective. */
static int digest(const struct rr_comm *comm, struct rr_book_files *files, struct rr_error *err)
{
    struct rr_digest *digest = &files->contracts_digest;
    uint64_t size;
    int result = 0;
    files->contracts_apart = true;
    if (comm->rank == 0)
        result = rr_digest_file(files->contracts_path, &size, digest, err);
    rr_comm_bcast(comm, digest, sizeof *digest, 0);
    return rr_agree(comm, result, err);
}

int rr_contract_parts_read(const struct rr_comm *comm, struct rr_book_files *files,
                           struct rr_contract_parts **parts, struct rr_error *err)
{
    struct rr_file_part part;
    *parts = NULL;
    if (rr_file_is_packed(files->contracts_path))
        return read_whole(comm, files, err);
    if (rr_file_part_read(comm, files->contracts_path, first_contract, &part, err) != 0)
        return -1;
    struct rr_contract_parts *p = rr_calloc(1, sizeof *p);
    struct rr_line outlines = {0};
    uint32_t size = 0;
    p->arena = rr_arena_create();
    struct rr_text text = rr_arena_text(p->arena, part.bytes, part.len);
    bool good = part.len < UINT32_MAX && can_be_cut(&part) && cut(p, &size, text, &outlines);
    free(part.bytes);
    int result = 0;
    if (rr_comm_max(comm, !good) == 0) {
        result = digest(comm, files, err);
        share_outlines(comm, p, &size, &outlines);
        compose(p, files);
        *parts = p;
    } else {
        rr_contract_parts_destroy(p);
        result = read_whole(comm, files, err);
    }
    rr_line_fini(&outlines);
    return result;
}

void rr_contract_parts_destroy(struct rr_contract_parts *p)
{
    if (p == NULL)
        return;
    rr_arena_destroy(p->arena);
    free(p);
}

/* ---- whole contracts to the ranks that rate them ---- */

static int find_contract(const struct rr_book *book, struct rr_text name)
{
    int low = 0, high = book->n_contracts;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (rr_text_compare(book->contracts[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    rr_check(low < book->n_contracts && rr_text_equal(book->contracts[low].name, name),
             "a contract that the book lost");
    return low;
}

/* For each contract the rank that rates its party; any of its accounts tells which. */
static int *find_ranks(const struct rr_comm *comm, uint32_t n_shards,
                       const struct rr_parties *parties, const struct rr_book *book)
{
    int *rank = rr_malloc((size_t)book->n_contracts * sizeof *rank);
    for (int c = 0; c < book->n_contracts; c++)
        rank[c] = -1;
    for (int i = 0; i < book->n_stays; i++)
        if (rank[book->stays[i].contract] < 0)
            rank[book->stays[i].contract] =
                rr_billing_rank(comm, n_shards, parties, book->stays[i].account);
    return rank;
}

/* Takes whole contracts in the place of their outlines. */
static void take_whole(struct rr_contract_parts *p, const struct rr_book *book, const char *bytes,
                       size_t len)
{
    struct piece **piece = rr_malloc((size_t)book->n_contracts * sizeof *piece);
    for (uint32_t i = 0; i < p->n; i++)
        piece[find_contract(book, p->pieces[i].name)] = &p->pieces[i];
    const char *copy = rr_arena_text(p->arena, bytes, len).ptr;
    for (const char *at = copy; at < copy + len;) {
        struct rr_text name, text;
        at = take_piece(at, &name, &text);
        piece[find_contract(book, name)]->text = text;
    }
    free(piece);
}

void rr_contract_parts_gather(struct rr_contract_parts *p, const struct rr_comm *comm,
                              uint32_t n_shards, const struct rr_parties *parties,
                              const struct rr_book *book, struct rr_book_files *files)
{
    struct rr_parcels *parcels = rr_parcels_create(comm);
    int *rank = find_ranks(comm, n_shards, parties, book);
    struct rr_line line = {0};
    size_t len;
    for (uint32_t i = 0; i < p->n; i++) {
        const struct piece *piece = &p->pieces[i];
        int to = rank[find_contract(book, piece->name)];
        if (!piece->mine || to == comm->rank)
            continue;
        rr_line_clear(&line);
        put_piece(&line, piece->name, piece->text);
        rr_parcels_put(parcels, to, line.bytes, line.used);
    }
    const char *bytes = rr_parcels_exchange(parcels, &len);
    take_whole(p, book, bytes, len);
    compose(p, files);
    rr_line_fini(&line);
    rr_parcels_destroy(parcels);
    free(rank);
}
