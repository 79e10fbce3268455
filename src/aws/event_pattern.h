#pragma once

/*
 * event_pattern.h: the patterns by which SNS subscriptions (FilterPolicy) and Lambda's event source mappings
 * (FilterCriteria) choose messages: one language, of which each service has its dialect.
 *
 * {"key": ["text", 5, {"prefix": "a"}, …], "outer": {"inner": […]}, "$or": [{…}, {…}]}: every key must match,
 * by one of its alternatives. Of an array in the event one element is enough; keys inside of objects in an
 * array must match in the same object.
 *
 * A pattern is matched in a time linear in its keys' alternatives and the values that are compared with them.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
 */
#include "wire/json.h"

enum event_pattern_dialect {
    EVENT_PATTERN_SNS_ATTRIBUTES, /* FilterPolicyScope MessageAttributes */
    EVENT_PATTERN_SNS_BODY,       /* FilterPolicyScope MessageBody */
    EVENT_PATTERN_LAMBDA,
};

struct event_pattern;

/*
 * NULL: *problem says what is wrong with the text, as the service says it: SNS behind "Invalid parameter: ",
 * Lambda alone. The pattern borrows from the text.
 */
const struct event_pattern *event_pattern_parse(struct arena *arena, str text,
                                                enum event_pattern_dialect dialect, str *problem);

/* The event's value of that name, NULL when it has none; called for the names at the top of the pattern. */
typedef const struct json *event_lookup(void *context, str name);
/* The lookup of an event that is JSON: the context is a `const struct json`. */
const struct json *event_lookup_member(void *context, str name);

bool event_pattern_matches(const struct event_pattern *pattern, event_lookup *lookup, void *context);
