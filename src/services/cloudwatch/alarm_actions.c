/*
 * alarm_actions.c: what an alarm does in its new state.
 *
 * It publishes to topics and invokes functions in the transaction of its transition: so each transition's
 * actions are done once. An action that is refused is in the alarm's history, as on AWS; actions of services
 * that Orderly does not have are too.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html
 */
#include "alarm.h"

#include "aws/arn.h"
#include "base/time.h"
#include "lambda_model.h"
#include "sns_model.h"
#include "wire/json.h"

/* ---- checking ---- */

/* Composite alarms have no actions of EC2 and of Auto Scaling. */
static bool is_for_composites(str service)
{
    static const str services[] = {STR_INIT("sns"), STR_INIT("lambda"), STR_INIT("ssm"),
                                   STR_INIT("ssm-incidents")};

    return str_is_one_of(service, services, sizeof services / sizeof *services);
}

static bool action_check(const struct call *call, str action, bool composite)
{
    struct arn arn;

    if (!arn_parse(action, &arn))
        fail(call, &CLOUDWATCH_VALIDATION_ERROR, "Invalid arn syntax: %.*s", STR_ARGS(action));
    else if (!str_equal(arn.partition, S("aws")))
        fail(call, &CLOUDWATCH_VALIDATION_ERROR, "Invalid partition %.*s specified. Only aws is supported.",
             STR_ARGS(arn.partition));
    else if (!str_empty(arn.region) && !str_equal(arn.region, call->region))
        fail(call, &CLOUDWATCH_VALIDATION_ERROR, "Invalid region %.*s specified. Only %.*s is supported.",
             STR_ARGS(arn.region), STR_ARGS(call->region));
    else if (composite && !is_for_composites(arn.service))
        fail(call, &CLOUDWATCH_VALIDATION_ERROR, "Composite alarms do not support the action %.*s.",
             STR_ARGS(action));
    else
        return true;
    return false;
}

bool cloudwatch_alarm_actions_check(const struct call *call,
                                    const struct cloudwatch_action_settings *settings, bool composite)
{
    const struct str_list *lists[] = {&settings->ok_actions, &settings->alarm_actions,
                                      &settings->insufficient_data_actions};

    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        for (size_t j = 0; j < lists[i]->count; j++)
            if (!action_check(call, lists[i]->items[j], composite))
                return false;
    return true;
}

/* ---- words ---- */

static const struct {
    const char *region, *name;
} region_names[] = {
    {"af-south-1", "Africa (Cape Town)"},
    {"ap-east-1", "Asia Pacific (Hong Kong)"},
    {"ap-northeast-1", "Asia Pacific (Tokyo)"},
    {"ap-northeast-2", "Asia Pacific (Seoul)"},
    {"ap-northeast-3", "Asia Pacific (Osaka)"},
    {"ap-south-1", "Asia Pacific (Mumbai)"},
    {"ap-southeast-1", "Asia Pacific (Singapore)"},
    {"ap-southeast-2", "Asia Pacific (Sydney)"},
    {"ca-central-1", "Canada (Central)"},
    {"eu-central-1", "EU (Frankfurt)"},
    {"eu-north-1", "EU (Stockholm)"},
    {"eu-south-1", "EU (Milan)"},
    {"eu-west-1", "EU (Ireland)"},
    {"eu-west-2", "EU (London)"},
    {"eu-west-3", "EU (Paris)"},
    {"me-south-1", "Middle East (Bahrain)"},
    {"sa-east-1", "South America (Sao Paulo)"},
    {"us-east-1", "US East (N. Virginia)"},
    {"us-east-2", "US East (Ohio)"},
    {"us-west-1", "US West (N. California)"},
    {"us-west-2", "US West (Oregon)"},
};

static str region_name(str region)
{
    for (size_t i = 0; i < sizeof region_names / sizeof *region_names; i++)
        if (str_equal(region, str_of(region_names[i].region)))
            return str_of(region_names[i].name);
    return region;
}

str cloudwatch_time_text(struct arena *arena, int64_t ms)
{
    str text = time_iso8601_ms(arena, ms);

    return arena_join(arena, str_head(text, text.size - 1), S("+0000"));
}

/* ---- the notification ---- */

static void write_list(struct json_writer *writer, str name, const struct str_list *list)
{
    json_name(writer, name);
    json_open_array(writer);
    for (size_t i = 0; i < list->count; i++)
        json_string(writer, list->items[i]);
    json_close_array(writer);
}

/* AVERAGE, SAMPLE_COUNT */
static str statistic_word(str statistic)
{
    static const str words[] = {
        [CLOUDWATCH_STATISTIC_SAMPLE_COUNT] = STR_INIT("SAMPLE_COUNT"),
        [CLOUDWATCH_STATISTIC_AVERAGE] = STR_INIT("AVERAGE"),
        [CLOUDWATCH_STATISTIC_SUM] = STR_INIT("SUM"),
        [CLOUDWATCH_STATISTIC_MINIMUM] = STR_INIT("MINIMUM"),
        [CLOUDWATCH_STATISTIC_MAXIMUM] = STR_INIT("MAXIMUM"),
    };

    return words[cloudwatch_statistic_of(statistic)];
}

static void write_dimensions(struct json_writer *writer, const struct cloudwatch_dimensions *dimensions)
{
    json_open_array(writer);
    for (size_t i = 0; i < dimensions->count; i++) {
        json_open_object(writer);
        json_field(writer, S("value"), dimensions->items[i].value);
        json_field(writer, S("name"), dimensions->items[i].name);
        json_close_object(writer);
    }
    json_close_array(writer);
}

static void write_one_metric(struct json_writer *writer, const struct cloudwatch_alarm_settings *settings)
{
    json_field(writer, S("MetricName"), settings->metric_name);
    json_field(writer, S("Namespace"), settings->namespace);
    if (str_present(settings->statistic)) {
        json_field(writer, S("StatisticType"), S("Statistic"));
        json_field(writer, S("Statistic"), statistic_word(settings->statistic));
    } else {
        json_field(writer, S("StatisticType"), S("ExtendedStatistic"));
        json_field(writer, S("ExtendedStatistic"), settings->extended_statistic);
    }
    json_name(writer, S("Unit"));
    if (str_present(settings->unit))
        json_string(writer, settings->unit);
    else
        json_raw(writer, S("null"));
    json_name(writer, S("Dimensions"));
    write_dimensions(writer, &settings->dimensions);
    json_i64_field(writer, S("Period"), *settings->period);
}

static void write_metric_stat(struct json_writer *writer, const struct cloudwatch_metric_stat *stat)
{
    json_open_object(writer);
    json_name(writer, S("Metric"));
    json_open_object(writer);
    json_name(writer, S("Dimensions"));
    write_dimensions(writer, &stat->metric->dimensions);
    json_field(writer, S("MetricName"), stat->metric->metric_name);
    json_field(writer, S("Namespace"), stat->metric->namespace);
    json_close_object(writer);
    json_i64_field(writer, S("Period"), stat->period);
    json_field(writer, S("Stat"), stat->stat);
    json_field(writer, S("Unit"), stat->unit);
    json_close_object(writer);
}

static void write_queries(struct json_writer *writer, const struct cloudwatch_metric_data_query_list *queries)
{
    json_name(writer, S("Metrics"));
    json_open_array(writer);
    for (size_t i = 0; i < queries->count; i++) {
        const struct cloudwatch_metric_data_query *query = &queries->items[i];
        json_open_object(writer);
        json_field(writer, S("Expression"), query->expression);
        json_field(writer, S("Id"), query->id);
        json_field(writer, S("Label"), query->label);
        if (query->metric_stat) {
            json_name(writer, S("MetricStat"));
            write_metric_stat(writer, query->metric_stat);
        }
        json_name(writer, S("ReturnData"));
        json_raw(writer, !query->return_data || *query->return_data ? S("true") : S("false"));
        json_close_object(writer);
    }
    json_close_array(writer);
}

static void write_trigger(struct json_writer *writer, const struct cloudwatch_alarm_settings *settings)
{
    json_name(writer, S("Trigger"));
    json_open_object(writer);
    if (settings->metrics.count > 0)
        write_queries(writer, &settings->metrics);
    else
        write_one_metric(writer, settings);
    json_i64_field(writer, S("EvaluationPeriods"), *settings->evaluation_periods);
    if (settings->datapoints_to_alarm)
        json_i64_field(writer, S("DatapointsToAlarm"), *settings->datapoints_to_alarm);
    json_field(writer, S("ComparisonOperator"), settings->comparison_operator);
    if (settings->threshold) {
        json_name(writer, S("Threshold"));
        json_double(writer, *settings->threshold);
    } else {
        json_field(writer, S("ThresholdMetricId"), settings->threshold_metric_id);
    }
    json_field(writer, S("TreatMissingData"),
               str_present(settings->treat_missing_data) ? settings->treat_missing_data : S(""));
    json_field(writer, S("EvaluateLowSampleCountPercentile"),
               str_present(settings->evaluate_low_sample_count_percentile)
                   ? settings->evaluate_low_sample_count_percentile
                   : S(""));
    json_close_object(writer);
}

static void write_timestamped_state(struct json_writer *writer, const struct json *state)
{
    json_name(writer, S("State"));
    json_open_object(writer);
    json_field(writer, S("Value"), json_get_str(state, S("value")));
    json_field(writer, S("Timestamp"), json_get_str(state, S("timestamp")));
    json_close_object(writer);
}

/* The alarms that the state's reason tells of. */
static void write_rule(struct json_writer *writer, struct arena *arena,
                       const struct cloudwatch_alarm_row *row)
{
    const struct json *data =
        str_present(row->reason_data) ? json_parse(arena, row->reason_data, NULL) : NULL;
    const struct json *alarms = json_get(data, S("triggeringAlarms"));

    json_field(writer, S("AlarmRule"), row->rule);
    json_name(writer, S("TriggeringChildren"));
    json_open_array(writer);
    for (uint32_t i = 0; json_is(alarms, JSON_ARRAY) && i < alarms->count; i++) {
        json_open_object(writer);
        json_field(writer, S("Arn"), json_get_str(&alarms->items[i], S("arn")));
        write_timestamped_state(writer, json_get(&alarms->items[i], S("state")));
        json_close_object(writer);
    }
    json_close_array(writer);
}

static void write_cause(struct json_writer *writer, const struct call *call,
                        const struct cloudwatch_alarm_row *row)
{
    struct cloudwatch_alarm_settings settings;

    if (str_present(row->rule)) {
        write_rule(writer, call->arena, row);
        return;
    }
    settings = cloudwatch_alarm_settings_of(call->arena, row);
    write_trigger(writer, &settings);
}

static str notification(const struct call *call, const struct transition *transition)
{
    const struct cloudwatch_alarm_row *row = transition->row;
    const struct cloudwatch_action_settings *actions = &transition->actions;
    struct json_writer writer = json_writer_in(call->arena);

    json_open_object(&writer);
    json_field(&writer, S("AlarmName"), row->name);
    json_name(&writer, S("AlarmDescription"));
    if (str_present(actions->alarm_description))
        json_string(&writer, actions->alarm_description);
    else
        json_raw(&writer, S("null"));
    json_field(&writer, S("AWSAccountId"), row->account);
    json_field(&writer, S("AlarmConfigurationUpdatedTimestamp"),
               cloudwatch_time_text(call->arena, row->updated_ms));
    json_field(&writer, S("NewStateValue"), row->state);
    json_field(&writer, S("NewStateReason"), row->reason);
    json_field(&writer, S("StateChangeTime"), cloudwatch_time_text(call->arena, row->state_ms));
    json_field(&writer, S("Region"), region_name(row->region));
    json_field(&writer, S("AlarmArn"), transition->arn);
    json_field(&writer, S("OldStateValue"), transition->old_state);
    write_list(&writer, S("OKActions"), &actions->ok_actions);
    write_list(&writer, S("AlarmActions"), &actions->alarm_actions);
    write_list(&writer, S("InsufficientDataActions"), &actions->insufficient_data_actions);
    write_cause(&writer, call, row);
    json_close_object(&writer);
    return json_written(&writer);
}

static enum outcome publish(const struct call *call, const struct transition *transition, str topic_arn,
                            struct failure *failure)
{
    const struct principal *cloudwatch =
        service_principal(call, S("cloudwatch.amazonaws.com"), transition->arn);
    const struct sns_publish_input in = {
        .topic_arn = topic_arn,
        .subject =
            str_head_whole(arena_concat(call->arena, transition->row->state, S(": \""), transition->row->name,
                                        S("\" in "), region_name(transition->row->region)),
                           100),
        .message = notification(call, transition),
    };
    struct sns_publish_response out = {0};

    return invoke(call, cloudwatch, &SNS_PUBLISH, &in, &out, failure);
}

/* ---- a function ---- */

static enum outcome invoke_function(const struct call *call, const struct transition *transition,
                                    str function_arn, struct failure *failure)
{
    const struct principal *alarms =
        service_principal(call, S("lambda.alarms.cloudwatch.amazonaws.com"), transition->arn);
    const struct lambda_invocation_request in = {
        .function_name = function_arn,
        .invocation_type = S("Event"),
        .payload = cloudwatch_alarm_event(call, transition),
    };
    struct lambda_invocation_response out = {0};

    return invoke(call, alarms, &LAMBDA_INVOKE, &in, &out, failure);
}

/* ---- acting ---- */

static const struct {
    str service;
    enum outcome (*run)(const struct call *call, const struct transition *transition, str target,
                        struct failure *failure);
} kinds[] = {{STR_INIT("sns"), publish}, {STR_INIT("lambda"), invoke_function}};

static bool run_action(const struct call *call, const struct transition *transition, str target, str *problem)
{
    struct failure failure = {0};
    struct arn arn;

    *problem = S("Orderly does not have that kind of action");
    if (!arn_parse(target, &arn))
        return false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (str_equal(arn.service, kinds[i].service)) {
            struct call there = call_in(call, transition->row->account, arn.region);
            bool done = kinds[i].run(&there, transition, target, &failure) == DONE;
            *problem = failure.message;
            return done;
        }
    return false;
}

static void note_action(const struct call *call, const struct transition *transition, str target, bool done,
                        str problem)
{
    struct json_writer writer = json_writer_in(call->arena);

    json_open_object(&writer);
    json_field(&writer, S("actionState"), done ? S("Succeeded") : S("Failed"));
    json_field(&writer, S("stateUpdateTimestamp"), arena_decimal(call->arena, transition->row->state_ms));
    json_field(&writer, S("notificationResource"), target);
    if (!done)
        json_field(&writer, S("error"), problem);
    json_close_object(&writer);
    cloudwatch_history_add(
        call, transition->row, CLOUDWATCH_HISTORY_ITEM_TYPE_ACTION,
        str_head_whole(
            arena_concat(call->arena,
                         done ? S("Successfully executed action ") : S("Failed to execute action "), target),
            255),
        json_written(&writer));
}

void cloudwatch_alarm_act(const struct call *call, const struct cloudwatch_alarm_row *row,
                          const struct cloudwatch_alarm_row *before, str old_state)
{
    struct transition transition = {.row = row,
                                    .before = before,
                                    .actions = cloudwatch_alarm_actions_of(call->arena, row),
                                    .old_state = old_state,
                                    .arn = cloudwatch_alarm_arn(call->arena, row)};
    const struct str_list *targets[] = {
        [CLOUDWATCH_STATE_VALUE_OK] = &transition.actions.ok_actions,
        [CLOUDWATCH_STATE_VALUE_ALARM] = &transition.actions.alarm_actions,
        [CLOUDWATCH_STATE_VALUE_INSUFFICIENT_DATA] = &transition.actions.insufficient_data_actions,
    };
    const struct str_list *chosen = targets[cloudwatch_state_value_of(row->state)];

    if (!row->actions_enabled)
        return;
    for (size_t i = 0; i < chosen->count; i++) {
        str problem;
        bool done = run_action(call, &transition, chosen->items[i], &problem);
        note_action(call, &transition, chosen->items[i], done, problem);
    }
}
