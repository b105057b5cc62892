/* Periods and time buckets. */
#include "calendar.h"

#include "../io/memory.h"

enum {
    DAY_S = 86400,
    HOUR_S = 3600,
    NS = 1000000000,
    MONDAY = -3, /* 1969-12-29, a Monday, as a day number */
    CACHED_DAYS = 4096,
    NO_DAY = INT32_MIN,
};

struct rr_calendar {
    struct rr_zone *zone;
    enum rr_period period;
    enum rr_bucket bucket;
    struct {
        int32_t day, period;
    } cache[CACHED_DAYS]; /* periods of days lately asked for */
};

static int64_t floor_div(int64_t a, int64_t b)
{
    int64_t q = a / b;
    return q - (a % b != 0 && (a < 0) != (b < 0));
}

struct rr_calendar *rr_calendar_create(const struct rr_book *book)
{
    struct rr_calendar *c = rr_calloc(1, sizeof *c);
    c->zone = book->zone;
    c->period = book->period;
    c->bucket = book->bucket;
    for (int i = 0; i < CACHED_DAYS; i++)
        c->cache[i].day = NO_DAY;
    return c;
}

void rr_calendar_destroy(struct rr_calendar *c)
{
    free(c);
}

int32_t rr_period_of_day(enum rr_period kind, int32_t day)
{
    int year, month, mday;
    if (kind == RR_DAY)
        return day;
    if (kind == RR_WEEK)
        return (int32_t)floor_div(day - MONDAY, 7);
    rr_date_of_day(day, &year, &month, &mday);
    switch (kind) {
    case RR_MONTH:
        return year * 12 + month - 1;
    case RR_QUARTER:
        return year * 4 + (month - 1) / 3;
    default:
        return year;
    }
}

int32_t rr_period_start(enum rr_period kind, int32_t period)
{
    switch (kind) {
    case RR_DAY:
        return period;
    case RR_WEEK:
        return period * 7 + MONDAY;
    case RR_MONTH:
        return rr_day_of_date(period / 12, period % 12 + 1, 1);
    case RR_QUARTER:
        return rr_day_of_date(period / 4, period % 4 * 3 + 1, 1);
    default:
        return rr_day_of_date(period, 1, 1);
    }
}

static int32_t cached_period(struct rr_calendar *c, int32_t day)
{
    uint32_t i = (uint32_t)day % CACHED_DAYS;
    if (c->cache[i].day != day) {
        c->cache[i].day = day;
        c->cache[i].period = rr_period_of_day(c->period, day);
    }
    return c->cache[i].period;
}

void rr_calendar_buckets(struct rr_calendar *c, uint32_t n, const int64_t *time_ns, int32_t *bucket)
{
    for (uint32_t i = 0; i < n; i++) {
        int64_t utc_s = floor_div(time_ns[i], NS);
        int64_t local_s = utc_s + rr_zone_offset(c->zone, utc_s);
        if (c->bucket == RR_BUCKET_HOUR)
            bucket[i] = (int32_t)floor_div(local_s, HOUR_S);
        else if (c->bucket == RR_BUCKET_DAY)
            bucket[i] = (int32_t)floor_div(local_s, DAY_S);
        else
            bucket[i] = cached_period(c, (int32_t)floor_div(local_s, DAY_S));
    }
}

int32_t rr_bucket_day(const struct rr_calendar *c, int32_t bucket)
{
    switch (c->bucket) {
    case RR_BUCKET_HOUR:
        return (int32_t)floor_div(bucket, DAY_S / HOUR_S);
    case RR_BUCKET_DAY:
        return bucket;
    default:
        return rr_period_start(c->period, bucket);
    }
}

int32_t rr_bucket_period(const struct rr_calendar *c, int32_t bucket)
{
    if (c->bucket == RR_BUCKET_PERIOD)
        return bucket;
    return rr_period_of_day(c->period, rr_bucket_day(c, bucket));
}

/* The year that ISO 8601 counts a week to is that of its Thursday. */
static void iso_week(int32_t period, int *year, int *week)
{
    int month, mday;
    int32_t thursday = rr_period_start(RR_WEEK, period) + 3;
    rr_date_of_day(thursday, year, &month, &mday);
    *week = (thursday - rr_day_of_date(*year, 1, 1)) / 7 + 1;
}

static char *put_digits(char *to, int number, int digits)
{
    for (int i = digits - 1; i >= 0; i--, number /= 10)
        to[i] = (char)('0' + number % 10);
    return to + digits;
}

void rr_period_format(enum rr_period kind, int32_t period, char out[RR_PERIOD_TEXT])
{
    int year = period, part = 0, digits = 0;
    const char *mark = "";
    switch (kind) {
    case RR_DAY:
        rr_day_format(period, out);
        return;
    case RR_WEEK:
        iso_week(period, &year, &part);
        mark = "-W", digits = 2;
        break;
    case RR_MONTH:
        year = period / 12, part = period % 12 + 1;
        mark = "-", digits = 2;
        break;
    case RR_QUARTER:
        year = period / 4, part = period % 4 + 1;
        mark = "-Q", digits = 1;
        break;
    case RR_YEAR:
        break;
    }
    char *at = put_digits(out, year, 4);
    while (*mark)
        *at++ = *mark++;
    *put_digits(at, part, digits) = '\0';
}

static bool number(const char *text, int from, int len, int *out)
{
    *out = 0;
    for (int i = from; i < from + len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        *out = *out * 10 + text[i] - '0';
    }
    return true;
}

bool rr_period_parse(enum rr_period kind, const char *text, int32_t *period)
{
    int year, part = 1;
    char again[RR_PERIOD_TEXT];
    size_t len = strlen(text);
    if (kind == RR_DAY) {
        return rr_day_parse(rr_text_of(text), period);
    } else if (len < 4 || !number(text, 0, 4, &year)) {
        return false;
    } else if (kind == RR_WEEK) {
        if (len != 8 || !number(text, 6, 2, &part))
            return false;
        int32_t first = rr_period_of_day(RR_WEEK, rr_day_of_date(year, 1, 4));
        *period = first + part - 1;
    } else if (kind == RR_MONTH) {
        if (len != 7 || !number(text, 5, 2, &part))
            return false;
        *period = year * 12 + part - 1;
    } else if (kind == RR_QUARTER) {
        if (len != 7 || !number(text, 6, 1, &part))
            return false;
        *period = year * 4 + part - 1;
    } else {
        *period = year;
    }
    rr_period_format(kind, *period, again);
    return strcmp(again, text) == 0;
}
