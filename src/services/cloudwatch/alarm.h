#pragma once

/*
 * alarm.h: what the files of alarms share.
 */
#include "cloudwatch_internal.h"

struct alarm {
    str arn;
    struct cloudwatch_alarm_row row; /* id 0: no such alarm */
};

/* alarm_find.c */
/* The alarm of the request, and the index-th of several; whether it exists or not. */
const struct alarm *cloudwatch_alarm_at(const struct call *call, size_t index);
str cloudwatch_alarm_arn(struct arena *arena, const struct cloudwatch_alarm_row *row);
struct cloudwatch_alarm_settings cloudwatch_alarm_settings_of(struct arena *arena,
                                                              const struct cloudwatch_alarm_row *row);

/* alarm_state.c */
/* A new state with its reason; the transition runs the alarm's actions. */
struct new_state {
    enum cloudwatch_state_value value;
    str reason, reason_data; /* reason_data: JSON, or absent */
};
void cloudwatch_alarm_change_state(const struct call *call, struct cloudwatch_alarm_row *row,
                                   const struct new_state *state);
/* Note what has happened to an alarm. */
void cloudwatch_history_add(const struct call *call, str alarm, enum cloudwatch_history_item_type kind,
                            str summary, str data);

/* alarm_actions.c */
/* Publish to topics and invoke functions: the actions of the new state. */
void cloudwatch_alarm_act(const struct call *call, const struct cloudwatch_alarm_row *row, str old_state);
/* "2026-01-31T12:00:00.123+0000", as AWS writes times into messages. */
str cloudwatch_time_text(struct arena *arena, int64_t ms);

/* alarm_evaluate.c */
void cloudwatch_alarm_evaluate_later(const struct call *call, const struct cloudwatch_alarm_row *row);
/* "1.0", "0.25" */
str cloudwatch_number_text(struct arena *arena, double number);
