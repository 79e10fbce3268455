/*
 * widget_parse.c: the JSON of a widget: its size, time, axes and annotations.
 *
 * A member that is not drawn is refused, so that a picture never lacks what was asked for.
 */
#include "widget.h"

#include "base/time.h"
#include "label.h"
#include "wire/json.h"

enum { MOST_BYTES = 100 * 1024, MOST_PIXELS = 2000, MOST_POINTS = 1440, MOST_MARKS = 100 };

struct parse {
    struct widget widget;
    const struct call *call;
    const struct json *metrics;
};

/* ---- times ---- */

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

static bool read_time(struct widget_reader *reader, str name, const struct json *value, int64_t *ms)
{
    str text;

    if (!cloudwatch_widget_text(reader, name, value, &text))
        return false;
    if (parse_duration(text, ms)) {
        *ms += reader->call->now_ms;
        return true;
    }
    return time_parse_iso8601(text, ms) ||
           cloudwatch_widget_complain(reader, name, "Should be a date and time, or a duration like -PT3H");
}

static bool read_start(struct widget_reader *reader, const struct json *value, void *to)
{
    return read_time(reader, S("/start"), value, &((struct parse *)to)->widget.start_ms);
}

static bool read_end(struct widget_reader *reader, const struct json *value, void *to)
{
    return read_time(reader, S("/end"), value, &((struct parse *)to)->widget.end_ms);
}

static bool read_zone(struct widget_reader *reader, const struct json *value, void *to)
{
    str text;

    return cloudwatch_widget_text(reader, S("/timezone"), value, &text) &&
           (cloudwatch_zone_parse(text, &((struct parse *)to)->widget.zone_ms) ||
            cloudwatch_widget_complain(reader, S("/timezone"), "Should be +hhmm or -hhmm"));
}

/* ---- simple members ---- */

static bool read_width(struct widget_reader *reader, const struct json *value, void *to)
{
    return cloudwatch_widget_integer(reader, S("/width"), value, 1, MOST_PIXELS,
                                     &((struct parse *)to)->widget.width);
}

static bool read_height(struct widget_reader *reader, const struct json *value, void *to)
{
    return cloudwatch_widget_integer(reader, S("/height"), value, 1, MOST_PIXELS,
                                     &((struct parse *)to)->widget.height);
}

static bool read_period(struct widget_reader *reader, const struct json *value, void *to)
{
    return cloudwatch_widget_integer(reader, S("/period"), value, 1, DAY_S,
                                     &((struct parse *)to)->widget.period_s);
}

static bool read_title(struct widget_reader *reader, const struct json *value, void *to)
{
    return cloudwatch_widget_text(reader, S("/title"), value, &((struct parse *)to)->widget.title);
}

static bool read_stat(struct widget_reader *reader, const struct json *value, void *to)
{
    return cloudwatch_widget_text(reader, S("/stat"), value, &((struct parse *)to)->widget.stat);
}

static bool read_stacked(struct widget_reader *reader, const struct json *value, void *to)
{
    return cloudwatch_widget_flag(reader, S("/stacked"), value, &((struct parse *)to)->widget.stacked);
}

static bool read_live(struct widget_reader *reader, const struct json *value, void *to)
{
    return cloudwatch_widget_flag(reader, S("/liveData"), value, &((struct parse *)to)->widget.live);
}

static bool read_one_period(struct widget_reader *reader, const struct json *value, void *to)
{
    return cloudwatch_widget_flag(reader, S("/setPeriodToTimeRange"), value,
                                  &((struct parse *)to)->widget.one_period);
}

static bool read_view(struct widget_reader *reader, const struct json *value, void *to)
{
    static const str views[] = {STR_INIT("timeSeries"), STR_INIT("singleValue"), STR_INIT("bar"),
                                STR_INIT("gauge"), STR_INIT("pie")};
    int choice = 0;
    bool good =
        cloudwatch_widget_choice(reader, S("/view"), value, views, sizeof views / sizeof *views, &choice);

    ((struct parse *)to)->widget.view = (enum widget_view)choice;
    return good;
}

static bool read_theme(struct widget_reader *reader, const struct json *value, void *to)
{
    static const str themes[] = {STR_INIT("light"), STR_INIT("dark")};
    int choice = 0;
    bool good = cloudwatch_widget_choice(reader, S("/theme"), value, themes, 2, &choice);

    ((struct parse *)to)->widget.dark = choice == 1;
    return good;
}

static bool read_region(struct widget_reader *reader, const struct json *value, void *to)
{
    str region;

    (void)to;
    return cloudwatch_widget_text(reader, S("/region"), value, &region) &&
           (str_equal(region, reader->call->region) ||
            cloudwatch_widget_complain(reader, S("/region"),
                                       "Orderly draws metrics of the request's own only"));
}

static bool read_metrics(struct widget_reader *reader, const struct json *value, void *to)
{
    (void)reader;
    ((struct parse *)to)->metrics = value;
    return true;
}

/* ---- legend ---- */

static bool read_position(struct widget_reader *reader, const struct json *value, void *to)
{
    static const str positions[] = {STR_INIT("bottom"), STR_INIT("right"), STR_INIT("hidden")};
    int choice = 0;
    bool good = cloudwatch_widget_choice(reader, S("/legend/position"), value, positions, 3, &choice);

    ((struct parse *)to)->widget.legend = (enum widget_legend)choice;
    return good;
}

static bool read_legend(struct widget_reader *reader, const struct json *value, void *to)
{
    static const struct widget_member members[] = {{STR_INIT("position"), read_position}};

    return cloudwatch_widget_object(reader, S("/legend"), value, members, 1, to);
}

/* ---- axes ---- */

static bool read_bound(struct widget_reader *reader, str name, const struct json *value, const double **bound)
{
    double number;

    if (!cloudwatch_widget_real(reader, name, value, &number))
        return false;
    *bound = arena_double(reader->arena, number);
    return true;
}

static bool read_min(struct widget_reader *reader, const struct json *value, void *to)
{
    return read_bound(reader, S("/yAxis/min"), value, &((struct widget_axis *)to)->min);
}

static bool read_max(struct widget_reader *reader, const struct json *value, void *to)
{
    return read_bound(reader, S("/yAxis/max"), value, &((struct widget_axis *)to)->max);
}

static bool read_axis_label(struct widget_reader *reader, const struct json *value, void *to)
{
    return cloudwatch_widget_text(reader, S("/yAxis/label"), value, &((struct widget_axis *)to)->label);
}

/* Units are never drawn. */
static bool read_show_units(struct widget_reader *reader, const struct json *value, void *to)
{
    bool shown;

    (void)to;
    return cloudwatch_widget_flag(reader, S("/yAxis/showUnits"), value, &shown);
}

static bool read_axis(struct widget_reader *reader, const struct json *value, struct widget_axis *axis)
{
    static const struct widget_member members[] = {{STR_INIT("min"), read_min},
                                                   {STR_INIT("max"), read_max},
                                                   {STR_INIT("label"), read_axis_label},
                                                   {STR_INIT("showUnits"), read_show_units}};

    if (!cloudwatch_widget_object(reader, S("/yAxis"), value, members, sizeof members / sizeof *members,
                                  axis))
        return false;
    return !axis->min || !axis->max || *axis->min < *axis->max ||
           cloudwatch_widget_complain(reader, S("/yAxis"), "min should be less than max");
}

static bool read_left(struct widget_reader *reader, const struct json *value, void *to)
{
    return read_axis(reader, value, &((struct parse *)to)->widget.axes[WIDGET_LEFT]);
}

static bool read_right(struct widget_reader *reader, const struct json *value, void *to)
{
    return read_axis(reader, value, &((struct parse *)to)->widget.axes[WIDGET_RIGHT]);
}

static bool read_axes(struct widget_reader *reader, const struct json *value, void *to)
{
    static const struct widget_member members[] = {{STR_INIT("left"), read_left},
                                                   {STR_INIT("right"), read_right}};

    return cloudwatch_widget_object(reader, S("/yAxis"), value, members, 2, to);
}

/* ---- annotations ---- */

struct mark_reading {
    struct widget_mark mark;
    bool has_value;
};

static bool read_mark_value(struct widget_reader *reader, const struct json *value, void *to)
{
    struct mark_reading *reading = to;

    reading->has_value = true;
    return cloudwatch_widget_real(reader, S("/annotations/value"), value, &reading->mark.value);
}

static bool read_mark_time(struct widget_reader *reader, const struct json *value, void *to)
{
    struct mark_reading *reading = to;
    int64_t ms;

    if (!read_time(reader, S("/annotations/value"), value, &ms))
        return false;
    reading->has_value = true;
    reading->mark.value = (double)ms;
    return true;
}

static bool read_mark_label(struct widget_reader *reader, const struct json *value, void *to)
{
    return cloudwatch_widget_text(reader, S("/annotations/label"), value,
                                  &((struct mark_reading *)to)->mark.label);
}

static bool read_mark_color(struct widget_reader *reader, const struct json *value, void *to)
{
    return cloudwatch_widget_color(reader, value, &((struct mark_reading *)to)->mark.color);
}

static bool read_mark_visible(struct widget_reader *reader, const struct json *value, void *to)
{
    bool visible = true;
    bool good = cloudwatch_widget_flag(reader, S("/annotations/visible"), value, &visible);

    ((struct mark_reading *)to)->mark.hidden = !visible;
    return good;
}

static bool read_mark_fill(struct widget_reader *reader, const struct json *value, void *to)
{
    static const str fills[] = {STR_INIT("none"), STR_INIT("above"), STR_INIT("below"), STR_INIT("after"),
                                STR_INIT("before")};
    int choice = 0;
    bool good = cloudwatch_widget_choice(reader, S("/annotations/fill"), value, fills, 5, &choice);

    ((struct mark_reading *)to)->mark.fill = choice == 0       ? WIDGET_FILL_NONE
                                             : choice % 2 == 1 ? WIDGET_FILL_FORWARD
                                                               : WIDGET_FILL_BACKWARD;
    return good;
}

static bool read_mark_axis(struct widget_reader *reader, const struct json *value, void *to)
{
    static const str axes[] = {STR_INIT("left"), STR_INIT("right")};

    return cloudwatch_widget_choice(reader, S("/annotations/yAxis"), value, axes, WIDGET_AXES,
                                    &((struct mark_reading *)to)->mark.axis);
}

static const struct widget_member horizontal_members[] = {
    {STR_INIT("value"), read_mark_value}, {STR_INIT("label"), read_mark_label},
    {STR_INIT("color"), read_mark_color}, {STR_INIT("visible"), read_mark_visible},
    {STR_INIT("fill"), read_mark_fill},   {STR_INIT("yAxis"), read_mark_axis},
};
static const struct widget_member vertical_members[] = {
    {STR_INIT("value"), read_mark_time},  {STR_INIT("label"), read_mark_label},
    {STR_INIT("color"), read_mark_color}, {STR_INIT("visible"), read_mark_visible},
    {STR_INIT("fill"), read_mark_fill},
};

static bool read_one_mark(struct widget_reader *reader, const struct json *value, bool vertical,
                          struct mark_reading *reading)
{
    *reading = (struct mark_reading){0};
    return cloudwatch_widget_object(reader, S("/annotations"), value,
                                    vertical ? vertical_members : horizontal_members,
                                    vertical ? sizeof vertical_members / sizeof *vertical_members
                                             : sizeof horizontal_members / sizeof *horizontal_members,
                                    reading) &&
           (reading->has_value ||
            cloudwatch_widget_complain(reader, S("/annotations"), "Should have required property 'value'"));
}

/* An object, or an array of two: a band. */
static bool read_mark(struct widget_reader *reader, const struct json *value, bool vertical,
                      struct widget_mark *mark)
{
    bool is_band = json_is(value, JSON_ARRAY);
    struct mark_reading first, second;

    if (is_band && value->count != 2)
        return cloudwatch_widget_complain(reader, S("/annotations"), "A band should have 2 items");
    if (!read_one_mark(reader, is_band ? &value->items[0] : value, vertical, &first) ||
        (is_band && !read_one_mark(reader, &value->items[1], vertical, &second)))
        return false;
    *mark = first.mark;
    mark->is_band = is_band;
    if (is_band) {
        mark->other = second.mark.value;
        mark->other_label = second.mark.label;
    }
    return true;
}

static bool read_marks(struct widget_reader *reader, const struct json *value, bool vertical,
                       struct widget_mark_list *marks)
{
    if (!json_is(value, JSON_ARRAY) || value->count > MOST_MARKS)
        return cloudwatch_widget_complain(reader, S("/annotations"), "Should be array of at most 100 items");
    for (uint32_t i = 0; i < value->count; i++)
        if (!read_mark(reader, &value->items[i], vertical, list_add(reader->arena, marks)))
            return false;
    return true;
}

static bool read_horizontal(struct widget_reader *reader, const struct json *value, void *to)
{
    return read_marks(reader, value, false, &((struct parse *)to)->widget.horizontal);
}

static bool read_vertical(struct widget_reader *reader, const struct json *value, void *to)
{
    return read_marks(reader, value, true, &((struct parse *)to)->widget.vertical);
}

static bool read_annotations(struct widget_reader *reader, const struct json *value, void *to)
{
    static const struct widget_member members[] = {{STR_INIT("horizontal"), read_horizontal},
                                                   {STR_INIT("vertical"), read_vertical}};

    return cloudwatch_widget_object(reader, S("/annotations"), value, members, 2, to);
}

/* ---- the whole ---- */

static const struct widget_member members[] = {
    {STR_INIT("metrics"), read_metrics}, {STR_INIT("annotations"), read_annotations},
    {STR_INIT("start"), read_start},     {STR_INIT("end"), read_end},
    {STR_INIT("width"), read_width},     {STR_INIT("height"), read_height},
    {STR_INIT("title"), read_title},     {STR_INIT("view"), read_view},
    {STR_INIT("stacked"), read_stacked}, {STR_INIT("legend"), read_legend},
    {STR_INIT("yAxis"), read_axes},      {STR_INIT("period"), read_period},
    {STR_INIT("stat"), read_stat},       {STR_INIT("theme"), read_theme},
    {STR_INIT("timezone"), read_zone},   {STR_INIT("liveData"), read_live},
    {STR_INIT("region"), read_region},   {STR_INIT("setPeriodToTimeRange"), read_one_period},
};

static bool whole_check(struct widget_reader *reader, const struct widget *widget)
{
    const struct widget_axis *left = &widget->axes[WIDGET_LEFT];

    if (widget->start_ms >= widget->end_ms)
        return cloudwatch_widget_complain(reader, S("/start"), "Should be before end");
    return widget->view != WIDGET_GAUGE || (left->min && left->max) ||
           cloudwatch_widget_complain(reader, S("/yAxis/left"), "A gauge should have min and max");
}

/* As on AWS, a period grows with the range: a series has at most some 1,440 points. */
static int64_t period_for(const struct widget *widget, int64_t period_s)
{
    static const int64_t longer_s[] = {MINUTE_S, FIVE_MINUTES_S,      INT64_C(15) * MINUTE_S,
                                       HOUR_S,   INT64_C(6) * HOUR_S, DAY_S};
    int64_t range_s = (widget->end_ms - widget->start_ms + 999) / 1000;

    if (widget->one_period)
        return (range_s + MINUTE_S - 1) / MINUTE_S * MINUTE_S;
    for (size_t i = 0; i < sizeof longer_s / sizeof *longer_s && range_s / period_s > MOST_POINTS; i++)
        period_s = longer_s[i] > period_s ? longer_s[i] : period_s;
    return period_s;
}

static void fit_periods(struct arena *arena, struct widget *widget)
{
    for (size_t i = 0; i < widget->queries.count; i++) {
        struct cloudwatch_metric_data_query *query = &widget->queries.items[i];
        struct cloudwatch_metric_stat *stat;
        if (!query->metric_stat) {
            query->period = arena_i64(arena, period_for(widget, *query->period));
            continue;
        }
        stat = arena_new(arena, struct cloudwatch_metric_stat);
        *stat = *query->metric_stat;
        stat->period = period_for(widget, stat->period);
        query->metric_stat = stat;
    }
}

const struct widget *cloudwatch_widget_parse(const struct call *call, str text)
{
    struct parse *parse = arena_new(call->arena, struct parse);
    struct widget_reader reader = {.call = call, .arena = call->arena};
    const struct json *root = text.size <= MOST_BYTES ? json_parse(call->arena, text, NULL) : NULL;

    parse->widget = (struct widget){.width = 600,
                                    .height = 400,
                                    .start_ms = call->now_ms - INT64_C(3) * HOUR_S * 1000,
                                    .end_ms = call->now_ms,
                                    .period_s = FIVE_MINUTES_S,
                                    .stat = cloudwatch_statistic_text(CLOUDWATCH_STATISTIC_AVERAGE)};
    if (!json_is(root, JSON_OBJECT))
        reader.problem = S("Should be a JSON object of at most 100 KB");
    else if (cloudwatch_widget_object(&reader, S(""), root, members, sizeof members / sizeof *members,
                                      parse) &&
             whole_check(&reader, &parse->widget))
        reader.problem = cloudwatch_widget_metrics(call, &parse->widget, parse->metrics);
    if (str_present(reader.problem)) {
        cloudwatch_refuse(call, arena_concat(call->arena, S("Invalid MetricWidget: "), reader.problem));
        return NULL;
    }
    fit_periods(call->arena, &parse->widget);
    return &parse->widget;
}
