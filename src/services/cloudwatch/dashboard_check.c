/*
 * dashboard_check.c: the structure of a dashboard's body: a JSON object with widgets, each with its place.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
 */
#include "dashboard.h"

#include "wire/json.h"

enum {
    MOST_WIDGETS = 500,
    COLUMNS = 24,
    MOST_ROWS = 1000,
    MOST_MESSAGES = 1000, /* a body may have a mistake in every other byte, and nobody reads that many */
};

struct check {
    struct arena *arena;
    struct cloudwatch_dashboard_validation_message_list messages;
};

static void complain(struct check *check, str path, str message)
{
    if (check->messages.count < MOST_MESSAGES)
        *list_add(check->arena, &check->messages) =
            (struct cloudwatch_dashboard_validation_message){.data_path = path, .message = message};
}

static void whole_number(struct check *check, str path, const struct json *widget, str name, int64_t least,
                         int64_t most)
{
    const struct json *value = json_get(widget, name);
    str place = arena_concat(check->arena, path, S("/"), name);
    int64_t number;

    if (!value)
        return;
    if (!json_is(value, JSON_NUMBER) || !str_to_i64(value->text, &number))
        complain(check, place, S("Should be integer"));
    else if (number < least)
        complain(check, place,
                 arena_join(check->arena, S("Should be >= "), arena_decimal(check->arena, least)));
    else if (number > most)
        complain(check, place,
                 arena_join(check->arena, S("Should be <= "), arena_decimal(check->arena, most)));
}

static void type(struct check *check, str path, const struct json *widget)
{
    static const str types[] = {STR_INIT("metric"), STR_INIT("text"),     STR_INIT("log"),
                                STR_INIT("alarm"),  STR_INIT("explorer"), STR_INIT("custom")};
    const struct json *value = json_get(widget, S("type"));

    if (!value)
        complain(check, path, S("Should have required property 'type'"));
    else if (!json_is(value, JSON_STRING) || !str_is_one_of(value->text, types, sizeof types / sizeof *types))
        complain(check, arena_join(check->arena, path, S("/type")),
                 S("Should be equal to one of the allowed values"));
}

/* ---- metrics ---- */

/* "/widgets/0/properties/metrics/1": place and number of an item in a list. */
static str item_path(const struct check *check, str list, uint32_t number)
{
    return arena_format(check->arena, "%.*s/%u", STR_ARGS(list), number);
}

/* Without the rendering at its end, which is an object. */
static uint32_t fields_of(const struct json *metric)
{
    bool rendered = metric->count > 0 && json_is(&metric->items[metric->count - 1], JSON_OBJECT);

    return metric->count - rendered;
}

/*
 * A namespace, a name, and a name and a value for each dimension.  `before` is how many fields the metric
 * before has, which "." and "..." repeat.  Returns how many this one has.
 */
static uint32_t metric_check(struct check *check, str path, const struct json *metric, uint32_t before)
{
    uint32_t count = fields_of(metric);

    for (uint32_t i = 0; i < count; i++) {
        const struct json *field = &metric->items[i];
        if (!json_is(field, JSON_STRING) || str_empty(field->text))
            complain(check, item_path(check, path, i),
                     S("Invalid metric field type, only \"String\" type is allowed"));
        else if (str_equal(field->text, S(".")) && i >= before)
            complain(check, item_path(check, path, i),
                     S("Repeat marker \".\" used but not enough fields in previous metric"));
        else if (str_equal(field->text, S("...")))
            return before > count ? before : count;
    }
    if (count % 2 == 1 && count > 1)
        complain(check, path, arena_format(check->arena, "Should NOT have more than %u items", count - 1));
    return count;
}

static void metrics_check(struct check *check, str path, const struct json *metrics)
{
    uint32_t before = 0;

    for (uint32_t i = 0; i < metrics->count; i++) {
        const struct json *metric = &metrics->items[i];
        if (!json_is(metric, JSON_ARRAY))
            complain(check, item_path(check, path, i), S("Should be array"));
        else if (fields_of(metric) > 0) /* else it is an expression, which nothing repeats */
            before = metric_check(check, item_path(check, path, i), metric, before);
    }
}

/* AWS's three complaints about a graph that shows nothing. */
static void complain_of_nothing(struct check *check, str path)
{
    complain(check, path, S("Should have required property 'metrics'"));
    complain(check, path,
             S("The metric widget should have specified a region and a data source or an alarm annotation"));
    complain(check, path, S("Should have required property 'annotations'"));
}

/* ---- properties ---- */

/* Of all types only graphs need a region. */
static void graph(struct check *check, str path, const struct json *properties)
{
    const struct json *metrics = json_get(properties, S("metrics"));
    str list = arena_join(check->arena, path, S("/metrics"));

    if (!metrics && !json_get(properties, S("annotations"))) {
        complain_of_nothing(check, path);
        return;
    }
    if (metrics && !json_is(metrics, JSON_ARRAY))
        complain(check, list, S("Should be array"));
    else if (metrics)
        metrics_check(check, list, metrics);
    if (!json_get(properties, S("region")))
        complain(check, path, S("Should have required property 'region'"));
}

static void text(struct check *check, str path, const struct json *properties)
{
    const struct json *markdown = json_get(properties, S("markdown"));

    if (!markdown)
        complain(check, path, S("Should have required property 'markdown'"));
    else if (!json_is(markdown, JSON_STRING))
        complain(check, arena_join(check->arena, path, S("/markdown")), S("Should be string"));
}

static void properties(struct check *check, str path, const struct json *widget)
{
    const struct json *value = json_get(widget, S("properties"));
    str place = arena_join(check->arena, path, S("/properties"));

    if (!value)
        complain(check, path, S("Should have required property 'properties'"));
    else if (!json_is(value, JSON_OBJECT))
        complain(check, place, S("Should be object"));
    else if (str_equal(json_get_str(widget, S("type")), S("metric")))
        graph(check, place, value);
    else if (str_equal(json_get_str(widget, S("type")), S("text")))
        text(check, place, value);
}

static void widget(struct check *check, const struct json *value, size_t number)
{
    str path = arena_join(check->arena, S("/widgets/"), arena_decimal(check->arena, (int64_t)number));

    if (!json_is(value, JSON_OBJECT)) {
        complain(check, path, S("Should be object"));
        return;
    }
    type(check, path, value);
    properties(check, path, value);
    whole_number(check, path, value, S("x"), 0, COLUMNS - 1);
    whole_number(check, path, value, S("y"), 0, INT32_MAX);
    whole_number(check, path, value, S("width"), 1, COLUMNS);
    whole_number(check, path, value, S("height"), 1, MOST_ROWS);
}

struct cloudwatch_dashboard_validation_message_list cloudwatch_dashboard_check(struct arena *arena, str body)
{
    struct check check = {.arena = arena};
    const struct json *dashboard = json_parse(arena, body, NULL),
                      *widgets = json_get(dashboard, S("widgets"));

    if (!json_is(dashboard, JSON_OBJECT))
        complain(&check, S(""), S("The field DashboardBody must be a valid JSON object"));
    else if (!widgets)
        complain(&check, S(""), S("Should have required property 'widgets'"));
    else if (!json_is(widgets, JSON_ARRAY))
        complain(&check, S("/widgets"), S("Should be array"));
    else if (widgets->count > MOST_WIDGETS)
        complain(&check, S("/widgets"), S("Should NOT have more than 500 items"));
    else
        for (uint32_t i = 0; i < widgets->count; i++)
            widget(&check, &widgets->items[i], i);
    return check.messages;
}
