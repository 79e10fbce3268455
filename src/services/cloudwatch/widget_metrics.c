/*
 * widget_metrics.c: the array of metrics: ["Namespace", "Name", "Dimension", "Value", …, {rendering}].
 *
 * "." repeats what the metric before has at that place, "..." all that it has there but for the strings that
 * follow.  An object alone has an expression.
 */
#include "widget.h"
#include "widget_json.h"

#include "wire/json.h"

enum { MOST_METRICS = 100, MOST_FIELDS = 62 };

/* ---- the rendering of a metric ---- */

struct rendering {
    struct widget_metric metric;
    str id, label, expression, stat;
    int64_t period_s;
};

static bool read_account(struct widget_reader *reader, str path, const struct json *value, void *to)
{
    (void)to;
    return cloudwatch_widget_own(reader, path, value, reader->call->account);
}

#define MEMBER(name, read, member)                                                                           \
    {                                                                                                        \
        STR_INIT(name), read, offsetof(struct rendering, member)                                             \
    }

static const struct widget_member members[] = {
    MEMBER("color", cloudwatch_widget_color, metric.color),
    MEMBER("label", cloudwatch_widget_text, label),
    MEMBER("id", cloudwatch_widget_text, id),
    MEMBER("expression", cloudwatch_widget_text, expression),
    MEMBER("stat", cloudwatch_widget_text, stat),
    MEMBER("period", cloudwatch_widget_period, period_s),
    MEMBER("visible", cloudwatch_widget_flag, metric.visible),
    MEMBER("yAxis", cloudwatch_widget_axis_name, metric.axis),
    MEMBER("region", cloudwatch_widget_region, metric),
    MEMBER("accountId", read_account, metric),
};

/* ---- its name and dimensions ---- */

struct fields {
    str items[MOST_FIELDS];
    size_t count;
};

static bool add_field(struct fields *fields, str text)
{
    if (fields->count == MOST_FIELDS)
        return false;
    fields->items[fields->count++] = text;
    return true;
}

/* How many strings follow in the array. */
static size_t strings_after(const struct json *metric, uint32_t at)
{
    size_t count = 0;

    for (uint32_t i = at + 1; i < metric->count; i++)
        count += json_is(&metric->items[i], JSON_STRING);
    return count;
}

/* False: there is nothing to repeat, or too much. */
static bool add_text(const struct json *metric, uint32_t at, const struct fields *before,
                     struct fields *fields)
{
    str text = metric->items[at].text;
    size_t kept = strings_after(metric, at);

    if (str_equal(text, S(".")))
        return fields->count < before->count && add_field(fields, before->items[fields->count]);
    if (!str_equal(text, S("...")))
        return add_field(fields, text);
    if (before->count < fields->count + kept)
        return false;
    while (fields->count + kept < before->count)
        if (!add_field(fields, before->items[fields->count]))
            return false;
    return true;
}

static bool read_fields(const struct json *metric, const struct fields *before, struct fields *fields)
{
    *fields = (struct fields){0};
    for (uint32_t i = 0; i < metric->count; i++)
        if (json_is(&metric->items[i], JSON_STRING) && !add_text(metric, i, before, fields))
            return false;
    return true;
}

/* ---- queries ---- */

static const struct cloudwatch_metric *metric_of(struct arena *arena, const struct fields *fields)
{
    struct cloudwatch_metric *metric = arena_new(arena, struct cloudwatch_metric);

    metric->namespace = fields->items[0];
    metric->metric_name = fields->items[1];
    for (size_t i = 2; i < fields->count; i += 2)
        *list_add(arena, &metric->dimensions) =
            (struct cloudwatch_dimension){.name = fields->items[i], .value = fields->items[i + 1]};
    return metric;
}

static void add_query(struct widget_reader *reader, struct widget *widget, const struct rendering *rendering,
                      const struct fields *fields)
{
    struct arena *arena = reader->arena;
    struct cloudwatch_metric_data_query *query = list_add(arena, &widget->queries);
    struct cloudwatch_metric_stat *stat = arena_new(arena, struct cloudwatch_metric_stat);
    int64_t period_s = rendering->period_s > 0 ? rendering->period_s : widget->period_s;

    *query = (struct cloudwatch_metric_data_query){
        .id = str_present(rendering->id) ? rendering->id
                                         : arena_format(arena, "widget_%zu", widget->queries.count),
        .label = rendering->label,
        .expression = rendering->expression,
    };
    *list_add(arena, &widget->metrics) = rendering->metric;
    if (fields->count == 0) {
        query->period = arena_i64(arena, period_s);
        return;
    }
    stat->metric = metric_of(arena, fields);
    stat->period = period_s;
    stat->stat = str_present(rendering->stat) ? rendering->stat : widget->stat;
    query->metric_stat = stat;
}

static bool metric_check(struct widget_reader *reader, str path, const struct json *metric,
                         const struct rendering *rendering, const struct fields *fields)
{
    for (uint32_t i = 0; i < metric->count; i++)
        if (!json_is(&metric->items[i], JSON_STRING) &&
            !(i + 1 == metric->count && json_is(&metric->items[i], JSON_OBJECT)))
            return cloudwatch_widget_complain(reader, path, "Should be strings, and at its end an object");
    if (fields->count == 0)
        return str_present(rendering->expression) ||
               cloudwatch_widget_complain(reader, path, "Should have a metric or an expression");
    if (fields->count < 2 || fields->count % 2 != 0)
        return cloudwatch_widget_complain(reader, path,
                                          "Should have a namespace, a name, and a value for each dimension");
    return !str_present(rendering->expression) ||
           cloudwatch_widget_complain(reader, path, "Should have a metric or an expression, not both");
}

static bool read_metric(struct widget_reader *reader, struct widget *widget, const struct json *metric,
                        struct fields *before)
{
    struct rendering rendering = {.metric.visible = true};
    struct fields fields = {0};
    str path = arena_format(reader->arena, "/metrics/%zu", widget->queries.count);

    if (!json_is(metric, JSON_ARRAY) || metric->count == 0)
        return cloudwatch_widget_complain(reader, path, "Should be array with at least 1 item");
    const struct json *last = &metric->items[metric->count - 1];
    if (json_is(last, JSON_OBJECT) &&
        !cloudwatch_widget_object(reader, path, last, members, sizeof members / sizeof *members, &rendering))
        return false;
    if (!read_fields(metric, before, &fields))
        return cloudwatch_widget_complain(
            reader, path, "Should have at most 30 dimensions, and repeat only what the metric before it has");
    if (!metric_check(reader, path, metric, &rendering, &fields))
        return false;
    add_query(reader, widget, &rendering, &fields);
    if (fields.count > 0)
        *before = fields;
    return true;
}

str cloudwatch_widget_metrics(const struct call *call, struct widget *widget, const struct json *value)
{
    struct widget_reader reader = {.call = call, .arena = call->arena};
    struct fields before = {0};

    if (!json_is(value, JSON_ARRAY))
        return value ? S("/metrics: Should be array") : S("Should have required property 'metrics'");
    if (value->count == 0)
        return S("/metrics: Should NOT have fewer than 1 items");
    if (value->count > MOST_METRICS)
        return S("/metrics: Should NOT have more than 100 items");
    for (uint32_t i = 0; i < value->count; i++)
        if (!read_metric(&reader, widget, &value->items[i], &before))
            return reader.problem;
    return (str){0};
}
