/* Booking. */
#include "booking.h"

#include <stdio.h>
#include <string.h>

static int read_period(const char *option, const char *text, enum rr_period *kind,
                       char out[RR_PERIOD_TEXT], struct rr_error *err)
{
    if (!rr_period_kind_of(rr_text_of(text), kind))
        return rr_fail(err, RR_EXIT_USAGE,
                       "%s %s: is no period; periods are written like those in invoices.csv",
                       option, text);
    snprintf(out, RR_PERIOD_TEXT, "%s", text);
    return 0;
}

int rr_booking_read(const char *closed_through, const char *book_in, struct rr_booking *b,
                    struct rr_error *err)
{
    enum rr_period kinds[2];
    *b = (struct rr_booking){0};
    if (closed_through == NULL && book_in == NULL)
        return 0;
    if (closed_through == NULL || book_in == NULL)
        return rr_fail(
            err, RR_EXIT_USAGE,
            "--closed-through says which periods are closed, --book-in in which open one "
            "their corrections are booked: give both");
    if (read_period("--closed-through", closed_through, &kinds[0], b->closed_through, err) != 0 ||
        read_period("--book-in", book_in, &kinds[1], b->book_in, err) != 0)
        return -1;
    if (kinds[0] != kinds[1])
        return rr_fail(err, RR_EXIT_USAGE,
                       "--closed-through %s and --book-in %s are no periods of "
                       "one kind",
                       closed_through, book_in);
    if (strcmp(b->book_in, b->closed_through) <= 0)
        return rr_fail(err, RR_EXIT_USAGE,
                       "--book-in %s is closed through %s; corrections go to a later period",
                       book_in, closed_through);
    return 0;
}

static const char *bound(const struct rr_result_facts *facts, const char *name)
{
    return json_string_value(json_object_get(json_object_get(facts->json, "periods"), name));
}

/* The first period of a result tells of which kind its periods are. */
static int check_kind(const struct rr_impact_sides *s, struct rr_error *err)
{
    enum rr_period asked, rated;
    const char *first = bound(&s->source[RR_SOURCE_NEW].facts, "from");
    rr_period_kind_of(rr_text_of(s->booking.closed_through), &asked);
    if (first == NULL || !rr_period_kind_of(rr_text_of(first), &rated) || asked == rated)
        return 0;
    return rr_fail(err, RR_EXIT_USAGE,
                   "--closed-through %s: this book's periods are written like %s",
                   s->booking.closed_through, first);
}

static const char *asked(const struct rr_result_facts *facts, const char *name)
{
    return json_string_value(json_object_get(json_object_get(facts->json, "asked"), name));
}

/* A closed period that was issued and was not asked for anew would be taken back whole. */
static int check_rated(const struct rr_impact_sides *s, const char *period, struct rr_error *err)
{
    const struct rr_result_facts *new = &s->source[RR_SOURCE_NEW].facts;
    const char *first = asked(new, "from"), *last = asked(new, "to");
    if (!rr_impact_is_closed(s, rr_text_of(period)) ||
        ((!first || strcmp(first, period) <= 0) && (!last || strcmp(period, last) <= 0)))
        return 0;
    return rr_fail(
        err, RR_EXIT_DATA,
        "results/%04u does not rate %s, which was issued: its corrections would take all "
        "of it back. Rate it from there on, or close no period that it lacks",
        new->number, period);
}

int rr_booking_check(const struct rr_impact_sides *s, struct rr_error *err)
{
    if (s->booking.closed_through[0] == '\0')
        return 0;
    if (check_kind(s, err) != 0)
        return -1;
    if (strcmp(s->booking.closed_through, s->issued.closed_through) < 0)
        return rr_fail(
            err, RR_EXIT_USAGE,
            "--closed-through %s: corrections went out for periods through %s; they stay "
            "closed",
            s->booking.closed_through, s->issued.closed_through);
    for (unsigned i = 0; i < s->issued.n_owned; i++)
        if (check_rated(s, s->issued.owned[i].period, err) != 0)
            return -1;
    return 0;
}
