/*
 * suppression.c: a composite alarm with a suppressor does not act while the suppressor is in ALARM, while it
 * waits for the suppressor to go into ALARM, and for some time after it has left ALARM.
 *
 * When that is over the alarm acts, unless it is in the state again in which it has last acted.
 */
#include "alarm.h"

static bool suppressor_alarms(const struct call *call, const struct cloudwatch_suppressor_settings *settings)
{
    struct cloudwatch_alarm_row suppressor;

    return cloudwatch_alarm_find(call, settings->actions_suppressor, &suppressor) &&
           cloudwatch_state_value_of(suppressor.state) == CLOUDWATCH_STATE_VALUE_ALARM;
}

static bool is_suppressed_by(const struct cloudwatch_alarm_row *row, enum cloudwatch_actions_suppressed_by by)
{
    return str_present(row->suppressed_by) && cloudwatch_actions_suppressed_by_of(row->suppressed_by) == by;
}

/* seconds 0: as long as the suppressor is in ALARM. */
static void suppress(const struct call *call, struct cloudwatch_alarm_row *row,
                     enum cloudwatch_actions_suppressed_by by, int64_t seconds)
{
    row->suppressed_by = cloudwatch_actions_suppressed_by_text(by);
    row->suppressed_until_ms = seconds ? call->now_ms + seconds * 1000 : 0;
    if (seconds)
        timer_set(call, &CLOUDWATCH_END_SUPPRESSION, arena_decimal(call->arena, row->id),
                  row->suppressed_until_ms, &(struct cloudwatch_evaluate_alarm_input){.id = row->id});
    cloudwatch_change_alarm(call->txn, row);
}

/* before: the alarm until now. */
static void act_again(const struct call *call, struct cloudwatch_alarm_row *row,
                      const struct cloudwatch_alarm_row *before)
{
    if (!str_equal(row->acted_state, row->state))
        cloudwatch_alarm_act(call, row, before, row->acted_state);
    row->suppressed_by = (str){0};
    row->acted_state = row->state;
    timer_cancel(call, &CLOUDWATCH_END_SUPPRESSION, arena_decimal(call->arena, row->id));
    cloudwatch_change_alarm(call->txn, row);
}

static void end(const struct call *call, struct cloudwatch_alarm_row *row)
{
    const struct cloudwatch_alarm_row before = *row;

    act_again(call, row, &before);
}

void cloudwatch_alarm_act_unless_suppressed(const struct call *call, struct cloudwatch_alarm_row *row,
                                            const struct cloudwatch_alarm_row *before)
{
    struct cloudwatch_suppressor_settings settings = {0};

    if (str_present(row->suppressed_by))
        return;
    if (str_present(row->rule))
        settings = cloudwatch_alarm_suppressor_of(call->arena, row);
    if (!str_present(settings.actions_suppressor)) {
        cloudwatch_alarm_act(call, row, before, before->state);
        return;
    }
    row->acted_state = before->state;
    if (suppressor_alarms(call, &settings))
        suppress(call, row, CLOUDWATCH_ACTIONS_SUPPRESSED_BY_ALARM, 0);
    else if (cloudwatch_state_value_of(row->state) == CLOUDWATCH_STATE_VALUE_ALARM &&
             *settings.actions_suppressor_wait_period > 0)
        suppress(call, row, CLOUDWATCH_ACTIONS_SUPPRESSED_BY_WAIT_PERIOD,
                 *settings.actions_suppressor_wait_period);
    else
        act_again(call, row, before);
}

void cloudwatch_alarm_suppressor_changed(const struct call *call, struct cloudwatch_alarm_row *row)
{
    struct cloudwatch_suppressor_settings settings = cloudwatch_alarm_suppressor_of(call->arena, row);
    bool was_suppressed = str_present(row->suppressed_by);

    if (!str_present(settings.actions_suppressor)) {
        if (was_suppressed)
            end(call, row);
        return;
    }
    if (suppressor_alarms(call, &settings)) {
        if (!was_suppressed)
            row->acted_state = row->state;
        if (!is_suppressed_by(row, CLOUDWATCH_ACTIONS_SUPPRESSED_BY_ALARM))
            suppress(call, row, CLOUDWATCH_ACTIONS_SUPPRESSED_BY_ALARM, 0);
    } else if (is_suppressed_by(row, CLOUDWATCH_ACTIONS_SUPPRESSED_BY_ALARM)) {
        if (*settings.actions_suppressor_extension_period > 0)
            suppress(call, row, CLOUDWATCH_ACTIONS_SUPPRESSED_BY_EXTENSION_PERIOD,
                     *settings.actions_suppressor_extension_period);
        else
            end(call, row);
    }
}

enum outcome cloudwatch_end_suppression(const struct call *call,
                                        const struct cloudwatch_evaluate_alarm_input *in,
                                        struct cloudwatch_end_suppression_output *out)
{
    struct cloudwatch_alarm_row row;

    (void)out;
    if (!cloudwatch_alarm_read(call, in->id, &row) || !str_present(row.suppressed_by) ||
        row.suppressed_until_ms == 0 || row.suppressed_until_ms > call->now_ms)
        return DONE;
    struct call there = call_in(call, row.account, row.region);
    end(&there, &row);
    return DONE;
}
