/*
 * metric_series.c: gathers values for PutMetricData: equal values of one series in one minute are one entry.
 */
#include "extraction.h"

#include "aws/metric_text.h"

#include <math.h>

enum { BUCKETS = 1024, MAX_VALUES = 150, MAX_NAME = 255, MAX_DIMENSION_VALUE = 1024, MINUTE_MS = 60 * 1000 };
enum { MAX_PAST_MS = 14 * DAY_MS - HOUR_MS, MAX_FUTURE_MS = 2 * HOUR_MS };

struct log_series {
    struct log_series *next; /* in the bucket */
    str key;
    size_t namespace, datum; /* where its datum is */
};

static bool is_name(str text, size_t most)
{
    return text.size <= most && metric_text_is_valid(text);
}

static bool is_dimension(const struct cloudwatch_dimension *dimension)
{
    return dimension->name.size <= MAX_NAME && metric_dimension_name_is_valid(dimension->name) &&
           is_name(dimension->value, MAX_DIMENSION_VALUE);
}

static bool are_dimensions(const struct cloudwatch_dimensions *dimensions)
{
    for (size_t i = 0; i < dimensions->count; i++) {
        if (!is_dimension(&dimensions->items[i]))
            return false;
        for (size_t j = 0; j < i; j++)
            if (str_equal(dimensions->items[i].name, dimensions->items[j].name))
                return false;
    }
    return true;
}

/* PutMetricData must not refuse it: it would refuse all that is put with it. */
static bool is_acceptable(const struct call *call, const struct log_measured *measured, double value)
{
    return isfinite(value) && fabs(value) <= ldexp(1, 360) && is_name(measured->namespace, MAX_NAME) &&
           measured->namespace.data[0] != ':' && !str_starts_with(measured->namespace, S("AWS/")) &&
           is_name(measured->name, MAX_NAME) && are_dimensions(&measured->dimensions) &&
           measured->timestamp_ms >= call->now_ms - MAX_PAST_MS &&
           measured->timestamp_ms <= call->now_ms + MAX_FUTURE_MS;
}

static str key_of(struct arena *arena, const struct log_measured *measured, int64_t at_ms)
{
    struct text key = text_in(arena);

    text_format(&key, "%lld %lld", (long long)at_ms, (long long)measured->resolution_s);
    const str parts[] = {measured->namespace, measured->name, measured->unit};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        text_add_char(&key, '\0');
        text_add(&key, parts[i]);
    }
    for (size_t i = 0; i < measured->dimensions.count; i++) {
        text_add_char(&key, '\0');
        text_add(&key, measured->dimensions.items[i].name);
        text_add_char(&key, '\0');
        text_add(&key, measured->dimensions.items[i].value);
    }
    return text_str(&key);
}

static size_t namespace_of(struct log_metrics *metrics, str namespace)
{
    for (size_t i = 0; i < metrics->namespaces.count; i++)
        if (str_equal(metrics->namespaces.items[i].namespace, namespace))
            return i;
    list_add(metrics->call->arena, &metrics->namespaces)->namespace = namespace;
    return metrics->namespaces.count - 1;
}

static void begin_datum(struct log_metrics *metrics, struct log_series *series,
                        const struct log_measured *measured, int64_t at_ms)
{
    struct arena *arena = metrics->call->arena;

    series->namespace = namespace_of(metrics, measured->namespace);
    struct cloudwatch_metric_data *data = &metrics->namespaces.items[series->namespace].data;
    series->datum = data->count;
    *list_add(arena, data) = (struct cloudwatch_metric_datum){
        .metric_name = measured->name,
        .dimensions = measured->dimensions,
        .timestamp = arena_i64(arena, at_ms),
        .unit = measured->unit,
        .storage_resolution = arena_i64(arena, measured->resolution_s),
    };
    metrics->data++;
}

static struct log_series *series_of(struct log_metrics *metrics, const struct log_measured *measured)
{
    struct arena *arena = metrics->call->arena;
    int64_t period_ms = measured->resolution_s == 1 ? 1000 : MINUTE_MS;
    int64_t at_ms = measured->timestamp_ms - measured->timestamp_ms % period_ms;
    str key = key_of(arena, measured, at_ms);

    if (!metrics->buckets)
        metrics->buckets = arena_alloc(arena, BUCKETS * sizeof *metrics->buckets);
    struct log_series **bucket = &metrics->buckets[str_hash(key) % BUCKETS], *series = *bucket;
    while (series && !str_equal(series->key, key))
        series = series->next;
    if (!series) {
        series = arena_new(arena, struct log_series);
        *series = (struct log_series){.next = *bucket, .key = key};
        *bucket = series;
        begin_datum(metrics, series, measured, at_ms);
    } else if (metrics->namespaces.items[series->namespace].data.items[series->datum].values.count ==
               MAX_VALUES) {
        begin_datum(metrics, series, measured, at_ms);
    }
    return series;
}

bool logs_metrics_add(struct log_metrics *metrics, const struct log_measured *measured, double value)
{
    if (!is_acceptable(metrics->call, measured, value))
        return false;
    struct log_series *series = series_of(metrics, measured);
    struct cloudwatch_metric_datum *datum =
        &metrics->namespaces.items[series->namespace].data.items[series->datum];
    for (size_t i = datum->values.count; i-- > 0;)
        if (datum->values.items[i] == value) {
            datum->counts.items[i]++;
            return true;
        }
    *list_add(metrics->call->arena, &datum->values) = value;
    *list_add(metrics->call->arena, &datum->counts) = 1;
    return true;
}
