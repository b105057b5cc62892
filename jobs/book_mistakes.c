/* Mistakes: all that is wrong with a book, told at once. */
#include "book_reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { MESSAGE_BYTES = 512 };

static bool continues_character(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* Bytes of the character at p, 0 when it is no UTF-8 (Unicode 15, table 3-7). */
static uint32_t character_bytes(const unsigned char *p, uint32_t left)
{
    if (p[0] < 0x80)
        return 1;
    uint32_t n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || left < n)
        return 0;
    for (uint32_t i = 1; i < n; i++) {
        if (!continues_character((char)p[i]))
            return 0;
    }
    bool overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
    bool no_scalar = (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf4 && p[1] > 0x8f);
    return overlong || no_scalar ? 0 : n;
}

bool rr_is_utf8(struct rr_text text)
{
    const unsigned char *p = (const unsigned char *)text.ptr;
    for (uint32_t at = 0, n; at < text.len; at += n) {
        n = character_bytes(p + at, text.len - at);
        if (n == 0)
            return false;
    }
    return true;
}

/* A message is one line of clean text, whatever a book holds. */
static void clean(char *text)
{
    bool utf8 = rr_is_utf8(rr_text_of(text));
    for (char *p = text; *p != '\0'; p++) {
        unsigned char c = (unsigned char)*p;
        if (c < 0x20 || c == 0x7f || (!utf8 && c >= 0x80))
            *p = '?';
    }
}

/* An alias is read where it is used, so one mistake behind it may be met many times. */
static bool is_known(const struct rr_mistakes *mistakes, const char *file, struct rr_place place,
                     const char *text)
{
    for (int i = 0; i < mistakes->n; i++) {
        const struct rr_mistake *m = &mistakes->item[i];
        if (m->place.line == place.line && m->place.column == place.column &&
            strcmp(m->file, file) == 0 && strcmp(m->text, text) == 0)
            return true;
    }
    return false;
}

void rr_mistake_add(struct rr_mistakes *mistakes, const char *file, struct rr_place place,
                    const char *format, ...)
{
    mistakes->n_found++;
    if (mistakes->n == RR_MISTAKES_MAX)
        return;
    if (mistakes->arena == NULL)
        mistakes->arena = rr_arena_create();
    char text[MESSAGE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    clean(text);
    if (is_known(mistakes, file, place, text)) {
        mistakes->n_repeated++;
        return;
    }
    mistakes->item[mistakes->n++] =
        (struct rr_mistake){.file = rr_arena_text(mistakes->arena, file, strlen(file)).ptr,
                            .place = place,
                            .text = rr_arena_text(mistakes->arena, text, strlen(text)).ptr};
}

void rr_mistakes_fini(struct rr_mistakes *mistakes)
{
    rr_arena_destroy(mistakes->arena);
    *mistakes = (struct rr_mistakes){0};
}

static int compare_mistakes(const void *left, const void *right)
{
    const struct rr_mistake *a = left, *b = right;
    int order = strcmp(a->file, b->file);
    if (order == 0)
        order = (a->place.line > b->place.line) - (a->place.line < b->place.line);
    if (order == 0)
        order = (a->place.column > b->place.column) - (a->place.column < b->place.column);
    return order != 0 ? order : strcmp(a->text, b->text);
}

void rr_mistakes_sort(struct rr_mistakes *mistakes)
{
    qsort(mistakes->item, (size_t)mistakes->n, sizeof *mistakes->item, compare_mistakes);
    mistakes->n_found -= mistakes->n_repeated;
    mistakes->n_repeated = 0;
}

char *rr_mistakes_text(const struct rr_mistakes *mistakes)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (out == NULL)
        return NULL;
    const char *mark = mistakes->mark != NULL ? mistakes->mark : "";
    for (int i = 0; i < mistakes->n; i++) {
        const struct rr_mistake *m = &mistakes->item[i];
        fprintf(out, "%s:%d:%d: %s%s\n", m->file, m->place.line, m->place.column, mark, m->text);
    }
    if (mistakes->n_found > mistakes->n)
        fprintf(out, "%sand %d more\n", mark, mistakes->n_found - mistakes->n);
    fclose(out);
    return text;
}
