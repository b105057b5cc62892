/* Time zones from TZif files (RFC 8536), and the calendar.
 *
 * A zone's time is cut into spans of one offset: those of the file, then, after its last
 * transition, those that the POSIX rule of the footer makes year by year. The span of the last
 * answer is kept, so usage in time order costs two compares. */
#include "zone.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define ZONE_FILE_MAX (1024 * 1024)
#define OFFSET_MAX    (26 * 3600) /* RFC 8536, 3.2: an offset is less than 26 hours */
#define DAY_S         86400

/* A day of the year in a POSIX rule: Mm.w.d, Jn or n, and the time of that day. */
struct rule_date {
    char form; /* 'M', 'J', or 'n' */
    int month;
    int week;
    int day;
    int32_t time_s;
};

struct rule {
    int32_t standard; /* seconds east */
    int32_t summer;
    bool has_summer;
    struct rule_date starts; /* in standard time */
    struct rule_date ends;   /* in summer time */
};

struct span {
    int64_t from;
    int64_t to;
    int32_t offset;
};

struct rr_zone {
    struct span last;
    int64_t *at; /* at[i]: when offset[i] begins */
    int32_t *offset;
    size_t n;
    int32_t first_offset; /* before at[0] */
    bool has_rule;
    struct rule rule;
};

/* ---- calendar: H. Hinnant's algorithms on eras of 400 years that begin in March ---- */

static int64_t day_of_date(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static int64_t date_of_day(int64_t days, int *month, int *mday)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int from_march = (int)((5 * day_of_year + 2) / 153);
    *mday = (int)(day_of_year - (153 * from_march + 2) / 5 + 1);
    *month = from_march < 10 ? from_march + 3 : from_march - 9;
    return year_of_era + era * 400 + (*month <= 2);
}

int32_t rr_day_of_date(int year, int month, int day)
{
    return (int32_t)day_of_date(year, month, day);
}

void rr_date_of_day(int32_t day, int *year, int *month, int *mday)
{
    *year = (int)date_of_day(day, month, mday);
}

static bool leap_year(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in_month(int64_t year, int month)
{
    static const int length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return length[month - 1] + (month == 2 && leap_year(year));
}

/* The number in p[0..n), or -1. */
static int digits(const char *p, int n)
{
    int number = 0;
    for (int i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9')
            return -1;
        number = number * 10 + (p[i] - '0');
    }
    return number;
}

bool rr_day_parse(struct rr_text text, int32_t *day)
{
    if (text.len != 10 || text.ptr[4] != '-' || text.ptr[7] != '-')
        return false;
    int year = digits(text.ptr, 4);
    int month = digits(text.ptr + 5, 2);
    int mday = digits(text.ptr + 8, 2);
    if (year < 1678 || year > 2261 || month < 1 || month > 12)
        return false;
    if (mday < 1 || mday > days_in_month(year, month))
        return false;
    *day = rr_day_of_date(year, month, mday);
    return true;
}

void rr_day_format(int32_t day, char out[11])
{
    int month, mday;
    unsigned year = (unsigned)date_of_day(day, &month, &mday) % 10000;
    for (int i = 3; i >= 0; i--, year /= 10)
        out[i] = (char)('0' + year % 10);
    out[4] = out[7] = '-';
    out[5] = (char)('0' + month / 10);
    out[6] = (char)('0' + month % 10);
    out[8] = (char)('0' + mday / 10);
    out[9] = (char)('0' + mday % 10);
    out[10] = '\0';
}

/* ---- the footer: a POSIX TZ rule with the extensions of RFC 8536, 3.3.1 ---- */

static bool read_number(const char **p, int max, int *number)
{
    if (**p < '0' || **p > '9')
        return false;
    int value = 0;
    while (**p >= '0' && **p <= '9' && value <= max)
        value = value * 10 + (*(*p)++ - '0');
    *number = value;
    return value <= max;
}

/* [+-]h[h[h]][:mm[:ss]] */
static bool read_time(const char **p, int max_hours, int32_t *seconds)
{
    int hours, minutes = 0, rest = 0;
    bool minus = **p == '-';
    if (**p == '-' || **p == '+')
        ++*p;
    if (!read_number(p, max_hours, &hours))
        return false;
    if (**p == ':') {
        ++*p;
        if (!read_number(p, 59, &minutes))
            return false;
    }
    if (**p == ':') {
        ++*p;
        if (!read_number(p, 59, &rest))
            return false;
    }
    *seconds = hours * 3600 + minutes * 60 + rest;
    if (minus)
        *seconds = -*seconds;
    return true;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* `CET` or `<+03>` */
static bool skip_name(const char **p)
{
    const char *from = *p;
    if (**p == '<') {
        while (**p != '\0' && **p != '>')
            ++*p;
        return *(*p)++ == '>';
    }
    while (is_letter(**p))
        ++*p;
    return *p - from >= 3;
}

static bool read_month_form(const char **p, struct rule_date *date)
{
    ++*p;
    if (!read_number(p, 12, &date->month) || *(*p)++ != '.')
        return false;
    if (!read_number(p, 5, &date->week) || *(*p)++ != '.')
        return false;
    return read_number(p, 6, &date->day) && date->month >= 1 && date->week >= 1;
}

static bool read_date_form(const char **p, struct rule_date *date)
{
    if (**p == 'M') {
        date->form = 'M';
        return read_month_form(p, date);
    }
    date->form = **p == 'J' ? 'J' : 'n';
    if (date->form == 'J')
        ++*p;
    return read_number(p, 365, &date->day) && (date->form == 'n' || date->day >= 1);
}

static bool read_rule_date(const char **p, struct rule_date *date)
{
    date->time_s = 2 * 3600;
    if (*(*p)++ != ',' || !read_date_form(p, date))
        return false;
    if (**p != '/')
        return true;
    ++*p;
    return read_time(p, 167, &date->time_s);
}

static bool read_rule(const char *p, struct rule *rule)
{
    int32_t west;
    if (!skip_name(&p) || !read_time(&p, 24, &west))
        return false;
    rule->standard = -west;
    rule->has_summer = *p != '\0';
    if (!rule->has_summer)
        return true;
    if (!skip_name(&p))
        return false;
    rule->summer = rule->standard + 3600;
    if (*p != ',') {
        if (!read_time(&p, 24, &west))
            return false;
        rule->summer = -west;
    }
    return read_rule_date(&p, &rule->starts) && read_rule_date(&p, &rule->ends) && *p == '\0';
}

/* Seconds since 1970 of the rule's moment in a year, on the clock that is in force before it. */
static int64_t rule_moment(const struct rule_date *date, int64_t year)
{
    int64_t day = day_of_date(year, 1, 1);
    if (date->form == 'n') {
        day += date->day;
    } else if (date->form == 'J') { /* 1..365: February 29 is never counted */
        day += date->day - 1 + (leap_year(year) && date->day >= 60);
    } else {
        int64_t first = day_of_date(year, date->month, 1);
        int64_t weekday = ((first + 4) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
        int64_t mday = (date->day - weekday + 7) % 7 + (date->week - 1) * 7;
        while (mday >= days_in_month(year, date->month))
            mday -= 7;
        day = first + mday;
    }
    return day * DAY_S + date->time_s;
}

/* The rule's span at a moment. Three years hold the changes on both sides of it. Changes at the
 * same moment follow each other in the order in which they are made, so that a summer time which
 * ends where the next begins lasts all year. */
static struct span span_of_rule(const struct rule *rule, int64_t utc_s)
{
    if (!rule->has_summer)
        return (struct span){INT64_MIN, INT64_MAX, rule->standard};
    int month, mday;
    int64_t day = utc_s / DAY_S - (utc_s % DAY_S < 0);
    int64_t year = date_of_day(day, &month, &mday) - 1;
    struct span change[6];
    for (int i = 0; i < 6; i++) {
        bool starts = i % 2 == 0;
        int64_t local = rule_moment(starts ? &rule->starts : &rule->ends, year + i / 2);
        struct span next = {local - (starts ? rule->standard : rule->summer), 0,
                            starts ? rule->summer : rule->standard};
        int at = i;
        for (; at > 0 && change[at - 1].from > next.from; at--)
            change[at] = change[at - 1];
        change[at] = next;
    }
    int found = 0;
    for (int i = 1; i < 6; i++) {
        if (change[i].from <= utc_s)
            found = i;
    }
    struct span span = change[found];
    span.to = found < 5 ? change[found + 1].from : utc_s + 1;
    return span;
}

/* ---- TZif ---- */

struct header {
    char version;
    size_t n_utc_flags;
    size_t n_standard_flags;
    size_t n_leap;
    size_t n_times;
    size_t n_types;
    size_t n_name_bytes;
};

enum { HEADER_BYTES = 44 };

static uint64_t big_endian(const unsigned char *p, unsigned len)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < len; i++)
        value = value << 8 | p[i];
    return value;
}

static bool read_header(const unsigned char *p, size_t len, struct header *h)
{
    if (len < HEADER_BYTES || memcmp(p, "TZif", 4) != 0)
        return false;
    h->version = (char)p[4];
    size_t *counts[] = {&h->n_utc_flags, &h->n_standard_flags, &h->n_leap,
                        &h->n_times,     &h->n_types,          &h->n_name_bytes};
    for (size_t i = 0; i < 6; i++) {
        *counts[i] = (size_t)big_endian(p + 20 + 4 * i, 4);
        if (*counts[i] > ZONE_FILE_MAX)
            return false;
    }
    return h->n_types >= 1 && h->n_types <= 256;
}

/* Bytes of the data block that follows a header. */
static size_t block_bytes(const struct header *h, unsigned time_bytes)
{
    return h->n_times * (time_bytes + 1) + h->n_types * 6 + h->n_name_bytes +
           h->n_leap * (time_bytes + 4) + h->n_standard_flags + h->n_utc_flags;
}

static int64_t read_moment(const unsigned char *p, unsigned time_bytes)
{
    return time_bytes == 8 ? (int64_t)big_endian(p, 8) : (int32_t)big_endian(p, 4);
}

static int32_t read_type(const unsigned char *types, unsigned type)
{
    return (int32_t)big_endian(types + 6 * (size_t)type, 4);
}

static bool read_block(struct rr_zone *zone, const unsigned char *p, const struct header *h,
                       unsigned time_bytes)
{
    const unsigned char *type = p + h->n_times * time_bytes;
    const unsigned char *types = type + h->n_times;
    for (unsigned i = 0; i < h->n_types; i++) {
        if (abs(read_type(types, i)) >= OFFSET_MAX)
            return false;
    }
    zone->at = calloc(h->n_times + 1, sizeof *zone->at);
    zone->offset = calloc(h->n_times + 1, sizeof *zone->offset);
    if (zone->at == NULL || zone->offset == NULL)
        return false;
    zone->n = h->n_times;
    zone->first_offset = read_type(types, 0);
    for (size_t i = 0; i < zone->n; i++) {
        zone->at[i] = read_moment(p + i * time_bytes, time_bytes);
        if (type[i] >= h->n_types || (i > 0 && zone->at[i] <= zone->at[i - 1]))
            return false;
        zone->offset[i] = read_type(types, type[i]);
    }
    return true;
}

/* "\nRULE\n" at the end of the file; an empty rule says nothing. */
static bool read_footer(struct rr_zone *zone, const unsigned char *p, size_t len)
{
    char rule[256];
    if (len < 2 || p[0] != '\n')
        return false;
    const unsigned char *end = memchr(p + 1, '\n', len - 1);
    if (end == NULL || (size_t)(end - p) > sizeof rule)
        return false;
    size_t n = (size_t)(end - p) - 1;
    memcpy(rule, p + 1, n);
    rule[n] = '\0';
    zone->has_rule = n > 0;
    return n == 0 || read_rule(rule, &zone->rule);
}

/* Leap seconds are refused: the times of `right/` zones are not POSIX times. */
static bool read_tzif(struct rr_zone *zone, const unsigned char *p, size_t len)
{
    struct header h;
    if (!read_header(p, len, &h))
        return false;
    size_t block = block_bytes(&h, 4);
    if (len - HEADER_BYTES < block)
        return false;
    if (h.version < '2')
        return h.n_leap == 0 && read_block(zone, p + HEADER_BYTES, &h, 4);
    p += HEADER_BYTES + block;
    len -= HEADER_BYTES + block;
    if (!read_header(p, len, &h))
        return false;
    block = block_bytes(&h, 8);
    if (len - HEADER_BYTES < block || h.n_leap > 0)
        return false;
    return read_block(zone, p + HEADER_BYTES, &h, 8) &&
           read_footer(zone, p + HEADER_BYTES + block, len - HEADER_BYTES - block);
}

/* ---- opening ---- */

/* A path of the database: parts of letters, digits, `_`, `+` and `-`. `localtime` and
 * `posixrules` are what one machine is set to, so a result would depend on it. */
static bool plain_name(const char *name)
{
    char before = '/';
    if (strcmp(name, "localtime") == 0 || strcmp(name, "posixrules") == 0)
        return false;
    for (const char *p = name; *p != '\0'; before = *p++) {
        bool part = is_letter(*p) || (*p >= '0' && *p <= '9') || strchr("_+-", *p) != NULL;
        if (!part && (*p != '/' || before == '/'))
            return false;
    }
    return before != '/' && strlen(name) < 128;
}

/* Reads a whole small file. -1 with errno when it can't be read. */
static ssize_t read_small_file(const char *path, unsigned char *into, size_t room)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    size_t len = 0;
    ssize_t n = 0;
    do {
        n = read(fd, into + len, room - len);
        len += n > 0 ? (size_t)n : 0;
    } while ((n > 0 && len < room) || (n < 0 && errno == EINTR));
    int cause = errno;
    close(fd);
    errno = cause;
    return n < 0 ? -1 : (ssize_t)len;
}

static int unknown_zone(const char *name, struct rr_error *err)
{
    return rr_fail(err, RR_EXIT_BOOK,
                   "time zone `%s` is not in the IANA database of this machine; give a name like "
                   "`Europe/Berlin` or `UTC`",
                   name);
}

static int fill_zone(struct rr_zone *zone, const char *name, struct rr_error *err)
{
    if (!plain_name(name))
        return unknown_zone(name, err);
    const char *folder = getenv("TZDIR");
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s",
                 folder != NULL && *folder != '\0' ? folder : "/usr/share/zoneinfo",
                 name) >= (int)sizeof path)
        return rr_fail(err, RR_EXIT_IO, "TZDIR: the path is too long");
    unsigned char *bytes = malloc(ZONE_FILE_MAX);
    if (bytes == NULL)
        return rr_fail_errno(err, RR_EXIT_IO, path, "read");
    ssize_t len = read_small_file(path, bytes, ZONE_FILE_MAX);
    int status = 0;
    if (len < 0 && errno != ENOENT && errno != ENOTDIR && errno != EISDIR)
        status = rr_fail_errno(err, RR_EXIT_IO, path, "read");
    else if (len < 4 || memcmp(bytes, "TZif", 4) != 0)
        status = unknown_zone(name, err);
    else if (!read_tzif(zone, bytes, (size_t)len))
        status =
            rr_fail(err, RR_EXIT_IO, "%s: the time zone file is damaged or has leap seconds", path);
    free(bytes);
    return status;
}

struct rr_zone *rr_zone_open(const char *name, struct rr_error *err)
{
    struct rr_zone *zone = calloc(1, sizeof *zone);
    if (zone == NULL) {
        rr_fail_errno(err, RR_EXIT_IO, name, "open the time zone");
        return NULL;
    }
    /* UTC needs no database. */
    if (strcmp(name, "UTC") != 0 && fill_zone(zone, name, err) != 0) {
        rr_zone_close(zone);
        return NULL;
    }
    return zone;
}

void rr_zone_close(struct rr_zone *zone)
{
    if (zone == NULL)
        return;
    free(zone->at);
    free(zone->offset);
    free(zone);
}

/* ---- asking ---- */

static struct span span_of_file(const struct rr_zone *zone, int64_t utc_s)
{
    size_t low = 0, high = zone->n; /* the transitions up to `low` are not later than utc_s */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zone->at[middle] <= utc_s)
            low = middle + 1;
        else
            high = middle;
    }
    return (struct span){.from = low > 0 ? zone->at[low - 1] : INT64_MIN,
                         .to = low < zone->n ? zone->at[low] : INT64_MAX,
                         .offset = low > 0 ? zone->offset[low - 1] : zone->first_offset};
}

static struct span find_span(const struct rr_zone *zone, int64_t utc_s)
{
    struct span span = span_of_file(zone, utc_s);
    if (span.to != INT64_MAX || !zone->has_rule)
        return span;
    struct span ruled = span_of_rule(&zone->rule, utc_s);
    if (ruled.from < span.from)
        ruled.from = span.from;
    return ruled;
}

int32_t rr_zone_offset(struct rr_zone *zone, int64_t utc_s)
{
    if (utc_s < zone->last.from || utc_s >= zone->last.to)
        zone->last = find_span(zone, utc_s);
    return zone->last.offset;
}

int64_t rr_zone_utc(struct rr_zone *zone, int64_t local_s)
{
    /* Deep inside the last span no other offset can make this local time. */
    const struct span *last = &zone->last;
    int64_t utc_s = local_s - last->offset;
    if (utc_s - 2 * OFFSET_MAX >= last->from && utc_s < last->to)
        return utc_s;

    /* Otherwise walk the spans from before any that can: the first that holds it wins. */
    struct span span = find_span(zone, local_s - OFFSET_MAX);
    while (local_s - span.offset >= span.to) {
        struct span next = find_span(zone, span.to);
        if (local_s - next.offset < next.from)
            return local_s - span.offset; /* in the gap between the two */
        span = next;
    }
    zone->last = span;
    return local_s - span.offset;
}
