/*
 * get_statistics.c: GetMetricStatistics.
 */
#include "cloudwatch_internal.h"

enum { MAX_DATAPOINTS = 1440, MAX_EXTENDED = 10 };

static bool request_check(const struct call *call, const struct cloudwatch_get_metric_statistics_input *in)
{
    if (in->statistics.count == 0 && in->extended_statistics.count == 0) {
        fail(call, &CLOUDWATCH_MISSING_REQUIRED_PARAMETER_EXCEPTION,
             "Must specify either Statistics or ExtendedStatistics");
        return false;
    }
    if (!cloudwatch_period_is_valid(in->period)) {
        fail(call, &CLOUDWATCH_INVALID_PARAMETER_VALUE_EXCEPTION,
             "The parameter Period must be a multiple of 60 seconds, or 1, 5, 10, 20 or 30 seconds.");
        return false;
    }
    if (in->start_time >= in->end_time) {
        fail(call, &CLOUDWATCH_INVALID_PARAMETER_VALUE_EXCEPTION,
             "The parameter StartTime must be less than the parameter EndTime.");
        return false;
    }
    int64_t asked = (in->end_time - in->start_time) / 1000 / in->period;
    if (asked > MAX_DATAPOINTS) {
        fail(call, &CLOUDWATCH_INVALID_PARAMETER_COMBINATION_EXCEPTION,
             "You have requested up to %lld datapoints, which exceeds the limit of %d. You may reduce the "
             "datapoints requested by increasing Period, or decreasing the time range.",
             (long long)asked, MAX_DATAPOINTS);
        return false;
    }
    return true;
}

/* The statistics of the request; false, after fail(): one of them is unknown. */
static bool parse_extended(const struct call *call, const struct str_list *texts,
                           struct statistic *statistics)
{
    for (size_t i = 0; i < texts->count; i++)
        if (!cloudwatch_parse_statistic(texts->items[i], &statistics[i]) ||
            statistics[i].kind <= STATISTIC_MAXIMUM) {
            fail(call, &CLOUDWATCH_INVALID_PARAMETER_VALUE_EXCEPTION,
                 "The value %.*s for parameter ExtendedStatistics.member.%zu is not supported.",
                 STR_ARGS(texts->items[i]), i + 1);
            return false;
        }
    return true;
}

static void add_simple(const struct call *call, const struct str_list *names, const struct sums *sums,
                       struct cloudwatch_datapoint *datapoint)
{
    for (size_t i = 0; i < names->count; i++) {
        const double **places[] = {
            [CLOUDWATCH_STATISTIC_SAMPLE_COUNT] = &datapoint->sample_count,
            [CLOUDWATCH_STATISTIC_AVERAGE] = &datapoint->average,
            [CLOUDWATCH_STATISTIC_SUM] = &datapoint->sum,
            [CLOUDWATCH_STATISTIC_MINIMUM] = &datapoint->minimum,
            [CLOUDWATCH_STATISTIC_MAXIMUM] = &datapoint->maximum,
        };
        struct statistic statistic;
        double value;
        if (cloudwatch_parse_statistic(names->items[i], &statistic) &&
            cloudwatch_sums_statistic(&statistic, sums, &value))
            *places[cloudwatch_statistic_of(names->items[i])] = arena_double(call->arena, value);
    }
}

struct answer {
    const struct call *call;
    const struct cloudwatch_get_metric_statistics_input *in;
    struct statistic extended[MAX_EXTENDED];
    struct cloudwatch_datapoint_list *datapoints;
};

static void add_datapoint(void *context, const struct bucket *bucket)
{
    const struct answer *answer = context;
    struct arena *arena = answer->call->arena;
    struct cloudwatch_datapoint *datapoint = list_add(arena, answer->datapoints);
    double value;

    datapoint->timestamp = arena_i64(arena, bucket->at_s * 1000);
    datapoint->unit = bucket->unit;
    add_simple(answer->call, &answer->in->statistics, &bucket->sums, datapoint);
    for (size_t i = 0; i < answer->in->extended_statistics.count; i++)
        if (cloudwatch_sums_statistic(&answer->extended[i], &bucket->sums, &value))
            *list_add(arena, &datapoint->extended_statistics) =
                (struct cloudwatch_double_map_entry){answer->in->extended_statistics.items[i], value};
}

/* The request reads at most 1,440 periods, so that it needs no pages. */
enum outcome cloudwatch_get_metric_statistics(const struct call *call,
                                              const struct cloudwatch_get_metric_statistics_input *in,
                                              struct cloudwatch_get_metric_statistics_output *out)
{
    struct answer answer = {.call = call, .in = in, .datapoints = &out->datapoints};
    const struct identity identity = {call->account, call->region, in->namespace, in->metric_name,
                                      cloudwatch_dimensions_text(call->arena, &in->dimensions)};

    if (!request_check(call, in) || !parse_extended(call, &in->extended_statistics, answer.extended))
        return FAILED;
    int64_t start_s = cloudwatch_series_start_s(call, in->start_time, in->period);
    struct series_request request = {
        .metric_id = cloudwatch_metric_find(call->txn, &identity),
        .from_s = start_s,
        .read_from_s = start_s,
        .end_s = (in->end_time + 999) / 1000,
        .period_s = in->period,
        .unit = in->unit,
        .apart = true,
        .with_values = in->extended_statistics.count > 0,
        .take = add_datapoint,
        .context = &answer,
    };
    out->label = in->metric_name;
    list_make_empty(call->arena, &out->datapoints);
    cloudwatch_series_read(call, &request);
    return DONE;
}
