/* Lists of kernels. */
#include "list.h"

#include "../io/memory.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST = 4 };

static char *item_at(const struct rr_list *list, const struct rr_list_kind *kind, uint32_t i)
{
    return (char *)list->at + i * kind->item;
}

void rr_list_fini(struct rr_list *list)
{
    free(list->at);
    *list = (struct rr_list){0};
}

/* Equal neighbours become one. */
static void drop_copies(struct rr_list *list, const struct rr_list_kind *kind)
{
    uint32_t kept = 0;
    for (uint32_t i = 1; i < list->n; i++) {
        char *last = item_at(list, kind, kept), *next = item_at(list, kind, i);
        if (kind->compare(last, next) != 0) {
            if (++kept != i)
                memcpy(item_at(list, kind, kept), next, kind->item);
        } else if (kind->combine) {
            kind->combine(last, next);
        }
    }
    list->n = list->n > 0 ? kept + 1 : 0;
}

void rr_list_order(struct rr_list *list, const struct rr_list_kind *kind)
{
    if (list->ordered < list->n) {
        qsort(list->at, list->n, kind->item, kind->compare);
        drop_copies(list, kind);
    }
    list->ordered = list->n;
}

/* Putting a full list in order may make room; if not much, it grows. */
static void make_room(struct rr_list *list, const struct rr_list_kind *kind)
{
    if (list->n > FIRST)
        rr_list_order(list, kind);
    if (list->n <= list->size / 2 && list->size > 0)
        return;
    rr_check(list->size < UINT32_MAX / 2, "a kernel's list is too long");
    list->size = list->size ? list->size * 2 : FIRST;
    list->at = rr_realloc(list->at, list->size * kind->item);
}

void rr_list_add(struct rr_list *list, const struct rr_list_kind *kind, const void *item)
{
    if (list->n == list->size)
        make_room(list, kind);
    memcpy(item_at(list, kind, list->n), item, kind->item);
    if (list->ordered == list->n &&
        (list->n == 0 || kind->compare(item_at(list, kind, list->n - 1), item) < 0))
        list->ordered++;
    list->n++;
}

void rr_list_merge(struct rr_list *into, const struct rr_list_kind *kind,
                   const struct rr_list *from)
{
    for (uint32_t i = 0; i < from->n; i++)
        rr_list_add(into, kind, item_at(from, kind, i));
}
