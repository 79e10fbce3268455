/*
 * widget_time.c: the times of a widget: moments, and durations before now.
 */
#include "widget_json.h"

#include "base/time.h"
#include "engine/call.h"
#include "label.h"

enum { MOST_DIGITS = 6 };

/* In the order in which a duration has them. */
static const struct {
    char letter;
    bool of_time; /* written after the 'T' */
    int64_t seconds;
} units[] = {{'Y', false, INT64_C(365) * DAY_S},
             {'M', false, INT64_C(30) * DAY_S},
             {'W', false, INT64_C(7) * DAY_S},
             {'D', false, DAY_S},
             {'H', true, HOUR_S},
             {'M', true, MINUTE_S},
             {'S', true, 1}};
enum { UNITS = sizeof units / sizeof *units };

/* What is left of a duration. */
struct duration {
    str rest;
    bool of_time;
    size_t unit; /* the next part has this unit, or a later one */
    int64_t seconds;
};

/* Take "12H" from the text, and add it.  False: it is not up to six digits and a unit that may come here. */
static bool take_part(struct duration *duration)
{
    str rest = duration->rest;
    size_t digits = 0, unit = duration->unit;
    int64_t number = 0;

    while (digits < rest.size && digits < MOST_DIGITS && rest.data[digits] >= '0' && rest.data[digits] <= '9')
        number = 10 * number + (rest.data[digits++] - '0');
    if (digits == 0 || digits == rest.size)
        return false;
    while (unit < UNITS &&
           (units[unit].letter != rest.data[digits] || units[unit].of_time != duration->of_time))
        unit++;
    if (unit == UNITS)
        return false;
    duration->seconds += number * units[unit].seconds;
    duration->unit = unit + 1;
    duration->rest = str_from(rest, digits + 1);
    return true;
}

/* "-PT3H", "-P1DT12H": milliseconds; months have 30 days, years 365. */
static bool parse_duration(str text, int64_t *ms)
{
    bool negative = str_starts_with(text, S("-"));
    struct duration duration = {.rest = str_from(text, negative)};

    if (!str_starts_with(duration.rest, S("P")) || duration.rest.size < 3)
        return false;
    duration.rest = str_from(duration.rest, 1);
    while (duration.rest.size > 0) {
        if (duration.rest.data[0] == 'T' && !duration.of_time) {
            duration.of_time = true;
            duration.rest = str_from(duration.rest, 1);
        }
        if (!take_part(&duration))
            return false;
    }
    *ms = duration.seconds * (negative ? -MS_PER_S : MS_PER_S);
    return true;
}

bool cloudwatch_widget_time(struct widget_reader *reader, str path, const struct json *value, void *to)
{
    int64_t *ms = to;
    str text;

    if (!cloudwatch_widget_text(reader, path, value, &text))
        return false;
    if (parse_duration(text, ms)) {
        *ms += reader->call->now_ms;
        return true;
    }
    return time_parse_iso8601(text, ms) ||
           cloudwatch_widget_complain(reader, path, "Should be a date and time, or a duration like -PT3H");
}

bool cloudwatch_widget_zone(struct widget_reader *reader, str path, const struct json *value, void *to)
{
    str text;

    return cloudwatch_widget_text(reader, path, value, &text) &&
           (cloudwatch_zone_parse(text, to) ||
            cloudwatch_widget_complain(reader, path, "Should be +hhmm or -hhmm"));
}
