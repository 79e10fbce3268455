/*
 * time.c: calendar arithmetic by hand, because strftime and timegm depend on locale and time zone.
 */
#include "base/time.h"

#include <stdatomic.h>
#include <time.h>

struct moment {
    int64_t year, month, day, hour, minute, second, ms, weekday;
};

static const char *const month_names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
static const char *const day_names[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

enum { MS_PER_DAY = 24 * 60 * 60 * 1000 };

static int64_t machine_wall_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t (*_Atomic wall_us)(void) = machine_wall_us;

int64_t wall_clock_us(void)
{
    return atomic_load_explicit(&wall_us, memory_order_relaxed)();
}

int64_t wall_clock_ms(void)
{
    return wall_clock_us() / 1000;
}

void wall_clock_replace(int64_t (*now_us)(void))
{
    atomic_store(&wall_us, now_us ? now_us : machine_wall_us);
}

int64_t monotonic_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Days since 1970-01-01, by eras of 400 years that begin in March. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static void set_date(struct moment *moment, int64_t days)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day_of_year + 2) / 153;

    moment->day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    moment->month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
    moment->year = year_of_era + era * 400 + (moment->month <= 2);
}

static struct moment moment_of(int64_t ms)
{
    int64_t days = ms / MS_PER_DAY, rest = ms % MS_PER_DAY;
    struct moment moment = {0};

    if (rest < 0) {
        rest += MS_PER_DAY;
        days--;
    }
    set_date(&moment, days);
    moment.weekday = ((days + 4) % 7 + 7) % 7;
    moment.hour = rest / 3600000;
    moment.minute = rest / 60000 % 60;
    moment.second = rest / 1000 % 60;
    moment.ms = rest % 1000;
    return moment;
}

static int64_t ms_of(const struct moment *moment)
{
    return days_of(moment->year, moment->month, moment->day) * MS_PER_DAY + moment->hour * 3600000 +
           moment->minute * 60000 + moment->second * 1000 + moment->ms;
}

/* What a letter of a pattern means; NULL: itself. */
static const int64_t *part_of(const struct moment *moment, char letter)
{
    switch (letter) {
    case 'Y':
        return &moment->year;
    case 'M':
        return &moment->month;
    case 'D':
        return &moment->day;
    case 'h':
        return &moment->hour;
    case 'm':
        return &moment->minute;
    case 's':
        return &moment->second;
    case 'f':
        return &moment->ms;
    default:
        return NULL;
    }
}

static char *put_digits(char *to, int64_t value, size_t width)
{
    char room[STR_I64_SIZE];
    str digits = str_of_i64(room, value);

    if (value < 0) { /* the sign is one of the width */
        *to++ = '-';
        digits = str_from(digits, 1);
        width--;
    }
    for (size_t size = digits.size; size < width; size++)
        *to++ = '0';
    memcpy(to, digits.data, digits.size);
    return to + digits.size;
}

/* The moment in a pattern like "YYYY-MM-DD"; a NUL follows it.  Quicker than formatting. */
static str written(struct arena *arena, const char *pattern, int64_t ms)
{
    enum { LONGEST = 64 };
    const struct moment moment = moment_of(ms);
    char text[LONGEST], *to = text;

    while (*pattern) {
        const int64_t *part = part_of(&moment, *pattern);
        size_t width = part ? strspn(pattern, (const char[]){*pattern, '\0'}) : 1;
        if (part)
            to = put_digits(to, *part, width);
        else
            *to++ = *pattern;
        pattern += width;
    }
    size_t size = (size_t)(to - text);
    return (str){arena_cstr(arena, (str){text, size}), size};
}

str time_iso8601(struct arena *arena, int64_t ms)
{
    return written(arena, "YYYY-MM-DDThh:mm:ssZ", ms);
}

str time_iso8601_ms(struct arena *arena, int64_t ms)
{
    return written(arena, "YYYY-MM-DDThh:mm:ss.fffZ", ms);
}

str time_amz_date(struct arena *arena, int64_t ms)
{
    return written(arena, "YYYYMMDDThhmmssZ", ms);
}

str time_http_date(struct arena *arena, int64_t ms)
{
    struct moment m = moment_of(ms);
    return arena_format(arena, "%s, %02d %s %04d %02d:%02d:%02d GMT", day_names[m.weekday], (int)m.day,
                        month_names[m.month - 1], (int)m.year, (int)m.hour, (int)m.minute, (int)m.second);
}

str time_common_log(struct arena *arena, int64_t ms)
{
    struct moment m = moment_of(ms);
    return arena_format(arena, "%02d/%s/%04d:%02d:%02d:%02d +0000", (int)m.day, month_names[m.month - 1],
                        (int)m.year, (int)m.hour, (int)m.minute, (int)m.second);
}

str time_path_date(struct arena *arena, int64_t ms)
{
    return written(arena, "YYYY/MM/DD", ms);
}

/* Read exactly `digits` digits from the front of *rest. */
static bool read_digits(str *rest, size_t digits, int64_t *value)
{
    if (rest->size < digits)
        return false;
    *value = 0;
    for (size_t i = 0; i < digits; i++) {
        char digit = rest->data[i];
        if (digit < '0' || digit > '9')
            return false;
        *value = *value * 10 + (digit - '0');
    }
    *rest = str_from(*rest, digits);
    return true;
}

static bool read_char(str *rest, char c)
{
    if (rest->size == 0 || rest->data[0] != c)
        return false;
    *rest = str_from(*rest, 1);
    return true;
}

static int64_t days_in_month(int64_t year, int64_t month)
{
    return days_of(month == 12 ? year + 1 : year, month == 12 ? 1 : month + 1, 1) - days_of(year, month, 1);
}

static bool moment_valid(const struct moment *m)
{
    return m->month >= 1 && m->month <= 12 && m->day >= 1 && m->day <= days_in_month(m->year, m->month) &&
           m->hour <= 23 && m->minute <= 59 && m->second <= 60;
}

static bool read_fraction(str *rest, int64_t *ms)
{
    int64_t scale = 100;
    size_t digits = 0;

    *ms = 0;
    if (!read_char(rest, '.'))
        return true;
    while (digits < rest->size && rest->data[digits] >= '0' && rest->data[digits] <= '9') {
        *ms += (rest->data[digits++] - '0') * scale;
        scale /= 10;
    }
    *rest = str_from(*rest, digits);
    return digits > 0;
}

/* "Z", "+hh:mm" or "-hhmm", as milliseconds to subtract. */
static bool read_zone(str *rest, int64_t *offset_ms)
{
    int64_t hours, minutes, sign;

    *offset_ms = 0;
    if (read_char(rest, 'Z') || read_char(rest, 'z'))
        return true;
    if (read_char(rest, '+'))
        sign = 1;
    else if (read_char(rest, '-'))
        sign = -1;
    else
        return false;
    if (!read_digits(rest, 2, &hours))
        return false;
    read_char(rest, ':');
    if (!read_digits(rest, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *offset_ms = sign * (hours * 3600000 + minutes * 60000);
    return true;
}

bool time_parse_iso8601(str text, int64_t *ms)
{
    struct moment m = {0};
    str rest = text;
    int64_t offset_ms;

    if (!read_digits(&rest, 4, &m.year) || !read_char(&rest, '-') || !read_digits(&rest, 2, &m.month) ||
        !read_char(&rest, '-') || !read_digits(&rest, 2, &m.day) ||
        (!read_char(&rest, 'T') && !read_char(&rest, 't') && !read_char(&rest, ' ')) ||
        !read_digits(&rest, 2, &m.hour) || !read_char(&rest, ':') || !read_digits(&rest, 2, &m.minute) ||
        !read_char(&rest, ':') || !read_digits(&rest, 2, &m.second) || !read_fraction(&rest, &m.ms) ||
        !read_zone(&rest, &offset_ms) || rest.size > 0 || !moment_valid(&m))
        return false;
    *ms = ms_of(&m) - offset_ms;
    return true;
}

bool time_parse_amz_date(str text, int64_t *ms)
{
    struct moment m = {0};
    str rest = text;

    if (!read_digits(&rest, 4, &m.year) || !read_digits(&rest, 2, &m.month) ||
        !read_digits(&rest, 2, &m.day) || !read_char(&rest, 'T') || !read_digits(&rest, 2, &m.hour) ||
        !read_digits(&rest, 2, &m.minute) || !read_digits(&rest, 2, &m.second) || !read_char(&rest, 'Z') ||
        rest.size > 0 || !moment_valid(&m))
        return false;
    *ms = ms_of(&m);
    return true;
}

static bool read_month_name(str *rest, int64_t *month)
{
    for (int i = 0; i < 12; i++)
        if (str_starts_with(*rest, str_of(month_names[i]))) {
            *rest = str_from(*rest, 3);
            *month = i + 1;
            return true;
        }
    return false;
}

bool time_parse_http_date(str text, int64_t *ms)
{
    struct moment m = {0};
    str rest = str_from(text, 5); /* skip the day of the week */

    if (text.size < 5 || !read_digits(&rest, 2, &m.day) || !read_char(&rest, ' ') ||
        !read_month_name(&rest, &m.month) || !read_char(&rest, ' ') || !read_digits(&rest, 4, &m.year) ||
        !read_char(&rest, ' ') || !read_digits(&rest, 2, &m.hour) || !read_char(&rest, ':') ||
        !read_digits(&rest, 2, &m.minute) || !read_char(&rest, ':') || !read_digits(&rest, 2, &m.second) ||
        !str_equal(rest, S(" GMT")) || !moment_valid(&m))
        return false;
    *ms = ms_of(&m);
    return true;
}
