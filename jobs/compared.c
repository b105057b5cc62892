/* Which results are compared. */
#include "compared.h"

#include "issued.h"
#include "latest.h"

static int choose_named(const char *workspace, char *const *names, struct rr_compared *c,
                        struct rr_error *err)
{
    c->old = rr_result_number(workspace, names[0], err);
    c->new = c->old ? rr_result_number(workspace, names[1], err) : 0;
    if (c->new == 0)
        return -1;
    if (c->old == c->new)
        return rr_fail(err, RR_EXIT_USAGE, "%s and %s are one result; name two", names[0],
                       names[1]);
    return 0;
}

static int find_issued(const char *workspace, struct rr_compared *c, struct rr_error *err)
{
    struct rr_issued issued;
    if (rr_issued_read(workspace, &issued, err) != 0)
        return -1;
    c->old = rr_issued_last_result(&issued, c->new);
    rr_issued_fini(&issued);
    return 0;
}

static int find_lower(const char *workspace, struct rr_compared *c, struct rr_error *err)
{
    for (unsigned number = c->new - 1; number > 0 && c->old == 0; number--) {
        struct rr_result_facts facts;
        if (rr_result_facts_read(workspace, number, &facts, err) != 0)
            return -1;
        if (!facts.what_if)
            c->old = number;
        rr_result_facts_fini(&facts);
    }
    return 0;
}

int rr_compared_choose(const char *workspace, char *const *names, int n_names,
                       struct rr_compared *c, struct rr_error *err)
{
    *c = (struct rr_compared){0};
    if (n_names == 2)
        return choose_named(workspace, names, c, err);
    if (n_names != 0)
        return rr_fail(err, RR_EXIT_USAGE, "wants two results, OLD and NEW, or none");
    c->new = rr_result_number(workspace, "latest", err);
    if (c->new == 0 || find_issued(workspace, c, err) != 0)
        return -1;
    if (c->old == 0)
        c->old = rr_result_before_latest(workspace);
    if (c->old == 0 && find_lower(workspace, c, err) != 0)
        return -1;
    if (c->old == 0)
        return rr_fail(err, RR_EXIT_INPUT,
                       "%s/results: there is no result before %04u to compare it with", workspace,
                       c->new);
    return 0;
}
