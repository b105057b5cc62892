/* Rating the middle. */
#include "impact_middle.h"

#include "billing.h"

/* The increment after which the state held just the inputs of the old result. */
static int find_increment(const char *workspace, const struct rr_result_facts *old,
                          uint32_t *increment, struct rr_error *err)
{
    struct rr_manifest *manifest = rr_state_look(workspace, err);
    if (manifest == NULL)
        return -1;
    *increment = rr_result_increment(old, manifest);
    rr_manifest_destroy(manifest);
    if (*increment > 0)
        return 0;
    return rr_fail(
        err, RR_EXIT_INPUT,
        "%s: both book and usage differ, and the state was never what results/%04u is of, so "
        "their effects can't be told apart. Compare by way of a result with one of them: "
        "`rerate rate` the old book on today's state first",
        workspace, old->number);
}

static const char *asked(const struct rr_result_facts *facts, const char *name)
{
    return json_string_value(json_object_get(json_object_get(facts->json, "asked"), name));
}

int rr_impact_rate_middle(const struct rr_comm *comm, const struct rr_impact_options *options,
                          const char *dir, struct rr_impact_sides *sides, struct rr_error *err)
{
    static const volatile sig_atomic_t never;
    const struct rr_result_facts *old = &sides->source[RR_SOURCE_OLD].facts;
    const struct rr_result_facts *new = &sides->source[RR_SOURCE_NEW].facts;
    uint32_t increment = 0;
    if (rr_agree(comm, find_increment(options->workspace, old, &increment, err), err) != 0)
        return -1;
    const struct rr_billing_options billing = {.dir = options->workspace,
                                               .of_result = new->number,
                                               .scratch = dir,
                                               .as_of = increment,
                                               .memory = options->memory,
                                               .n_shards = RR_DEFAULT_SHARDS,
                                               .checkpoint_every_s = 60,
                                               .stop = options->stop ? options->stop : &never,
                                               .progress = RR_PROGRESS_NONE,
                                               .max_quarantine = 100,
                                               .max_quarantine_is_percent = true,
                                               .from = asked(new, "from"),
                                               .to = asked(new, "to")};
    if (rr_billing_run(comm, &billing, err) != 0)
        return -1;
    rr_impact_sides_add_middle(sides, dir, increment);
    return 0;
}
