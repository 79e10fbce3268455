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
/* The alarm with that name or ARN, in the call's account and region; and with that id.  False: none. */
bool cloudwatch_alarm_find(const struct call *call, str given, struct cloudwatch_alarm_row *row);
bool cloudwatch_alarm_read(const struct call *call, int64_t id, struct cloudwatch_alarm_row *row);
str cloudwatch_alarm_arn(struct arena *arena, const struct cloudwatch_alarm_row *row);
/* The period of its points, in seconds: its own, that of its metrics, or that of its expressions. */
int64_t cloudwatch_alarm_period_s(const struct cloudwatch_alarm_settings *settings);
/* Does an alarm that is put with these settings act? */
bool cloudwatch_actions_enabled(const struct cloudwatch_action_settings *settings);
/* What a metric alarm, any alarm, and a composite alarm was put with; its actions may be disabled since. */
struct cloudwatch_alarm_settings cloudwatch_alarm_settings_of(struct arena *arena,
                                                              const struct cloudwatch_alarm_row *row);
struct cloudwatch_action_settings cloudwatch_alarm_actions_of(struct arena *arena,
                                                              const struct cloudwatch_alarm_row *row);
struct cloudwatch_suppressor_settings cloudwatch_alarm_suppressor_of(struct arena *arena,
                                                                     const struct cloudwatch_alarm_row *row);

/* alarm_check.c */
/* Can an alarm, metric or composite, have that name?  False: fail() was called. */
bool cloudwatch_alarm_name_check(const struct call *call, str name);
/* Can there be a metric alarm with these settings?  False: fail() was called. */
bool cloudwatch_alarm_check(const struct call *call, const struct cloudwatch_alarm_settings *settings);

/* alarms.c */
/* An alarm that is not stored yet. */
struct cloudwatch_alarm_row cloudwatch_alarm_new(const struct call *call, str name);
/* Store an alarm that was put, with its history; a new one also with its tags.  False: fail() was called. */
bool cloudwatch_alarm_save(const struct call *call, struct cloudwatch_alarm_row *row, struct str_map tags);

/* alarm_state.c */
/* Alarms that have changed one after the other, the newest first. */
struct changed_alarms {
    int64_t id;
    const struct changed_alarms *before;
};
/* A new state with its reason; the transition runs the alarm's actions. */
struct new_state {
    enum cloudwatch_state_value value;
    str reason, reason_data;              /* reason_data: JSON, or absent */
    const struct changed_alarms *changed; /* of a composite alarm: what it follows from */
};
void cloudwatch_alarm_change_state(const struct call *call, struct cloudwatch_alarm_row *row,
                                   const struct new_state *state);
/* Note what has happened to an alarm. */
void cloudwatch_history_add(const struct call *call, const struct cloudwatch_alarm_row *row,
                            enum cloudwatch_history_item_type kind, str summary, str data);
/* "MetricAlarm" or "CompositeAlarm" */
str cloudwatch_alarm_type(const struct cloudwatch_alarm_row *row);

/* composite.c */
/* Have the composite alarms evaluated whose rules name the alarm, or whose suppressor it is. */
void cloudwatch_composites_hear(const struct call *call, const struct cloudwatch_alarm_row *row,
                                const struct changed_alarms *before);
/* May the alarm be deleted, together with the named ones?  False: fail() was called. */
bool cloudwatch_composites_let_go(const struct call *call, const struct cloudwatch_alarm_row *row,
                                  const struct str_list *deleted);

/* suppression.c */
/* Act in a new state, now or when suppression ends.  before: the alarm until now. */
void cloudwatch_alarm_act_unless_suppressed(const struct call *call, struct cloudwatch_alarm_row *row,
                                            const struct cloudwatch_alarm_row *before);
/* A composite alarm's suppressor, or the alarm itself, may have changed. */
void cloudwatch_alarm_suppressor_changed(const struct call *call, struct cloudwatch_alarm_row *row);

/* alarm_actions.c */
/*
 * Each action is an ARN of this partition and region, and one that a composite alarm can have if this is
 * one; false: fail() has been called.
 */
bool cloudwatch_alarm_actions_check(const struct call *call,
                                    const struct cloudwatch_action_settings *settings, bool composite);
/* What the actions of a transition tell of it. */
struct transition {
    const struct cloudwatch_alarm_row *row, *before; /* before: what it was until now, suppression included */
    struct cloudwatch_action_settings actions;
    str old_state; /* in which it has last acted */
    str arn;
};
/*
 * Publish to topics and invoke functions: the actions of the new state.  before: the alarm until now;
 * old_state: the state in which it has last acted, which is another one when it was suppressed.
 */
void cloudwatch_alarm_act(const struct call *call, const struct cloudwatch_alarm_row *row,
                          const struct cloudwatch_alarm_row *before, str old_state);
/* "2026-01-31T12:00:00.123+0000", as AWS writes times into messages. */
str cloudwatch_time_text(struct arena *arena, int64_t ms);

/* alarm_event.c */
/* The event of a function that is an action of the transition, as JSON. */
str cloudwatch_alarm_event(const struct call *call, const struct transition *transition);

/* alarm_evaluate.c */
/* What a metric alarm watches; of a single metric, with that statistic; absent: the alarm's own. */
struct cloudwatch_metric_data_query_list
cloudwatch_alarm_queries_of(struct arena *arena, const struct cloudwatch_alarm_settings *settings,
                            str statistic);
void cloudwatch_alarm_evaluate_later(const struct call *call, const struct cloudwatch_alarm_row *row);
