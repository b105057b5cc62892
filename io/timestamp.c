/* Timestamps. Every record has one, so the usual form `YYYY-MM-DD?HH:MM:SS[.f]Z` is read eight
 * characters at a time: digits are checked and paired inside a 64-bit word (D. Lemire's SWAR
 * method). Everything else goes through a plain reader of what follows the minute. */
#include "timestamp.h"

#include <stdio.h>

#define NS_PER_S     INT64_C(1000000000)
#define FIRST_S      INT64_C(-9214560000) /* 1678-01-01T00:00:00Z */
#define END_S        INT64_C(9214646400)  /* 2262-01-01T00:00:00Z */
#define OFFSET_LOCAL INT32_MIN            /* no offset was given */

static inline uint64_t load64(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* Characters to digits: XOR with `pattern` turns digits into 0..9 and the expected punctuation
 * into 0. `limit` holds 0x76 for a digit and 0x7f for punctuation, so that adding it sets the
 * top bit of each byte that is more than 9, or not 0. */
static inline uint64_t digits(uint64_t word, uint64_t pattern, uint64_t limit, uint64_t *bad)
{
    uint64_t digit = word ^ pattern;
    *bad |= ((digit + limit) | digit) & UINT64_C(0x8080808080808080);
    return digit;
}

/* In byte i: the number that the digits i and i + 1 make. */
static inline uint64_t pairs(uint64_t digit)
{
    return digit * 10 + (digit >> 8);
}

static inline unsigned byte_of(uint64_t word, unsigned i)
{
    return (unsigned)(word >> (8 * i)) & 0xff;
}

struct civil {
    unsigned year, month, day, hour, minute;
};

static inline bool leap_year(unsigned year)
{
    return (year & 3) == 0 && ((year & 15) == 0 || year % 25 != 0);
}

static inline bool civil_fits(const struct civil *t)
{
    static const uint8_t length[16] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    unsigned extra = t->month == 2 && leap_year(t->year);
    unsigned days = length[t->month & 15] + extra;
    return (t->month - 1 < 12) & (t->day - 1 < days) & (t->hour < 24) & (t->minute < 60);
}

static inline int64_t civil_seconds(const struct civil *t)
{
    static const uint16_t before[13] = {0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    unsigned passed = t->year + 400 - (t->month <= 2); /* the year whose February counts */
    int64_t day = (int64_t)t->year * 365 + before[t->month] + t->day;
    day += (int64_t)(passed / 4) - (int64_t)(passed / 100) + (int64_t)(passed / 400);
    return (day - 719625) * 86400 + t->hour * 3600 + t->minute * 60;
}

/* The first 16 characters, `YYYY-MM-DD?HH:MM`. */
static inline bool read_to_minute(const char *p, struct civil *t)
{
    uint64_t bad = 0;
    const uint64_t separator = UINT64_C(0x0000000000ff0000);
    uint64_t date =
        pairs(digits(load64(p), UINT64_C(0x2d30302d30303030), UINT64_C(0x7f76767f76767676), &bad));
    uint64_t time = pairs(digits(load64(p + 8) & ~separator, UINT64_C(0x30303a3030003030),
                                 UINT64_C(0x76767f76767f7676), &bad));
    *t = (struct civil){.year = byte_of(date, 0) * 100 + byte_of(date, 2),
                        .month = byte_of(date, 5),
                        .day = byte_of(time, 0),
                        .hour = byte_of(time, 3),
                        .minute = byte_of(time, 6)};
    bool separated = ((p[10] | 0x20) == 't') | (p[10] == ' ');
    return (bad == 0) & separated && civil_fits(t);
}

/* A fraction of 1 to 9 digits before `end`, as nanoseconds. The eight characters before `end`
 * are always there to read; those that stand before the fraction become leading zeros. */
static inline bool read_fraction(const char *end, unsigned n, int64_t *ns)
{
    static const uint32_t unit[10] = {1000000000, 100000000, 10000000, 1000000, 100000,
                                      10000,      1000,      100,      10,      1};
    uint64_t bad = 0;
    unsigned in_word = n < 8 ? n : 8;
    uint64_t keep = ~UINT64_C(0) << (8 * (8 - in_word));
    uint64_t word = (load64(end - 8) & keep) | (UINT64_C(0x3030303030303030) & ~keep);
    uint64_t digit = digits(word, UINT64_C(0x3030303030303030), UINT64_C(0x7676767676767676), &bad);
    uint64_t two = pairs(digit) & UINT64_C(0x00ff00ff00ff00ff);
    uint64_t four = (two * 100 + (two >> 16)) & UINT64_C(0x0000ffff0000ffff);
    uint64_t eight = (four * 10000 + (four >> 32)) & UINT64_C(0xffffffff);
    unsigned first = n == 9 ? (unsigned)(unsigned char)end[-9] - '0' : 0;
    *ns = (int64_t)((first * UINT64_C(100000000) + eight) * unit[n]);
    return (bad == 0) & (first <= 9);
}

static enum rr_timestamp_status finish(int64_t utc_s, int64_t ns, int64_t *timestamp_ns)
{
    if (utc_s < FIRST_S || utc_s >= END_S)
        return RR_TIMESTAMP_RANGE;
    *timestamp_ns = utc_s * NS_PER_S + ns;
    return RR_TIMESTAMP_OK;
}

static inline bool is_digit(char c)
{
    return (unsigned char)(c - '0') <= 9;
}

static inline bool two_digits(const char *p, unsigned *number)
{
    *number = (unsigned)((p[0] - '0') * 10 + (p[1] - '0'));
    return is_digit(p[0]) && is_digit(p[1]);
}

/* `Z`, `+HH`, `+HHMM`, `+HH:MM` or nothing, up to the end. */
static bool read_offset(const char *p, const char *end, int32_t *offset_s)
{
    *offset_s = OFFSET_LOCAL;
    if (p == end)
        return true;
    char sign = *p++;
    if (sign == 'Z' || sign == 'z') {
        *offset_s = 0;
        return p == end;
    }
    unsigned hours, minutes = 0;
    if ((sign != '+' && sign != '-') || end - p < 2 || !two_digits(p, &hours))
        return false;
    p += 2;
    if (end - p == 3 && *p == ':')
        p++;
    if (end - p == 2 && two_digits(p, &minutes))
        p += 2;
    if (p != end || hours > 23 || minutes > 59)
        return false;
    int32_t seconds = (int32_t)(hours * 3600 + minutes * 60);
    *offset_s = sign == '-' ? -seconds : seconds;
    return true;
}

/* `[:SS[.f]][offset]`, what follows the minute. */
static bool read_tail(const char *p, const char *end, unsigned *second, int64_t *ns,
                      int32_t *offset_s)
{
    *second = 0;
    *ns = 0;
    if (p == end || *p != ':')
        return read_offset(p, end, offset_s);
    if (end - p < 3 || !two_digits(p + 1, second) || *second > 60)
        return false;
    p += 3;
    if (p < end && *p == '.') {
        const char *from = ++p;
        while (p < end && is_digit(*p))
            p++;
        if (p == from || p - from > 9 || !read_fraction(p, (unsigned)(p - from), ns))
            return false;
    }
    return read_offset(p, end, offset_s);
}

static enum rr_timestamp_status read_plain(struct rr_text text, struct rr_zone *zone,
                                           int64_t *timestamp_ns)
{
    struct civil t;
    unsigned second;
    int64_t ns;
    int32_t offset_s;
    if (text.len < 16 || !read_to_minute(text.ptr, &t) ||
        !read_tail(text.ptr + 16, text.ptr + text.len, &second, &ns, &offset_s))
        return RR_TIMESTAMP_BAD;
    int64_t local_s = civil_seconds(&t) + second;
    int64_t utc_s = offset_s == OFFSET_LOCAL ? rr_zone_utc(zone, local_s) : local_s - offset_s;
    return finish(utc_s, ns, timestamp_ns);
}

static enum rr_timestamp_status read_date(struct rr_text text, struct rr_zone *zone,
                                          int64_t *timestamp_ns)
{
    char midnight[16] = "YYYY-MM-DDT00:00";
    struct civil t;
    memcpy(midnight, text.ptr, text.len);
    if (!read_to_minute(midnight, &t))
        return RR_TIMESTAMP_BAD;
    return finish(rr_zone_utc(zone, civil_seconds(&t)), 0, timestamp_ns);
}

static enum rr_timestamp_status read_epoch(struct rr_text text, int64_t *timestamp_ns)
{
    static const struct {
        int64_t below;
        int64_t per_second;
    } units[] = {{INT64_C(100000000000), 1},
                 {INT64_C(100000000000000), 1000},
                 {INT64_C(100000000000000000), 1000000},
                 {INT64_MAX, NS_PER_S}};
    bool minus = text.ptr[0] == '-';
    bool fits = true;
    uint64_t value = 0;
    for (uint32_t i = minus; i < text.len; i++) {
        if (!is_digit(text.ptr[i]))
            return RR_TIMESTAMP_BAD;
        fits = fits && value <= (INT64_MAX - 9) / 10;
        value = fits ? value * 10 + (uint64_t)(text.ptr[i] - '0') : 0;
    }
    if (!fits)
        return RR_TIMESTAMP_RANGE;
    unsigned u = 0;
    while (value >= (uint64_t)units[u].below)
        u++;
    int64_t whole = (int64_t)value / units[u].per_second;
    int64_t part = (int64_t)value % units[u].per_second * (NS_PER_S / units[u].per_second);
    if (minus && part > 0)
        return finish(-whole - 1, NS_PER_S - part, timestamp_ns);
    return finish(minus ? -whole : whole, part, timestamp_ns);
}

static bool has_date(struct rr_text text)
{
    return text.len >= 10 && text.ptr[4] == '-';
}

static enum rr_timestamp_status read_other(struct rr_text text, struct rr_zone *zone,
                                           int64_t *timestamp_ns)
{
    if (has_date(text))
        return text.len == 10 ? read_date(text, zone, timestamp_ns)
                              : read_plain(text, zone, timestamp_ns);
    if (text.len == 0 || (text.len == 1 && text.ptr[0] == '-'))
        return RR_TIMESTAMP_BAD;
    return read_epoch(text, timestamp_ns);
}

enum rr_timestamp_status rr_timestamp_parse(struct rr_text text, struct rr_zone *zone,
                                            int64_t *timestamp_ns)
{
    const char *p = text.ptr;
    if (text.len < 20 || text.len > 30 || (p[text.len - 1] | 0x20) != 'z' || p[4] != '-')
        return read_other(text, zone, timestamp_ns);

    struct civil t;
    unsigned second;
    int64_t ns = 0;
    bool good =
        read_to_minute(p, &t) && p[16] == ':' && two_digits(p + 17, &second) && second <= 60;
    if (good && text.len > 20)
        good = p[19] == '.' && text.len > 21 && read_fraction(p + text.len - 1, text.len - 21, &ns);
    if (!good)
        return read_other(text, zone, timestamp_ns);
    return finish(civil_seconds(&t) + second, ns, timestamp_ns);
}

void rr_timestamp_format(int64_t timestamp_ns, char out[RR_TIMESTAMP_TEXT])
{
    enum { DAY_S = 86400 };
    int64_t ns = timestamp_ns % NS_PER_S, utc_s = timestamp_ns / NS_PER_S;
    if (ns < 0) {
        ns += NS_PER_S;
        utc_s--;
    }
    int64_t in_day = utc_s % DAY_S, day = utc_s / DAY_S;
    if (in_day < 0) {
        in_day += DAY_S;
        day--;
    }
    char date[11];
    rr_day_format((int32_t)day, date);
    int used = snprintf(out, RR_TIMESTAMP_TEXT, "%sT%02d:%02d:%02d", date, (int)(in_day / 3600),
                        (int)(in_day / 60 % 60), (int)(in_day % 60));
    if (ns > 0) {
        used += snprintf(out + used, RR_TIMESTAMP_TEXT - (size_t)used, ".%09d", (int)ns);
        while (out[used - 1] == '0')
            used--;
    }
    snprintf(out + used, RR_TIMESTAMP_TEXT - (size_t)used, "Z");
}
