/*
 * alarm_check.c: what a metric alarm may watch, and how.
 */
#include "alarm.h"

#include "aws/metric_text.h"
#include "queries.h"

#include <math.h>

enum { MAX_EVALUATED_S = DAY_S, MAX_EVALUATED_OF_HOURS_S = 7 * DAY_S, MAX_METRICS = 10 };

static bool refuse(const struct call *call, const char *sentence)
{
    fail(call, &CLOUDWATCH_VALIDATION_ERROR, "%s", sentence);
    return false;
}

static bool statistic_check(const struct call *call, const struct cloudwatch_alarm_settings *settings)
{
    struct statistic statistic;

    if (str_present(settings->statistic) == str_present(settings->extended_statistic))
        return refuse(call, str_present(settings->statistic)
                                ? "Only one of statistics or extended statistics can be set for an alarm"
                                : "Must specify either Statistics or ExtendedStatistics");
    if (str_present(settings->extended_statistic) &&
        (!cloudwatch_parse_statistic(settings->extended_statistic, &statistic) ||
         statistic.kind <= STATISTIC_MAXIMUM)) {
        fail(call, &CLOUDWATCH_VALIDATION_ERROR,
             "The value %.*s for parameter ExtendedStatistic is not supported.",
             STR_ARGS(settings->extended_statistic));
        return false;
    }
    return true;
}

static bool ascii_check(const struct call *call, str text, const char *parameter)
{
    if (metric_text_is_ascii(text))
        return true;
    fail(call, &CLOUDWATCH_VALIDATION_ERROR, "%s must not contain Non-ASCII characters.", parameter);
    return false;
}

static bool names_check(const struct call *call, const struct cloudwatch_alarm_settings *settings)
{
    for (size_t i = 0; i < settings->dimensions.count; i++)
        if (!ascii_check(call, settings->dimensions.items[i].name, "Dimension name") ||
            !ascii_check(call, settings->dimensions.items[i].value, "Dimension value"))
            return false;
    return ascii_check(call, settings->metric_name, "MetricName") &&
           ascii_check(call, settings->namespace, "Namespace");
}

static bool period_check(const struct call *call, int64_t period_s)
{
    return period_s == 10 || period_s == 20 || period_s == 30 || (period_s > 0 && period_s % MINUTE_S == 0) ||
           refuse(call, "Metric period must be 10, 20, 30 or any multiple of 60 seconds.");
}

static bool one_metric_check(const struct call *call, const struct cloudwatch_alarm_settings *settings)
{
    if (!str_present(settings->metric_name))
        return refuse(call, "The parameter MetricName is required unless Metrics is specified.");
    if (!str_present(settings->namespace))
        return refuse(call, "The parameter Namespace is required unless Metrics is specified.");
    return period_check(call, settings->period ? *settings->period : 0) && names_check(call, settings) &&
           statistic_check(call, settings);
}

/* Without metrics, an expression says the period; else all metrics have the same. */
static bool periods_check(const struct call *call, const struct cloudwatch_alarm_settings *settings)
{
    int64_t period_s = cloudwatch_alarm_period_s(settings);
    size_t metrics = 0, periods = 0;

    for (size_t i = 0; i < settings->metrics.count; i++) {
        const struct cloudwatch_metric_data_query *query = &settings->metrics.items[i];
        if (query->metric_stat && query->metric_stat->period != period_s)
            return refuse(call, "All metrics of an alarm must have the same Period.");
        metrics += query->metric_stat != NULL;
        periods += query->period != NULL;
    }
    if (metrics == 0 && periods == 0)
        return refuse(call, "Period must not be null");
    if (metrics > MAX_METRICS)
        return refuse(call, "An alarm can have no more than 10 metrics.");
    return period_check(call, period_s);
}

static bool several_check(const struct call *call, const struct cloudwatch_alarm_settings *settings)
{
    if (str_present(settings->metric_name) || str_present(settings->namespace) ||
        str_present(settings->statistic) || str_present(settings->extended_statistic) || settings->period ||
        settings->dimensions.count > 0 || str_present(settings->unit))
        return refuse(
            call,
            "MetricName, Namespace, Dimensions, Period, Unit, Statistic and ExtendedStatistic cannot be "
            "specified together with Metrics.");
    return periods_check(call, settings) &&
           cloudwatch_alarm_queries_check(call, &settings->metrics, settings->threshold_metric_id);
}

static bool is_missing_treatment(str text)
{
    static const str treatments[] = {STR_INIT("breaching"), STR_INIT("notBreaching"), STR_INIT("ignore"),
                                     STR_INIT("missing")};

    return !str_present(text) || str_is_one_of(text, treatments, sizeof treatments / sizeof *treatments);
}

static bool number_check(const struct call *call, double threshold)
{
    if (isfinite(threshold))
        return true;
    fail(call, &CLOUDWATCH_VALIDATION_ERROR, "The value %.*s for parameter Threshold is invalid.",
         STR_ARGS(cloudwatch_number_text(call->arena, threshold)));
    return false;
}

/* A threshold is a number, or the band of an expression. */
static bool threshold_check(const struct call *call, const struct cloudwatch_alarm_settings *settings)
{
    bool of_band = cloudwatch_comparison_operator_of(settings->comparison_operator) >
                   CLOUDWATCH_COMPARISON_OPERATOR_LESS_THAN_OR_EQUAL_TO_THRESHOLD;

    if (!str_present(settings->threshold_metric_id)) {
        if (of_band)
            return refuse(call, "The comparison operator requires ThresholdMetricId, the id of an "
                                "ANOMALY_DETECTION_BAND expression.");
        return settings->threshold ? number_check(call, *settings->threshold)
                                   : refuse(call, "The parameter Threshold is required.");
    }
    if (settings->threshold)
        return refuse(call, "Only one of Threshold or ThresholdMetricId can be set for an alarm.");
    if (settings->metrics.count == 0)
        return refuse(call, "ThresholdMetricId requires the parameter Metrics.");
    return of_band || refuse(call, "The comparison operator does not support ThresholdMetricId.");
}

static bool evaluation_check(const struct call *call, const struct cloudwatch_alarm_settings *settings)
{
    str low_count = settings->evaluate_low_sample_count_percentile;

    if (!settings->evaluation_periods)
        return refuse(call, "The parameter EvaluationPeriods is required.");
    if (!threshold_check(call, settings))
        return false;
    if (settings->datapoints_to_alarm && *settings->datapoints_to_alarm > *settings->evaluation_periods)
        return refuse(call, "DatapointsToAlarm must be less than or equal to EvaluationPeriods.");
    if (!is_missing_treatment(settings->treat_missing_data))
        return refuse(
            call,
            "Option for treating missing data must be one of: breaching, notBreaching, ignore, missing");
    if (str_present(low_count) && !str_equal(low_count, S("evaluate")) && !str_equal(low_count, S("ignore")))
        return refuse(call, "Option for EvaluateLowSampleCountPercentile must be one of: evaluate, ignore");
    return true;
}

static bool span_check(const struct call *call, const struct cloudwatch_alarm_settings *settings)
{
    int64_t period_s = cloudwatch_alarm_period_s(settings);
    int64_t most_s = period_s >= HOUR_S ? MAX_EVALUATED_OF_HOURS_S : MAX_EVALUATED_S;

    if (*settings->evaluation_periods <= most_s / period_s)
        return true;
    return refuse(call, period_s >= HOUR_S
                            ? "Metrics cannot be checked across more than seven days (EvaluationPeriods * "
                              "Period must be <= 604800)."
                            : "Metrics cannot be checked across more than a day (EvaluationPeriods * Period "
                              "must be <= 86400).");
}

bool cloudwatch_alarm_name_check(const struct call *call, str name)
{
    for (size_t i = 0; i < name.size; i++)
        if ((unsigned char)name.data[i] < ' ' || name.data[i] == 0x7f)
            return refuse(call, "AlarmName must not contain ASCII control characters.");
    return true;
}

bool cloudwatch_alarm_check(const struct call *call, const struct cloudwatch_alarm_settings *settings)
{
    return evaluation_check(call, settings) &&
           (settings->metrics.count > 0 ? several_check : one_metric_check)(call, settings) &&
           span_check(call, settings);
}
