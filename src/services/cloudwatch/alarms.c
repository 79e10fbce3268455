/*
 * alarms.c: putting, deleting and enabling alarms, and setting their states by hand.
 */
#include "alarm.h"

#include "aws/metric_text.h"
#include "queries.h"
#include "services/tags/tags.h"
#include "wire/json.h"

enum { MAX_EVALUATED_S = DAY_S, MAX_EVALUATED_OF_HOURS_S = 7 * DAY_S };

static bool refuse(const struct call *call, const struct error *error, const char *sentence)
{
    fail(call, error, "%s", sentence);
    return false;
}

/* ---- checking ---- */

static bool statistic_check(const struct call *call, const struct cloudwatch_alarm_settings *settings)
{
    struct statistic statistic;

    if (str_present(settings->statistic) == str_present(settings->extended_statistic))
        return refuse(call, &CLOUDWATCH_VALIDATION_ERROR,
                      str_present(settings->statistic)
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

static bool one_metric_check(const struct call *call, const struct cloudwatch_alarm_settings *settings)
{
    if (!str_present(settings->metric_name))
        return refuse(call, &CLOUDWATCH_VALIDATION_ERROR,
                      "The parameter MetricName is required unless Metrics is specified.");
    if (!str_present(settings->namespace))
        return refuse(call, &CLOUDWATCH_VALIDATION_ERROR,
                      "The parameter Namespace is required unless Metrics is specified.");
    if (!settings->period || !(*settings->period == 10 || *settings->period == 20 ||
                               *settings->period == 30 || *settings->period % MINUTE_S == 0))
        return refuse(call, &CLOUDWATCH_VALIDATION_ERROR,
                      "Metric period must be 10, 20, 30 or any multiple of 60 seconds.");
    return names_check(call, settings) && statistic_check(call, settings);
}

static bool several_check(const struct call *call, const struct cloudwatch_alarm_settings *settings)
{
    if (str_present(settings->metric_name) || str_present(settings->namespace) ||
        str_present(settings->statistic) || str_present(settings->extended_statistic) || settings->period ||
        settings->dimensions.count > 0 || str_present(settings->unit))
        return refuse(
            call, &CLOUDWATCH_VALIDATION_ERROR,
            "MetricName, Namespace, Dimensions, Period, Unit, Statistic and ExtendedStatistic cannot be "
            "specified together with Metrics.");
    return cloudwatch_alarm_queries_check(call, &settings->metrics, settings->threshold_metric_id);
}

static bool is_missing_treatment(str text)
{
    static const str treatments[] = {STR_INIT("breaching"), STR_INIT("notBreaching"), STR_INIT("ignore"),
                                     STR_INIT("missing")};

    return !str_present(text) || str_is_one_of(text, treatments, sizeof treatments / sizeof *treatments);
}

/* A threshold is a number, or the band of an expression. */
static bool threshold_check(const struct call *call, const struct cloudwatch_alarm_settings *settings)
{
    bool of_band = cloudwatch_comparison_operator_of(settings->comparison_operator) >
                   CLOUDWATCH_COMPARISON_OPERATOR_LESS_THAN_OR_EQUAL_TO_THRESHOLD;

    if (!str_present(settings->threshold_metric_id)) {
        if (of_band)
            return refuse(call, &CLOUDWATCH_VALIDATION_ERROR,
                          "The comparison operator requires ThresholdMetricId, the id of an "
                          "ANOMALY_DETECTION_BAND expression.");
        return settings->threshold ||
               refuse(call, &CLOUDWATCH_VALIDATION_ERROR, "The parameter Threshold is required.");
    }
    if (settings->threshold)
        return refuse(call, &CLOUDWATCH_VALIDATION_ERROR,
                      "Only one of Threshold or ThresholdMetricId can be set for an alarm.");
    if (settings->metrics.count == 0)
        return refuse(call, &CLOUDWATCH_VALIDATION_ERROR,
                      "ThresholdMetricId requires the parameter Metrics.");
    return of_band || refuse(call, &CLOUDWATCH_VALIDATION_ERROR,
                             "The comparison operator does not support ThresholdMetricId.");
}

static bool evaluation_check(const struct call *call, const struct cloudwatch_alarm_settings *settings)
{
    str low_count = settings->evaluate_low_sample_count_percentile;

    if (!settings->evaluation_periods)
        return refuse(call, &CLOUDWATCH_VALIDATION_ERROR, "The parameter EvaluationPeriods is required.");
    if (!threshold_check(call, settings))
        return false;
    if (settings->datapoints_to_alarm && *settings->datapoints_to_alarm > *settings->evaluation_periods)
        return refuse(call, &CLOUDWATCH_VALIDATION_ERROR,
                      "DatapointsToAlarm must be less than or equal to EvaluationPeriods.");
    if (!is_missing_treatment(settings->treat_missing_data))
        return refuse(
            call, &CLOUDWATCH_VALIDATION_ERROR,
            "Option for treating missing data must be one of: breaching, notBreaching, ignore, missing");
    if (str_present(low_count) && !str_equal(low_count, S("evaluate")) && !str_equal(low_count, S("ignore")))
        return refuse(call, &CLOUDWATCH_VALIDATION_ERROR,
                      "Option for EvaluateLowSampleCountPercentile must be one of: evaluate, ignore");
    return true;
}

static bool span_check(const struct call *call, const struct cloudwatch_alarm_settings *settings)
{
    int64_t period_s = settings->period ? *settings->period : cloudwatch_alarm_period_s(&settings->metrics);
    int64_t most_s = period_s >= HOUR_S ? MAX_EVALUATED_OF_HOURS_S : MAX_EVALUATED_S;

    if (*settings->evaluation_periods <= most_s / period_s)
        return true;
    return refuse(call, &CLOUDWATCH_VALIDATION_ERROR,
                  period_s >= HOUR_S
                      ? "Metrics cannot be checked across more than seven days (EvaluationPeriods * "
                        "Period must be <= 604800)."
                      : "Metrics cannot be checked across more than a day (EvaluationPeriods * Period "
                        "must be <= 86400).");
}

static bool settings_check(const struct call *call, const struct cloudwatch_alarm_settings *settings)
{
    return evaluation_check(call, settings) &&
           (settings->metrics.count > 0 ? several_check : one_metric_check)(call, settings) &&
           span_check(call, settings);
}

/* ---- putting ---- */

static void note_configuration(const struct call *call, const struct cloudwatch_alarm_row *row,
                               const char *what)
{
    cloudwatch_history_add(call, row, CLOUDWATCH_HISTORY_ITEM_TYPE_CONFIGURATION_UPDATE,
                           arena_format(call->arena, "Alarm \"%.*s\" %s", STR_ARGS(row->name), what),
                           str_head_whole(row->settings, 4095));
}

struct cloudwatch_alarm_row cloudwatch_alarm_new(const struct call *call, str name)
{
    return (struct cloudwatch_alarm_row){
        .account = call->account,
        .region = call->region,
        .name = name,
        .state = cloudwatch_state_value_text(CLOUDWATCH_STATE_VALUE_INSUFFICIENT_DATA),
        .reason = S("Unchecked: Initial alarm creation"),
        .state_ms = call->now_ms,
        .transitioned_ms = call->now_ms,
    };
}

bool cloudwatch_alarm_save(const struct call *call, struct cloudwatch_alarm_row *row, struct str_map tags)
{
    bool created = row->id == 0;

    if (created)
        row->id = cloudwatch_add_alarm(call->txn, row);
    else
        cloudwatch_change_alarm(call->txn, row);
    if (created && !cloudwatch_tags_put(call, cloudwatch_alarm_arn(call->arena, row), &tags,
                                        &CLOUDWATCH_VALIDATION_ERROR))
        return false;
    note_configuration(call, row, created ? "created" : "updated");
    return true;
}

enum outcome cloudwatch_put_metric_alarm(const struct call *call,
                                         const struct cloudwatch_put_metric_alarm_input *in,
                                         struct cloudwatch_put_metric_alarm_output *out)
{
    const struct alarm *alarm = cloudwatch_alarm_at(call, 0);
    struct cloudwatch_put_metric_alarm_input kept = *in;
    struct cloudwatch_alarm_row row = alarm->row.id ? alarm->row : cloudwatch_alarm_new(call, in->alarm_name);

    (void)out;
    if (str_present(row.rule))
        return fail(call, &CLOUDWATCH_VALIDATION_ERROR,
                    "A composite alarm with the name %.*s already exists.", STR_ARGS(in->alarm_name));
    if (!settings_check(call, &in->alarm_settings) ||
        !cloudwatch_alarm_actions_check(call, &in->action_settings))
        return FAILED;
    kept.tags.count = 0;
    row.settings = model_to_json(call->arena, &CLOUDWATCH_PUT_METRIC_ALARM_INPUT, &kept);
    row.namespace = in->alarm_settings.namespace;
    row.metric = in->alarm_settings.metric_name;
    row.updated_ms = call->now_ms;
    if (!cloudwatch_alarm_save(call, &row, TAGS_MAP(call->arena, &in->tags)))
        return FAILED;
    cloudwatch_alarm_evaluate_later(call, &row);
    return DONE;
}

/* ---- several alarms ---- */

/* The alarm's settings, with its actions enabled or disabled. */
static str settings_with(const struct call *call, const struct cloudwatch_alarm_row *row, bool enabled)
{
    struct cloudwatch_put_composite_alarm_input composite = {0};
    struct cloudwatch_put_metric_alarm_input metric = {0};

    if (str_present(row->rule)) {
        model_from_json(call->arena, &CLOUDWATCH_PUT_COMPOSITE_ALARM_INPUT, row->settings, &composite);
        composite.action_settings.actions_enabled = arena_bool(call->arena, enabled);
        return model_to_json(call->arena, &CLOUDWATCH_PUT_COMPOSITE_ALARM_INPUT, &composite);
    }
    model_from_json(call->arena, &CLOUDWATCH_PUT_METRIC_ALARM_INPUT, row->settings, &metric);
    metric.action_settings.actions_enabled = arena_bool(call->arena, enabled);
    return model_to_json(call->arena, &CLOUDWATCH_PUT_METRIC_ALARM_INPUT, &metric);
}

static enum outcome enable(const struct call *call, size_t count, bool enabled)
{
    for (size_t i = 0; i < count; i++) {
        struct cloudwatch_alarm_row row = cloudwatch_alarm_at(call, i)->row;
        if (!row.id)
            continue;
        row.settings = settings_with(call, &row, enabled);
        row.updated_ms = call->now_ms;
        cloudwatch_change_alarm(call->txn, &row);
        note_configuration(call, &row, "updated");
    }
    return DONE;
}

enum outcome cloudwatch_enable_alarm_actions(const struct call *call,
                                             const struct cloudwatch_enable_alarm_actions_input *in,
                                             struct cloudwatch_enable_alarm_actions_output *out)
{
    (void)out;
    return enable(call, in->alarm_names.count, true);
}

enum outcome cloudwatch_disable_alarm_actions(const struct call *call,
                                              const struct cloudwatch_disable_alarm_actions_input *in,
                                              struct cloudwatch_disable_alarm_actions_output *out)
{
    (void)out;
    return enable(call, in->alarm_names.count, false);
}

static void delete_one(const struct call *call, const struct alarm *alarm)
{
    str id = arena_decimal(call->arena, alarm->row.id);

    cloudwatch_remove_alarm(call->txn, &(struct cloudwatch_remove_alarm_params){.id = alarm->row.id});
    cloudwatch_remove_children(call->txn,
                               &(struct cloudwatch_remove_children_params){.parent = alarm->row.id});
    timer_cancel(call, &CLOUDWATCH_EVALUATE_ALARM, id);
    timer_cancel(call, &CLOUDWATCH_END_SUPPRESSION, id);
    tags_remove_all(call, alarm->arn);
    note_configuration(call, &alarm->row, "deleted");
}

/* Alarms that do not exist are no error: those that do are deleted. */
enum outcome cloudwatch_delete_alarms(const struct call *call,
                                      const struct cloudwatch_delete_alarms_input *in,
                                      struct cloudwatch_delete_alarms_output *out)
{
    size_t composites = 0;

    (void)out;
    for (size_t i = 0; i < in->alarm_names.count; i++) {
        const struct alarm *alarm = cloudwatch_alarm_at(call, i);
        composites += str_present(alarm->row.rule);
        if (alarm->row.id && !cloudwatch_composites_let_go(call, &alarm->row, &in->alarm_names))
            return FAILED;
    }
    if (composites > 1)
        return fail(call, &CLOUDWATCH_VALIDATION_ERROR,
                    "No more than one composite alarm can be deleted in one request.");
    for (size_t i = 0; i < in->alarm_names.count; i++)
        if (cloudwatch_alarm_at(call, i)->row.id)
            delete_one(call, cloudwatch_alarm_at(call, i));
    return DONE;
}

/* ---- by hand ---- */

enum outcome cloudwatch_set_alarm_state(const struct call *call,
                                        const struct cloudwatch_set_alarm_state_input *in,
                                        struct cloudwatch_set_alarm_state_output *out)
{
    struct cloudwatch_alarm_row row = cloudwatch_alarm_at(call, 0)->row;
    const struct new_state state = {.value = cloudwatch_state_value_of(in->state_value),
                                    .reason = in->state_reason,
                                    .reason_data = in->state_reason_data};

    (void)out;
    if (!row.id)
        return fail(call, &CLOUDWATCH_RESOURCE_NOT_FOUND, "Alarm %.*s does not exist",
                    STR_ARGS(in->alarm_name));
    if (str_present(in->state_reason_data) && !json_parse(call->arena, in->state_reason_data, NULL))
        return fail(call, &CLOUDWATCH_INVALID_FORMAT_FAULT, "StateReasonData is not valid JSON");
    cloudwatch_alarm_change_state(call, &row, &state);
    return DONE;
}
