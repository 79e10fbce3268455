#pragma once

/*
 * log_json.h: JSON filter patterns, "{ $.a.b[0] = 1 }".
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/matching-terms-json-log-events.html
 *
 * They match messages that are JSON objects.  A selector names a value by the names of members and the
 * indexes of elements; one "*" in it stands for all members of an object, or all elements of an array.
 */
#include "log_condition.h"
#include "wire/json.h"

struct log_selector;

/* Reads a pattern from its first brace on, to the end.  NULL: it is not valid. */
const struct log_condition *logs_json_read(struct log_reader *reader);
bool logs_json_matches(const struct log_condition *condition, const struct json *event);

/* A whole text as a selector; NULL: it is not one. */
const struct log_selector *logs_selector_parse(struct arena *arena, str text);
/* The text of the first string, number or boolean that it selects; absent without one. */
str logs_selector_text(const struct log_selector *selector, const struct json *event);
