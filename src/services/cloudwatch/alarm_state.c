/*
 * alarm_state.c: states of alarms, and their history.
 */
#include "alarm.h"

#include "aws/arn.h"
#include "wire/json.h"

static const int64_t history_kept_ms = (int64_t)30 * DAY_S * 1000;

/* Two old rows for each new one, so that the history shrinks again. */
static void remove_old_history(const struct call *call)
{
    struct cloudwatch_oldest_history_row row;

    for (int i = 0; i < 2; i++) {
        if (!cloudwatch_oldest_history(call->txn, &row) || row.at_ms > call->now_ms - history_kept_ms)
            return;
        cloudwatch_remove_history(call->txn, &(struct cloudwatch_remove_history_params){.id = row.id});
    }
}

str cloudwatch_alarm_type(const struct cloudwatch_alarm_row *row)
{
    return cloudwatch_alarm_type_text(str_present(row->rule) ? CLOUDWATCH_ALARM_TYPE_COMPOSITE_ALARM
                                                             : CLOUDWATCH_ALARM_TYPE_METRIC_ALARM);
}

void cloudwatch_history_add(const struct call *call, const struct cloudwatch_alarm_row *row,
                            enum cloudwatch_history_item_type kind, str summary, str data)
{
    remove_old_history(call);
    cloudwatch_add_history(
        call->txn, &(struct cloudwatch_add_history_params){.account = call->account,
                                                           .region = call->region,
                                                           .alarm = row->name,
                                                           .type = cloudwatch_alarm_type(row),
                                                           .at_ms = call->now_ms,
                                                           .kind = cloudwatch_history_item_type_text(kind),
                                                           .summary = summary,
                                                           .data = data});
}

static void write_state(struct json_writer *writer, str name, const struct cloudwatch_alarm_row *row)
{
    json_name(writer, name);
    json_open_object(writer);
    json_field(writer, S("stateValue"), row->state);
    json_field(writer, S("stateReason"), row->reason);
    if (str_present(row->reason_data)) {
        json_name(writer, S("stateReasonData"));
        json_raw(writer, row->reason_data);
    }
    json_close_object(writer);
}

static void note_change(const struct call *call, const struct cloudwatch_alarm_row *before,
                        const struct cloudwatch_alarm_row *row)
{
    struct json_writer writer = json_writer_in(call->arena);

    json_open_object(&writer);
    json_field(&writer, S("version"), S("1.0"));
    write_state(&writer, S("oldState"), before);
    write_state(&writer, S("newState"), row);
    json_close_object(&writer);
    cloudwatch_history_add(
        call, row, CLOUDWATCH_HISTORY_ITEM_TYPE_STATE_UPDATE,
        arena_concat(call->arena, S("Alarm updated from "), before->state, S(" to "), row->state),
        json_written(&writer));
}

void cloudwatch_describe(const struct call *call, str text, struct json_writer *state)
{
    struct cloudwatch_alarm_row row;
    struct arn arn;

    if (!arn_parse(text, &arn) || !str_starts_with(arn.resource, S("alarm:")))
        return;
    if (!cloudwatch_alarm_find(call, text, &row)) {
        json_null(state);
        return;
    }
    json_open_object(state);
    json_field(state, S("state"), row.state);
    json_close_object(state);
}

void cloudwatch_alarm_change_state(const struct call *call, struct cloudwatch_alarm_row *row,
                                   const struct new_state *state)
{
    const struct cloudwatch_alarm_row before = *row;

    row->state = cloudwatch_state_value_text(state->value);
    row->reason = str_head_whole(state->reason, 1023);
    row->reason_data = state->reason_data;
    row->state_ms = call->now_ms;
    if (str_equal(row->state, before.state)) {
        cloudwatch_change_alarm(call->txn, row);
        return;
    }
    row->transitioned_ms = call->now_ms;
    cloudwatch_change_alarm(call->txn, row);
    note_change(call, &before, row);
    resource_changed(call, cloudwatch_alarm_arn(call->arena, row));
    cloudwatch_alarm_act_unless_suppressed(call, row, &before);
    cloudwatch_composites_hear(call, row, state->changed);
}
