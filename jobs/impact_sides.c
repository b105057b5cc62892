/* The sides of an impact. */
#include "impact_sides.h"

#include "../io/memory.h"

#include <stdio.h>
#include <string.h>

static struct rr_impact_source *add_source(struct rr_impact_sides *s, unsigned number)
{
    s->source = rr_realloc(s->source, (size_t)(s->n + 1) * sizeof *s->source);
    struct rr_impact_source *source = &s->source[s->n++];
    *source = (struct rr_impact_source){.number = number};
    return source;
}

static int read_source(struct rr_impact_sides *s, const char *workspace, unsigned number,
                       struct rr_error *err)
{
    return rr_result_facts_read(workspace, number, &add_source(s, number)->facts, err);
}

static bool is_source(const struct rr_impact_sides *s, unsigned number)
{
    for (int i = 0; i < s->n; i++)
        if (s->source[i].number == number)
            return true;
    return false;
}

/* The results that closed periods were issued as. */
static int read_owners(struct rr_impact_sides *s, const char *workspace, struct rr_error *err)
{
    for (unsigned i = 0; i < s->issued.n_owned; i++) {
        const struct rr_issued_period *owned = &s->issued.owned[i];
        if (rr_impact_is_closed(s, rr_text_of(owned->period)) && !is_source(s, owned->result) &&
            read_source(s, workspace, owned->result, err) != 0)
            return -1;
    }
    return 0;
}

static enum rr_middle choose_middle(const struct rr_result_facts *old,
                                    const struct rr_result_facts *new)
{
    if (rr_result_same_inputs(old, new))
        return RR_MIDDLE_IS_NEW;
    return rr_result_same_book(old, new) ? RR_MIDDLE_IS_OLD : RR_MIDDLE_IS_RATED;
}

static int open_sides(struct rr_impact_sides *s, const char *workspace, unsigned old, unsigned new,
                      struct rr_error *err)
{
    if (read_source(s, workspace, old, err) != 0 || read_source(s, workspace, new, err) != 0)
        return -1;
    s->middle = choose_middle(&s->source[RR_SOURCE_OLD].facts, &s->source[RR_SOURCE_NEW].facts);
    if (s->booking.closed_through[0] == '\0')
        return 0;
    if (rr_issued_read(workspace, &s->issued, err) != 0)
        return -1;
    return read_owners(s, workspace, err);
}

int rr_impact_sides_open(const char *workspace, unsigned old, unsigned new,
                         const struct rr_booking *booking, struct rr_impact_sides *sides,
                         struct rr_error *err)
{
    *sides = (struct rr_impact_sides){.booking = *booking};
    if (open_sides(sides, workspace, old, new, err) == 0)
        return 0;
    rr_impact_sides_close(sides);
    return -1;
}

void rr_impact_sides_close(struct rr_impact_sides *s)
{
    for (int i = 0; i < s->n; i++)
        rr_result_facts_fini(&s->source[i].facts);
    free(s->source);
    rr_issued_fini(&s->issued);
    *s = (struct rr_impact_sides){0};
}

void rr_impact_sides_add_middle(struct rr_impact_sides *s, const char *dir, uint32_t increment)
{
    s->increment = increment;
    struct rr_impact_source *source = add_source(s, 0);
    snprintf(source->facts.dir, sizeof source->facts.dir, "%s", dir);
}

bool rr_impact_is_closed(const struct rr_impact_sides *s, struct rr_text period)
{
    return s->booking.closed_through[0] != '\0' &&
           rr_text_compare(period, rr_text_of(s->booking.closed_through)) <= 0;
}

static unsigned base_of(const struct rr_impact_sides *s, struct rr_text period)
{
    unsigned owner = rr_issued_owner(&s->issued, period);
    return owner > 0 && rr_impact_is_closed(s, period) ? owner : s->source[RR_SOURCE_OLD].number;
}

/* An open period that was issued as the new result has it: nothing can differ. */
static bool is_done(const struct rr_impact_sides *s, struct rr_text period)
{
    return rr_issued_owner(&s->issued, period) == s->source[RR_SOURCE_NEW].number &&
           !rr_impact_is_closed(s, period);
}

static bool is_middle(const struct rr_impact_sides *s, int source)
{
    switch (s->middle) {
    case RR_MIDDLE_IS_NEW:
        return source == RR_SOURCE_NEW;
    case RR_MIDDLE_IS_OLD:
        return source == RR_SOURCE_OLD;
    default:
        return s->source[source].number == 0;
    }
}

unsigned rr_impact_sides_of(const struct rr_impact_sides *s, int source, struct rr_text period)
{
    unsigned number = s->source[source].number;
    if (is_done(s, period))
        return source == RR_SOURCE_NEW ? RR_ALL_SIDES : 0;
    return (number > 0 && number == base_of(s, period) ? RR_BASE : 0) |
           (is_middle(s, source) ? RR_MIDDLE : 0) | (source == RR_SOURCE_NEW ? RR_NEW : 0);
}

struct rr_text rr_impact_payer(const struct rr_impact_sides *s, int source, struct rr_text account,
                               struct rr_text contract)
{
    if (contract.len == 0)
        return account;
    /* The middle has the contracts of the new result. */
    int facts = s->source[source].number == 0 ? RR_SOURCE_NEW : source;
    struct rr_text payer = rr_result_payer(&s->source[facts].facts, contract);
    return payer.len > 0 ? payer : account;
}

bool rr_impact_payers_differ(const struct rr_impact_sides *s)
{
    const json_t *first = json_object_get(s->source[0].facts.json, "payers");
    for (int i = 1; i < s->n; i++) {
        const json_t *payers = json_object_get(s->source[i].facts.json, "payers");
        if (s->source[i].number > 0 && (first || payers) &&
            !(first && payers && json_equal(first, payers)))
            return true;
    }
    return false;
}
