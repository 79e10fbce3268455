/*
 * widget_time.c: the times of a widget: moments, and durations before now.
 */
#include "widget_json.h"

#include "base/time.h"
#include "engine/call.h"
#include "label.h"

/* "-PT3H", "-P1DT12H": milliseconds; months have 30 days, years 365. */
static bool parse_duration(str text, int64_t *ms)
{
    static const struct {
        char unit;
        bool of_time;
        int64_t seconds;
    } units[] = {{'Y', false, INT64_C(365) * DAY_S},
                 {'M', false, INT64_C(30) * DAY_S},
                 {'W', false, INT64_C(7) * DAY_S},
                 {'D', false, DAY_S},
                 {'H', true, HOUR_S},
                 {'M', true, MINUTE_S},
                 {'S', true, 1}};
    bool negative = str_starts_with(text, S("-")), of_time = false;
    str rest = str_from(text, negative);

    if (!str_starts_with(rest, S("P")) || rest.size < 3)
        return false;
    *ms = 0;
    for (rest = str_from(rest, 1); rest.size > 0;) {
        size_t digits = 0, unit = 0;
        int64_t number = 0;
        if (rest.data[0] == 'T' && !of_time) {
            of_time = true;
            rest = str_from(rest, 1);
        }
        while (digits < rest.size && digits < 6 && rest.data[digits] >= '0' && rest.data[digits] <= '9')
            number = 10 * number + (rest.data[digits++] - '0');
        while (
            unit < sizeof units / sizeof *units &&
            (digits == rest.size || units[unit].unit != rest.data[digits] || units[unit].of_time != of_time))
            unit++;
        if (digits == 0 || unit == sizeof units / sizeof *units)
            return false;
        *ms += number * units[unit].seconds * (negative ? -1000 : 1000);
        rest = str_from(rest, digits + 1);
    }
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
