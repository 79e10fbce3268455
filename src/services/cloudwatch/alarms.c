/*
 * alarms.c: putting, deleting and enabling alarms, and setting their states by hand.
 */
#include "alarm.h"

#include "services/tags/tags.h"
#include "wire/json.h"

/* ---- putting ---- */

static void note_configuration(const struct call *call, const struct cloudwatch_alarm_row *row,
                               const char *what, str settings)
{
    cloudwatch_history_add(call, row, CLOUDWATCH_HISTORY_ITEM_TYPE_CONFIGURATION_UPDATE,
                           arena_format(call->arena, "Alarm \"%.*s\" %s", STR_ARGS(row->name), what),
                           str_head_whole(settings, 4095));
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
    note_configuration(call, row, created ? "created" : "updated", row->settings);
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
    if (!cloudwatch_alarm_name_check(call, in->alarm_name) ||
        !cloudwatch_alarm_check(call, &in->alarm_settings) ||
        !cloudwatch_alarm_actions_check(call, &in->action_settings, false))
        return FAILED;
    kept.tags.count = 0;
    row.settings = model_to_json(call->arena, &CLOUDWATCH_PUT_METRIC_ALARM_INPUT, &kept);
    row.actions_enabled = cloudwatch_actions_enabled(&in->action_settings);
    row.namespace = in->alarm_settings.namespace;
    row.metric = in->alarm_settings.metric_name;
    row.updated_ms = call->now_ms;
    if (!cloudwatch_alarm_save(call, &row, TAGS_MAP(call->arena, &in->tags)))
        return FAILED;
    cloudwatch_alarm_evaluate_later(call, &row);
    return DONE;
}

/* ---- several alarms ---- */

static enum outcome enable(const struct call *call, size_t count, bool enabled)
{
    str data = enabled ? S("{\"ActionsEnabled\":true}") : S("{\"ActionsEnabled\":false}");

    for (size_t i = 0; i < count; i++) {
        const struct cloudwatch_alarm_row *row = &cloudwatch_alarm_at(call, i)->row;
        if (!row->id)
            continue;
        cloudwatch_enable_alarm(call->txn,
                                &(struct cloudwatch_enable_alarm_params){
                                    .id = row->id, .actions_enabled = enabled, .updated_ms = call->now_ms});
        note_configuration(call, row, "updated", data);
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
    note_configuration(call, &alarm->row, "deleted", alarm->row.settings);
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
