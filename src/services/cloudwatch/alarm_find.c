/*
 * alarm_find.c: from names and ARNs to alarms.
 */
#include "alarm.h"

#include "aws/arn.h"
#include "services/tags/tags.h"

static str arn_of(const struct call *call, str name)
{
    return arena_concat(call->arena, S("arn:aws:cloudwatch:"), call->region, S(":"), call->account,
                        S(":alarm:"), name);
}

str cloudwatch_alarm_arn(struct arena *arena, const struct cloudwatch_alarm_row *row)
{
    return arena_concat(arena, S("arn:aws:cloudwatch:"), row->region, S(":"), row->account, S(":alarm:"),
                        row->name);
}

bool cloudwatch_locate_alarm(const struct call *call, str given, struct resource *found)
{
    struct alarm *alarm = arena_new(call->arena, struct alarm);

    *alarm = (struct alarm){.arn = arn_of(call, given)};
    cloudwatch_find_alarm(call->txn,
                          &(struct cloudwatch_find_alarm_params){
                              .account = call->account, .region = call->region, .name = given},
                          &alarm->row);
    *found = (struct resource){.arn = alarm->arn, .row = alarm};
    if (alarm->row.id)
        found->add_context = tags_add_context;
    return true;
}

const struct alarm *cloudwatch_alarm_at(const struct call *call, size_t index)
{
    return call_resource(call, index)->row;
}

bool cloudwatch_alarm_find(const struct call *call, str given, struct cloudwatch_alarm_row *row)
{
    struct cloudwatch_find_alarm_params params = {
        .account = call->account, .region = call->region, .name = given};
    struct arn arn;

    if (arn_parse(given, &arn)) {
        if (!str_equal(arn.service, S("cloudwatch")) || !str_starts_with(arn.resource, S("alarm:")) ||
            !str_equal(arn.account, call->account) || !str_equal(arn.region, call->region))
            return false;
        params.name = str_from(arn.resource, S("alarm:").size);
    }
    return cloudwatch_find_alarm(call->txn, &params, row);
}

bool cloudwatch_alarm_read(const struct call *call, int64_t id, struct cloudwatch_alarm_row *row)
{
    return cloudwatch_read_alarm(call->txn, &(struct cloudwatch_read_alarm_params){.id = id}, row);
}

struct cloudwatch_alarm_settings cloudwatch_alarm_settings_of(struct arena *arena,
                                                              const struct cloudwatch_alarm_row *row)
{
    struct cloudwatch_put_metric_alarm_input put = {0};

    model_from_json(arena, &CLOUDWATCH_PUT_METRIC_ALARM_INPUT, row->settings, &put);
    return put.alarm_settings;
}

int64_t cloudwatch_alarm_period_s(const struct cloudwatch_alarm_settings *settings)
{
    int64_t of_metrics_s = 0, of_expressions_s = 0;

    if (settings->period)
        return *settings->period;
    for (size_t i = 0; i < settings->metrics.count; i++) {
        const struct cloudwatch_metric_data_query *query = &settings->metrics.items[i];
        if (query->metric_stat && query->metric_stat->period > of_metrics_s)
            of_metrics_s = query->metric_stat->period;
        if (!query->metric_stat && query->period && *query->period > of_expressions_s)
            of_expressions_s = *query->period;
    }
    return of_metrics_s ? of_metrics_s : of_expressions_s ? of_expressions_s : MINUTE_S;
}

static struct cloudwatch_put_composite_alarm_input composite_input(struct arena *arena,
                                                                   const struct cloudwatch_alarm_row *row)
{
    struct cloudwatch_put_composite_alarm_input put = {0};

    model_from_json(arena, &CLOUDWATCH_PUT_COMPOSITE_ALARM_INPUT, row->settings, &put);
    return put;
}

struct cloudwatch_suppressor_settings cloudwatch_alarm_suppressor_of(struct arena *arena,
                                                                     const struct cloudwatch_alarm_row *row)
{
    return composite_input(arena, row).suppressor_settings;
}

bool cloudwatch_actions_enabled(const struct cloudwatch_action_settings *settings)
{
    return !settings->actions_enabled || *settings->actions_enabled;
}

struct cloudwatch_action_settings cloudwatch_alarm_actions_of(struct arena *arena,
                                                              const struct cloudwatch_alarm_row *row)
{
    struct cloudwatch_put_metric_alarm_input put = {0};

    if (str_present(row->rule))
        put.action_settings = composite_input(arena, row).action_settings;
    else
        model_from_json(arena, &CLOUDWATCH_PUT_METRIC_ALARM_INPUT, row->settings, &put);
    put.action_settings.actions_enabled = arena_bool(arena, row->actions_enabled != 0);
    return put.action_settings;
}
