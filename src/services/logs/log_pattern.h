#pragma once

/*
 * log_pattern.h: the filter patterns of CloudWatch Logs.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 *
 * A pattern is one of four kinds: "{…}" (log_json.h), "[…]" (log_columns.h), a regular expression "%…%"
 * (log_regex.h), or terms (log_terms.h).  The empty pattern matches every message.  Matching takes a number
 * of steps that grows with the message and with the pattern, never faster.
 */
#include "log_columns.h"

struct log_terms;
struct log_selector;

struct pattern {
    struct arena *arena;     /* for what matching needs meanwhile */
    struct log_terms *terms; /* one of these is set */
    const struct log_regex *regex;
    const struct log_condition *json;
    const struct log_columns *columns;
    bool has_regex;
};

/* False: it is not a valid pattern, and *problem says why.  The arena must outlive the pattern. */
bool logs_pattern_parse(struct arena *arena, str text, struct pattern *pattern, str *problem);
bool logs_pattern_matches(struct pattern *pattern, str message);

/* A message that several patterns look at: it is parsed once.  The memory for that is the arena's. */
struct log_message {
    struct arena *arena;
    str message;
    bool is_parsed, is_split;
    const struct json *json; /* or NULL */
    struct log_fields fields;
};
bool logs_pattern_matches_event(const struct pattern *pattern, struct log_message *event);

/* The fields of an event that matches, with their names; none unless the pattern has columns, as on AWS. */
struct log_column_value {
    str name, value;
};
struct log_column_values {
    struct log_column_value *items;
    size_t count;
};
struct log_column_values logs_pattern_extract(const struct pattern *pattern, struct log_message *event);

/* A value of an event that a metric uses: "$.a.b" with a JSON pattern, "$status" with columns. */
struct log_value_name {
    const struct log_selector *selector;
    str column;
};
/* False: the pattern has no values of that name. */
bool logs_value_name_parse(struct arena *arena, const struct pattern *pattern, str text,
                           struct log_value_name *name);
/* Absent when the event, which matches, lacks it. */
str logs_event_value(const struct pattern *pattern, struct log_message *event,
                     const struct log_value_name *name);
