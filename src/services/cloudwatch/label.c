#include "label.h"

#include "base/text.h"
#include "base/time.h"

struct points {
    struct arena *arena;
    const struct series_values *series;
    const struct label_options *options;
};

/* ---- a point of the series ---- */

static size_t first(const struct series_values *series)
{
    (void)series;
    return 0;
}

static size_t last(const struct series_values *series)
{
    return series->count - 1;
}

static size_t least(const struct series_values *series)
{
    size_t found = 0;

    for (size_t i = 1; i < series->count; i++)
        if (series->values[i] < series->values[found])
            found = i;
    return found;
}

static size_t most(const struct series_values *series)
{
    size_t found = 0;

    for (size_t i = 1; i < series->count; i++)
        if (series->values[i] > series->values[found])
            found = i;
    return found;
}

/* ---- texts ---- */

static str number_text(const struct points *points, double number)
{
    return arena_format(points->arena, "%.10g", number);
}

static double sum(const struct series_values *series)
{
    double total = 0;

    for (size_t i = 0; i < series->count; i++)
        total += series->values[i];
    return total;
}

/* "2026-01-31 12:00" */
static str time_text(const struct points *points, int64_t at_s)
{
    const char *iso = time_iso8601(points->arena, at_s * 1000 + points->options->zone_ms).data;

    return arena_format(points->arena, "%.10s %.5s", iso, iso + 11);
}

/* "2d 3h 5m", "0m" */
static str span_text(const struct points *points, int64_t span_s)
{
    int64_t minutes = (span_s < 0 ? -span_s : span_s) / MINUTE_S, hours = minutes / 60, days = hours / 24;
    str text = arena_format(points->arena, "%lldm", (long long)(minutes % 60));

    if (hours > 0)
        text = arena_concat(points->arena, arena_decimal(points->arena, hours % 24), S("h "), text);
    return days > 0 ? arena_concat(points->arena, arena_decimal(points->arena, days), S("d "), text) : text;
}

/* ---- the values ---- */

static const struct {
    str name;
    size_t (*point)(const struct series_values *series);
    size_t (*until)(const struct series_values *series); /* a range, from `point` to here */
    enum { SHOWS_VALUE, SHOWS_TIME, SHOWS_RELATIVE_TIME } shows;
} of_points[] = {
    {STR_INIT("FIRST"), first, NULL, SHOWS_VALUE},
    {STR_INIT("FIRST_TIME"), first, NULL, SHOWS_TIME},
    {STR_INIT("FIRST_TIME_RELATIVE"), first, NULL, SHOWS_RELATIVE_TIME},
    {STR_INIT("FIRST_LAST_RANGE"), first, last, SHOWS_VALUE},
    {STR_INIT("FIRST_LAST_TIME_RANGE"), first, last, SHOWS_TIME},
    {STR_INIT("LAST"), last, NULL, SHOWS_VALUE},
    {STR_INIT("LAST_TIME"), last, NULL, SHOWS_TIME},
    {STR_INIT("LAST_TIME_RELATIVE"), last, NULL, SHOWS_RELATIVE_TIME},
    {STR_INIT("MIN"), least, NULL, SHOWS_VALUE},
    {STR_INIT("MIN_TIME"), least, NULL, SHOWS_TIME},
    {STR_INIT("MIN_TIME_RELATIVE"), least, NULL, SHOWS_RELATIVE_TIME},
    {STR_INIT("MIN_MAX_RANGE"), least, most, SHOWS_VALUE},
    {STR_INIT("MIN_MAX_TIME_RANGE"), least, most, SHOWS_TIME},
    {STR_INIT("MAX"), most, NULL, SHOWS_VALUE},
    {STR_INIT("MAX_TIME"), most, NULL, SHOWS_TIME},
    {STR_INIT("MAX_TIME_RELATIVE"), most, NULL, SHOWS_RELATIVE_TIME},
};

static bool point_text(const struct points *points, str name, str *text)
{
    const struct series_values *series = points->series;

    for (size_t i = 0; series->count > 0 && i < sizeof of_points / sizeof *of_points; i++) {
        if (!str_equal(name, of_points[i].name))
            continue;
        size_t at = of_points[i].point(series), until = of_points[i].until ? of_points[i].until(series) : at;
        bool range = of_points[i].until, value = of_points[i].shows == SHOWS_VALUE;
        if (value)
            *text =
                number_text(points, range ? series->values[until] - series->values[at] : series->values[at]);
        else if (range)
            *text = span_text(points, series->at_s[until] - series->at_s[at]);
        else if (of_points[i].shows == SHOWS_TIME)
            *text = time_text(points, series->at_s[at]);
        else
            *text = span_text(points, points->options->now_ms / 1000 - series->at_s[at]);
        return true;
    }
    return false;
}

static bool dimension_text(const struct cloudwatch_metric *metric, str name, str *text)
{
    for (size_t i = 0; metric && i < metric->dimensions.count; i++)
        if (str_equal(metric->dimensions.items[i].name, name)) {
            *text = metric->dimensions.items[i].value;
            return true;
        }
    return false;
}

/* PROP('MetricName'), PROP('Dim.QueueName') */
static bool property_text(const struct points *points, str name, str *text)
{
    const struct series_values *series = points->series;
    const struct {
        str name, text;
    } properties[] = {
        {S("AccountId"), points->options->account},
        {S("Region"), points->options->region},
        {S("Stat"), series->stat},
        {S("Period"), arena_decimal(points->arena, series->period_s)},
        {S("MetricName"), series->metric ? series->metric->metric_name : (str){0}},
        {S("Namespace"), series->metric ? series->metric->namespace : (str){0}},
    };

    if (str_starts_with(name, S("Dim.")))
        return dimension_text(series->metric, str_from(name, S("Dim.").size), text);
    for (size_t i = 0; i < sizeof properties / sizeof *properties; i++)
        if (str_equal(name, properties[i].name)) {
            *text = properties[i].text;
            return str_present(*text);
        }
    return false;
}

static bool value_text(const struct points *points, str name, str *text)
{
    const struct series_values *series = points->series;
    bool property = str_starts_with(name, S("PROP('")) && str_ends_with(name, S("')"));

    if (property)
        return property_text(
            points, str_head(str_from(name, S("PROP('").size), name.size - S("PROP('')").size), text);
    if (str_equal(name, S("LABEL")))
        *text = points->options->fallback;
    else if (str_equal(name, S("DATAPOINT_COUNT")))
        *text = arena_decimal(points->arena, (int64_t)series->count);
    else if (str_equal(name, S("SUM")))
        *text = number_text(points, sum(series));
    else if (str_equal(name, S("AVG")) && series->count > 0)
        *text = number_text(points, sum(series) / (double)series->count);
    else
        return point_text(points, name, text);
    return true;
}

str cloudwatch_label(struct arena *arena, str label, const struct series_values *series,
                     const struct label_options *options)
{
    const struct points points = {arena, series, options};
    struct text text = text_in(arena);
    ptrdiff_t begin, end;

    if (!str_present(label) || (options->of_array && str_empty(label)))
        return options->fallback;
    if (options->of_array && str_find(label, S("${")) < 0)
        return arena_concat(arena, label, S(" "), options->fallback);
    while ((begin = str_find(label, S("${"))) >= 0) {
        str rest = str_from(label, (size_t)begin + 2), value;
        text_add(&text, str_head(label, (size_t)begin));
        end = str_index(rest, '}');
        bool known = end >= 0 && value_text(&points, str_head(rest, (size_t)end), &value);
        text_add(&text, known ? value : S("${"));
        label = known ? str_from(rest, (size_t)end + 1) : rest;
    }
    text_add(&text, label);
    return text_str(&text);
}

bool cloudwatch_zone_parse(str text, int64_t *zone_ms)
{
    int64_t hours, minutes;

    if (text.size != 5 || (text.data[0] != '+' && text.data[0] != '-') ||
        !str_to_i64(str_head(str_from(text, 1), 2), &hours) || !str_to_i64(str_from(text, 3), &minutes) ||
        hours > 23 || minutes > 59 || hours < 0 || minutes < 0)
        return false;
    *zone_ms = (text.data[0] == '-' ? -1 : 1) * (hours * 60 + minutes) * MINUTE_S * 1000;
    return true;
}
