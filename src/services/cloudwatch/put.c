/*
 * put.c: PutMetricData.
 *
 * A request may have 150,000 values: a large one is kept in parts, which become points one after the other,
 * so that it does not hold the engine. As on AWS, its points are seen a little later.
 */
#include "cloudwatch_internal.h"

#include "aws/metric_text.h"

#include <math.h>

#define STORE_UPLOADS_ID S("uploads")

enum {
    MAX_DATA = 1000,
    MAX_VALUES = 150,
    PART_VALUES = 300, /* a request with more is kept in parts of so many */
    MAX_PAST_MS = 14 * DAY_S * 1000,
    MAX_FUTURE_MS = 2 * HOUR_S * 1000,
};

/* ---- checking ---- */

static bool refuse_value(const struct call *call, str value, size_t datum, const char *member)
{
    fail(call, &CLOUDWATCH_INVALID_PARAMETER_VALUE_EXCEPTION,
         "The value %.*s for parameter MetricData.member.%zu.%s is invalid.", STR_ARGS(value), datum, member);
    return false;
}

str cloudwatch_number_text(struct arena *arena, double number)
{
    if (isnan(number))
        return S("NaN");
    if (isinf(number))
        return number > 0 ? S("Infinity") : S("-Infinity");
    return arena_format(arena, "%g", number);
}

static bool is_number(double number)
{
    return isfinite(number) && fabs(number) <= ldexp(1, 360);
}

static bool number_check(const struct call *call, double number, size_t datum, const char *member)
{
    return is_number(number) ||
           refuse_value(call, cloudwatch_number_text(call->arena, number), datum, member);
}

static bool refuse_item(const struct call *call, double item, size_t datum, const char *list, size_t number)
{
    return refuse_value(call, cloudwatch_number_text(call->arena, item), datum,
                        arena_cstr(call->arena, arena_format(call->arena, "%s.member.%zu", list, number)));
}

static bool exclude(const struct call *call, size_t datum, const char *one, const char *other)
{
    fail(
        call, &CLOUDWATCH_INVALID_PARAMETER_COMBINATION_EXCEPTION,
        "The parameters MetricData.member.%zu.%s and MetricData.member.%zu.%s are mutually exclusive and you "
        "have specified both.",
        datum, one, datum, other);
    return false;
}

static bool refuse_counts(const struct call *call, size_t datum)
{
    fail(call, &CLOUDWATCH_INVALID_PARAMETER_VALUE_EXCEPTION,
         "The parameters MetricData.member.%zu.Values and MetricData.member.%zu.Counts must be of the same "
         "size.",
         datum, datum);
    return false;
}

static bool values_check(const struct call *call, const struct cloudwatch_metric_datum *datum, size_t number)
{
    if (datum->values.count > MAX_VALUES) {
        fail(call, &CLOUDWATCH_INVALID_PARAMETER_VALUE_EXCEPTION,
             "The collection MetricData.member.%zu.Values must not have a size greater than %d.", number,
             MAX_VALUES);
        return false;
    }
    if (datum->counts.count > 0 && datum->counts.count != datum->values.count)
        return refuse_counts(call, number);
    for (size_t i = 0; i < datum->values.count; i++)
        if (!is_number(datum->values.items[i]))
            return refuse_item(call, datum->values.items[i], number, "Values", i + 1);
    for (size_t i = 0; i < datum->counts.count; i++)
        if (!(datum->counts.items[i] > 0) || !is_number(datum->counts.items[i]))
            return refuse_item(call, datum->counts.items[i], number, "Counts", i + 1);
    return true;
}

static bool set_check(const struct call *call, const struct cloudwatch_statistic_set *set, size_t number)
{
    if (!number_check(call, set->sample_count, number, "StatisticValues.SampleCount") ||
        !number_check(call, set->sum, number, "StatisticValues.Sum") ||
        !number_check(call, set->minimum, number, "StatisticValues.Minimum") ||
        !number_check(call, set->maximum, number, "StatisticValues.Maximum"))
        return false;
    if (set->sample_count > 0 && set->minimum <= set->maximum)
        return true;
    return refuse_value(
        call, arena_format(call->arena, "%g", set->sample_count > 0 ? set->minimum : set->sample_count),
        number, set->sample_count > 0 ? "StatisticValues.Minimum" : "StatisticValues.SampleCount");
}

static bool measure_check(const struct call *call, const struct cloudwatch_metric_datum *datum, size_t number)
{
    if (datum->value && datum->values.count > 0)
        return exclude(call, number, "Value", "Values");
    if (datum->value && datum->statistic_values)
        return exclude(call, number, "Value", "StatisticValues");
    if (datum->values.count > 0 && datum->statistic_values)
        return exclude(call, number, "Values", "StatisticValues");
    if (datum->counts.count > 0 && datum->values.count == 0)
        return refuse_counts(call, number);
    if (datum->value)
        return number_check(call, *datum->value, number, "Value");
    if (datum->statistic_values)
        return set_check(call, datum->statistic_values, number);
    if (datum->values.count > 0)
        return values_check(call, datum, number);
    fail(call, &CLOUDWATCH_INVALID_PARAMETER_COMBINATION_EXCEPTION,
         "At least one of the parameters MetricData.member.%zu.Value, MetricData.member.%zu.Values and "
         "MetricData.member.%zu.StatisticValues must be specified.",
         number, number, number);
    return false;
}

/* Refuse a text that cannot name a metric. */
static bool refuse_text(const struct call *call, str text, str parameter)
{
    if (metric_text_is_ascii(text))
        fail(call, &CLOUDWATCH_INVALID_PARAMETER_VALUE_EXCEPTION,
             "The value %.*s for parameter %.*s is invalid.", STR_ARGS(text), STR_ARGS(parameter));
    else
        fail(call, &CLOUDWATCH_INVALID_PARAMETER_VALUE_EXCEPTION,
             "The value for parameter %.*s contains non-ASCII characters.", STR_ARGS(parameter));
    return false;
}

static bool refuse_dimension(const struct call *call, str text, size_t datum, size_t dimension,
                             const char *member)
{
    return refuse_text(call, text,
                       arena_format(call->arena, "MetricData.member.%zu.Dimensions.member.%zu.%s", datum,
                                    dimension, member));
}

static bool names_check(const struct call *call, const struct cloudwatch_metric_datum *datum, size_t number)
{
    const struct cloudwatch_dimensions *dimensions = &datum->dimensions;

    if (!metric_text_is_valid(datum->metric_name))
        return refuse_text(call, datum->metric_name,
                           arena_format(call->arena, "MetricData.member.%zu.MetricName", number));
    for (size_t i = 0; i < dimensions->count; i++) {
        if (!metric_dimension_name_is_valid(dimensions->items[i].name))
            return refuse_dimension(call, dimensions->items[i].name, number, i + 1, "Name");
        if (!metric_text_is_valid(dimensions->items[i].value))
            return refuse_dimension(call, dimensions->items[i].value, number, i + 1, "Value");
        for (size_t j = 0; j < i; j++)
            if (str_equal(dimensions->items[i].name, dimensions->items[j].name))
                return refuse_dimension(call, dimensions->items[i].name, number, i + 1, "Name");
    }
    return true;
}

static bool time_check(const struct call *call, const int64_t *timestamp_ms, size_t number)
{
    if (!timestamp_ms ||
        (*timestamp_ms >= call->now_ms - MAX_PAST_MS && *timestamp_ms <= call->now_ms + MAX_FUTURE_MS))
        return true;
    fail(call, &CLOUDWATCH_INVALID_PARAMETER_VALUE_EXCEPTION,
         "The parameter MetricData.member.%zu.Timestamp must specify a time %s.", number,
         *timestamp_ms < call->now_ms ? "no more than two weeks in the past"
                                      : "within two hours of the current time");
    return false;
}

static bool datum_check(const struct call *call, const struct cloudwatch_metric_datum *datum, size_t number)
{
    int64_t resolution_s = datum->storage_resolution ? *datum->storage_resolution : MINUTE_S;

    if (resolution_s != 1 && resolution_s != MINUTE_S)
        return refuse_value(call, arena_decimal(call->arena, resolution_s), number, "StorageResolution");
    return measure_check(call, datum, number) && names_check(call, datum, number) &&
           time_check(call, datum->timestamp, number);
}

static bool request_check(const struct call *call, const struct cloudwatch_put_metric_data_input *in)
{
    if (!metric_text_is_valid(in->namespace))
        return refuse_text(call, in->namespace, S("Namespace"));
    if (str_starts_with(in->namespace, S("AWS/"))) {
        fail(call, &CLOUDWATCH_INVALID_PARAMETER_VALUE_EXCEPTION,
             "The value AWS/ for parameter Namespace is invalid.");
        return false;
    }
    if (in->metric_data.count == 0) {
        fail(call, &CLOUDWATCH_MISSING_REQUIRED_PARAMETER_EXCEPTION, "The parameter MetricData is required.");
        return false;
    }
    if (in->metric_data.count > MAX_DATA) {
        fail(call, &CLOUDWATCH_INVALID_PARAMETER_VALUE_EXCEPTION,
             "The collection MetricData must not have a size greater than %d.", MAX_DATA);
        return false;
    }
    for (size_t i = 0; i < in->metric_data.count; i++)
        if (!datum_check(call, &in->metric_data.items[i], i + 1))
            return false;
    return true;
}

/* ---- storing ---- */

static struct sums sums_of_datum(struct arena *arena, const struct cloudwatch_metric_datum *datum)
{
    const struct cloudwatch_statistic_set *set = datum->statistic_values;
    struct sums sums = {0}, one;
    struct weighted_value value;

    if (set && set->minimum != set->maximum)
        return (struct sums){
            .samples = set->sample_count, .sum = set->sum, .least = set->minimum, .most = set->maximum};
    if (set || datum->value) {
        one = set ? cloudwatch_sums_of(&value, set->minimum, set->sample_count)
                  : cloudwatch_sums_of(&value, *datum->value, 1);
        cloudwatch_sums_add(arena, &sums, &one);
    }
    for (size_t i = 0; i < datum->values.count; i++) {
        one = cloudwatch_sums_of(&value, datum->values.items[i],
                                 datum->counts.count > 0 ? datum->counts.items[i] : 1);
        cloudwatch_sums_add(arena, &sums, &one);
    }
    return sums;
}

static void store_datum(const struct call *call, str namespace, int64_t arrived_ms,
                        const struct cloudwatch_metric_datum *datum)
{
    const struct identity identity = {
        .account = call->account,
        .region = call->region,
        .namespace = namespace,
        .name = datum->metric_name,
        .dimensions = cloudwatch_dimensions_text(call->arena, &datum->dimensions),
    };
    const struct measurement measurement = {
        .at_s = (datum->timestamp ? *datum->timestamp : arrived_ms) / 1000,
        .unit = str_present(datum->unit) ? datum->unit
                                         : cloudwatch_standard_unit_text(CLOUDWATCH_STANDARD_UNIT_NONE),
        .high_resolution = datum->storage_resolution && *datum->storage_resolution == 1,
        .sums = sums_of_datum(call->arena, datum),
    };

    cloudwatch_points_add(call->txn, call->arena, cloudwatch_metric_touch(call->txn, &identity, call->now_ms),
                          &measurement);
}

static void store(const struct call *call, const struct cloudwatch_put_metric_data_input *in,
                  int64_t arrived_ms)
{
    for (size_t i = 0; i < in->metric_data.count; i++)
        store_datum(call, in->namespace, arrived_ms, &in->metric_data.items[i]);
}

/* ---- large requests ---- */

/* A datum costs about as much as ten values, and more with long dimensions, which are in an index. */
static size_t weight_of(const struct cloudwatch_metric_datum *datum)
{
    enum { OF_DATUM = 10, BYTES_OF_VALUE = 512 };
    size_t bytes = 0;

    for (size_t i = 0; i < datum->dimensions.count; i++)
        bytes += datum->dimensions.items[i].name.size + datum->dimensions.items[i].value.size;
    return (datum->values.count > OF_DATUM ? datum->values.count : OF_DATUM) + bytes / BYTES_OF_VALUE;
}

static size_t weight_of_request(const struct cloudwatch_put_metric_data_input *in)
{
    size_t weight = 0;

    for (size_t i = 0; i < in->metric_data.count; i++)
        weight += weight_of(&in->metric_data.items[i]);
    return weight;
}

static void run_later(const struct call *call)
{
    timer_set(call, &CLOUDWATCH_STORE_UPLOADS, STORE_UPLOADS_ID, call->now_ms,
              &(struct cloudwatch_store_uploads_input){0});
}

/* The parts of a large request, in JSON. */
static struct str_list parts_of(struct arena *arena, const struct cloudwatch_put_metric_data_input *in)
{
    struct cloudwatch_put_metric_data_input part = {.namespace = in->namespace,
                                                    .metric_data.items = in->metric_data.items};
    struct str_list parts = {0};
    size_t weight = 0;

    for (size_t i = 0; i < in->metric_data.count; i++) {
        part.metric_data.count++;
        weight += weight_of(&in->metric_data.items[i]);
        if (weight < PART_VALUES && i + 1 < in->metric_data.count)
            continue;
        *list_add(arena, &parts) = model_to_json(arena, &CLOUDWATCH_PUT_METRIC_DATA_INPUT, &part);
        part.metric_data.items = &in->metric_data.items[i + 1];
        part.metric_data.count = weight = 0;
    }
    return parts;
}

static void keep(const struct call *call, const struct str_list *parts)
{
    for (size_t i = 0; i < parts->count; i++)
        cloudwatch_add_upload(call->txn, &(struct cloudwatch_add_upload_params){.account = call->account,
                                                                                .region = call->region,
                                                                                .at_ms = call->now_ms,
                                                                                .request = parts->items[i]});
    run_later(call);
}

enum outcome cloudwatch_store_uploads(const struct call *call,
                                      const struct cloudwatch_store_uploads_input *in,
                                      struct cloudwatch_store_uploads_output *out)
{
    struct cloudwatch_next_upload_row row;

    (void)out;
    while (cloudwatch_next_upload(call->txn, &row)) {
        struct cloudwatch_put_metric_data_input part = {0};
        struct call there = call_in(call, row.account, row.region);
        model_from_json(call->arena, &CLOUDWATCH_PUT_METRIC_DATA_INPUT, row.request, &part);
        store(&there, &part, row.at_ms);
        cloudwatch_remove_upload(call->txn, &(struct cloudwatch_remove_upload_params){.id = row.id});
        if (slice_is_over(call)) {
            slice_again(call, &CLOUDWATCH_STORE_UPLOADS, STORE_UPLOADS_ID, in);
            break;
        }
    }
    return DONE;
}

void cloudwatch_put_metric_data_prepare(const struct call *call,
                                        const struct cloudwatch_put_metric_data_input *in)
{
    struct str_list *parts = arena_new(call->arena, struct str_list);

    if (!request_check(call, in) || weight_of_request(in) <= PART_VALUES)
        return;
    *parts = parts_of(call->arena, in);
    leave_prepared(call, parts);
}

enum outcome cloudwatch_put_metric_data(const struct call *call,
                                        const struct cloudwatch_put_metric_data_input *in,
                                        struct cloudwatch_put_metric_data_output *out)
{
    const struct str_list *left = prepared(call);

    (void)out;
    if (!request_check(call, in))
        return FAILED;
    struct str_list parts = left                                  ? *left
                            : weight_of_request(in) > PART_VALUES ? parts_of(call->arena, in)
                                                                  : (struct str_list){0};
    if (parts.count > 0)
        keep(call, &parts);
    else
        store(call, in, call->now_ms);
    return DONE;
}
