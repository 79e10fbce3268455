/*
 * widget_parse.c: the JSON of a widget: its size, time, axes and what it has of metrics and annotations.
 *
 * A member that is not drawn is refused, so that a picture never lacks what was asked for.
 */
#include "widget.h"
#include "widget_json.h"

#include "wire/json.h"

enum { MOST_BYTES = 100 * 1024, MOST_PIXELS = 2000, MOST_POINTS = 1440 };

/* ---- words ---- */

static bool read_view(struct widget_reader *reader, str path, const struct json *value, void *to)
{
    static const str views[] = {
        [WIDGET_TIME_SERIES] = STR_INIT("timeSeries"),
        [WIDGET_SINGLE_VALUE] = STR_INIT("singleValue"),
        [WIDGET_BAR] = STR_INIT("bar"),
        [WIDGET_GAUGE] = STR_INIT("gauge"),
        [WIDGET_PIE] = STR_INIT("pie"),
    };
    int choice = 0;
    bool good = cloudwatch_widget_choice(reader, path, value, views, sizeof views / sizeof *views, &choice);

    *(enum widget_view *)to = (enum widget_view)choice;
    return good;
}

static bool read_theme(struct widget_reader *reader, str path, const struct json *value, void *to)
{
    static const str themes[] = {STR_INIT("light"), STR_INIT("dark")};
    int choice = 0;
    bool good =
        cloudwatch_widget_choice(reader, path, value, themes, sizeof themes / sizeof *themes, &choice);

    *(bool *)to = choice == 1;
    return good;
}

static bool read_position(struct widget_reader *reader, str path, const struct json *value, void *to)
{
    static const str positions[] = {
        [WIDGET_LEGEND_BOTTOM] = STR_INIT("bottom"),
        [WIDGET_LEGEND_RIGHT] = STR_INIT("right"),
        [WIDGET_LEGEND_HIDDEN] = STR_INIT("hidden"),
    };
    int choice = 0;
    bool good = cloudwatch_widget_choice(reader, path, value, positions, sizeof positions / sizeof *positions,
                                         &choice);

    *(enum widget_legend *)to = (enum widget_legend)choice;
    return good;
}

static bool read_legend(struct widget_reader *reader, str path, const struct json *value, void *to)
{
    static const struct widget_member members[] = {{STR_INIT("position"), read_position, 0}};

    return cloudwatch_widget_object(reader, path, value, members, sizeof members / sizeof *members, to);
}

/* ---- numbers ---- */

static bool read_pixels(struct widget_reader *reader, str path, const struct json *value, void *to)
{
    return cloudwatch_widget_integer(reader, path, value, 1, MOST_PIXELS, to);
}

static bool read_bound(struct widget_reader *reader, str path, const struct json *value, void *to)
{
    double number;

    if (!cloudwatch_widget_real(reader, path, value, &number))
        return false;
    *(const double **)to = arena_double(reader->arena, number);
    return true;
}

/* ---- axes ---- */

static bool read_axis(struct widget_reader *reader, str path, const struct json *value, void *to)
{
    static const struct widget_member members[] = {
        {STR_INIT("min"), read_bound, offsetof(struct widget_axis, min)},
        {STR_INIT("max"), read_bound, offsetof(struct widget_axis, max)},
        {STR_INIT("label"), cloudwatch_widget_text, offsetof(struct widget_axis, label)},
        {STR_INIT("showUnits"), cloudwatch_widget_flag, offsetof(struct widget_axis, shows_units)},
    };
    const struct widget_axis *axis = to;

    if (!cloudwatch_widget_object(reader, path, value, members, sizeof members / sizeof *members, to))
        return false;
    return !axis->min || !axis->max || *axis->min < *axis->max ||
           cloudwatch_widget_complain(reader, path, "min should be less than max");
}

static bool read_axes(struct widget_reader *reader, str path, const struct json *value, void *to)
{
    static const struct widget_member members[] = {
        {STR_INIT("left"), read_axis, WIDGET_LEFT * sizeof(struct widget_axis)},
        {STR_INIT("right"), read_axis, WIDGET_RIGHT * sizeof(struct widget_axis)}};

    return cloudwatch_widget_object(reader, path, value, members, sizeof members / sizeof *members, to);
}

/* ---- the whole ---- */

struct parse {
    struct widget widget;
    const struct json *metrics; /* they are read at the end: they need the widget's period and statistic */
};

static bool keep_json(struct widget_reader *reader, str path, const struct json *value, void *to)
{
    (void)reader, (void)path;
    *(const struct json **)to = value;
    return true;
}

#define MEMBER(name, read, member)                                                                           \
    {                                                                                                        \
        STR_INIT(name), read, offsetof(struct parse, member)                                                 \
    }

static const struct widget_member members[] = {
    MEMBER("metrics", keep_json, metrics),
    MEMBER("annotations", cloudwatch_widget_annotations, widget),
    MEMBER("start", cloudwatch_widget_time, widget.start_ms),
    MEMBER("end", cloudwatch_widget_time, widget.end_ms),
    MEMBER("width", read_pixels, widget.width),
    MEMBER("height", read_pixels, widget.height),
    MEMBER("title", cloudwatch_widget_text, widget.title),
    MEMBER("view", read_view, widget.view),
    MEMBER("stacked", cloudwatch_widget_flag, widget.stacked),
    MEMBER("legend", read_legend, widget.legend),
    MEMBER("yAxis", read_axes, widget.axes),
    MEMBER("period", cloudwatch_widget_period, widget.period_s),
    MEMBER("stat", cloudwatch_widget_text, widget.stat),
    MEMBER("theme", read_theme, widget.dark),
    MEMBER("timezone", cloudwatch_widget_zone, widget.zone_ms),
    MEMBER("liveData", cloudwatch_widget_flag, widget.live),
    MEMBER("region", cloudwatch_widget_region, widget),
    MEMBER("setPeriodToTimeRange", cloudwatch_widget_flag, widget.one_period),
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
