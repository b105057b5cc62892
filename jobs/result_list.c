/* Listing results. */
#include "result_list.h"

#include "../io/memory.h"
#include "result_facts.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_number(const void *a, const void *b)
{
    unsigned x = ((const struct rr_listed_result *)a)->number;
    unsigned y = ((const struct rr_listed_result *)b)->number;
    return (x > y) - (x < y);
}

static void add(struct rr_result_list *list, const char *name)
{
    size_t len = strlen(name);
    if (len < 4 || strspn(name, "0123456789") != len)
        return;
    list->result = rr_realloc(list->result, (size_t)(list->n + 1) * sizeof *list->result);
    list->result[list->n++] =
        (struct rr_listed_result){.number = (unsigned)strtoul(name, NULL, 10)};
}

static void find(struct rr_result_list *list, const char *workspace)
{
    char path[RR_RESULT_PATH];
    snprintf(path, sizeof path, "%s/results", workspace);
    DIR *dir = opendir(path);
    for (struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir))
        add(list, entry->d_name);
    if (dir)
        closedir(dir);
    qsort(list->result, (size_t)list->n, sizeof *list->result, by_number);
}

/* The history knows of every publication after this result. */
static unsigned known_after(const struct rr_history *h, unsigned latest)
{
    for (size_t i = 0; i < h->n; i++)
        if (h->line[i].move != RR_MOVE_ISSUE)
            return h->line[i].move == RR_MOVE_FOUND ? h->line[i].to : 0;
    return latest;
}

static bool is_what_if(const char *workspace, unsigned number)
{
    struct rr_result_facts facts;
    if (rr_result_facts_read(workspace, number, &facts, NULL) != 0)
        return false;
    bool what_if = facts.what_if;
    rr_result_facts_fini(&facts);
    return what_if;
}

static enum rr_standing standing_of(const char *workspace, const struct rr_history *h,
                                    unsigned number, unsigned latest)
{
    if (number == latest)
        return RR_STANDS_LATEST;
    if (rr_history_published(h, number))
        return RR_STANDS_PUBLISHED;
    if (is_what_if(workspace, number))
        return RR_STANDS_WHAT_IF;
    return number > known_after(h, latest) ? RR_STANDS_STAGED : RR_STANDS_EARLIER;
}

int rr_result_list_read(const char *workspace, struct rr_result_list *list, struct rr_error *err)
{
    struct rr_history history;
    unsigned latest = rr_result_latest(workspace);
    *list = (struct rr_result_list){0};
    if (rr_history_read(workspace, &history, err) != 0)
        return -1;
    find(list, workspace);
    for (int i = 0; i < list->n; i++)
        list->result[i].standing = standing_of(workspace, &history, list->result[i].number, latest);
    rr_history_fini(&history);
    return 0;
}

void rr_result_list_fini(struct rr_result_list *list)
{
    free(list->result);
    *list = (struct rr_result_list){0};
}

const char *rr_standing_name(enum rr_standing standing)
{
    static const char *const names[] = {[RR_STANDS_EARLIER] = "",
                                        [RR_STANDS_STAGED] = "staged",
                                        [RR_STANDS_PUBLISHED] = "published",
                                        [RR_STANDS_LATEST] = "latest",
                                        [RR_STANDS_WHAT_IF] = "what-if"};
    return names[standing];
}
