/*
 * alarm_event.c: the event that an alarm invokes a function with.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html
 */
#include "alarm.h"

#include "base/hash.h"
#include "wire/json.h"

/* ---- states ---- */

static void write_state(struct json_writer *writer, struct arena *arena,
                        const struct cloudwatch_alarm_row *row, int64_t at_ms)
{
    json_field(writer, S("value"), row->state);
    json_field(writer, S("reason"), row->reason);
    json_field(writer, S("reasonData"), row->reason_data);
    json_field(writer, S("timestamp"), cloudwatch_time_text(arena, at_ms));
}

/* What kept it from acting: in the state before. */
static void write_suppression(struct json_writer *writer, struct arena *arena, str by)
{
    if (!str_present(by))
        return;
    json_field(writer, S("actionsSuppressedBy"), by);
    json_field(writer, S("actionsSuppressedReason"), arena_join(arena, S("Actions suppressed by "), by));
}

/* An alarm that acts when its suppression ends is in its state from then on. */
static void write_states(struct json_writer *writer, const struct call *call,
                         const struct transition *transition)
{
    json_name(writer, S("state"));
    json_open_object(writer);
    write_state(writer, call->arena, transition->row, call->now_ms);
    json_close_object(writer);
    json_name(writer, S("previousState"));
    json_open_object(writer);
    write_state(writer, call->arena, transition->before, transition->before->state_ms);
    write_suppression(writer, call->arena, transition->before->suppressed_by);
    json_close_object(writer);
}

/* ---- what a metric alarm watches ---- */

static void write_metric(struct json_writer *writer, const struct cloudwatch_metric *metric)
{
    json_name(writer, S("metric"));
    json_open_object(writer);
    json_field(writer, S("namespace"), metric->namespace);
    json_field(writer, S("name"), metric->metric_name);
    json_name(writer, S("dimensions"));
    json_open_object(writer);
    for (size_t i = 0; i < metric->dimensions.count; i++)
        json_field(writer, metric->dimensions.items[i].name, metric->dimensions.items[i].value);
    json_close_object(writer);
    json_close_object(writer);
}

static void write_query(struct json_writer *writer, const struct cloudwatch_metric_data_query *query)
{
    json_open_object(writer);
    json_field(writer, S("id"), query->id);
    json_field(writer, S("expression"), query->expression);
    json_field(writer, S("label"), query->label);
    if (query->metric_stat) {
        json_name(writer, S("metricStat"));
        json_open_object(writer);
        write_metric(writer, query->metric_stat->metric);
        json_i64_field(writer, S("period"), query->metric_stat->period);
        json_field(writer, S("stat"), query->metric_stat->stat);
        json_field(writer, S("unit"), query->metric_stat->unit);
        json_close_object(writer);
    } else if (query->period) {
        json_i64_field(writer, S("period"), *query->period);
    }
    json_name(writer, S("returnData"));
    json_bool(writer, !query->return_data || *query->return_data);
    json_close_object(writer);
}

/* As on AWS, the only metric of an alarm gets an id that is a UUID. */
static void write_metrics(struct json_writer *writer, const struct call *call,
                          const struct cloudwatch_alarm_settings *settings)
{
    struct cloudwatch_metric_data_query_list queries =
        cloudwatch_alarm_queries_of(call->arena, settings, (str){0});

    if (settings->metrics.count == 0)
        queries.items[0].id = random_uuid(call->arena);
    json_name(writer, S("metrics"));
    json_open_array(writer);
    for (size_t i = 0; i < queries.count; i++)
        write_query(writer, &queries.items[i]);
    json_close_array(writer);
}

/* ---- the configuration ---- */

static void write_suppressor(struct json_writer *writer,
                             const struct cloudwatch_suppressor_settings *settings)
{
    if (!str_present(settings->actions_suppressor))
        return;
    json_field(writer, S("actionsSuppressor"), settings->actions_suppressor);
    json_i64_field(writer, S("actionsSuppressorWaitPeriod"), *settings->actions_suppressor_wait_period);
    json_i64_field(writer, S("actionsSuppressorExtensionPeriod"),
                   *settings->actions_suppressor_extension_period);
}

static void write_configuration(struct json_writer *writer, const struct call *call,
                                const struct transition *transition)
{
    const struct cloudwatch_alarm_row *row = transition->row;

    json_name(writer, S("configuration"));
    json_open_object(writer);
    json_field(writer, S("description"), transition->actions.alarm_description);
    if (str_present(row->rule)) {
        struct cloudwatch_suppressor_settings settings = cloudwatch_alarm_suppressor_of(call->arena, row);
        json_field(writer, S("alarmRule"), row->rule);
        write_suppressor(writer, &settings);
    } else {
        struct cloudwatch_alarm_settings settings = cloudwatch_alarm_settings_of(call->arena, row);
        write_metrics(writer, call, &settings);
    }
    json_close_object(writer);
}

str cloudwatch_alarm_event(const struct call *call, const struct transition *transition)
{
    struct json_writer writer = json_writer_in(call->arena);

    json_open_object(&writer);
    json_field(&writer, S("source"), S("aws.cloudwatch"));
    json_field(&writer, S("alarmArn"), transition->arn);
    json_field(&writer, S("accountId"), transition->row->account);
    json_field(&writer, S("time"), cloudwatch_time_text(call->arena, call->now_ms));
    json_field(&writer, S("region"), transition->row->region);
    json_name(&writer, S("alarmData"));
    json_open_object(&writer);
    json_field(&writer, S("alarmName"), transition->row->name);
    write_states(&writer, call, transition);
    write_configuration(&writer, call, transition);
    json_close_object(&writer);
    json_close_object(&writer);
    return json_written(&writer);
}
