#pragma once

/*
 * event_pattern.h: the patterns by which SNS subscriptions (FilterPolicy) and Lambda's event source mappings
 * (FilterCriteria) choose messages: one language, with a dialect for each service.
 *
 * {"key": ["text", 5, {"prefix": "a"}, …], "outer": {"inner": […]}, "$or": [{…}, {…}]}: every key must match,
 * by one of its alternatives.  For an array in the event, one matching element is enough; keys inside objects
 * of an array must match in the same object.
 *
 * Matching takes time linear in the number of alternatives and of compared values.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
 *
 * To add a dialect, add a value to the enumeration and a line to `dialects` in event_pattern_parse.c.
 */
#include "wire/json.h"

enum event_pattern_dialect {
    EVENT_PATTERN_SNS_ATTRIBUTES, /* FilterPolicyScope MessageAttributes */
    EVENT_PATTERN_SNS_BODY,       /* FilterPolicyScope MessageBody */
    EVENT_PATTERN_LAMBDA,
};

struct event_pattern;

/*
 * NULL: *problem says what is wrong with the text, in the service's own words: SNS puts "Invalid parameter: "
 * before it, Lambda sends it alone.  The pattern borrows from the text.
 */
const struct event_pattern *event_pattern_parse(struct arena *arena, str text,
                                                enum event_pattern_dialect dialect, str *problem);

/* For EVENT_PATTERN_SNS_BODY: the event with {"a.b": 1} as {"a": {"b": 1}}; NULL for NULL. */
const struct json *event_split(struct arena *arena, const struct json *event);

/* The event's value of that name, or NULL; called for the names at the top of the pattern. */
typedef const struct json *event_lookup(void *context, str name);
/* The lookup for an event that is JSON: the context is a `const struct json`. */
const struct json *event_lookup_member(void *context, str name);

bool event_pattern_matches(const struct event_pattern *pattern, event_lookup *lookup, void *context);
