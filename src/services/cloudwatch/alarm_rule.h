#pragma once

/*
 * alarm_rule.h: the rule of a composite alarm, `ALARM(a) AND NOT (OK("b") OR AT_LEAST(2, ALARM, (c, d, e)))`.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
 */
#include "cloudwatch_internal.h"

enum { MOST_RULE_ALARMS = 100, MOST_RULE_ELEMENTS = 500 };

struct alarm_rule;

/* Parse a rule.  alarms: the names and ARNs in it, each once.  NULL: *problem says why. */
const struct alarm_rule *cloudwatch_rule_parse(struct arena *arena, str text, struct str_list *alarms,
                                               str *problem);
/* Does the rule hold?  state_of() tells an alarm's state by the name or ARN that the rule has. */
bool cloudwatch_rule_holds(const struct alarm_rule *rule,
                           enum cloudwatch_state_value (*state_of)(void *context, str alarm), void *context);
