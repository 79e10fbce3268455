/*
 * alarm_evaluate.c: an alarm's state follows from its newest points.
 *
 * An alarm looks at its last EvaluationPeriods whole periods, and a few older ones when points are missing.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
#include "alarm.h"

#include "base/time.h"
#include "queries.h"
#include "wire/json.h"

#include <math.h>
#include <stdlib.h>

enum {
    SPARE_PERIODS = 2, /* looked at when points are missing */
    DELAY_S = 5,       /* after a minute's end, so that its counts are there */
    MAX_DATAPOINTS_SHOWN = 10,
};

struct evaluation {
    const struct call *call;
    struct cloudwatch_alarm_settings settings;
    str treatment; /* of missing data */
    int64_t periods, to_alarm, period_s, end_s;
    double values[MAX_DATAPOINTS_SHOWN];
    int64_t times_s[MAX_DATAPOINTS_SHOWN];                           /* the newest points, newest first */
    double lower[MAX_DATAPOINTS_SHOWN], upper[MAX_DATAPOINTS_SHOWN]; /* the band, if it is the threshold */
    size_t shown;
    int64_t breaching, well, missing; /* of the last periods */
    int64_t oldest_s;                 /* the oldest point that counts */
};

/* As on AWS, an alarm over more than a day is evaluated once an hour, with the points up to that hour. */
static int64_t evaluated_every_s(const struct cloudwatch_alarm_settings *settings)
{
    int64_t period_s = cloudwatch_alarm_period_s(settings);

    if (period_s < MINUTE_S)
        return 10;
    return period_s * *settings->evaluation_periods > DAY_S ? HOUR_S : MINUTE_S;
}

void cloudwatch_alarm_evaluate_later(const struct call *call, const struct cloudwatch_alarm_row *row)
{
    struct cloudwatch_alarm_settings settings = cloudwatch_alarm_settings_of(call->arena, row);
    int64_t now_s = call->now_ms / 1000, every_s = evaluated_every_s(&settings);
    int64_t due_s = now_s - now_s % every_s + DELAY_S;

    timer_set(call, &CLOUDWATCH_EVALUATE_ALARM, arena_decimal(call->arena, row->id),
              (due_s > now_s ? due_s : due_s + every_s) * 1000,
              &(struct cloudwatch_evaluate_alarm_input){.id = row->id});
}

/* ---- points ---- */

struct cloudwatch_metric_data_query_list
cloudwatch_alarm_queries_of(struct arena *arena, const struct cloudwatch_alarm_settings *settings,
                            str statistic)
{
    struct cloudwatch_metric *metric = arena_new(arena, struct cloudwatch_metric);
    struct cloudwatch_metric_stat *stat = arena_new(arena, struct cloudwatch_metric_stat);
    struct cloudwatch_metric_data_query_list queries = {0};

    if (settings->metrics.count > 0)
        return settings->metrics;
    *metric = (struct cloudwatch_metric){settings->namespace, settings->metric_name, settings->dimensions};
    *stat = (struct cloudwatch_metric_stat){
        .metric = metric,
        .period = *settings->period,
        .stat = str_present(statistic)             ? statistic
                : str_present(settings->statistic) ? settings->statistic
                                                   : settings->extended_statistic,
        .unit = settings->unit,
    };
    *list_add(arena, &queries) = (struct cloudwatch_metric_data_query){.id = S("m1"), .metric_stat = stat};
    return queries;
}

/* What a point is compared with: both are the threshold, or the edges of a band. */
struct bounds {
    double lower, upper;
};

static bool is_breaching(const struct cloudwatch_alarm_settings *settings, double value, struct bounds bounds)
{
    switch (cloudwatch_comparison_operator_of(settings->comparison_operator)) {
    case CLOUDWATCH_COMPARISON_OPERATOR_GREATER_THAN_OR_EQUAL_TO_THRESHOLD:
        return value >= bounds.upper;
    case CLOUDWATCH_COMPARISON_OPERATOR_GREATER_THAN_THRESHOLD:
        return value > bounds.upper;
    case CLOUDWATCH_COMPARISON_OPERATOR_LESS_THAN_THRESHOLD:
        return value < bounds.lower;
    case CLOUDWATCH_COMPARISON_OPERATOR_LESS_THAN_LOWER_OR_GREATER_THAN_UPPER_THRESHOLD:
        return value < bounds.lower || value > bounds.upper;
    case CLOUDWATCH_COMPARISON_OPERATOR_LESS_THAN_LOWER_THRESHOLD:
        return value < bounds.lower;
    case CLOUDWATCH_COMPARISON_OPERATOR_GREATER_THAN_UPPER_THRESHOLD:
        return value > bounds.upper;
    default:
        return value <= bounds.upper;
    }
}

static void count_point(struct evaluation *evaluation, int64_t at_s, double value, struct bounds bounds)
{
    if (is_breaching(&evaluation->settings, value, bounds))
        evaluation->breaching++;
    else
        evaluation->well++;
    evaluation->oldest_s = at_s;
    if (evaluation->shown < MAX_DATAPOINTS_SHOWN) {
        evaluation->times_s[evaluation->shown] = at_s;
        evaluation->lower[evaluation->shown] = bounds.lower;
        evaluation->upper[evaluation->shown] = bounds.upper;
        evaluation->values[evaluation->shown++] = value;
    }
}

/* When the range of its points begins. */
static int64_t start_ms(const struct evaluation *evaluation)
{
    return (evaluation->end_s - (evaluation->periods + SPARE_PERIODS) * evaluation->period_s) * 1000;
}

static struct series_values read_series(const struct evaluation *evaluation, str statistic)
{
    struct cloudwatch_metric_data_query_list queries =
        cloudwatch_alarm_queries_of(evaluation->call->arena, &evaluation->settings, statistic);
    struct series_values series = {0};

    if (!cloudwatch_alarm_series(evaluation->call, &queries, evaluation->settings.threshold_metric_id,
                                 start_ms(evaluation), evaluation->end_s * 1000, &series))
        series.count = 0;
    return series;
}

/*
 * Does a percentile ignore the newest period, because it has too few values to tell?  Those are 10 / (1 - p)
 * from the median on, and below it 10 / p.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/percentiles-with-low-samples.html
 */
static bool has_low_samples(const struct evaluation *evaluation)
{
    const struct cloudwatch_alarm_settings *settings = &evaluation->settings;
    struct statistic statistic;

    if (!str_equal(settings->evaluate_low_sample_count_percentile, S("ignore")) ||
        !cloudwatch_parse_statistic(settings->extended_statistic, &statistic) ||
        statistic.kind != STATISTIC_PERCENTILE)
        return false;
    double share = statistic.high / 100, tail = share < 0.5 ? share : 1 - share;
    struct series_values samples =
        read_series(evaluation, cloudwatch_statistic_text(CLOUDWATCH_STATISTIC_SAMPLE_COUNT));
    return samples.count > 0 && samples.values[samples.count - 1] * tail < 10 * (1 - 1e-9);
}

/* The edges of the band, upper and lower; empty unless it is the threshold. */
struct band {
    struct series_values edges[2];
};

static struct band read_band(const struct evaluation *evaluation)
{
    const struct cloudwatch_alarm_settings *settings = &evaluation->settings;
    struct band band = {0};

    if (str_present(settings->threshold_metric_id) &&
        !cloudwatch_alarm_band(evaluation->call, &settings->metrics, settings->threshold_metric_id,
                               start_ms(evaluation), evaluation->end_s * 1000, band.edges))
        band = (struct band){0};
    return band;
}

/* False: nothing is expected at that time, so its point does not count. */
static bool bounds_at(const struct evaluation *evaluation, const struct band *band, int64_t at_s,
                      struct bounds *bounds)
{
    const struct series_values *upper = &band->edges[0];

    if (evaluation->settings.threshold) {
        *bounds = (struct bounds){*evaluation->settings.threshold, *evaluation->settings.threshold};
        return true;
    }
    for (size_t i = 0; i < upper->count; i++)
        if (upper->at_s[i] == at_s) {
            *bounds = (struct bounds){band->edges[1].values[i], upper->values[i]};
            return true;
        }
    return false;
}

/* The newest points of the range, at most as many as the alarm evaluates. */
static void read_points(struct evaluation *evaluation)
{
    struct series_values series = read_series(evaluation, (str){0});
    struct band band = read_band(evaluation);
    struct bounds bounds;

    for (size_t i = series.count; i-- > 0 && evaluation->breaching + evaluation->well < evaluation->periods;)
        if (bounds_at(evaluation, &band, series.at_s[i], &bounds))
            count_point(evaluation, series.at_s[i], series.values[i], bounds);
    evaluation->missing = evaluation->periods - evaluation->breaching - evaluation->well;
}

/* ---- the verdict ---- */

/*
 * Has it been breached, without a good point, for as long as makes an alarm?  A newer breach may be one among
 * good points that are still to come.
 */
static bool is_breached_for_long(const struct evaluation *evaluation)
{
    return evaluation->breaching > 0 &&
           evaluation->end_s - evaluation->oldest_s >= evaluation->to_alarm * evaluation->period_s;
}

/* 0: the alarm keeps its state. */
static enum cloudwatch_state_value verdict_of(const struct evaluation *evaluation)
{
    str treatment = evaluation->treatment;
    int64_t counted = evaluation->breaching;

    if (str_equal(treatment, S("breaching")))
        counted += evaluation->missing;
    if (counted >= evaluation->to_alarm)
        return CLOUDWATCH_STATE_VALUE_ALARM;
    if (evaluation->well > 0 || str_equal(treatment, S("notBreaching")) ||
        str_equal(treatment, S("breaching")))
        return CLOUDWATCH_STATE_VALUE_OK;
    if (str_equal(treatment, S("ignore")))
        return 0;
    return is_breached_for_long(evaluation) ? CLOUDWATCH_STATE_VALUE_ALARM
                                            : CLOUDWATCH_STATE_VALUE_INSUFFICIENT_DATA;
}

/* ---- its reason ---- */

/* "1.0", "0.25" */
static str number_text(struct arena *arena, double number)
{
    if (number == floor(number) && fabs(number) < 1e7)
        return arena_format(arena, "%.1f", number);
    for (int digits = 15;; digits++) {
        str text = arena_format(arena, "%.*g", digits, number);
        if (digits == 17 || strtod(arena_cstr(arena, text), NULL) == number)
            return text;
    }
}

/* "31/01/26 12:00:00" */
static str short_time(struct arena *arena, int64_t at_s)
{
    const char *iso = time_iso8601(arena, at_s * 1000).data;

    return arena_format(arena, "%.2s/%.2s/%.2s %.8s", iso + 8, iso + 5, iso + 2, iso + 11);
}

static str points_text(const struct evaluation *evaluation)
{
    struct arena *arena = evaluation->call->arena;
    str text = S("");

    for (size_t i = 0; i < evaluation->shown; i++)
        text = arena_concat(arena, text, i > 0 ? S(", ") : S(""), number_text(arena, evaluation->values[i]),
                            S(" ("), short_time(arena, evaluation->times_s[i]), S(")"));
    return text;
}

/* "[1.5, 2.0]" */
static str edges_text(struct arena *arena, const double *edges, size_t count)
{
    str text = S("[");

    for (size_t i = 0; i < count; i++)
        text = arena_concat(arena, text, i > 0 ? S(", ") : S(""), number_text(arena, edges[i]));
    return arena_join(arena, text, S("]"));
}

/* "less than the lower thresholds [1.0] or greater than the upper thresholds [2.0]" */
static str band_text(const struct evaluation *evaluation)
{
    struct arena *arena = evaluation->call->arena;
    enum cloudwatch_comparison_operator operator=
        cloudwatch_comparison_operator_of(evaluation->settings.comparison_operator);
    str lower = arena_concat(arena, S("less than the lower thresholds "),
                             edges_text(arena, evaluation->lower, evaluation->shown));
    str upper = arena_concat(arena, S("greater than the upper thresholds "),
                             edges_text(arena, evaluation->upper, evaluation->shown));

    if (operator== CLOUDWATCH_COMPARISON_OPERATOR_LESS_THAN_LOWER_THRESHOLD)
        return lower;
    if (operator== CLOUDWATCH_COMPARISON_OPERATOR_GREATER_THAN_UPPER_THRESHOLD)
        return upper;
    return arena_concat(arena, lower, S(" or "), upper);
}

static str comparison_text(str operator)
{
    static const str texts[] = {
        [CLOUDWATCH_COMPARISON_OPERATOR_GREATER_THAN_OR_EQUAL_TO_THRESHOLD] =
            STR_INIT("greater than or equal to"),
        [CLOUDWATCH_COMPARISON_OPERATOR_GREATER_THAN_THRESHOLD] = STR_INIT("greater than"),
        [CLOUDWATCH_COMPARISON_OPERATOR_LESS_THAN_THRESHOLD] = STR_INIT("less than"),
        [CLOUDWATCH_COMPARISON_OPERATOR_LESS_THAN_OR_EQUAL_TO_THRESHOLD] = STR_INIT("less than or equal to"),
    };

    return texts[cloudwatch_comparison_operator_of(operator)];
}

static const char *plural(int64_t count)
{
    return count == 1 ? "" : "s";
}

static str missing_text(const struct evaluation *evaluation)
{
    str treatment = evaluation->treatment;
    bool breaching = str_equal(treatment, S("breaching"));

    if (evaluation->missing == 0 || (!breaching && !str_equal(treatment, S("notBreaching"))))
        return S("");
    return arena_format(
        evaluation->call->arena,
        "no datapoints were received for %lld period%s and %lld missing datapoint%s treated as [%s]",
        (long long)evaluation->missing, plural(evaluation->missing), (long long)evaluation->missing,
        evaluation->missing == 1 ? " was" : "s were", breaching ? "Breaching" : "NonBreaching");
}

/* "greater than the threshold (5.0)" */
static str threshold_text(const struct evaluation *evaluation)
{
    const struct cloudwatch_alarm_settings *settings = &evaluation->settings;
    struct arena *arena = evaluation->call->arena;

    if (!settings->threshold)
        return band_text(evaluation);
    return arena_concat(arena, comparison_text(settings->comparison_operator), S(" the threshold ("),
                        number_text(arena, *settings->threshold), S(")"));
}

/* AWS's words, as the console shows them. */
static str reason_of(const struct evaluation *evaluation, enum cloudwatch_state_value value)
{
    struct arena *arena = evaluation->call->arena;
    str comparison = threshold_text(evaluation);
    str missing = missing_text(evaluation), points = points_text(evaluation);
    int64_t real = evaluation->breaching + evaluation->well;
    const char *what = evaluation->settings.threshold ? "Threshold" : "Thresholds";

    if (value == CLOUDWATCH_STATE_VALUE_INSUFFICIENT_DATA)
        return arena_format(arena, "Insufficient Data: %lld datapoint%s unknown.",
                            (long long)evaluation->missing, evaluation->missing == 1 ? " was" : "s were");
    if (real == 0)
        return arena_format(arena, "Threshold Crossed: %.*s.", STR_ARGS(missing));
    if (value == CLOUDWATCH_STATE_VALUE_ALARM)
        return arena_format(arena,
                            "%s Crossed: %lld out of the last %lld datapoints [%.*s] %s %.*s (minimum "
                            "%lld datapoint%s for OK -> ALARM transition)%s%.*s.",
                            what, (long long)evaluation->breaching, (long long)evaluation->periods,
                            STR_ARGS(points), evaluation->breaching == 1 ? "was" : "were",
                            STR_ARGS(comparison), (long long)evaluation->to_alarm,
                            plural(evaluation->to_alarm), str_empty(missing) ? "" : " and ",
                            STR_ARGS(missing));
    return arena_format(arena, "%s Crossed: %lld datapoint%s [%.*s] %s not %.*s%s%.*s.", what,
                        (long long)evaluation->well, plural(evaluation->well), STR_ARGS(points),
                        evaluation->well == 1 ? "was" : "were", STR_ARGS(comparison),
                        str_empty(missing) ? "" : " and ", STR_ARGS(missing));
}

/* The oldest first, as the points. */
static void write_edges(struct json_writer *writer, str name, const double *edges, size_t count)
{
    json_name(writer, name);
    json_open_array(writer);
    for (size_t i = count; i-- > 0;)
        json_double(writer, edges[i]);
    json_close_array(writer);
}

static str reason_data_of(const struct evaluation *evaluation)
{
    const struct cloudwatch_alarm_settings *settings = &evaluation->settings;
    struct arena *arena = evaluation->call->arena;
    struct json_writer writer = json_writer_in(arena);

    json_open_object(&writer);
    json_field(&writer, S("version"), S("1.0"));
    json_field(&writer, S("queryDate"), cloudwatch_time_text(arena, evaluation->call->now_ms));
    if (evaluation->shown > 0)
        json_field(&writer, S("startDate"),
                   cloudwatch_time_text(arena, evaluation->times_s[evaluation->shown - 1] * 1000));
    json_field(&writer, S("statistic"),
               str_present(settings->statistic) ? settings->statistic : settings->extended_statistic);
    json_i64_field(&writer, S("period"), evaluation->period_s);
    json_name(&writer, S("recentDatapoints"));
    json_open_array(&writer);
    for (size_t i = evaluation->shown; i-- > 0;)
        json_double(&writer, evaluation->values[i]);
    json_close_array(&writer);
    if (settings->threshold) {
        json_name(&writer, S("threshold"));
        json_double(&writer, *settings->threshold);
    } else {
        write_edges(&writer, S("recentLowerThresholds"), evaluation->lower, evaluation->shown);
        write_edges(&writer, S("recentUpperThresholds"), evaluation->upper, evaluation->shown);
    }
    json_name(&writer, S("evaluatedDatapoints"));
    json_open_array(&writer);
    for (size_t i = 0; i < evaluation->shown; i++) {
        json_open_object(&writer);
        json_field(&writer, S("timestamp"), cloudwatch_time_text(arena, evaluation->times_s[i] * 1000));
        json_name(&writer, S("value"));
        json_double(&writer, evaluation->values[i]);
        json_close_object(&writer);
    }
    json_close_array(&writer);
    json_close_object(&writer);
    return json_written(&writer);
}

/* ---- a run ---- */

static bool watches_dynamodb(const struct cloudwatch_alarm_settings *settings)
{
    static const str dynamodb = STR_INIT("AWS/DynamoDB");

    for (size_t i = 0; i < settings->metrics.count; i++) {
        const struct cloudwatch_metric_stat *stat = settings->metrics.items[i].metric_stat;
        if (stat && str_equal(stat->metric->namespace, dynamodb))
            return true;
    }
    return str_equal(settings->namespace, dynamodb);
}

/* By default missing data is missing, but that of DynamoDB is ignored. */
static str treatment_of(const struct cloudwatch_alarm_settings *settings)
{
    if (str_present(settings->treat_missing_data))
        return settings->treat_missing_data;
    return watches_dynamodb(settings) ? S("ignore") : S("missing");
}

static struct evaluation begin(const struct call *call, const struct cloudwatch_alarm_row *row)
{
    struct evaluation evaluation = {.call = call, .settings = cloudwatch_alarm_settings_of(call->arena, row)};
    const struct cloudwatch_alarm_settings *settings = &evaluation.settings;
    int64_t now_s = call->now_ms / 1000;

    evaluation.treatment = treatment_of(settings);
    evaluation.periods = *settings->evaluation_periods;
    evaluation.to_alarm = settings->datapoints_to_alarm ? *settings->datapoints_to_alarm : evaluation.periods;
    evaluation.period_s = cloudwatch_alarm_period_s(settings);
    evaluation.end_s =
        now_s - now_s % (evaluation.period_s < MINUTE_S ? evaluation.period_s : evaluated_every_s(settings));
    return evaluation;
}

/* What the points say of an alarm as it was put at that time. */
struct judgement {
    int64_t updated_ms;
    struct new_state state; /* its value is 0 when the alarm keeps its state */
};

static struct judgement judge(const struct call *call, const struct cloudwatch_alarm_row *row)
{
    struct call there = call_in(call, row->account, row->region);
    struct evaluation evaluation = begin(&there, row);

    read_points(&evaluation);
    enum cloudwatch_state_value value = has_low_samples(&evaluation) ? 0 : verdict_of(&evaluation);
    if (value == 0)
        return (struct judgement){.updated_ms = row->updated_ms};
    return (struct judgement){
        .updated_ms = row->updated_ms,
        .state = {.value = value,
                  .reason = reason_of(&evaluation, value),
                  .reason_data = reason_data_of(&evaluation)},
    };
}

void cloudwatch_judge_alarm_prepare(const struct call *call, const struct cloudwatch_evaluate_alarm_input *in)
{
    struct judgement *judgement = arena_new(call->arena, struct judgement);
    struct cloudwatch_alarm_row row = {0};

    if (!cloudwatch_alarm_read(call, in->id, &row))
        return;
    *judgement = judge(call, &row);
    leave_prepared(call, judgement);
}

/* As on AWS, a state that stays keeps its reason. */
enum outcome cloudwatch_judge_alarm(const struct call *call, const struct cloudwatch_evaluate_alarm_input *in,
                                    struct cloudwatch_judge_alarm_output *out)
{
    const struct judgement *left = prepared(call);
    struct cloudwatch_alarm_row row = {0};

    (void)out;
    if (!cloudwatch_alarm_read(call, in->id, &row))
        return DONE;
    struct judgement judgement = left && left->updated_ms == row.updated_ms ? *left : judge(call, &row);
    struct call there = call_in(call, row.account, row.region);
    if (judgement.state.value != 0 && judgement.state.value != cloudwatch_state_value_of(row.state))
        cloudwatch_alarm_change_state(&there, &row, &judgement.state);
    return DONE;
}

enum outcome cloudwatch_evaluate_alarm(const struct call *call,
                                       const struct cloudwatch_evaluate_alarm_input *in,
                                       struct cloudwatch_evaluate_alarm_output *out)
{
    struct cloudwatch_alarm_row row = {0};

    (void)out;
    if (!cloudwatch_alarm_read(call, in->id, &row))
        return DONE;
    spawn(call, &CLOUDWATCH_JUDGE_ALARM, (str){0}, in);
    cloudwatch_alarm_evaluate_later(call, &row);
    return DONE;
}
