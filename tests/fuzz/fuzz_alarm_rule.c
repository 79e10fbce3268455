/*
 * fuzz_alarm_rule.c: rules of composite alarms from strangers: parsed, then evaluated.
 */
#include "services/cloudwatch/alarm_rule.h"

#include "fuzz.h"

static enum cloudwatch_state_value state_of(void *context, str alarm)
{
    (void)context;
    return alarm.size % 2 ? CLOUDWATCH_STATE_VALUE_ALARM : CLOUDWATCH_STATE_VALUE_OK;
}

FUZZ(arena, input)
{
    struct str_list alarms = {0};
    str problem;
    const struct alarm_rule *rule = cloudwatch_rule_parse(arena, input, &alarms, &problem);

    check(rule || str_present(problem));
    if (rule) {
        check(alarms.count <= MOST_RULE_ALARMS);
        cloudwatch_rule_holds(rule, state_of, NULL);
    }
}
