/* The results of a workspace, and where each stands. */
#ifndef JOBS_RESULT_LIST_H
#define JOBS_RESULT_LIST_H

#include <rerate/error.h>

enum rr_standing {
    RR_STANDS_EARLIER,   /* from before there was a history: published once, or not */
    RR_STANDS_STAGED,    /* `latest` never named it */
    RR_STANDS_PUBLISHED, /* `latest` named it once */
    RR_STANDS_LATEST,
    RR_STANDS_WHAT_IF, /* `latest` never will */
};

struct rr_listed_result {
    unsigned number;
    enum rr_standing standing;
};

struct rr_result_list {
    struct rr_listed_result *result; /* in the order of numbers */
    int n;
};

/* No results are an empty list. Errors: RR_EXIT_INPUT (the history can't be read). Not collective. */
int rr_result_list_read(const char *workspace, struct rr_result_list *list, struct rr_error *err);
void rr_result_list_fini(struct rr_result_list *list);

const char *rr_standing_name(enum rr_standing standing); /* "" for those from before */

#endif
