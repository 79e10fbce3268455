#pragma once

/*
 * log_columns.h: space-delimited filter patterns, "[ip, ..., status=4*, bytes > 1000]".
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/matching-terms-space-delimited-log-events.html
 *
 * They match messages with that many fields, each as its column says; an ellipsis stands for any number of
 * fields.  A field is what is between two spaces, two double quotes or a pair of brackets.
 */
#include "log_condition.h"

struct log_columns;

/* Reads a pattern from its first bracket on, to the end.  NULL: it is not valid. */
const struct log_columns *logs_columns_read(struct log_reader *reader);

struct log_fields {
    str *items;
    size_t count;
};
/* The fields of a message, which borrow from it. */
struct log_fields logs_columns_split(struct arena *arena, str message);
bool logs_columns_match(const struct log_columns *columns, const struct log_fields *fields);
/* Of fields that match: the name of one, "$status", or "$3" for a column without a name. */
str logs_columns_name(const struct log_columns *columns, struct arena *arena, const struct log_fields *fields,
                      size_t index);
/* The field of that name; absent without one. */
str logs_columns_value(const struct log_columns *columns, const struct log_fields *fields, str name);
/* Has the pattern a column of that name ("$status")?  Any "$3" may be one. */
bool logs_columns_have(const struct log_columns *columns, str name);
