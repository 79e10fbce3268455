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
/* The memory for the message's fields is the arena's. */
bool logs_columns_match(const struct log_columns *columns, struct arena *arena, str message);

/* The fields of a message that matches, with their names: "$status", or "$3" for a column without a name. */
struct log_field {
    str name, value;
};
struct log_field_list {
    struct log_field *items;
    size_t count;
};
void logs_columns_extract(const struct log_columns *columns, struct arena *arena, str message,
                          struct log_field_list *fields);
/* Has the pattern a column of that name ("$status")?  Any "$3" may be one. */
bool logs_columns_have(const struct log_columns *columns, str name);
