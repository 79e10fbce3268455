/*
 * embedded_metrics.c: events in the embedded metric format become metrics.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 *
 * A root object names metrics and dimensions in "_aws", and has their values as its own members.  What is not
 * as specified makes no metric, and counts as an error of the group.
 */
#include "extraction.h"

#include "wire/json.h"

#include <stdlib.h>

enum { MAX_DIMENSIONS = 30, MAX_METRICS = 100, MAX_VALUES = 100, MAX_NUMBER = 64, MAX_EVENT_VALUES = 10000 };

/* An event, and the directive of it that is read. */
struct embedded {
    struct log_metrics *metrics;
    const struct json *root;
    struct log_measured measured;
    size_t values; /* that were read so far */
    bool valid;
};

bool logs_may_embed_metrics(str message)
{
    return str_starts_with(message, S("{")) && str_find(message, S("\"_aws\"")) >= 0 &&
           str_find(message, S("\"CloudWatchMetrics\"")) >= 0;
}

static bool number_of(struct arena *arena, const struct json *value, double *number)
{
    if (!json_is(value, JSON_NUMBER) || value->text.size > MAX_NUMBER)
        return false;
    *number = strtod(arena_cstr(arena, value->text), NULL);
    return true;
}

static void add_value(struct embedded *embedded, const struct json *value)
{
    double number;

    if (embedded->values++ >= MAX_EVENT_VALUES ||
        !number_of(embedded->metrics->call->arena, value, &number) ||
        !logs_metrics_add(embedded->metrics, &embedded->measured, number))
        embedded->valid = false;
}

static void add_values(struct embedded *embedded, const struct json *value)
{
    if (!json_is(value, JSON_ARRAY)) {
        add_value(embedded, value);
        return;
    }
    if (value->count > MAX_VALUES)
        embedded->valid = false;
    for (size_t i = 0; i < value->count && i < MAX_VALUES; i++)
        add_value(embedded, &value->items[i]);
}

/* The dimensions of one set, with their values; false: one of them is missing. */
static bool read_dimensions(struct embedded *embedded, const struct json *names)
{
    embedded->measured.dimensions = (struct cloudwatch_dimensions){0};
    if (!json_is(names, JSON_ARRAY) || names->count > MAX_DIMENSIONS)
        return false;
    for (size_t i = 0; i < names->count; i++) {
        str name = json_is(&names->items[i], JSON_STRING) ? names->items[i].text : S("");
        const struct json *value = json_get(embedded->root, name);
        if (str_empty(name) || !value || (value->type != JSON_STRING && value->type != JSON_NUMBER))
            return false;
        *list_add(embedded->metrics->call->arena, &embedded->measured.dimensions) =
            (struct cloudwatch_dimension){name, value->text};
    }
    return true;
}

/* Read a metric's definition; false: it is not one. */
static bool read_definition(struct embedded *embedded, const struct json *definition)
{
    str unit = json_get_str(definition, S("Unit"));
    const struct json *resolution = json_get(definition, S("StorageResolution"));
    double seconds = 60;

    embedded->measured.name = json_get_str(definition, S("Name"));
    embedded->measured.unit = str_present(unit) ? unit : logs_standard_unit_text(LOGS_STANDARD_UNIT_NONE);
    if (resolution && !number_of(embedded->metrics->call->arena, resolution, &seconds))
        return false;
    embedded->measured.resolution_s = (int64_t)seconds;
    return str_present(embedded->measured.name) && logs_standard_unit_of(embedded->measured.unit) &&
           (seconds == 1 || seconds == 60);
}

static void add_metrics(struct embedded *embedded, const struct json *definitions)
{
    if (!json_is(definitions, JSON_ARRAY) || definitions->count > MAX_METRICS) {
        embedded->valid = false;
        return;
    }
    for (size_t i = 0; i < definitions->count; i++) {
        const struct json *value;
        if (!read_definition(embedded, &definitions->items[i])) {
            embedded->valid = false;
            continue;
        }
        value = json_get(embedded->root, embedded->measured.name);
        if (value) /* AWS skips metrics without a value */
            add_values(embedded, value);
    }
}

static void read_directive(struct embedded *embedded, const struct json *directive)
{
    const struct json *sets = json_get(directive, S("Dimensions"));
    const struct json *metrics = json_get(directive, S("Metrics"));

    embedded->measured.namespace = json_get_str(directive, S("Namespace"));
    if (!str_present(embedded->measured.namespace) || (sets && !json_is(sets, JSON_ARRAY))) {
        embedded->valid = false;
        return;
    }
    if (!sets || sets->count == 0) {
        embedded->measured.dimensions = (struct cloudwatch_dimensions){0};
        add_metrics(embedded, metrics);
        return;
    }
    for (size_t i = 0; i < sets->count && i < MAX_DIMENSIONS; i++)
        if (read_dimensions(embedded, &sets->items[i]))
            add_metrics(embedded, metrics);
        else
            embedded->valid = false;
}

void logs_embedded_metrics(struct log_metrics *metrics, int64_t timestamp_ms, str message)
{
    const struct json *root = json_parse(metrics->call->arena, message, NULL);
    const struct json *about = json_get(root, S("_aws"));
    const struct json *directives = json_get(about, S("CloudWatchMetrics"));
    struct embedded embedded = {.metrics = metrics, .root = root, .valid = true};
    double at_ms = (double)timestamp_ms;

    if (!root) {
        metrics->parse_errors++;
        return;
    }
    if (json_get(about, S("Timestamp")))
        embedded.valid = number_of(metrics->call->arena, json_get(about, S("Timestamp")), &at_ms) &&
                         at_ms >= 0 && at_ms < 1e15;
    embedded.measured.timestamp_ms = embedded.valid ? (int64_t)at_ms : timestamp_ms;
    if (!json_is(directives, JSON_ARRAY)) {
        metrics->validation_errors++;
        return;
    }
    for (size_t i = 0; i < directives->count && embedded.values < MAX_EVENT_VALUES; i++)
        read_directive(&embedded, &directives->items[i]);
    if (!embedded.valid)
        metrics->validation_errors++;
}
